import CKernels

/// The host's processor: OpenBLAS for products, vectorised C loops for the rest, one thread pool for everything.
public final class CPUDevice: Device {
  public static let shared = CPUDevice(isShared: true)

  public let type: String
  private let allocator: CachingAllocator
  private let isShared: Bool

  /// Another processor: with a name of its own in errors, and memory of its own.
  init(type: String = "cpu", allocator: CachingAllocator = .shared) {
    self.type = type
    self.allocator = allocator
    isShared = false
    ThreadPool.takeOver()
  }

  private init(isShared: Bool) {
    type = "cpu"
    allocator = .shared
    self.isShared = isShared
    ThreadPool.takeOver()
  }

  public var capabilities: DeviceCapabilities { DeviceCapabilities() }

  // MARK: Memory

  public func allocate(byteCount: Int) throws(TensorError) -> Storage {
    let bytes = max(byteCount, 1)
    if isShared && bytes <= Storage.inlineLimit { return .inline(byteCount: bytes) }
    return Storage(
      device: self, handle: try allocator.allocate(byteCount: bytes), byteCount: bytes, isDirect: true)
  }

  public func deallocate(_ handle: UnsafeMutableRawPointer, byteCount: Int) {
    allocator.deallocate(handle, byteCount: byteCount)
  }

  public func upload(_ bytes: UnsafeRawBufferPointer, to storage: Storage) throws(TensorError) {
    try checkReach(storage)
    guard let source = bytes.baseAddress else { return }
    storage.handle.copyMemory(from: source, byteCount: bytes.count)
  }

  public func download(_ storage: Storage, to bytes: UnsafeMutableRawBufferPointer) throws(TensorError) {
    try checkReach(storage)
    bytes.baseAddress?.copyMemory(from: storage.handle, byteCount: bytes.count)
  }

  public func synchronize() {}

  /// A command's operands must lie in memory that the host can reach: the handle of another is no address.
  @inline(__always)
  private func checkReach(_ storage: Storage) throws(TensorError) {
    if !storage.isDirect { throw .differentDevices(self, storage.device) }
  }

  @inline(__always)
  private func checkReach(_ operands: [Operand]) throws(TensorError) {
    for operand in operands { try checkReach(operand.storage) }
  }

  private func checkReach(_ arguments: [KernelArgument]) throws(TensorError) {
    for case .operand(let operand) in arguments { try checkReach(operand.storage) }
  }

  // MARK: Elementwise

  private static let identity = ElementwiseKernel { $0 }

  public func fill(_ output: Operand, with value: Scalar) throws(TensorError) {
    try checkReach(output.storage)
    if output.layout.isContiguous && output.count <= CPUElementwise.grain {
      let size = output.dtype.byteCount
      withUnsafePointer(to: bitPattern(of: value, as: output.dtype)) {
        fx_fill(output.storage.handle + output.layout.offset * size, $0, output.count, Int32(size))
      }
      return
    }
    try elementwise(Self.identity, dtype: output.dtype, inputs: [.scalar(value)], outputs: [output])
  }

  public func copy(_ input: Operand, to output: Operand) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(output.storage)
    if input.dtype == output.dtype { return CPUCopy.run(input, to: output) }
    try elementwise(Self.identity, dtype: input.dtype, inputs: [.operand(input)], outputs: [output])
  }

  public func elementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    try checkReach(inputs)
    try checkReach(outputs)
    try CPUElementwise.check(kernel, dtype: dtype, device: type)
    try kernel.checkDivisors(dtype: dtype, inputs: inputs, outputs: outputs, on: self)
    // What is written now must not be overwritten by what was asked for before.
    for output in outputs { output.storage.compute() }
    CPUElementwise.run(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
  }

  public func deferredElementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    // What waits cannot fail.
    guard outputs[0].count >= max(Fusion.leastCount, 1), dtype.computeDType == dtype, !kernel.mayDivideByZero(in: dtype) else {
      return try elementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
    }
    try checkReach(inputs)
    try checkReach(outputs)
    try CPUElementwise.check(kernel, dtype: dtype, device: type)
    PendingKernel.leave(kernel, dtype: dtype, inputs: inputs, to: outputs)
  }

  // MARK: Along dimensions

  public func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(output.storage)
    try CPUReduce.run(reduction, input, dims: dims, to: output)
  }

  public func scan(_ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(output.storage)
    if let indices { try checkReach(indices.storage) }
    try CPUScan.run(scan, input, dim: dim, to: output, indices: indices)
  }

  public func sort(_ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(values.storage)
    try checkReach(indices.storage)
    try CPUSort.run(input, dim: dim, descending: descending, values: values, indices: indices)
  }

  public func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    try checkReach(inputs)
    try checkReach(outputs)
    try CPURows.run(operation, inputs, outputs)
  }

  public func select(
    _ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?
  ) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(values.storage)
    if let indices { try checkReach(indices.storage) }
    try CPUSort.select(part, of: input, dim: dim, values: values, indices: indices)
  }

  // MARK: Products

  public func matrixProduct(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError) {
    try checkReach(a.storage)
    try checkReach(b.storage)
    try checkReach(output.storage)
    if let addend { try checkReach(addend.storage) }
    try CPUMatMul.run(a, b, plus: addend, to: output)
  }

  public func attention(_ attention: Attention, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    try checkReach(inputs)
    try checkReach(outputs)
    try CPUAttention.run(attention, inputs, outputs)
  }

  // MARK: Linear algebra

  public func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError) {
    try checkReach(inputs)
    try checkReach(outputs)
    // What LAPACK works in: at most some times the matrices, for every thread that factors one.
    for operand in inputs + outputs where operand.layout.rank > 1 {
      let batch = operand.shape.dropLast(2).reduce(1, *)
      let size = operand.shape.suffix(2).reduce(8, *)
      try HostMemory.check(count: size * min(batch, ThreadPool.shared.threadCount), stride: operand.dtype.byteCount)
    }
    try CPULinearAlgebra.run(operation, inputs: inputs, outputs: outputs, device: type)
  }

  // MARK: Windows

  public func convolution(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand
  ) throws(TensorError) {
    try checkReach(a.storage)
    try checkReach(b.storage)
    try checkReach(output.storage)
    if let bias { try checkReach(bias.storage) }
    try CPUConvolution.run(product, a, b, bias: bias, convolution, to: output, on: self)
  }

  public func maxPool(_ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(values.storage)
    try checkReach(indices.storage)
    let windowCount = windows.reduce(1) { $0 * ($1.counts.max() ?? 1) }
    try HostMemory.check(windowCount * ThreadPool.shared.threadCount, Int.self)
    try CPUPooling.maxPool(input, windows: windows, values: values, indices: indices, on: self)
  }

  public func maxPoolGradient(_ values: Operand, indices: Operand, rank: Int, to output: Operand) throws(TensorError) {
    try checkReach(values.storage)
    try checkReach(indices.storage)
    try checkReach(output.storage)
    try CPUPooling.maxPoolGradient(values, indices: indices, rank: rank, to: output, on: self)
  }

  public func resample(
    _ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand
  ) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(output.storage)
    try CPUPooling.resample(input, dim: dim, bands, isTransposed: isTransposed, to: output, on: self)
  }

  // MARK: Indexing

  public func gather(_ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError) {
    try checkReach(input.storage)
    try checkReach(indices)
    try checkReach(output.storage)
    try CPUIndexing.gather(input, indices: indices, dimensions: dimensions, to: output)
  }

  public func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    try checkReach(source.storage)
    try checkReach(indices)
    try checkReach(output.storage)
    try CPUIndexing.scatter(mode, source, indices: indices, dimensions: dimensions, to: output)
  }

  public func nonzero(_ input: Operand) throws(TensorError) -> Operand {
    try checkReach(input.storage)
    return try CPUIndexing.nonzero(input, device: self)
  }

  // MARK: Random

  public func random(
    _ distribution: Distribution, engine: inout MersenneTwister, to output: Operand
  ) throws(TensorError) {
    try checkReach(output.storage)
    try CPURandom.run(distribution, engine: &engine, to: output)
  }
}

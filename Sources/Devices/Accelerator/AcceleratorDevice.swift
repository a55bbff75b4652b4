/// A stand-in for a GPU: memory that the host cannot touch, and a queue of commands that another thread runs in order. It answers
/// to `mps`.
///
/// A handle of its memory is no address: reading or writing there ends the program. Only commands reach the memory, by `upload`,
/// `download` and computation. They run later than they are given, on a processor of the device's own.
///
/// What is wrong with a command in itself (a dtype that the device has not, a dtype without the operation) is thrown when it is
/// given. What shows only when it runs (`index 7 is out of bounds for dimension 0 with size 2`) is thrown by the next call that
/// waits (`synchronize`, `download`, `nonzero`, `random`), whoever makes it, with the command's name at the end: `... with size 2
/// (gather on mps:0)`. The commands after it have run; the error is then forgotten and the device can be used on.
public final class AcceleratorDevice: Device {
  public static let shared = AcceleratorDevice()

  private let processor: CPUDevice
  let queue: CommandQueue
  /// The processor's memory by handle. A command holds the memory it uses, so a block may be freed while it waits.
  private let blocks = Lock<(byHandle: [UInt: Storage], next: UInt)>(([:], 1 << 63))

  public init() {
    processor = CPUDevice(type: "mps", allocator: CachingAllocator())
    queue = CommandQueue(place: "mps:0")
  }

  deinit { queue.close() }

  public var type: String { "mps" }

  public var capabilities: DeviceCapabilities {
    var dtypes = Set(DType.allCases)
    if options.refusesFloat64 { dtypes.remove(.float64) }
    return DeviceCapabilities(dtypes: dtypes)
  }

  // MARK: Switches

  /// Setting them counts commands and delays from the start.
  public var options: AcceleratorOptions {
    get { queue.options }
    set { queue.options = newValue }
  }

  /// Runs `body` with other options. They hold for whoever uses the device meanwhile.
  public func withOptions<Result, Failure: Error>(
    _ options: AcceleratorOptions, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = self.options
    self.options = options
    defer { self.options = before }
    return try body()
  }

  // MARK: Memory

  public func allocate(byteCount: Int) throws(TensorError) -> Storage {
    let block = try processor.allocate(byteCount: byteCount)
    // No command knows the block yet.
    if options.poisonsMemory { block.handle.initializeMemory(as: UInt8.self, repeating: 0xFF, count: block.byteCount) }
    return storage(for: block)
  }

  private func storage(for block: Storage) -> Storage {
    let handle = blocks.withLock { blocks in
      // In the upper half of the address space no program has memory.
      defer { blocks.next += 1 }
      blocks.byHandle[blocks.next] = block
      return blocks.next
    }
    return Storage(
      device: self, handle: UnsafeMutableRawPointer(bitPattern: handle)!, byteCount: block.byteCount, isDirect: false)
  }

  public func deallocate(_ handle: UnsafeMutableRawPointer, byteCount: Int) {
    // The block goes when the lock is free again, with the last command that uses it.
    _ = blocks.withLock { $0.byHandle.removeValue(forKey: UInt(bitPattern: handle)) }
  }

  public func upload(_ bytes: UnsafeRawBufferPointer, to storage: Storage) throws(TensorError) {
    let block = try block(of: storage)
    let count = bytes.count
    let copy = try processor.allocate(byteCount: count)
    try processor.upload(bytes, to: copy)
    try submit("upload") { processor throws(TensorError) in
      try processor.upload(UnsafeRawBufferPointer(start: copy.handle, count: count), to: block)
    }
  }

  public func download(_ storage: Storage, to bytes: UnsafeMutableRawBufferPointer) throws(TensorError) {
    let block = try block(of: storage)
    // The caller's bytes are there until this returns, and only the command touches them.
    nonisolated(unsafe) let bytes = bytes
    try finish("download") { processor throws(TensorError) in try processor.download(block, to: bytes) }
  }

  public func synchronize() throws(TensorError) { try queue.wait() }

  // MARK: Elementwise

  public func fill(_ output: Operand, with value: Scalar) throws(TensorError) {
    let output = try own(output)
    try submit("fill") { processor throws(TensorError) in try processor.fill(output, with: value) }
  }

  public func copy(_ input: Operand, to output: Operand) throws(TensorError) {
    let (input, output) = (try own(input), try own(output))
    try submit("copy") { processor throws(TensorError) in try processor.copy(input, to: output) }
  }

  public func elementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    try CPUElementwise.check(kernel, dtype: dtype, device: type)
    try check(dtype)
    let inputs = try inputs.map { (input) throws(TensorError) -> KernelArgument in
      guard case .operand(let operand) = input else { return input }
      return .operand(try own(operand))
    }
    let outputs = try outputs.map(own)
    try submit("elementwise") { processor throws(TensorError) in
      try processor.elementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
    }
  }

  // MARK: Along dimensions

  public func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError) {
    let (input, output) = (try own(input), try own(output))
    try submit("reduce") { processor throws(TensorError) in try processor.reduce(reduction, input, dims: dims, to: output) }
  }

  public func scan(_ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?) throws(TensorError) {
    let (input, output) = (try own(input), try own(output))
    let indices = try indices.map(own)
    try submit("scan") { processor throws(TensorError) in
      try processor.scan(scan, input, dim: dim, to: output, indices: indices)
    }
  }

  public func sort(_ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError) {
    let (input, values, indices) = (try own(input), try own(values), try own(indices))
    try submit("sort") { processor throws(TensorError) in
      try processor.sort(input, dim: dim, descending: descending, values: values, indices: indices)
    }
  }

  public func select(
    _ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?
  ) throws(TensorError) {
    let (input, values, indices) = (try own(input), try own(values), try indices.map(own))
    try submit("select") { processor throws(TensorError) in
      try processor.select(part, of: input, dim: dim, values: values, indices: indices)
    }
  }

  public func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    let (inputs, outputs) = (try inputs.map(own), try outputs.map(own))
    try submit("rows") { processor throws(TensorError) in try processor.rows(operation, inputs, to: outputs) }
  }

  // MARK: Products

  public func matrixProduct(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError) {
    let (a, b, output) = (try own(a), try own(b), try own(output))
    let addend = try addend.map(own)
    try submit("matrixProduct") { processor throws(TensorError) in
      try processor.matrixProduct(a, b, plus: addend, to: output)
    }
  }

  public func attention(_ attention: Attention, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    let (inputs, outputs) = (try inputs.map(own), try outputs.map(own))
    try submit("attention") { processor throws(TensorError) in try processor.attention(attention, inputs, to: outputs) }
  }

  // MARK: Linear algebra

  public func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError) {
    try CPULinearAlgebra.check(operation, inputs, device: type)
    let (inputs, outputs) = (try inputs.map(own), try outputs.map(own))
    try submit("linearAlgebra") { processor throws(TensorError) in
      try processor.linearAlgebra(operation, inputs: inputs, outputs: outputs)
    }
  }

  // MARK: Windows

  public func convolution(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand
  ) throws(TensorError) {
    let (a, b, output) = (try own(a), try own(b), try own(output))
    let bias = try bias.map(own)
    try submit("convolution") { processor throws(TensorError) in
      try processor.convolution(product, a, b, bias: bias, convolution, to: output)
    }
  }

  public func maxPool(_ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand) throws(TensorError) {
    let (input, values, indices) = (try own(input), try own(values), try own(indices))
    try submit("maxPool") { processor throws(TensorError) in
      try processor.maxPool(input, windows: windows, values: values, indices: indices)
    }
  }

  public func maxPoolGradient(_ values: Operand, indices: Operand, rank: Int, to output: Operand) throws(TensorError) {
    let (values, indices, output) = (try own(values), try own(indices), try own(output))
    try submit("maxPoolGradient") { processor throws(TensorError) in
      try processor.maxPoolGradient(values, indices: indices, rank: rank, to: output)
    }
  }

  public func resample(
    _ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand
  ) throws(TensorError) {
    let (input, output) = (try own(input), try own(output))
    try submit("resample") { processor throws(TensorError) in
      try processor.resample(input, dim: dim, bands, isTransposed: isTransposed, to: output)
    }
  }

  // MARK: Indexing

  public func gather(_ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError) {
    let (input, indices, output) = (try own(input), try indices.map(own), try own(output))
    try submit("gather") { processor throws(TensorError) in
      try processor.gather(input, indices: indices, dimensions: dimensions, to: output)
    }
  }

  public func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    let (source, indices, output) = (try own(source), try indices.map(own), try own(output))
    try submit("scatter") { processor throws(TensorError) in
      try processor.scatter(mode, source, indices: indices, dimensions: dimensions, to: output)
    }
  }

  public func nonzero(_ input: Operand) throws(TensorError) -> Operand {
    let input = try own(input)
    let result = Lock<Operand?>(nil)
    try finish("nonzero") { processor throws(TensorError) in
      let found = try processor.nonzero(input)
      result.withLock { $0 = found }
    }
    // Without an error the command has run.
    let found = result.withLock { $0! }
    return Operand(storage: storage(for: found.storage), layout: found.layout, dtype: found.dtype)
  }

  // MARK: Random

  public func random(
    _ distribution: Distribution, engine: inout MersenneTwister, to output: Operand
  ) throws(TensorError) {
    try distribution.validate(for: output.dtype)
    let output = try own(output)
    let shared = Lock(engine)
    try finish("random") { processor throws(TensorError) in
      var engine = shared.withLock { $0 }
      try processor.random(distribution, engine: &engine, to: output)
      shared.withLock { $0 = engine }
    }
    engine = shared.withLock { $0 }
  }
}

// MARK: - Commands

extension AcceleratorDevice {
  private typealias Work = @Sendable (CPUDevice) throws(TensorError) -> Void

  /// Gives a command. It holds the processor and not this device, which may go before it has run.
  private func submit(_ name: String, _ work: @escaping Work) throws(TensorError) {
    try queue.submit(name) { [processor] () throws(TensorError) in try work(processor) }
  }

  /// Gives a command and waits for it.
  private func finish(_ name: String, _ work: @escaping Work) throws(TensorError) {
    try queue.wait(for: try queue.submit(name) { [processor] () throws(TensorError) in try work(processor) })
  }

  private func check(_ dtype: DType) throws(TensorError) {
    if dtype == .float64 && options.refusesFloat64 {
      throw .type(
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. Please use float32 instead.")
    }
  }

  func block(of storage: Storage) throws(TensorError) -> Storage {
    guard storage.device === self, let block = blocks.withLock({ $0.byHandle[UInt(bitPattern: storage.handle)] }) else {
      throw .runtime(
        "Expected all tensors to be on the same device, but found at least two devices, \(description) and "
          + "\(storage.device.description)!")
    }
    return block
  }

  /// The same operand as the processor sees it.
  private func own(_ operand: Operand) throws(TensorError) -> Operand {
    try check(operand.dtype)
    return Operand(storage: try block(of: operand.storage), layout: operand.layout, dtype: operand.dtype)
  }
}

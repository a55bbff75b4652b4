/// A stand-in for a GPU: memory that the host cannot touch, and a queue of commands that another thread runs in order. It answers
/// to `mps`.
///
/// A handle of its memory is no address: reading or writing there ends the program. Only commands reach the memory, by `upload`,
/// `download` and computation. They run later than they are given, on a processor of the device's own.
///
/// What is wrong with a command in itself (a dtype that the device has not, a dtype without the operation) is thrown when it is
/// given. What shows only when it runs (`index 7 is out of bounds for dimension 0 with size 2`) is told to the host later, with the
/// command's name at the end: `... with size 2 (gather on mps:0)`.
///
/// - What the command was to compute is lost. A later command that would read it does not run and loses its own results, and every call
///   that waits for such a result (`download`, `nonzero`, `random`) throws the error of the command that failed first: on any thread, each
///   time.
/// - A value that the command was to change in place (`Operand.isUpdate`, `keepValue`) stays what it was. Who does not know takes it for the
///   changed one, so it is withheld at first: what a thread asks of it fails with that error, until some call on that thread has thrown it.
///   From then on the value is the old one.
/// - An error that nobody has heard of is thrown by the next `synchronize`, on whatever thread. Who asks for a value is told of the errors that
///   it met, and of no others.
///
/// In a forked child of a process that uses it the device refuses everything by an error: the thread of its queue is not there.
public final class AcceleratorDevice: Device {
  public static let shared = AcceleratorDevice()

  private let processor: CPUDevice
  let queue: CommandQueue
  /// The processor's memory by handle. A command holds the memory it uses, so a block may be freed while it waits.
  private let blocks = Lock<(byHandle: [UInt: Block], next: UInt)>(([:], 1 << 63))

  private struct Block: Sendable {
    let memory: Storage
    let state = BlockState()
  }

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
    try queue.checkProcess()
    let block: Storage
    do throws(TensorError) { block = try processor.allocate(byteCount: byteCount) } catch {
      // The stand-in's memory is the host's, some of which the CPU device may keep for reuse.
      CachingAllocator.shared.emptyCache()
      block = try processor.allocate(byteCount: byteCount)
    }
    // No command knows the block yet.
    if options.poisonsMemory { block.handle.initializeMemory(as: UInt8.self, repeating: 0xFF, count: block.byteCount) }
    return storage(for: block)
  }

  private func storage(for block: Storage) -> Storage {
    let handle = blocks.withLock { blocks in
      // In the upper half of the address space no program has memory.
      defer { blocks.next += 1 }
      blocks.byHandle[blocks.next] = Block(memory: block)
      return blocks.next
    }
    return Storage(
      device: self, handle: UnsafeMutableRawPointer(bitPattern: handle)!, byteCount: block.byteCount, isDirect: false)
  }

  public func deallocate(_ handle: UnsafeMutableRawPointer, byteCount: Int) {
    // In a fork the lock may be taken by a thread that is not there: the memory goes with the process.
    if queue.isForeign { return }
    // The block goes when the lock is free again, with the last command that uses it.
    _ = blocks.withLock { $0.byHandle.removeValue(forKey: UInt(bitPattern: handle)) }
  }

  public func upload(_ bytes: UnsafeRawBufferPointer, to storage: Storage) throws(TensorError) {
    var own = OwnOperands(self)
    let block = try own.output(storage)
    let count = bytes.count
    let copy = try processor.allocate(byteCount: count)
    try processor.upload(bytes, to: copy)
    try submit("upload", own) { processor throws(TensorError) in
      try processor.upload(UnsafeRawBufferPointer(start: copy.handle, count: count), to: block)
    }
  }

  public func download(_ storage: Storage, to bytes: UnsafeMutableRawBufferPointer) throws(TensorError) {
    var own = OwnOperands(self)
    let block = try own.input(storage)
    // The caller's bytes are there until this returns, and only the command touches them.
    nonisolated(unsafe) let bytes = bytes
    try finish("download", own) { processor throws(TensorError) in try processor.download(block, to: bytes) }
  }

  public func synchronize() throws(TensorError) { try queue.wait() }

  public func keepValue(of old: Operand, in new: Operand) throws(TensorError) {
    let (before, after) = (try block(at: old.storage), try block(at: new.storage))
    let source = Operand(storage: before.memory, layout: old.layout, dtype: old.dtype)
    let target = Operand(storage: after.memory, layout: new.layout, dtype: new.dtype)
    try queue.after { [processor] in
      guard case .lost(let failure) = after.state.value else { return }
      if case .lost = before.state.value { return }
      do throws(TensorError) {
        try processor.copy(source, to: target)
        after.state.value = .kept(failure)
      } catch {
        // It stays lost, with the failure that it has.
      }
    }
  }

  // MARK: Elementwise

  public func fill(_ output: Operand, with value: Scalar) throws(TensorError) {
    var own = OwnOperands(self)
    let output = try own.output(output)
    try submit("fill", own, checksFirst: true) { processor throws(TensorError) in try processor.fill(output, with: value) }
  }

  public func copy(_ input: Operand, to output: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, output) = (try own.input(input), try own.output(output))
    try submit("copy", own, checksFirst: true) { processor throws(TensorError) in try processor.copy(input, to: output) }
  }

  public func elementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    try CPUElementwise.check(kernel, dtype: dtype, device: type)
    try check(dtype)
    var own = OwnOperands(self)
    let inputs = try own.inputs(inputs)
    let outputs = try own.outputs(outputs)
    try submit("elementwise", own, checksFirst: true) { processor throws(TensorError) in
      try processor.elementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
    }
  }

  // MARK: Along dimensions

  public func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, output) = (try own.input(input), try own.output(output))
    try submit("reduce", own) { processor throws(TensorError) in try processor.reduce(reduction, input, dims: dims, to: output) }
  }

  public func scan(_ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, output) = (try own.input(input), try own.output(output))
    let indices = try own.output(indices)
    try submit("scan", own) { processor throws(TensorError) in
      try processor.scan(scan, input, dim: dim, to: output, indices: indices)
    }
  }

  public func sort(_ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, values, indices) = (try own.input(input), try own.output(values), try own.output(indices))
    try submit("sort", own) { processor throws(TensorError) in
      try processor.sort(input, dim: dim, descending: descending, values: values, indices: indices)
    }
  }

  public func select(
    _ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?
  ) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, values, indices) = (try own.input(input), try own.output(values), try own.output(indices))
    try submit("select", own) { processor throws(TensorError) in
      try processor.select(part, of: input, dim: dim, values: values, indices: indices)
    }
  }

  public func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    var own = OwnOperands(self)
    let (inputs, outputs) = (try own.inputs(inputs), try own.outputs(outputs))
    try submit("rows", own) { processor throws(TensorError) in try processor.rows(operation, inputs, to: outputs) }
  }

  // MARK: Products

  public func matrixProduct(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (a, b, output) = (try own.input(a), try own.input(b), try own.output(output))
    let addend = try own.input(addend)
    try submit("matrixProduct", own) { processor throws(TensorError) in
      try processor.matrixProduct(a, b, plus: addend, to: output)
    }
  }

  public func attention(_ attention: Attention, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    var own = OwnOperands(self)
    let (inputs, outputs) = (try own.inputs(inputs), try own.outputs(outputs))
    try submit("attention", own) { processor throws(TensorError) in try processor.attention(attention, inputs, to: outputs) }
  }

  // MARK: Linear algebra

  public func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError) {
    try CPULinearAlgebra.check(operation, inputs, device: type)
    var own = OwnOperands(self)
    let (inputs, outputs) = (try own.inputs(inputs), try own.outputs(outputs))
    try submit("linearAlgebra", own) { processor throws(TensorError) in
      try processor.linearAlgebra(operation, inputs: inputs, outputs: outputs)
    }
  }

  // MARK: Windows

  public func convolution(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand
  ) throws(TensorError) {
    var own = OwnOperands(self)
    let (a, b, output) = (try own.input(a), try own.input(b), try own.output(output))
    let bias = try own.input(bias)
    try submit("convolution", own) { processor throws(TensorError) in
      try processor.convolution(product, a, b, bias: bias, convolution, to: output)
    }
  }

  public func maxPool(_ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, values, indices) = (try own.input(input), try own.output(values), try own.output(indices))
    try submit("maxPool", own) { processor throws(TensorError) in
      try processor.maxPool(input, windows: windows, values: values, indices: indices)
    }
  }

  public func maxPoolGradient(_ values: Operand, indices: Operand, rank: Int, to output: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (values, indices, output) = (try own.input(values), try own.input(indices), try own.output(output))
    try submit("maxPoolGradient", own) { processor throws(TensorError) in
      try processor.maxPoolGradient(values, indices: indices, rank: rank, to: output)
    }
  }

  public func resample(
    _ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand
  ) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, output) = (try own.input(input), try own.output(output))
    try submit("resample", own) { processor throws(TensorError) in
      try processor.resample(input, dim: dim, bands, isTransposed: isTransposed, to: output)
    }
  }

  // MARK: Indexing

  public func gather(_ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError) {
    var own = OwnOperands(self)
    let (input, indices, output) = (try own.input(input), try own.inputs(indices), try own.output(output))
    try submit("gather", own) { processor throws(TensorError) in
      try processor.gather(input, indices: indices, dimensions: dimensions, to: output)
    }
  }

  public func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    var own = OwnOperands(self)
    let (source, indices, output) = (try own.input(source), try own.inputs(indices), try own.output(output))
    // Sums are made of several steps; every other mode checks all positions before it writes.
    try submit("scatter", own, checksFirst: mode != .sum) { processor throws(TensorError) in
      try processor.scatter(mode, source, indices: indices, dimensions: dimensions, to: output)
    }
  }

  public func nonzero(_ input: Operand) throws(TensorError) -> Operand {
    var own = OwnOperands(self)
    let input = try own.input(input)
    let result = Lock<Operand?>(nil)
    try finish("nonzero", own) { processor throws(TensorError) in
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
    var own = OwnOperands(self)
    let output = try own.output(output)
    let shared = Lock(engine)
    try finish("random", own) { processor throws(TensorError) in
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
  private func submit(
    _ name: String, _ own: OwnOperands, checksFirst: Bool = false, _ work: @escaping Work
  ) throws(TensorError) {
    try queue.submit(name, using: own.blocks, checksFirst: checksFirst) { [processor] () throws(TensorError) in
      try work(processor)
    }
  }

  /// Gives a command and waits for it.
  private func finish(_ name: String, _ own: OwnOperands, _ work: @escaping Work) throws(TensorError) {
    try queue.finish(name, using: own.blocks) { [processor] () throws(TensorError) in try work(processor) }
  }

  private func check(_ dtype: DType) throws(TensorError) {
    if dtype == .float64 && options.refusesFloat64 {
      throw .type(
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. Please use float32 instead.")
    }
  }

  private func block(at storage: Storage) throws(TensorError) -> Block {
    try queue.checkProcess()
    guard storage.device === self, let block = blocks.withLock({ $0.byHandle[UInt(bitPattern: storage.handle)] }) else {
      throw .differentDevices(self, storage.device)
    }
    return block
  }

  /// The memory behind a handle.
  func block(of storage: Storage) throws(TensorError) -> Storage { try block(at: storage).memory }

  /// A command's operands as the processor sees them, and what their blocks are to the command.
  private struct OwnOperands {
    private let device: AcceleratorDevice
    private(set) var blocks = CommandBlocks()

    init(_ device: AcceleratorDevice) { self.device = device }

    mutating func input(_ storage: Storage) throws(TensorError) -> Storage {
      let block = try device.block(at: storage)
      blocks.reads(block.state)
      return block.memory
    }

    mutating func output(_ storage: Storage, isUpdate: Bool = false) throws(TensorError) -> Storage {
      let block = try device.block(at: storage)
      blocks.writes(block.state, isUpdate: isUpdate)
      return block.memory
    }

    mutating func input(_ operand: Operand) throws(TensorError) -> Operand {
      try device.check(operand.dtype)
      return Operand(storage: try input(operand.storage), layout: operand.layout, dtype: operand.dtype)
    }

    mutating func output(_ operand: Operand) throws(TensorError) -> Operand {
      try device.check(operand.dtype)
      return Operand(
        storage: try output(operand.storage, isUpdate: operand.isUpdate), layout: operand.layout, dtype: operand.dtype)
    }

    mutating func input(_ operand: Operand?) throws(TensorError) -> Operand? {
      guard let operand else { return nil }
      return try input(operand) as Operand
    }

    mutating func output(_ operand: Operand?) throws(TensorError) -> Operand? {
      guard let operand else { return nil }
      return try output(operand) as Operand
    }

    mutating func inputs(_ operands: [Operand]) throws(TensorError) -> [Operand] {
      var own: [Operand] = []
      for operand in operands { own.append(try input(operand)) }
      return own
    }

    mutating func outputs(_ operands: [Operand]) throws(TensorError) -> [Operand] {
      var own: [Operand] = []
      for operand in operands { own.append(try output(operand)) }
      return own
    }

    mutating func inputs(_ arguments: [KernelArgument]) throws(TensorError) -> [KernelArgument] {
      var own: [KernelArgument] = []
      for argument in arguments {
        if case .operand(let operand) = argument { own.append(.operand(try input(operand))) } else { own.append(argument) }
      }
      return own
    }
  }
}

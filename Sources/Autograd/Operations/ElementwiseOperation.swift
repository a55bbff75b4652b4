import Devices

/// An elementwise operation of tensors: a kernel, and how its dtype and its place in the graph are found.
struct ElementwiseOperation: Sendable {
  /// How the operands' common dtype becomes the dtype in which the kernel is computed.
  enum Rule: Sendable {
    /// It is that dtype.
    case promoted
    /// Integers and booleans compute in the default dtype: exp, division.
    case floating
  }

  let name: String
  /// PyTorch's name of the derivative.
  let gradName: String
  let kernel: ElementwiseKernel
  let rule: Rule
  let check: DTypeCheck?
  private let givesBooleans: Bool
  /// The dtypes that need no thought: bit i for raw value i.
  private let directDTypes: UInt16

  init(
    _ name: String, _ gradName: String, _ kernel: ElementwiseKernel, rule: Rule = .promoted, check: DTypeCheck? = nil
  ) {
    self.name = name
    self.gradName = gradName
    self.kernel = kernel
    self.rule = rule
    self.check = check
    var direct: UInt16 = 0
    for dtype in [DType.float32, .float64, .int64] where kernel.runsDirectly(in: dtype) {
      let isRefused = check?.refusal(of: dtype, for: [dtype, dtype, dtype]) != nil
      if !isRefused && (rule == .promoted || dtype.isFloatingPoint) { direct |= 1 << dtype.rawValue }
    }
    directDTypes = direct
    givesBooleans = kernel.outputKind(0) == .boolean
  }

  /// The operation of one instruction, under the opcode's own names.
  init(_ opcode: Opcode, rule: Rule = .promoted, check: DTypeCheck? = nil) {
    self.init("\(opcode)", opcode.gradName, .instruction(opcode), rule: rule, check: check)
  }

  @inline(__always)
  func runsDirectly(in dtype: DType) -> Bool { directDTypes & (1 << dtype.rawValue) != 0 }
}

/// An operand of an elementwise operation.
enum ElementwiseArgument: Sendable {
  case tensor(TensorBody)
  case scalar(Scalar)

  /// A number counts as a 0-d tensor of it would.
  var dtype: DType {
    switch self {
    case .tensor(let body): body.dtype
    case .scalar(let value): value.dtype
    }
  }

  var body: TensorBody? {
    if case .tensor(let body) = self { return body }
    return nil
  }
}

extension Tensor {
  var argument: ElementwiseArgument { .tensor(body) }
}

extension ScalarConvertible {
  var argument: ElementwiseArgument { .scalar(scalar) }
}

// MARK: - The common cases, without machinery

extension ElementwiseOperation {
  func callAsFunction(_ x: Tensor) -> Tensor {
    let mode = GradientMode.current
    // A value of a variable is made for the occasion; another is not even copied.
    let result = x.body.flags.isEmpty ? direct(x.body, of: x.body, mode) : direct(x.body.value, of: x.body, mode)
    return result ?? general([.tensor(x.body.frozen)], mode)
  }

  func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor {
    let mode = GradientMode.current
    let result =
      x.body.flags.isEmpty && y.body.flags.isEmpty
      ? direct(x.body, of: x.body, y.body, of: y.body, mode) : direct(x.body.value, of: x.body, y.body.value, of: y.body, mode)
    return result ?? general([.tensor(x.body.frozen), .tensor(y.body.frozen)], mode)
  }

  func callAsFunction(_ x: Tensor, _ y: Scalar) -> Tensor {
    let mode = GradientMode.current
    let result =
      x.body.flags.isEmpty
      ? direct(x.body, of: x.body, y, isFirst: false, mode) : direct(x.body.value, of: x.body, y, isFirst: false, mode)
    return result ?? general([.tensor(x.body.frozen), .scalar(y)], mode)
  }

  func callAsFunction(_ x: Scalar, _ y: Tensor) -> Tensor {
    let mode = GradientMode.current
    let result =
      y.body.flags.isEmpty
      ? direct(y.body, of: y.body, x, isFirst: true, mode) : direct(y.body.value, of: y.body, x, isFirst: true, mode)
    return result ?? general([.scalar(x), .tensor(y.body.frozen)], mode)
  }

  /// A tensor and two numbers: an activation with its parameters.
  func callAsFunction(_ x: Tensor, _ y: Scalar, _ z: Scalar) -> Tensor {
    let a = x.body.value
    let mode = GradientMode.current
    if mode != .inference, runsDirectly(in: a.dtype), y.category <= a.dtype.category, z.category <= a.dtype.category, a.isDense,
      let first = a.address, let storage = memory(like: a)
    {
      kernel.runDirect(
        dtype: a.dtype, count: a.layout.count, DirectArgument(first), DirectArgument(y, dtype: a.dtype),
        DirectArgument(z, dtype: a.dtype), to: storage.handle)
      let result = TensorBody(storage: storage, layout: a.layout.compacted, dtype: resultDType(a.dtype))
      guard mode == .recording, x.body.node != nil, result.dtype.isFloatingPoint else { return Tensor(result) }
      let pullback = KernelPullback(
        kernel.pullback(mask: 1), dtype: a.dtype, [.tensor(a), .scalar(y), .scalar(z)], results: [result])
      return Tensor(result).recorded(gradName, edges: Edges(x.body), .kernel(pullback))
    }
    return general([.tensor(x.body.frozen), .scalar(y), .scalar(z)], mode)
  }

  /// Any number of operands.
  func callAsFunction(_ arguments: ElementwiseArgument...) -> Tensor { self(arguments) }

  func callAsFunction(_ arguments: [ElementwiseArgument]) -> Tensor {
    general(
      arguments.map {
        if case .tensor(let body) = $0 { return .tensor(body.frozen) }
        return $0
      }, GradientMode.current)
  }

  /// The result where the operand is small and lies in memory as the kernel wants it, else nil.
  ///
  /// - Parameters:
  ///   - a: The operand's value.
  ///   - x: The operand: where its gradient goes.
  private func direct(_ a: TensorBody, of x: TensorBody, _ mode: GradientMode) -> Tensor? {
    guard mode != .inference, runsDirectly(in: a.dtype), a.isDense, let first = a.address, let storage = memory(like: a) else {
      return nil
    }
    kernel.runDirect(dtype: a.dtype, count: a.layout.count, DirectArgument(first), to: storage.directAddress!)
    return finished(storage, like: a, mode == .recording ? x : nil, nil, inputs: 1, a, nil)
  }

  private func direct(_ a: TensorBody, of x: TensorBody, _ number: Scalar, isFirst: Bool, _ mode: GradientMode) -> Tensor? {
    guard mode != .inference, runsDirectly(in: a.dtype), number.category <= a.dtype.category, a.isDense, let address = a.address,
      let storage = memory(like: a)
    else { return nil }
    let (tensor, scalar) = (DirectArgument(address), DirectArgument(number, dtype: a.dtype))
    kernel.runDirect(
      dtype: a.dtype, count: a.layout.count, isFirst ? scalar : tensor, isFirst ? tensor : scalar, to: storage.directAddress!)
    let source = mode == .recording ? x : nil
    return isFirst
      ? finished(storage, like: a, nil, source, inputs: 2, nil, a, number)
      : finished(storage, like: a, source, nil, inputs: 2, a, nil, number)
  }

  private func direct(
    _ a: TensorBody, of x: TensorBody, _ b: TensorBody, of y: TensorBody, _ mode: GradientMode
  ) -> Tensor? {
    guard mode != .inference, a.dtype == b.dtype, runsDirectly(in: a.dtype), let shaped = TensorBody.shaped(a, b),
      let first = a.directArgument(count: shaped.layout.count), let second = b.directArgument(count: shaped.layout.count),
      let storage = memory(like: shaped)
    else { return nil }
    kernel.runDirect(dtype: a.dtype, count: shaped.layout.count, first, second, to: storage.directAddress!)
    return finished(storage, like: shaped, mode == .recording ? x : nil, mode == .recording ? y : nil, inputs: 2, a, b)
  }

  /// Memory for a result of an operand's shape. nil where there is none: the general case says so.
  @inline(__always)
  private func memory(like x: TensorBody) -> Storage? {
    try? x.storage.sibling(byteCount: x.layout.count * x.dtype.byteCount)
  }

  @inline(__always)
  private func resultDType(_ dtype: DType) -> DType { givesBooleans ? .bool : dtype }

  /// A result in its place in the graph: recorded where an input needs a gradient.
  ///
  /// - Parameters:
  ///   - x, y: Where gradients go, nil where nothing is recorded.
  ///   - a, b: The operands' values.
  ///   - number: The operand that is no tensor, if there is one.
  @inline(__always)
  private func finished(
    _ storage: Storage, like shaped: TensorBody, _ x: TensorBody?, _ y: TensorBody?, inputs: Int, _ a: TensorBody?,
    _ b: TensorBody?,
    _ number: Scalar = .int(0)
  ) -> Tensor {
    let layout = shaped.layout.compacted
    let dtype = shaped.dtype
    let mask = (x?.node == nil ? 0 : 1) | (y?.node == nil ? 0 : 2)
    if mask == 0 || givesBooleans || !dtype.isFloatingPoint {
      return Tensor(TensorBody(storage: storage, layout: layout, dtype: resultDType(dtype)))
    }
    let pullback = kernel.pullback(mask: mask)
    var saved = SavedOperands()
    // Of at most two operands and one result.
    let reads = pullback.fewReads ?? 0
    if reads & 1 != 0 { saved.append(a.map { .tensor($0) } ?? .scalar(number)) }
    if reads & 2 != 0 { saved.append(b.map { .tensor($0) } ?? .scalar(number)) }
    // Outside the graph: with its node it would hold itself.
    if reads & 4 != 0 { saved.append(.tensor(TensorBody(storage: storage, layout: layout, dtype: dtype))) }
    let node = Node(gradName, x, y, inputs: inputs, layout: layout, dtype: dtype, kernel: pullback, saved: saved)
    return Tensor(TensorBody(storage: storage, layout: layout, dtype: dtype, node: node))
  }
}

extension TensorBody {
  /// The first element, where it is there and kernels may be run on it here and now.
  @inline(__always)
  var address: UnsafeRawPointer? {
    guard let start = storage.presentAddress else { return nil }
    return UnsafeRawPointer(start + layout.offset * dtype.byteCount)
  }

  /// Whether a loop can run over the elements as they lie, and they are so few that nothing more is worth while.
  @inline(__always)
  var isDense: Bool { layout.isContiguous && layout.count <= ElementwiseKernel.directLimit && flags.isEmpty }

  /// Whether it is a single number, which goes with an operand of any shape without making it larger.
  @inline(__always)
  var isNumber: Bool { layout.rank == 0 && flags.isEmpty }

  /// This operand for a loop of so many elements: all of them, or its only one.
  @inline(__always)
  func directArgument(count: Int) -> DirectArgument? {
    guard let address else { return nil }
    return isDense && layout.count == count
      ? DirectArgument(address) : DirectArgument(repeating: address, elementSize: dtype.byteCount)
  }

  /// Of two operands the one with the result's layout, where the other has the same or is a single number; nil where that takes thought.
  @inline(__always)
  static func shaped(_ a: TensorBody, _ b: TensorBody) -> TensorBody? {
    if a.isDense {
      if b.isDense && a.layout.hasShape(of: b.layout) { return a }
      if b.layout.isUniform && b.flags.isEmpty && (b.layout.rank == 0 || b.layout.shape == a.layout.shape) { return a }
    }
    if b.isDense && a.layout.isUniform && a.flags.isEmpty && (a.layout.rank == 0 || a.layout.shape == b.layout.shape) {
      return b
    }
    return nil
  }
}

// MARK: - The general case

extension ElementwiseOperation {
  private func general(_ arguments: [ElementwiseArgument], _ mode: GradientMode) -> Tensor {
    for case .tensor(let body) in arguments where body.flags.contains(.invalid) { return Tensor(body).passedOn }
    do throws(TensorError) {
      var promotion = Promotion()
      for argument in zip(arguments, kernel.inputs) where argument.1 == .value {
        switch argument.0 {
        case .tensor(let body): promotion.add(body.dtype, rank: body.layout.rank)
        case .scalar(let value): promotion.add(value)
        }
      }
      var dtype = promotion.result
      if let refusal = check?.refusal(of: dtype, for: arguments.map(\.dtype)) { throw refusal }
      if rule == .floating && !dtype.isFloatingPoint { dtype = DefaultDType.current }
      return try Elementwise.apply(kernel, gradName, dtype: dtype, arguments, mode)[0]
    } catch {
      return .failure(error)
    }
  }
}

enum Elementwise {
  /// Runs a kernel on operands of any layout, dtype and shape that broadcast together, and records it.
  ///
  /// - Parameter dtype: what the kernel is computed in; the dtype of its results that are no booleans.
  static func apply(
    _ kernel: ElementwiseKernel, _ gradName: String, dtype: DType, _ arguments: [ElementwiseArgument],
    _ mode: GradientMode = GradientMode.current
  ) throws(TensorError) -> [Tensor] {
    let results: [Tensor]
    if let made = direct(kernel, dtype: dtype, arguments, mode) {
      results = made
    } else {
      results = try launched(kernel, dtype: dtype, arguments, mode)
    }
    guard mode == .recording, results.contains(where: \.isFloatingPoint) else { return results }
    let bodies = arguments.map(\.body)
    guard bodies.contains(where: { $0?.node != nil }) else { return results }
    let edges = Edges(bodies)
    let pullback = KernelPullback(
      kernel.pullback(mask: edges.mask), dtype: dtype, arguments, results: results.map(\.body))
    if pullback.savesInference { throw .inferenceSaved }
    return Tensor.attached(results, to: Node(gradName, edges: edges, results: Results(results), pullback: .kernel(pullback)))
  }

  /// The results where all operands are small and lie in memory as the kernel wants them, else nil.
  private static func direct(
    _ kernel: ElementwiseKernel, dtype: DType, _ arguments: [ElementwiseArgument], _ mode: GradientMode
  ) -> [Tensor]? {
    guard mode != .inference, kernel.runsDirectly(in: dtype) else { return nil }
    var shaped: TensorBody?
    for case .tensor(let body) in arguments {
      guard body.address != nil else { return nil }
      guard let known = shaped else {
        shaped = body
        continue
      }
      guard let next = TensorBody.shaped(known, body) else { return nil }
      shaped = next
    }
    guard let shaped, shaped.isDense else { return nil }
    let layout = shaped.layout.compacted
    let count = layout.count
    for (argument, kind) in zip(arguments, kernel.inputs) {
      if case .tensor(let body) = argument, body.dtype != (kind == .boolean ? .bool : dtype) { return nil }
    }
    var results: [Tensor] = []
    results.reserveCapacity(kernel.outputs.count)
    for index in kernel.outputs.indices {
      let type = kernel.outputKind(index) == .boolean ? DType.bool : dtype
      guard let storage = try? shaped.storage.device.allocate(byteCount: count * type.byteCount) else { return nil }
      results.append(Tensor(TensorBody(storage: storage, layout: layout, dtype: type)))
    }
    withUnsafeTemporaryAllocation(of: DirectArgument.self, capacity: arguments.count) { direct in
      for (index, argument) in arguments.enumerated() {
        let type = kernel.inputs[index] == .boolean ? DType.bool : dtype
        switch argument {
        case .scalar(let value): direct.initializeElement(at: index, to: DirectArgument(value, dtype: type))
        case .tensor(let body):
          // That it has an address was seen above.
          direct.initializeElement(at: index, to: body.directArgument(count: count)!)
        }
      }
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: results.count) { outputs in
        for (index, result) in results.enumerated() { outputs.initializeElement(at: index, to: result.body.storage.handle) }
        kernel.runDirect(dtype: dtype, count: count, arguments: UnsafeBufferPointer(direct), outputs: UnsafeBufferPointer(outputs))
      }
    }
    return results
  }

  /// The results by way of the device.
  private static func launched(
    _ kernel: ElementwiseKernel, dtype: DType, _ arguments: [ElementwiseArgument], _ mode: GradientMode
  ) throws(TensorError) -> [Tensor] {
    var shape: [Int]?
    for case .tensor(let body) in arguments {
      shape =
        try shape.map { (known) throws(TensorError) in try broadcastShapes(known, body.layout.shape) }
        ?? body.layout.shape
    }
    let device = try commonDevice(arguments)
    let layout = Layout(shape: shape ?? [])
    let inputs = try arguments.map { (argument) throws(TensorError) -> KernelArgument in
      switch argument {
      case .scalar(let value): return .scalar(value)
      case .tensor(let body):
        // A 0-d tensor of the CPU may meet any device, as a number.
        if body.storage.device !== device { return .scalar(try Tensor(body).element()) }
        return .operand(body.operand.with(layout: body.layout.broadcast(to: layout.shape)))
      }
    }
    var outputs: [Operand] = []
    for index in kernel.outputs.indices {
      let type = kernel.outputKind(index) == .boolean ? DType.bool : dtype
      outputs.append(
        Operand(storage: try device.allocate(byteCount: layout.count * type.byteCount), layout: layout, dtype: type))
    }
    try device.deferredElementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
    let flags: TensorBody.Flags = mode == .inference ? .inference : []
    return outputs.map {
      Tensor(TensorBody(storage: $0.storage, layout: $0.layout, dtype: $0.dtype, flags: flags))
    }
  }

  private static func commonDevice(_ arguments: [ElementwiseArgument]) throws(TensorError) -> any Device {
    var found: (any Device)?
    var other: (any Device)?
    for case .tensor(let body) in arguments {
      let device = body.storage.device
      if body.layout.rank == 0 && device === CPUDevice.shared {
        other = other ?? device
        continue
      }
      if let found, found !== device { throw mixedDevices(found, device) }
      found = device
    }
    return found ?? other ?? CPUDevice.shared
  }
}

/// PyTorch's error for operands on several devices.
func mixedDevices(_ a: any Device, _ b: any Device) -> TensorError { .differentDevices(a, b) }

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
  /// Refuses a dtype, with PyTorch's text.
  let check: (@Sendable (DType) throws(TensorError) -> Void)?
  /// The dtypes that need no thought: bit i for raw value i.
  private let directDTypes: UInt16

  init(
    _ name: String, _ gradName: String, _ kernel: ElementwiseKernel, rule: Rule = .promoted,
    check: (@Sendable (DType) throws(TensorError) -> Void)? = nil
  ) {
    self.name = name
    self.gradName = gradName
    self.kernel = kernel
    self.rule = rule
    self.check = check
    var direct: UInt16 = 0
    for dtype in [DType.float32, .float64, .int64] where kernel.runsDirectly(in: dtype) {
      if rule == .promoted || dtype.isFloatingPoint { direct |= 1 << dtype.rawValue }
    }
    directDTypes = direct
  }

  @inline(__always)
  func runsDirectly(in dtype: DType) -> Bool { directDTypes & (1 << dtype.rawValue) != 0 }
}

/// An operand of an elementwise operation.
enum ElementwiseArgument: Sendable {
  case tensor(TensorBody)
  case scalar(Scalar)
}

// MARK: - The common cases, without machinery

extension ElementwiseOperation {
  func callAsFunction(_ x: Tensor) -> Tensor {
    let a = x.body.frozen
    let mode = GradientMode.current
    if runsDirectly(in: a.dtype), mode != .inference, a.flags.isEmpty, a.layout.isContiguous,
      a.layout.count <= ElementwiseKernel.directLimit, let address = a.address,
      let output = try? a.storage.device.allocate(byteCount: a.layout.count * a.dtype.byteCount)
    {
      kernel.runDirect(dtype: a.dtype, count: a.layout.count, output: output.handle, DirectArgument(address))
      let result = TensorBody(storage: output, layout: a.layout.compacted, dtype: resultDType(a.dtype))
      if a.node == nil || mode != .recording { return Tensor(result) }
      return record(result, dtype: a.dtype, .tensor(a), nil, edges: Edges(a))
    }
    return general([.tensor(a)], mode)
  }

  func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor {
    let a = x.body.frozen
    let b = y.body.frozen
    let mode = GradientMode.current
    if a.dtype == b.dtype, runsDirectly(in: a.dtype), mode != .inference, a.flags.isEmpty, b.flags.isEmpty,
      a.layout.isContiguous, b.layout.isContiguous, a.layout.count <= ElementwiseKernel.directLimit,
      a.layout.shape == b.layout.shape, let first = a.address, let second = b.address,
      let output = try? a.storage.device.allocate(byteCount: a.layout.count * a.dtype.byteCount)
    {
      kernel.runDirect(
        dtype: a.dtype, count: a.layout.count, output: output.handle, DirectArgument(first), DirectArgument(second))
      let result = TensorBody(storage: output, layout: a.layout.compacted, dtype: resultDType(a.dtype))
      if a.node == nil && b.node == nil || mode != .recording { return Tensor(result) }
      return record(result, dtype: a.dtype, .tensor(a), .tensor(b), edges: Edges(a, b))
    }
    return general([.tensor(a), .tensor(b)], mode)
  }

  func callAsFunction(_ x: Tensor, _ y: Scalar) -> Tensor {
    let a = x.body.frozen
    let mode = GradientMode.current
    if direct(a, with: y, mode), let address = a.address,
      let output = try? a.storage.device.allocate(byteCount: a.layout.count * a.dtype.byteCount)
    {
      kernel.runDirect(
        dtype: a.dtype, count: a.layout.count, output: output.handle, DirectArgument(address),
        DirectArgument(y, dtype: a.dtype))
      let result = TensorBody(storage: output, layout: a.layout.compacted, dtype: resultDType(a.dtype))
      if a.node == nil || mode != .recording { return Tensor(result) }
      return record(result, dtype: a.dtype, .tensor(a), .scalar(y), edges: Edges(a, nil))
    }
    return general([.tensor(a), .scalar(y)], mode)
  }

  func callAsFunction(_ x: Scalar, _ y: Tensor) -> Tensor {
    let b = y.body.frozen
    let mode = GradientMode.current
    if direct(b, with: x, mode), let address = b.address,
      let output = try? b.storage.device.allocate(byteCount: b.layout.count * b.dtype.byteCount)
    {
      kernel.runDirect(
        dtype: b.dtype, count: b.layout.count, output: output.handle, DirectArgument(x, dtype: b.dtype),
        DirectArgument(address))
      let result = TensorBody(storage: output, layout: b.layout.compacted, dtype: resultDType(b.dtype))
      if b.node == nil || mode != .recording { return Tensor(result) }
      return record(result, dtype: b.dtype, .scalar(x), .tensor(b), edges: Edges(nil, b))
    }
    return general([.scalar(x), .tensor(b)], mode)
  }

  /// Any number of operands.
  func callAsFunction(_ arguments: [ElementwiseArgument]) -> Tensor {
    general(
      arguments.map {
        if case .tensor(let body) = $0 { return .tensor(body.frozen) }
        return $0
      }, GradientMode.current)
  }

  @inline(__always)
  private func direct(_ a: TensorBody, with scalar: Scalar, _ mode: GradientMode) -> Bool {
    runsDirectly(in: a.dtype) && mode != .inference && a.flags.isEmpty && a.layout.isContiguous
      && scalar.category <= a.dtype.category && a.layout.count <= ElementwiseKernel.directLimit
  }

  @inline(__always)
  private func resultDType(_ dtype: DType) -> DType { kernel.outputKind(0) == .boolean ? .bool : dtype }

  /// - Parameter result: just made, and held by nobody else.
  @inline(__always)
  private func record(
    _ result: TensorBody, dtype: DType, _ a: ElementwiseArgument, _ b: ElementwiseArgument?, edges: Edges
  ) -> Tensor {
    guard result.dtype.isFloatingPoint else { return Tensor(result) }
    let pullback = KernelPullback(kernel.pullback(mask: edges.mask), dtype: dtype, a, b, result: result)
    let node = Node(
      gradName, edges: edges, results: Results(result.layout.shape, result.dtype), pullback: .kernel(pullback))
    return Tensor(TensorBody(storage: result.storage, layout: result.layout, dtype: result.dtype, node: node))
  }
}

extension TensorBody {
  /// The first element, where kernels may be run on it here and now.
  @inline(__always)
  var address: UnsafeRawPointer? {
    storage.directAddress.map { UnsafeRawPointer($0 + layout.offset * dtype.byteCount) }
  }
}

// MARK: - The general case

extension ElementwiseOperation {
  private func general(_ arguments: [ElementwiseArgument], _ mode: GradientMode) -> Tensor {
    for case .tensor(let body) in arguments where body.flags.contains(.invalid) { return Tensor(body) }
    do {
      var promotion = Promotion()
      for argument in zip(arguments, kernel.inputs) where argument.1 == .value {
        switch argument.0 {
        case .tensor(let body): promotion.add(body.dtype, rank: body.layout.rank)
        case .scalar(let value): promotion.add(value)
        }
      }
      var dtype = promotion.result
      try check?(dtype)
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
    var shape: [Int]?
    for case .tensor(let body) in arguments {
      shape = try shape.map { (known) throws(TensorError) in try broadcastShapes(known, body.layout.shape) }
        ?? body.layout.shape
    }
    let device = try commonDevice(arguments)
    let layout = Layout(shape: shape ?? [])
    let inputs = try arguments.map { (argument) throws(TensorError) -> KernelArgument in
      switch argument {
      case .scalar(let value): return .scalar(value)
      case .tensor(let body):
        // A 0-d tensor of the CPU may meet any device, as a number.
        if body.storage.device !== device { return .scalar(Tensor(body).item()) }
        return .operand(body.operand.with(layout: body.layout.broadcast(to: layout.shape)))
      }
    }
    var outputs: [Operand] = []
    for index in kernel.outputs.indices {
      let type = kernel.outputKind(index) == .boolean ? DType.bool : dtype
      outputs.append(
        Operand(storage: try device.allocate(byteCount: layout.count * type.byteCount), layout: layout, dtype: type))
    }
    try device.elementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
    let flags: TensorBody.Flags = mode == .inference ? .inference : []
    let results = outputs.map {
      Tensor(TensorBody(storage: $0.storage, layout: $0.layout, dtype: $0.dtype, flags: flags))
    }
    let bodies = arguments.map { (argument) -> TensorBody? in
      if case .tensor(let body) = argument { return body }
      return nil
    }
    guard mode == .recording, results.contains(where: \.isFloatingPoint), bodies.contains(where: { $0?.node != nil }) else {
      return results
    }
    let edges = Edges(bodies)
    let pullback = KernelPullback(
      kernel.pullback(mask: edges.mask), dtype: dtype, arguments, results: results.map(\.body))
    if pullback.savesInference {
      throw .runtime(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
          + "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
          + "instead of `torch.inference_mode()`.")
    }
    return Tensor.attached(results, to: Node(gradName, edges: edges, results: Results(results), pullback: .kernel(pullback)))
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
func mixedDevices(_ a: any Device, _ b: any Device) -> TensorError {
  .runtime(
    "Expected all tensors to be on the same device, but found at least two devices, \(a.description) and \(b.description)!")
}

import Devices

/// The derivative of one run of an elementwise kernel: the kernel that computes it, and what it reads.
struct KernelPullback: Sendable {
  private let pullback: Pullback
  private let dtype: DType
  // What the kernel reads before the gradients, in its order. The first two need no array. A result is saved outside the graph: with its node
  // it would hold itself.
  private var first: ElementwiseArgument?
  private var second: ElementwiseArgument?
  private var more: [ElementwiseArgument] = []

  /// For one or two operands and one result.
  init(
    _ pullback: Pullback, dtype: DType, _ a: ElementwiseArgument, _ b: ElementwiseArgument?, result: @autoclosure () -> TensorBody
  ) {
    self.pullback = pullback
    self.dtype = dtype
    for source in pullback.sources {
      switch source {
      case .input(let index): save(index == 0 ? a : b!)
      case .output: save(.tensor(result()))
      case .gradient: break
      }
    }
  }

  init(_ pullback: Pullback, dtype: DType, _ arguments: [ElementwiseArgument], results: [TensorBody]) {
    self.pullback = pullback
    self.dtype = dtype
    for source in pullback.sources {
      switch source {
      case .input(let index): save(arguments[index])
      case .output(let index): save(.tensor(results[index]))
      case .gradient: break
      }
    }
  }

  private mutating func save(_ argument: ElementwiseArgument) {
    if first == nil {
      first = argument
    } else if second == nil {
      second = argument
    } else {
      more.append(argument)
    }
  }

  private func saved(_ index: Int) -> ElementwiseArgument? {
    switch index {
    case 0: first
    case 1: second
    default: index - 2 < more.count ? more[index - 2] : nil
    }
  }

  private var savedBodies: [TensorBody] {
    ([first, second] + more).compactMap {
      if case .tensor(let body) = $0 { return body }
      return nil
    }
  }

  var savesValues: Bool {
    if case .tensor = first { return true }
    if case .tensor = second { return true }
    return !more.isEmpty
  }

  var savesInference: Bool { savedBodies.contains { $0.flags.contains(.inference) } }

  /// Computes the gradients of the inputs that need one.
  func forEachGradient(
    _ gradients: BackwardPass.Arrived, _ node: Node, _ body: (Int, Tensor) throws(TensorError) -> Void
  ) throws(TensorError) {
    if let opcode = pullback.undefined { throw opcode.lacksDerivative }
    let kernel = pullback.kernel
    let mode = GradientMode.current
    if pullback.targets.count == 1, let g = gradients.first, kernel.inputs.count <= 2,
      let result = direct(g.body, mode)
    {
      try body(pullback.targets[0], result)
      return
    }
    guard pullback.readsGradients else {
      // A derivative that is linear in the gradient and does not read it is zero.
      for target in pullback.targets { try body(target, gradients.any.zerosLike()) }
      return
    }
    let arguments = pullback.sources.enumerated().map { index, source -> ElementwiseArgument in
      switch source {
      case .input(let input): return reattached(saved(index)!, node.edges[input])
      case .output(let output): return reattached(saved(index)!, node, output)
      case .gradient(let output):
        // A result that nothing used has a gradient of zero.
        return gradients[output].map { .tensor($0.body) } ?? .scalar(.double(0))
      }
    }
    let results = try Elementwise.apply(kernel, pullback.gradName, dtype: dtype, arguments, mode)
    for (index, target) in pullback.targets.enumerated() { try body(target, results[index]) }
  }

  /// A variable's value was saved outside the graph.
  private func reattached(_ argument: ElementwiseArgument, _ edge: Edge?) -> ElementwiseArgument {
    guard case .tensor(let body) = argument, body.node == nil, let edge, GradientMode.isEnabled else { return argument }
    return .tensor(
      TensorBody(
        storage: body.storage, layout: body.layout, dtype: body.dtype, node: edge.node, outputIndex: Int(edge.output),
        flags: body.flags))
  }

  /// A result goes back into the graph so that its gradient can be differentiated.
  private func reattached(_ argument: ElementwiseArgument, _ node: Node, _ output: Int) -> ElementwiseArgument {
    guard case .tensor(let body) = argument else { return argument }
    return .tensor(
      TensorBody(
        storage: body.storage, layout: body.layout, dtype: body.dtype, node: node, outputIndex: output, flags: body.flags))
  }

  /// One gradient from at most one saved value, small and in memory: as fast as the operation itself.
  private func direct(_ g: TensorBody, _ mode: GradientMode) -> Tensor? {
    let kernel = pullback.kernel
    guard mode == .notRecording, g.dtype == dtype, g.flags.isEmpty, kernel.runsDirectly(in: dtype), let address = g.address
    else { return nil }
    let size = dtype.byteCount
    let shaped: TensorBody
    var saved: DirectArgument?
    switch first {
    case .tensor(let body):
      guard body.dtype == dtype, let place = body.address, let chosen = TensorBody.shaped(body, g) else { return nil }
      shaped = chosen
      saved =
        body.isDense && body.layout.count == shaped.layout.count
        ? DirectArgument(place) : DirectArgument(repeating: place, elementSize: size)
    case .scalar(let value):
      saved = DirectArgument(value, dtype: dtype)
      shaped = g
    case nil: shaped = g
    }
    guard kernel.inputs.count == (saved == nil ? 1 : 2), shaped.layout.count <= ElementwiseKernel.directLimit,
      let output = try? g.storage.device.allocate(byteCount: shaped.layout.count * size)
    else { return nil }
    let incoming =
      g.isDense && g.layout.count == shaped.layout.count
      ? DirectArgument(address)
      : DirectArgument(repeating: address, elementSize: size)
    guard g.layout.isContiguous || g.layout.isUniform else { return nil }
    if let saved {
      kernel.runDirect(dtype: dtype, count: shaped.layout.count, output: output.handle, saved, incoming)
    } else {
      kernel.runDirect(dtype: dtype, count: shaped.layout.count, output: output.handle, incoming)
    }
    return Tensor(TensorBody(storage: output, layout: shaped.layout.compacted, dtype: dtype))
  }
}

extension ElementwiseKernel {
  /// The name of the derivative of a kernel that has no name of its own: that of its last instruction.
  var gradName: String {
    guard var last = instructions.last else { return "AliasBackward0" }
    // A guard that gives zero is not the operation.
    let first = kinds.count - instructions.count
    if last.opcode == .select, let other = [last.b, last.c].first(where: { $0 >= first }), isZero(last.b) || isZero(last.c) {
      last = instructions[other - first]
    }
    return last.opcode.gradName
  }

  private func isZero(_ register: Int) -> Bool {
    let index = register - inputs.count
    return constants.indices.contains(index) && constants[index].doubleValue == 0
  }
}

extension Pullback {
  /// The name of the derivative of the gradient. Where the kernel ends in a sum of terms, PyTorch has a product with the incoming gradient.
  fileprivate var gradName: String {
    kernel.instructions.last?.opcode == .add ? Opcode.mul.gradName : kernel.gradName
  }
}

extension Opcode {
  /// PyTorch's name of the derivative.
  var gradName: String { Opcode.gradNames[Int(rawValue)] }

  private static let gradNames: [String] = Opcode.allCases.map { opcode in
    let name = "\(opcode)"
    let capitalized = name.prefix(1).uppercased() + name.dropFirst()
    switch opcode {
    case .log1p: return "Log1PBackward0"
    case .i1, .erfcx, .ndtri, .zeta, .besselJ0, .besselJ1, .besselY0, .besselY1: return "Special\(capitalized)Backward0"
    case .i0e, .i1e: return "Special\(capitalized.uppercased())Backward0"
    case .besselK0, .besselK1: return "SpecialModified\(capitalized)Backward0"
    case .select: return "WhereBackward0"
    case .pow, .remainder, .fmod: return "\(capitalized)Backward1"
    default: return "\(capitalized)Backward0"
    }
  }

  /// PyTorch's error where a gradient would have to pass.
  fileprivate var lacksDerivative: TensorError {
    switch self {
    case .zeta: .notImplemented("the derivative for 'zeta' is not implemented.")
    case .igamma, .igammac: .notImplemented("the derivative for '\(self): input' is not implemented.")
    default: .runtime("derivative for aten::\(self) is not implemented")
    }
  }
}

import Devices

/// The derivative of one run of an elementwise kernel: the kernel that computes it, and what it reads.
struct KernelPullback: Sendable {
  let pullback: Pullback
  /// In which the kernel is computed.
  let dtype: DType
  /// What the kernel reads before the gradients. Results are saved outside the graph: with its node one would hold itself.
  let saved: SavedOperands

  init(_ pullback: Pullback, dtype: DType, saved: SavedOperands) {
    self.pullback = pullback
    self.dtype = dtype
    self.saved = saved
  }

  init(_ pullback: Pullback, dtype: DType, _ arguments: [ElementwiseArgument], results: [TensorBody]) {
    self.pullback = pullback
    self.dtype = dtype
    var saved = SavedOperands()
    for source in pullback.sources {
      switch source {
      case .input(let index): saved.append(arguments[index])
      case .output(let index): saved.append(.tensor(results[index]))
      case .gradient: break
      }
    }
    self.saved = saved
  }

  var savesInference: Bool { saved.hasInference }

  /// Computes the gradients of the inputs that need one.
  func forEachGradient(
    _ gradients: BackwardPass.Arrived, _ node: Node, _ body: (Int, Tensor) throws(TensorError) -> Void
  ) throws(TensorError) {
    if let opcode = pullback.undefined { throw opcode.lacksDerivative }
    let kernel = pullback.kernel
    guard pullback.readsGradients else {
      // A derivative that is linear in the gradient and does not read it is zero.
      for target in pullback.targets { try body(target, gradients.any.zerosLike()) }
      return
    }
    let arguments = pullback.sources.enumerated().map { index, source -> ElementwiseArgument in
      switch source {
      case .input(let input): return reattached(saved[index], node.edges[input])
      case .output(let output): return reattached(saved[index], node, output)
      case .gradient(let output):
        // A result that nothing used has a gradient of zero.
        return gradients[output].map { .tensor($0.body) } ?? .scalar(.double(0))
      }
    }
    let results = try Elementwise.apply(kernel, pullback.gradName, dtype: dtype, arguments)
    for (index, target) in pullback.targets.enumerated() { try body(target, results[index]) }
  }

  /// A variable's value was saved outside the graph.
  private func reattached(_ argument: ElementwiseArgument, _ edge: HeldEdges.Edge?) -> ElementwiseArgument {
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
}

// MARK: - Small gradients

extension Pullback {
  /// Computes the gradients of one or two inputs where all operands are small and lie in memory as the kernel wants them, as fast as the
  /// operation itself. A gradient that nobody else holds is overwritten.
  ///
  /// - Parameters:
  ///   - g: The gradient of the result, outside any graph; it becomes that of the first target.
  ///   - second: Becomes that of the second target, if there is one.
  /// - Returns: whether they were computed.
  func computeDirectly(_ g: inout Tensor, _ second: inout Tensor?, _ saved: borrowing SavedOperands, dtype: DType) -> Bool {
    guard isSimple, g.body.dtype == dtype, g.body.flags.isEmpty, g.body.node == nil, kernel.runsDirectly(in: dtype) else {
      return false
    }
    let savedCount = kernel.inputs.count - 1
    // The saved operand that has the results' shape where the gradient has not. Nothing here holds the gradient a second time.
    var larger: TensorBody?
    for index in 0..<savedCount {
      guard case .tensor(let body) = saved[index] else { continue }
      guard body.dtype == dtype, let shaped = TensorBody.shaped(larger ?? g.body, body) else { return false }
      if shaped === body { larger = body }
    }
    // One number repeated gives one number repeated.
    let isRepeated = larger == nil && !g.body.isDense && g.body.layout.isUniform && g.body.layout.offset == 0
    let layout = larger?.layout ?? g.body.layout
    let count = isRepeated ? 1 : layout.count
    guard isRepeated || larger?.isDense ?? g.body.isDense, let incoming = g.body.directArgument(count: count) else { return false }
    var arguments = (incoming, DirectArgument.unused, DirectArgument.unused)
    for index in 0..<savedCount {
      let argument: DirectArgument
      switch saved[index] {
      case .scalar(let value): argument = DirectArgument(value, dtype: dtype)
      case .tensor(let body):
        guard let known = body.directArgument(count: count) else { return false }
        argument = known
      }
      // The gradient comes last.
      if index == 0 { arguments = (argument, incoming, .unused) } else { arguments = (arguments.0, argument, incoming) }
    }
    func memory() -> TensorBody? {
      (try? g.body.storage.sibling(byteCount: count * dtype.byteCount)).map {
        TensorBody(storage: $0, layout: isRepeated ? layout : layout.compacted, dtype: dtype)
      }
    }
    let overwrites = (isRepeated || g.body.isDense && g.body.layout.hasShape(of: layout)) && g.ownsMemory
    let made = overwrites ? nil : memory()
    let other = targets.count == 2 ? memory() : nil
    guard let output = overwrites ? g.body.address : made?.address, targets.count == 1 || other != nil else { return false }
    kernel.runDirect(
      dtype: dtype, count: count, arguments.0, arguments.1, arguments.2, to: UnsafeMutableRawPointer(mutating: output),
      other?.storage.directAddress, isInPlace: overwrites && other != nil)
    if let made { g = Tensor(made) }
    second = other.map(Tensor.init)
    return true
  }
}

extension ElementwiseKernel {
  /// The name of the derivative of a kernel that has no name of its own: that of its last operation.
  var gradName: String { lastOperation?.opcode.gradName ?? "AliasBackward0" }

  /// The last instruction but for guards, choices between a value and zero, which are not the operation.
  fileprivate var lastOperation: Instruction? {
    let first = kinds.count - instructions.count
    var last = instructions.last
    while let guarding = last, guarding.opcode == .select, isZero(guarding.b) || isZero(guarding.c),
      let value = [guarding.b, guarding.c].first(where: { $0 >= first })
    {
      last = instructions[value - first]
    }
    return last
  }

  fileprivate func isZero(_ register: Int) -> Bool {
    let index = register - inputs.count
    return constants.indices.contains(index) && constants[index].doubleValue == 0
  }
}

extension Pullback {
  /// The name of the derivative of the gradient. Where the kernel ends in a sum of terms, or in a choice between two, PyTorch has a product
  /// with the incoming gradient.
  fileprivate var gradName: String {
    guard let last = kernel.lastOperation else { return kernel.gradName }
    let isSum = last.opcode == .add || last.opcode == .select && !kernel.isZero(last.b) && !kernel.isZero(last.c)
    return isSum ? Opcode.mul.gradName : kernel.gradName
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

import Devices

// The walk back through the graph.
//
// The node with the highest id is next: its gradient is complete then, because whatever feeds it has a higher id.
// Nothing recurses, so a graph may be as deep as memory allows.

/// One backward pass.
struct BackwardPass {
  /// What has arrived for one node: a gradient for each of its results that was used.
  struct Arrived {
    var first: Tensor?
    private var more: [Int: Tensor]?

    @inline(__always)
    init(_ gradient: consuming Tensor, _ index: Int) {
      if index == 0 {
        first = gradient
        more = nil
      } else {
        first = nil
        more = [index: gradient]
      }
    }

    /// One of them: what reached the node at all.
    var any: Tensor { first ?? more!.first!.value }

    subscript(_ index: Int) -> Tensor? {
      get { index == 0 ? first : more?[index] }
      set {
        if index == 0 {
          first = newValue
        } else {
          more = more ?? [:]
          more![index] = newValue
        }
      }
    }

    mutating func add(_ gradient: consuming Tensor, _ index: Int) {
      guard var sum = self[index] else {
        self[index] = gradient
        return
      }
      self[index] = nil
      // In place where nobody else holds the first. What is there so far is no gradient that anybody could go on with, and a sum that fails
      // is passed on as such: half of it would be wrong.
      do throws(TensorError) { try Operation.add.update(&sum, gradient.argument, keepsValue: false) } catch {
        sum = .failure(error)
      }
      self[index] = sum
    }

    func checkValid() throws(TensorError) {
      try first?.checkValid()
      if let more { for gradient in more.values { try gradient.checkValid() } }
    }
  }

  private struct Pending {
    let id: UInt64
    // The graph is alive as long as its roots, which the caller holds.
    let target: Unmanaged<Node>
    var gradients: Arrived

    @inline(__always)
    init(_ target: Unmanaged<Node>, _ id: UInt64, _ gradient: consuming Tensor, _ output: Int) {
      self.id = id
      self.target = target
      gradients = Arrived(gradient, output)
    }
  }

  /// The node that comes next, if it is known, and the others, the highest last. In a chain there never is another.
  private var next: Pending?
  private var others: [Pending] = []

  let keepsGraph: Bool
  /// Whether the gradients are recorded in turn.
  private let mode: GradientMode
  private let detectsAnomalies = AnomalyMode.isEnabled
  /// Whether leaves' gradients are added to `grad`: all of them, or those of `targets` alone.
  let accumulates: Bool
  /// The node results whose gradients the caller asked for, in order; nil for all leaves.
  let targets: [(node: Node, output: Int)]?
  /// With targets, the nodes through which they can be reached.
  let needed: Set<ObjectIdentifier>?
  private(set) var captured: [Tensor?]

  init(
    keepsGraph: Bool, mode: GradientMode, accumulates: Bool, targets: [(node: Node, output: Int)]?, roots: @autoclosure () -> [Node]
  ) {
    self.keepsGraph = keepsGraph
    self.mode = mode
    self.accumulates = accumulates
    self.targets = targets
    needed = targets.map { BackwardPass.nodes(leadingTo: $0.map(\.node), from: roots()) }
    captured = targets.map { [Tensor?](repeating: nil, count: $0.count) } ?? []
  }

  /// Adds a gradient to those that wait for a node.
  mutating func add(_ gradient: consuming Tensor, to target: Unmanaged<Node>, output: Int) {
    let id = target._withUnsafeGuaranteedRef { $0.id }
    if let known = next?.id {
      if known == id {
        next!.gradients.add(gradient, output)
      } else if known < id {
        if others.capacity == 0 { others.reserveCapacity(16) }
        others.append(next.take()!)
        next = Pending(target, id, gradient, output)
      } else {
        addBehind(gradient, to: target, id, output: output)
      }
    } else if others.isEmpty || others[others.count - 1].id < id {
      next = Pending(target, id, gradient, output)
    } else {
      addBehind(gradient, to: target, id, output: output)
    }
  }

  private mutating func addBehind(_ gradient: consuming Tensor, to target: Unmanaged<Node>, _ id: UInt64, output: Int) {
    var low = 0
    var high = others.count
    while low < high {
      let middle = (low + high) / 2
      if others[middle].id < id { low = middle + 1 } else { high = middle }
    }
    if low < others.count && others[low].id == id {
      others[low].gradients.add(gradient, output)
    } else {
      if others.capacity == 0 { others.reserveCapacity(16) }
      others.insert(Pending(target, id, gradient, output), at: low)
    }
  }

  mutating func run() throws(TensorError) {
    while var pending = next.take() ?? others.popLast() {
      let node = pending.target.takeUnretainedValue()
      let isNeeded = needed?.contains(ObjectIdentifier(node)) ?? true
      let hooks = node.hooks
      if let hooks { try apply(hooks, of: node, to: &pending.gradients) }
      if let targets {
        for (index, target) in targets.enumerated() where target.node === node {
          try pending.gradients.checkValid()
          captured[index] = pending.gradients[target.output]
        }
      }
      if let variable = node.variable {
        if accumulates, let gradient = pending.gradients.first.take(), targets?.contains(where: { $0.node === node }) ?? true {
          try gradient.checkValid()
          variable.accumulate(gradient, of: node)
        }
        continue
      }
      guard isNeeded else { continue }
      if let hooks, !hooks.node.isEmpty {
        try propagate(pending.gradients, through: node, hooks)
      } else if let kernel = node.kernel {
        try propagate(&pending.gradients, through: node, kernel)
      } else {
        try propagate(pending.gradients, through: node)
      }
    }
  }

  private func apply(_ hooks: NodeHooks, of node: Node, to gradients: inout Arrived) throws(TensorError) {
    try gradients.checkValid()
    for index in 0..<node.results.count {
      guard var gradient = gradients[index] else { continue }
      for hook in hooks.gradient[index]?.all ?? [] {
        guard let replaced = try hook(gradient, node)?.valid() else { continue }
        guard replaced.dtype == gradient.dtype, replaced.device === gradient.device else {
          throw .runtime(
            "hook '<lambda>' has changed the type of value (was \(gradient.legacyTypeName) got \(replaced.legacyTypeName))")
        }
        guard replaced.shape == gradient.shape else {
          throw .runtime("hook '<lambda>' has changed the size of value")
        }
        gradient = replaced.frozen
      }
      gradients[index] = gradient
      hooks.retained[index]?.add(gradient, copiesFirst: false)
    }
  }

  private static let released = TensorError.runtime(
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved "
      + "intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need "
      + "to backward through the graph a second time or if you need to access saved tensors after calling backward.")

  /// Through a node whose hooks may change what it gives.
  private mutating func propagate(_ gradients: Arrived, through node: Node, _ hooks: NodeHooks) throws(TensorError) {
    guard let pullback = node.enter(releases: !keepsGraph) else { throw BackwardPass.released }
    var results = try pullback.inputGradients(gradients, node)
    let incoming = (0..<node.results.count).map { gradients[$0] }
    for hook in hooks.node.all {
      guard let replaced = hook(results, incoming) else { continue }
      guard replaced.count == results.count else {
        throw .runtime(
          "hook '<lambda>' has returned an incorrect number of values (got \(replaced.count), but expected \(results.count))")
      }
      results = replaced
    }
    for (index, gradient) in results.enumerated() {
      if let gradient { try deliver(gradient, input: index, of: node) }
    }
  }

  private mutating func propagate(_ gradients: Arrived, through node: Node) throws(TensorError) {
    try gradients.checkValid()
    guard let pullback = node.enter(releases: !keepsGraph) else { throw BackwardPass.released }
    if case .formulas(let formulas, _) = pullback {
      guard let g = gradients.first else { return }
      for (index, formula) in formulas.enumerated() where node.edges[index] != nil {
        if let formula { try deliver(formula(g), input: index, of: node) }
      }
      return
    }
    for (index, gradient) in try pullback.inputGradients(gradients, node).enumerated() {
      if let gradient { try deliver(gradient, input: index, of: node) }
    }
  }

  /// Through an elementwise operation. Small gradients are computed here and now, in their own memory where nobody else holds it.
  private mutating func propagate(_ gradients: inout Arrived, through node: Node, _ kernel: Pullback) throws(TensorError) {
    guard let saved = node.enterKernel(releases: !keepsGraph) else { throw BackwardPass.released }
    if mode == .notRecording, gradients.first != nil {
      if kernel.passesGradient {
        for target in kernel.targets.dropLast() { try deliver(gradients.first!, input: target, of: node) }
        if let last = kernel.targets.last { try deliver(gradients.first.take()!, input: last, of: node) }
        return
      }
      var second: Tensor?
      if kernel.computeDirectly(&gradients.first!, &second, saved, dtype: node.dtype) {
        try deliver(gradients.first.take()!, input: kernel.targets[0], of: node)
        if let second { try deliver(second, input: kernel.targets[1], of: node) }
        return
      }
    }
    try gradients.checkValid()
    try KernelPullback(kernel, dtype: node.dtype, saved: saved).forEachGradient(gradients, node) {
      (index, gradient) throws(TensorError) in try deliver(gradient, input: index, of: node)
    }
  }

  /// Passes a gradient on to where the input came from, in the input's shape and dtype.
  @inline(__always)
  private mutating func deliver(_ gradient: consuming Tensor, input: Int, of node: Node) throws(TensorError) {
    guard let edge = node.edges[input] else { return }
    let fits = edge.output == 0 && !detectsAnomalies && edge.target._withUnsafeGuaranteedRef { $0.fits(gradient.body) }
    if fits {
      add(gradient, to: edge.target, output: 0)
    } else {
      try deliverAdapted(gradient, edge, input: input, of: node)
    }
  }

  private mutating func deliverAdapted(
    _ gradient: Tensor, _ edge: HeldEdges.Edge, input: Int, of node: Node
  ) throws(TensorError) {
    try gradient.checkValid()
    let output = Int(edge.output)
    let shape = edge.node.results.shape(output)
    // A function or a hook may give back a variable.
    var gradient = gradient.frozen
    if gradient.body.layout.shape != shape {
      guard isBroadcastable(shape, to: gradient.shape) else {
        throw .runtime(
          "Function \(node.name) returned an invalid gradient at index \(input) - got \(gradient.shape) "
            + "but expected shape compatible with \(shape)")
      }
      gradient = try gradient.sum(to: shape).valid()
    }
    if gradient.dtype != edge.node.results.dtype(output) {
      gradient = try gradient.to(edge.node.results.dtype(output)).valid()
    }
    if detectsAnomalies, try gradient.isNaN().any().element().boolValue {
      throw .runtime("Function '\(node.name)' returned nan values in its \(input)th output.")
    }
    add(gradient, to: edge.target, output: output)
  }

  /// The nodes between the roots and the targets: those that have to run.
  private static func nodes(leadingTo targets: [Node], from roots: [Node]) -> Set<ObjectIdentifier> {
    var reaching = Set<ObjectIdentifier>()
    guard let lowest = targets.map(\.id).min() else { return reaching }
    let targetIDs = Set(targets.map(ObjectIdentifier.init))
    var visited = Set<ObjectIdentifier>()
    // Depth first with a stack of our own; a node is looked at twice, before and after its inputs.
    var stack: [(node: Node, isDone: Bool)] = roots.map { ($0, false) }
    while let (node, isDone) = stack.popLast() {
      if isDone {
        for index in 0..<node.edges.count {
          guard let next = node.edges[index]?.node else { continue }
          if targetIDs.contains(ObjectIdentifier(next)) || reaching.contains(ObjectIdentifier(next)) {
            reaching.insert(ObjectIdentifier(node))
            break
          }
        }
        continue
      }
      guard node.id > lowest, visited.insert(ObjectIdentifier(node)).inserted else { continue }
      stack.append((node, true))
      for index in 0..<node.edges.count {
        if let next = node.edges[index]?.node { stack.append((next, false)) }
      }
    }
    return reaching
  }
}

extension Tensor {
  /// As PyTorch's older errors name device and dtype.
  fileprivate var legacyTypeName: String {
    "torch.\(device === CPUDevice.shared ? "" : "\(device.type).")\(dtype.scalarTypeName)Tensor"
  }
}

extension Node {
  /// Whether a gradient of the first result needs no change.
  @inline(__always)
  fileprivate func fits(_ gradient: TensorBody) -> Bool {
    gradient.flags.isEmpty && gradient.dtype == results.first.dtype && gradient.layout.hasShape(of: results.first.layout)
  }
}

extension NodePullback {
  /// The gradients of all inputs that need one.
  func inputGradients(_ gradients: BackwardPass.Arrived, _ node: Node) throws(TensorError) -> [Tensor?] {
    var results = [Tensor?](repeating: nil, count: node.edges.count)
    switch self {
    case .kernel(let kernel):
      try kernel.forEachGradient(gradients, node) { (index, gradient) throws(TensorError) in results[index] = gradient }
    case .formulas(let formulas, _):
      guard let g = gradients.first else { return results }
      for (index, formula) in formulas.enumerated() where node.edges[index] != nil { results[index] = formula?(g) }
    case .ofResult(let body, let formula):
      guard let g = gradients.first else { return results }
      let result = TensorBody(storage: body.storage, layout: body.layout, dtype: body.dtype, node: node)
      results[0] = formula(g, Tensor(result))
    case .general(_, let pullback):
      return try pullback((0..<node.results.count).map { gradients[$0] }, node)
    case .notImplemented(let operation):
      throw .runtime("derivative for aten::\(operation) is not implemented")
    }
    return results
  }
}

func isBroadcastable(_ shape: [Int], to target: [Int]) -> Bool {
  guard shape.count <= target.count else { return false }
  return zip(shape.reversed(), target.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
}

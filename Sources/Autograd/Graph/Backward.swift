import Devices

// The walk back through the graph.
//
// Pending nodes wait in a list sorted by id; the highest is next, and its gradient is complete then, because whatever feeds it has a higher id.
// Nothing recurses, so a graph may be as deep as memory allows.

/// One backward pass.
struct BackwardPass {
  /// What has arrived for one node: a gradient for each of its results that was used.
  struct Arrived {
    var first: Tensor?
    var more: [Int: Tensor]?

    /// One of them: what reached the node at all.
    var any: Tensor { first ?? more!.first!.value }

    subscript(_ index: Int) -> Tensor? {
      get { index == 0 ? first : more?[index] }
      set {
        if index == 0 {
          first = newValue
        } else {
          if more == nil { more = [:] }
          more?[index] = newValue
        }
      }
    }
  }

  private var pending: [(node: Node, gradients: Arrived)] = []

  let keepsGraph: Bool
  /// Whether leaves' gradients are added to `grad`: all of them, or those of `targets` alone.
  let accumulates: Bool
  /// The node results whose gradients the caller asked for, in order; nil for all leaves.
  let targets: [(node: Node, output: Int)]?
  /// With targets, the nodes through which they can be reached.
  let needed: Set<ObjectIdentifier>?
  private(set) var captured: [Tensor?]

  init(keepsGraph: Bool, accumulates: Bool, targets: [(node: Node, output: Int)]?, roots: [Node]) {
    self.keepsGraph = keepsGraph
    self.accumulates = accumulates
    self.targets = targets
    needed = targets.map { BackwardPass.nodes(leadingTo: $0.map(\.node), from: roots) }
    captured = [Tensor?](repeating: nil, count: targets?.count ?? 0)
  }

  /// Adds a gradient to those that wait for a node.
  mutating func add(_ gradient: Tensor, to node: Node, output: Int) {
    var low = 0
    var high = pending.count
    while low < high {
      let middle = (low + high) / 2
      if pending[middle].node.id < node.id { low = middle + 1 } else { high = middle }
    }
    if low < pending.count && pending[low].node === node {
      if var sum = pending[low].gradients[output] {
        pending[low].gradients[output] = nil
        sum += gradient  // in place where nobody else holds the first
        pending[low].gradients[output] = sum
      } else {
        pending[low].gradients[output] = gradient
      }
    } else {
      var arrived = Arrived()
      arrived[output] = gradient
      if low == pending.count { pending.append((node, arrived)) } else { pending.insert((node, arrived), at: low) }
    }
  }

  mutating func run() throws(TensorError) {
    while let (node, arrived) = pending.popLast() {
      var gradients = arrived
      let isNeeded = needed?.contains(ObjectIdentifier(node)) ?? true
      let (pullback, hooks) = node.enter(releases: !keepsGraph && isNeeded)
      if let hooks { try apply(hooks, of: node, to: &gradients) }
      if let targets {
        for (index, target) in targets.enumerated() where target.node === node {
          captured[index] = gradients[target.output]
        }
      }
      if let variable = node.variable {
        if accumulates, let gradient = gradients[0], targets?.contains(where: { $0.node === node }) ?? true {
          gradients[0] = nil
          variable.accumulate(gradient, of: node)
        }
        continue
      }
      if isNeeded { try propagate(gradients, through: node, pullback, hooks) }
    }
  }

  private func apply(_ hooks: NodeHooks, of node: Node, to gradients: inout Arrived) throws(TensorError) {
    for index in 0..<node.results.count {
      guard var gradient = gradients[index] else { continue }
      for hook in hooks.gradient[index]?.all ?? [] {
        guard let replaced = hook(gradient) else { continue }
        guard replaced.shape == gradient.shape else {
          throw .runtime("hook '<lambda>' has changed the size of value")
        }
        gradient = replaced.frozen
      }
      gradients[index] = gradient
      if hooks.retained[index] != nil {
        let kept = gradient
        node.withHooks { state in
          let before = state.retained[index].flatMap { $0 }
          state.retained[index] = .some(before.map { $0 + kept } ?? kept)
        }
      }
    }
  }

  private mutating func propagate(
    _ gradients: Arrived, through node: Node, _ pullback: NodePullback?, _ hooks: NodeHooks?
  ) throws(TensorError) {
    guard let pullback else {
      throw .runtime(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved "
          + "intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need "
          + "to backward through the graph a second time or if you need to access saved tensors after calling backward.")
    }
    if let hooks, !hooks.node.isEmpty {
      var results = try pullback.inputGradients(gradients, node)
      let incoming = (0..<node.results.count).map { gradients[$0] }
      for hook in hooks.node.all {
        if let replaced = hook(results, incoming) { results = replaced }
      }
      for (index, gradient) in results.enumerated() {
        if let gradient { try deliver(gradient, input: index, of: node) }
      }
      return
    }
    switch pullback {
    case .kernel(let kernel):
      try kernel.forEachGradient(gradients, node) { (index, gradient) throws(TensorError) in
        try deliver(gradient, input: index, of: node)
      }
    case .formulas(let formulas, _):
      guard let g = gradients.first else { return }
      for (index, formula) in formulas.enumerated() where node.edges[index] != nil {
        if let formula { try deliver(formula(g), input: index, of: node) }
      }
    default:
      for (index, gradient) in try pullback.inputGradients(gradients, node).enumerated() {
        if let gradient { try deliver(gradient, input: index, of: node) }
      }
    }
  }

  /// Passes a gradient on to where the input came from, in the input's shape and dtype.
  private mutating func deliver(_ gradient: Tensor, input: Int, of node: Node) throws(TensorError) {
    guard input < node.edges.count, let edge = node.edges[input] else { return }
    guard gradient.isValid else { return }
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
      gradient = gradient.sum(to: shape)
    }
    if gradient.dtype != edge.node.results.dtype(output) { gradient = gradient.to(edge.node.results.dtype(output)) }
    if AnomalyMode.isEnabled, gradient.isNaN().any().item().boolValue {
      throw .runtime("Function '\(node.name)' returned nan values in its \(input)th output.")
    }
    add(gradient, to: edge.node, output: output)
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

import Devices

// How an operation hands in its derivative. The result comes from a device and is bare; what is returned has its place in the graph.
//
// Formulas name the incoming gradient `g` and use public tensor operations only, so that they can be differentiated again. They need not
// undo broadcasting nor cast: the engine does. They capture frozen operands (as `attempt` gives them), never variables.

extension Tensor {
  /// Whether an operation on this tensor is recorded now.
  @inline(__always)
  static func isRecording(_ x: TensorBody) -> Bool { x.node != nil && GradientMode.isEnabled }

  /// Records an operation of one input.
  ///
  /// - Parameter saves: whether the formula reads values of tensors, so that it can run only once unless the graph is kept.
  func differentiable(
    _ name: String, _ x: Tensor, saves: Bool = true, _ formula: @escaping @Sendable (_ g: Tensor) -> Tensor
  ) -> Tensor {
    guard dtype.isFloatingPoint, Tensor.isRecording(x.body) else { return self }
    return recorded(name, edges: Edges(x.body), .formulas([formula], saves: saves))
  }

  /// Records an operation of one input whose derivative reads the result.
  func differentiable(
    _ name: String, _ x: Tensor, _ formula: @escaping @Sendable (_ g: Tensor, _ result: Tensor) -> Tensor
  ) -> Tensor {
    guard dtype.isFloatingPoint, Tensor.isRecording(x.body) else { return self }
    return recorded(name, edges: Edges(x.body), .ofResult(body, formula))
  }

  /// Records an operation of two inputs, with a formula for each; a formula runs only where its input needs a gradient.
  func differentiable(
    _ name: String, _ x: Tensor, _ y: Tensor, saves: Bool = true,
    _ toX: @escaping @Sendable (_ g: Tensor) -> Tensor, _ toY: @escaping @Sendable (_ g: Tensor) -> Tensor
  ) -> Tensor {
    guard dtype.isFloatingPoint, x.requiresGrad || y.requiresGrad, GradientMode.isEnabled else { return self }
    if saves && (x.isInference || y.isInference) { return .failure(.inferenceSaved) }
    return recorded(name, edges: Edges(x.body, y.body), .formulas([toX, toY], saves: saves))
  }

  /// Records an operation of three inputs, in the same way. Its derivative reads values.
  func differentiable(
    _ name: String, _ x: Tensor, _ y: Tensor, _ z: Tensor, _ toX: @escaping @Sendable (_ g: Tensor) -> Tensor,
    _ toY: @escaping @Sendable (_ g: Tensor) -> Tensor, _ toZ: @escaping @Sendable (_ g: Tensor) -> Tensor
  ) -> Tensor {
    guard dtype.isFloatingPoint, x.requiresGrad || y.requiresGrad || z.requiresGrad, GradientMode.isEnabled else { return self }
    if x.isInference || y.isInference || z.isInference { return .failure(.inferenceSaved) }
    return recorded(name, edges: Edges(x.body, y.body, z.body), .formulas([toX, toY, toZ], saves: true))
  }

  /// Records an operation of any number of inputs.
  func differentiable(
    _ name: String, _ inputs: [Tensor], saves: Bool = true, _ formulas: [(@Sendable (_ g: Tensor) -> Tensor)?]
  ) -> Tensor {
    guard dtype.isFloatingPoint, inputs.contains(where: \.requiresGrad), GradientMode.isEnabled else { return self }
    if saves && inputs.contains(where: \.isInference) { return .failure(.inferenceSaved) }
    return recorded(name, edges: Edges(inputs.map(\.body)), .formulas(formulas, saves: saves))
  }

  /// Records an operation whose derivative PyTorch does not have either: running backward through it is an error.
  func notDifferentiable(_ operation: String, _ inputs: [Tensor]) -> Tensor {
    guard dtype.isFloatingPoint, inputs.contains(where: \.requiresGrad), GradientMode.isEnabled else { return self }
    return recorded("NotImplemented", edges: Edges(inputs.map(\.body)), .notImplemented(operation: operation))
  }

  /// Records an operation of several results. Results of integer or boolean dtype stay outside the graph.
  ///
  /// - Parameter pullback: from the gradients of the results, nil for a result that nothing used, to those of the inputs.
  static func differentiable(
    _ name: String, results: [Tensor], inputs: [Tensor], saves: Bool = true,
    _ pullback: @escaping @Sendable (_ gradients: [Tensor?]) -> [Tensor?]
  ) -> [Tensor] {
    guard inputs.contains(where: \.requiresGrad), GradientMode.isEnabled else { return results }
    return attached(
      results,
      to: Node(
        name, edges: Edges(inputs.map(\.body)), results: Results(results),
        pullback: .general(saves: saves) { (gradients, _) throws(TensorError) in pullback(gradients) }))
  }

  /// The form for a derivative that reads the results, or that can fail in the operation's own words.
  ///
  /// - Parameter pullback: receives the results in their places in the graph. It must not hold them itself: they would never be released.
  static func differentiable(
    _ name: String, results: [Tensor], inputs: [Tensor],
    _ pullback: @escaping @Sendable (_ gradients: [Tensor?], _ results: [Tensor]) throws(TensorError) -> [Tensor?]
  ) -> [Tensor] {
    guard inputs.contains(where: \.requiresGrad), GradientMode.isEnabled else { return results }
    return attached(
      results,
      to: Node(
        name, edges: Edges(inputs.map(\.body)), results: Results(results),
        pullback: .general(saves: true) { (gradients, node) throws(TensorError) in
          try pullback(gradients, attached(results, to: node))
        }))
  }

  static func attached(_ results: [Tensor], to node: Node) -> [Tensor] {
    results.enumerated().map { index, result in
      guard result.dtype.isFloatingPoint else { return result }
      let value = result.body
      return Tensor(
        TensorBody(
          storage: value.storage, layout: value.layout, dtype: value.dtype, node: node, outputIndex: index,
          flags: value.flags))
    }
  }

  func recorded(_ name: String, edges: Edges, _ pullback: NodePullback) -> Tensor {
    let node = Node(name, edges: edges, results: Results(body.layout, body.dtype), pullback: pullback)
    return Tensor(
      TensorBody(storage: body.storage, layout: body.layout, dtype: body.dtype, node: node, flags: body.flags))
  }
}

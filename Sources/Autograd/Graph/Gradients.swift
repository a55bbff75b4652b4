import Devices

/// Reports where a gradient first becomes NaN.
enum AnomalyMode {
  @TaskLocal static var isEnabled = false
}

/// Runs `body` so that a backward pass in it fails at the first derivative that gives NaN, and names it.
public func detectAnomaly<Result>(_ body: () throws -> Result) rethrows -> Result {
  try AnomalyMode.$isEnabled.withValue(true, operation: body)
}

extension Tensor {
  /// Computes the gradients of this tensor by all variables it was computed from, and adds them to their `grad`.
  ///
  /// - Parameters:
  ///   - gradient: the gradient of some later scalar by this tensor, in this tensor's shape; 1 where this tensor has one element.
  ///   - retainGraph: whether the graph can be walked again; as `createGraph` if nil.
  ///   - createGraph: whether the gradients can be differentiated in turn. A `grad` is then part of a graph that leads to the variable which holds
  ///     it: a circle, which keeps all of it in memory until `grad` is set to nil. A warning says so once. `grad(of:wrt:createGraph:)` gives the
  ///     same gradients without a circle.
  ///   - inputs: accumulates into these alone. A computed tensor among them keeps its gradient from then on, as after `retainGrad()`.
  ///
  /// Errors: `grad can be implicitly created only for scalar outputs`; `element 0 of tensors does not require grad and does not have a
  /// grad_fn`; a second walk through a graph that was not kept.
  public func backward(
    gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false, inputs: [Tensor]? = nil
  ) {
    Autograd.backward(
      CollectionOfOne(self), gradient.map { [$0] }, retainGraph: retainGraph, createGraph: createGraph, inputs: inputs)
  }
}

/// `Tensor.backward` from several tensors at once: the gradients of their sum, each weighed by its entry in `gradients`.
public func backward(
  of tensors: [Tensor], gradients: [Tensor?]? = nil, retainGraph: Bool? = nil, createGraph: Bool = false,
  inputs: [Tensor]? = nil
) {
  backward(tensors, gradients, retainGraph: retainGraph, createGraph: createGraph, inputs: inputs)
}

private func backward(
  _ tensors: some Collection<Tensor>, _ gradients: [Tensor?]?, retainGraph: Bool?, createGraph: Bool, inputs: [Tensor]?
) {
  do throws(TensorError) {
    var targets: [(node: Node, output: Int)]?
    if let inputs {
      guard !inputs.isEmpty else { throw .runtime("`inputs` argument to `backward()` cannot be empty.") }
      for input in inputs { try input.checkValid() }
      guard inputs.allSatisfy({ $0.body.node != nil }) else {
        throw .runtime("can't retain_grad on Tensor that has requires_grad=False")
      }
      for input in inputs { input.retainGrad() }
      targets = try nodes(of: inputs)
    }
    _ = try walk(
      tensors, gradients: gradients, retainGraph: retainGraph, createGraph: createGraph, accumulates: true, targets: targets)
  } catch {
    Tensor.report(error)
  }
}

/// The gradients of the sum of `outputs` by each of `inputs`, nil for an input on which no output depends.
///
/// Nothing is added to any `grad`. Parameters as for `backward`; `gradOutputs` weighs the outputs.
///
/// Error: `One of the differentiated Tensors does not require grad`, and those of `backward`. All results are invalid then.
public func gradAllowingUnused(
  of outputs: [Tensor], wrt inputs: [Tensor], gradOutputs: [Tensor?]? = nil, retainGraph: Bool? = nil,
  createGraph: Bool = false
) -> [Tensor?] {
  do {
    return try walk(
      outputs, gradients: gradOutputs, retainGraph: retainGraph, createGraph: createGraph, accumulates: false,
      targets: try nodes(of: inputs))
  } catch {
    return [Tensor?](repeating: .failure(error), count: inputs.count)
  }
}

/// The gradients of the sum of `outputs` by each of `inputs`.
///
/// - Parameter materializeGrads: gives zeros for an input on which no output depends, in the place of an error.
///
/// Error: `The differentiated Tensor at index 1 appears to not have been used in the graph. ...`, and those of `gradAllowingUnused`.
public func grad(
  of outputs: [Tensor], wrt inputs: [Tensor], gradOutputs: [Tensor?]? = nil, retainGraph: Bool? = nil,
  createGraph: Bool = false, materializeGrads: Bool = false
) -> [Tensor] {
  let gradients = gradAllowingUnused(
    of: outputs, wrt: inputs, gradOutputs: gradOutputs, retainGraph: retainGraph, createGraph: createGraph)
  return gradients.enumerated().map { index, gradient in
    if let gradient { return gradient }
    if materializeGrads { return inputs[index].zerosLike() }
    return .failure(
      .runtime(
        "The differentiated Tensor at index \(index) appears to not have been used in the graph. Set allow_unused=True if this is the "
          + "desired behavior."))
  }
}

public func grad(
  of output: Tensor, wrt input: Tensor, gradOutput: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false
) -> Tensor {
  grad(of: [output], wrt: [input], gradOutputs: [gradOutput], retainGraph: retainGraph, createGraph: createGraph)[0]
}

public func grad(
  of output: Tensor, wrt inputs: [Tensor], gradOutput: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false
) -> [Tensor] {
  grad(of: [output], wrt: inputs, gradOutputs: [gradOutput], retainGraph: retainGraph, createGraph: createGraph)
}

// MARK: - The walk

private func nodes(of inputs: [Tensor]) throws(TensorError) -> [(node: Node, output: Int)] {
  var nodes: [(node: Node, output: Int)] = []
  for input in inputs {
    try input.checkValid()
    guard let node = input.body.node else { throw .runtime("One of the differentiated Tensors does not require grad") }
    nodes.append((node, input.outputIndex))
  }
  return nodes
}

private func walk(
  _ outputs: some Collection<Tensor>, gradients: [Tensor?]?, retainGraph: Bool?, createGraph: Bool, accumulates: Bool,
  targets: [(node: Node, output: Int)]?
) throws(TensorError) -> [Tensor?] {
  for tensor in outputs { try tensor.checkValid() }
  if accumulates && createGraph { Warning.createGraph() }
  let mode: GradientMode = createGraph ? .recording : .notRecording
  var pass = BackwardPass(
    keepsGraph: retainGraph ?? createGraph, mode: mode, accumulates: accumulates, targets: targets,
    roots: outputs.compactMap(\.body.node))
  // Errors leave the closure as a value: `withValue` knows no typed throws.
  let failure: TensorError? = mode {
    // The pass counts no references to nodes: they are there as long as the roots.
    defer { withExtendedLifetime(outputs) {} }
    do throws(TensorError) {
      for (index, output) in outputs.enumerated() {
        let given: Tensor? = if let gradients, index < gradients.count { gradients[index] } else { nil }
        let gradient = try rootGradient(of: output, given, index: index)
        guard let node = output.body.node else {
          throw .runtime("element \(index) of tensors does not require grad and does not have a grad_fn")
        }
        pass.add(gradient, to: .passUnretained(node), output: output.outputIndex)
      }
      try pass.run()
    } catch {
      return error
    }
    return nil
  }
  if let failure { throw failure }
  return pass.captured
}

private func rootGradient(of output: Tensor, _ given: Tensor?, index: Int) throws(TensorError) -> Tensor {
  if let given = try given?.valid() {
    guard given.shape == output.shape else {
      throw .runtime(
        "Mismatch in shape: grad_output[\(index)] has a shape of torch.Size(\(given.shape)) and output[\(index)] has a shape of "
          + "torch.Size(\(output.shape)).")
    }
    return given.frozen
  }
  guard output.requiresGrad || output.count == 1 else {
    throw .runtime("element \(index) of tensors does not require grad and does not have a grad_fn")
  }
  guard output.count == 1 else { throw .runtime("grad can be implicitly created only for scalar outputs") }
  return try (output.rank == 0 ? one(output.dtype, output.device) : output.onesLike()).valid()
}

/// The number one: where most walks begin, so the common ones are made once.
private func one(_ dtype: DType, _ device: any Device) -> Tensor {
  if device === CPUDevice.shared && dtype == .float32 { return Ones.float32 }
  if device === CPUDevice.shared && dtype == .float64 { return Ones.float64 }
  return .ones([], dtype: dtype, device: device)
}

private enum Ones {
  static let float32 = Tensor.ones([], dtype: .float32)
  static let float64 = Tensor.ones([], dtype: .float64)
}

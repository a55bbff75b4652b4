import Devices

// Derivatives compared with finite differences. The algorithm is that of PyTorch's `gradcheck`: whole Jacobians, element by element.

/// Checks that the gradients of a function agree with central differences.
///
///     try gradcheck([x, y]) { [$0[0] * $0[1].sin()] }
///
/// The inputs that require gradients should be float64: in float32 differences are too coarse for the default tolerances. Other inputs are
/// passed on as they are.
///
/// - Parameters:
///   - eps: the step of the differences.
///   - atol, rtol: analytical and numerical derivatives may differ by `atol + rtol * |numerical|`.
///   - nondeterminismTolerance: by how much the gradients of two backward passes may differ.
/// - Throws: `Jacobian mismatch for output 0 with respect to input 0, ...` with both Jacobians (rows are elements of the input, columns of the
///   output); `gradcheck expects at least one input tensor to require gradient, ...`; what `function` throws; any error of the library within.
public func gradcheck(
  _ inputs: [Tensor], eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3, nondeterminismTolerance: Double = 0,
  _ function: ([Tensor]) throws -> [Tensor]
) throws {
  try checked {
    try checkInputs(inputs)
    let outputs = try function(inputs)
    let differentiable = outputs.indices.filter { outputs[$0].requiresGrad }
    let numerical = try numericalJacobians(function, inputs, eps: eps)
    if differentiable.isEmpty {
      for case (let index, let jacobians?) in numerical.enumerated() where outputs[index].isFloatingPoint {
        for jacobian in jacobians where Bool((jacobian .!= 0).any()) {
          throw TensorError(.gradcheck, "Numerical gradient for function expected to be zero")
        }
      }
      return
    }
    let targets = inputs.indices.filter { inputs[$0].requiresGrad }
    for (position, index) in differentiable.enumerated() {
      let analytical = analyticalJacobians(of: outputs[index], inputs, targets)
      let again = analyticalJacobians(of: outputs[index], inputs, targets)
      for (first, second) in zip(analytical, again)
      where !first.allClose(second, rtol: 0, atol: nondeterminismTolerance, equalNaN: true) {
        throw TensorError(
          .gradcheck,
          "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different values, although "
            + "analytical gradient matches numerical gradient. The tolerance for nondeterminism was \(nondeterminismTolerance).")
      }
      for (target, jacobian) in zip(targets.indices, analytical) {
        guard let expected = numerical[index]?[target] else { continue }
        guard jacobian.allClose(expected, rtol: rtol, atol: atol) else {
          throw TensorError(
            .gradcheck,
            "Jacobian mismatch for output \(position) with respect to input \(target),\nnumerical:\(expected.description)\nanalytical:"
              + "\(jacobian.description)\n")
        }
      }
    }
  }
}

/// `gradcheck` for a function of one tensor.
public func gradcheck(
  _ input: Tensor, eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3, nondeterminismTolerance: Double = 0,
  _ function: (Tensor) throws -> Tensor
) throws {
  try gradcheck(
    [input], eps: eps, atol: atol, rtol: rtol, nondeterminismTolerance: nondeterminismTolerance
  ) { [try function($0[0])] }
}

/// Checks that the gradients of the gradients of a function agree with central differences.
///
/// - Parameter gradOutputs: what the outputs are weighed by; random if nil.
/// - Throws: as `gradcheck`.
public func gradgradcheck(
  _ inputs: [Tensor], gradOutputs: [Tensor]? = nil, eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3,
  nondeterminismTolerance: Double = 0, _ function: ([Tensor]) throws -> [Tensor]
) throws {
  let weights = try checked {
    try gradOutputs ?? randomWeights(of: function(inputs).filter(\.requiresGrad))
  }
  try gradcheck(
    inputs + weights, eps: eps, atol: atol, rtol: rtol, nondeterminismTolerance: nondeterminismTolerance
  ) { arguments in
    let inputs = Array(arguments.prefix(inputs.count))
    let outputs = try function(inputs).filter(\.requiresGrad)
    return gradAllowingUnused(
      of: outputs, wrt: inputs.filter(\.requiresGrad), gradOutputs: Array(arguments.dropFirst(inputs.count)), createGraph: true
    ).compactMap { $0 }
  }
}

/// `gradgradcheck` for a function of one tensor.
public func gradgradcheck(
  _ input: Tensor, gradOutput: Tensor? = nil, eps: Double = 1e-6, atol: Double = 1e-5, rtol: Double = 1e-3,
  nondeterminismTolerance: Double = 0, _ function: (Tensor) throws -> Tensor
) throws {
  try gradgradcheck(
    [input], gradOutputs: gradOutput.map { [$0] }, eps: eps, atol: atol, rtol: rtol,
    nondeterminismTolerance: nondeterminismTolerance
  ) { [try function($0[0])] }
}

// MARK: - The parts

private func checkInputs(_ inputs: [Tensor]) throws(TensorError) {
  guard inputs.contains(where: \.requiresGrad) else {
    throw .value(
      "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.")
  }
  for (index, input) in inputs.enumerated() where input.requiresGrad {
    let layout = input.frozen.layout
    if zip(layout.shape, layout.strides).contains(where: { $0 > 1 && $1 == 0 }) {
      throw .runtime(
        "The \(index)th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be able to compute "
          + "the numerical gradients correctly. You should call .contiguous on the input before passing it to gradcheck.")
    }
  }
}

private func randomWeights(of outputs: [Tensor]) -> [Tensor] {
  let generator = Generator(seed: 0)
  return outputs.map { output in
    var weight = output.detach().clone()
    weight.fillUniform(from: -1, to: 1, generator: generator)
    return weight.requiringGrad()
  }
}

/// For every output the Jacobians by the inputs that require gradients, by central differences; nil for an output without elements of
/// floating dtype.
private func numericalJacobians(
  _ function: ([Tensor]) throws -> [Tensor], _ inputs: [Tensor], eps: Double
) throws -> [[Tensor]?] {
  func values(_ arguments: [Tensor]) throws -> [Tensor?] {
    try function(arguments).map { $0.isFloatingPoint ? $0.detach().reshape([-1]) : nil }
  }
  let outputs = try values(inputs)
  var jacobians: [[Tensor]?] = outputs.map { $0.map { _ in [] } }
  for (index, input) in inputs.enumerated() where input.requiresGrad {
    var rows = [[Tensor]](repeating: [], count: outputs.count)
    let elements = input.scalars(as: Double.self)
    for element in elements.indices {
      func moved(by step: Double) throws -> [Tensor?] {
        var (elements, arguments) = (elements, inputs)
        elements[element] += step
        arguments[index] = Tensor(elements, shape: input.shape, dtype: input.dtype, device: input.device, requiresGrad: true)
        return try values(arguments)
      }
      for (output, (up, down)) in zip(try moved(by: eps), try moved(by: -eps)).enumerated() {
        if let up, let down { rows[output].append((up - down) / (2 * eps)) }
      }
    }
    for case (let output, let value?) in outputs.enumerated() {
      jacobians[output]?.append(
        rows[output].isEmpty ? .zeros([0, value.count], dtype: value.dtype, device: value.device) : stack(rows[output]))
    }
  }
  return jacobians
}

/// The Jacobians of one output by the inputs `targets`, a backward pass for every element of the output.
private func analyticalJacobians(of output: Tensor, _ inputs: [Tensor], _ targets: [Int]) -> [Tensor] {
  let variables = targets.map { inputs[$0] }
  var columns = [[Tensor]](repeating: [], count: variables.count)
  for element in 0..<output.count {
    var weights = [Double](repeating: 0, count: output.count)
    weights[element] = 1
    let weight = Tensor(weights, shape: output.shape, dtype: output.dtype, device: output.device)
    let gradients = gradAllowingUnused(of: [output], wrt: variables, gradOutputs: [weight], retainGraph: true)
    for (index, gradient) in gradients.enumerated() {
      columns[index].append((gradient ?? variables[index].detach().zerosLike()).reshape([-1]))
    }
  }
  return zip(variables, columns).map { variable, columns in
    columns.isEmpty
      ? .zeros([variable.count, 0], dtype: variable.dtype, device: variable.device) : stack(columns, dim: 1)
  }
}

import Devices

// Derivatives of functions, in the place of tensors: the function is called with a variable of its own, so that the graph of the argument plays
// no part. With `createGraph` it does play one, and the derivatives can be differentiated in turn.

/// The Jacobian of a function at a point: the derivative of every element of its result by every element of the point, of shape
/// `result.shape + x.shape`. A result that does not depend on the point has a Jacobian of zeros.
public func jacobian(
  at x: Tensor, createGraph: Bool = false, _ function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try enableGrad {
    let variable = argument(x, createGraph)
    let result = try function(variable)
    return jacobian(of: result, by: variable, createGraph)
  }
}

/// The second derivatives of a function with one number as its result, of shape `x.shape + x.shape`.
///
/// Error: `The Tensor returned by the function given to hessian should contain a single element`.
public func hessian(
  at x: Tensor, createGraph: Bool = false, _ function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try jacobian(at: x, createGraph: createGraph) { variable in
    let result = try function(variable)
    return gradient(of: result, by: variable, operation: "hessian")
  }
}

/// The value of a function at a point and the gradient of its result, weighed by `v`, by the point.
///
/// - Parameter v: of the result's shape; 1 if nil, where the result has a single element.
///
/// Errors: `v has invalid size: should be torch.Size([2]) but got torch.Size([3]).`; `The vector v can only be None if the user-provided function
/// returns a single Tensor with a single element.`
public func vjp(
  at x: Tensor, _ v: Tensor? = nil, createGraph: Bool = false, _ function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, product: Tensor) {
  try enableGrad {
    let variable = argument(x, createGraph)
    let result = try function(variable)
    guard result.isValid else { return (result.passedOn, result) }
    if v == nil && result.count != 1 {
      let failed = Tensor.failure(
        .runtime(
          "The vector v can only be None if the user-provided function returns a single Tensor with a single element."))
      return (failed, failed)
    }
    if let failed = sizeError(v, result.shape) { return (failed, failed) }
    return (finished(result, createGraph), weighed(result, by: variable, v, createGraph))
  }
}

/// The value of a function at a point and the derivative of its result in the direction `v`.
///
/// Computed as the gradient, by a weight of the result, of the gradient that the weight gives.
///
/// - Parameter v: of the point's shape; 1 if nil, where the point has a single element.
///
/// Errors: `v has invalid size: should be torch.Size([2]) but got torch.Size([3]).`; `The vector v can only be None if the input to the
/// user-provided function is a single Tensor with a single element.`
public func jvp(
  at x: Tensor, _ v: Tensor? = nil, createGraph: Bool = false, _ function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, product: Tensor) {
  try enableGrad {
    let variable = argument(x, createGraph)
    let result = try function(variable)
    guard result.isValid else { return (result.passedOn, result) }
    if v == nil && x.count != 1 {
      let failed = Tensor.failure(
        .runtime(
          "The vector v can only be None if the input to the user-provided function is a single Tensor with a single element."))
      return (failed, failed)
    }
    if let failed = sizeError(v, x.shape) { return (failed, failed) }
    let weight = result.detach().zerosLike().requiringGrad()
    let transposed = weighed(result, by: variable, weight, true)
    return (finished(result, createGraph), weighed(transposed, by: weight, v, createGraph))
  }
}

/// The value of a function with one number as its result, and the product of its second derivatives with the vector `v`.
///
/// Errors: `The Tensor returned by the function given to hvp should contain a single element`; `v has invalid size: ...`
public func hvp(
  at x: Tensor, _ v: Tensor, createGraph: Bool = false, _ function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, product: Tensor) {
  try enableGrad {
    let variable = argument(x, createGraph)
    let result = try function(variable)
    let slope = gradient(of: result, by: variable, operation: "hvp")
    guard slope.isValid else { return (slope, slope) }
    if let failed = sizeError(v, x.shape) { return (failed, failed) }
    // Second derivatives are symmetric: weighing the gradient serves.
    return (finished(result, createGraph), weighed(slope, by: variable, v, createGraph))
  }
}

// MARK: - The parts

/// What the function is called with.
private func argument(_ x: Tensor, _ createGraph: Bool) -> Tensor {
  createGraph && x.requiresGrad ? x.view(x.shape) : x.detach().requiringGrad()
}

private func finished(_ result: Tensor, _ createGraph: Bool) -> Tensor { createGraph ? result : result.detach() }

/// The gradient of `result` weighed by `v`, zeros where it does not depend on `variable`.
private func weighed(_ result: Tensor, by variable: Tensor, _ v: Tensor?, _ createGraph: Bool) -> Tensor {
  guard result.requiresGrad else { return result.isValid ? variable.detach().zerosLike() : result.passedOn }
  return grad(
    of: [result], wrt: [variable], gradOutputs: [v], retainGraph: true, createGraph: createGraph, materializeGrads: true)[0]
}

private func gradient(of result: Tensor, by variable: Tensor, operation: String) -> Tensor {
  guard result.isValid else { return result.passedOn }
  guard result.count == 1 else {
    return .failure(
      .runtime("The Tensor returned by the function given to \(operation) should contain a single element"))
  }
  return weighed(result, by: variable, result.detach().onesLike(), true)
}

private func jacobian(of result: Tensor, by variable: Tensor, _ createGraph: Bool) -> Tensor {
  guard result.isValid else { return result.passedOn }
  let shape = result.shape + variable.shape
  guard result.requiresGrad, result.count > 0 else {
    return .zeros(shape, dtype: variable.dtype, device: variable.device)
  }
  let basis = Tensor.eye(result.count, dtype: result.dtype, device: result.device)
  let rows = (0..<result.count).map { element in
    weighed(result, by: variable, basis.select(dim: 0, index: element).view(result.shape), createGraph)
  }
  return stack(rows).view(shape)
}

private func sizeError(_ v: Tensor?, _ shape: [Int]) -> Tensor? {
  guard let v, v.isValid, v.shape != shape else { return nil }
  return .failure(
    .runtime("v has invalid size: should be torch.Size(\(shape)) but got torch.Size(\(v.shape))."))
}

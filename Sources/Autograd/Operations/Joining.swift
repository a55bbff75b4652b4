import Devices

// Tensors side by side.

/// The tensors one after the other along an existing dimension, in their common dtype. An empty 1-d tensor fits anywhere.
///
/// Errors: `Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for tensor number 1 in the list.`; `Tensors must
/// have same number of dimensions: got 3 and 2`; `zero-dimensional tensor (at position 0) cannot be concatenated`; an empty list.
public func concatenate(_ tensors: [Tensor], dim: Int = 0) -> Tensor {
  attempt(tensors) { tensors throws(TensorError) in
    guard let any = tensors.first else { throw .value("torch.cat(): expected a non-empty list of Tensors") }
    for (position, x) in tensors.enumerated() where x.rank == 0 {
      throw .runtime("zero-dimensional tensor (at position \(position)) cannot be concatenated")
    }
    let first = tensors.first { !$0.isEmptyList } ?? any
    let dim = try wrapDimension(dim, rank: first.rank)
    var shape = first.shape
    shape[dim] = 0
    var starts: [Int] = []
    for (number, x) in tensors.enumerated() {
      starts.append(shape[dim])
      if x.isEmptyList { continue }
      try checkSizes(of: x, number: number, against: first, dim: dim)
      shape[dim] = shape[dim] &+ x.shape[dim]
    }
    let result = try Tensor.uninitialized("cat", shape, commonDType(tensors), try commonDevice(tensors))
    for (x, start) in zip(tensors, starts) where x.count > 0 {
      let place = result.layout.slicing(dim, from: start, count: x.shape[dim])
      try result.device.copy(x.operand, to: result.operand.with(layout: place))
    }
    let formulas = zip(tensors, starts).map { x, start -> (@Sendable (Tensor) -> Tensor)? in
      if x.isEmptyList { return { g in .zeros([0], dtype: g.dtype, device: g.device) } }
      let length = x.shape[dim]
      return { g in g.narrow(dim: dim, start: start, length: length) }
    }
    return result.differentiable("CatBackward0", tensors, saves: false, formulas)
  }
}

/// The tensors, all of one shape, along a new dimension.
///
/// Errors: `stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1`; `stack expects a non-empty TensorList`.
public func stack(_ tensors: [Tensor], dim: Int = 0) -> Tensor { stack(tensors, dim: dim, isContiguous: true) }

/// - Parameter isContiguous: whether the result has to be, as PyTorch's is; gradients need not.
func stack(_ tensors: [Tensor], dim: Int, isContiguous: Bool) -> Tensor {
  attempt(tensors) { tensors throws(TensorError) in
    guard let first = tensors.first else { throw .runtime("stack expects a non-empty TensorList") }
    let dim = try wrapDimension(dim, rank: first.rank + 1)
    for (entry, x) in tensors.enumerated() where x.shape != first.shape {
      throw .runtime(
        "stack expects each tensor to be equal size, but got \(first.shape) at entry 0 and \(x.shape) at entry \(entry)")
    }
    var shape = first.shape
    shape.insert(tensors.count, at: dim)
    let result: Tensor
    // Neighbours need not be moved: the pieces of one tensor, or gradients that were made side by side.
    if let layout = Layout.stacked(tensors.map(\.body), dim: dim), layout.count > 0, layout.isContiguous || !isContiguous {
      result = first.bareView(layout)
    } else {
      result = try Tensor.uninitialized("stack", shape, commonDType(tensors), try commonDevice(tensors))
      for (index, x) in tensors.enumerated() where x.count > 0 {
        let place = result.layout.selecting(index, of: dim)
        try result.device.copy(x.operand, to: result.operand.with(layout: place))
      }
    }
    let formulas = tensors.indices.map { index -> (@Sendable (Tensor) -> Tensor)? in
      { g in g.select(dim: dim, index: index) }
    }
    return result.differentiable("StackBackward0", tensors, saves: false, formulas)
  }
}

/// The tensors side by side: along the second dimension, or the first of 1-d tensors.
public func hstack(_ tensors: [Tensor]) -> Tensor {
  if tensors.isEmpty { return .failure(.runtime("hstack expects a non-empty TensorList")) }
  let tensors = tensors.map { $0.atLeast1D() }
  return concatenate(tensors, dim: tensors[0].rank == 1 ? 0 : 1)
}

/// The tensors below each other: along the first dimension, 1-d tensors as rows.
public func vstack(_ tensors: [Tensor]) -> Tensor {
  if tensors.isEmpty { return .failure(.runtime("vstack expects a non-empty TensorList")) }
  return concatenate(tensors.map { $0.atLeast2D() }, dim: 0)
}

/// The tensors behind each other: along the third dimension.
public func dstack(_ tensors: [Tensor]) -> Tensor {
  if tensors.isEmpty { return .failure(.runtime("dstack expects a non-empty TensorList")) }
  return concatenate(tensors.map { $0.atLeast3D() }, dim: 2)
}

/// The tensors side by side, 1-d tensors as columns.
public func columnStack(_ tensors: [Tensor]) -> Tensor {
  if tensors.isEmpty { return .failure(.runtime("column_stack expects a non-empty TensorList")) }
  return hstack(tensors.map { $0.rank < 2 ? $0.reshape([$0.count, 1]) : $0 })
}

extension Tensor {
  /// A 0-d tensor as one of one element, others as they are.
  public func atLeast1D() -> Tensor { rank == 0 ? reshape([1]) : self }

  /// A vector as a matrix of one row.
  public func atLeast2D() -> Tensor {
    switch rank {
    case 0: reshape([1, 1])
    case 1: unsqueeze(0)
    default: self
    }
  }

  /// A vector as a row of depth one, a matrix with a last dimension of size one.
  public func atLeast3D() -> Tensor {
    switch rank {
    case 0: reshape([1, 1, 1])
    case 1: unsqueeze(0).unsqueeze(-1)
    case 2: unsqueeze(-1)
    default: self
    }
  }

  /// What PyTorch lets pass among tensors of any rank: a 1-d tensor without elements.
  fileprivate var isEmptyList: Bool { rank == 1 && count == 0 }
}

private func checkSizes(of x: Tensor, number: Int, against first: Tensor, dim: Int) throws(TensorError) {
  guard x.rank == first.rank else {
    throw .runtime("Tensors must have same number of dimensions: got \(first.rank) and \(x.rank)")
  }
  for i in x.shape.indices where i != dim && x.shape[i] != first.shape[i] {
    throw .runtime(
      "Sizes of tensors must match except in dimension \(dim). Expected size \(first.shape[i]) but got size \(x.shape[i]) for tensor "
        + "number \(number) in the list.")
  }
}

/// The dtype to which tensors are promoted together.
func commonDType(_ tensors: [Tensor]) -> DType {
  var promotion = Promotion()
  for x in tensors { promotion.add(x.dtype, rank: x.rank) }
  return promotion.result
}

/// The device that all tensors are on.
func commonDevice(_ tensors: [Tensor]) throws(TensorError) -> any Device {
  let device = tensors[0].device
  for x in tensors where x.device !== device { throw mixedDevices(device, x.device) }
  return device
}

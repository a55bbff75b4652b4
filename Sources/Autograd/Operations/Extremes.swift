import Devices

// The least and the greatest. NaN wins over every number, and of equal elements the first is named.

// MARK: - Their values

extension Tensor {
  /// The greatest element. Equal ones share the gradient.
  ///
  /// Error: `max(): Expected reduction dim to be specified for input.numel() == 0. ...`
  public func max() -> Tensor { extreme(.max, "max", "MaxBackward1", dim: nil, keepDim: false) }

  /// The least element. Equal ones share the gradient.
  public func min() -> Tensor { extreme(.min, "min", "MinBackward1", dim: nil, keepDim: false) }

  /// The greatest along one or several dimensions, or of all. Equal ones share the gradient.
  ///
  /// Error: `amax(): Expected reduction dim 0 to have non-zero size.`
  public func amax(dim: (any Dimensions)? = nil, keepDim: Bool = false) -> Tensor {
    extreme(.max, "amax", "AmaxBackward0", dim: dim, keepDim: keepDim)
  }

  /// The least along one or several dimensions, or of all. Equal ones share the gradient.
  public func amin(dim: (any Dimensions)? = nil, keepDim: Bool = false) -> Tensor {
    extreme(.min, "amin", "AminBackward0", dim: dim, keepDim: keepDim)
  }

  private func extreme(
    _ reduction: Reduction, _ name: String, _ gradName: String, dim: (any Dimensions)?, keepDim: Bool
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      try shape.checkNotEmpty(name, isWhole: dim?.dimensions.isEmpty ?? true)
      return try x.reduced(reduction, shape, dtype: x.dtype).differentiable(gradName, x) { g, result in
        x.sharing(g, among: result, shape)
      }
    }
  }

  /// The gradient of one value that several elements have, in equal parts to each of them.
  func sharing(_ g: Tensor, among result: Tensor, _ shape: ReductionShape) -> Tensor {
    let value = result.expand(from: shape)
    let winners = (self .== value) .| (isNaN() .& value.isNaN())
    let count = winners.sum(dim: shape.dims, keepDim: true)
    return Tensor.where(winners, g.unreduced(from: shape) / count, 0)
  }

  /// The least and the greatest along a dimension, or of all.
  public func aminmax(dim: Int? = nil, keepDim: Bool = false) -> (min: Tensor, max: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      if shape.count == 0 {
        throw dim == nil
          ? .runtime("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
          : .index("aminmax: Expected reduction dim \(shape.dims[0]) to have non-zero size.")
      }
      let least = try x.reduced(.min, shape, dtype: x.dtype)
      let greatest = try x.reduced(.max, shape, dtype: x.dtype)
      return Tensor.differentiable("AminmaxBackward0", results: [least, greatest], inputs: [x]) { gradients in
        let parts = zip(gradients, [least, greatest]).map { g, value in g.map { x.sharing($0, among: value, shape) } }
        return [Tensor.sum(parts[0], parts[1])]
      }
    }
    return (results[0], results[1])
  }
}

// MARK: - Their places

extension Tensor {
  /// The position of the greatest element along a dimension, or in row-major order of all: int64.
  ///
  /// Errors: `argmax(): does not support bool input`; those of `max`.
  public func argmax(dim: Int? = nil, keepDim: Bool = false) -> Tensor { position(.argMax, "argmax", dim, keepDim) }

  /// The position of the least element along a dimension, or in row-major order of all: int64.
  public func argmin(dim: Int? = nil, keepDim: Bool = false) -> Tensor { position(.argMin, "argmin", dim, keepDim) }

  private func position(_ reduction: Reduction, _ name: String, _ dim: Int?, _ keepDim: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.dtype != .bool else { throw .notImplemented("\(name)(): does not support bool input") }
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      if dim == nil && shape.count == 0 {
        throw .index("\(name)(): Expected reduction dim to be specified for input.numel() == 0.")
      }
      try shape.checkNotEmpty(name, isWhole: false)
      // The device counts along one dimension.
      if dim == nil {
        let flat = Tensor(try x.flattened())
        let one = try flat.reduced(reduction, ReductionShape(of: [x.count], dim: 0, keepDim: false), dtype: .int64)
        return Tensor(one.operand.with(layout: shape.resultLayout))
      }
      if x.rank == 0 { return try Tensor(x.operand.with(layout: Layout(shape: [1]))).reducedPosition(reduction) }
      return try x.reduced(reduction, shape, dtype: .int64)
    }
  }

  private func reducedPosition(_ reduction: Reduction) throws(TensorError) -> Tensor {
    try reduced(reduction, ReductionShape(of: shape, dim: 0, keepDim: false), dtype: .int64)
  }

  /// The elements in row-major order as one dimension, copied where they lie otherwise.
  private func flattened() throws(TensorError) -> Operand {
    if let flat = layout.viewed(as: [count]) { return operand.with(layout: flat) }
    let copy = try converted(to: dtype)
    return copy.operand.with(layout: Layout(shape: [count]))
  }
}

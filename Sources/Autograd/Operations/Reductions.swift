import Devices

extension Tensor {
  /// The sum of all elements.
  public func sum() -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = x.shape
      return try x.reduced(.sum, dims: Array(0..<x.rank), keepDim: false, dtype: sumDType(x.dtype))
        .differentiable("SumBackward0", x, saves: false) { g in g.expand(shape) }
    }
  }

  /// The inverse of broadcasting: sums over the dimensions that were repeated to come from `target` to this shape.
  public func sum(to target: [Int]) -> Tensor {
    if shape == target { return self }
    return attempt(self) { x throws(TensorError) in
      let shape = x.shape
      let lead = shape.count - target.count
      let dims = shape.indices.filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
      let result = try x.reduced(.sum, dims: dims, keepDim: true, dtype: x.dtype)
      return Tensor(result.operand.with(layout: result.layout.viewed(as: target)!))
        .differentiable("SumBackward1", x, saves: false) { g in g.expand(shape) }
    }
  }

  /// Whether any element is not zero.
  public func any() -> Tensor {
    attempt(self) { x throws(TensorError) in try x.reduced(.any, dims: Array(0..<x.rank), keepDim: false, dtype: .bool) }
  }

  /// A bare reduction. Freeze first.
  func reduced(_ reduction: Reduction, dims: [Int], keepDim: Bool, dtype: DType) throws(TensorError) -> Tensor {
    var kept = shape
    for dim in dims { kept[dim] = 1 }
    let result = try Tensor.uninitialized(reduction.rawValue, kept, dtype, device)
    try device.reduce(reduction, operand, dims: dims, to: result.operand)
    if keepDim { return result }
    let squeezed = shape.indices.filter { !dims.contains($0) }.map { shape[$0] }
    return Tensor(result.operand.with(layout: Layout(shape: squeezed)))
  }
}

private func sumDType(_ dtype: DType) -> DType { dtype.isFloatingPoint ? dtype : .int64 }

import Devices

/// How `scatterReduce` and `indexReduce` combine the values that come together in one place.
public enum ScatterReduction: String, Sendable, CaseIterable { case sum, prod, mean, amax, amin }

extension Tensor {
  /// As `scatter`, combining all values that come to a place, with or without the one that is there already.
  ///
  /// Errors: those of `scatter`.
  public func scatterReduce(
    dim: Int, index: Tensor, source: Tensor, reduce: ScatterReduction, includeSelf: Bool = true
  ) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      try ReducedScatter(
        dim: wrapDimension(dim, rank: x.rank), index: index, reduction: reduce, includesSelf: includeSelf
      ).run(x, source, "ScatterReduceBackward0")
    }
  }

  /// Combines the parts of `source` along a dimension with those of this tensor at the positions of a 1-d index.
  ///
  /// Errors: those of `scatter`; `index_reduce_(): Number of indices (1) should be equal to source.size(dim): (2), for dim: 0`.
  public func indexReduce(
    dim: Int, index: Tensor, source: Tensor, reduce: ScatterReduction, includeSelf: Bool = true
  ) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      guard reduce != .sum else {
        throw .runtime("index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got sum.")
      }
      guard index.dtype == .int64 || index.dtype == .int32 else {
        throw .runtime("index_reduce_(): Expected dtype int32/int64 for index but got: \(index.dtype.scalarTypeName)")
      }
      guard index.rank <= 1 else {
        throw .index(
          "index_reduce_(): Index is supposed to be a vector, but got dim: \(index.rank) with type: \(index.dtype.scalarTypeName) and size: "
            + "\(index.shape)")
      }
      guard x.dtype == source.dtype else {
        throw .runtime(
          "index_reduce_(): self (\(x.dtype.scalarTypeName)) and source (\(source.dtype.scalarTypeName)) must have the same scalar type"
        )
      }
      guard source.rank == 0 || dim < source.rank else {
        throw .runtime("index_reduce_(): Indexing dim \(dim) is out of bounds of the source tensor with dim \(source.rank)")
      }
      let size = source.rank == 0 ? 1 : source.shape[dim]
      guard index.count == size else {
        throw .runtime(
          "index_reduce_(): Number of indices (\(index.count)) should be equal to source.size(dim): (\(size)), for dim: \(dim)")
      }
      var own = [Int](repeating: 1, count: source.rank)
      if source.rank > 0 { own[dim] = index.count }
      if try index.firstOutside(of: x.rank == 0 ? 1 : x.shape[dim]) != nil { throw .index("index out of range in self") }
      let spread = index.reshape(own).expand(source.shape)
      return try ReducedScatter(dim: dim, index: spread, reduction: reduce, includesSelf: includeSelf)
        .run(x, source, "IndexReduceBackward0")
    }
  }
}

private struct ReducedScatter: Sendable {
  let dim: Int
  let index: Tensor
  let reduction: ScatterReduction
  let includesSelf: Bool

  func run(_ x: Tensor, _ source: Tensor, _ gradName: String) throws(TensorError) -> Tensor {
    try value(x.detach(), source.detach()).differentiable(
      gradName, x, source, { g in toSelf(g, x, source) }, { g in toSource(g, x, source) })
  }

  /// The bare result.
  private func value(_ x: Tensor, _ source: Tensor) throws(TensorError) -> Tensor {
    var start = x
    if !includesSelf { start = x.scatter(dim: dim, index: index, value: neutral(for: x.dtype)) }
    switch reduction {
    case .sum: return try start.scattered(.add, dim, index, source)
    case .prod: return try start.scattered(.multiply, dim, index, source)
    case .amax: return try start.scattered(.max, dim, index, source)
    case .amin: return try start.scattered(.min, dim, index, source)
    case .mean:
      let sum = try start.scattered(.add, dim, index, source)
      let counts = counts(like: x, source)
      return x.isFloatingPoint ? sum / counts : sum.floorDivide(counts)
    }
  }

  /// What changes nothing it is combined with.
  private func neutral(for dtype: DType) -> Scalar {
    switch reduction {
    case .sum, .mean: .int(0)
    case .prod: .int(1)
    case .amax: dtype.lowest
    case .amin: dtype.highest
    }
  }

  /// How many values come together in each place.
  private func counts(like x: Tensor, _ source: Tensor) -> Tensor {
    let start = includesSelf ? x.onesLike() : x.zerosLike()
    let counts = start.scatterAdd(dim: dim, index: index, source: source.onesLike())
    return counts.maskedFill(counts .== 0, 1)
  }

  // MARK: The derivatives

  private func toSelf(_ g: Tensor, _ x: Tensor, _ source: Tensor) -> Tensor {
    let whole: Tensor
    switch reduction {
    case .sum: whole = g
    case .mean: whole = g / counts(like: x.detach(), source.detach())
    case .prod:
      let filled = x.maskedFill(x .== 0, 1)
      whole = g * filled.scatterReduce(dim: dim, index: index, source: source, reduce: .prod, includeSelf: includesSelf) / filled
    case .amax, .amin:
      let (own, _, count) = winners(x, source)
      whole = own.to(g.dtype) * (g / count)
    }
    return includesSelf ? whole : whole.scatter(dim: dim, index: index, value: 0)
  }

  private func toSource(_ g: Tensor, _ x: Tensor, _ source: Tensor) -> Tensor {
    switch reduction {
    case .sum: return gathered(g, source)
    case .mean: return gathered(g / counts(like: x.detach(), source.detach()), source)
    case .prod: return productToSource(g, x, source)
    case .amax, .amin:
      let (_, others, count) = winners(x, source)
      return others.to(g.dtype) * gathered(g / count, source)
    }
  }

  /// Divides the product by the factor; where a zero is the only one in its place, by the product of the others instead.
  private func productToSource(_ g: Tensor, _ x: Tensor, _ source: Tensor) -> Tensor {
    let isZero = source.detach() .== 0
    let zeros = x.detach().zerosLike().scatterAdd(dim: dim, index: index, source: isZero.to(x.dtype))
    let isOnlyZero = isZero .& (gathered(zeros, source) .== 1)
    func product(_ factors: Tensor) -> Tensor {
      x.scatterReduce(dim: dim, index: index, source: factors, reduce: .prod, includeSelf: includesSelf)
    }
    let others = gathered(g * product(source.maskedFill(isOnlyZero, 1)), source)
    let quotient = gathered(g * product(source), source) / source.maskedFill(isZero, 1)
    return Tensor.where(isOnlyZero, others, quotient)
  }

  /// Which of the old and the new values are the extreme of their place, and how many they are there.
  private func winners(_ x: Tensor, _ source: Tensor) -> (own: Tensor, others: Tensor, count: Tensor) {
    let (x, source) = (x.detach(), source.detach())
    let result = x.scatterReduce(dim: dim, index: index, source: source, reduce: reduction, includeSelf: includesSelf)
    let own = x .== result
    let others = source .== gathered(result, source)
    let count = own.to(x.dtype).scatterAdd(dim: dim, index: index, source: others.to(x.dtype))
    return (own, others, count)
  }

  private func gathered(_ value: Tensor, _ source: Tensor) -> Tensor { value.gathered(dim, index, in: source.shape) }
}

extension DType {
  /// The least value; of floating dtypes minus infinity.
  fileprivate var lowest: Scalar {
    switch self {
    case .bool: .bool(false)
    case .uint8: .int(0)
    case .int8: .int(Int64(Int8.min))
    case .int16: .int(Int64(Int16.min))
    case .int32: .int(Int64(Int32.min))
    case .int64: .int(.min)
    case .float16, .bfloat16, .float32, .float64: .double(-.infinity)
    }
  }

  fileprivate var highest: Scalar {
    switch self {
    case .bool: .bool(true)
    case .uint8: .int(Int64(UInt8.max))
    case .int8: .int(Int64(Int8.max))
    case .int16: .int(Int64(Int16.max))
    case .int32: .int(Int64(Int32.max))
    case .int64: .int(.max)
    case .float16, .bfloat16, .float32, .float64: .double(.infinity)
    }
  }
}

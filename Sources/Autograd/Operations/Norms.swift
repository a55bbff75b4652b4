import Devices

// (Σ |x|^p)^(1/p): for p = 0 the number of elements that are not zero, for ±∞ the greatest or least magnitude.

extension Operation {
  fileprivate static let magnitudePower = ElementwiseKernel { x, p in x.abs().pow(p) }
}

extension Tensor {
  /// The p-norm, along one or several dimensions or of all.
  ///
  /// - Parameter dtype: to which the tensor is converted first.
  ///
  /// Errors: `linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long`; the norms of nothing that have no value.
  public func norm(
    _ p: Double = 2, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.isFloatingPoint else {
        throw .notImplemented(
          "linalg.vector_norm: Expected a floating point or complex tensor as input. Got \(x.dtype.scalarTypeName)")
      }
      if let dtype, !dtype.isFloatingPoint {
        throw .runtime("linalg.vector_norm: dtype should be floating point or complex, but got \(dtype.scalarTypeName)")
      }
      let x = dtype.map { x.to($0) } ?? x
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      try checkIdentity(p, shape, isWhole: dim == nil)
      let result = try x.reducedNorm(p, shape)
      if p == 0 {
        // A count: no gradient arrives at its elements.
        return Tensor.differentiable("LinalgVectorNormBackward0", results: [result], inputs: [x], saves: false) { _ in [nil] }[0]
      }
      return result.differentiable("LinalgVectorNormBackward0", x) { g, result in x.normGradient(g, result, p, shape) }
    }
  }

  /// The bare norm; halves are computed in float32.
  fileprivate func reducedNorm(_ p: Double, _ shape: ReductionShape) throws(TensorError) -> Tensor {
    let compute = dtype.computeDType
    if p == 0 { return try (detach() .!= 0).reduced(.sum, shape, dtype: dtype) }
    // Of one number each it is the magnitude, to the last bit.
    let p = shape.count == 1 ? 1 : p
    let kernel: ElementwiseKernel =
      p == 2 ? Operation.square.kernel : p == 1 || p.isInfinite ? .instruction(.abs) : Operation.magnitudePower
    let powers = try Tensor.uninitialized("norm", shape.full, compute, device)
    let exponents: [KernelArgument] = kernel.inputs.count == 2 ? [.scalar(.double(p))] : []
    try device.elementwise(kernel, dtype: compute, inputs: [.operand(operand)] + exponents, outputs: [powers.operand])
    if p.isInfinite || p == 1 { return try powers.reduced(p == 1 ? .sum : p > 0 ? .max : .min, shape, dtype: dtype) }
    let sum = try powers.reduced(.sum, shape, dtype: compute)
    let result = try Tensor.uninitialized("norm", shape.result, dtype, device)
    try device.elementwise(
      p == 2 ? .instruction(.sqrt) : .instruction(.pow), dtype: compute,
      inputs: [.operand(sum.operand)] + (p == 2 ? [] : [.scalar(.double(1 / p))]), outputs: [result.operand])
    return result
  }

  /// d/dx ‖x‖ = sgn(x) (|x| / ‖x‖)^(p-1), where zero is taken for what is undefined at zero.
  fileprivate func normGradient(_ g: Tensor, _ norm: Tensor, _ p: Double, _ shape: ReductionShape) -> Tensor {
    let norm = norm.unreduced(from: shape)
    let g = g.unreduced(from: shape)
    let x = self
    switch p {
    case 1: return x.sgn() * g
    case 2: return g * (x / norm).maskedFill(norm .== 0, 0)
    case _ where p.isInfinite:
      let magnitude = x.abs()
      let winners = (magnitude .== norm) .| (magnitude.isNaN() .& norm.isNaN())
      return x.sgn() * Tensor.where(winners, g / winners.sum(dim: shape.dims, keepDim: true), 0)
    case ..<1:
      return (x.sgn() * x.abs().plainPower(p - 1)).maskedFill(x .== 0, 0) * g * norm.plainPower(1 - p)
    case ..<2: return x.sgn() * x.abs().pow(p - 1) * (g / norm.pow(p - 1)).maskedFill(norm .== 0, 0)
    default: return x * x.abs().pow(p - 2) * (g / norm.pow(p - 1)).maskedFill(norm .== 0, 0)
    }
  }
}

extension Tensor {
  /// A power whose derivative is e · x^(e-1) for the roots too. In the second derivative of a norm large terms cancel, and what rounding leaves
  /// of them should be what it leaves in PyTorch.
  fileprivate func plainPower(_ exponent: Double) -> Tensor {
    attempt(self) { x throws(TensorError) in
      x.detach().pow(exponent).differentiable("PowBackward0", x) { g in g * (exponent * x.plainPower(exponent - 1)) }
    }
  }
}

private func checkIdentity(_ p: Double, _ shape: ReductionShape, isWhole: Bool) throws(TensorError) {
  guard shape.count == 0 && (p.isInfinite || p < 0) else { return }
  let name = p.streamText
  if isWhole {
    throw .runtime(
      "linalg.vector_norm cannot compute the \(name) norm on an empty tensor because the operation does not have an identity")
  }
  // PyTorch's text has no space there.
  for dim in shape.dims where shape.full[dim] == 0 {
    throw .runtime(
      "linalg.vector_norm cannot compute the \(name) norm on the dimension \(dim)because this dimension is empty and the operation does "
        + "not have an identity")
  }
}

// MARK: - Distances

extension Tensor {
  /// The p-norm of the difference; the two broadcast together.
  public func dist(_ other: Tensor, p: Double = 2) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      let difference = x - y
      guard difference.isValid else { return difference }
      guard difference.isFloatingPoint else {
        throw .notImplemented(
          "norm(): input dtype should be either floating point or complex. Got \(difference.dtype.scalarTypeName) instead.")
      }
      let shape = try ReductionShape(of: difference.shape, dim: nil, keepDim: false)
      let result = try difference.detach().reducedNorm(p, shape)
      return result.differentiable(
        "DistBackward0", x, y, { g in (x - y).normGradient(g, x.dist(y, p: p), p, shape) },
        { g in -(x - y).normGradient(g, x.dist(y, p: p), p, shape) })
    }
  }
}

extension Tensor {
  /// The p-norms of the differences of all rows of this tensor, [..., m, d], and all rows of the other, [..., n, d]: a tensor [..., m, n].
  ///
  /// Errors: `cdist only supports at least 2D tensors, X1 got: 1D`; `X1 and X2 must have the same number of columns. X1: 3 X2: 2`; `cdist only
  /// supports non-negative p values`; `cdist only supports floating-point dtypes, X1 got: Long`.
  public func cdist(_ other: Tensor, p: Double = 2) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      for (name, tensor) in [("X1", x), ("X2", y)] {
        guard tensor.isFloatingPoint else {
          throw .runtime("cdist only supports floating-point dtypes, \(name) got: \(tensor.dtype.scalarTypeName)")
        }
        guard tensor.rank >= 2 else {
          throw .runtime("cdist only supports at least 2D tensors, \(name) got: \(tensor.rank)D")
        }
      }
      let (m, n) = (x.shape[x.rank - 1], y.shape[y.rank - 1])
      guard m == n else {
        throw .runtime("X1 and X2 must have the same number of columns. X1: \(m) X2: \(n)")
      }
      guard p >= 0 else { throw .runtime("cdist only supports non-negative p values") }
      let (rows, others) = (x.unsqueeze(-2), y.unsqueeze(-3))
      let differences = rows.detach() - others.detach()
      guard differences.isValid else { return differences }
      let shape = try ReductionShape(of: differences.shape, dim: -1, keepDim: false)
      // The gradient of the first of two, at their difference.
      let gradient = { @Sendable (g: Tensor, difference: Tensor) in
        p == 0 ? difference.zerosLike() : difference.normGradient(g, difference.norm(p, dim: -1), p, shape)
      }
      return try differences.reducedNorm(p, shape).differentiable(
        "CdistBackward0", x, y, { g in gradient(g, rows - others).sum(dim: -2) },
        { g in gradient(g, others - rows).sum(dim: -3) })
    }
  }
}

// MARK: - Rescaling

extension Tensor {
  /// Scales every slice along `dim` whose p-norm exceeds `maxNorm` down to that norm.
  ///
  /// Errors: `renorm: input needs at least 2 dimensions, got 1 dimensions`; `renorm: non-positive-norm not supported`; `renorm: expected
  /// maxnorm to be >= 0 but got -1`.
  public func renorm(p: Double, dim: Int, maxNorm: Double) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard p > 0 else { throw .runtime("renorm: non-positive-norm not supported") }
      guard maxNorm >= 0 else {
        throw .runtime("renorm: expected maxnorm to be >= 0 but got \(maxNorm.streamText)")
      }
      guard x.rank > 1 else { throw .runtime("renorm: input needs at least 2 dimensions, got \(x.rank) dimensions") }
      let dim = try wrapDimension(dim, rank: x.rank)
      let shape = try ReductionShape(of: x.shape, dim: x.shape.indices.filter { $0 != dim }, keepDim: true)
      // Off the norm by a little, as PyTorch: no slice ends above the maximum by rounding.
      let eps = 1e-7
      let scale = { @Sendable (norm: Tensor) in Tensor.where(norm .> maxNorm, maxNorm / (norm + eps), 1) }
      let norm = try x.detach().reducedNorm(p, shape)
      return (x.detach() * scale(norm)).differentiable("RenormBackward0", x) { g in
        let norm = x.norm(p, dim: shape.dims, keepDim: true)
        // The scale s = m / (n + eps) has the derivative -s / (n + eps) by the norm n.
        let toNorm = -(g * x).sum(dim: shape.dims, keepDim: true) * (scale(norm) / (norm + eps))
        return g * scale(norm) + Tensor.where(norm .> maxNorm, x.normGradient(toNorm, norm, p, shape), 0)
      }
    }
  }
}

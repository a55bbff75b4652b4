import Devices

// (Σ |x|^p)^(1/p): for p = 0 the number of elements that are not zero, for ±∞ the greatest or least magnitude.

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
    try PowerSum(p, count: shape.count, ofDifference: false).norm([operand], shape, dtype: dtype, on: device)
  }

  /// d/dx ‖x‖ = sgn(x) (|x| / ‖x‖)^(p-1), where zero is taken for what is undefined at zero.
  func normGradient(_ g: Tensor, _ norm: Tensor, _ p: Double, _ shape: ReductionShape) -> Tensor {
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

/// What a p-norm reduces, of one operand or of the difference of two, and what it makes of the result. Nothing of the operands' size is kept.
struct PowerSum {
  private let p: Double
  private let kernel: ElementwiseKernel
  private let reduction: Reduction

  private static let counts = ElementwiseKernel { x in (x .!= 0).select(1, 0) }
  private static let magnitudes = ElementwiseKernel.instruction(.abs)
  private static let powers = ElementwiseKernel { x, p in x.abs().pow(p) }
  private static let differenceCounts = ElementwiseKernel { x, y in (x - y .!= 0).select(1, 0) }
  private static let differenceMagnitudes = ElementwiseKernel { x, y in (x - y).abs() }
  private static let differenceSquares = ElementwiseKernel { x, y in
    let difference = x - y
    return difference * difference
  }
  private static let differencePowers = ElementwiseKernel { x, y, p in (x - y).abs().pow(p) }

  /// - Parameter count: How many elements each result is made of. Of one number each the norm is the magnitude, to the last bit.
  init(_ p: Double, count: Int, ofDifference: Bool) {
    self.p = count == 1 && p != 0 ? 1 : p
    switch self.p {
    case 0: kernel = ofDifference ? Self.differenceCounts : Self.counts
    case 2: kernel = ofDifference ? Self.differenceSquares : Operation.square.kernel
    case 1, .infinity, -.infinity: kernel = ofDifference ? Self.differenceMagnitudes : Self.magnitudes
    default: kernel = ofDifference ? Self.differencePowers : Self.powers
    }
    reduction = !p.isInfinite || self.p == 1 ? .sum : p > 0 ? .max : .min
  }

  /// Whether what is reduced is the norm already.
  private var isWhole: Bool { p == 0 || p == 1 || p.isInfinite }

  private func inputs(_ operands: [Operand]) -> [KernelArgument] {
    let exponents: [KernelArgument] = kernel.inputs.count > operands.count ? [.scalar(.double(p))] : []
    return operands.map { .operand($0) } + exponents
  }

  /// The bare norm of operands that broadcast to `shape.full`.
  func norm(_ operands: [Operand], _ shape: ReductionShape, dtype: DType, on device: any Device) throws(TensorError) -> Tensor {
    let compute = dtype.computeDType
    let sum = try Tensor.reduced(
      reduction, of: kernel, inputs(operands), shape, compute: compute, dtype: isWhole ? dtype : compute, on: device)
    return isWhole ? sum : try root(of: sum, dtype)
  }

  private func root(of sum: Tensor, _ dtype: DType) throws(TensorError) -> Tensor {
    // Nobody else has seen the sums: the roots take their place.
    let result = dtype == sum.dtype ? sum : try Tensor.uninitialized("norm", sum.shape, dtype, sum.device)
    try sum.device.elementwise(
      p == 2 ? .instruction(.sqrt) : .instruction(.pow), dtype: dtype.computeDType,
      inputs: [.operand(sum.operand)] + (p == 2 ? [] : [.scalar(.double(1 / p))]), outputs: [result.operand])
    return result
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

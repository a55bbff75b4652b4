import Devices

// Determinants by LU: the product of U's diagonal, with the sign of the exchanges of rows.

extension Linalg {
  /// The determinants of square matrices; that of an empty one is one.
  ///
  /// At a matrix with a zero pivot the derivative is the cofactors only where a graph of it is made (`createGraph`); otherwise it is zero,
  /// as PyTorch's is.
  ///
  /// Error: `linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func det(_ a: Tensor) -> Tensor {
    attempt(a) { a throws(TensorError) in
      try checkFloating("linalg.det", a)
      try checkSquare("linalg.det", a)
      let (lu, pivots, _) = try bareFactor(a)
      let value = lu.diagonal(dim1: -2, dim2: -1).prod(dim: -1) * parity(pivots, a)
      return value.differentiable("LinalgDetBackward0", a) { g in
        attempt(g) { (g: Tensor) throws(TensorError) -> Tensor in
          if GradientMode.isEnabled { return g.unsqueeze(-1).unsqueeze(-1) * cofactors(a, lu.diagonal(dim1: -2, dim2: -1)) }
          // As PyTorch's: the solution of Aᵀ X = det A · g, in which a zero pivot is moved off zero, and with a determinant of zero is zero.
          let diagonal = lu.diagonal(dim1: -2, dim2: -1)
          let step = Tensor.where(diagonal .== 0, lu.dtype.epsilon, diagonal.zerosLike())
          let scale = (g * Tensor(value.body.detached())).unsqueeze(-1).expand(pivots.shape).diagEmbed()
          return try bareSolve(lu + step.diagEmbed(), pivots, scale, adjoint: true)
        }
      }
    }
  }

  /// The derivative of the determinant, to be differentiated again: det A · A⁻ᵀ, or by the singular values where A has no inverse: Higham, What is the
  /// adjugate of a matrix?, 2020.
  ///
  /// - Parameter pivots: the diagonal of U.
  private static func cofactors(_ a: Tensor, _ pivots: Tensor) -> Tensor {
    func regular(_ a: Tensor) -> Tensor { det(a).unsqueeze(-1).unsqueeze(-1) * invEx(a).inverse.mT }
    func singular(_ a: Tensor) -> Tensor {
      let (u, s, vh) = svd(a)
      // The products of all singular values but one.
      let one = s.narrow(dim: -1, start: 0, length: 1).detach().onesLike()
      func productsBefore(_ s: Tensor) -> Tensor {
        concatenate([one, s.narrow(dim: -1, start: 0, length: a.rows - 1)], dim: -1).cumprod(dim: -1)
      }
      let others = productsBefore(s) * productsBefore(s.flip(-1)).flip(-1)
      let sign = det(u.detach()) * det(vh.detach())
      return (u * (others * sign.unsqueeze(-1)).unsqueeze(-2)).matmul(vh)
    }
    if a.count == 0 { return regular(a) }
    let magnitudes = pivots.abs()
    let isSingular = magnitudes.amin(dim: -1) .<= magnitudes.amax(dim: -1) * (100 * a.dtype.epsilon)
    guard Bool(isSingular.any()) else { return regular(a) }
    // Each form gets matrices that do it no harm in the place of those that are the other's.
    let mask = isSingular.unsqueeze(-1).unsqueeze(-1)
    let units = a.identity(a.rows)
    let distinct = Tensor.arange(1, a.rows + 1, device: a.device).to(a.dtype).diagEmbed()
    return .where(mask, singular(.where(mask, a, distinct)), regular(.where(mask, units, a)))
  }

  /// The sign of the determinant, and the logarithm of its absolute value: zero and -inf for a singular matrix.
  ///
  /// Errors: `linalg.slogdet: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func slogdet(_ a: Tensor) -> (sign: Tensor, logabsdet: Tensor) { slogdet("linalg.slogdet", a) }

  /// The logarithm of the determinant; NaN where that is negative.
  public static func logdet(_ a: Tensor) -> Tensor {
    let (sign, logarithm) = slogdet("logdet", a)
    return .where(sign.detach() .== -1, Double.nan, logarithm)
  }

  private static func slogdet(_ name: String, _ a: Tensor) -> (sign: Tensor, logabsdet: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let a = list[0]
      try checkFloating(name, a, lowPrecision: false)
      try checkSquare(name, a)
      let (lu, pivots, _) = try bareFactor(a)
      let diagonal = lu.diagonal(dim1: -2, dim2: -1)
      let sign = diagonal.sgn().prod(dim: -1) * parity(pivots, a)
      let logarithm = diagonal.abs().log().sum(dim: -1)
      return Tensor.differentiable("LinalgSlogdetBackward0", results: [sign, logarithm], inputs: [a]) {
        (gradients, _) throws(TensorError) in
        guard let g = gradients[1] else { return [nil] }
        if GradientMode.isEnabled { return [g.unsqueeze(-1).unsqueeze(-1) * invEx(a).inverse.mT] }
        return [try bareSolve(lu, pivots, g.unsqueeze(-1).expand(pivots.shape).diagEmbed(), adjoint: true)]
      }
    }
    return (results[0], results[1])
  }

  /// 1 for an even number of exchanges of rows, -1 for an odd one.
  private static func parity(_ pivots: Tensor, _ a: Tensor) -> Tensor {
    let count = (pivots .!= Tensor.positions(a.rows, on: a.device) + 1).sum(dim: -1)
    return (1 - 2 * (count % 2)).to(a.dtype)
  }
}

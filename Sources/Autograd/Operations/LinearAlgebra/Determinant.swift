import Devices

// Determinants by LU: the product of U's diagonal, with the sign of the exchanges of rows.

extension Linalg {
  /// The determinants of square matrices; that of an empty one is one.
  ///
  /// The derivative is there for singular matrices too: the determinant is a polynomial.
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
          // A zero pivot is moved off zero: the matrix that the factors then belong to differs from A by rounding errors.
          let diagonal = lu.diagonal(dim1: -2, dim2: -1)
          let step = Tensor.where(diagonal .== 0, lu.dtype.epsilon, diagonal.zerosLike()).to(lu.dtype)
          if !GradientMode.isEnabled {
            let determinant = (diagonal + step).prod(dim: -1) * parity(pivots, lu)
            let scale = (g * determinant).unsqueeze(-1).expand(pivots.shape).diagEmbed()
            return try bareSolve(lu + step.diagEmbed(), pivots, scale, adjoint: true)
          }
          let (p, l, _) = luUnpack(lu, pivots)
          let near = a + p.matmul(l).matmul(step.diagEmbed())
          return (g * det(near)).unsqueeze(-1).unsqueeze(-1) * invEx(near).inverse.mT
        }
      }
    }
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

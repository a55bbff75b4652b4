import Devices

// A = L Lᵀ of symmetric matrices whose eigenvalues are positive.

extension Linalg {
  /// The factor L of A = L Lᵀ, lower triangular, or U of A = Uᵀ U if `upper`. Only that triangle of `a` is read.
  ///
  /// The derivative is that by symmetric matrices: Giles, Collected matrix derivative results for forward and reverse mode algorithmic
  /// differentiation, 2008; Murray, Differentiation of the Cholesky decomposition, 2016.
  ///
  /// Errors: `linalg.cholesky: (Batch element 1): The factorization could not be completed because the input is not positive-definite (the
  /// leading minor of order 2 is not positive-definite).`; `linalg.cholesky: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func cholesky(_ a: Tensor, upper: Bool = false) -> Tensor {
    attempt(a) { a throws(TensorError) in
      let (factor, info) = try choleskyFactor(a, upper: upper)
      try checkPositive(info, "linalg.cholesky")
      return factor
    }
  }

  /// As `cholesky`, with the order of the leading minor that is not positive for each matrix; the factor is then of no use.
  public static func choleskyEx(
    _ a: Tensor, upper: Bool = false, checkErrors: Bool = false
  ) -> (l: Tensor, info: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let (factor, info) = try choleskyFactor(list[0], upper: upper)
      if checkErrors { try checkPositive(info, "linalg.cholesky_ex") }
      return [factor, info]
    }
    return (results[0], results[1])
  }

  private static func checkPositive(_ info: Tensor, _ name: String) throws(TensorError) {
    try check(info, name) { order in
      "The factorization could not be completed because the input is not positive-definite (the leading minor of order \(order) is not "
        + "positive-definite)."
    }
  }

  private static func choleskyFactor(_ a: Tensor, upper: Bool) throws(TensorError) -> (Tensor, Tensor) {
    try checkSquare("linalg.cholesky", a)
    try checkFloating("linalg.cholesky", a)
    try checkKernel("cholesky_cpu", a)
    let factor = try matrices(a.shape, like: a)
    let info = try vectors(a.batch, like: a, dtype: .int32)
    try run(.cholesky(upper: upper), [a], to: [factor, info])
    let result = factor.differentiable("LinalgCholeskyExBackward0", a) { g, factor in
      let (l, gL) = upper ? (factor.mT, g.mT) : (factor, g)
      let p = lowerTriangle(l, gL)
      let symmetric = (p + p.tril(diagonal: -1).mT) * 0.5
      return solveTriangular(l.mT, solveTriangular(l, symmetric, upper: false, left: false), upper: true)
    }
    return (result, info)
  }
}

/// The lower triangle of Lᵀ B for lower triangular L, zero above. Of large matrices it is computed by blocks of rows, without what is zero in L and
/// what is not wanted of the product.
private func lowerTriangle(_ l: Tensor, _ b: Tensor) -> Tensor {
  let (n, width) = (l.rows, 128)
  guard n > 2 * width else { return l.mT.matmul(b).tril() }
  let blocks = stride(from: 0, to: n, by: width).map { first in
    let end = min(first + width, n)
    let rows = l.narrow(dim: -2, start: first, length: n - first).narrow(dim: -1, start: first, length: end - first)
    let columns = b.narrow(dim: -2, start: first, length: n - first).narrow(dim: -1, start: 0, length: end)
    return rows.mT.matmul(columns).pad([0, n - end])
  }
  return concatenate(blocks, dim: -2).tril()
}

// MARK: - What is solved with the factor

extension Linalg {
  /// The solution of A X = B, where `l` is the Cholesky factor of A: A = L Lᵀ, or Uᵀ U if `upper`. Only that triangle is read.
  ///
  /// Errors: `b should have at least 2 dimensions, but has 1 dimensions instead`; `Incompatible matrix sizes for cholesky_solve: each A matrix
  /// is 2 by 2 but each b matrix is 3 by 2`.
  public static func choleskySolve(_ b: Tensor, _ l: Tensor, upper: Bool = false) -> Tensor {
    attempt(b, l) { b, l throws(TensorError) in
      for (name, x) in [("b", b), ("u", l)] where x.rank < 2 {
        throw .runtime("\(name) should have at least 2 dimensions, but has \(x.rank) dimensions instead")
      }
      try checkOldPair("cholesky_solve", b: b, a: l)
      try checkKernel("cholesky_solve_cpu", l)
      let factor = upper ? l.mT : l
      let x = solveByFactor(factor.bare, b.bare)
      guard x.isValid else { return x }
      let needsFactor = l.requiresGrad
      return Tensor.differentiable("CholeskySolveBackward0", results: [x], inputs: [b, l]) {
        (gradients, results) throws(TensorError) in
        guard let g = gradients[0] else { return [nil, nil] }
        let gB = choleskySolve(g, l, upper: upper)
        guard needsFactor else { return [gB, nil] }
        return [gB, gradientOfFactor(gB.matmul(results[0].mT), l, upper: upper)]
      }[0]
    }
  }

  /// The inverse of A, where `l` is its Cholesky factor.
  ///
  /// Errors: `cholesky_inverse: The diagonal element 1 is zero, the inversion could not be completed because the input matrix is singular.`;
  /// `cholesky_inverse: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func choleskyInverse(_ l: Tensor, upper: Bool = false) -> Tensor {
    attempt(l) { l throws(TensorError) in
      try checkSquare("cholesky_inverse", l)
      try checkKernel("cholesky_inverse_out_cpu", l)
      try checkDiagonal(l.bare, "cholesky_inverse")
      let inverse = solveByFactor(upper ? l.bare.mT : l.bare, l.identity(l.rows))
      guard inverse.isValid else { return inverse }
      return inverse.differentiable("CholeskyInverseBackward0", l) { g, inverse in
        gradientOfFactor(inverse.matmul(g).matmul(inverse), l, upper: upper)
      }
    }
  }

  private static func solveByFactor(_ l: Tensor, _ b: Tensor) -> Tensor {
    solveTriangular(l.mT, solveTriangular(l, b, upper: false), upper: true)
  }

  /// The gradient that arrives at the factor of A, where A's own is minus `p`.
  private static func gradientOfFactor(_ p: Tensor, _ l: Tensor, upper: Bool) -> Tensor {
    let symmetric = -(p + p.mT)
    return upper ? l.triu().matmul(symmetric).triu() : symmetric.matmul(l.tril()).tril()
  }

  /// - Throws: where a diagonal element is zero, in the words of an inversion.
  private static func checkDiagonal(_ a: Tensor, _ name: String) throws(TensorError) {
    let isZero = a.diagonal(dim1: -2, dim2: -1) .== 0
    guard a.rows > 0 else { return }
    let first = (isZero.to(.int32).argmax(dim: -1) + 1) * isZero.any(dim: -1).to(.int64)
    try check(first, name) { element in
      "The diagonal element \(element) is zero, the inversion could not be completed because the input matrix is singular."
    }
  }
}

/// What a device computes of matrices beyond their products: factorizations, and what is solved with them.
///
/// An operand has the matrix (or the vector) in its last dimensions and the batch in those before, the same for all operands; nothing
/// broadcasts. All are of one dtype, float32 or float64, but for pivots, ranks and `info`, which are int32. Outputs overlap nothing.
///
/// `info` says of each matrix whether the computation succeeded, as LAPACK does: zero is success, a positive number is explained at each
/// case, and -1 means that the matrix has elements that are not finite, for which there is no answer; the other outputs are then NaN.
/// Where a case has no `info` it always succeeds: dividing by zero gives infinities.
///
/// Factors that one command makes and another reads are in LAPACK's format: Anderson et al., LAPACK Users' Guide, 3rd edition, 1999.
public enum LinearAlgebra: Sendable, Hashable {
  /// A = L Lᵀ, or Uᵀ U, by the lower or the upper triangle of A alone; the factor's other triangle is zero.
  /// Inputs: A [n, n]. Outputs: the factor [n, n], info: the order of the leading minor that is not positive.
  case cholesky(upper: Bool)

  /// A = P L U by rows exchanged, L with a unit diagonal and U in one matrix; row i was exchanged with row pivots[i], counted from one.
  /// Inputs: A [m, n]. Outputs: LU [m, n], pivots [min(m, n)], info: which diagonal element of U is zero, counted from one.
  case lu

  /// The order of the rows that exchanges lead to: row i of L U is row order[i] of A, counted from zero.
  /// Inputs: pivots [k]. Outputs: order [m], k ≤ m, int32.
  case rowOrder

  /// The solution of A X = B, or of Aᵀ X = B, by what `lu` gave for A.
  /// Inputs: LU [n, n], pivots [n], B [n, k]. Outputs: X [n, k].
  case luSolve(transposed: Bool)

  /// The solution of A X = B by one triangle of A, whose diagonal counts as one if `unitriangular`.
  /// Inputs: A [n, n], B [n, k]. Outputs: X [n, k].
  case triangularSolve(upper: Bool, unitriangular: Bool)

  /// A = L D Lᵀ of a symmetric matrix, by Bunch and Kaufman's pivoting, from its lower triangle; LAPACK's `sytrf`.
  /// Inputs: A [n, n]. Outputs: L and D [n, n], pivots [n], info: which diagonal block of D is singular.
  case ldl

  /// The solution of A X = B by what `ldl` gave for A.
  /// Inputs: L and D [n, n], pivots [n], B [n, k]. Outputs: X [n, k].
  case ldlSolve

  /// A = Q R: R in the upper triangle, below it the reflectors whose product is Q: H₁ H₂ ... with Hᵢ = I - τᵢ vᵢ vᵢᵀ, where vᵢ is one at i and
  /// zero above.
  /// Inputs: A [m, n]. Outputs: R and the reflectors [m, n], τ [min(m, n)].
  case reflectors

  /// The first columns of the product of reflectors.
  /// Inputs: the reflectors below the diagonal of [m, k], τ [k], k ≤ m. Outputs: [m, c], k ≤ c ≤ m.
  case reflectorProduct

  /// The product of reflectors, or its transpose, times a matrix.
  /// Inputs: the reflectors below the diagonal of [m, k], τ [k], k ≤ m, B [m, n]. Outputs: [m, n].
  case reflect(transposed: Bool)

  /// A = V diag(λ) Vᵀ of a symmetric matrix by one of its triangles, the eigenvalues ascending.
  /// Inputs: A [n, n]. Outputs: λ [n], V [n, n] unless only the values are wanted, info: how many values did not converge.
  case symmetricEigen(upper: Bool)

  /// A = U diag(σ) Vᵀ, the singular values descending.
  /// Inputs: A [m, n]. Outputs: σ [min(m, n)], info: how many values did not converge; or U [m, m], σ, Vᵀ [n, n], info; or
  /// the same with the first min(m, n) columns of U and rows of Vᵀ alone.
  case singularValues

  /// The least squares solution of A X = B, of all that are equally good the least; singular values at or below `cutoff` times the greatest
  /// count as zero.
  /// Inputs: A [m, n], B [m, k]. Outputs: X [n, k], rank [], σ [min(m, n)], info.
  case leastSquares(LeastSquaresDriver, cutoff: Double)
}

/// How a least squares problem is solved, by the name of LAPACK's function.
public enum LeastSquaresDriver: String, Sendable, CaseIterable {
  /// QR, for a matrix of full rank; info names a diagonal element of R that is zero. Gives no rank and no singular values: those outputs are
  /// not written.
  case gels
  /// QR with pivoting of columns; gives the rank.
  case gelsy
  /// Singular values by divide and conquer; gives them and the rank.
  case gelsd
  /// Singular values; gives them and the rank.
  case gelss
}

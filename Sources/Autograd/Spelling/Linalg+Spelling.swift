import Devices

// Functions of `torch.linalg` by PyTorch's names.

extension Linalg {
  @available(*, unavailable, renamed: "choleskyEx")
  public static var cholesky_ex: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "choleskyInverse")
  public static var cholesky_inverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "choleskySolve")
  public static var cholesky_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "householderProduct")
  public static var householder_product: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "invEx")
  public static var inv_ex: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "ldlFactor")
  public static var ldl_factor: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "ldlFactorEx")
  public static var ldl_factor_ex: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "ldlSolve")
  public static var ldl_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "luFactor")
  public static var lu_factor: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "luFactorEx")
  public static var lu_factor_ex: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "luSolve")
  public static var lu_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "luUnpack")
  public static var lu_unpack: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "matrixExp")
  public static var matrix_exp: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "matrixNorm")
  public static var matrix_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "matrixPower")
  public static var matrix_power: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "matrixRank")
  public static var matrix_rank: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "matrixSqrth")
  public static var matrix_sqrth: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "multiDot")
  public static var multi_dot: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "solveEx")
  public static var solve_ex: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "solveTriangular")
  public static var solve_triangular: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "triangularSolve")
  public static var triangular_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "vectorNorm")
  public static var vector_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "inv")
  public static var inverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "pinv")
  public static var pinverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.cross(y)`")
  public static var cross: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `a.matmul(b)`")
  public static var matmul: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `a.trace()`")
  public static var trace: Misspelled<Tensor> { Misspelled() }
}

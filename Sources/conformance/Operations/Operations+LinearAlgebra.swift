import Fluxion

extension Operations {
  static let linearAlgebra: [String: Operation] =
    factorizations.merging(solutions) { a, _ in a }.merging(matrixFunctions) { a, _ in a }

  private static let factorizations: [String: Operation] = [
    "geqrf": { call in
      let (a, tau) = Linalg.geqrf(try call.receiver)
      return .tensors([a, tau])
    },
    "linalg.cholesky": { .tensor(Linalg.cholesky(try $0.receiver, upper: try $0.bool(-1, "upper") ?? false)) },
    "linalg.cholesky_ex": { call in
      let (l, info) = Linalg.choleskyEx(
        try call.receiver, upper: try call.bool(-1, "upper") ?? false, checkErrors: try call.checkErrors)
      return .tensors([l, info])
    },
    "linalg.eigh": { call in
      let (values, vectors) = Linalg.eigh(try call.receiver, uplo: try call.uplo)
      return .tensors([values, vectors])
    },
    "linalg.eigvalsh": { .tensor(Linalg.eigvalsh(try $0.receiver, uplo: try $0.uplo)) },
    "linalg.householder_product": binary(Linalg.householderProduct, "tau"),
    "linalg.ldl_factor": { call in
      let (ld, pivots) = Linalg.ldlFactor(try call.receiver, hermitian: try call.hermitian)
      return .tensors([ld, pivots])
    },
    "linalg.ldl_factor_ex": { call in
      let (ld, pivots, info) = Linalg.ldlFactorEx(
        try call.receiver, hermitian: try call.hermitian, checkErrors: try call.checkErrors)
      return .tensors([ld, pivots, info])
    },
    "linalg.lu": { call in
      let (p, l, u) = Linalg.lu(try call.receiver, pivot: try call.pivot)
      return .tensors([p, l, u])
    },
    "linalg.lu_factor": { call in
      let (lu, pivots) = Linalg.luFactor(try call.receiver, pivot: try call.pivot)
      return .tensors([lu, pivots])
    },
    "linalg.lu_factor_ex": { call in
      let (lu, pivots, info) = Linalg.luFactorEx(try call.receiver, pivot: try call.pivot, checkErrors: try call.checkErrors)
      return .tensors([lu, pivots, info])
    },
    "linalg.matrix_sqrth": { .tensor(Linalg.matrixSqrth(try $0.receiver)) },
    "linalg.polar": { call in
      let (u, h) = Linalg.polar(try call.receiver)
      return .tensors([u, h])
    },
    "linalg.qr": { call in
      let mode = try call.string(1, "mode").map { try call.choice($0, QRMode.init, "mode") }
      let (q, r) = Linalg.qr(try call.receiver, mode: mode ?? .reduced)
      return .tensors([q, r])
    },
    "linalg.svd": { call in
      let (u, s, vh) = Linalg.svd(try call.receiver, fullMatrices: try call.bool(1, "full_matrices") ?? true)
      return .tensors([u, s, vh])
    },
    "linalg.svdvals": { .tensor(Linalg.svdvals(try $0.receiver)) },
    "lu": { call in
      let (lu, pivots, info) = Linalg.luFactorEx(try call.receiver, pivot: try call.pivot)
      return .tensors(try call.bool(2, "get_infos") ?? false ? [lu, pivots, info] : [lu, pivots])
    },
    "lu_unpack": { call in
      let (p, l, u) = Linalg.luUnpack(
        try call.tensor(0, "LU_data"), try call.tensor(1, "LU_pivots"), unpackData: try call.bool(2, "unpack_data") ?? true,
        unpackPivots: try call.bool(3, "unpack_pivots") ?? true)
      return .tensors([p, l, u])
    },
    "ormqr": { call in
      .tensor(
        Linalg.ormqr(
          try call.receiver, try call.tensor(1, "tau"), try call.tensor(2, "other"), left: try call.bool(3, "left") ?? true,
          transpose: try call.bool(4, "transpose") ?? false))
    },
    "svd": { call in
      let (u, s, v) = try call.receiver.svd(some: call.bool(1, "some") ?? true, computeUV: call.bool(2, "compute_uv") ?? true)
      return .tensors([u, s, v])
    },
  ]

  private static let solutions: [String: Operation] = [
    "cholesky_inverse": { .tensor(Linalg.choleskyInverse(try $0.receiver, upper: try $0.bool(1, "upper") ?? false)) },
    "cholesky_solve": { call in
      .tensor(Linalg.choleskySolve(try call.receiver, try call.tensor(1, "L"), upper: try call.bool(2, "upper") ?? false))
    },
    "inverse": { .tensor(Linalg.inv(try $0.receiver)) },
    "linalg.inv": { .tensor(Linalg.inv(try $0.receiver)) },
    "linalg.inv_ex": { call in
      let (inverse, info) = Linalg.invEx(try call.receiver, checkErrors: try call.checkErrors)
      return .tensors([inverse, info])
    },
    "linalg.ldl_solve": { call in
      .tensor(
        Linalg.ldlSolve(
          try call.tensor(0, "LD"), try call.tensor(1, "pivots"), try call.tensor(2, "B"), hermitian: try call.hermitian))
    },
    "linalg.lstsq": { call in
      let driver = try call.string(-1, "driver").map { try call.choice($0, LeastSquaresDriver.init, "driver") }
      let result = Linalg.lstsq(
        try call.receiver, try call.tensor(1, "B"), rcond: try call.double(2, "rcond"), driver: driver ?? .gelsy)
      return .tensors([result.solution, result.residuals, result.rank, result.singularValues])
    },
    "linalg.lu_solve": { call in
      .tensor(
        Linalg.luSolve(
          try call.tensor(0, "LU"), try call.tensor(1, "pivots"), try call.tensor(2, "B"), left: try call.left,
          adjoint: try call.bool(-1, "adjoint") ?? false))
    },
    "linalg.pinv": { call in
      // What was called rcond is the second argument.
      let rtol = try call.tolerance(1, "rcond") ?? call.tolerance(-1, "rtol")
      return .tensor(
        Linalg.pinv(try call.receiver, atol: try call.tolerance(-1, "atol"), rtol: rtol, hermitian: try call.hermitian))
    },
    "linalg.solve": { .tensor(Linalg.solve(try $0.receiver, try $0.tensor(1, "B"), left: try $0.left)) },
    "linalg.solve_ex": { call in
      let (x, info) = Linalg.solveEx(
        try call.receiver, try call.tensor(1, "B"), left: try call.left, checkErrors: try call.checkErrors)
      return .tensors([x, info])
    },
    "linalg.solve_triangular": { call in
      .tensor(
        Linalg.solveTriangular(
          try call.receiver, try call.tensor(1, "B"), upper: try call.required(call.bool(-1, "upper"), "upper"),
          left: try call.left,
          unitriangular: try call.bool(-1, "unitriangular") ?? false))
    },
    "linalg.tensorinv": { .tensor(Linalg.tensorinv(try $0.receiver, ind: try $0.int(1, "ind") ?? 2)) },
    "linalg.tensorsolve": { .tensor(Linalg.tensorsolve(try $0.receiver, try $0.tensor(1, "B"), dims: try $0.ints(2, "dims"))) },
    "lu_solve": { .tensor(Linalg.luSolve(try $0.tensor(1, "LU_data"), try $0.tensor(2, "LU_pivots"), try $0.receiver)) },
    "pinverse": { .tensor(Linalg.pinv(try $0.receiver, rtol: try $0.double(1, "rcond") ?? 1e-15)) },
    "triangular_solve": { call in
      let (x, a) = Linalg.triangularSolve(
        try call.receiver, try call.tensor(1, "A"), upper: try call.bool(2, "upper") ?? true,
        transpose: try call.bool(3, "transpose") ?? false, unitriangular: try call.bool(4, "unitriangular") ?? false)
      return .tensors([x, a])
    },
  ]

  private static let matrixFunctions: [String: Operation] = [
    "linalg.cond": { .tensor(Linalg.cond(try $0.receiver, try $0.order(1, "p"))) },
    "linalg.cross": { .tensor(try $0.receiver.cross($0.tensor(1, "other"), dim: $0.int(2, "dim") ?? -1)) },
    "det": { .tensor(Linalg.det(try $0.receiver)) },
    "linalg.det": { .tensor(Linalg.det(try $0.receiver)) },
    "linalg.diagonal": { call in
      .tensor(
        Linalg.diagonal(
          try call.receiver, offset: try call.int(-1, "offset") ?? 0, dim1: try call.int(-1, "dim1") ?? -2,
          dim2: try call.int(-1, "dim2") ?? -1))
    },
    "linalg.matrix_norm": { call in
      .tensor(
        Linalg.matrixNorm(
          try call.receiver, try call.order(1, "ord") ?? .fro, dim: try call.ints(2, "dim") ?? [-2, -1],
          keepDim: try call.keepDim(3),
          dtype: try call.dtype(-1)))
    },
    "linalg.matrix_power": { .tensor(Linalg.matrixPower(try $0.receiver, try $0.required($0.int(1, "n"), "n"))) },
    "linalg.matrix_rank": { call in
      // The older form has one tolerance, and it is absolute.
      if let tol = try call.tolerance(1, "tol") {
        return .tensor(
          Linalg.matrixRank(try call.receiver, atol: tol, rtol: 0.0, hermitian: try call.bool(2, "hermitian") ?? false))
      }
      return .tensor(
        Linalg.matrixRank(
          try call.receiver, atol: try call.tolerance(-1, "atol"), rtol: try call.tolerance(-1, "rtol"),
          hermitian: try call.hermitian))
    },
    "linalg.multi_dot": { .tensor(Linalg.multiDot(try $0.tensors(0, "tensors"))) },
    "linalg.norm": { call in
      .tensor(
        Linalg.norm(
          try call.receiver, try call.order(1, "ord"), dim: try call.dims(2), keepDim: try call.keepDim(3),
          dtype: try call.dtype(-1)))
    },
    "linalg.slogdet": signedLogarithm,
    "linalg.vander": { .tensor(Linalg.vander(try $0.receiver, n: try $0.int(-1, "N"))) },
    "linalg.vecdot": { .tensor(Linalg.vecdot(try $0.receiver, try $0.tensor(1, "y"), dim: try $0.int(-1, "dim") ?? -1)) },
    "linalg.vector_norm": { call in
      .tensor(
        Linalg.vectorNorm(
          try call.receiver, ord: try call.double(1, "ord") ?? 2, dim: try call.dims(2), keepDim: try call.keepDim(3),
          dtype: try call.dtype(-1)))
    },
    "logdet": { .tensor(Linalg.logdet(try $0.receiver)) },
    "matrix_exp": { .tensor(Linalg.matrixExp(try $0.receiver)) },
    "slogdet": signedLogarithm,
  ]

  private static let signedLogarithm: Operation = { call in
    let (sign, logarithm) = Linalg.slogdet(try call.receiver)
    return .tensors([sign, logarithm])
  }

  private static func binary(
    _ operation: @escaping @Sendable (Tensor, Tensor) -> Tensor, _ name: String
  ) -> Operation {
    { .tensor(operation(try $0.receiver, try $0.tensor(1, name))) }
  }
}

extension Call {
  fileprivate var checkErrors: Bool { get throws { try bool(-1, "check_errors") ?? false } }
  fileprivate var hermitian: Bool { get throws { try bool(-1, "hermitian") ?? false } }
  fileprivate var left: Bool { get throws { try bool(-1, "left") ?? true } }
  fileprivate var pivot: Bool { get throws { try bool(1, "pivot") ?? true } }

  fileprivate var uplo: MatrixTriangle {
    get throws {
      guard let name = try string(1, "UPLO") else { return .lower }
      return try choice(name.uppercased(), { ["L": .lower, "U": .upper][$0] }, "UPLO")
    }
  }

  /// One of the cases of an enum; other names cannot be written in Swift.
  fileprivate func choice<Choice>(_ text: String, _ make: (String) -> Choice?, _ name: String) throws -> Choice {
    guard let choice = make(text) else { throw Unfit("operation \(operation) with \(text) as \(name)") }
    return choice
  }

  fileprivate func order(_ index: Int, _ name: String) throws -> NormOrder? {
    if case .string(let text)? = given(index, name) {
      return try choice(text, { ["fro": .fro, "nuc": .nuc, "inf": .inf, "-inf": .number(-.infinity)][$0] }, name)
    }
    return try double(index, name).map(NormOrder.number)
  }

  fileprivate func tolerance(_ index: Int, _ name: String) throws -> (any Tolerance)? {
    if let tensor = given(index, name)?.tensor { return tensor }
    return try double(index, name)
  }
}

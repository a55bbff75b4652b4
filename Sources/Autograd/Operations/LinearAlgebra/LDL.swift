import Devices

// A = L D Lᵀ of symmetric matrices that need not be positive, with D of blocks of one or two rows. PyTorch has no derivative.

extension Linalg {
  /// The factors of symmetric matrices, of which the lower triangle is read, in one matrix, and the exchanges of rows in LAPACK's format, int32.
  ///
  /// - Parameter hermitian: makes a difference for complex matrices alone.
  ///
  /// Error: `torch.linalg.ldl_factor_ex: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func ldlFactor(_ a: Tensor, hermitian: Bool = false) -> (ld: Tensor, pivots: Tensor) {
    let (ld, pivots, _) = ldlFactorEx(a, checkErrors: true)
    return (ld, pivots)
  }

  /// As `ldlFactor`, with the place of the first block of D that is singular for each matrix.
  public static func ldlFactorEx(
    _ a: Tensor, hermitian: Bool = false, checkErrors: Bool = false
  ) -> (ld: Tensor, pivots: Tensor, info: Tensor) {
    let results = attempt([a], results: 3) { list throws(TensorError) in
      let a = list[0]
      try checkSquare("torch.linalg.ldl_factor_ex", a)
      try checkFloating("torch.linalg.ldl_factor_ex", a)
      try checkKernel("ldl_factor_kernel_cpu", a)
      let ld = try matrices(a.shape, like: a)
      let pivots = try vectors(Array(a.shape.dropLast()), like: a, dtype: .int32)
      let info = try vectors(a.batch, like: a, dtype: .int32)
      try run(.ldl, [a], to: [ld, pivots, info])
      if checkErrors {
        try check(info, "torch.linalg.ldl_factor") { place in
          "The factorization has a zero in the diagonal block \(place), with which no system can be solved."
        }
      }
      return [ld.notDifferentiable("linalg_ldl_factor_ex", [a]), pivots, info]
    }
    return (results[0], results[1], results[2])
  }

  /// The solution of A X = B by what `ldlFactor` gave for A.
  ///
  /// Errors: `torch.linalg.ldl_solve: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape [2] instead`; `Pivots given
  /// to ldl_solve must all satisfy |pivot| >= 1. Did you properly pass the result of ldl_factor?`
  public static func ldlSolve(_ ld: Tensor, _ pivots: Tensor, _ b: Tensor, hermitian: Bool = false) -> Tensor {
    attempt(ld, pivots, b) { ld, pivots, b throws(TensorError) in
      let name = "torch.linalg.ldl_solve"
      try checkSquare(name, ld)
      try checkFloating(name, ld)
      if b.rank < 2 { _ = try wrapDimension(-2, rank: b.rank) }
      try checkOldPair(name, b: b, a: ld)
      guard pivots.shape == Array(ld.shape.dropLast()) else {
        throw .runtime(
          "\(name): Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape \(pivots.shape) instead")
      }
      guard pivots.dtype.isIntegral, pivots.dtype != .bool else {
        throw .runtime("\(name): Expected pivots to be integers. Got \(pivots.dtype.scalarTypeName)")
      }
      try checkKernel("ldl_solve_kernel_cpu", ld)
      let batch = try broadcastShapes(ld.batch, b.batch)
      let x = try matrices(batch + b.shape.suffix(2), like: b)
      try run(
        .ldlSolve,
        [broadcast(ld.bare, batch: batch), broadcast(pivots.to(.int32), batch: batch, matrix: 1), broadcast(b.bare, batch: batch)],
        to: [x])
      return x.notDifferentiable("linalg_ldl_solve", [ld, b])
    }
  }
}

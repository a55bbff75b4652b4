import Devices

// A = P L U: rows exchanged for the largest pivots, L lower triangular with ones on its diagonal, U upper triangular.

extension Linalg {
  /// L and U in one matrix, and the exchanges of rows: row i was exchanged with row `pivots[i]`, counted from one, int32.
  ///
  /// Errors: `torch.linalg.lu_factor: (Batch element 1): U[1,1] is zero and using it on lu_solve would result in a division by zero. ...`;
  /// `torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: [3] instead`; `linalg.lu_factor: LU without pivoting is not
  /// implemented on the CPU`.
  public static func luFactor(_ a: Tensor, pivot: Bool = true) -> (lu: Tensor, pivots: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let (lu, pivots, info) = try recordedFactor(list[0], pivot: pivot)
      try checkPivots(info, "torch.linalg.lu_factor")
      return [lu, pivots]
    }
    return (results[0], results[1])
  }

  /// As `luFactor`, with the place of the first zero on the diagonal of U for each matrix; the factorization is complete nevertheless.
  public static func luFactorEx(
    _ a: Tensor, pivot: Bool = true, checkErrors: Bool = false
  ) -> (lu: Tensor, pivots: Tensor, info: Tensor) {
    let results = attempt([a], results: 3) { list throws(TensorError) in
      let (lu, pivots, info) = try recordedFactor(list[0], pivot: pivot)
      if checkErrors { try checkPivots(info, "torch.linalg.lu_factor_ex") }
      return [lu, pivots, info]
    }
    return (results[0], results[1], results[2])
  }

  /// The three factors: P [m, m], L [m, k] and U [k, n] of a matrix [m, n], where k = min(m, n). A singular matrix has them too.
  ///
  /// Errors: `linalg.lu: Expected tensor with 2 or more dimensions. Got size: [3] instead`.
  public static func lu(_ a: Tensor, pivot: Bool = true) -> (p: Tensor, l: Tensor, u: Tensor) {
    let results = attempt([a], results: 3) { list throws(TensorError) in
      let a = list[0]
      guard a.rank >= 2 else {
        throw .runtime("linalg.lu: Expected tensor with 2 or more dimensions. Got size: \(a.shape) instead")
      }
      let (lu, pivots, _) = try bareFactor(a, pivot: pivot)
      let p = try permutation(pivots, a.rows, like: lu)
      let factors = Tensor.differentiable("LinalgLuBackward0", results: [lowerFactor(lu), upperFactor(lu)], inputs: [a]) {
        (gradients, results) throws(TensorError) in
        [gradient(gradients[0], gradients[1], p, results[0], results[1])]
      }
      return [p] + factors
    }
    return (results[0], results[1], results[2])
  }

  /// The three factors from what `luFactor` gave.
  ///
  /// - Parameters:
  ///   - unpackData: whether L and U are wanted; they are empty otherwise.
  ///   - unpackPivots: whether P is.
  ///
  /// Errors: `torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.`; `pivots passed to lu_unpack must be
  /// between 1 and LU.size(-2) inclusive.Did you properly pass the result of lu_factor?`
  public static func luUnpack(
    _ lu: Tensor, _ pivots: Tensor, unpackData: Bool = true, unpackPivots: Bool = true
  ) -> (p: Tensor, l: Tensor, u: Tensor) {
    let results = attempt([lu, pivots], results: 3) { list throws(TensorError) in
      let (lu, pivots) = (list[0], list[1])
      guard lu.rank >= 2 else {
        throw .runtime("torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: \(lu.shape) instead")
      }
      guard !unpackPivots || pivots.dtype == .int32 else {
        throw .runtime("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.")
      }
      let k = Swift.min(lu.rows, lu.columns)
      guard pivots.shape == lu.batch + [k] else {
        throw .value("Expected LU_pivots to have shape \(lu.batch + [k]) but got \(pivots.shape) instead.")
      }
      let empty = try vectors([0], like: lu)
      let p = unpackPivots ? try permutation(pivots, lu.rows, like: lu) : empty
      if !unpackData { return [p, empty, empty] }
      let (rows, columns) = (lu.rows, lu.columns)
      let factors = Tensor.differentiable(
        "LuUnpackBackward0", results: [lowerFactor(lu.bare), upperFactor(lu.bare)], inputs: [lu], saves: false
      ) { gradients in
        let toL = gradients[0].map { $0.tril(diagonal: -1).pad([0, columns - k]) }
        let toU = gradients[1].map { $0.triu().pad([0, 0, 0, rows - k]) }
        return [Tensor.sum(toL, toU)]
      }
      return [p] + factors
    }
    return (results[0], results[1], results[2])
  }
}

// MARK: - Solving

extension Linalg {
  /// The solution of A X = B by what `luFactor` gave for A; of Aᵀ X = B if `adjoint`, and with X on the left of A if not `left`.
  ///
  /// Errors: `linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32`; `linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape
  /// to be the same, but got pivots with shape [3] instead`; `Pivots given to lu_solve must all be greater or equal to 1. Did you properly pass
  /// the result of lu_factor?`
  public static func luSolve(
    _ lu: Tensor, _ pivots: Tensor, _ b: Tensor, left: Bool = true, adjoint: Bool = false
  ) -> Tensor {
    attempt(lu, pivots, b) { lu, pivots, b throws(TensorError) in
      try checkFloating("torch.linalg.lu_solve", lu)
      guard pivots.dtype == .int32 else {
        throw .runtime("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
      }
      try checkDTypes("linalg.lu_solve", "LU", lu, "B", b)
      try checkSquare("torch.linalg.lu_solve", lu)
      try checkMatrix("linalg.lu_solve", b, "B")
      try checkEquation("linalg.lu_solve", lu, b, left: left)
      guard pivots.rank > 0, pivots.shape[pivots.rank - 1] == lu.rows else {
        throw .runtime("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
      }
      guard pivots.shape == Array(lu.shape.dropLast()) else {
        throw .runtime(
          "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape \(pivots.shape) instead"
        )
      }
      try checkKernel("linalg.lu_solve_cpu", lu)
      let x = try bareSolve(lu, pivots, b, left: left, adjoint: adjoint)
      let (needsLU, needsB) = (lu.requiresGrad, b.requiresGrad)
      return Tensor.differentiable("LinalgLuSolveBackward0", results: [x], inputs: [lu, b]) {
        (gradients, results) throws(TensorError) in
        guard let g = gradients[0], needsLU || needsB else { return [nil, nil] }
        let gB = luSolve(lu, pivots, g, left: left, adjoint: !adjoint)
        guard needsLU else { return [nil, gB] }
        let x = results[0]
        // Of A itself, and then of its factors: A = P L U.
        let ofOperator = -(left ? gB.matmul(x.mT) : x.mT.matmul(gB))
        let gA = adjoint ? ofOperator.mT : ofOperator
        let turned = try permutation(pivots, lu.rows, like: lu.bare).mT.matmul(gA)
        let gLU = turned.matmul(upperFactor(lu).mT).tril(diagonal: -1) + lowerFactor(lu).mT.matmul(turned).triu()
        return [gLU, needsB ? gB : nil]
      }[0]
    }
  }
}

// MARK: - For the others of the family

extension Linalg {
  /// L and U in one matrix, the pivots and the codes, outside the graph.
  static func bareFactor(
    _ a: Tensor, pivot: Bool = true, isInternal: Bool = true
  ) throws(TensorError) -> (lu: Tensor, pivots: Tensor, info: Tensor) {
    guard pivot else { throw .runtime("linalg.lu_factor: LU without pivoting is not implemented on the CPU") }
    try checkKernel("lu_cpu", a)
    let lu = try matrices(a.shape, like: a, isInternal: isInternal)
    let pivots = try vectors(a.batch + [Swift.min(a.rows, a.columns)], like: a, dtype: .int32)
    let info = try vectors(a.batch, like: a, dtype: .int32)
    try run(.lu, [a], to: [lu, pivots, info])
    return (lu, pivots, info)
  }

  /// The solution by factors, outside the graph; the batches broadcast.
  static func bareSolve(
    _ lu: Tensor, _ pivots: Tensor, _ b: Tensor, left: Bool = true, adjoint: Bool = false
  ) throws(TensorError) -> Tensor {
    let batch = try broadcastShapes(b.batch, lu.batch)
    let factors = [broadcast(lu.bare, batch: batch), broadcast(pivots, batch: batch, matrix: 1)]
    let right = broadcast(b.bare, batch: batch)
    if left {
      let x = try matrices(right.shape, like: b)
      try run(.luSolve(transposed: adjoint), factors + [right], to: [x])
      return x
    }
    // Aᵀ Xᵀ = Bᵀ
    let x = try matrices(right.mT.shape, like: b)
    try run(.luSolve(transposed: !adjoint), factors + [right.mT], to: [x])
    return x.mT
  }

  /// P by the exchanges that it is made of.
  private static func permutation(_ pivots: Tensor, _ rows: Int, like x: Tensor) throws(TensorError) -> Tensor {
    let order = try vectors(pivots.shape.dropLast() + [rows], like: x, dtype: .int32)
    try run(.rowOrder, [pivots], to: [order])
    return (order.unsqueeze(-2) .== Tensor.positions(rows, on: x.device).unsqueeze(-1)).to(x.dtype)
  }

  private static func lowerFactor(_ lu: Tensor) -> Tensor {
    let k = Swift.min(lu.rows, lu.columns)
    return lu.narrow(dim: -1, start: 0, length: k).tril(diagonal: -1)
      + Tensor.eye(lu.rows, k, dtype: lu.dtype, device: lu.device)
  }

  private static func upperFactor(_ lu: Tensor) -> Tensor {
    lu.narrow(dim: -2, start: 0, length: Swift.min(lu.rows, lu.columns)).triu()
  }

  private static func recordedFactor(_ a: Tensor, pivot: Bool) throws(TensorError) -> (Tensor, Tensor, Tensor) {
    guard a.rank >= 2 else {
      throw .runtime("torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: \(a.shape) instead")
    }
    let (lu, pivots, info) = try bareFactor(a, pivot: pivot, isInternal: false)
    let (rows, k) = (a.rows, Swift.min(a.rows, a.columns))
    let recorded = Tensor.differentiable("LinalgLuFactorExBackward0", results: [lu], inputs: [a]) {
      (gradients, results) throws(TensorError) in
      guard let g = gradients[0] else { return [nil] }
      let p = try permutation(pivots, rows, like: lu)
      let gL = g.narrow(dim: -1, start: 0, length: k).tril(diagonal: -1)
      let gU = g.narrow(dim: -2, start: 0, length: k).triu()
      return [gradient(gL, gU, p, lowerFactor(results[0]), upperFactor(results[0]))]
    }[0]
    return (recorded, pivots, info)
  }

  private static func checkPivots(_ info: Tensor, _ name: String) throws(TensorError) {
    try check(info, name, .runtime) { place in
      "U[\(place),\(place)] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the "
        + "factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
    }
  }

  /// The gradient of A = P L U from those of L and U.
  ///
  /// With k = min(m, n), the factors of the first k rows and columns give their part as for a square matrix; the columns or rows beyond follow
  /// by one solution each, and what they owe to the square part is taken off it.
  private static func gradient(_ gL: Tensor?, _ gU: Tensor?, _ p: Tensor, _ l: Tensor, _ u: Tensor) -> Tensor? {
    guard gL != nil || gU != nil else { return nil }
    let (m, n, k) = (l.rows, u.columns, l.columns)
    let gL = gL ?? l.zerosLike()
    let gU = gU ?? u.zerosLike()
    let l1 = l.narrow(dim: -2, start: 0, length: k)
    let u1 = u.narrow(dim: -1, start: 0, length: k)
    var ofL = l1.mT.matmul(gL.narrow(dim: -2, start: 0, length: k))
    var ofU = gU.narrow(dim: -1, start: 0, length: k).matmul(u1.mT)
    func solveL(_ b: Tensor) -> Tensor { solveTriangular(l1.mT, b, upper: true, unitriangular: true) }
    func solveU(_ b: Tensor) -> Tensor { solveTriangular(u1.mT, b, upper: false, left: false) }
    var beyond: Tensor?
    if n > k {
      let gU2 = gU.narrow(dim: -1, start: k, length: n - k)
      ofL = ofL - gU2.matmul(u.narrow(dim: -1, start: k, length: n - k).mT)
      beyond = solveL(gU2)
    } else if m > k {
      let gL2 = gL.narrow(dim: -2, start: k, length: m - k)
      ofU = ofU - l.narrow(dim: -2, start: k, length: m - k).mT.matmul(gL2)
      beyond = solveU(gL2)
    }
    let square = solveU(solveL(ofL.tril(diagonal: -1) + ofU.triu()))
    return p.matmul(beyond.map { concatenate([square, $0], dim: n > k ? -1 : -2) } ?? square)
  }
}

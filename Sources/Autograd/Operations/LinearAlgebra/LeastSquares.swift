import Devices

extension Linalg {
  /// What `lstsq` gives.
  public struct LeastSquares: Sendable {
    /// [n, k], or [n] where B was a vector for each matrix.
    public let solution: Tensor
    /// The sums of squares of A X - B in each column, [k]. Empty unless m > n, every matrix has the rank n, and the driver is not `gelsy`.
    public let residuals: Tensor
    /// int64; empty for `gels`, which takes full rank for granted.
    public let rank: Tensor
    /// [min(m, n)]; empty unless the driver is `gelsd` or `gelss`.
    public let singularValues: Tensor
  }

  /// The solutions X of A X = B, for matrices A [m, n] and B [m, k], with the least squares of errors; of all that are equally good the least one.
  ///
  /// B is a vector for each matrix where it has one dimension less than A.
  ///
  /// - Parameters:
  ///   - rcond: singular values at or below this times the greatest count as zero: if nil, max(m, n) times the distance from one to the next
  ///     number of the dtype.
  ///   - driver: how it is computed.
  ///
  /// Errors: `torch.linalg.lstsq: input must have at least 2 dimensions.`; `torch.linalg.lstsq: input.size(-2) should match other.size(-2)`;
  /// `torch.linalg.lstsq: (Batch element 1): The least squares solution could not be computed because the input matrix does not have full rank
  /// (error code: 2).` from `gels`.
  public static func lstsq(
    _ a: Tensor, _ b: Tensor, rcond: Double? = nil, driver: LeastSquaresDriver = .gelsy
  ) -> LeastSquares {
    let results = attempt([a, b], results: 4) { list throws(TensorError) in
      let (a, b) = (list[0], list[1])
      try checkLeastSquares(a, b)
      let isVector = b.rank == a.rank - 1
      let right = isVector ? b.unsqueeze(-1) : b
      let batch = try broadcastShapes(a.batch, right.batch)
      let cutoff = rcond ?? Double(Swift.max(a.rows, a.columns)) * a.dtype.epsilon
      let bare = try bareLeastSquares(
        broadcast(a.bare, batch: batch), broadcast(right.bare, batch: batch), .leastSquares(driver, cutoff: cutoff))
      let empty = try vectors([0], like: a)
      var residuals = empty
      let isDetermined = driver == .gels ? true : try (bare.rank .== a.columns).all().element().boolValue
      if a.rows > a.columns, driver != .gelsy, isDetermined {
        let error = a.bare.matmul(bare.x) - right.bare
        residuals = (error * error).sum(dim: -2)
      }
      let rank = driver == .gels ? try vectors([0], like: a, dtype: .int64) : bare.rank.to(.int64)
      let values = driver == .gelsd || driver == .gelss ? bare.singularValues : empty
      let solution = isVector ? bare.x.squeeze(-1) : bare.x
      let recorded = record(solution, residuals, a, b, isVector: isVector)
      return recorded + [rank, values]
    }
    return LeastSquares(solution: results[0], residuals: results[1], rank: results[2], singularValues: results[3])
  }

  /// With P the pseudo-inverse, X = P B; and the residual's own derivative by X is zero where X is the best.
  private static func record(
    _ solution: Tensor, _ residuals: Tensor, _ a: Tensor, _ b: Tensor, isVector: Bool
  ) -> [Tensor] {
    Tensor.differentiable("LinalgLstsqBackward0", results: [solution, residuals], inputs: [a, b]) {
      (gradients, results) throws(TensorError) in
      let right = isVector ? b.unsqueeze(-1) : b
      let x = isVector ? results[0].unsqueeze(-1) : results[0]
      var (gA, gB): (Tensor?, Tensor?)
      if let g = gradients[0].map({ isVector ? $0.unsqueeze(-1) : $0 }) {
        let pseudo = pinv(a)
        gA = gradientOfPseudoInverse(g.matmul(right.mT), pseudo, a)
        gB = pseudo.mT.matmul(g)
      }
      if let g = gradients[1], g.count > 0 {
        let scaled = (a.matmul(x) - right) * (2 * g).unsqueeze(-2)
        gA = Tensor.sum(gA, scaled.matmul(x.mT))
        gB = Tensor.sum(gB, -scaled)
      }
      return [gA, isVector ? gB?.squeeze(-1) : gB]
    }
  }

  private static func checkLeastSquares(_ a: Tensor, _ b: Tensor) throws(TensorError) {
    let name = "torch.linalg.lstsq"
    guard a.rank >= 2 else { throw .runtime("\(name): input must have at least 2 dimensions.") }
    guard b.rank >= 1 else { throw .runtime("\(name): other must have at least 1 dimension.") }
    guard a.dtype == b.dtype else {
      throw .runtime(
        "\(name): Expected input and other to have the same dtype, but got input's dtype \(a.dtype.scalarTypeName) and other's dtype "
          + "\(b.dtype.scalarTypeName)")
    }
    guard b.rank == a.rank || b.rank == a.rank - 1 else {
      throw .runtime("\(name): input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1")
    }
    let isVector = b.rank == a.rank - 1
    _ = try broadcastShapes(a.batch, Array(b.shape.dropLast(isVector ? 1 : 2)))
    guard a.rows == b.size(isVector ? -1 : -2) else {
      throw .runtime("\(name): input.size(-2) should match other.size(\(isVector ? -1 : -2))")
    }
    guard a.dtype == .float32 || a.dtype == .float64 else {
      throw .runtime("This function doesn't handle types other than float and double")
    }
  }

  private static func bareLeastSquares(
    _ a: Tensor, _ b: Tensor, _ operation: LinearAlgebra
  ) throws(TensorError) -> (x: Tensor, rank: Tensor, singularValues: Tensor) {
    let x = try matrices(a.batch + [a.columns, b.columns], like: a)
    let rank = try vectors(a.batch, like: a, dtype: .int32)
    let values = try vectors(a.batch + [Swift.min(a.rows, a.columns)], like: a)
    if a.rows == 0 || a.columns == 0 || b.columns == 0 {
      // Nothing to solve: the least of all solutions is zero.
      for result in [x, rank, values] { try a.device.fill(result.operand, with: .int(0)) }
      return (x, rank, values)
    }
    let info = try vectors(a.batch, like: a, dtype: .int32)
    try run(operation, [a, b], to: [x, rank, values, info])
    try check(info, "torch.linalg.lstsq") { code in
      code < 0
        ? "The least squares solution could not be computed because the input contained non-finite values."
        : "The least squares solution could not be computed because the input matrix does not have full rank (error code: \(code))."
    }
    return (x, rank, values)
  }
}

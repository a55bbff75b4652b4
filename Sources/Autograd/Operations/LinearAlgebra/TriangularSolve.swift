import Devices

extension Linalg {
  /// The solution of A X = B, or of X A = B if not `left`, by one triangle of A alone. A zero on the diagonal divides by zero and is no error.
  ///
  /// - Parameter unitriangular: whether the diagonal counts as one and is not read.
  ///
  /// Errors: `linalg.solve_triangular: Incompatible shapes of A and B for the equation AX = B (3x3 and 2x2)`.
  public static func solveTriangular(
    _ a: Tensor, _ b: Tensor, upper: Bool, left: Bool = true, unitriangular: Bool = false
  ) -> Tensor {
    attempt(a, b) { a, b throws(TensorError) in
      let name = "linalg.solve_triangular"
      try checkSquare(name, a)
      try checkMatrix(name, b, "B")
      try checkEquation(name, a, b, left: left)
      let dtype = a.dtype.promoted(with: b.dtype)
      let (matrix, right) = (a.to(dtype), b.to(dtype))
      try checkKernel("triangular_solve_cpu", matrix)
      return try triangularSolution(
        "LinalgSolveTriangularBackward0", matrix, right, upper: upper, left: left, unitriangular: unitriangular)
    }
  }

  /// PyTorch's older form of `solveTriangular`, with B first; gives a copy of A as well.
  ///
  /// - Parameter transpose: whether Aᵀ X = B is solved.
  ///
  /// Errors: `torch.triangular_solve: Expected A to have at least 2 dimensions, but it has 1 dimensions instead`.
  public static func triangularSolve(
    _ b: Tensor, _ a: Tensor, upper: Bool = true, transpose: Bool = false, unitriangular: Bool = false
  ) -> (solution: Tensor, clonedCoefficient: Tensor) {
    let results = attempt([b, a], results: 2) { list throws(TensorError) in
      let (b, a) = (list[0], list[1])
      for (name, x) in [("b", b), ("A", a)] where x.rank < 2 {
        throw .runtime(
          "torch.triangular_solve: Expected \(name) to have at least 2 dimensions, but it has \(x.rank) dimensions instead")
      }
      try checkOldPair("triangular_solve", b: b, a: a)
      try checkKernel("triangular_solve_cpu", a)
      let (matrix, isUpper) = transpose ? (a.mT, !upper) : (a, upper)
      let batch = try broadcastShapes(a.batch, b.batch)
      return [
        try triangularSolution(
          "TriangularSolveBackward0", matrix, b, upper: isUpper, left: true, unitriangular: unitriangular),
        a.expand(batch + a.shape.suffix(2)).clone(),
      ]
    }
    return (results[0], results[1])
  }

  private static func triangularSolution(
    _ gradName: String, _ a: Tensor, _ b: Tensor, upper: Bool, left: Bool, unitriangular: Bool
  ) throws(TensorError) -> Tensor {
    let batch = try broadcastShapes(b.batch, a.batch)
    let matrix = broadcast(a.bare, batch: batch)
    let right = broadcast(b.bare, batch: batch)
    var x: Tensor
    if left {
      x = try matrices(right.shape, like: b)
      try run(.triangularSolve(upper: upper, unitriangular: unitriangular), [matrix, right], to: [x])
    } else {
      // Aᵀ Xᵀ = Bᵀ
      x = try matrices(right.mT.shape, like: b)
      try run(.triangularSolve(upper: !upper, unitriangular: unitriangular), [matrix.mT, right.mT], to: [x])
      x = x.mT
    }
    let (needsA, needsB) = (a.requiresGrad, b.requiresGrad)
    return Tensor.differentiable(gradName, results: [x], inputs: [a, b]) { (gradients, results) throws(TensorError) in
      guard let g = gradients[0], needsA || needsB else { return [nil, nil] }
      let gB = solveTriangular(a.mT, g, upper: !upper, left: left, unitriangular: unitriangular)
      guard needsA else { return [nil, gB] }
      let gA = -(left ? gB.matmul(results[0].mT) : results[0].mT.matmul(gB))
      return [upper ? gA.triu(diagonal: unitriangular ? 1 : 0) : gA.tril(diagonal: unitriangular ? -1 : 0), needsB ? gB : nil]
    }[0]
  }
}

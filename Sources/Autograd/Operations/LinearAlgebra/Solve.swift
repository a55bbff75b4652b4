import Devices

extension Linalg {
  /// The solution of A X = B, or of X A = B if not `left`.
  ///
  /// B is a vector for each matrix where it has one dimension, or the shape of A without its last; the solutions are vectors then.
  ///
  /// Errors: `torch.linalg.solve: (Batch element 1): The solver failed because the input matrix is singular.`; `linalg.solve: Incompatible shapes
  /// of A and B for the equation AX = B (3x3 and 2x2)`.
  public static func solve(_ a: Tensor, _ b: Tensor, left: Bool = true) -> Tensor {
    attempt(a, b) { a, b throws(TensorError) in
      let (x, info) = try solution(a, b, left: left)
      try checkSolved(info, "torch.linalg.solve")
      return x
    }
  }

  /// As `solve`, with the place of the first pivot that is zero for each matrix; the solution then is infinite or NaN.
  public static func solveEx(
    _ a: Tensor, _ b: Tensor, left: Bool = true, checkErrors: Bool = false
  ) -> (result: Tensor, info: Tensor) {
    let results = attempt([a, b], results: 2) { list throws(TensorError) in
      let (x, info) = try solution(list[0], list[1], left: left)
      if checkErrors { try checkSolved(info, "torch.linalg.solve_ex") }
      return [x, info]
    }
    return (results[0], results[1])
  }

  private static func checkSolved(_ info: Tensor, _ name: String) throws(TensorError) {
    try check(info, name) { _ in "The solver failed because the input matrix is singular." }
  }

  private static func solution(_ a: Tensor, _ b: Tensor, left: Bool) throws(TensorError) -> (Tensor, Tensor) {
    let name = "linalg.solve"
    try checkFloating(name, a)
    try checkSquare(name, a)
    try checkDTypes(name, "A", a, "B", b)
    let isVector = b.rank == 1 || b.rank == a.rank - 1 && b.shape == Array(a.shape.dropLast())
    if !isVector { try checkMatrix(name, b, "B") }
    let right = isVector ? b.unsqueeze(-1) : b
    try checkEquation(name, a, right, left: left)
    guard left || !isVector else {
      throw .runtime(
        "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case linalg.solve is equivalent "
          + "to B / A.squeeze(-1)")
    }
    let (lu, pivots, info) = try bareFactor(a)
    let x = try bareSolve(lu, pivots, right.bare, left: left)
    let (needsA, needsB) = (a.requiresGrad, b.requiresGrad)
    let result = Tensor.differentiable(
      "LinalgSolveExBackward0", results: [isVector ? x.bareView(x.layout.dropping(-1)) : x], inputs: [a, b]
    ) { (gradients, results) throws(TensorError) in
      guard let g = gradients[0], needsA || needsB else { return [nil, nil] }
      let (incoming, x) = isVector ? (g.unsqueeze(-1), results[0].unsqueeze(-1)) : (g, results[0])
      // The factors are at hand, but they have no derivative.
      let gB =
        GradientMode.isEnabled
        ? solveEx(a.mT, incoming, left: left).result : try bareSolve(lu, pivots, incoming, left: left, adjoint: true)
      let gA = needsA ? -(left ? gB.matmul(x.mT) : x.mT.matmul(gB)) : nil
      return [gA, needsB ? (isVector ? gB.squeeze(-1) : gB) : nil]
    }[0]
    return (result, info)
  }
}

extension Layout {
  /// Without a dimension of size one, counted from the back.
  fileprivate func dropping(_ dim: Int) -> Layout {
    var (shape, strides) = (shape, strides)
    shape.remove(at: rank + dim)
    strides.remove(at: rank + dim)
    return Layout(shape: shape, strides: strides, offset: offset)
  }
}

// MARK: - Inverses

extension Linalg {
  /// The inverse of square matrices.
  ///
  /// Errors: `linalg.inv: (Batch element 1): The diagonal element 1 is zero, the inversion could not be completed because the input matrix is
  /// singular.`; `linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func inv(_ a: Tensor) -> Tensor {
    attempt(a) { a throws(TensorError) in
      let (inverse, info) = try inversion(a)
      try checkInverted(info, "linalg.inv")
      return inverse
    }
  }

  /// As `inv`, with the place of the first pivot that is zero for each matrix; the inverse then is infinite or NaN.
  public static func invEx(_ a: Tensor, checkErrors: Bool = false) -> (inverse: Tensor, info: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let (inverse, info) = try inversion(list[0])
      if checkErrors { try checkInverted(info, "linalg.inv_ex") }
      return [inverse, info]
    }
    return (results[0], results[1])
  }

  private static func checkInverted(_ info: Tensor, _ name: String) throws(TensorError) {
    try check(info, name) { element in
      "The diagonal element \(element) is zero, the inversion could not be completed because the input matrix is singular."
    }
  }

  private static func inversion(_ a: Tensor) throws(TensorError) -> (Tensor, Tensor) {
    try checkFloating("linalg.inv", a, lowPrecision: false)
    try checkSquare("linalg.inv", a)
    let (lu, pivots, info) = try bareFactor(a)
    let inverse = try bareSolve(lu, pivots, a.identity(a.rows))
    let result = inverse.differentiable("LinalgInvExBackward0", a) { g, inverse in
      -inverse.mT.matmul(g.matmul(inverse.mT))
    }
    return (result, info)
  }

  /// The inverse of a tensor as a map: reshaped to a square matrix after its first `ind` dimensions, inverted, and reshaped back.
  ///
  /// Errors: `Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got 3 != 6`; `Expected a strictly
  /// positive integer for 'ind', but got 0`.
  public static func tensorinv(_ a: Tensor, ind: Int = 2) -> Tensor {
    attempt(a) { a throws(TensorError) in
      guard ind > 0 else { throw .runtime("Expected a strictly positive integer for 'ind', but got \(ind)") }
      guard ind <= a.rank else { throw .runtime("ArrayRef: invalid slice, N = \(ind); size = \(a.rank)") }
      let (first, last) = (Array(a.shape.prefix(ind)), Array(a.shape.dropFirst(ind)))
      let (size, other) = (first.reduce(1, *), last.reduce(1, *))
      guard size == other else {
        throw .runtime(
          "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got \(other) != \(size)")
      }
      return inv(a.reshape([size, size])).reshape(last + first)
    }
  }

  /// The solution X of `a.tensordot(X, dims: X.rank) = b`.
  ///
  /// - Parameter dims: dimensions of `a` that are moved to its end first.
  ///
  /// Error: `Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got 6 != 4`.
  public static func tensorsolve(_ a: Tensor, _ b: Tensor, dims: [Int]? = nil) -> Tensor {
    attempt(a, b) { a, b throws(TensorError) in
      let a = dims.map { a.movedim($0, Array((a.rank - $0.count)..<a.rank)) } ?? a
      guard a.isValid else { return a }
      let shape = Array(a.shape.dropFirst(b.rank))
      let size = shape.reduce(1, *)
      guard size == b.count else {
        throw .runtime(
          "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got \(size) != "
            + "\(b.count)")
      }
      return solve(a.reshape([size, size]), b.flatten()).reshape(shape)
    }
  }
}

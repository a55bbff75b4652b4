import Devices

// Eigenvalues of symmetric matrices, and what is made of them.

extension Linalg {
  /// The eigenvalues of symmetric matrices, ascending, and their eigenvectors in the columns of a matrix: A = V diag(λ) Vᵀ.
  ///
  /// One triangle of `a` is read. Eigenvectors are unique up to their signs only, and those of equal eigenvalues up to a rotation, where they have
  /// no derivative.
  ///
  /// The derivative: Giles 2008, section 3.1.
  ///
  /// Errors: `linalg.eigh: The algorithm failed to converge because the input matrix contained non-finite values.`; `linalg.eigh: A must be
  /// batches of square matrices, but they are 2 by 3 matrices`.
  public static func eigh(_ a: Tensor, uplo: MatrixTriangle = .lower) -> (eigenvalues: Tensor, eigenvectors: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let a = list[0]
      let (values, vectors) = try bareEigen(a, uplo: uplo)
      return Tensor.differentiable("LinalgEighBackward0", results: [values, vectors], inputs: [a]) {
        (gradients, results) throws(TensorError) in
        let (values, vectors) = (results[0], results[1])
        guard let gV = gradients[1] else {
          return [gradients[0].map { g in (vectors * g.unsqueeze(-2)).matmul(vectors.mT) }]
        }
        // Vᵀ dV is antisymmetric.
        let inner = vectors.mT.matmul(gV)
        let differences = values.unsqueeze(-2) - values.unsqueeze(-1) + values.onesLike().diagEmbed()
        let turned = (inner - inner.mT) * 0.5 / differences
        let whole = gradients[0].map { turned + $0.diagEmbed() } ?? turned
        return [vectors.matmul(whole).matmul(vectors.mT)]
      }
    }
    return (results[0], results[1])
  }

  /// The eigenvalues of symmetric matrices alone, ascending: see `eigh`.
  public static func eigvalsh(_ a: Tensor, uplo: MatrixTriangle = .lower) -> Tensor {
    // The derivative takes the vectors.
    if a.requiresGrad && GradientMode.isEnabled { return eigh(a, uplo: uplo).eigenvalues }
    return attempt(a) { a throws(TensorError) in try bareEigenvalues(a, uplo: uplo) }
  }

  /// The symmetric square root of symmetric matrices whose eigenvalues are not negative; those that are count as zero. The lower triangle is read.
  ///
  /// Error: `linalg.matrix_sqrth: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func matrixSqrth(_ a: Tensor) -> Tensor {
    attempt(a) { a throws(TensorError) in
      try checkFloating("linalg.matrix_sqrth", a, lowPrecision: false)
      try checkSquare("linalg.matrix_sqrth", a)
      let (values, vectors) = try bareEigen(a, uplo: .lower)
      let root = (vectors * values.clamp(min: 0).sqrt().unsqueeze(-2)).matmul(vectors.mT)
      // X dX + dX X = dA
      return root.differentiable("LinalgMatrixSqrthBackward0", a) { g, root in symmetricSylvester(root, (g + g.mT) * 0.5) }
    }
  }

  /// The solution X of H X + X H = C for symmetric H, by its eigenvalues: NaN or infinite where two of them add up to zero.
  ///
  /// The derivative is of the same form, so that equal eigenvalues do no harm.
  static func symmetricSylvester(_ h: Tensor, _ c: Tensor) -> Tensor {
    attempt(h, c) { h, c throws(TensorError) in
      let (values, vectors) = try bareEigen(h, uplo: .lower)
      let sums = values.unsqueeze(-2) + values.unsqueeze(-1)
      let x = vectors.matmul(vectors.mT.matmul(c.bare).matmul(vectors) / sums).matmul(vectors.mT)
      let needsH = h.requiresGrad
      return Tensor.differentiable("SymmetricSylvesterBackward0", results: [x], inputs: [h, c]) {
        (gradients, results) throws(TensorError) in
        guard let g = gradients[0] else { return [nil, nil] }
        let toC = symmetricSylvester(h, g)
        return [needsH ? -(results[0].mT.matmul(toC) + toC.matmul(results[0].mT)) : nil, toC]
      }[0]
    }
  }
}

// MARK: - The command

extension Linalg {
  /// The eigenvalues and eigenvectors outside the graph.
  static func bareEigen(_ a: Tensor, uplo: MatrixTriangle) throws(TensorError) -> (values: Tensor, vectors: Tensor) {
    try checkSquare("linalg.eigh", a)
    try checkKernel("linalg_eigh_cpu", a)
    let values = try vectors(Array(a.shape.dropLast()), like: a)
    let eigenvectors = try matrices(a.shape, like: a)
    try runEigen(a, uplo, to: [values, eigenvectors])
    return (values, eigenvectors)
  }

  static func bareEigenvalues(_ a: Tensor, uplo: MatrixTriangle) throws(TensorError) -> Tensor {
    try checkSquare("linalg.eigh", a)
    try checkKernel("linalg_eigh_cpu", a)
    let values = try vectors(Array(a.shape.dropLast()), like: a)
    try runEigen(a, uplo, to: [values])
    return values
  }

  private static func runEigen(_ a: Tensor, _ uplo: MatrixTriangle, to outputs: [Tensor]) throws(TensorError) {
    let info = try vectors(a.batch, like: a, dtype: .int32)
    try run(.symmetricEigen(upper: uplo == .upper), [a], to: outputs + [info])
    try checkConverged(info, "linalg.eigh", "eigenvalues")
  }

  static func checkConverged(_ info: Tensor, _ name: String, _ values: String) throws(TensorError) {
    try check(info, name) { code in
      code < 0
        ? "The algorithm failed to converge because the input matrix contained non-finite values."
        : "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated \(values) (error code: "
          + "\(code))."
    }
  }
}

import Devices

// A = U diag(σ) Vᵀ, the singular values descending.

extension Linalg {
  /// The singular values of matrices [m, n], descending, with U [m, m] and Vᵀ [n, n], or the first min(m, n) columns of U and rows of Vᵀ alone if
  /// not `fullMatrices`.
  ///
  /// The vectors are unique up to their signs only, and those of equal or zero singular values up to a rotation, where they have no derivative;
  /// the vectors that `fullMatrices` adds have none at all.
  ///
  /// The derivative: Giles 2008, section 3.2; Townsend, Differentiating the singular value decomposition, 2016.
  ///
  /// Errors: `linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values.`; `linalg.svd: The input
  /// tensor A must have at least 2 dimensions.`
  public static func svd(_ a: Tensor, fullMatrices: Bool = true) -> (u: Tensor, s: Tensor, vh: Tensor) {
    let results = attempt([a], results: 3) { list throws(TensorError) in
      let a = list[0]
      let (u, s, vh) = try bareSVD(a, fullMatrices: fullMatrices)
      let k = Swift.min(a.rows, a.columns)
      return Tensor.differentiable("LinalgSvdBackward0", results: [u, s, vh], inputs: [a]) {
        (gradients, results) throws(TensorError) in
        [
          gradient(
            gradients[0]?.narrow(dim: -1, start: 0, length: k), gradients[1], gradients[2]?.narrow(dim: -2, start: 0, length: k),
            results[0].narrow(dim: -1, start: 0, length: k), results[1], results[2].narrow(dim: -2, start: 0, length: k))
        ]
      }
    }
    return (results[0], results[1], results[2])
  }

  /// The singular values alone, descending: see `svd`.
  public static func svdvals(_ a: Tensor) -> Tensor {
    // The derivative takes the vectors.
    if a.requiresGrad && GradientMode.isEnabled { return svd(a, fullMatrices: false).s }
    return attempt(a) { a throws(TensorError) in
      try checkSVD(a)
      let values = try vectors(a.batch + [Swift.min(a.rows, a.columns)], like: a)
      try runSVD(a, to: [values])
      return values
    }
  }

  /// A = U H for matrices [m, n] with m ≥ n: U with orthonormal columns, [m, n], H symmetric with eigenvalues that are not negative, [n, n].
  ///
  /// The derivative, where the rank is n, is by the equation that dU and dH fulfil, so that equal singular values do no harm.
  ///
  /// Errors: `linalg.polar: input must have at least as many rows as columns, but got 2 by 3 matrices`; those of `svd`.
  public static func polar(_ a: Tensor) -> (u: Tensor, h: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let a = list[0]
      try checkMatrix("linalg.polar", a)
      try checkFloating("linalg.polar", a)
      guard a.rows >= a.columns else {
        throw .runtime(
          "linalg.polar: input must have at least as many rows as columns, but got \(a.rows) by \(a.columns) matrices")
      }
      let (u, s, vh) = try bareSVD(a, fullMatrices: false)
      let factors = [u.matmul(vh), (vh.mT * s.unsqueeze(-2)).matmul(vh)]
      let isTall = a.rows > a.columns
      return Tensor.differentiable("LinalgPolarBackward0", results: factors, inputs: [a]) {
        (gradients, results) throws(TensorError) in
        let (u, h) = (results[0], results[1])
        // With Ω = Uᵀ dU antisymmetric, Ω H + H Ω = Uᵀ dA - dAᵀ U, and dH = Uᵀ dA - Ω H.
        let direct = gradients[0].map { u.mT.matmul($0) }
        let byH = gradients[1].map { -$0.matmul(h) }
        guard let inner = Tensor.sum(direct, byH) else { return [nil] }
        var gA = u.matmul(symmetricSylvester(h, inner - inner.mT))
        if let gH = gradients[1] { gA = gA + u.matmul(gH) }
        if isTall, let gU = gradients[0], let direct {
          gA = gA + solveEx(h, gU - u.matmul(direct), left: false).result
        }
        return [gA]
      }
    }
    return (results[0], results[1])
  }

  private static func gradient(
    _ gU: Tensor?, _ gS: Tensor?, _ gVh: Tensor?, _ u: Tensor, _ s: Tensor, _ vh: Tensor
  ) -> Tensor? {
    let (rows, columns) = (s.unsqueeze(-1), s.unsqueeze(-2))
    guard gU != nil || gVh != nil else {
      return gS.map { (u * $0.unsqueeze(-2)).matmul(vh) }
    }
    func skew(_ x: Tensor) -> Tensor { x - x.mT }
    // In the basis of the singular vectors; on the diagonal both numerators are zero.
    let differences = columns * columns - rows * rows + s.onesLike().diagEmbed()
    let byU = gU.map { skew(u.mT.matmul($0)) * columns }
    let byV = gVh.map { skew(vh.matmul($0.mT)) * rows }
    // One of them is there.
    var inner = Tensor.sum(byU, byV)! / differences
    if let gS { inner = inner + gS.diagEmbed() }
    var gA = u.matmul(inner).matmul(vh)
    // What leaves the spaces that the vectors span.
    if u.rows > u.columns, let gU {
      let outer = gU / columns
      gA = gA + (outer - u.matmul(u.mT.matmul(outer))).matmul(vh)
    }
    if vh.columns > vh.rows, let gVh {
      let outer = gVh / rows
      gA = gA + u.matmul(outer - outer.matmul(vh.mT).matmul(vh))
    }
    return gA
  }
}

extension Tensor {
  /// PyTorch's older form of `Linalg.svd`, which gives V in the place of Vᵀ.
  ///
  /// - Parameters:
  ///   - some: whether only the first min(m, n) columns of U and V are wanted.
  ///   - computeUV: whether U and V are wanted; they are zeros [m, m] and [n, n] otherwise.
  public func svd(some: Bool = true, computeUV: Bool = true) -> (u: Tensor, s: Tensor, v: Tensor) {
    if isValid && rank < 2 {
      let failed = Tensor.failure(
        .runtime("linalg.svd: input should have at least 2 dimensions, but has \(rank) dimensions instead"))
      return (failed, failed, failed)
    }
    if computeUV {
      let (u, s, vh) = Linalg.svd(self, fullMatrices: !some)
      return (u, s, vh.isValid ? vh.mT : vh)
    }
    let s = Linalg.svdvals(self)
    guard s.isValid else { return (s, s, s) }
    func zeros(_ n: Int) -> Tensor { .zeros(batch + [n, n], dtype: dtype, device: device) }
    return (zeros(rows), s, zeros(columns))
  }
}

// MARK: - The command

extension Linalg {
  /// The decomposition outside the graph.
  static func bareSVD(_ a: Tensor, fullMatrices: Bool) throws(TensorError) -> (u: Tensor, s: Tensor, vh: Tensor) {
    try checkSVD(a)
    let (m, n, k) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
    let u = try matrices(a.batch + [m, fullMatrices ? m : k], like: a)
    let s = try vectors(a.batch + [k], like: a)
    let vh = try matrices(a.batch + [fullMatrices ? n : k, n], like: a)
    try runSVD(a, to: [u, s, vh])
    return (u, s, vh)
  }

  private static func checkSVD(_ a: Tensor) throws(TensorError) {
    try checkFloating("linalg.svd", a)
    try checkMatrix("linalg.svd", a)
    try checkKernel("linalg_svd_cpu", a)
  }

  private static func runSVD(_ a: Tensor, to outputs: [Tensor]) throws(TensorError) {
    let info = try vectors(a.batch, like: a, dtype: .int32)
    try run(.singularValues, [a], to: outputs + [info])
    try checkConverged(info, "linalg.svd", "singular values")
  }
}

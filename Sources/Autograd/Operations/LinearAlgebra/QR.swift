import Devices

/// What `Linalg.qr` gives of a matrix [m, n], where k = min(m, n).
public enum QRMode: String, Sendable, CaseIterable {
  /// Q [m, k] and R [k, n].
  case reduced
  /// Q [m, m] and R [m, n].
  case complete
  /// R [k, n] alone; Q is empty.
  case r
}

extension Linalg {
  /// A = Q R with Q orthogonal and R upper triangular. The signs of R's diagonal are not normalised.
  ///
  /// The derivative: Walter, Lehmann, Structured higher-order algorithmic differentiation in the forward and reverse mode with application in
  /// optimum experimental design, 2012.
  ///
  /// Errors: `linalg.qr: The input tensor A must have at least 2 dimensions.`; in the backward pass `The QR decomposition is not differentiable
  /// when mode='complete' and nrows > ncols.`
  public static func qr(_ a: Tensor, mode: QRMode = .reduced) -> (q: Tensor, r: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let a = list[0]
      try checkMatrix("linalg.qr", a)
      try checkFloating("linalg.qr", a)
      let (packed, tau) = try bareReflectors(a)
      let (m, n, k) = (a.rows, a.columns, Swift.min(a.rows, a.columns))
      let r = (mode == .complete ? packed : packed.narrow(dim: -2, start: 0, length: k)).triu()
      let q = mode == .r ? try vectors([0], like: a) : try bareProduct(packed, tau, columns: mode == .complete ? m : k)
      return Tensor.differentiable("LinalgQrBackward0", results: [q, r], inputs: [a]) { (gradients, results) throws(TensorError) in
        guard gradients[0] != nil || gradients[1] != nil else { return [nil] }
        guard mode != .r else {
          throw .runtime(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') if you are "
              + "going to differentiate through linalg.qr.")
        }
        guard mode != .complete || m <= n else {
          throw .runtime("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
        }
        return [gradient(gradients[0], gradients[1], results[0], results[1])]
      }
    }
    return (results[0], results[1])
  }

  private static func gradient(_ gQ: Tensor?, _ gR: Tensor?, _ q: Tensor, _ r: Tensor) -> Tensor {
    let (m, n) = (q.rows, r.columns)
    let ofR = gR.map { $0.matmul(r.mT) }
    let ofQ = gQ.map { -q.mT.matmul($0) }
    // One of the gradients is there.
    let inner = Tensor.sum(ofR, ofQ)!
    if m >= n {
      let triangle = inner.triu()
      let symmetric = triangle + inner.triu(diagonal: 1).mT
      let outer = q.matmul(symmetric)
      return solveTriangular(r.mT, gQ.map { outer + $0 } ?? outer, upper: false, left: false)
    }
    let square = r.narrow(dim: -1, start: 0, length: m)
    let skew = (inner.mT - inner).tril(diagonal: -1)
    let left = solveTriangular(square.mT, q.matmul(skew), upper: false, left: false).pad([0, n - m])
    return gR.map { left + q.matmul($0) } ?? left
  }
}

// MARK: - Reflectors

extension Linalg {
  /// R in the upper triangle and the reflectors that make Q below it, and the reflectors' factors τ, as LAPACK's `geqrf`.
  ///
  /// Error: `torch.geqrf: input must have at least 2 dimensions.` PyTorch has no derivative.
  public static func geqrf(_ a: Tensor) -> (a: Tensor, tau: Tensor) {
    let results = attempt([a], results: 2) { list throws(TensorError) in
      let a = list[0]
      guard a.rank >= 2 else { throw .runtime("torch.geqrf: input must have at least 2 dimensions.") }
      let (packed, tau) = try bareReflectors(a)
      return Tensor.differentiable("GeqrfBackward0", results: [packed, tau], inputs: [a]) { (_, _) throws(TensorError) in
        throw .notImplemented("the derivative for 'geqrf' is not implemented.")
      }
    }
    return (results[0], results[1])
  }

  /// The first n columns of the product of reflectors H₁ H₂ ..., as LAPACK's `orgqr`: the reflectors stand below the diagonal of `a`, [m, n] with
  /// n ≤ m, and Hᵢ = I - τᵢ vᵢ vᵢᵀ.
  ///
  /// Errors: `torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]`;
  /// `torch.linalg.householder_product: tau dtype Float does not match input dtype Double`.
  public static func householderProduct(_ a: Tensor, _ tau: Tensor) -> Tensor {
    attempt(a, tau) { a, tau throws(TensorError) in
      let name = "torch.linalg.householder_product"
      guard a.rank >= 2 else { throw .runtime("\(name): input must have at least 2 dimensions.") }
      guard a.rows >= a.columns else {
        throw .runtime("\(name): input.shape[-2] must be greater than or equal to input.shape[-1]")
      }
      guard a.columns >= (tau.shape.last ?? 0) else {
        throw .runtime("\(name): input.shape[-1] must be greater than or equal to tau.shape[-1]")
      }
      try checkTau(name, a, tau, rank: "one dimension less than input")
      guard a.dtype == tau.dtype else {
        throw .runtime("\(name): tau dtype \(tau.dtype.scalarTypeName) does not match input dtype \(a.dtype.scalarTypeName)")
      }
      try checkKernel("orgqr_cpu", a)
      let product = try bareProduct(a.bare, tau.bare, columns: a.columns)
      let columns = a.columns
      return Tensor.differentiable("LinalgHouseholderProductBackward0", results: [product], inputs: [a, tau]) {
        (gradients, _) throws(TensorError) in
        guard let g = gradients[0] else { return [nil, nil] }
        let units = Tensor.eye(a.rows, columns, dtype: a.dtype, device: a.device)
        let (gA, gTau, _) = Reflectors(a, tau).gradients(g, of: units.expand(a.batch + [a.rows, columns]))
        return [gA, gTau]
      }[0]
    }
  }

  /// Q C for the product Q of reflectors, given as to `householderProduct`: Qᵀ C if `transpose`, C Q or C Qᵀ if not `left`; as LAPACK's `ormqr`.
  /// Here Q is the whole product, [m, m].
  ///
  /// Errors: `torch.ormqr: other.shape[-2] must be equal to input.shape[-2]`; `torch.ormqr: tau.shape[-1] must be equal to min(other.shape[-2],
  /// input.shape[-1])`.
  public static func ormqr(
    _ a: Tensor, _ tau: Tensor, _ other: Tensor, left: Bool = true, transpose: Bool = false
  ) -> Tensor {
    attempt(a, tau, other) { a, tau, other throws(TensorError) in
      try checkOrmqr(a, tau, other, left: left)
      // C Q = (Qᵀ Cᵀ)ᵀ
      let isTransposed = left ? transpose : !transpose
      let operand = left ? other : other.mT
      let reflectors = a.bare.narrow(dim: -1, start: 0, length: tau.size(-1))
      var result = try matrices(operand.shape, like: other)
      try run(.reflect(transposed: isTransposed), [reflectors, tau, operand.bare], to: [result])
      if !left { result = result.mT }
      return Tensor.differentiable("OrmqrBackward0", results: [result], inputs: [a, tau, other]) {
        (gradients, _) throws(TensorError) in
        guard let g = gradients[0] else { return [nil, nil, nil] }
        let (gA, gTau, gOther) = Reflectors(a, tau, isReversed: isTransposed).gradients(left ? g : g.mT, of: operand)
        return [gA, gTau, left ? gOther : gOther.mT]
      }[0]
    }
  }

  private static func checkOrmqr(_ a: Tensor, _ tau: Tensor, _ other: Tensor, left: Bool) throws(TensorError) {
    let name = "torch.ormqr"
    guard a.rank >= 2 else { throw .runtime("\(name): input must have at least 2 dimensions.") }
    guard other.rank >= 2 else { throw .runtime("\(name): other must have at least 2 dimensions.") }
    let (dim, size) = left ? (-2, other.rows) : (-1, other.columns)
    guard size >= (tau.shape.last ?? 0) else {
      throw .runtime("\(name): other.shape[\(dim)] must be greater than or equal to tau.shape[-1]")
    }
    guard size == a.rows else { throw .runtime("\(name): other.shape[\(dim)] must be equal to input.shape[-2]") }
    guard tau.rank > 0, tau.shape[tau.rank - 1] == Swift.min(size, a.columns) else {
      throw .runtime("\(name): tau.shape[-1] must be equal to min(other.shape[\(dim)], input.shape[-1])")
    }
    try checkTau(name, a, tau, rank: "one dimension less than input")
    guard other.rank == a.rank else {
      throw .runtime(
        "\(name): Expected other to have the same number of dimensions as input, but got other.ndim equal to \(other.rank) and input.ndim is "
          + "equal to \(a.rank)")
    }
    guard other.batch == a.batch else {
      throw .runtime("\(name): Expected batch dimensions of other to be equal to input.shape[:-2], but got \(other.batch)")
    }
    for (argument, x) in [("tau", tau), ("other", other)] where x.dtype != a.dtype {
      throw .runtime(
        "\(name): Expected input and \(argument) to have the same dtype, but input has dtype\(a.dtype.scalarTypeName) and \(argument) has "
          + "dtype \(x.dtype.scalarTypeName)")
    }
    try checkKernel("ormqr_cpu", a)
  }

  private static func checkTau(_ name: String, _ a: Tensor, _ tau: Tensor, rank: String) throws(TensorError) {
    guard tau.rank == a.rank - 1 else {
      throw .runtime(
        "\(name): Expected tau to have \(rank), but got tau.ndim equal to \(tau.rank) and input.ndim is equal to \(a.rank)")
    }
    guard Array(tau.shape.dropLast()) == a.batch else {
      throw .runtime(
        "\(name): Expected batch dimensions of tau to be equal to input.shape[:-2], but got \(Array(tau.shape.dropLast()))")
    }
  }

  private static func bareReflectors(_ a: Tensor) throws(TensorError) -> (packed: Tensor, tau: Tensor) {
    try checkKernel("geqrf_cpu", a)
    let packed = try matrices(a.shape, like: a)
    let tau = try vectors(a.batch + [Swift.min(a.rows, a.columns)], like: a)
    try run(.reflectors, [a], to: [packed, tau])
    return (packed, tau)
  }

  private static func bareProduct(_ packed: Tensor, _ tau: Tensor, columns: Int) throws(TensorError) -> Tensor {
    let product = try matrices(packed.batch + [packed.rows, columns], like: packed)
    try run(.reflectorProduct, [packed.narrow(dim: -1, start: 0, length: tau.size(-1)), tau], to: [product])
    return product
  }
}

/// The reflectors H₁ H₂ ... of a product, one by one: for its derivative.
private struct Reflectors {
  /// In the order in which the factors stand from left to right: columns [..., m, 1], their factors [..., 1, 1], and their places.
  private var factors: [(v: Tensor, tau: Tensor, place: Int)] = []
  private let a: Tensor
  private let tau: Tensor

  /// - Parameter isReversed: whether the product is ... H₂ H₁, the transpose.
  init(_ a: Tensor, _ tau: Tensor, isReversed: Bool = false) {
    (self.a, self.tau) = (a, tau)
    let count = tau.size(-1)
    // Below the diagonal they are given, on it they are one.
    let below = a.narrow(dim: -1, start: 0, length: count).tril(diagonal: -1)
    let whole = below + .eye(a.rows, count, dtype: a.dtype, device: a.device)
    factors = (0..<count).map { place in
      (
        whole.narrow(dim: -1, start: place, length: 1), tau.narrow(dim: -1, start: place, length: 1).unsqueeze(-1), place
      )
    }
    if isReversed { factors.reverse() }
  }

  /// The gradients of Y = H₁ H₂ ... X by the matrix of reflectors, by τ and by X, from that of Y.
  ///
  /// With G the gradient carried through the factors on the left and R what those on the right make of X, that of a factor is G Rᵀ.
  func gradients(_ g: Tensor, of x: Tensor) -> (a: Tensor, tau: Tensor, x: Tensor) {
    var right: [Tensor] = []
    var product = x
    for factor in factors.reversed() {
      right.append(product)
      product = reflect(product, factor.v, factor.tau)
    }
    var left = g
    var toV: [(gradient: Tensor, place: Int)] = []
    var toTau: [(gradient: Tensor, place: Int)] = []
    for (factor, r) in zip(factors, right.reversed()) {
      let (v, tau) = (factor.v, factor.tau)
      let (rv, gv) = (r.mT.matmul(v), left.mT.matmul(v))
      toTau.append((-(gv * rv).sum(dim: -2), factor.place))
      toV.append((-tau * (left.matmul(rv) + r.matmul(gv)), factor.place))
      left = reflect(left, v, tau)
    }
    guard !factors.isEmpty else { return (a.zerosLike(), tau.zerosLike(), left) }
    func joined(_ parts: [(gradient: Tensor, place: Int)]) -> Tensor {
      concatenate(parts.sorted { $0.place < $1.place }.map(\.gradient), dim: -1)
    }
    let gA = joined(toV).tril(diagonal: -1).pad([0, a.columns - factors.count])
    return (gA, joined(toTau), left)
  }

  /// H x for H = I - τ v vᵀ.
  private func reflect(_ x: Tensor, _ v: Tensor, _ tau: Tensor) -> Tensor { x - tau * v.matmul(v.mT.matmul(x)) }
}

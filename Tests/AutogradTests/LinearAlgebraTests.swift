import Autograd
import Devices
import Testing

/// What the golden cases of linear algebra cannot show: places in the batch, input that is not finite, triangles that are not read, derivatives
/// where the usual formulas divide by zero, and names.
@Suite struct LinearAlgebraTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let kind: TensorError.Kind
    let body: @Sendable () -> Void

    init(_ message: String, _ kind: TensorError.Kind = .linearAlgebra, _ body: @escaping @Sendable () -> Void) {
      (self.message, self.kind, self.body) = (message, kind, body)
    }
    var testDescription: String { message }
  }

  /// The unit matrix and another.
  private static func pair(_ second: [Double]) -> Tensor {
    Tensor([1, 0, 0, 1] + second, shape: [2, 2, 2])
  }

  private static let notFinite = "The algorithm failed to converge because the input matrix contained non-finite values."
  private static let singular = "the inversion could not be completed because the input matrix is singular."

  static let failures: [Case] = [
    Case(
      "linalg.cholesky: (Batch element 1): The factorization could not be completed because the input is not positive-definite (the leading "
        + "minor of order 2 is not positive-definite)."
    ) { _ = Linalg.cholesky(pair([1, 2, 2, 1])) },
    Case(
      "linalg.cholesky: The factorization could not be completed because the input is not positive-definite (the leading minor of order 1 is "
        + "not positive-definite)."
    ) { _ = Linalg.cholesky(pair([.nan, 0, 0, 1])[1]) },
    Case("linalg.inv: (Batch element 1): The diagonal element 2 is zero, \(singular)") { _ = Linalg.inv(pair([1, 2, 2, 4])) },
    Case("cholesky_inverse: (Batch element 1): The diagonal element 1 is zero, \(singular)") {
      _ = Linalg.choleskyInverse(pair([0, 0, 0, 0]))
    },
    Case("torch.linalg.solve: (Batch element 1): The solver failed because the input matrix is singular.") {
      _ = Linalg.solve(pair([1, 2, 2, 4]), Tensor([1.0, 2] as [Double], shape: [2]))
    },
    Case(
      "torch.linalg.lu_factor: (Batch element 1): U[1,1] is zero and using it on lu_solve would result in a division by zero. If you still "
        + "want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)", .runtime
    ) { _ = Linalg.luFactor(pair([0, 0, 0, 0])) },
    Case(
      "torch.linalg.lstsq: (Batch element 1): The least squares solution could not be computed because the input matrix does not have full rank "
        + "(error code: 2)."
    ) { _ = Linalg.lstsq(pair([1, 0, 1, 0]), Tensor.ones([2, 2, 1], dtype: .float64), driver: .gels) },
    Case("linalg.svd: (Batch element 1): \(notFinite)") { _ = Linalg.svd(pair([1, .nan, 0, 1])) },
    Case("linalg.svd: \(notFinite)") { _ = Linalg.pinv(pair([1, -.infinity, 0, 1])[1]) },
    Case("linalg.eigh: (Batch element 1): \(notFinite)") { _ = Linalg.eigh(pair([1, 0, .infinity, 1])) },
    Case("linalg.eigh: (Batch element 1): \(notFinite)") { _ = Linalg.matrixSqrth(pair([.nan, 0, 0, 1])) },
    Case(
      "Pivots given to lu_solve must all be greater or equal to 1. Did you properly pass the result of lu_factor?", .runtime
    ) { _ = Linalg.luSolve(pair([1, 0, 0, 1]), Tensor.zeros([2, 2], dtype: .int32), Tensor.ones([2, 1], dtype: .float64)) },
  ]

  @Test(arguments: failures)
  func failure(_ test: Case) {
    #expect(throws: TensorError(test.kind, test.message)) { try checked { test.body() } }
  }

  /// What has an answer, or NaN, comes to an end.
  @Test(arguments: [Double.nan, .infinity])
  func notFiniteInput(value: Double) throws {
    let a = Self.pair([value, 1, 1, value])
    let results = try checked {
      [
        Linalg.det(a), Linalg.slogdet(a).logabsdet, Linalg.inv(a), Linalg.lu(a).u, Linalg.qr(a).r, Linalg.matrixExp(a),
        Linalg.matrixPower(a, 3), Linalg.matrixNorm(a), Linalg.matrixNorm(a, 1), Linalg.choleskyEx(a).l,
        Linalg.ldlFactorEx(a).ld, Linalg.solveTriangular(a, a, upper: true), Linalg.geqrf(a).tau,
      ]
    }
    for result in results {
      #expect(Bool(result[0].isFinite().all()))
      // One over infinity is a number.
      if value.isNaN { #expect(!Bool(result[1].isFinite().all())) }
    }
  }

  @Test func onlyOneTriangleIsRead() throws {
    let lower = Tensor([4, .nan, 1, 3] as [Double], shape: [2, 2])
    let whole = Tensor([4.0, 1, 1, 3] as [Double], shape: [2, 2])
    let same: [@Sendable (Tensor, MatrixTriangle) -> Tensor] = [
      { a, part in Linalg.cholesky(a, upper: part == .upper) }, { a, part in Linalg.eigh(a, uplo: part).eigenvectors.abs() },
      { a, part in Linalg.eigvalsh(a, uplo: part) }, { a, part in Linalg.solveTriangular(a, whole, upper: part == .upper) },
      { a, part in Linalg.choleskySolve(whole, a, upper: part == .upper) },
    ]
    for operation in same {
      #expect(operation(lower, .lower).allClose(operation(whole, .lower)))
      #expect(operation(lower.t(), .upper).allClose(operation(whole, .upper)))
    }
  }

  // MARK: Derivatives

  private static func variable(_ shape: [Int], seed: Int) -> Tensor {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { Double(($0 * $0 * 7919 + $0 * 331 + seed * 104_729) % 1009) / 500 - 1 }
    return Tensor(values, shape: shape, requiresGrad: true)
  }

  /// Shapes that are neither square nor single, and fewer reflectors than columns.
  @Test(arguments: [[4, 2], [2, 4], [2, 3, 2], [3, 3]])
  func oddShapes(shape: [Int]) throws {
    let a = Self.variable(shape, seed: 1)
    let (m, n) = (shape[shape.count - 2], shape[shape.count - 1])
    try gradgradcheck([a]) { [Linalg.lu($0[0]).l, Linalg.lu($0[0]).u, Linalg.luFactor($0[0]).lu] }
    try gradgradcheck([a]) { [Linalg.qr($0[0]).q, Linalg.qr($0[0]).r] }
    try gradgradcheck([a]) { [Linalg.pinv($0[0]), Linalg.svdvals($0[0])] }
    try gradgradcheck([a, Self.variable(shape.dropLast() + [2], seed: 2)]) { [Linalg.lstsq($0[0], $0[1], driver: .gelsd).solution] }
    guard m >= n else { return }
    let tau = Self.variable(shape.dropLast(2) + [n - 1], seed: 3)
    try gradgradcheck([a, tau]) { [Linalg.householderProduct($0[0], $0[1])] }
    try gradgradcheck([a]) { [Linalg.polar($0[0]).u, Linalg.polar($0[0]).h] }
  }

  /// Matrices that are computed by blocks: the derivative in one direction, against a difference.
  @Test(arguments: [false, true])
  func choleskyByBlocks(upper: Bool) {
    let n = 300
    let b = Self.variable([n, n], seed: 1).detach()
    let a = (b.matmul(b.mT) / Double(n) + Tensor.eye(n, dtype: .float64)).requiringGrad()
    let direction = Self.variable([n, n], seed: 2).detach()
    let step = (direction + direction.mT) * 1e-5
    let weight = Self.variable([n, n], seed: 3).detach()
    func value(_ a: Tensor) -> Tensor { (Linalg.cholesky(a, upper: upper) * weight).sum() }
    let derivative = (grad(of: value(a), wrt: a) * step).sum()
    let difference = (value(a.detach() + step) - value(a.detach() - step)) / 2
    #expect(derivative.allClose(difference, rtol: 1e-6))
  }

  /// Equal singular values, for which those of U and V have no derivative.
  @Test func equalSingularValues() throws {
    let a = Tensor([2.0, 0, 0, 2, 0, 0] as [Double], shape: [3, 2], requiresGrad: true)
    try gradgradcheck([a]) { [Linalg.polar($0[0]).u, Linalg.polar($0[0]).h, Linalg.pinv($0[0])] }
    let b = Tensor([4.0, 0, 0, 4] as [Double], shape: [2, 2], requiresGrad: true)
    try gradgradcheck([b]) { [Linalg.matrixSqrth($0[0] + $0[0].mT)] }
  }

  /// A polynomial has its derivative everywhere.
  @Test func determinantOfSingularMatrices() throws {
    let a = Tensor([1.0, 2, 3, 4, 5, 6, 7, 8, 9] as [Double], shape: [3, 3], requiresGrad: true)
    try gradgradcheck([a]) { [Linalg.det($0[0])] }
    let gradient = grad(of: Linalg.det(a), wrt: a, createGraph: true)
    #expect(gradient.detach().allClose(Tensor([-3.0, 6, -3, 6, -12, 6, -3, 6, -3] as [Double], shape: [3, 3])))
    // Outside a graph it is PyTorch's.
    let b = Tensor([1.0, 2, 2, 4] as [Double], shape: [2, 2], requiresGrad: true)
    #expect(grad(of: Linalg.det(b), wrt: b) == Tensor.zeros([2, 2], dtype: .float64))
  }

  /// From matrices that need one squaring to those that need many, in one batch.
  @Test func exponentials() {
    let scales = Tensor([1e-8, 1, 30, 300] as [Double], shape: [4, 1, 1])
    let turn = Tensor([0.0, -1, 1, 0] as [Double], shape: [2, 2])
    let c = scales.cos(), s = scales.sin()
    let want = concatenate([concatenate([c, -s], dim: -1), concatenate([s, c], dim: -1)], dim: -2)
    #expect(Linalg.matrixExp(turn * scales).allClose(want, rtol: 1e-11, atol: 1e-11))
  }

  // MARK: Names

  static let names: [String: @Sendable (Tensor) -> Tensor] = [
    "inverse": { Linalg.inv($0) }, "det": { Linalg.det($0) }, "slogdet": { Linalg.slogdet($0).logabsdet },
    "logdet": { Linalg.logdet($0) }, "cholesky": { Linalg.cholesky($0) }, "solve": { Linalg.solve($0, $0) },
    "qr": { Linalg.qr($0).r }, "svd": { Linalg.svd($0).s }, "eigh": { Linalg.eigh($0).eigenvalues },
    "matrix_exp": { Linalg.matrixExp($0) }, "pinv": { Linalg.pinv($0) }, "matrix_power 3": { Linalg.matrixPower($0, 3) },
    "triangular_solve": { Linalg.solveTriangular($0, $0, upper: true) }, "matrix_norm": { Linalg.matrixNorm($0) },
  ]

  @Test func derivativesHavePyTorchsNames() {
    let rows = JSON.lines(of: "grad-fn-names.jsonl").filter { Self.names[$0["op"]?.string ?? ""] != nil }
    #expect(rows.count == Self.names.count)
    let a = Tensor([3.0, 1, 1, 2] as [Double], shape: [2, 2], requiresGrad: true)
    for row in rows {
      let name = row["op"]!.string!
      #expect(Self.names[name]!(a).gradFn?.name == row["grad_fn"]?.string, "\(name)")
    }
  }
}

// Eigenvalues and singular values by Jacobi's rotations: Golub and Van Loan, Matrix Computations, sections 8.5 and 8.6.

extension ReferenceMatrix {
  /// More sweeps than any matrix takes.
  private static let sweeps = 100

  /// The eigenvalues of a symmetric matrix, ascending, the eigenvectors in columns, and whether it took too long.
  func symmetricEigen() -> (values: [Double], vectors: ReferenceMatrix, info: Int) {
    var (a, v) = (self, ReferenceMatrix.identity(rows))
    var isDiagonal = false
    for _ in 0..<Self.sweeps where !isDiagonal {
      isDiagonal = true
      for p in 0..<rows {
        for q in (p + 1)..<max(rows, p + 1) {
          let scale = (a[p, p] * a[q, q]).magnitude.squareRoot()
          if a[p, q] == 0 || a[p, q].magnitude <= 1e-17 * scale { continue }
          // What no longer changes the diagonal is zero.
          if a[p, p] + a[p, q] == a[p, p] && a[q, q] + a[p, q] == a[q, q] {
            (a[p, q], a[q, p]) = (0, 0)
            continue
          }
          isDiagonal = false
          let (c, s) = Self.rotation((a[q, q] - a[p, p]) / (2 * a[p, q]))
          a.rotateColumns(p, q, c, s)
          a = a.transposed
          a.rotateColumns(p, q, c, s)
          a = a.transposed
          v.rotateColumns(p, q, c, s)
        }
      }
    }
    let order = (0..<rows).sorted { a[$0, $0] < a[$1, $1] }
    return (order.map { a[$0, $0] }, v.columns(order), isDiagonal ? 0 : 1)
  }

  /// The singular values, descending, with as many columns of U and V: rotations from the right until the columns are orthogonal.
  func singularValues() -> (u: ReferenceMatrix, s: [Double], v: ReferenceMatrix, info: Int) {
    if rows < columns {
      let (v, s, u, info) = transposed.singularValues()
      return (u, s, v, info)
    }
    var (a, v) = (self, ReferenceMatrix.identity(columns))
    // Products below this are rounding errors of zero.
    let least = Self.dot(elements, elements) * 1e-32
    var isOrthogonal = false
    for _ in 0..<Self.sweeps where !isOrthogonal {
      isOrthogonal = true
      for p in 0..<columns {
        for q in (p + 1)..<max(columns, p + 1) {
          let (x, y) = (a.column(p), a.column(q))
          let (alpha, beta, gamma) = (Self.dot(x, x), Self.dot(y, y), Self.dot(x, y))
          if gamma.magnitude <= max(1e-15 * (alpha * beta).squareRoot(), least) { continue }
          isOrthogonal = false
          let (c, s) = Self.rotation((beta - alpha) / (2 * gamma))
          a.rotateColumns(p, q, c, s)
          v.rotateColumns(p, q, c, s)
        }
      }
    }
    let norms = (0..<columns).map { Self.dot(a.column($0), a.column($0)).squareRoot() }
    let order = norms.indices.sorted { norms[$0] > norms[$1] }
    let s = order.map { norms[$0] }
    var u = a.columns(order)
    let known = s.filter { $0 > (s.first ?? 0) * 1e-300 }.count
    for j in 0..<known { for i in 0..<rows { u[i, j] /= s[j] } }
    return (u.resized(columns: known).completed(columns: columns), s, v.columns(order), isOrthogonal ? 0 : 1)
  }

  /// Orthonormal columns, and more of them: of the unit vectors those that are farthest from what is there, by Gram and Schmidt.
  func completed(columns count: Int) -> ReferenceMatrix {
    var result = resized(columns: count)
    for j in columns..<max(count, columns) {
      var best = [Double](repeating: 0, count: rows)
      for unit in 0..<rows {
        var rest = (0..<rows).map { $0 == unit ? 1.0 : 0 }
        // Twice is enough: Kahan and Parlett.
        for _ in 0..<2 {
          for k in 0..<j {
            let column = result.column(k)
            let product = Self.dot(column, rest)
            for i in 0..<rows { rest[i] -= product * column[i] }
          }
        }
        if Self.dot(rest, rest) > Self.dot(best, best) { best = rest }
      }
      let norm = Self.dot(best, best).squareRoot()
      for i in 0..<rows { result[i, j] = best[i] / norm }
    }
    return result
  }

  private func columns(_ order: [Int]) -> ReferenceMatrix {
    var result = ReferenceMatrix(rows, order.count)
    for i in 0..<rows { for (j, source) in order.enumerated() { result[i, j] = self[i, source] } }
    return result
  }

  private mutating func rotateColumns(_ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for i in 0..<rows { (self[i, p], self[i, q]) = (c * self[i, p] - s * self[i, q], s * self[i, p] + c * self[i, q]) }
  }

  /// Cosine and sine of the smaller of the angles whose cotangent of twice is given.
  private static func rotation(_ zeta: Double) -> (c: Double, s: Double) {
    let t = (zeta < 0 ? -1 : 1) / (zeta.magnitude + (1 + zeta * zeta).squareRoot())
    let c = 1 / (1 + t * t).squareRoot()
    return (c, c * t)
  }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
}

/// A matrix of Doubles, row by row: what the reference device's linear algebra computes with.
struct ReferenceMatrix {
  let rows: Int
  let columns: Int
  var elements: [Double]

  init(_ rows: Int, _ columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    elements = [Double](repeating: 0, count: rows * columns)
  }

  static func identity(_ n: Int, columns: Int? = nil) -> ReferenceMatrix {
    var unit = ReferenceMatrix(n, columns ?? n)
    for i in 0..<min(n, columns ?? n) { unit[i, i] = 1 }
    return unit
  }

  /// One matrix of a batch, or one vector as a column.
  init(_ operand: Operand, item: Int, isVector: Bool = false) {
    let shape = operand.shape
    self.init(isVector ? shape[shape.count - 1] : shape[shape.count - 2], isVector ? 1 : shape[shape.count - 1])
    let values = Elements(operand)
    for i in elements.indices { elements[i] = values[item * elements.count + i].doubleValue }
  }

  /// Writes this as one matrix, or vector, of a batch.
  func store(to operand: Operand, item: Int) {
    let results = Elements(operand)
    for i in elements.indices { results[item * elements.count + i] = .double(elements[i]) }
  }

  subscript(_ row: Int, _ column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  var isFinite: Bool { elements.allSatisfy(\.isFinite) }

  var transposed: ReferenceMatrix {
    var result = ReferenceMatrix(columns, rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
    return result
  }

  func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }

  /// The first columns, or more of zeros.
  func resized(columns count: Int) -> ReferenceMatrix {
    var result = ReferenceMatrix(rows, count)
    for i in 0..<rows { for j in 0..<min(columns, count) { result[i, j] = self[i, j] } }
    return result
  }

  mutating func swapRows(_ a: Int, _ b: Int) {
    if a == b { return }
    for j in 0..<columns { (self[a, j], self[b, j]) = (self[b, j], self[a, j]) }
  }

  /// Adds a multiple of one row to another.
  mutating func add(_ factor: Double, timesRow source: Int, to target: Int) {
    for j in 0..<columns { self[target, j] += factor * self[source, j] }
  }

  static func * (a: ReferenceMatrix, b: ReferenceMatrix) -> ReferenceMatrix {
    var result = ReferenceMatrix(a.rows, b.columns)
    for i in 0..<a.rows {
      for j in 0..<b.columns {
        for k in 0..<a.columns { result[i, j] += a[i, k] * b[k, j] }
      }
    }
    return result
  }
}

// MARK: - Triangles and reflectors

extension ReferenceMatrix {
  /// Solves this triangle's system by substitution, in place of the right sides.
  func solve(_ b: inout ReferenceMatrix, upper: Bool, unit: Bool) {
    for step in 0..<rows {
      let i = upper ? rows - 1 - step : step
      for k in upper ? (i + 1)..<max(rows, i + 1) : 0..<i { b.add(-self[i, k], timesRow: k, to: i) }
      if !unit { for j in 0..<b.columns { b[i, j] /= self[i, i] } }
    }
  }

  /// Turns this matrix to R with the reflectors below its diagonal, and gives their factors: Golub and Van Loan, Matrix Computations, algorithm
  /// 5.2.1, with LAPACK's signs.
  mutating func reduceToTriangle() -> [Double] {
    (0..<min(rows, columns)).map { k in
      let tail = (k + 1..<max(rows, k + 1)).reduce(0) { $0 + self[$1, k] * self[$1, k] }
      let head = self[k, k]
      if tail == 0 { return 0 }
      let beta = head > 0 ? -(head * head + tail).squareRoot() : (head * head + tail).squareRoot()
      let tau = (beta - head) / beta
      for i in (k + 1)..<rows { self[i, k] /= head - beta }
      let v = reflector(k)
      for j in (k + 1)..<max(columns, k + 1) { reflect(column: j, v, tau) }
      self[k, k] = beta
      return tau
    }
  }

  /// The vector of the reflector that stands below the diagonal of a column.
  func reflector(_ k: Int) -> [Double] { (0..<rows).map { $0 < k ? 0 : $0 == k ? 1 : self[$0, k] } }

  /// One column by I - τ v vᵀ.
  mutating func reflect(column j: Int, _ v: [Double], _ tau: Double) {
    let product = (0..<rows).reduce(0) { $0 + v[$1] * self[$1, j] }
    for i in 0..<rows { self[i, j] -= tau * v[i] * product }
  }
}

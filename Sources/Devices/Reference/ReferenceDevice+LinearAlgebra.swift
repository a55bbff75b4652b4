// Factorizations and what is solved with them, as textbooks have them: in Double, one matrix after the other.

extension ReferenceDevice {
  public func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError) {
    try begin(inputs + outputs, bytesPerElement: 16 * MemoryLayout<Double>.stride)
    try CPULinearAlgebra.check(operation, inputs, device: type)
    // Every operation's first input is a matrix, but for that of the exchanges.
    let inner = operation == .rowOrder ? 1 : 2
    let count = inputs[0].shape.dropLast(inner).reduce(1, *)
    for item in 0..<count { try Computation(inputs: inputs, outputs: outputs, item: item).run(operation) }
  }

  /// One matrix of the batch.
  fileprivate struct Computation {
    let inputs: [Operand]
    let outputs: [Operand]
    let item: Int

    func matrix(_ index: Int) -> ReferenceMatrix { ReferenceMatrix(inputs[index], item: item) }
    func vector(_ index: Int) -> [Double] { ReferenceMatrix(inputs[index], item: item, isVector: true).elements }
    func store(_ result: ReferenceMatrix, _ index: Int) { result.store(to: outputs[index], item: item) }
    func store(_ result: [Double], _ index: Int) {
      for (i, value) in result.enumerated() { Elements(outputs[index])[item * result.count + i] = .double(value) }
    }
    func store(_ result: [Int], _ index: Int) {
      for (i, value) in result.enumerated() { Elements(outputs[index])[item * result.count + i] = .int(Int64(value)) }
    }
    func store(info: Int) { store([info], outputs.count - 1) }
  }
}

extension ReferenceDevice.Computation {
  func run(_ operation: LinearAlgebra) throws(TensorError) {
    switch operation {
    case .cholesky(let upper): cholesky(upper: upper)
    case .lu: lu()
    case .rowOrder: try rowOrder()
    case .luSolve(let transposed): try luSolve(transposed: transposed)
    case .triangularSolve(let upper, let unit):
      var x = matrix(1)
      matrix(0).solve(&x, upper: upper, unit: unit)
      store(x, 0)
    case .ldl: ldl()
    case .ldlSolve: try ldlSolve()
    case .reflectors:
      var a = matrix(0)
      let tau = a.reduceToTriangle()
      store(a, 0)
      store(tau, 1)
    case .reflectorProduct: reflect(.identity(inputs[0].shape.suffix(2).first!, columns: outputs[0].shape.last!), reversed: true)
    case .reflect(let transposed): reflect(matrix(2), reversed: !transposed)
    case .symmetricEigen(let upper): symmetricEigen(upper: upper)
    case .singularValues: singularValues()
    case .leastSquares(let driver, let cutoff): leastSquares(driver, cutoff: cutoff)
    }
  }

  // MARK: Triangular factors

  /// Cholesky and Banachiewicz, row by row.
  private func cholesky(upper: Bool) {
    let a = upper ? matrix(0).transposed : matrix(0)
    var l = ReferenceMatrix(a.rows, a.rows)
    var info = 0
    for i in 0..<a.rows where info == 0 {
      for j in 0...i {
        let sum = (0..<j).reduce(a[i, j]) { $0 - l[i, $1] * l[j, $1] }
        if i > j {
          l[i, j] = sum / l[j, j]
        } else if sum > 0 {
          l[i, i] = sum.squareRoot()
        } else {
          info = i + 1
        }
      }
    }
    store(upper ? l.transposed : l, 0)
    store(info: info)
  }

  /// Gauss's elimination, each time by the row with the largest element.
  private func lu() {
    var a = matrix(0)
    var pivots: [Int] = []
    var info = 0
    for k in 0..<min(a.rows, a.columns) {
      var pivot = k
      for i in k..<a.rows where a[i, k].magnitude > a[pivot, k].magnitude { pivot = i }
      pivots.append(pivot + 1)
      a.swapRows(k, pivot)
      if a[k, k] == 0 {
        if info == 0 { info = k + 1 }
        continue
      }
      for i in (k + 1)..<max(a.rows, k + 1) {
        a[i, k] /= a[k, k]
        for j in (k + 1)..<max(a.columns, k + 1) { a[i, j] -= a[i, k] * a[k, j] }
      }
    }
    store(a, 0)
    store(pivots, 1)
    store(info: info)
  }

  private func rowOrder() throws(TensorError) {
    var order = Array(0..<outputs[0].shape[outputs[0].layout.rank - 1])
    for (step, pivot) in vector(0).map({ Int($0) - 1 }).enumerated() {
      guard order.indices.contains(pivot) else { throw .pivotOutOfRange }
      order.swapAt(step, pivot)
    }
    store(order, 0)
  }

  private func luSolve(transposed: Bool) throws(TensorError) {
    let factors = matrix(0)
    let pivots = vector(1).map { Int($0) - 1 }
    guard pivots.allSatisfy((0..<factors.rows).contains) else { throw .pivotOfSolutionOutOfRange }
    var x = matrix(2)
    if transposed {
      factors.transposed.solve(&x, upper: false, unit: false)
      factors.transposed.solve(&x, upper: true, unit: true)
      for (step, pivot) in pivots.enumerated().reversed() { x.swapRows(step, pivot) }
    } else {
      for (step, pivot) in pivots.enumerated() { x.swapRows(step, pivot) }
      factors.solve(&x, upper: false, unit: true)
      factors.solve(&x, upper: true, unit: false)
    }
    store(x, 0)
  }

  // MARK: Reflectors

  /// Applies the reflectors of the first input to a matrix, the last one first or the first one first.
  private func reflect(_ matrix: ReferenceMatrix, reversed: Bool) {
    let (reflectors, tau) = (self.matrix(0), vector(1))
    var result = matrix
    for k in reversed ? Array(tau.indices.reversed()) : Array(tau.indices) {
      for j in 0..<result.columns { result.reflect(column: j, reflectors.reflector(k), tau[k]) }
    }
    store(result, 0)
  }

  // MARK: Spectra

  private func symmetricEigen(upper: Bool) {
    let given = upper ? matrix(0).transposed : matrix(0)
    var a = given
    for i in 0..<a.rows { for j in 0..<i { a[j, i] = given[i, j] } }
    let n = a.rows
    var values = [Double](repeating: .nan, count: n)
    var vectors = ReferenceMatrix(n, n)
    vectors.elements = vectors.elements.map { _ in .nan }
    var info = -1
    if a.isFinite { (values, vectors, info) = a.symmetricEigen() }
    store(values, 0)
    if outputs.count == 3 { store(vectors, 1) }
    store(info: info)
  }

  private func singularValues() {
    let a = matrix(0)
    let wantsVectors = outputs.count == 4
    if a.isFinite {
      let (u, s, v, info) = a.singularValues()
      store(s, wantsVectors ? 1 : 0)
      if wantsVectors {
        store(u.resized(columns: s.count).completed(columns: outputs[0].shape.last!), 0)
        store(v.resized(columns: s.count).completed(columns: outputs[2].shape.dropLast().last!).transposed, 2)
      }
      store(info: info)
    } else {
      for output in outputs.dropLast() {
        let size = output.count / max(1, outputs[outputs.count - 1].count)
        for i in 0..<size { Elements(output)[item * size + i] = .double(.nan) }
      }
      store(info: -1)
    }
  }

  /// By singular values, whatever the driver.
  private func leastSquares(_ driver: LeastSquaresDriver, cutoff: Double) {
    let (a, b) = (matrix(0), matrix(1))
    guard a.isFinite, b.isFinite else {
      store([Double](repeating: .nan, count: a.columns * b.columns), 0)
      store([0], 1)
      store([Double](repeating: .nan, count: min(a.rows, a.columns)), 2)
      return store(info: -1)
    }
    let (u, s, v, info) = a.singularValues()
    let least = driver == .gels ? 0 : cutoff * (s.first ?? 0)
    let rank = s.filter { $0 > least }.count
    var coefficients = u.transposed * b
    for i in 0..<coefficients.rows {
      for j in 0..<coefficients.columns { coefficients[i, j] = s[i] > least ? coefficients[i, j] / s[i] : 0 }
    }
    store(v * coefficients, 0)
    store([rank], 1)
    store(s, 2)
    // LAPACK takes a matrix of zeros for one that is solved.
    store(info: driver == .gels && rank < s.count && rank > 0 ? rank + 1 : info)
  }
}

// MARK: - Symmetric matrices that need not be positive

extension ReferenceDevice.Computation {
  /// Bunch and Kaufman's method from the lower triangle: Golub and Van Loan, section 4.4.4, in LAPACK's format.
  private func ldl() {
    var a = matrix(0)
    let n = a.rows
    var pivots = [Int](repeating: 0, count: n)
    var info = 0
    let alpha = (1 + 17.0.squareRoot()) / 8
    func largest(_ magnitudes: [(row: Int, value: Double)]) -> (row: Int, value: Double) {
      magnitudes.reduce((row: -1, value: 0)) { $1.value.magnitude > $0.value ? (row: $1.row, value: $1.value.magnitude) : $0 }
    }
    var k = 0
    while k < n {
      var (width, pivot) = (1, k)
      let below = largest((k + 1..<max(n, k + 1)).map { (row: $0, value: a[$0, k]) })
      if max(a[k, k].magnitude, below.value) == 0 || a[k, k].isNaN {
        if info == 0 { info = k + 1 }
        pivots[k] = k + 1
        k += 1
        continue
      }
      if a[k, k].magnitude < alpha * below.value {
        let r = below.row
        let row = (k..<r).map { (row: $0, value: a[r, $0]) } + (r + 1..<max(n, r + 1)).map { (row: $0, value: a[$0, r]) }
        let beside = largest(row).value
        if a[k, k].magnitude >= alpha * below.value * (below.value / beside) {
          pivot = k
        } else if a[r, r].magnitude >= alpha * beside {
          pivot = r
        } else {
          (width, pivot) = (2, r)
        }
      }
      let exchanged = k + width - 1
      if pivot != exchanged {
        a.swapSymmetric(exchanged, pivot, from: exchanged)
        if width == 2 { (a[k + 1, k], a[pivot, k]) = (a[pivot, k], a[k + 1, k]) }
      }
      for j in k..<(k + width) { pivots[j] = width == 1 ? pivot + 1 : -(pivot + 1) }
      a.eliminate(block: k, width: width)
      k += width
    }
    for i in 0..<n { for j in (i + 1)..<max(n, i + 1) { a[i, j] = 0 } }
    store(a, 0)
    store(pivots, 1)
    store(info: info)
  }

  private func ldlSolve() throws(TensorError) {
    let a = matrix(0)
    let n = a.rows
    let pivots = vector(1).map { Int($0) }
    guard pivots.allSatisfy({ (1...n).contains(abs($0)) }) else { throw .pivotOfBlocksOutOfRange }
    var x = matrix(2)
    var blocks: [(start: Int, width: Int)] = []
    var k = 0
    while k < n {
      let width = pivots[k] > 0 || k + 1 == n ? 1 : 2
      blocks.append((k, width))
      k += width
    }
    for (k, width) in blocks {
      x.swapRows(k + width - 1, abs(pivots[k]) - 1)
      for i in (k + width)..<max(n, k + width) { for j in k..<(k + width) { x.add(-a[i, j], timesRow: j, to: i) } }
      for j in 0..<x.columns {
        if width == 1 {
          x[k, j] /= a[k, k]
        } else {
          let determinant = a[k, k] * a[k + 1, k + 1] - a[k + 1, k] * a[k + 1, k]
          let (p, q) = (x[k, j], x[k + 1, j])
          x[k, j] = (a[k + 1, k + 1] * p - a[k + 1, k] * q) / determinant
          x[k + 1, j] = (a[k, k] * q - a[k + 1, k] * p) / determinant
        }
      }
    }
    for (k, width) in blocks.reversed() {
      for i in (k + width)..<max(n, k + width) { for j in k..<(k + width) { x.add(-a[i, j], timesRow: i, to: j) } }
      x.swapRows(k + width - 1, abs(pivots[k]) - 1)
    }
    store(x, 0)
  }
}

extension ReferenceMatrix {
  /// Exchanges two rows and the same columns of the symmetric matrix from a row on of which this is the lower triangle; a < b.
  fileprivate mutating func swapSymmetric(_ a: Int, _ b: Int, from first: Int) {
    for i in (b + 1)..<max(rows, b + 1) { (self[i, a], self[i, b]) = (self[i, b], self[i, a]) }
    for i in (a + 1)..<max(b, a + 1) { (self[i, a], self[b, i]) = (self[b, i], self[i, a]) }
    (self[a, a], self[b, b]) = (self[b, b], self[a, a])
  }

  /// Takes a block of one or two rows off the rest of the lower triangle, and leaves the rows of L in its place.
  fileprivate mutating func eliminate(block k: Int, width: Int) {
    let rest = (k + width)..<max(rows, k + width)
    for j in rest {
      let multiples: [Double]
      if width == 1 {
        multiples = [self[j, k] / self[k, k]]
      } else {
        let determinant = self[k, k] * self[k + 1, k + 1] - self[k + 1, k] * self[k + 1, k]
        multiples = [
          (self[k + 1, k + 1] * self[j, k] - self[k + 1, k] * self[j, k + 1]) / determinant,
          (self[k, k] * self[j, k + 1] - self[k + 1, k] * self[j, k]) / determinant,
        ]
      }
      for i in j..<rows {
        for (offset, multiple) in multiples.enumerated() { self[i, j] -= multiple * self[i, k + offset] }
      }
      for (offset, multiple) in multiples.enumerated() { self[j, k + offset] = multiple }
    }
  }
}

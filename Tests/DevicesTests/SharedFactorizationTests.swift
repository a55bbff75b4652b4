import CBLAS
import Testing

@testable import Devices

/// One large matrix factored by all threads gives what LAPACK gives on one.
@Suite struct SharedFactorizationTests {
  /// A matrix column by column, with a gap behind each column.
  private struct Columns {
    let rows: Int
    let lead: Int
    var elements: [Double]

    init(_ rows: Int, _ columns: Int, gap: Int = 3, _ element: (_ row: Int, _ column: Int) -> Double) {
      self.rows = rows
      lead = rows + gap
      elements = (0..<columns).flatMap { column in
        (0..<rows + gap).map { $0 < rows ? element($0, column) : .nan }
      }
    }

    init(_ rows: Int, _ columns: Int, gap: Int = 3, seed: Int) {
      var numbers = TestNumbers(seed: seed)
      self.init(rows, columns, gap: gap) { _, _ in numbers.double(-1...1) }
    }

    /// Symmetric, with large numbers on the diagonal.
    init(symmetric n: Int, seed: Int) {
      let half = Columns(n, n, seed: seed)
      self.init(n, n) { half[max($0, $1), min($0, $1)] + ($0 == $1 ? Double(n) : 0) }
    }

    subscript(row: Int, column: Int) -> Double {
      get { elements[row + column * lead] }
      set { elements[row + column * lead] = newValue }
    }

    /// Whether the elements for which `isWanted` are near those of another, and the gaps are as they were.
    func isNear(_ other: Columns, where isWanted: (_ row: Int, _ column: Int) -> Bool = { _, _ in true }) -> Bool {
      elements.indices.allSatisfy { index in
        let (column, row) = index.quotientAndRemainder(dividingBy: lead)
        if row >= rows { return elements[index].isNaN }
        return !isWanted(row, column) || abs(elements[index] - other.elements[index]) <= 1e-9
      }
    }
  }

  private static let double = LAPACKRun<Double>(.lu, [], [], "cpu")

  private static func lu(_ a: inout Columns, _ columns: Int, shared: Bool) -> (pivots: [Int32], code: Int32) {
    var pivots = [Int32](repeating: 0, count: min(a.rows, columns))
    let (rows, lead) = (a.rows, a.lead)
    let code = a.elements.withUnsafeMutableBufferPointer { a in
      shared
        ? double.sharedLU(rows, columns, a.baseAddress!, lead: lead, &pivots)
        : Double.getrf(LAPACK_COL_MAJOR, Int32(rows), Int32(columns), a.baseAddress!, Int32(lead), &pivots)
    }
    return (pivots, code)
  }

  static let sizes = [(1, 1), (64, 64), (65, 130), (130, 65), (200, 200), (257, 300), (300, 257), (64, 300), (300, 64)]

  @Test(arguments: sizes)
  func lu(rows: Int, columns: Int) {
    let a = Columns(rows, columns, seed: rows + columns)
    var (shared, lapack) = (a, a)
    let (result, expected) = (Self.lu(&shared, columns, shared: true), Self.lu(&lapack, columns, shared: false))
    #expect(result.pivots == expected.pivots)
    #expect(result.code == 0 && expected.code == 0)
    #expect(shared.isNear(lapack))
  }

  /// A column of zeros is passed over, and named.
  @Test func singularMatrix() {
    var a = Columns(200, 200, seed: 1)
    for row in 0..<200 { (a[row, 100], a[row, 150]) = (0, 0) }
    var (shared, lapack) = (a, a)
    let (result, expected) = (Self.lu(&shared, 200, shared: true), Self.lu(&lapack, 200, shared: false))
    #expect(result.code == 101 && expected.code == 101)
    #expect(result.pivots == expected.pivots)
    #expect(shared.isNear(lapack))
  }

  private static func cholesky(_ a: inout Columns, upper: Bool, shared: Bool) -> Int32 {
    let (n, lead) = (a.rows, a.lead)
    return a.elements.withUnsafeMutableBufferPointer { a in
      shared
        ? double.sharedCholesky(n, a.baseAddress!, lead: lead, upper: upper)
        : Double.potrf(LAPACK_COL_MAJOR, double.letter(upper ? "U" : "L"), Int32(n), a.baseAddress!, Int32(lead))
    }
  }

  @Test(arguments: [1, 64, 65, 200, 321], [false, true])
  func cholesky(n: Int, upper: Bool) {
    let a = Columns(symmetric: n, seed: n)
    var (shared, lapack) = (a, a)
    #expect(Self.cholesky(&shared, upper: upper, shared: true) == 0)
    #expect(Self.cholesky(&lapack, upper: upper, shared: false) == 0)
    #expect(shared.isNear(lapack) { upper ? $0 <= $1 : $0 >= $1 })
  }

  @Test(arguments: [0, 63, 64, 150, 199], [false, true])
  func notPositive(place: Int, upper: Bool) {
    var a = Columns(symmetric: 200, seed: place)
    a[place, place] = -1
    #expect(Self.cholesky(&a, upper: upper, shared: true) == Int32(place + 1))
  }

  // MARK: Through the device

  /// A command on the processor, on all threads or within a job of the pool, where it has one.
  private static func outputs(
    _ operation: LinearAlgebra, _ inputs: [Operand], _ outputs: [Operand], onOneThread: Bool
  ) throws -> [[Double]] {
    let outputs = try outputs.map { try $0.on(CPUDevice.shared) }
    let inputs = try inputs.map { try $0.on(CPUDevice.shared) }
    let failure = Lock<TensorError?>(nil)
    func compute() {
      do throws(TensorError) {
        try CPUDevice.shared.linearAlgebra(operation, inputs: inputs, outputs: outputs)
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if onOneThread {
      ThreadPool.shared.parallel(count: 2, grain: 1) { range in if range.contains(0) { compute() } }
    } else {
      compute()
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return try outputs.map { try $0.values().map(\.doubleValue) }
  }

  private static func expectSame(_ operation: LinearAlgebra, _ inputs: [Operand], _ results: [Operand]) throws {
    let all = try outputs(operation, inputs, results, onOneThread: false)
    let one = try outputs(operation, inputs, results, onOneThread: true)
    for (a, b) in zip(all, one) {
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($1)) || $0.isNaN && $1.isNaN }, "\(operation)")
    }
  }

  /// Matrices in any layout, and right-hand sides wide enough to be divided.
  @Test(arguments: [[], [2]], [Form.contiguous, .transposed, .sliced])
  func layouts(batch: [Int], form: Form) throws {
    let n = 260
    var numbers = TestNumbers(seed: batch.count)
    func matrix(_ shape: [Int], _ element: (_ row: Int, _ column: Int) -> Double) -> Operand {
      let operand = Operand.model(batch + shape, .float64, form, using: &numbers)
      for index in 0..<operand.count {
        let (row, column) = (index / shape[1] % shape[0], index % shape[1])
        Elements(operand)[index] = .double(element(row, column))
      }
      return operand
    }
    func output(_ shape: [Int], _ dtype: DType = .float64) -> Operand {
      .model(batch + shape, dtype, dtype == .int32 ? .contiguous : form, using: &numbers)
    }
    func element(_ row: Int, _ column: Int) -> Double { Double((row * 37 + column * 101 + row * column) % 83) / 83 }
    let general = matrix([n, n]) { element($0, $1) + ($0 == $1 ? 20 : 0) }
    let symmetric = matrix([n, n]) { element(max($0, $1), min($0, $1)) + ($0 == $1 ? Double(n) : 0) }
    let right = matrix([n, 70], element)
    let (factors, pivots, info) = (output([n, n]), output([n], .int32), output([], .int32))
    try Self.expectSame(.lu, [general], [factors, pivots, info])
    try CPULinearAlgebra.run(.lu, inputs: [general], outputs: [factors, pivots, info], device: "cpu")
    for flag in [false, true] {
      try Self.expectSame(.luSolve(transposed: flag), [factors, pivots, right], [output([n, 70])])
      try Self.expectSame(.cholesky(upper: flag), [symmetric], [output([n, n]), info])
      for unit in [false, true] {
        try Self.expectSame(.triangularSolve(upper: flag, unitriangular: unit), [symmetric, right], [output([n, 70])])
      }
    }
  }
}

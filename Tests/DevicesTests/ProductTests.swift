import Testing

@testable import Devices

/// SplitMix64: the same cases in every run.
private struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A batch of matrices in memory of their own, with any strides.
private final class Matrices {
  let layout: Layout
  let dtype: DType
  private let memory: UnsafeMutableRawPointer

  enum Form: CaseIterable {
    case rows, columns, padded, gaps, reversed, repeatedRows, repeatedColumns, overlapping, shared
  }

  convenience init(_ dtype: DType, _ batch: Int, _ rows: Int, _ columns: Int, _ form: Form = .rows) {
    let strides: [Int] =
      switch form {
      case .rows: [rows * columns, columns, 1]
      case .columns: [rows * columns, 1, rows]
      case .padded: [rows * (columns + 3) + 5, columns + 3, 1]
      case .gaps: [rows * columns * 6 + 1, columns * 3, 2]
      case .reversed: [-rows * columns, -columns, -1]
      case .repeatedRows: [columns, 0, 1]
      case .repeatedColumns: [rows, 1, 0]
      case .overlapping: [1, 1, 1]
      case .shared: [0, columns, 1]
      }
    self.init(dtype, shape: [batch, rows, columns], strides: strides)
  }

  init(_ dtype: DType, shape: [Int], strides: [Int]) {
    self.dtype = dtype
    let extent = Layout(shape: shape, strides: strides, offset: 0).extent
    layout = Layout(shape: shape, strides: strides, offset: -extent.lowerBound)
    let byteCount = max(1, extent.count * dtype.byteCount)
    memory = .allocate(byteCount: byteCount, alignment: 64)
    // NaN in every floating-point dtype.
    memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
  }

  deinit { memory.deallocate() }

  subscript(batch: Int, row: Int, column: Int) -> Scalar {
    get {
      let place = place(batch, row, column)
      return switch dtype {
      case .bool, .uint8: place.load(as: UInt8.self).scalar
      case .int8: place.load(as: Int8.self).scalar
      case .int16: place.load(as: Int16.self).scalar
      case .int32: place.load(as: Int32.self).scalar
      case .int64: place.load(as: Int64.self).scalar
      case .float16: place.load(as: Half.self).scalar
      case .bfloat16: place.load(as: BFloat16.self).scalar
      case .float32: place.load(as: Float.self).scalar
      case .float64: place.load(as: Double.self).scalar
      }
    }
    set {
      let place = place(batch, row, column)
      switch dtype {
      case .bool, .uint8: place.storeBytes(of: UInt8(newValue), as: UInt8.self)
      case .int8: place.storeBytes(of: Int8(newValue), as: Int8.self)
      case .int16: place.storeBytes(of: Int16(newValue), as: Int16.self)
      case .int32: place.storeBytes(of: Int32(newValue), as: Int32.self)
      case .int64: place.storeBytes(of: Int64(newValue), as: Int64.self)
      case .float16: place.storeBytes(of: Half(newValue), as: Half.self)
      case .bfloat16: place.storeBytes(of: BFloat16(newValue), as: BFloat16.self)
      case .float32: place.storeBytes(of: Float(newValue), as: Float.self)
      case .float64: place.storeBytes(of: Double(newValue), as: Double.self)
      }
    }
  }

  private func place(_ batch: Int, _ row: Int, _ column: Int) -> UnsafeMutableRawPointer {
    let s = layout.strides
    return memory + (layout.offset + batch * s[0] + row * s[1] + column * s[2]) * dtype.byteCount
  }

  func forEachIndex(_ body: (Int, Int, Int) -> Void) {
    for x in 0..<layout.shape[0] {
      for i in 0..<layout.shape[1] {
        for j in 0..<layout.shape[2] { body(x, i, j) }
      }
    }
  }

  /// Small whole numbers, so that a sum is exact in every floating-point dtype whatever its order.
  func fill(_ numbers: inout Numbers) {
    let bound: Int64 = dtype.isFloatingPoint ? 2 : 100
    var source = numbers
    forEachIndex { self[$0, $1, $2] = .int(Int64.random(in: -bound...bound, using: &source)) }
    numbers = source
  }

  var wholeNumbers: [Int64] {
    var numbers: [Int64] = []
    forEachIndex { numbers.append(self[$0, $1, $2].intValue) }
    return numbers
  }

  var operand: MatrixProduct.Operand {
    .init(
      start: place(0, 0, 0), rowStride: layout.strides[1], columnStride: layout.strides[2],
      batchStride: layout.strides[0])
  }

  var output: MatrixProduct.Output {
    .init(start: place(0, 0, 0), rowStride: layout.strides[1], batchStride: layout.strides[0])
  }
}

struct ProductTests {
  static let dtypes = DType.allCases.filter { $0 != .bool }

  /// What the product must be, by its definition, in a dtype's arithmetic.
  private func expected(_ a: Matrices, _ b: Matrices, _ c: Matrices, alpha: Int64, beta: Int64) -> Matrices {
    let (m, k, n) = (a.layout.shape[1], a.layout.shape[2], b.layout.shape[2])
    let result = Matrices(a.dtype, a.layout.shape[0], m, n)
    // Whole numbers are exact in Int64 whatever the dtype, and a cast brings them back into its range.
    let left = a.wholeNumbers
    let right = b.wholeNumbers
    result.forEachIndex { x, i, j in
      var sum: Int64 = 0
      for p in 0..<k { sum &+= left[(x * m + i) * k + p] &* right[(x * k + p) * n + j] }
      result[x, i, j] = .int(alpha &* sum &+ (beta == 0 ? 0 : beta &* c[x, i, j].intValue))
    }
    return result
  }

  private func check(
    _ numbers: inout Numbers, _ dtype: DType, batch: Int = 1, _ m: Int, _ n: Int, _ k: Int,
    _ formA: Matrices.Form = .rows, _ formB: Matrices.Form = .rows, _ formC: Matrices.Form = .rows, alpha: Int64 = 1,
    beta: Int64 = 0
  ) throws {
    let a = Matrices(dtype, batch, m, k, formA)
    let b = Matrices(dtype, batch, k, n, formB)
    let c = Matrices(dtype, batch, m, n, formC)
    a.fill(&numbers)
    b.fill(&numbers)
    // Otherwise c keeps its NaNs: with beta zero they must not be read.
    if beta != 0 { c.fill(&numbers) }
    let expected = expected(a, b, c, alpha: alpha, beta: beta)
    try MatrixProduct(
      dtype: dtype, batchCount: batch, m: m, n: n, k: k, a: a.operand, b: b.operand, c: c.output, alpha: .int(alpha),
      beta: .int(beta)
    ).run()
    var wrong = 0
    expected.forEachIndex { if c[$0, $1, $2] != expected[$0, $1, $2] { wrong += 1 } }
    #expect(wrong == 0, "\(dtype) \(batch)x\(m)x\(k)x\(n) \(formA) \(formB) \(formC) \(alpha) \(beta)")
  }

  @Test(arguments: dtypes)
  func everyForm(dtype: DType) throws {
    var numbers = Numbers(state: 1)
    for formA in Matrices.Form.allCases {
      for formB in Matrices.Form.allCases {
        for (m, n, k) in [(5, 4, 3), (1, 6, 5), (6, 1, 5), (1, 1, 7), (5, 6, 1), (1, 1, 1), (20, 17, 13)] {
          try check(&numbers, dtype, batch: 2, m, n, k, formA, formB, .padded)
        }
      }
    }
  }

  @Test(arguments: dtypes)
  func randomShapes(dtype: DType) throws {
    var numbers = Numbers(state: 2)
    let forms = Matrices.Form.allCases
    for _ in 0..<60 {
      let sizes = (0..<3).map { _ in Int.random(in: 1...32, using: &numbers) }
      let batch = Int.random(in: 1...5, using: &numbers)
      let picked = (0..<2).map { _ in forms.randomElement(using: &numbers)! }
      let output = [Matrices.Form.rows, .padded].randomElement(using: &numbers)!
      let factors = (0..<2).map { _ in Int64.random(in: -1...2, using: &numbers) }
      try check(
        &numbers, dtype, batch: batch, sizes[0], sizes[1], sizes[2], picked[0], picked[1], output, alpha: factors[0],
        beta: factors[1])
    }
  }

  @Test(arguments: dtypes)
  func largeOnesAreCut(dtype: DType) throws {
    var numbers = Numbers(state: 3)
    try check(&numbers, dtype, 130, 70, 90, .rows, .columns)
    try check(&numbers, dtype, 70, 301, 40, .columns, .gaps, .padded, alpha: 2, beta: -1)
    try check(&numbers, dtype, batch: 9, 40, 40, 40, .rows, .shared)
    try check(&numbers, dtype, batch: 3, 64, 64, 64, .shared, .columns)
  }

  /// Our own kernel works in panels of 8, 4 or twice as many columns, 6 rows and 256 steps.
  @Test(arguments: [DType.float32, .float64])
  func smallOnesOfEveryWidth(dtype: DType) throws {
    var numbers = Numbers(state: 9)
    for n in [2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 17, 23, 24, 25, 31, 33] {
      for (m, k) in [(2, 1), (7, 257), (13, 64), (14, 520)] {
        try check(&numbers, dtype, m, n, k, .rows, .rows, .padded)
        try check(&numbers, dtype, m, n, k, .columns, .columns)
      }
    }
    // Rows of b at a distance that crowds the cache.
    try check(&numbers, dtype, 20, 128, 100)
  }

  @Test(arguments: [DType.bfloat16, .float32, .int32])
  func manyTiles(dtype: DType) throws {
    var numbers = Numbers(state: 4)
    try check(&numbers, dtype, 270, 265, 260, .gaps, .reversed)
  }

  @Test(arguments: [DType.float32, .float64])
  func longInnerDimensions(dtype: DType) throws {
    var numbers = Numbers(state: 5)
    try check(&numbers, dtype, 1, 1, 300_000)
    try check(&numbers, dtype, 1, 1, 300_000, .gaps, .rows, alpha: 2, beta: 1)
    try check(&numbers, dtype, 3, 5, 50_001, .columns, .rows, .padded, beta: 2)
    try check(&numbers, dtype, 1, 5, 50_001, .rows, .rows, .padded, alpha: -1)
  }

  @Test(arguments: dtypes)
  func emptySizes(dtype: DType) throws {
    var numbers = Numbers(state: 6)
    for (m, n) in [(3, 4), (1, 4), (3, 1), (1, 1)] {
      try check(&numbers, dtype, batch: 2, m, n, 0)
      try check(&numbers, dtype, m, n, 0, beta: 2)
    }
    for (batch, m, n, k) in [(0, 3, 4, 5), (2, 0, 4, 5), (2, 3, 0, 5), (0, 0, 0, 0)] {
      try check(&numbers, dtype, batch: batch, m, n, k)
    }
  }

  @Test func tallBatchesMerge() throws {
    var numbers = Numbers(state: 7)
    try check(&numbers, .float32, batch: 6, 7, 20, 11, .rows, .shared, .rows)
    try check(&numbers, .float32, batch: 6, 7, 20, 11, .rows, .shared, .padded)
    try check(&numbers, .int64, batch: 6, 7, 20, 11, .rows, .shared, .rows, beta: 1)
  }

  @Test func halvesRoundOnce() throws {
    // 2048 + 1 + 1 is 2050 if the sum is kept in float32, and 2048 if it is rounded to float16 on the way.
    let a = Matrices(.float16, 1, 1, 3)
    let b = Matrices(.float16, 1, 3, 1)
    let c = Matrices(.float16, 1, 1, 1)
    for (i, x) in [2048, 1, 1].enumerated() { (a[0, 0, i], b[0, i, 0]) = (.int(Int64(x)), .int(1)) }
    try MatrixProduct(dtype: .float16, m: 1, n: 1, k: 3, a: a.operand, b: b.operand, c: c.output).run()
    #expect(c[0, 0, 0] == .double(2050))
  }

  @Test func notANumberPropagates() throws {
    for (m, n) in [(3, 4), (1, 4), (3, 1), (1, 1)] {
      let a = Matrices(.float32, 1, m, 2)
      let b = Matrices(.float32, 1, 2, n)
      let c = Matrices(.float32, 1, m, n)
      a.forEachIndex { a[$0, $1, $2] = .int(0) }
      b.forEachIndex { b[$0, $1, $2] = .double(.infinity) }
      try MatrixProduct(dtype: .float32, m: m, n: n, k: 2, a: a.operand, b: b.operand, c: c.output).run()
      c.forEachIndex { #expect(c[$0, $1, $2].doubleValue.isNaN) }
    }
  }

  @Test func booleansHaveNoProduct() {
    let a = Matrices(.bool, 1, 2, 2)
    #expect(throws: TensorError.notImplemented("\"addmm_impl_cpu_\" not implemented for 'Bool'")) {
      try MatrixProduct(dtype: .bool, m: 2, n: 2, k: 2, a: a.operand, b: a.operand, c: a.output).run()
    }
  }

  @Test(arguments: dtypes)
  func deviceWritesAnyLayout(dtype: DType) throws {
    let device = CPUDevice.shared
    func operand(_ x: Matrices) throws -> Devices.Operand {
      let extent = x.layout.extent.count * dtype.byteCount
      let storage = try device.allocate(byteCount: extent)
      let start = UnsafeRawPointer(x.operand.start) - x.layout.offset * dtype.byteCount
      try device.upload(UnsafeRawBufferPointer(start: start, count: extent), to: storage)
      return Operand(storage: storage, layout: x.layout, dtype: dtype)
    }
    var numbers = Numbers(state: 8)
    let a = Matrices(dtype, 2, 3, 4)
    let b = Matrices(dtype, 2, 4, 5, .columns)
    a.fill(&numbers)
    b.fill(&numbers)
    for strides in [[15, 5, 1], [15, 1, 3], [60, 20, 2], [1, 2, 6], [5, 10, 1], [-15, -5, -1]] {
      let c = Matrices(dtype, shape: [2, 3, 5], strides: strides)
      let expected = expected(a, b, c, alpha: 1, beta: 0)
      let output = try operand(c)
      try device.matrixProduct(operand(a), operand(b), to: output)
      let start = UnsafeMutableRawPointer(mutating: c.operand.start) - c.layout.offset * dtype.byteCount
      try device.download(
        output.storage, to: UnsafeMutableRawBufferPointer(start: start, count: c.layout.extent.count * dtype.byteCount))
      expected.forEachIndex { #expect(c[$0, $1, $2] == expected[$0, $1, $2], "\(strides)") }
    }
  }
}

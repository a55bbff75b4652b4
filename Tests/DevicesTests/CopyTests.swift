import Devices
import Testing

/// Copies between layouts of one dtype, against a loop over coordinates.
@Suite struct CopyTests {
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  /// A layout of a shape in a storage of its own: dimensions in any order in memory, gaps between elements, some dimensions reversed or, for an
  /// input, repeated.
  static func layout(_ shape: [Int], repeats: Bool, _ random: inout Random) -> Layout {
    var strides = [Int](repeating: 0, count: shape.count)
    var (step, offset) = (1, 0)
    for dim in shape.indices.shuffled(using: &random) {
      if repeats && Int.random(in: 0..<5, using: &random) == 0 { continue }
      step *= Int.random(in: 1...2, using: &random)
      strides[dim] = step
      step *= max(shape[dim], 1)
      if Int.random(in: 0..<4, using: &random) == 0 {
        offset += max(shape[dim] - 1, 0) * strides[dim]
        strides[dim] = -strides[dim]
      }
    }
    return Layout(shape: shape, strides: strides, offset: offset + Int.random(in: 0...3, using: &random))
  }

  static func place(_ flat: Int, _ layout: Layout) -> Int {
    var (rest, place) = (flat, layout.offset)
    for dim in layout.shape.indices.reversed() {
      place += rest % layout.shape[dim] * layout.strides[dim]
      rest /= layout.shape[dim]
    }
    return place
  }

  @Test(arguments: [DType.uint8, .int16, .float32, .float64], 0..<60)
  func randomLayouts(dtype: DType, seed: Int) throws {
    var random = Random(state: UInt64(seed))
    // Small shapes of many dimensions, and large ones that take several blocks and threads.
    let sizes = seed % 4 == 0 ? 1...150 : 0...9
    let rank = seed % 4 == 0 ? 2 : Int.random(in: 0...4, using: &random)
    let shape = (0..<rank).map { _ in Int.random(in: sizes, using: &random) }
    let source = Self.layout(shape, repeats: true, &random)
    let target = Self.layout(shape, repeats: false, &random)

    let size = dtype.byteCount
    func operand(_ layout: Layout, _ bytes: [UInt8]) throws -> Operand {
      let storage = try CPUDevice.shared.allocate(byteCount: bytes.count)
      try bytes.withUnsafeBytes { (bytes) throws in try CPUDevice.shared.upload(bytes, to: storage) }
      return Operand(storage: storage, layout: layout, dtype: dtype)
    }
    let before = (0..<(source.extent.upperBound + 1) * size).map { _ in UInt8.random(in: 0...255, using: &random) }
    var expected = [UInt8](repeating: 7, count: (target.extent.upperBound + 1) * size)
    let input = try operand(source, before)
    let output = try operand(target, expected)
    try CPUDevice.shared.copy(input, to: output)
    for flat in 0..<source.count {
      let (from, to) = (Self.place(flat, source) * size, Self.place(flat, target) * size)
      expected.replaceSubrange(to..<(to + size), with: before[from..<(from + size)])
    }
    var result = [UInt8](repeating: 0, count: expected.count)
    try result.withUnsafeMutableBytes { (bytes) throws in try CPUDevice.shared.download(output.storage, to: bytes) }
    #expect(result == expected)
  }

  /// Matrices in whole blocks and with edges, and one so large that it is written past the caches.
  @Test(arguments: [DType.int16, .float32, .float64], [[64, 256], [70, 131], [1, 300], [300, 2], [2100, 2000]])
  func transposes(dtype: DType, shape: [Int]) throws {
    let (rows, columns) = (shape[0], shape[1])
    let size = dtype.byteCount
    let bytes = (0..<(rows * columns * size)).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
    let storage = try CPUDevice.shared.allocate(byteCount: bytes.count)
    try bytes.withUnsafeBytes { (bytes) throws in try CPUDevice.shared.upload(bytes, to: storage) }
    let input = Operand(storage: storage, layout: Layout(shape: shape).transposed(0, 1), dtype: dtype)
    let target = try CPUDevice.shared.allocate(byteCount: bytes.count)
    try CPUDevice.shared.copy(input, to: Operand(storage: target, layout: Layout(shape: [columns, rows]), dtype: dtype))
    var result = [UInt8](repeating: 0, count: bytes.count)
    try result.withUnsafeMutableBytes { (bytes) throws in try CPUDevice.shared.download(target, to: bytes) }
    // Every element where it belongs: a prime number of them, spread over the matrix, where there are many.
    for place in stride(from: 0, to: rows * columns, by: rows * columns > 100_000 ? 101 : 1) {
      let (row, column) = (place / columns, place % columns)
      let (from, to) = (place * size, (column * rows + row) * size)
      guard bytes[from..<(from + size)].elementsEqual(result[to..<(to + size)]) else {
        Issue.record("row \(row), column \(column)")
        break
      }
    }
  }
}

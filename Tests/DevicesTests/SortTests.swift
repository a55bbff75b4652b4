import Testing

@testable import Devices

@Suite struct SortTests {
  let device = CPUDevice.shared

  private func isSame(_ a: Scalar, _ b: Scalar) -> Bool {
    if case .double(let a) = a, case .double(let b) = b { return a.isNaN ? b.isNaN : a.bitPattern == b.bitPattern }
    return a == b
  }

  private func check(_ input: Operand, dim: Int, descending: Bool, _ generator: inout SplitMix, _ comment: Comment) throws {
    let values = try Operand.random(input.shape, input.dtype, repeats: false, using: &generator)
    let places = try Operand.random(input.shape, .int64, repeats: false, using: &generator)
    try device.sort(input, dim: dim, descending: descending, values: values, indices: places)
    let length = input.shape[dim]
    let order = input.shape.indices.filter { $0 != dim } + [dim]
    let moved = { (operand: Operand) in operand.with(layout: operand.layout.permuted(order)).scalars }
    let (inputs, results, indices) = (moved(input), moved(values), moved(places))
    for start in stride(from: 0, to: inputs.count, by: length) {
      let row = Array(inputs[start..<start + length])
      let actual = indices[start..<start + length].map { Int($0.intValue) }
      // A permutation whose every two neighbours are in order, by position where they are equal: there is only one.
      var isTaken = [Bool](repeating: false, count: length)
      for index in actual where row.indices.contains(index) { isTaken[index] = true }
      let isOrdered =
        isTaken.allSatisfy { $0 }
        && zip(actual, actual.dropFirst()).allSatisfy { a, b in
          let (first, second) = descending ? (row[b], row[a]) : (row[a], row[b])
          return first.precedes(second) || (!second.precedes(first) && a < b)
        }
      guard isOrdered else {
        Issue.record("\(input.dtype) \(input.layout) along \(dim), descending \(descending). \(comment)")
        return
      }
      // Zeros keep their signs.
      let same = zip(results[start..<start + length], actual).allSatisfy { value, index in
        isSame(value, row[index])
      }
      #expect(same, comment)
    }
  }

  @Test(arguments: DType.allCases, [false, true])
  func randomLayouts(dtype: DType, descending: Bool) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for round in 0..<40 {
      let shape = randomShape(rank: 1...4, size: 9, &generator)
      let dim = Int.random(in: 0..<shape.count, using: &generator)
      let input = try Operand.random(shape, dtype, round % 2 == 0 ? .small : .wild, using: &generator)
      try check(input, dim: dim, descending: descending, &generator, "seed \(seed)")
    }
  }

  /// Rows that are merged and rows that are sorted by digits.
  @Test(arguments: DType.allCases, [16, 17, 33, 1000, 1024, 2500])
  func rowsOfAllLengths(dtype: DType, length: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for kind in [ElementKind.small, .wild] {
      let input = try Operand.random([2, length], dtype, kind, using: &generator)
      try check(input, dim: 1, descending: Bool.random(using: &generator), &generator, "seed \(seed)")
    }
  }

  /// Rows that all threads sort together.
  @Test(arguments: [DType.uint8, .int64, .float32, .bfloat16])
  func longRows(dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    let input = try Operand.random([70_000], dtype, .wild, using: &generator)
    try check(input, dim: 0, descending: false, &generator, "seed \(seed)")
  }

  @Test func zeroDimensionsAndNone() throws {
    let input = try Operand.make(.scalar, .float32)
    input.write(.double(3), at: 0)
    let values = try Operand.make(.scalar, .float32)
    let places = try Operand.make(.scalar, .int64)
    try device.sort(input, dim: 0, descending: true, values: values, indices: places)
    #expect(values.scalars == [.double(3)] && places.scalars == [.int(0)])
    let empty = try Operand.make(Layout(shape: [3, 0]), .float32)
    try device.sort(empty, dim: 1, descending: false, values: empty, indices: Operand.make(Layout(shape: [3, 0]), .int64))
  }
}

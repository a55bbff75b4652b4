import Testing

@testable import Devices

/// Parts of rows in order, against the whole in order.
@Suite struct SelectTests {
  static let dtypes = DType.allCases

  @Test(arguments: dtypes)
  func firstOnes(dtype: DType) throws {
    var generator = SplitMix(seed: UInt64(dtype.rawValue))
    for shape in [[1], [4], [40], [3, 17], [200, 2], [2, 5, 130]] {
      for dim in shape.indices {
        let input = try Operand.random(shape, dtype, using: &generator)
        for k in Set([0, 1, shape[dim] / 3, shape[dim]]) {
          for descending in [false, true] {
            try check(.first(descending: descending), of: input, dim, from: 0, count: k, descending)
          }
        }
        for rank in Set([0, shape[dim] / 2, shape[dim] - 1]) {
          try check(.rank(rank), of: input, dim, from: rank, count: 1, false)
        }
      }
    }
  }

  /// Values as in a sort, and places where they stand, none twice.
  private func check(
    _ part: OrderedPart, of input: Operand, _ dim: Int, from start: Int, count: Int, _ descending: Bool
  ) throws {
    var shape = input.shape
    shape[dim] = count
    let (values, indices) = (try Operand.make(Layout(shape: shape), input.dtype), try Operand.make(Layout(shape: shape), .int64))
    try CPUDevice.shared.select(part, of: input, dim: dim, values: values, indices: indices)
    let all = Layout(shape: input.shape)
    let (sorted, places) = (try Operand.make(all, input.dtype), try Operand.make(all, .int64))
    try CPUDevice.shared.sort(input, dim: dim, descending: descending, values: sorted, indices: places)

    let step = all.strides[dim]
    let expected = sorted.with(layout: Layout(shape: shape, strides: all.strides, offset: start * step))
    let picked = values.scalars
    #expect(picked.elementsEqual(expected.scalars, by: isSame), "\(part) of \(input.shape) along \(dim)")
    for (position, index) in indices.scalars.enumerated() {
      var coordinates = coordinates(of: position, in: shape)
      coordinates[dim] = Int(index.intValue)
      let place = zip(coordinates, input.layout.strides).reduce(input.layout.offset) { $0 + $1.0 * $1.1 }
      #expect(isSame(input.read(at: place), picked[position]))
    }
    for row in rows(of: indices, along: dim) { #expect(Set(row).count == row.count) }
  }

  private func isSame(_ a: Scalar, _ b: Scalar) -> Bool {
    a.doubleValue == b.doubleValue || a.doubleValue.isNaN && b.doubleValue.isNaN
  }

  private func coordinates(of position: Int, in shape: [Int]) -> [Int] {
    var rest = position
    return shape.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }.reversed()
  }

  private func rows(of indices: Operand, along dim: Int) -> [[Int64]] {
    var rows: [[Int]: [Int64]] = [:]
    for (position, index) in indices.scalars.enumerated() {
      var key = coordinates(of: position, in: indices.shape)
      key[dim] = 0
      rows[key, default: []].append(index.intValue)
    }
    return Array(rows.values)
  }

  // MARK: Which of equal elements

  /// As PyTorch 2.15 picks them: `torch.tensor(row).topk(20)`, `.topk(20, largest=False)` and `.kthvalue(25)`; `.mode()` names the last of the
  /// most frequent number's places in order.
  @Test func tiesAreBrokenAsInPyTorch() throws {
    let row: [Float] = [
      3, 1, 4, 2, 4, 4, 3, 1, 2, 3, 2, 3, 3, 1, 2, 0, 0, 4, 0, 3, 3, 0, 3, 4, 1, 4, 4, 0, 3, 0, 1, 3, 1, 4, 2, 3, 1, 4, 4, 3, 3, 3,
      1, 2, 2, 3, 4, 3, 0, 2,
    ]
    let input = try Operand.make(Layout(shape: [50]), .float32)
    row.withUnsafeBytes { input.storage.handle.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    func places(_ part: OrderedPart, _ count: Int) throws -> [Int64] {
      let (values, indices) = (try Operand.make(Layout(shape: [count]), .float32), try Operand.make(Layout(shape: [count]), .int64))
      try CPUDevice.shared.select(part, of: input, dim: 0, values: values, indices: indices)
      return indices.scalars.map(\.intValue)
    }
    #expect(
      try places(.first(descending: true), 20) == [2, 33, 4, 5, 17, 46, 26, 25, 38, 23, 37, 45, 40, 19, 20, 22, 35, 28, 31, 39])
    #expect(
      try places(.first(descending: false), 20) == [18, 48, 21, 16, 15, 27, 29, 32, 24, 13, 30, 7, 36, 42, 1, 49, 34, 43, 44, 8])
    #expect(try places(.rank(24), 1) == [6])
    #expect(try places(.all, 50)[38] == 22)
  }
}

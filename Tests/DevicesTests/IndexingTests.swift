import Testing

@testable import Devices

@Suite struct IndexingTests {
  let device = CPUDevice.shared

  /// A random table, positions of its first dimensions, and the shape of the list.
  private struct Case {
    var table: Operand
    var indices: [Operand]
    var listShape: [Int]

    init(_ dtype: DType, _ kind: ElementKind, tableRepeats: Bool, _ generator: inout SplitMix) throws {
      let large = Int.random(in: 0..<8, using: &generator) == 0
      let shape = randomShape(rank: 1...4, size: large ? 30 : 6, &generator)
      let indexed = Int.random(in: 1...shape.count, using: &generator)
      let positionShape = randomShape(rank: 0...3, size: large ? 12 : 4, &generator)
      table = try Operand.random(shape, dtype, kind, repeats: tableRepeats, using: &generator)
      indices = []
      for axis in 0..<indexed {
        let positions = try Operand.random(positionShape, .int64, using: &generator)
        for position in positions.layout.extent {
          positions.write(.int(Int64.random(in: Int64(-shape[axis])..<Int64(shape[axis]), using: &generator)), at: position)
        }
        indices.append(positions)
      }
      listShape = positionShape + shape[indexed...]
    }

    /// For every element of the list in row-major order, its place in the table's memory.
    var places: [Int] {
      let rest = Layout(
        shape: Array(table.shape[indices.count...]), strides: Array(table.layout.strides[indices.count...]), offset: 0)
      let restPlaces = table.with(layout: rest).positions
      let columns = indices.map(\.scalars)
      return (0..<columns[0].count).flatMap { position in
        var start = table.layout.offset
        for axis in indices.indices {
          let place = Int(columns[axis][position].intValue)
          start += (place < 0 ? place + table.shape[axis] : place) * table.layout.strides[axis]
        }
        return restPlaces.map { start + $0 }
      }
    }
  }

  @Test(arguments: DType.allCases)
  func gathers(dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<40 {
      let test = try Case(dtype, .small, tableRepeats: true, &generator)
      let output = try Operand.random(test.listShape, dtype, repeats: false, using: &generator)
      try device.gather(
        test.table, indices: test.indices, dimensions: Array(test.indices.indices), to: output)
      let agree = output.scalars == test.places.map(test.table.read)
      #expect(agree, "\(test.table.layout), seed \(seed)")
    }
  }

  private func combined(_ mode: ScatterMode, _ a: Scalar, _ b: Scalar) -> Scalar {
    switch (mode == .sum ? .add : mode, a, b) {
    case (.set, _, _): b
    case (.add, .int(let a), .int(let b)): .int(a &+ b)
    case (.multiply, .int(let a), .int(let b)): .int(a &* b)
    case (.add, .bool(let a), .bool(let b)), (.max, .bool(let a), .bool(let b)): .bool(a || b)
    case (.multiply, .bool(let a), .bool(let b)), (.min, .bool(let a), .bool(let b)): .bool(a && b)
    case (.add, _, _): .double(a.doubleValue + b.doubleValue)
    case (.multiply, _, _): .double(a.doubleValue * b.doubleValue)
    // The precedence of NaN makes it the greatest; it is kept as the least too.
    case (.min, _, _): a.doubleValue.isNaN || (a.precedes(b) && !b.doubleValue.isNaN) ? a : b
    case (.max, _, _): a.doubleValue.isNaN || (b.precedes(a) && !b.doubleValue.isNaN) ? a : b
    case (.sum, _, _): preconditionFailure("a sum is made by additions")
    }
  }

  @Test(arguments: ScatterMode.allCases, DType.allCases)
  func scatters(mode: ScatterMode, dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for round in 0..<40 {
      let kind: ElementKind = round % 2 == 0 || mode == .multiply ? .small : .wild
      let test = try Case(dtype, kind, tableRepeats: false, &generator)
      let source = try Operand.random(test.listShape, dtype, kind, using: &generator)
      var expected: [Int: Scalar] = [:]
      for position in test.table.positions {
        expected[position] = mode == .sum ? Operand.rounded(.int(0), dtype) : test.table.read(at: position)
      }
      for (place, value) in zip(test.places, source.scalars) {
        // In the dtype, after every step. The least of a dtype in double precision is as good as in its own.
        expected[place] = Operand.rounded(combined(mode, expected[place]!, value), dtype)
      }
      try device.scatter(
        mode, source, indices: test.indices, dimensions: Array(test.indices.indices), to: test.table)
      let agree = test.table.positions.allSatisfy { test.table.read(at: $0).matches(expected[$0]!) }
      #expect(agree, "seed \(seed)")
    }
  }

  /// More than one thread's worth, with every place named many times.
  @Test(arguments: [[300], [300, 200], [7, 1000]])
  func manyAdditionsToFewPlaces(shape: [Int]) throws {
    let table = try Operand.make(Layout(shape: shape), .float32)
    try device.fill(table, with: .int(0))
    let count = 100_000 / shape.dropFirst().reduce(1, *)
    let places = try Operand.make(Layout(shape: [count]), .int64)
    for i in 0..<count { places.write(.int(Int64(i * 7 % shape[0])), at: i) }
    let one = try Operand.make(.scalar, .float32)
    one.write(.int(1), at: 0)
    let source = one.with(layout: one.layout.broadcast(to: [count] + shape.dropFirst()))
    try device.scatter(.add, source, indices: [places], dimensions: [0], to: table)
    var named = [Double](repeating: 0, count: shape[0])
    for i in 0..<count { named[i * 7 % shape[0]] += 1 }
    let width = table.layout.strides[0]
    #expect((0..<shape[0]).allSatisfy { table.read(at: $0 * width) == .double(named[$0]) })
    #expect((0..<shape[0]).allSatisfy { table.read(at: ($0 + 1) * width - 1) == .double(named[$0]) })
  }

  @Test func positionsOutsideAreErrors() throws {
    let table = try Operand.make(Layout(shape: [2, 3]), .float32)
    try device.fill(table, with: .int(5))
    let first = try Operand.make(Layout(shape: [2]), .int64)
    let second = try Operand.make(Layout(shape: [2]), .int64)
    let list = try Operand.make(Layout(shape: [2]), .float32)
    try device.fill(list, with: .int(1))
    for (a, b, message) in [
      ([0, 7], [0, 0], "index 7 is out of bounds for dimension 4 with size 2"),
      ([0, -3], [0, 0], "index -3 is out of bounds for dimension 4 with size 2"),
      ([0, 1], [2, 3], "index 3 is out of bounds for dimension 6 with size 3"),
      ([1, 2], [-4, 0], "index -4 is out of bounds for dimension 6 with size 3"),
      ([0, Int.min], [0, 0], "index \(Int.min) is out of bounds for dimension 4 with size 2"),
      ([0, Int.max], [0, 0], "index \(Int.max) is out of bounds for dimension 4 with size 2"),
    ] {
      for i in 0..<2 {
        first.write(.int(Int64(a[i])), at: i)
        second.write(.int(Int64(b[i])), at: i)
      }
      #expect(throws: TensorError.index(message)) {
        try device.gather(table, indices: [first, second], dimensions: [4, 6], to: list)
      }
      #expect(throws: TensorError.index(message)) {
        try device.scatter(.add, list, indices: [first, second], dimensions: [4, 6], to: table)
      }
    }
    // Nothing was written.
    #expect(table.scalars == [Scalar](repeating: .double(5), count: 6))
  }

  @Test func nothingToMove() throws {
    let table = try Operand.make(Layout(shape: [3, 2]), .float32)
    let none = try Operand.make(Layout(shape: [0]), .int64)
    try device.gather(table, indices: [none], dimensions: [0], to: Operand.make(Layout(shape: [0, 2]), .float32))
    try device.scatter(
      .add, Operand.make(Layout(shape: [0, 2]), .float32), indices: [none], dimensions: [0], to: table)
    // Rows without elements still have to exist.
    let bare = try Operand.make(Layout(shape: [3, 0]), .float32)
    let places = try Operand.make(Layout(shape: [1]), .int64)
    places.write(.int(3), at: 0)
    #expect(throws: TensorError.index("index 3 is out of bounds for dimension 0 with size 3")) {
      try device.gather(bare, indices: [places], dimensions: [0], to: Operand.make(Layout(shape: [1, 0]), .float32))
    }
  }

  @Test(arguments: DType.allCases)
  func findsNonzeros(dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for round in 0..<30 {
      let shape = round == 0 ? [17_000] : round == 1 ? [90, 200] : randomShape(rank: 0...4, size: 7, &generator)
      let input = try Operand.random(shape, dtype, round % 2 == 0 ? .small : .wild, using: &generator)
      let result = try device.nonzero(input)
      var expected: [Scalar] = []
      var count = 0
      let coordinates = Layout(shape: shape).strides
      for (index, value) in input.scalars.enumerated() where value.boolValue {
        count += 1
        for (dim, step) in coordinates.enumerated() { expected.append(.int(Int64(index / step % shape[dim]))) }
      }
      #expect(result.shape == [count, shape.count] && result.dtype == .int64)
      // Not inside the macro, which would look for the difference of two long arrays.
      let agree = result.scalars == expected
      #expect(agree, "\(input.layout), seed \(seed)")
    }
    let empty = try Operand.make(Layout(shape: [2, 0]), dtype)
    #expect(try device.nonzero(empty).shape == [0, 2])
  }
}

import Foundation
import Testing

@testable import Devices

/// Operations on rows: every device as the Reference device, whose body is made of other commands.
@Suite struct RowOperationTests {
  private static let operations: [(operation: RowOperation, inputs: String, outputs: String)] = [
    (.softmax(log: false), "m", "m"), (.softmax(log: true), "m", "m"),
    (.softmaxGradient(log: false), "mm", "m"), (.softmaxGradient(log: true), "mm", "m"),
    (.normalization(epsilon: 1e-5), "mrr", "mcc"), (.normalizationGradient, "mmccr", "mrr"),
    (.crossEntropy(ignored: 2), "mkr", "ccc"), (.crossEntropy(ignored: -100), "mkr", "ccc"),
    (.crossEntropyGradient(ignored: 2), "mkcc", "m"),
  ]

  /// The shape of an operand: a matrix, a number or a class for each row, or a number for each column.
  private func shape(_ kind: Character, _ matrix: [Int]) -> [Int] {
    switch kind {
    case "m": matrix
    case "c", "k": [matrix[0]]
    default: [matrix[1]]
    }
  }

  @Test(
    arguments: operations.indices,
    [(3, 5), (1, 1), (7, 32), (2, 4100), (600, 40)] as [(Int, Int)])
  func devicesAgree(index: Int, shape matrix: (Int, Int)) throws {
    let (operation, inputs, outputs) = Self.operations[index]
    let size = [matrix.0, matrix.1]
    for dtype in [DType.float32, .float64] {
      var numbers = TestNumbers(seed: index)
      let models = inputs.map { kind -> Operand in
        let shape = shape(kind, size)
        if kind == "k" {
          return .model((0..<size[0]).map { _ in .int(Int64(numbers.int(0...(size[1] - 1)))) }, .int64)
        }
        let values = (0..<shape.reduce(1, *)).map { _ in Scalar.double(numbers.double(0.25...2)) }
        return .model(shape, dtype, of: values, using: &numbers)
      }
      func run(on device: any Device) throws -> [[Double]] {
        let targets = try outputs.map { kind -> Operand in
          let shape = shape(kind, size)
          let storage = try device.allocate(byteCount: shape.reduce(1, *) * dtype.byteCount)
          return Operand(storage: storage, layout: Layout(shape: shape), dtype: dtype)
        }
        try device.rows(operation, try models.map { try $0.on(device) }, to: targets)
        return try targets.map { try $0.values().map(\.doubleValue) }
      }
      let want = try run(on: ReferenceDevice.shared)
      for device in TestedDevice.others() {
        for (got, want) in zip(try run(on: device), want) {
          let scale = want.map(\.magnitude).max() ?? 0
          let tolerance = (dtype == .float32 ? 1e-5 : 1e-13) * max(scale, 1e-3)
          let worst = zip(got, want).map { ($0 - $1).magnitude }.max() ?? 0
          #expect(worst <= tolerance, "\(operation) of \(dtype) on \(device.description)")
        }
      }
    }
  }

  /// A result written past the caches is that of its parts, which are not.
  @Test func largeResults() throws {
    let (rows, columns, part) = (4100, 1024, 1025)
    let device = CPUDevice.shared
    let input = Operand(
      storage: try device.allocate(byteCount: rows * columns * 4), layout: Layout(shape: [rows, columns]), dtype: .float32)
    var engine = MersenneTwister(seed: 1)
    try device.random(.uniform(low: 0, high: 1), engine: &engine, to: input)
    func softmax(_ input: Operand) throws -> Operand {
      let storage = try device.allocate(byteCount: input.count * 4)
      let result = Operand(storage: storage, layout: Layout(shape: input.shape), dtype: .float32)
      try device.rows(.softmax(log: false), [input], to: [result])
      return result
    }
    let whole = try softmax(input)
    for start in stride(from: 0, to: rows, by: part) {
      let layout = Layout(shape: [part, columns], strides: [columns, 1], offset: start * columns)
      let some = try softmax(input.with(layout: layout))
      let isEqual = memcmp(whole.storage.handle + start * columns * 4, some.storage.handle, part * columns * 4) == 0
      #expect(isEqual, "rows from \(start)")
    }
  }

  /// A row with a NaN is NaN throughout, an infinite one too; their neighbours are as they would be.
  @Test func valuesThatAreNotFinite() throws {
    let rows: [[Double]] = [
      [1, .nan, 2], [-.infinity, 0, 0], [-.infinity, -.infinity, -.infinity], [.infinity, 0, 1], [1, 2, 3],
    ]
    for device in TestedDevice.allCases.map({ $0.make() }) {
      var numbers = TestNumbers(seed: 0)
      let model = Operand.model([5, 3], .float64, of: rows.flatMap { $0 }.map { .double($0) }, using: &numbers)
      let target = Operand(storage: try device.allocate(byteCount: 120), layout: Layout(shape: [5, 3]), dtype: .float64)
      try device.rows(.softmax(log: false), [try model.on(device)], to: [target])
      let result = try target.values().map(\.doubleValue)
      #expect(result[0..<3].allSatisfy { $0.isNaN })
      #expect(Array(result[3..<6]) == [0, 0.5, 0.5])
      #expect(result[6..<9].allSatisfy { $0.isNaN })
      #expect(result[9].isNaN)
      #expect((result[12..<15].reduce(0, +) - 1).magnitude < 1e-15)
    }
  }
}

import Testing

@testable import Devices

/// Attention: every device as the Reference device, whose body is made of other commands.
@Suite struct AttentionTests {
  struct Sizes: Sendable {
    var batch = 1
    var heads = 1
    let queries: Int
    let keys: Int
    var width = 4
    var valueWidth = 4
  }

  /// Of one key and of several blocks, of heads whose queries are cut into parts and of heads that are not, of widths with and without a rest.
  static let sizes = [
    Sizes(queries: 1, keys: 1, width: 1, valueWidth: 1), Sizes(batch: 2, heads: 3, queries: 5, keys: 7, width: 3, valueWidth: 6),
    Sizes(batch: 2, heads: 9, queries: 70, keys: 70, width: 8, valueWidth: 8), Sizes(queries: 300, keys: 40),
    Sizes(queries: 290, keys: 600, width: 16, valueWidth: 5), Sizes(heads: 2, queries: 40, keys: 530, width: 32, valueWidth: 32),
  ]

  /// The first pieces of one tensor, in whatever order its dimensions lie.
  private func operand(_ shape: [Int], _ dtype: DType, _ order: [Int], _ numbers: inout TestNumbers) -> Operand {
    let layout = Layout(shape: order.map { shape[$0] })
    var strides = layout.strides
    for (place, dim) in order.enumerated() { strides[dim] = layout.strides[place] }
    let values = (0..<layout.count).map { _ in Scalar.double(numbers.double(-1...1)) }
    let flat = Operand.model(values, dtype)
    return flat.with(layout: Layout(shape: shape, strides: strides, offset: 0))
  }

  @Test(arguments: sizes, [false, true])
  func devicesAgree(sizes: Sizes, isCausal: Bool) throws {
    for dtype in [DType.float32, .float64] {
      for order in [[0, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0]] {
        var numbers = TestNumbers(seed: 3)
        let leading = [sizes.batch, sizes.heads]
        let shapes = [
          leading + [sizes.queries, sizes.width], leading + [sizes.keys, sizes.width], leading + [sizes.keys, sizes.valueWidth],
          leading + [sizes.queries, sizes.valueWidth],
        ]
        let models = shapes.map { operand($0, dtype, order, &numbers) }
        func run(on device: any Device) throws -> [[Double]] {
          func made(_ shape: [Int], isStatistics: Bool = false) throws -> Operand {
            // Rows of a result are neighbours: heads within the queries where the inputs have them so.
            let storage = try device.allocate(byteCount: shape.reduce(1, *) * dtype.byteCount)
            guard order == [0, 2, 1, 3], !isStatistics else {
              return Operand(storage: storage, layout: Layout(shape: shape), dtype: dtype)
            }
            let layout = Layout(shape: [shape[0], shape[2], shape[1], shape[3]]).transposed(1, 2)
            return Operand(storage: storage, layout: layout, dtype: dtype)
          }
          let inputs = try models.map { try $0.on(device) }
          let result = [try made(shapes[3]), try made([2] + leading + [sizes.queries], isStatistics: true)]
          try device.attention(Attention(.result, scale: 0.7, isCausal: isCausal), Array(inputs[0..<3]), to: result)
          let gradients = try shapes[0..<3].map { try made($0) }
          try device.attention(
            Attention(.gradients, scale: 0.7, isCausal: isCausal), [inputs[3]] + inputs[0..<3] + result, to: gradients)
          return try (result + gradients).map { try $0.values().map(\.doubleValue) }
        }
        let want = try run(on: ReferenceDevice.shared)
        for device in TestedDevice.others() {
          for (index, (got, want)) in zip(try run(on: device), want).enumerated() {
            let worst = zip(got, want).map { ($0 - $1).magnitude }.max() ?? 0
            let isEqual = worst <= (dtype == .float32 ? 2e-5 : 1e-13)
            #expect(isEqual, "\(index) of \(dtype), \(order), on \(device.description): \(worst)")
          }
        }
      }
    }
  }

  /// A query whose scores are all -infinity finds zeros, one with a NaN finds NaN, and so it is with their gradients; others are untouched.
  @Test(arguments: [false, true])
  func scoresThatAreNotFinite(isCausal: Bool) throws {
    for device in TestedDevice.allCases.map({ $0.make() }) {
      let query = Operand.model([-.infinity, .nan, 1].map { .double($0) }, .float64, shape: [1, 1, 3, 1])
      let key = Operand.model([1, 1, 1].map { .double($0) }, .float64, shape: [1, 1, 3, 1])
      let inputs = try [query, key, key].map { try $0.on(device) }
      func made(_ shape: [Int]) throws -> Operand {
        Operand(storage: try device.allocate(byteCount: 48), layout: Layout(shape: shape), dtype: .float64)
      }
      let result = [try made([1, 1, 3, 1]), try made([2, 1, 1, 3])]
      try device.attention(Attention(.result, scale: 1, isCausal: isCausal), inputs, to: result)
      let values = try result[0].values().map(\.doubleValue)
      #expect(values[0] == 0 && values[1].isNaN && (values[2] - 1).magnitude < 1e-12, "\(values) on \(device.description)")
      let statistics = try result[1].values().map(\.doubleValue)
      #expect(statistics[0] == 0 && statistics[3] == .infinity)
    }
  }
}

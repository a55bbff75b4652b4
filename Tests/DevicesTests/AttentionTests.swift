import Foundation
import Testing

@testable import Devices

/// Attention: every device as the formula, one score at a time.
@Suite struct AttentionTests {
  struct Sizes: Sendable {
    var batch = 1
    var heads = 1
    let queries: Int
    let keys: Int
    var width = 4
    var valueWidth = 4

    private var leading: [Int] { [batch, heads] }
    /// Of query, key, value and the gradient of the result.
    var inputs: [[Int]] {
      [
        leading + [queries, width], leading + [keys, width], leading + [keys, valueWidth], leading + [queries, valueWidth],
      ]
    }
    var statistics: [Int] { [2] + leading + [queries] }
    /// Whether the Reference device has the patience.
    var isSmall: Bool { batch * heads * queries * keys <= 2000 }
  }

  /// Of one key and of several blocks, of heads whose queries are cut into parts and of heads that are not, of widths with and without a rest.
  static let sizes = [
    Sizes(queries: 1, keys: 1, width: 1, valueWidth: 1), Sizes(batch: 2, heads: 3, queries: 5, keys: 7, width: 3, valueWidth: 6),
    Sizes(batch: 2, heads: 9, queries: 70, keys: 70, width: 8, valueWidth: 8), Sizes(queries: 300, keys: 40),
    Sizes(queries: 290, keys: 600, width: 3, valueWidth: 5), Sizes(heads: 2, queries: 10, keys: 530, width: 32, valueWidth: 32),
  ]
  private static let scale = 0.7

  @Test(arguments: sizes, [false, true])
  func devicesAgree(sizes: Sizes, isCausal: Bool) throws {
    var numbers = TestNumbers(seed: 3)
    // Numbers that both dtypes hold.
    let values = sizes.inputs.map { shape in (0..<shape.reduce(1, *)).map { _ in Double(Float(numbers.double(-1...1))) } }
    let want = AttentionFormula(sizes, scale: Self.scale, isCausal: isCausal).outputs(values)
    for device in TestedDevice.allCases where device != .reference || sizes.isSmall {
      let device = device.make()
      for dtype in [DType.float32, .float64] {
        for order in [[0, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0]] {
          let inputs = try zip(values, sizes.inputs).map { values, shape in
            let model = try Operand.uninitialized(shape, order, dtype, ReferenceDevice.shared)
            for (index, value) in values.enumerated() { Elements(model)[index] = .double(value) }
            return try model.on(device)
          }
          // Rows of a result are neighbours.
          let outputOrder = order == [3, 2, 1, 0] ? [0, 1, 2, 3] : order
          let shapes = [sizes.inputs[3], sizes.statistics] + sizes.inputs[0..<3]
          let outputs = try shapes.enumerated().map { index, shape in
            try Operand.uninitialized(shape, index == 1 ? [0, 1, 2, 3] : outputOrder, dtype, device)
          }
          func attention(_ part: Attention.Part) -> Attention { Attention(part, scale: Self.scale, isCausal: isCausal) }
          try device.attention(attention(.result), Array(inputs[0..<3]), to: Array(outputs[0..<2]))
          try device.attention(attention(.gradients), [inputs[3]] + inputs[0..<3] + outputs[0..<2], to: Array(outputs[2...]))
          for (index, (output, want)) in zip(outputs, want).enumerated() {
            let worst = zip(try output.values(), want).map { ($0.doubleValue - $1).magnitude }.max() ?? 0
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

extension Operand {
  /// An operand whose dimensions lie in memory in the order given, the last of them as neighbours.
  fileprivate static func uninitialized(_ shape: [Int], _ order: [Int], _ dtype: DType, _ device: any Device) throws -> Operand {
    let rows = Layout(shape: order.map { shape[$0] })
    var strides = rows.strides
    for (place, dim) in order.enumerated() { strides[dim] = rows.strides[place] }
    let storage = try device.allocate(byteCount: rows.count * dtype.byteCount)
    return Operand(storage: storage, layout: Layout(shape: shape, strides: strides, offset: 0), dtype: dtype)
  }
}

/// Attention as its formula, in double precision.
private struct AttentionFormula {
  let sizes: AttentionTests.Sizes
  let scale: Double
  let isCausal: Bool

  init(_ sizes: AttentionTests.Sizes, scale: Double, isCausal: Bool) {
    (self.sizes, self.scale, self.isCausal) = (sizes, scale, isCausal)
  }

  /// The result, what is kept of every query, and the gradients by query, key and value.
  func outputs(_ inputs: [[Double]]) -> [[Double]] {
    let heads = sizes.batch * sizes.heads
    var outputs = ([sizes.inputs[3], sizes.statistics] + sizes.inputs[0..<3]).map { shape in
      [Double](repeating: 0, count: shape.reduce(1, *))
    }
    for head in 0..<heads {
      for number in 0..<sizes.queries {
        let row = head * sizes.queries + number
        let query = slice(inputs[0], row, sizes.width)
        let g = slice(inputs[3], row, sizes.valueWidth)
        let keys = (0..<(isCausal ? min(number + 1, sizes.keys) : sizes.keys)).map { head * sizes.keys + $0 }
        let scores = keys.map { scale * dot(query, slice(inputs[1], $0, sizes.width)) }
        let greatest = scores.max()!
        let logSum = log(scores.reduce(0) { $0 + exp($1 - greatest) })
        let weights = scores.map { exp($0 - greatest - logSum) }
        outputs[1][row] = greatest
        outputs[1][heads * sizes.queries + row] = logSum
        let toWeights = keys.map { dot(g, slice(inputs[2], $0, sizes.valueWidth)) }
        let mean = dot(weights[...], toWeights[...])
        for (place, key) in keys.enumerated() {
          add(weights[place], slice(inputs[2], key, sizes.valueWidth), to: &outputs[0], row)
          let slope = weights[place] * (toWeights[place] - mean) * scale
          add(slope, slice(inputs[1], key, sizes.width), to: &outputs[2], row)
          add(slope, query, to: &outputs[3], key)
          add(weights[place], g, to: &outputs[4], key)
        }
      }
    }
    return outputs
  }

  private func slice(_ values: [Double], _ row: Int, _ width: Int) -> ArraySlice<Double> {
    values[(row * width)..<((row + 1) * width)]
  }

  private func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  private func add(_ factor: Double, _ values: ArraySlice<Double>, to sums: inout [Double], _ row: Int) {
    for (place, value) in values.enumerated() { sums[row * values.count + place] += factor * value }
  }
}

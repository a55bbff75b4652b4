import Fluxion

/// Values and derivatives of both orders where branches meet and functions overflow: zeros of both signs, subnormal numbers, bounds, the
/// greatest numbers, infinities and NaN.
///
/// The format is that of `ops`, without `cotangents` and `v`, which are 1, -2, 0.5 and 2, 1, -0.5, -1 over and over. Every element is compared by itself: beside an element of 1e300 the suite `ops` would not see that another is
/// wrong. Of small numbers a few places are enough here. Where PyTorch's formula of the second order runs into 0 · ∞, a number or an infinity is right too.
struct ExtremesSuite: Suite {
  let name = "extremes"
  let summary = "values and derivatives of both orders where branches meet and functions overflow"
  var options = OpOptions()

  /// How many wrong elements a failure names.
  private static let listed = 8

  func isSelected(_ row: JSON) -> Bool { (options.operation ?? row["op"]?.text) == row["op"]?.text }

  func check(_ row: JSON) throws -> Outcome {
    let testCase = try OpCase(row, options)
    let input = try testCase.input()
    let operands = try operandTexts(row)
    let output = try checked { try Operations.perform(input.call) }
    guard let output = output.tensor else { throw FormatError("the result is no tensor but \(output)") }
    var wrong: [String] = []
    let outputs = try testCase.outputs
    try compare(output.detach(), outputs[0], "value", operands, &wrong)
    if let expected = try testCase.list("grads") {
      let second = try testCase.list("second")
      let gradients = try checked {
        gradAllowingUnused(
          of: [output], wrt: input.leaves, gradOutputs: [repeated([1, -2, 0.5], like: output)], createGraph: second != nil)
      }
      for (index, (gradient, wanted)) in zip(gradients, expected).enumerated() {
        try compare(gradient?.detach(), wanted, "gradient \(index)", operands, &wrong, order: 1)
      }
      if let second {
        let roots = gradients.compactMap { $0 }.filter(\.requiresGrad).map { ($0, repeated([2, 1, -0.5, -1], like: $0)) }
        let found =
          roots.isEmpty
          ? input.leaves.map { _ in nil }
          : try checked { gradAllowingUnused(of: roots.map(\.0), wrt: input.leaves, gradOutputs: roots.map(\.1)) }
        for (index, (gradient, wanted)) in zip(found, second).enumerated() {
          try compare(gradient, wanted, "second-order gradient \(index)", operands, &wrong, order: 2)
        }
      }
    }
    if wrong.isEmpty { return .passed }
    let rest = wrong.count > Self.listed ? ", and \(wrong.count - Self.listed) more" : ""
    return .failed(expected: "PyTorch's", got: "\(wrong.prefix(Self.listed).joined(separator: "; "))\(rest)")
  }

  /// By what the elements of a result, or of a gradient, are weighed.
  private func repeated(_ weights: [Double], like x: Tensor) -> Tensor {
    let values = Tensor((0..<x.count).map { weights[$0 % weights.count] }, shape: x.shape, dtype: x.dtype)
    return options.device.map { values.to($0) } ?? values
  }

  /// The operands of every element, where all have one shape.
  private func operandTexts(_ row: JSON) throws -> [String] {
    let lists = try row.member("args").asArray().compactMap { try $0["t"]?.member("data").asArray() }
    guard let count = lists.first?.count, lists.allSatisfy({ $0.count == count }) else { return [] }
    return (0..<count).map { index in lists.map { "\($0[index])" }.joined(separator: ", ") }
  }

  /// No gradient and one of zeros are the same.
  private func compare(
    _ tensor: Tensor?, _ expected: JSON, _ what: String, _ operands: [String], _ wrong: inout [String], order: Int = 0
  ) throws {
    guard expected != .null || tensor != nil else { return }
    let wanted: [Double]
    let dtype: DType
    if expected == .null {
      wanted = [Double](repeating: 0, count: tensor!.count)
      dtype = tensor!.dtype
    } else {
      wanted = try expected.member("data").asArray().map { try $0.asDouble() }
      dtype = try expected.member("dtype").asDType()
      let shape = try expected.member("shape").asShape()
      if let tensor, tensor.shape != shape || tensor.dtype != dtype {
        throw Mismatch(expected: "\(what) \(dtype.name) \(shape)", got: "\(tensor.dtype.name) \(tensor.shape)")
      }
    }
    let values = tensor?.scalars(as: Double.self) ?? [Double](repeating: 0, count: wanted.count)
    for (index, (value, want)) in zip(values, wanted).enumerated() where !isNear(value, want, dtype, order: order) {
      let place = operands.count == wanted.count ? operands[index] : "\(index)"
      wrong.append("\(what) at (\(place)) = \(value), not \(want)")
    }
  }

  private func isNear(_ value: Double, _ expected: Double, _ dtype: DType, order: Int) -> Bool {
    if expected.isNaN { return value.isNaN || order == 2 }
    if value.isNaN { return false }
    if value.isInfinite || expected.isInfinite { return value == expected }
    let (relative, least) = dtype == .float64 ? (1e-6, [1e-12, 1e-15, 1e-8]) : (1e-3, [1e-6, 1e-7, 1e-5])
    return (value - expected).magnitude <= relative * expected.magnitude + least[order]
  }
}

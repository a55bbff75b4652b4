import Fluxion

extension Value {
  /// The results of a call one by one: tuples and lists in depth-first order.
  ///
  /// A list of numbers alone is one result, and so is a list of nothing.
  var flattened: [Value] {
    if case .list(let values) = self, values.allSatisfy({ $0.scalar != nil }) { return [self] }
    return elements?.flatMap(\.flattened) ?? [self]
  }
}

/// Compares results with those of a case.
struct CaseComparison {
  let options: OpOptions
  /// At least this relative error is allowed in floating results.
  let relativeTolerance: Double

  func check(_ value: Value, against expected: JSON, _ what: String) throws {
    func mismatch() -> Mismatch { Mismatch(expected: "\(what) = \(expected)", got: "\(value)".quoted) }
    switch (value, expected) {
    case (.tensor(let reference), .object(let members)) where members["shape"] != nil:
      try check(reference.tensor, against: expected, what)
    case (.none, .null): break
    case (.bool(let value), .bool(let wanted)): if value != wanted { throw mismatch() }
    case (.int(let value), .integer(let wanted)): if value != wanted { throw mismatch() }
    case (.float(let value), _):
      guard let wanted = expected.double, isNear(value, wanted, tolerance(of: .float64), scale: 0) else { throw mismatch() }
    case (.list(let values), .array(let wanted)), (.tuple(let values), .array(let wanted)):
      guard values.count == wanted.count else { throw mismatch() }
      for (index, (value, wanted)) in zip(values, wanted).enumerated() { try check(value, against: wanted, "\(what)[\(index)]") }
    default:
      if expected["complex"] != nil { throw Skip("complex numbers") }
      throw mismatch()
    }
  }

  func check(_ tensor: Tensor, against expected: JSON, _ what: String) throws {
    let (shape, wantedDType) = (try expected.member("shape").asShape(), try expected.member("dtype").asDType())
    let isSameDType = options.isSingle && wantedDType.isFloatingPoint ? tensor.isFloatingPoint : tensor.dtype == wantedDType
    guard isSameDType, tensor.shape == shape else {
      throw Mismatch(
        expected: "\(what) \(wantedDType.name) \(shape)", got: "\(tensor.dtype.name) \(tensor.shape)")
    }
    let data = try expected.member("data").asArray()
    func mismatch(_ index: Int, _ got: Any) -> Mismatch {
      Mismatch(expected: "\(what)[\(index)] = \(data[index])", got: "\(got) in \(tensor.detach())".quoted)
    }
    if !tensor.isFloatingPoint {
      let values = tensor.scalars(as: Int64.self)
      for (index, wanted) in data.enumerated() where try wanted.asScalar().intValue != values[index] {
        throw mismatch(index, values[index])
      }
      return
    }
    let values = tensor.scalars(as: Double.self)
    let wanted = try data.map { try $0.asDouble() }
    let scale = wanted.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
    let tolerance = tolerance(of: options.isSingle ? .float32 : wantedDType)
    for index in values.indices where !isNear(values[index], wanted[index], tolerance, scale: scale) {
      throw mismatch(index, values[index])
    }
  }

  private func tolerance(of dtype: DType) -> Double {
    if options.isSingle { return 1e-4 }
    return switch dtype {
    case .float64: max(1e-9, relativeTolerance)
    case .float32: 1e-5
    case .float16: 1e-2
    case .bfloat16: 2e-2
    default: 0
    }
  }

  /// - Parameter scale: the largest element beside which it stands, to which the absolute error of a sum of many terms is relative.
  private func isNear(_ value: Double, _ expected: Double, _ tolerance: Double, scale: Double) -> Bool {
    if value.isNaN || expected.isNaN { return value.isNaN && expected.isNaN }
    if value.isInfinite || expected.isInfinite { return value == expected }
    return (value - expected).magnitude <= tolerance * expected.magnitude + tolerance / 100 * max(1, scale)
  }
}

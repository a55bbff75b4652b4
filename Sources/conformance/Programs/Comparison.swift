import Fluxion

// What a program gave against what PyTorch gave.

extension Value {
  /// - Parameter what: says in a failure what was compared.
  /// - Throws: `Mismatch`.
  func check(against expected: JSON, _ what: String) throws {
    let given = self
    func mismatch() -> Mismatch { Mismatch(expected: "\(what) = \(expected)", got: "\(given)".quoted) }
    switch (self, expected) {
    case (.tensor(let reference), .object): try reference.tensor.check(against: expected, what)
    case (.none, .null): break
    case (.bool(let value), .bool(let wanted)): if value != wanted { throw mismatch() }
    case (.int, _), (.float, _):
      guard let wanted = expected.double, let value = scalar?.doubleValue else { throw mismatch() }
      if !isNear(value, to: wanted, tolerance: tolerance(of: .float32)) { throw mismatch() }
    case (.string(let text), .string(let wanted)): if text != wanted { throw mismatch() }
    case (.node(let node), .string(let wanted)): if node.name != wanted { throw mismatch() }
    case (.hook, .string(let wanted)): if wanted != "RemovableHandle" { throw mismatch() }
    case (.dtype(let dtype), .string(let wanted)): if dtype.name != wanted && "\(dtype)" != wanted { throw mismatch() }
    case (.list(let values), .array(let wanted)), (.tuple(let values), .array(let wanted)):
      guard values.count == wanted.count else { throw mismatch() }
      for (index, (value, wanted)) in zip(values, wanted).enumerated() { try value.check(against: wanted, "\(what)[\(index)]") }
    default: throw mismatch()
    }
  }
}

extension Tensor {
  fileprivate func check(against expected: JSON, _ what: String) throws {
    if expected["dtype"]?.text?.hasPrefix("complex") == true { throw Skip("complex dtype") }
    func compare(_ key: String, _ value: JSON) throws {
      guard let wanted = expected.members?[key], wanted != value else { return }
      throw Mismatch(expected: "\(what).\(key) = \(wanted)", got: "\(value)")
    }
    try compare("dtype", .string(dtype.name))
    try compare("shape", .array(shape.map { .integer(Int64($0)) }))
    try compare("is_leaf", .bool(isLeaf))
    try compare("requires_grad", .bool(requiresGrad))
    try compare("grad_fn", gradFn.map { .string($0.name) } ?? .null)
    try compare("output_nr", .integer(Int64(outputIndex)))
    if let values = expected["values"] { try check(values: values, tolerance: tolerance(of: dtype), what) }
  }

  /// Compares the elements with a nested list. NaN matches NaN.
  func check(values expected: JSON, tolerance: Double, _ what: String) throws {
    let (wanted, wantedShape) = try expected.asNumbers()
    let values = scalars(as: Double.self)
    guard wantedShape == shape || (wanted.isEmpty && values.isEmpty) else {
      throw Mismatch(expected: "\(what) of shape \(wantedShape)", got: "\(shape)")
    }
    for (value, wanted) in zip(values, wanted) where !isNear(value, to: wanted.doubleValue, tolerance: tolerance) {
      throw Mismatch(expected: "\(what) = \(expected)", got: "\(values)")
    }
  }
}

/// The relative error that values may have.
private func tolerance(of dtype: DType) -> Double {
  switch dtype {
  case .float64: 1e-12
  case .float32: 1e-6
  case .float16: 0x1p-10
  case .bfloat16: 0x1p-7
  default: 0
  }
}

private func isNear(_ value: Double, to expected: Double, tolerance: Double) -> Bool {
  if value.isNaN || expected.isNaN { return value.isNaN && expected.isNaN }
  if value == expected { return expected != 0 || value.sign == expected.sign }
  return (value - expected).magnitude <= tolerance * expected.magnitude
}

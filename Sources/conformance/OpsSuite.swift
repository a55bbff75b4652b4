import Fluxion

/// Single operations: values, gradients, second-order gradients, arguments changed in place, and errors.
struct OpsSuite: Suite {
  let name = "ops"
  let summary = "single operations: values, gradients of first and second order, errors"
  var options = OpOptions()

  /// Operations of which PyTorch's own values are off by 1e-8 or more, where ours agree with forty digits to the last place.
  private static let inexact: Set = [
    "special.airy_ai", "special.bessel_j0", "special.bessel_j1", "special.bessel_y0", "special.bessel_y1",
  ]

  func check(_ row: JSON) throws -> Outcome {
    let testCase = try OpCase(row, options)
    if Self.inexact.contains(testCase.operation), testCase.tier == "extended", row["error"] == nil {
      throw Skip("\(testCase.operation): PyTorch's own values are off by 1e-8 or more")
    }
    if options.isSingle, row["dtype"]?.text != "float64" || row["error"] != nil || testCase.tier == "dtype" {
      throw Skip("not a result of float64, for which float32 could stand in")
    }
    if let error = try testCase.error { return try check(testCase, raises: error.pattern) }
    do { return try check(testCase) } catch let error as TensorError where options.layout != .dense && error.refusesView {
      throw Skip("a view of what does not lie in order, which PyTorch refuses too")
    }
  }

  func isSelected(_ row: JSON) -> Bool {
    (options.tier ?? row["tier"]?.text) == row["tier"]?.text && (options.operation ?? row["op"]?.text) == row["op"]?.text
  }

  // MARK: Results

  private func check(_ testCase: OpCase) throws -> Outcome {
    let input = try testCase.input()
    let comparison = CaseComparison(options: options, relativeTolerance: testCase.relativeTolerance)
    var outputs = try checked { try perform(testCase, input) }.flattened
    let process = try testCase.process
    if !process.isEmpty { outputs = try checked { try process.map { .tensor(try quantity($0, of: outputs)) } } }

    let expected = try testCase.outputs
    guard outputs.count == expected.count else {
      throw Mismatch(expected: "\(expected.count) results", got: "\(outputs.count)")
    }
    for (index, (output, wanted)) in zip(outputs, expected).enumerated() {
      try comparison.check(output, against: wanted, "result \(index)")
    }
    for (name, wanted) in testCase.mutated {
      let argument = Int(name).map { input.positional[$0] } ?? input.call.keywords[name]
      guard let argument else { throw FormatError("no argument \(name)") }
      try comparison.check(argument, against: wanted, "argument \(name)")
    }
    try checkGradients(of: outputs, input.leaves, testCase, comparison)
    return .passed
  }

  private func perform(_ testCase: OpCase, _ input: OpCase.Input) throws -> Value {
    var call = input.call
    if testCase.isInPlace {
      guard let x = call.arguments.first?.tensor else { throw FormatError("in place of no tensor") }
      call.arguments[0] = .tensor(x.clone())
      return try Operations.performInPlace(call)
    }
    return try Operations.perform(call)
  }

  /// A quantity that is the same for all results that are right.
  private func quantity(_ description: String, of outputs: [Value]) throws -> Tensor {
    let parts = description.split(separator: ":").map(String.init)
    func output(_ place: Int) throws -> Tensor {
      guard place < parts.count, let index = Int(parts[place]), outputs.indices.contains(index), let x = outputs[index].tensor
      else {
        throw FormatError("no quantity \(description)")
      }
      return x
    }
    switch parts[0] {
    case "id": return try output(1)
    case "abs": return try output(1).abs()
    case "matmul": return try output(1).matmul(output(2))
    case "abs_triu": return try output(1).triu().abs()
    case let name: throw Skip("the quantity \(name) of complex eigenvalues")
    }
  }

  private func checkGradients(
    of outputs: [Value], _ leaves: [Tensor], _ testCase: OpCase, _ comparison: CaseComparison
  ) throws {
    guard !leaves.isEmpty, let expected = try testCase.list("grads"), let cotangents = try testCase.list("cotangents") else {
      return
    }
    let second = try testCase.list("second")
    let gradients = try checked {
      try self.gradients(of: outputs.map(\.tensor), cotangents, leaves, createGraph: second != nil)
    }
    try check(gradients, against: expected, "gradient", comparison)
    guard let second, let vectors = try testCase.list("v") else { return }
    let secondGradients = try checked {
      try self.gradients(of: gradients, vectors, leaves, createGraph: false)
    }
    try check(secondGradients, against: second, "second-order gradient", comparison)
  }

  private func gradients(
    of outputs: [Tensor?], _ cotangents: [JSON], _ leaves: [Tensor], createGraph: Bool
  ) throws -> [Tensor?] {
    guard outputs.count == cotangents.count else { throw FormatError("\(cotangents.count) cotangents of \(outputs.count) results") }
    var roots: [(output: Tensor, cotangent: Tensor)] = []
    for (output, cotangent) in zip(outputs, cotangents) where cotangent != .null {
      guard let output, output.requiresGrad else { continue }
      let tensor = try Tensor(case: cotangent, options)
      roots.append((output, options.isSingle ? tensor.to(output.dtype) : tensor))
    }
    guard !roots.isEmpty else { return leaves.map { _ in nil } }
    return gradAllowingUnused(
      of: roots.map(\.output), wrt: leaves, gradOutputs: roots.map(\.cotangent), createGraph: createGraph)
  }

  private func check(_ gradients: [Tensor?], against expected: [JSON], _ what: String, _ comparison: CaseComparison) throws {
    guard gradients.count == expected.count else {
      throw FormatError("\(expected.count) gradients of \(gradients.count) tensors")
    }
    for (index, (gradient, wanted)) in zip(gradients, expected).enumerated() {
      let label = "\(what) \(index)"
      // No gradient and one of zeros are the same.
      switch (gradient, wanted) {
      case (nil, .null): break
      case (nil, _):
        if try wanted.member("data").asArray().contains(where: { $0.double != 0 }) {
          throw Mismatch(expected: "\(label) = \(wanted)", got: "none")
        }
      case (let gradient?, .null):
        if Bool((gradient.detach() .!= 0).any()) { throw Mismatch(expected: "\(label): none", got: "\(gradient)".quoted) }
      case (let gradient?, _): try comparison.check(gradient.detach(), against: wanted, label)
      }
    }
  }

  // MARK: Errors

  private func check(_ testCase: OpCase, raises pattern: String) throws -> Outcome {
    let message: String
    do {
      let input = try testCase.input()
      let value = try checked { try perform(testCase, input) }
      // A device with a queue tells of what shows only there when somebody waits.
      for tensor in value.flattened.compactMap(\.tensor) { try tensor.device.synchronize() }
      return .failed(expected: "an error: \(pattern)", got: "\(value)".quoted)
    } catch is Unfit {
      // Swift's types refuse the call.
      return .passed
    } catch let error as TensorError {
      message = error.message
    }
    return try message.firstMatch(of: Regex(pattern)) == nil ? .otherMessage(expected: pattern, got: message) : .passed
  }
}

extension TensorError {
  fileprivate var refusesView: Bool { message.hasPrefix("view size is not compatible with input tensor's size and stride") }
}

import Fluxion

/// Values and first derivatives where they are delicate: at kinks, ties and singular points.
///
/// A row has `inputs` (float64, requiring gradients unless listed in `constant_inputs`), `steps` (an expression), `out`, `grad_fn`, and `grads`
/// for the gradient `cotangent` of the result, ones if absent; null stands for a result outside any graph. With `raises`, it fails.
struct EdgeSuite: Suite {
  let name = "edge"
  let summary = "values and derivatives at kinks, ties and singular points"

  private static let tolerance = 1e-12

  func check(_ row: JSON) throws -> Outcome {
    let program = Interpreter()
    var inputs: [String: Tensor] = [:]
    let constants = try constantInputs(row)
    for (name, values) in try row.member("inputs").members ?? [:] {
      var tensor: Tensor
      if constants.contains(name) {
        let numbers = try values.asNumbers()
        let category = numbers.values.map(\.category).max() ?? .floating
        tensor = try Tensor(values, dtype: category == .boolean ? .bool : category == .integer ? .int64 : .float64)
      } else {
        tensor = try Tensor(values, dtype: .float64)
        tensor.requiresGrad = true
        inputs[name] = tensor
      }
      program.bind(name, to: .tensor(tensor))
    }
    do {
      return try check(row, try program.value(of: Term(try row.member("steps"))), inputs)
    } catch let error as TensorError {
      guard let wanted = row["raises"] else { throw error }
      let text = wanted.text ?? wanted["message"]?.text ?? ""
      return .compare(error.message, to: text, "error")
    }
  }

  private func constantInputs(_ row: JSON) throws -> Set<String> {
    guard let constants = row["constant_inputs"] else { return [] }
    if let members = constants.members { return Set(members.keys) }
    return Set(try constants.asArray().map { try $0.asString() })
  }

  private func check(_ row: JSON, _ result: Value, _ inputs: [String: Tensor]) throws -> Outcome {
    guard let output = result.tensor else { throw FormatError("the result is no tensor but \(result)") }
    if let expected = row["out"] { try output.check(values: expected, tolerance: Self.tolerance, "out") }
    let name = output.gradFn?.name
    if let members = row.members, let wanted = members["grad_fn"], wanted != (name.map { .string($0) } ?? .null) {
      return .failed(expected: "grad_fn \(wanted)", got: name ?? "none")
    }
    let cotangent = try row["cotangent"].map { try Tensor($0, dtype: output.dtype) } ?? output.detach().onesLike()
    if let wanted = row["raises"] {
      try checked { output.backward(gradient: cotangent) }
      return .failed(expected: "an error: \(wanted)", got: "none")
    }
    guard let grads = row["grads"]?.members else {
      return output.requiresGrad ? .failed(expected: "no graph", got: "grad_fn \(name ?? "none")") : .passed
    }
    let names = grads.keys.sorted()
    let variables = try names.map { name in
      guard let input = inputs[name] else { throw FormatError("a gradient of \(name), which is no input") }
      return input
    }
    let gradients = try checked { gradAllowingUnused(of: [output], wrt: variables, gradOutputs: [cotangent]) }
    for (name, gradient) in zip(names, gradients) {
      guard let expected = grads[name], expected != .null else {
        if let gradient, gradient.count > 0 { return .failed(expected: "no gradient of \(name)", got: "\(gradient)".quoted) }
        continue
      }
      guard let gradient else { return .failed(expected: "gradient of \(name) = \(expected)", got: "none") }
      try gradient.check(values: expected, tolerance: Self.tolerance, "gradient of \(name)")
    }
    return .passed
  }
}

import Fluxion

/// Small programs with the state after every step, and the errors that steps raise.
///
/// A row has `steps`; `after`, for each step the variables that it assigns, or what it `raises`; and `final`, expressions and their values.
/// Version counters and warnings are not compared: the library has neither.
struct SemanticsSuite: Suite {
  let name = "semantics"
  let summary = "programs: leaves, gradients, hooks, operations in place, errors"

  /// Rows whose observed result rests on two tensors sharing memory, or on version counters. Tensors here are values: a change of one is never
  /// seen through another, and nothing that a graph has saved can be overwritten.
  static let restingOnSharedMemory: Set<String> = [
    // A change of one is seen through another.
    "detach_inplace_bumps_version", "grad_object_identity_on_accumulate", "inplace_on_nested_view",
    "inplace_on_view_updates_base_grad_fn", "view_shares_grad_fn_after_inplace_on_base",
    // A view made without recording has the flag of the tensor whose memory it shares.
    "no_grad_view_of_leaf",
    // A view may not be changed, for the sake of those that share its memory.
    "inplace_on_expanded_error", "leaf_view_inplace_error", "no_grad_view_then_inplace_with_grad",
    "split_view_inplace_error", "unbind_view_inplace_error",
    // What a graph has saved was overwritten: `InPlaceTests` has the gradients that are right.
    "custom_saved_modified_error", "inplace_leaf_under_no_grad_then_backward", "inplace_on_weight_between",
    "inplace_saved_by_mul_error", "inplace_saved_by_pow_error", "inplace_saved_output_exp_error",
    "inplace_saved_output_sigmoid_error", "matmul_saved_inplace_error",
  ]

  func check(_ row: JSON) throws -> Outcome {
    if let id = row["id"]?.text, Self.restingOnSharedMemory.contains(id) { return .skipped("values") }
    let steps = try row.member("steps").asArray().map { try Statement($0) }
    let after = try row.member("after").asArray()
    guard steps.count == after.count else { throw FormatError("\(steps.count) steps but \(after.count) states") }
    return try forkRNG {
      manualSeed(0)
      let program = Interpreter()
      for (index, (step, state)) in zip(steps, after).enumerated() {
        try check(step, number: index, state, program)
      }
      for check in try row["final"]?.asArray() ?? [] {
        let term = try Term(check["steps", or: .null])
        let value: Value
        do { value = try program.value(of: term) } catch is Unobservable { continue }
        try value.check(against: check["value", or: .null], check["expr"]?.text ?? "final")
      }
      return .passed
    }
  }

  private func check(_ step: Statement, number: Int, _ state: JSON, _ program: Interpreter) throws {
    let wanted = state["raises"]
    do {
      _ = try program.run(step)
    } catch let error as TensorError {
      let got = "\(error.kind.rawValue): \(error.message)"
      guard let wanted else { throw Mismatch(expected: "no error in step \(number)", got: got.quoted) }
      let expected = "\(try wanted.member("type").asString()): \(try wanted.member("message").asString())"
      guard got == expected else { throw Mismatch(expected: expected.quoted, got: got.quoted) }
      return
    }
    if let wanted { throw Mismatch(expected: "step \(number) to raise \(wanted)", got: "no error") }
    for (name, expected) in state.members ?? [:] where name != "warns" {
      try (program.variables[name] ?? .none).check(against: expected, "\(name) after step \(number)")
    }
  }
}

import Autograd
import Devices
import Testing

/// A row of `derivative-edge-cases.jsonl`: values and gradients at kinks, ties and singular points.
struct EdgeCase: Sendable, CustomTestStringConvertible {
  let json: JSON
  var id: String { json["id"]!.string! }
  var expression: String { json["expr"]!.string! }
  var testDescription: String { "\(id) \(expression)" }

  static let all = JSON.lines(of: "derivative-edge-cases.jsonl").map(EdgeCase.init)

  /// The rows of the operations that the table has.
  static let supported = all.filter { row in
    var isKnown = true
    func visit(_ json: JSON) {
      if let op = json["op"]?.string, OperationTable.all[op] == nil { isKnown = false }
      for argument in json["args"]?.list ?? [] { visit(argument) }
    }
    visit(row.json["steps"]!)
    return isKnown
  }
}

@Suite struct EdgeCaseTests {
  @Test(arguments: EdgeCase.supported)
  func row(_ row: EdgeCase) throws {
    let constants = Set(row.json["constant_inputs"]?.list?.compactMap(\.string) ?? [])
    var inputs: [String: Tensor] = [:]
    for (name, data) in row.json["inputs"]!.object! {
      let tensor = data.tensor(dtype: constants.contains(name) ? nil : .float64)
      inputs[name] = constants.contains(name) ? tensor : tensor.requiringGrad()
    }
    let result = try GoldenProgram(inputs: inputs).run(row.json["steps"]!)[0]
    expectClose(result, row.json["out"]!.tensor(dtype: result.dtype), "out")
    #expect(result.gradFn?.name == row.json["grad_fn"]?.string)

    guard let expected = row.json["grads"]?.object else {
      if let message = row.json["raises"]?["message"]?.string {
        let error = #expect(throws: TensorError.self) { try checked { result.backward(gradient: result.onesLike()) } }
        #expect(error?.message == message)
      } else {
        #expect(!result.requiresGrad)
      }
      return
    }
    let cotangent = row.json["cotangent"].map { $0.tensor(dtype: .float64) } ?? result.detach().onesLike()
    let names = expected.keys.sorted()
    let gradients = gradAllowingUnused(of: [result], wrt: names.map { inputs[$0]! }, gradOutputs: [cotangent])
    for (name, gradient) in zip(names, gradients) {
      if expected[name]!.isNull {
        #expect(gradient == nil, "gradient of \(name)")
      } else if let gradient {
        expectClose(gradient, expected[name]!.tensor(dtype: .float64), "gradient of \(name)")
      } else {
        Issue.record("no gradient of \(name)")
      }
    }
  }

  private func expectClose(_ got: Tensor, _ expected: Tensor, _ what: Comment) {
    #expect(got.shape == expected.shape, what)
    let pairs = zip(got.scalars(as: Double.self), expected.scalars(as: Double.self))
    let isClose = pairs.allSatisfy { got, expected in
      got == expected || got.isNaN && expected.isNaN || abs(got - expected) <= 1e-12 * abs(expected)
    }
    #expect(isClose, "\(what): \(got.scalars(as: Double.self)) is not \(expected.scalars(as: Double.self))")
  }
}

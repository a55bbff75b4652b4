import Autograd
import Devices

/// Runs the steps of a row of `derivative-edge-cases.jsonl`.
struct GoldenProgram {
  let inputs: [String: Tensor]

  func run(_ step: JSON) throws -> [Tensor] {
    if let op = step["op"]?.string {
      let arguments = try (step["args"]?.list ?? []).map(value)
      let named = try (step["kwargs"]?.object ?? [:]).mapValues(value)
      if op == "getitem", case .list(let results)? = arguments.first, case .scalar(let index)? = arguments.last {
        return [results[Int(index.intValue)].tensor!]
      }
      return try OperationTable.call(op, Arguments(arguments, named))
    }
    guard let tensor = try value(step).tensor else { throw Unsupported(description: "no tensor") }
    return [tensor]
  }

  private func value(_ json: JSON) throws -> Value {
    switch json {
    case .null: return .none
    case .bool(let value): return .scalar(.bool(value))
    case .integer(let value): return .scalar(.int(value))
    case .real(let value): return .scalar(.double(value))
    case .string(let text):
      guard text.hasPrefix("$") else { return .scalar(.double(Double(text)!)) }
      let name = String(text.dropFirst())
      return name == "inf" ? .scalar(.double(.infinity)) : .tensor(inputs[name]!)
    case .list(let list): return .list(try list.map(value))
    case .object(let members):
      if let text = members["str"]?.string { return .string(text) }
      if let name = members["name"]?.string { return .dtype(DType(name: name)!) }
      if case .list(let list)? = members["list"] { return .list(try list.map(value)) }
      let results = try run(json)
      return results.count == 1 ? .tensor(results[0]) : .list(results.map(Value.tensor))
    }
  }
}

extension JSON {
  /// A nested list of numbers as a tensor.
  func tensor(dtype: DType?) -> Tensor {
    var values: [Scalar] = []
    var shape: [Int] = []
    func collect(_ json: JSON, depth: Int) {
      switch json {
      case .list(let list):
        if depth == shape.count { shape.append(list.count) }
        for element in list { collect(element, depth: depth + 1) }
      case .bool(let value): values.append(.bool(value))
      case .integer(let value): values.append(.int(value))
      case .real(let value): values.append(.double(value))
      case .string(let text): values.append(.double(Double(text)!))
      default: break
      }
    }
    collect(self, depth: 0)
    let inferred: DType =
      switch values.first {
      case .bool: .bool
      case .int: .int64
      default: .float64
      }
    return Tensor(values.map(\.doubleValue), shape: shape, dtype: dtype ?? inferred)
  }
}

import Fluxion

/// A value of a program in PyTorch's spelling.
enum Value {
  case none
  case bool(Bool)
  case int(Int64)
  case float(Double)
  case string(String)
  case dtype(DType)
  case list([Value])
  /// What an operation of several results returns; one that holds a single value is unpacked by the assignment.
  case tuple([Value])
  case slice(Int?, Int?, Int?)
  case ellipsis
  case tensor(Reference)
  case node(Node)
  case hook(HookHandle)
  case function(Callable)
}

/// What a variable of the program refers to: a Python name is bound to an object, which an operation in place changes for all of its names.
final class Reference {
  var tensor: Tensor
  init(_ tensor: Tensor) { self.tensor = tensor }
}

/// A function as a value. Hooks hold such functions; as they are called on the program's own thread alone, it may pass for Sendable.
struct Callable: @unchecked Sendable {
  let call: ([Value]) throws -> Value
}

extension Value {
  static func tensor(_ tensor: Tensor) -> Value { .tensor(Reference(tensor)) }
  static func tensors(_ tensors: [Tensor]) -> Value { .tuple(tensors.map { .tensor($0) }) }
  static func optional(_ tensor: Tensor?) -> Value { tensor.map { .tensor($0) } ?? .none }
  static func scalar(_ scalar: Scalar) -> Value {
    switch scalar {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .float(value)
    }
  }

  var tensor: Tensor? { if case .tensor(let reference) = self { reference.tensor } else { nil } }

  /// The number that this is, or nil.
  var scalar: Scalar? {
    switch self {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .double(value)
    default: nil
    }
  }

  var elements: [Value]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  /// What a tensor is compared by in the log of hooks.
  static func nested(_ tensor: Tensor) -> Value {
    func level(_ values: ArraySlice<Double>, _ shape: ArraySlice<Int>) -> Value {
      guard let size = shape.first else { return .float(values.first ?? .nan) }
      let stride = size == 0 ? 0 : values.count / size
      return .list(
        (0..<size).map { level(values.dropFirst($0 * stride).prefix(stride), shape.dropFirst()) })
    }
    return level(tensor.scalars(as: Double.self)[...], tensor.shape[...])
  }
}

extension Value: CustomStringConvertible {
  var description: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): value.quoted
    case .dtype(let dtype): dtype.name
    case .list(let values), .tuple(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .slice(let start, let end, let step): "slice(\(start as Int?), \(end as Int?), \(step as Int?))"
    case .ellipsis: "..."
    case .tensor(let reference): reference.tensor.description
    case .node(let node): node.name
    case .hook: "RemovableHandle"
    case .function: "function"
    }
  }
}

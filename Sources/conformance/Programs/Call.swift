import Fluxion

/// A call of an operation: positional arguments and those by PyTorch's names. A method's receiver is the first positional argument.
struct Call {
  var operation: String
  var isMethod = false
  var arguments: [Value]
  var keywords: [String: Value] = [:]

  /// An argument by its place, -1 where it has none, or its name; nil where it was not given.
  subscript(_ index: Int, _ name: String) -> Value? {
    if arguments.indices.contains(index) { return arguments[index] }
    return keywords[name]
  }

  private func required<Result>(_ index: Int, _ name: String, _ kind: String, _ value: Result?) throws -> Result {
    if let value { return value }
    let given = self[index, name].map { "\($0)" } ?? "nothing"
    throw Unfit("operation \(operation) with \(given) as \(name): no \(kind)")
  }

  // MARK: Tensors

  var receiver: Tensor { get throws { try tensor(0, "input") } }

  func tensor(_ index: Int, _ name: String) throws -> Tensor {
    try required(index, name, "tensor", self[index, name]?.tensor)
  }

  /// nil where it was not given, or is None.
  func optionalTensor(_ index: Int, _ name: String) throws -> Tensor? {
    guard let value = given(index, name) else { return nil }
    return try required(index, name, "tensor", value.tensor)
  }

  func tensors(_ index: Int, _ name: String) throws -> [Tensor] {
    guard let value = self[index, name] else { return try required(index, name, "list of tensors", nil) }
    if let tensor = value.tensor { return [tensor] }
    return try value.elements?.map { try required(index, name, "list of tensors", $0.tensor) }
      ?? required(
        index, name, "list of tensors", nil)
  }

  /// All positional arguments from one on, given one by one or as one list.
  func variadicTensors(from index: Int) throws -> [Tensor] {
    if arguments.count == index + 1, let list = arguments[index].elements {
      return try list.map { try required(index, "tensors", "tensor", $0.tensor) }
    }
    return try arguments.dropFirst(index).map { try required(index, "tensors", "tensor", $0.tensor) }
  }

  // MARK: Others; nil where they were not given, or are None

  func given(_ index: Int, _ name: String) -> Value? {
    guard let value = self[index, name] else { return nil }
    if case .none = value { return nil }
    return value
  }

  func scalar(_ index: Int, _ name: String) throws -> Scalar? {
    guard let value = given(index, name) else { return nil }
    // A tensor of one element serves where PyTorch wants a number.
    return try required(index, name, "number", value.scalar ?? value.tensor.flatMap { $0.count == 1 ? $0.item() : nil })
  }

  func double(_ index: Int, _ name: String) throws -> Double? { try scalar(index, name)?.doubleValue }

  func int(_ index: Int, _ name: String) throws -> Int? {
    guard let number = try scalar(index, name) else { return nil }
    if case .double = number { return try required(index, name, "integer", nil) }
    return Int(number.intValue)
  }

  func bool(_ index: Int, _ name: String) throws -> Bool? { try scalar(index, name)?.boolValue }

  func string(_ index: Int, _ name: String) throws -> String? {
    guard let value = given(index, name) else { return nil }
    if case .string(let text) = value { return text }
    return try required(index, name, "text", nil)
  }

  func dtype(_ index: Int, _ name: String = "dtype") throws -> DType? {
    guard let value = given(index, name) else { return nil }
    if case .dtype(let dtype) = value { return dtype }
    return try required(index, name, "dtype", nil)
  }

  func ints(_ index: Int, _ name: String) throws -> [Int]? {
    guard let value = given(index, name) else { return nil }
    if let number = value.scalar { return [Int(number.intValue)] }
    return try required(index, name, "list of integers", value.elements).map {
      Int(try required(index, name, "list of integers", $0.scalar).intValue)
    }
  }

  /// One dimension or several.
  func dims(_ index: Int, _ name: String = "dim") throws -> (any Dimensions)? {
    guard let value = given(index, name) else { return nil }
    return value.scalar == nil ? try ints(index, name) : try int(index, name)
  }

  /// A size, which may be spread over all positional arguments from `index` on.
  func sizes(_ index: Int, _ name: String) throws -> [Int] {
    if arguments.count > index, arguments[index].scalar != nil {
      return try (index..<arguments.count).map { try required($0, name, "integer", int($0, name)) }
    }
    return try ints(index, name) ?? []
  }

  func required<Result>(_ value: Result?, _ name: String) throws -> Result {
    guard let value else { throw Unfit("operation \(operation) without \(name)") }
    return value
  }
}

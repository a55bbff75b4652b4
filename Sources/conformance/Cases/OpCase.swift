import Devices
import Fluxion

/// A golden case of one operation: a call, and what it must give.
struct OpCase {
  let id: String
  let operation: String
  let tier: String
  let isInPlace: Bool
  private let row: JSON
  private let options: OpOptions

  init(_ row: JSON, _ options: OpOptions) throws {
    self.row = row
    self.options = options
    id = try row.member("id").asString()
    operation = try row.member("op").asString()
    tier = try row.member("tier").asString()
    isInPlace = try row.member("variant").asString() == "inplace" || operation.hasSuffix("_") && !operation.hasSuffix("__")
  }

  /// The operation's name in the table: functions of `nn.functional` and Python's special methods go by their own; reflected operators keep
  /// their underscores, as `__rand__` is not `rand`. `nn.functional.unfold` is not the method of that name.
  var tableName: String {
    if operation == "nn.functional.unfold" { return operation }
    if operation.hasPrefix("nn.functional.") { return String(operation.dropFirst("nn.functional.".count)) }
    if operation.hasPrefix("__r"), operation.hasSuffix("__") { return operation }
    if operation.hasPrefix("__"), operation.hasSuffix("__") { return String(operation.dropFirst(2).dropLast(2)) }
    return isInPlace && operation.hasSuffix("_") ? String(operation.dropLast()) : operation
  }

  // MARK: Arguments

  /// A call's arguments, and those tensors among them that gradients are asked for, in the order of the format.
  struct Input {
    var call: Call
    /// As the call gets them, in the order of the row: what it may change.
    let positional: [Value]
    let leaves: [Tensor]
  }

  func input() throws -> Input {
    var reader = ArgumentReader(options: options)
    let transformations = row["pre"]?.members ?? [:]
    var arguments: [Value] = []
    for (index, argument) in try row.member("args").asArray().enumerated() {
      let value = try reader.value(argument)
      arguments.append(try transformed(value, transformations["\(index)"]))
    }
    var keywords: [String: Value] = [:]
    for (name, argument) in (row["kwargs"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      keywords[name] = try transformed(reader.value(argument), transformations[name])
    }
    let positional = arguments
    switch operation {
    case "where", "nn.functional.embedding", "nn.functional.embedding_bag", "einsum":
      // The format puts the input first.
      if arguments.count > 1 { arguments.swapAt(0, 1) }
    case "__getitem__":
      // A bare list of numbers is one index, not one for each dimension.
      if arguments.count > 1, case .list(let list) = arguments[1], list.allSatisfy({ $0.scalar != nil }) {
        arguments[1] = .tuple([arguments[1]])
      }
    default: break
    }
    return Input(
      call: Call(operation: tableName, isMethod: true, arguments: arguments, keywords: keywords), positional: positional,
      leaves: reader.leaves)
  }

  private func transformed(_ value: Value, _ transformation: JSON?) throws -> Value {
    guard let transformation else { return value }
    guard let x = value.tensor else { throw FormatError("a transformation of no tensor") }
    switch try transformation.asString() {
    case "hermitian": return .tensor(x + x.transpose(-2, -1))
    case "tril": return .tensor(x.tril())
    case "triu": return .tensor(x.triu())
    case "log_softmax": return .tensor(x.logSoftmax(dim: -1))
    case let name: throw FormatError("no transformation \(name)")
    }
  }

  // MARK: What it must give

  var error: (type: String, pattern: String)? {
    get throws {
      guard let error = row["error"] else { return nil }
      return (try error.member("type").asString(), try error.member("regex").asString())
    }
  }

  func list(_ name: String) throws -> [JSON]? { try row[name]?.asArray() }

  var outputs: [JSON] { get throws { try row.member("outputs").asArray() } }
  var mutated: [String: JSON] { row["mutated"]?.members ?? [:] }
  var process: [String] { get throws { try row["process"]?.asArray().map { try $0.asString() } ?? [] } }
  var relativeTolerance: Double { row["rtol"]?.double ?? 0 }
}

/// Makes values of a case's arguments.
private struct ArgumentReader {
  let options: OpOptions
  private(set) var leaves: [Tensor] = []

  init(options: OpOptions) { self.options = options }

  mutating func value(_ argument: JSON) throws -> Value {
    switch argument {
    case .null: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .int(value)
    case .unsigned(let value): throw Skip("the integer \(value), beyond int64")
    case .number(let value): return .float(value)
    case .string(let text): return .string(text)
    case .array(let list): return .list(try list.map { try value($0) })
    case .object(let members):
      if let tensor = members["t"] { return try self.tensor(tensor, isLeaf: argument["grad"]?.flag ?? false) }
      if let list = members["ts"] { return .tuple(try list.asArray().map { try value($0) }) }
      if let number = members["num"] { return .float(try number.asDouble()) }
      if let dtype = members["dtype"] { return .dtype(try dtype.asDType()) }
      if let bounds = members["slice"] {
        let bounds = try bounds.asArray().map { $0 == .null ? nil : try $0.asInt() }
        guard bounds.count == 3 else { throw FormatError("a slice of \(bounds.count) bounds") }
        return .slice(bounds[0], bounds[1], bounds[2])
      }
      if members["ellipsis"] != nil { return .ellipsis }
      if members["complex"] != nil { throw Skip("complex numbers") }
      throw FormatError("no argument: \(argument)")
    }
  }

  private mutating func tensor(_ record: JSON, isLeaf: Bool) throws -> Value {
    var tensor = try Tensor(case: record, options)
    if isLeaf {
      tensor.requiresGrad = true
      leaves.append(tensor)
    }
    return .tensor(options.layout.applied(to: tensor))
  }
}

extension Tensor {
  /// A tensor of flat data, on the device and in the dtype that the options say.
  init(case record: JSON, _ options: OpOptions) throws {
    let dtype = options.dtype(for: try record.member("dtype").asDType())
    let values = try record.member("data").asArray().map { try $0.asScalar() }
    let tensor = Tensor(values, shape: try record.member("shape").asShape(), dtype: dtype)
    let moved = options.device.map { tensor.to($0) } ?? tensor
    self = options.hasAnyBytes && dtype == .bool ? try moved.withAnyBytes() : moved
  }

  /// The same booleans in other bytes: what is true is 1, 2, 3, ... 255.
  private func withAnyBytes() throws -> Tensor {
    let bytes = scalars(as: Bool.self).enumerated().map { $1 ? UInt8($0 * 101 % 255 + 1) : 0 }
    let storage = try device.allocate(byteCount: bytes.count)
    try bytes.withUnsafeBytes { try device.upload($0, to: storage) }
    return Tensor(Operand(storage: storage, layout: Layout(shape: shape), dtype: .bool))
  }
}

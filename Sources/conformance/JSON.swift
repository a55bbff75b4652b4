/// A JSON value that keeps integers, which may take all 64 bits of either sign, apart from floating point numbers.
enum JSON: Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Beyond Int64.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])
}

// MARK: - Reading

extension JSON {
  /// A member of an object; nil where there is none, or null.
  subscript(_ key: String) -> JSON? {
    guard case .object(let members) = self, let member = members[key], member != .null else { return nil }
    return member
  }

  subscript(_ key: String, or value: JSON) -> JSON { self[key] ?? value }

  /// A member that the format requires.
  func member(_ key: String) throws -> JSON {
    guard let member = self[key] else { throw FormatError("no '\(key)'") }
    return member
  }

  var text: String? { if case .string(let text) = self { text } else { nil } }
  var list: [JSON]? { if case .array(let list) = self { list } else { nil } }
  var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  /// A number, or one of the texts that stand for those JSON lacks.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    case .string("nan"): .nan
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    case .string("-0.0"): -0.0
    default: nil
    }
  }

  /// An integer; also a floating point number that is one.
  var int: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  func asString() throws -> String { try text ?? { throw FormatError("\(self) is no text") }() }
  func asArray() throws -> [JSON] { try list ?? { throw FormatError("\(self) is no list") }() }
  func asDouble() throws -> Double { try double ?? { throw FormatError("\(self) is no number") }() }
  func asInt() throws -> Int { try int ?? { throw FormatError("\(self) is no integer") }() }
  func asBool() throws -> Bool { try flag ?? { throw FormatError("\(self) is no boolean") }() }
}

extension JSON: CustomStringConvertible {
  var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value.quoted
    case .array(let list): "[" + list.map(\.description).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.sorted { $0.key < $1.key }.map { "\($0.key.quoted): \($0.value)" }.joined(separator: ", ") + "}"
    }
  }
}

// MARK: - Parsing

extension JSON {
  /// - Throws: `FormatError` for text that is no JSON.
  init(parsing text: [UInt8]) throws {
    var parser = Parser(text: text)
    self = try parser.value()
    parser.skipSpace()
    guard parser.isAtEnd else { throw parser.error("text after the value") }
  }

  /// Lists nested deeper than this are refused, so that no row can exhaust the stack.
  private static let depthLimit = 256

  private struct Parser {
    let text: [UInt8]
    var position = 0
    var depth = 0

    init(text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }
    var next: UInt8? { isAtEnd ? nil : text[position] }

    func error(_ what: String) -> FormatError { FormatError("no JSON: \(what) at byte \(position)") }

    mutating func skipSpace() {
      while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    mutating func take(_ expected: String) -> Bool {
      let bytes = expected.utf8
      guard text[position...].starts(with: bytes) else { return false }
      position += bytes.count
      return true
    }

    mutating func value() throws -> JSON {
      skipSpace()
      depth += 1
      defer { depth -= 1 }
      guard depth < depthLimit else { throw error("too many levels") }
      switch next {
      case UInt8(ascii: "{"): return try object()
      case UInt8(ascii: "["): return try array()
      case UInt8(ascii: "\""): return .string(try string())
      default:
        if take("null") { return .null }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        return try number()
      }
    }

    private mutating func object() throws -> JSON {
      var members: [String: JSON] = [:]
      try elements(closing: "}") { parser in
        parser.skipSpace()
        guard parser.next == UInt8(ascii: "\"") else { throw parser.error("no name") }
        let name = try parser.string()
        parser.skipSpace()
        guard parser.take(":") else { throw parser.error("no colon") }
        members[name] = try parser.value()
      }
      return .object(members)
    }

    private mutating func array() throws -> JSON {
      var list: [JSON] = []
      try elements(closing: "]") { parser in list.append(try parser.value()) }
      return .array(list)
    }

    private mutating func elements(closing: String, _ element: (inout Parser) throws -> Void) throws {
      position += 1
      skipSpace()
      if take(closing) { return }
      while true {
        try element(&self)
        skipSpace()
        if take(closing) { return }
        guard take(",") else { throw error("no comma") }
      }
    }

    private mutating func string() throws -> String {
      position += 1
      var bytes: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
        case UInt8(ascii: "\\"): try bytes.append(contentsOf: escape())
        default: bytes.append(byte)
        }
      }
      throw error("a text without end")
    }

    private mutating func escape() throws -> [UInt8] {
      guard let byte = next else { throw error("a text without end") }
      position += 1
      switch byte {
      case UInt8(ascii: "n"): return [0x0A]
      case UInt8(ascii: "t"): return [0x09]
      case UInt8(ascii: "r"): return [0x0D]
      case UInt8(ascii: "b"): return [0x08]
      case UInt8(ascii: "f"): return [0x0C]
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
      case UInt8(ascii: "u"):
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]), take("\\u") { units.append(try codeUnit()) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
      default: throw error("an unknown escape")
      }
    }

    private mutating func codeUnit() throws -> UInt16 {
      let digits = text[position...].prefix(4)
      guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
        throw error("no code point")
      }
      position += 4
      return unit
    }

    private mutating func number() throws -> JSON {
      let digits = text[position...].prefix { byte in
        (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)  // + - . E e
      }
      let text = String(decoding: digits, as: UTF8.self)
      position += digits.count
      if let value = Int64(text) { return .integer(value) }
      if let value = UInt64(text) { return .unsigned(value) }
      if let value = Double(text) { return .number(value) }
      position -= digits.count
      throw error("no value")
    }
  }
}

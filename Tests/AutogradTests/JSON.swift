import Foundation

/// JSON that keeps `2` and `2.0` apart: in the golden data the one is an integer, the other a floating point number.
indirect enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case string(String)
  case list([JSON])
  case object([String: JSON])

  init(parsing text: some StringProtocol) throws {
    var parser = Parser(bytes: Array(text.utf8))
    self = try parser.value()
    guard parser.isAtEnd else { throw ParseError(position: parser.position) }
  }

  struct ParseError: Error { let position: Int }

  subscript(_ key: String) -> JSON? {
    if case .object(let members) = self { return members[key] }
    return nil
  }

  var list: [JSON]? { if case .list(let elements) = self { elements } else { nil } }
  var object: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
  var string: String? { if case .string(let text) = self { text } else { nil } }
  var isNull: Bool { if case .null = self { true } else { false } }

  /// The lines of a file of the fixtures, each a value.
  static func lines(of file: String) -> [JSON] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(file)")
    return try! String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { try JSON(parsing: $0) }
  }

}

private struct Parser {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { mutating get { peek() == nil } }

  /// The next byte that is no space.
  mutating func peek() -> UInt8? {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  mutating func expect(_ text: String) throws {
    guard bytes[position...].starts(with: text.utf8) else { throw JSON.ParseError(position: position) }
    position += text.utf8.count
  }

  mutating func value() throws -> JSON {
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSON] = [:]
      try elements(until: UInt8(ascii: "}")) { parser in
        let key = try parser.string()
        _ = parser.peek()
        try parser.expect(":")
        members[key] = try parser.value()
      }
      return .object(members)
    case UInt8(ascii: "["):
      var list: [JSON] = []
      try elements(until: UInt8(ascii: "]")) { list.append(try $0.value()) }
      return .list(list)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try expect("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try expect("null")
      return .null
    default: return try number()
    }
  }

  private mutating func elements(until end: UInt8, _ element: (inout Parser) throws -> Void) throws {
    position += 1
    while let next = peek() {
      if next == end {
        position += 1
        return
      }
      if next == UInt8(ascii: ",") { position += 1 }
      _ = peek()
      try element(&self)
    }
    throw JSON.ParseError(position: position)
  }

  private mutating func number() throws -> JSON {
    let start = position
    while position < bytes.count, "+-.0123456789eE".utf8.contains(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int64(text) { return .integer(integer) }
    guard let real = Double(text) else { throw JSON.ParseError(position: start) }
    return .real(real)
  }

  private mutating func string() throws -> String {
    // Escapes are left to Foundation.
    let start = position
    position += 1
    var isPlain = true
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        isPlain = false
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else { throw JSON.ParseError(position: start) }
    position += 1
    if isPlain { return String(decoding: bytes[(start + 1)..<(position - 1)], as: UTF8.self) }
    return try JSONDecoder().decode(String.self, from: Data(bytes[start..<position]))
  }
}

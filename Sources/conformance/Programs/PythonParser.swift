import Fluxion

// Expressions in Python's own spelling, such as `rand(10, requires_grad=True).double`.

extension Term {
  init(parsing text: String) throws {
    var parser = PythonParser(text)
    self = try parser.sum()
    guard parser.isAtEnd else { throw FormatError("no expression: \(text)") }
  }
}

private struct PythonParser {
  private let text: [Character]
  private var position = 0

  init(_ text: String) { self.text = Array(text) }

  var isAtEnd: Bool { position == text.count }

  /// The next character that is no space, not taken.
  private var next: Character? {
    mutating get {
      while position < text.count, text[position] == " " { position += 1 }
      return position < text.count ? text[position] : nil
    }
  }

  private mutating func take(_ token: String) -> Bool {
    guard next != nil, text[position...].starts(with: token) else { return false }
    position += token.count
    return true
  }

  private mutating func expect(_ token: String) throws {
    guard take(token) else { throw FormatError("no expression: '\(token)' expected in \(String(text))") }
  }

  private static func binary(_ operation: String, _ left: Term, _ right: Term) -> Term {
    .call(operation, [left, right], [:], isMethod: false)
  }

  mutating func sum() throws -> Term {
    var left = try product()
    while true {
      if take("+") {
        left = Self.binary("add", left, try product())
      } else if take("-") {
        left = Self.binary("sub", left, try product())
      } else {
        return left
      }
    }
  }

  private mutating func product() throws -> Term {
    var left = try sign()
    while true {
      if take("//") {
        left = Self.binary("floor_divide", left, try sign())
      } else if take("/") {
        left = Self.binary("div", left, try sign())
      } else if take("@") {
        left = Self.binary("matmul", left, try sign())
      } else if take("%") {
        left = Self.binary("remainder", left, try sign())
      } else if take("*") {
        left = Self.binary("mul", left, try sign())
      } else {
        return left
      }
    }
  }

  private mutating func sign() throws -> Term {
    guard take("-") else { return try power() }
    switch try sign() {
    case .literal(.int(let value)): return .literal(.int(-value))
    case .literal(.float(let value)): return .literal(.float(-value))
    case let operand: return .call("neg", [operand], [:], isMethod: false)
    }
  }

  private mutating func power() throws -> Term {
    let base = try postfix()
    return take("**") ? Self.binary("pow", base, try sign()) : base
  }

  private mutating func postfix() throws -> Term {
    var value = try atom()
    while true {
      if take(".") {
        let name = word()
        // `torch.` and its like only say where a name comes from.
        switch value {
        case .name("torch"), .name("nn"), .name("functional"): value = .name(name)
        default: value = .attribute(name, of: value)
        }
      } else if take("(") {
        let (arguments, keywords) = try arguments()
        switch value {
        case .name(let name): value = .call(name, arguments, keywords, isMethod: false)
        case .attribute(let name, let receiver): value = .call(name, [receiver] + arguments, keywords, isMethod: true)
        default: throw FormatError("no function in \(String(text))")
        }
      } else if take("[") {
        let index = try sum()
        try expect("]")
        value = Self.binary("getitem", value, index)
      } else {
        return value
      }
    }
  }

  private mutating func arguments() throws -> ([Term], [String: Term]) {
    var arguments: [Term] = []
    var keywords: [String: Term] = [:]
    while !take(")") {
      let value = try sum()
      if case .name(let name) = value, take("=") { keywords[name] = try sum() } else { arguments.append(value) }
      if !take(",") {
        try expect(")")
        break
      }
    }
    return (arguments, keywords)
  }

  private mutating func atom() throws -> Term {
    if take("(") {
      let value = try sum()
      try expect(")")
      return value
    }
    if take("[") {
      var values: [Term] = []
      while !take("]") {
        values.append(try sum())
        if !take(",") {
          try expect("]")
          break
        }
      }
      return .list(values)
    }
    if take("\"") {
      let content = text[position...].prefix { $0 != "\"" }
      position += content.count
      try expect("\"")
      return .literal(.string(String(content)))
    }
    if let first = next, first.isNumber || first == "." { return try number() }
    switch word() {
    case "None": return .literal(.none)
    case "True": return .literal(.bool(true))
    case "False": return .literal(.bool(false))
    case "": throw FormatError("no expression: \(String(text))")
    case let name: return .name(name)
    }
  }

  private mutating func word() -> String {
    _ = next
    let letters = text[position...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    position += letters.count
    return String(letters)
  }

  private mutating func number() throws -> Term {
    var end = position
    while end < text.count {
      let character = text[end]
      let isExponentSign = (character == "-" || character == "+") && (text[end - 1] == "e" || text[end - 1] == "E")
      guard character.isNumber || character == "." || character == "e" || character == "E" || isExponentSign else { break }
      end += 1
    }
    let digits = String(text[position..<end])
    position = end
    if let value = Int64(digits) { return .literal(.int(value)) }
    guard let value = Double(digits) else { throw FormatError("no number: \(digits)") }
    return .literal(.float(value))
  }
}

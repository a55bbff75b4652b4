import Fluxion

/// An expression of a program.
indirect enum Term {
  case literal(Value)
  case name(String)
  case list([Term])
  case attribute(String, of: Term)
  case call(String, [Term], [String: Term], isMethod: Bool)
  case lambda([String], Term)
}

/// A statement of a program.
enum Statement {
  case evaluate(Term, into: [String])
  case with(String, [Term], [Statement])
  case loop(Int, [Statement])
}

// MARK: - From JSON

extension Statement {
  init(_ json: JSON) throws {
    if let context = json["with"]?.text {
      self = .with(context, try Term.list(json["args"]), try Statement.body(of: json))
    } else if let count = json["repeat"]?.int {
      self = .loop(count, try Statement.body(of: json))
    } else {
      self = .evaluate(try Term(json), into: try json["out"]?.asArray().map { try $0.asString() } ?? [])
    }
  }

  private static func body(of json: JSON) throws -> [Statement] {
    try json.member("body").asArray().map { try Statement($0) }
  }
}

extension Term {
  init(_ json: JSON) throws {
    switch json {
    case .null: self = .literal(.none)
    case .bool(let value): self = .literal(.bool(value))
    case .integer(let value): self = .literal(.int(value))
    case .unsigned: throw FormatError("\(json) is no argument")
    case .number(let value): self = .literal(.float(value))
    case .string(let text):
      if text.hasPrefix("$") {
        self = .name(String(text.dropFirst()))
      } else {
        self = .literal(.float(try json.asDouble()))
      }
    case .array(let list): self = .list(try list.map { try Term($0) })
    case .object: self = try Term(object: json)
    }
  }

  private init(object json: JSON) throws {
    if let operation = json["op"]?.text {
      let arguments = try Term.list(json["args"])
      let keywords = try json["kwargs"]?.members?.mapValues { try Term($0) } ?? [:]
      guard operation.contains("(") else {
        self = .call(operation, arguments, keywords, isMethod: json["method"]?.flag ?? false)
        return
      }
      // A call of what an expression in Python's own spelling gives.
      guard case .attribute(let method, let receiver) = try Term(parsing: operation) else {
        throw Skip("the callee \(operation)")
      }
      self = .call(method, [receiver] + arguments, keywords, isMethod: true)
    } else if let list = json["list"] {
      self = .list(try Term.list(list))
    } else if case .string(let text)? = json["str"] {
      self = .literal(.string(text))
    } else if let bounds = json["slice"]?.list {
      self = .literal(.slice(bounds.first?.int, bounds.dropFirst().first?.int, bounds.dropFirst(2).first?.int))
    } else if let name = json["name"]?.text {
      self = .name(name)
    } else if let name = json["attr"]?.text {
      self = .attribute(name, of: try Term(try json.member("of")))
    } else if let parameters = json["lambda"]?.list {
      self = .lambda(try parameters.map { try $0.asString() }, try Term(json["body", or: .null]))
    } else if json["ellipsis"] != nil {
      self = .literal(.ellipsis)
    } else if json["dict"] != nil {
      self = .literal(.none)
    } else {
      throw Skip("the argument \(json)")
    }
  }

  static func list(_ json: JSON?) throws -> [Term] { try json?.asArray().map { try Term($0) } ?? [] }
}

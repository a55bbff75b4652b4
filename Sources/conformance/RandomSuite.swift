import Fluxion

/// Random streams and generators, by the `kind` of a row.
struct RandomSuite: Suite {
  let name = "rng"
  let summary = "random numbers bit for bit, and generators"

  func check(_ row: JSON) throws -> Outcome {
    let kind = try row.member("kind").asString()
    // A fork of the default generator for every row: none can leave traces.
    return try forkRNG {
      switch kind {
      case "calls": try checkCalls(row)
      case "state": try checkStates(row)
      case "save_restore", "independent_generators", "fork_rng", "default_generator_seed": try checkProgram(row)
      case "init", "calculate_gain": throw Skip("nn.init is not there")
      case "module_default_init": throw Skip("needs a module")
      case "RandomSampler", "DataLoader_shuffle", "random_split", "WeightedRandomSampler":
        throw Skip("data loading is not there")
      default: throw FormatError("no kind \(kind)")
      }
      return .passed
    }
  }

  /// Calls one after another on a seeded generator, and a record of every result.
  private func checkCalls(_ row: JSON) throws {
    Generator.default.manualSeed(try row.member("seed").asSeed())
    let calls = try row.member("calls").asArray()
    let records = try row.member("out").asArray()
    guard calls.count == records.count else { throw FormatError("\(calls.count) calls have \(records.count) results") }
    for (index, (call, record)) in zip(calls, records).enumerated() {
      let call = try RandomCall(call)
      try TensorRecord(record).check(call.run(), "\(call.function), call \(index),")
    }
  }

  /// Short programs, and a record of every variable.
  private func checkProgram(_ row: JSON) throws {
    var program = RandomProgram(seed: try row["seed"]?.asSeed() ?? 0)
    try program.run(try row.member("program").asArray().map { try $0.asString() })
    for (key, value) in row.members ?? [:] {
      if value.members != nil {
        try TensorRecord(value).check(try program.tensor(key), key)
      } else if key == "initial_seed" {
        try expect(key, value.asSeed(), try program.generator("g").initialSeed)
      } else if key.hasSuffix("_initial_seed") {
        try expect(key, value.asSeed(), try program.generator(String(key.dropLast("_initial_seed".count))).initialSeed)
      } else if key == "equal" {
        try expect(key, value.asBool(), try program.tensor("a") == program.tensor("b"))
      }
    }
  }

  /// The fields of the generator's state after every step.
  private func checkStates(_ row: JSON) throws {
    var program = RandomProgram(seed: try row.member("seed").asSeed())
    for step in try row.member("steps").asArray() {
      let statement = try step.member("after").asString()
      try program.run([statement == "manual_seed" ? "manual_seed(seed)" : statement])
      let fields = StateFields(Generator.default.state.bytes)
      for (key, value) in try step.member("state").members ?? [:] {
        guard let field = fields[key] else { throw FormatError("no field \(key)") }
        try expect("\(key) after \(statement)", value.description, field.description)
      }
    }
    if let seed = row["initial_seed"] { try expect("initial_seed", seed.asSeed(), Generator.default.initialSeed) }
  }

  private func expect<Value: Equatable>(_ what: String, _ expected: Value, _ got: Value) throws {
    if expected != got { throw Mismatch(expected: "\(what) \(expected)", got: "\(got)") }
  }
}

extension JSON {
  /// A seed of 64 bits: a negative one is its two's complement.
  func asSeed() throws -> UInt64 {
    switch self {
    case .integer(let value): UInt64(bitPattern: value)
    case .unsigned(let value): value
    default: throw FormatError("\(self) is no seed")
    }
  }
}

/// A generator's state, by the names that the golden data gives its parts.
private struct StateFields {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func load<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
    (0..<Value.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: bytes[offset + $1]) }
  }

  private func word(_ index: Int) -> JSON { .integer(Int64(load(UInt64.self, at: 24 + 8 * index))) }

  subscript(_ key: String) -> JSON? {
    switch key {
    case "bytes": return .integer(Int64(bytes.count))
    case "fnv1a64": return .string(fnv1a64(bytes))
    case "the_initial_seed":
      let seed = load(UInt64.self, at: 0)
      return Int64(exactly: seed).map { .integer($0) } ?? .unsigned(seed)
    case "left": return .integer(Int64(load(Int32.self, at: 8)))
    case "seeded": return .integer(Int64(load(Int32.self, at: 12)))
    case "next": return .integer(Int64(load(UInt64.self, at: 16)))
    case "state_first4": return .array((0..<4).map(word))
    case "state_last2": return .array((622..<624).map(word))
    case "normal_y": return .number(Double(bitPattern: load(UInt64.self, at: 5024)))
    case "normal_y_hex": return .string(Double(bitPattern: load(UInt64.self, at: 5024)).hexadecimal)
    case "normal_is_valid": return .integer(Int64(load(Int32.self, at: 5040)))
    default: return nil
    }
  }
}

extension Double {
  /// As Python's `float.hex()`.
  fileprivate var hexadecimal: String {
    if self == 0 { return sign == .minus ? "-0x0.0p+0" : "0x0.0p+0" }
    let exponent = isNormal ? Int(self.exponent) : -1022
    return (self < 0 ? "-" : "") + (isNormal ? "0x1." : "0x0.") + significandBitPattern.hex(digits: 13)
      + "p" + (exponent < 0 ? "-" : "+") + "\(exponent.magnitude)"
  }
}

import Fluxion

/// Runs the short programs of the golden data: `x = rand(3, generator=g)`, `g.manual_seed(seed)`, `h = g.clone_state()`, ....
struct RandomProgram {
  private let seed: UInt64
  private var generators: [String: Generator] = [:]
  private var tensors: [String: Tensor] = [:]
  private var states: [String: Generator.State] = [:]

  init(seed: UInt64) { self.seed = seed }

  func tensor(_ name: String) throws -> Tensor {
    try tensors[name] ?? { throw FormatError("no tensor \(name)") }()
  }

  func generator(_ name: String) throws -> Generator {
    if name == "default" { return .default }
    return try generators[name] ?? { throw FormatError("no generator \(name)") }()
  }

  /// Runs lines of statements with `;` between them and `#` before remarks.
  mutating func run(_ lines: [String]) throws {
    let statements = lines.flatMap { line in
      line.prefix { $0 != "#" }.split(separator: ";").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }
    try run(statements[...])
  }

  private mutating func run(_ statements: ArraySlice<String>) throws {
    var rest = statements
    while let statement = rest.popFirst() {
      if statement.hasPrefix("fork_rng begins") {
        guard let end = rest.firstIndex(where: { $0.hasPrefix("fork_rng ends") }) else { throw FormatError("an endless fork") }
        try forkRNG { try run(rest[..<end]) }
        rest = rest[(end + 1)...]
      } else {
        try execute(statement)
      }
    }
  }

  private mutating func execute(_ statement: String) throws {
    let pattern = /(?:(\w+) = )?(?:(\w+)\.)?(\w+)\((.*)\)/
    guard let match = try pattern.wholeMatch(in: statement) else { throw FormatError("no statement \(statement)") }
    let (target, receiver, function) = (match.1.map(String.init), match.2.map(String.init), String(match.3))
    var positional: [String] = []
    var source = try generator(receiver ?? "default")
    for argument in match.4.split(separator: ",") {
      let parts = argument.split(separator: "=").map { String($0.drop { $0 == " " }) }
      if parts.count == 1 {
        positional.append(parts[0])
      } else if parts[0] == "generator" {
        source = try generator(parts[1])
      } else {
        throw FormatError("no argument \(argument)")
      }
    }
    func integer(_ text: String?) throws -> Int {
      guard let value = text.flatMap({ Int($0) }) else { throw FormatError("no integer in \(statement)") }
      return value
    }
    func assign<Value>(_ value: Value, to variables: inout [String: Value]) throws {
      guard let target else { return }
      variables[target] = value
    }
    switch function {
    case "Generator": try assign(Generator(), to: &generators)
    case "clone_state": try assign(source.cloneState(), to: &generators)
    case "manual_seed":
      if positional.first == "seed" {
        source.manualSeed(seed)
      } else {
        source.manualSeed(try integer(positional.first))
      }
    case "get_rng_state", "get_state": try assign(source.state, to: &states)
    case "set_rng_state", "set_state":
      guard let state = positional.first.flatMap({ states[$0] }) else { throw FormatError("no state in \(statement)") }
      // Through its bytes, as a program would restore it from a file.
      source.state = try Generator.State(bytes: state.bytes)
    case "rand": try assign(.rand(try positional.map(integer), generator: source), to: &tensors)
    case "randn": try assign(.randn(try positional.map(integer), generator: source), to: &tensors)
    default: throw Skip("function \(function) is not there")
    }
  }
}

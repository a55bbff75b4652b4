import Devices
import Fluxion
import Foundation

/// How much memory an expression takes beside its operands: `setup`, statements in Python's spelling, and `run`, the expression. Prints the
/// bytes by which it raises the process's memory, at their peak. One row a process: `Benchmarks/memory` compares them with PyTorch's.
struct MemorySuite: Suite {
  let name = "memory"
  let summary = "the most memory that an expression takes, printed in bytes (one row at a time, on Linux)"

  func check(_ row: JSON) throws -> Outcome {
    try setNumThreads(2)
    let program = Interpreter()
    for text in try row.member("setup").asArray() { _ = try program.run(try Self.statement(try text.asString())) }
    let expression = try Term(parsing: try row.member("run").asString())
    for case let value in program.variables.values { value.tensor?.evaluate() }
    CachingAllocator.shared.emptyCache()
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { throw Skip("no Linux") }
    // What the highest level is counted from.
    try file.write(contentsOf: Data("5".utf8))
    let before = try Self.kilobytes("VmRSS:")
    let value = try program.value(of: expression)
    for part in value.flattened { part.tensor?.evaluate() }
    for case let value in program.variables.values { value.tensor?.grad?.evaluate() }
    print((try Self.kilobytes("VmHWM:") - before) * 1024)
    return .passed
  }

  /// `name = expression`, or an expression.
  private static func statement(_ text: String) throws -> Statement {
    guard let equals = text.firstRange(of: " = ") else { return .evaluate(try Term(parsing: text), into: []) }
    return .evaluate(try Term(parsing: String(text[equals.upperBound...])), into: [String(text[..<equals.lowerBound])])
  }

  private static func kilobytes(_ label: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(label) }
    guard let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first, let value = Int(number) else {
      throw FormatError("no \(label) in /proc/self/status")
    }
    return value
  }
}

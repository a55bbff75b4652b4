import ArgumentParser
import Devices
import Foundation

/// Runs golden data against the library.
@main
struct Conformance: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks the library against rows of golden data.",
    discussion: """
      Prints a line for every row that fails, a count of skipped rows for every reason, and at last `N passed, N failed, N skipped`. Exits \
      with 1 if any row failed.

      Suites:
      \(suites.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))
      """)

  static let suites: [any Suite] = [
    ReprSuite(), RandomSuite(), SemanticsSuite(), EdgeSuite(), ExtremesSuite(), OpsSuite(), BitsSuite(), MemorySuite(),
  ]

  @Argument(help: "The suite that the files belong to.", completion: .list(suites.map(\.name)))
  var suite: String

  @Argument(help: "Files of one JSON row a line. bits has calls of its own besides.", completion: .file(extensions: ["jsonl"]))
  var files: [String] = []

  @OptionGroup(title: "Of the suites ops and extremes")
  var ops: OpArguments

  @OptionGroup(title: "Of the suite bits")
  var bits: BitsArguments

  func run() throws {
    guard let suite = Conformance.suites.first(where: { $0.name == suite }) else {
      throw ValidationError(
        "There is no suite '\(suite)'; there are \(Conformance.suites.map(\.name).joined(separator: ", ")).")
    }
    let comparison: BitsSuite? = suite is BitsSuite ? BitsSuite(threads: bits.counts ?? []) : nil
    let chosen: any Suite =
      switch suite {
      case is OpsSuite: OpsSuite(options: ops.options)
      case is ExtremesSuite: ExtremesSuite(options: ops.options)
      default: comparison ?? suite
      }
    if files.isEmpty && comparison == nil { throw ValidationError("There are no files to be checked.") }
    if ops.fused { Fusion.leastCount = 1 }
    var tally = Tally()
    if let comparison {
      for (index, call) in LargeCall.all.enumerated() {
        tally.count(id: "large \(index) \(call.operation)") { try comparison.compare(call.input) }
      }
      ThreadPool.cutsFinely = true
    }
    for file in files {
      let location = URL(filePath: file)
      let text = try Data(contentsOf: location)
      let family = location.deletingPathExtension().lastPathComponent
      for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
        tally.count(chosen, line: Array(line), id: "\(file):\(index + 1)", family: family)
      }
    }
    tally.printSummary()
    if tally.total.failed > 0 { throw ExitCode.failure }
  }
}

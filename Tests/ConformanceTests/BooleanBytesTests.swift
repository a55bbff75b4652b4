import Foundation
import Testing

@testable import conformance

/// A byte of a boolean counts as its truth: every case of every operation that has booleans, with any bytes but zero for what is true.
@Suite struct BooleanBytesTests {
  private static let files = [
    "core-binary", "core-index", "core-nn-layer", "core-reduction", "core-shape", "core-unary", "dtype-mixed", "dtype-ops",
    "dtype-typed", "extended-masked",
  ]

  @Test(arguments: [nil, "mps", "reference"], files)
  func operations(device: String?, file: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/op-cases/\(file).jsonl")
    let suite = OpsSuite(options: OpOptions(device: device, hasAnyBytes: true))
    let bool = Data(#""dtype":"bool""#.utf8)
    var tally = Tally()
    for (index, line) in try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).enumerated()
    where line.range(of: bool) != nil {
      tally.count(suite, line: Array(line), id: "\(file):\(index + 1)", family: file)
    }
    #expect(tally.total.failed == 0)
  }
}

import Fluxion
import Foundation
import Testing

@testable import conformance

@Suite("Suites") struct SuiteTests {
  private func run(_ suite: any Suite, _ file: String) throws -> Tally {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(file)")
    var tally = Tally()
    for (index, line) in try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).enumerated() {
      tally.count(suite, line: Array(line), id: "\(index)", family: "")
    }
    return tally
  }

  @Test func repr() throws {
    let tally = try run(ReprSuite(), "repr.jsonl")
    #expect(tally.total.failed == 0)
    #expect(tally.skipped == ["complex dtype": 23, "meta device": 2])
    #expect(tally.total.passed == 435)
  }

  @Test func random() throws {
    let tally = try run(RandomSuite(), "rng.jsonl")
    #expect(tally.total.failed == 0)
    #expect(
      tally.skipped == [
        "complex dtype": 12, "nn.init is not there": 87, "needs a module": 30, "data loading is not there": 4,
      ])
    #expect(tally.total.passed == 642)
  }

  @Test func extremes() throws {
    let tally = try run(ExtremesSuite(), "extremes.jsonl")
    #expect(tally.total.failed == 0 && tally.total.passed > 400 && tally.skipped.isEmpty)
  }

  /// A suite that passes everything would pass the tests above too.
  @Test(arguments: [
    #"{"dtype": "float32", "shape": [2], "data": [1, 2], "text": "tensor([1., 3.])"}"#,
    #"{"dtype": "float32", "shape": [2], "data": [1, 2, 3], "text": "tensor([1., 2., 3.])"}"#,
    #"{"dtype": "float33", "shape": [1], "data": [1], "text": ""}"#,
    #"{"dtype": "float32", "shape": [2], "data": {"formula": "sine"}, "text": ""}"#,
    #"{"dtype": "float32", "shape": [2], "data": [1, 2], "options": {"grad_fn": "SumBackward0"}, "grad_fn": "SumBackward1", "text": ""}"#,
    "no row",
  ])
  func reprFails(_ row: String) { #expect(outcome(of: row, in: ReprSuite()).total.failed == 1) }

  private static let call = #"{"kind": "calls", "seed": 42, "calls": [{"fn": "rand", "size": [2]}], "out": [RECORD]}"#

  @Test(arguments: [
    #"{"shape": [2], "dtype": "float32", "bits": ["3f61dc66", "3f6a3db4"]}"#,
    #"{"shape": [2], "dtype": "float64", "bits": ["3f61dc66", "3f6a3db3"]}"#,
    #"{"shape": [2, 1], "dtype": "float32", "bits": ["3f61dc66", "3f6a3db3"]}"#,
    #"{"shape": [2], "dtype": "float32", "bits": ["3f61dc66"]}"#,
    #"{"shape": [2], "dtype": "float32", "bits": ["3f61dc66", "3f6a3db3"], "fnv1a64": "0000000000000000"}"#,
    #"{"shape": [2], "dtype": "float32"}"#,
  ])
  func randomFails(_ record: String) {
    let row = Self.call.replacing("RECORD", with: record)
    #expect(outcome(of: row, in: RandomSuite()).total.failed == 1)
  }

  @Test func randomPasses() {
    let record = #"{"shape": [2], "dtype": "float32", "bits": ["3f61dc66", "3f6a3db3"], "fnv1a64": "716827c91561d914"}"#
    #expect(outcome(of: Self.call.replacing("RECORD", with: record), in: RandomSuite()).total.passed == 1)
  }

  private static let exp = """
    {"id": "exp", "op": "exp", "variant": "VARIANT", "tier": "core", "dtype": "float64", "args": [{"t": TENSOR, "grad": true}], "kwargs": {},
    "outputs": [{"dtype": "float64", "shape": [1], "data": [1]}], "cotangents": [{"dtype": "float64", "shape": [1], "data": [3]}],
    "grads": [{"dtype": "float64", "shape": [1], "data": [GRADIENT]}], "v": [{"dtype": "float64", "shape": [1], "data": [2]}],
    "second": [{"dtype": "float64", "shape": [1], "data": [SECOND]}]}
    """

  private func exp(_ value: String = "0", variant: String = "", gradient: String = "3", second: String = "6") -> String {
    Self.exp.replacing("TENSOR", with: #"{"dtype": "float64", "shape": [1], "data": [\#(value)]}"#).replacing(
      "VARIANT", with: variant
    )
    .replacing("GRADIENT", with: gradient).replacing("SECOND", with: second).replacing("\n", with: " ")
  }

  @Test func operationPasses() {
    #expect(outcome(of: exp(), in: OpsSuite()).total.passed == 1)
    #expect(outcome(of: exp(variant: "inplace"), in: OpsSuite()).total.passed == 1)
  }

  @Test func operationFails() {
    for row in [exp("1e-7"), exp(gradient: "3.001"), exp(second: "6.1"), exp(variant: "inplace", gradient: "0")] {
      #expect(outcome(of: row, in: OpsSuite()).total.failed == 1)
    }
  }

  @Test func operationOfError() {
    let row =
      #"{"id": "e", "op": "add", "variant": "", "tier": "core", "dtype": "", "args": [{"t": A}, {"t": B}], "kwargs": {}, "error": E}"#
      .replacing("A", with: #"{"dtype": "int64", "shape": [2], "data": [1, 2]}"#)
    let wrong = row.replacing("B", with: #"{"dtype": "int64", "shape": [3], "data": [1, 2, 3]}"#)
    let right = row.replacing("B", with: #"{"dtype": "int64", "shape": [1], "data": [1]}"#)
    let error = #"{"type": "RuntimeError", "regex": "must match the size"}"#
    #expect(outcome(of: wrong.replacing("E", with: error), in: OpsSuite()).total.passed == 1)
    #expect(outcome(of: right.replacing("E", with: error), in: OpsSuite()).total.failed == 1)
  }

  private func outcome(of row: String, in suite: any Suite) -> Tally {
    var tally = Tally()
    tally.count(suite, line: Array(row.utf8), id: "row", family: "")
    return tally
  }
}

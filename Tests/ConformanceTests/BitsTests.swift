import Devices
import Fluxion
import Foundation
import Testing

@testable import conformance

/// A part of the suite that all of a release build runs: the number of threads changes no bit.
@Suite struct BitsTests {
  @Test func largeCalls() async {
    await #expect(processExitsWith: .success) {
      let families = [LargeCall.factorizations.prefix(6), LargeCall.products.prefix(6), LargeCall.windows.prefix(2)]
      let calls = families.flatMap { $0 }
      var tally = Tally()
      for call in calls { tally.count(id: call.operation) { try BitsSuite().compare(call.input) } }
      exit(tally.total.failed == 0 && tally.total.passed == calls.count ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  /// OpenBLAS has one thread from its first call on.
  @Test func theFirstProductOfAll() async {
    await #expect(processExitsWith: .success) {
      let values: [Double] = (0..<130_000).map { (i: Int) -> Double in Double(i * 7919 % 1009) / 997 }
      let x = Tensor(values)
      let first = x.dot(x)
      _ = Tensor.ones([200_000]).exp().sum()
      exit(first == x.dot(x) ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  @Test func enlargedCases() async {
    await #expect(processExitsWith: .success) {
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/op-cases/core-reduction.jsonl")
      guard let text = try? Data(contentsOf: file) else { exit(EXIT_FAILURE) }
      ThreadPool.cutsFinely = true
      var tally = Tally()
      for line in text.split(separator: UInt8(ascii: "\n")).prefix(40) {
        tally.count(BitsSuite(threads: [1, 3]), line: Array(line), id: "", family: "")
      }
      exit(tally.total.failed == 0 && tally.total.passed > 30 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  /// A job that adds up by threads would show.
  @Test func differencesAreFound() async {
    await #expect(processExitsWith: .success) {
      let suite = BitsSuite(threads: [1, 2])
      func outcome(_ number: @escaping (Int) -> Double) -> Bool {
        let outcome = try? suite.compare {
          let x = Tensor([1, number(getNumThreads())], dtype: .float64)
          return BitsSuite.Input(call: Call(operation: "neg", arguments: [.tensor(x)]), leaves: [])
        }
        if case .passed? = outcome { return true }
        return false
      }
      let isRight =
        outcome { _ in .nan } && outcome { _ in 0 } && !outcome { $0 == 1 ? 0 : -0.0 } && !outcome { 1 + Double($0).ulp }
        && !outcome { $0 == 1 ? .nan : 1 }
      exit(isRight ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}

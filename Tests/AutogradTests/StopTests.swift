import Fluxion
import Foundation
import Testing

/// What is said when the program ends, and of an error that is caught.
@Suite struct StopTests {
  @Test func namesTheCaller() async throws {
    let result = try await #require(
      processExitsWith: .signal(SIGABRT), observing: [\.standardErrorContent, \.standardOutputContent]
    ) {
      print("printed before")
      _ = energy(Tensor([1.0, 2]), Tensor([1.0, 2, 3]))
    }
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.contains("Fatal error: RuntimeError: The size of tensor a (2) must match the size of tensor b (3)"))
    #expect(!text.contains("rax") && !text.contains("Thread 0"), "registers")
    #expect(String(decoding: result.standardOutputContent, as: UTF8.self).contains("printed before"))
    #if canImport(Runtime) && os(Linux)
      #expect(text.contains("at StopTests.swift:\(energyLine) in energy(_:_:)"), "\(text)")
    #endif
  }

  @Test func localizedDescription() {
    let error: any Error = TensorError.runtime("no such thing")
    #expect(error.localizedDescription == "no such thing")
    #expect((error as NSError).localizedDescription == "no such thing")
  }
}

private let energyLine = #line + 3
@inline(never)
func energy(_ q: Tensor, _ p: Tensor) -> Tensor {
  0.5 * (q + p)
}

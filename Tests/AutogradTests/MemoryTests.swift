import Fluxion
import Foundation
import Testing

/// Memory is given back: step by step in a training loop, and without recursion for a deep graph.
@Suite struct MemoryTests {
  @Test func millionNodes() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor(1.0, requiresGrad: true)
      var y = x + 0
      for _ in 0..<1_000_000 { y = y + 1 }
      y.backward()
      let isRight = Double(x.grad!) == 1 && Double(y) == 1_000_001
      y = x
      exit(isRight ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  /// A chain whose nodes save their inputs is released through what they saved.
  @Test func deepChainOfSavedValues() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor(1.0, requiresGrad: true)
      var y = x * 1
      for _ in 0..<300_000 { y = y * y }
      y = x
      exit(EXIT_SUCCESS)
    }
  }

  @Test func trainingLoopIsFlat() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor((0..<64).map { Float($0 % 7) * 0.1 }, shape: [16, 4])
      let target = Tensor((0..<16).map { Float($0 % 3) }, shape: [16, 1])
      var w1 = Tensor((0..<32).map { Float($0 % 5) * 0.1 - 0.2 }, shape: [4, 8], requiresGrad: true)
      var w2 = Tensor((0..<8).map { Float($0 % 3) * 0.1 - 0.1 }, shape: [8, 1], requiresGrad: true)
      func step() {
        let loss = ((x.matmul(w1).tanh().matmul(w2) - target) ** 2).mean()
        w1.grad = nil
        w2.grad = nil
        loss.backward()
        noGrad {
          w1 -= 0.01 * w1.grad!
          w2 -= 0.01 * w2.grad!
        }
      }
      for _ in 0..<1000 { step() }
      let before = residentByteCount()
      for _ in 0..<9000 { step() }
      let grown = residentByteCount() - before
      exit(grown < 1 << 20 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}

/// Bytes of this process in memory; on macOS its peak, which serves as well here.
private func residentByteCount() -> Int {
  #if os(macOS)
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return Int(usage.ru_maxrss)
  #else
    let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  #endif
}

import Devices
import Fluxion
import Foundation
import Testing

/// What operations take beside their operands and results, at their peak: nothing of the operands' size where PyTorch takes nothing.
@Suite struct PeakMemoryTests {
  /// Beside what is proportional to the sizes.
  static let room = 3 << 20

  @Test func distances() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.rand([600, 40], requiresGrad: true)
      let y = Tensor.rand([600, 40], requiresGrad: true)
      // Of the results' size, 1.4 megabytes; all differences are 58.
      let result = 4 * 600 * 600
      for p in [0.5, 2, Double.infinity] {
        require(result) { x.cdist(y, p: p).evaluate() }
        let sum = x.cdist(y, p: p).sum()
        require(6 * result) { sum.backward() }
        require(2 * result) { F.pdist(x, p: p).evaluate() }
        let all = F.pdist(x, p: p).sum()
        require(6 * result) { all.backward() }
      }
      exit(EXIT_SUCCESS)
    }
  }

  @Test func statistics() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.rand([1000, 1200])
      for dim in [0, 1] {
        require(0) { x.var(dim: dim).evaluate() }
        require(0) { x.std(dim: dim).evaluate() }
        require(0) { x.varMean(dim: dim).variance.evaluate() }
        require(0) { x.norm(3, dim: dim).evaluate() }
        require(0) { x.median(dim: dim).values.evaluate() }
        require(0) { x.nanmedian(dim: dim).values.evaluate() }
      }
      require(0) { x.var().evaluate() }
      require(0) { x.norm().evaluate() }
      require(0) { x.norm(.infinity).evaluate() }
      require(0) { x.median().evaluate() }
      require(0) { x.nansum().evaluate() }
      require(0) { x.countNonzero().evaluate() }
      exit(EXIT_SUCCESS)
    }
  }

  @Test func gradientsOfIndexing() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor.rand([1200, 800], requiresGrad: true)
      let size = 4 * x.count
      let places = Tensor.randint(800, [1200, 800])
      let flat = Tensor.randint(960_000, [960_000])
      let rows = Tensor.randint(1200, [1200])
      // The gradient, and what arrives at it.
      let picks: [(Tensor) -> Tensor] = [
        { $0.gather(dim: 1, index: places) }, { $0.take(flat) }, { $0.indexSelect(dim: 0, index: rows) }, { $0[rows] },
        { $0.max(dim: 1).values },
      ]
      for pick in picks {
        let sum = pick(x).sum()
        require(size) { sum.backward() }
        x.grad = nil
      }
      exit(EXIT_SUCCESS)
    }
  }
}

/// Ends the process where `body` takes more.
private func require(_ byteCount: Int, line: Int = #line, _ body: () -> Void) {
  let allocator = CachingAllocator.shared
  allocator.emptyCache()
  allocator.resetPeakByteCount()
  let before = allocator.allocatedByteCount
  body()
  let taken = allocator.peakByteCount - before
  if taken > byteCount + PeakMemoryTests.room {
    FileHandle.standardError.write(Data("line \(line): \(taken) bytes, not \(byteCount)\n".utf8))
    exit(EXIT_FAILURE)
  }
}

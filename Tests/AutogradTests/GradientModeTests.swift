import Autograd
import Devices
import Testing

/// A mode is a task's and of those it starts, for as long as they run.
@Suite struct GradientModeTests {
  @Test func outlivesTheScopeInTasksThatItStarted() async {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let task = noGrad {
      Task {
        for await _ in gate { break }
        return (x * 2).requiresGrad
      }
    }
    #expect((x * 2).requiresGrad)
    open.yield()
    #expect(await !task.value)
    #expect((x * 2).requiresGrad)
  }

  @Test func isNobodyElses() async {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let recorded = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<64 {
        group.addTask {
          if index % 2 == 0 { return noGrad { !(x * 2).requiresGrad && enableGrad { (x * 2).requiresGrad } } }
          return (x * 2).requiresGrad && inferenceMode { (x.detach() * 2).isInference }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(recorded)
  }
}

import Fluxion
import Testing

/// Many tasks at once: graphs over shared variables, backward passes, moves to the accelerator. Run with
/// `swift test --sanitize=thread --filter StressTests`.
@Suite struct StressTests {
  @Test func manyTasksShareVariables() async {
    let w = Tensor([1.0, 2, 3], dtype: .float64, requiresGrad: true)
    let shared = (w * w).sum()
    let tasks = 16
    let rounds = 25
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<tasks {
        group.addTask {
          var isRight = true
          for round in 0..<rounds {
            let x = Tensor([Double(task), Double(round), 1])
            let loss = ((w * x).tanh() + w.to("mps").exp().to("cpu") * 0).sum()
            loss.backward()
            let g = grad(of: shared, wrt: w, retainGraph: true)
            isRight = isRight && g == Tensor([2.0, 4, 6], dtype: .float64)
          }
          return isRight
        }
      }
      for await isRight in group { #expect(isRight) }
    }
    #expect(w.grad != nil)
  }

  @Test func updatesAndReadersMeet() async {
    let w = Tensor.ones([257], requiresGrad: true)
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          var handle = w
          var isWhole = true
          for _ in 0..<200 {
            if task % 2 == 0 {
              noGrad { handle += 1 }
            } else {
              // A reader sees one state of the variable, never half of an update.
              let value = handle.detach()
              let first = Double(value[0])
              isWhole = isWhole && (value .== first).all().item().boolValue
            }
          }
          return isWhole
        }
      }
      for await isWhole in group { #expect(isWhole) }
    }
    #expect(Double(w.detach()[0]) == 801)
  }

  @Test func acceleratorFromManyTasks() async {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          let x = Tensor([Float(task), 1, 2]).to("mps")
          var sum = x
          for _ in 0..<50 { sum = sum + x }
          return sum.to("cpu") == Tensor([Float(task) * 51, 51, 102])
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func largeOperationsFromManyTasks() async {
    let a = Tensor.ones([300, 300])
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<6 {
        group.addTask {
          var isRight = true
          for _ in 0..<5 { isRight = isRight && Double((a.matmul(a) + a.exp() * 0).sum()) == 300 * 300 * 300 }
          return isRight
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}

import Fluxion
import Foundation
import Synchronization
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

  // MARK: Gradients that many passes add to

  static let passes = 4000
  static let threads = 8

  private func leaf(_ device: String, _ shape: [Int] = [3]) -> Tensor { Tensor.zeros(shape).to(device).requiringGrad() }

  /// Every element of a tensor, which all must be the same.
  private func number(_ x: Tensor?) -> Double? {
    guard let values = x?.to("cpu").scalars(as: Double.self), let first = values.first, values.allSatisfy({ $0 == first }) else {
      return nil
    }
    return first
  }

  @Test(arguments: ["cpu", "mps"])
  func everyPassCounts(device: String) {
    let w = leaf(device)
    onThreads(Self.threads) { _ in
      for _ in 0..<Self.passes { w.sum().backward() }
    }
    #expect(number(w.grad) == Double(Self.threads * Self.passes))
  }

  /// Large enough to be added by the pool and to wait for what follows.
  @Test func everyPassOverLargeGradientsCounts() {
    let w = leaf("cpu", [40_000])
    onThreads(Self.threads) { _ in
      for _ in 0..<50 { (w * 2 + w).sum().backward() }
    }
    #expect(number(w.grad) == Double(Self.threads * 50 * 3))
  }

  /// A reader meets the gradient before an addition or after it: there, whole, and never less than before.
  @Test(arguments: ["cpu", "mps"])
  func readersMeetWholeGradients(device: String) {
    let w = leaf(device)
    w.sum().backward()
    let isRight = Flag()
    onThreads(Self.threads) { thread in
      if thread < 4 {
        for _ in 0..<500 { w.sum().backward() }
        return
      }
      var last = 1.0
      for _ in 0..<300 {
        guard let value = number(w.grad), value >= last, value == value.rounded() else { return isRight.lower() }
        last = value
      }
    }
    #expect(isRight.isUp)
    #expect(number(w.grad) == 2001)
  }

  /// Passes through one graph, which other leaves share.
  @Test func passesThroughOneGraph() {
    let a = Tensor([1.0, 2], requiresGrad: true)
    let b = Tensor([3.0, 5], requiresGrad: true)
    let product = a * b
    product.retainGrad()
    let (first, second) = ((product + a).sum(), (product * b).sum())
    onThreads(Self.threads) { thread in
      for _ in 0..<500 { (thread % 2 == 0 ? first : second).backward(retainGraph: true) }
    }
    let n = Float(Self.threads * 250)
    #expect(product.grad == Tensor([n * 4, n * 6]))
    // 1 + b and b²; a and 2ab.
    #expect(a.grad == Tensor([n * 13, n * 31]))
    #expect(b.grad == Tensor([n * 7, n * 22]))
  }

  @Test func passesThatAreRecorded() {
    setWarningHandler { _ in }
    let w = Tensor([3.0], requiresGrad: true)
    onThreads(Self.threads) { _ in
      for _ in 0..<100 { (w * w).sum().backward(createGraph: true) }
    }
    #expect(w.grad?.detach() == Tensor([4800.0]))
    #expect(grad(of: w.grad!.sum(), wrt: w) == Tensor([1600.0]))
    w.grad = nil
  }

  /// Hooks and other threads that clear the gradient meet whole ones.
  @Test func gradientsAreTakenAway() {
    let w = leaf("cpu", [1])
    let isRight = Flag()
    w.registerPostAccumulateGradHook { variable in
      if let value = variable.grad.map({ Double($0.sum()) }), value < 1 || value != value.rounded() { isRight.lower() }
      variable.grad = nil
    }
    onThreads(Self.threads) { thread in
      for _ in 0..<500 {
        w.sum().backward()
        if thread == 0 { w.grad = nil }
      }
    }
    #expect(isRight.isUp)
    // The last of the hooks came after all additions.
    #expect(w.grad == nil)
  }

  /// Hooks that change their variable, clear its gradient and run passes to other variables do not wait for each other.
  @Test func hooksDoWhatTheyLike() {
    let (a, b) = (leaf("cpu", [1]), leaf("cpu", [1]))
    let calls = Counter()
    for (own, other) in [(a, b), (b, a)] {
      own.registerPostAccumulateGradHook { variable in
        calls.add(1)
        var variable = variable
        noGrad { variable -= 1 }
        _ = variable.grad
        if calls.value % 3 == 0 { variable.grad = nil }
        // Another pass, while other threads' hooks may be on their way to this variable.
        if Reentry.depth == 0 {
          Reentry.$depth.withValue(1) { enableGrad { other.sum().backward() } }
        }
      }
    }
    onThreads(Self.threads) { thread in
      for _ in 0..<200 { (thread % 2 == 0 ? a : b).sum().backward() }
    }
    #expect(calls.value == 2 * Self.threads * 200)
    #expect(Double(a.detach().sum()) + Double(b.detach().sum()) == -Double(calls.value))
  }

  private enum Reentry { @TaskLocal static var depth = 0 }

  // MARK: Values that many threads change

  @Test(arguments: ["cpu", "mps"], [3, 40_000])
  func everyUpdateCounts(device: String, count: Int) {
    let w = leaf(device, [count])
    let step = Tensor.ones([count]).to(device)
    let kernel = ElementwiseKernel { x, y in x - y }
    let rounds = count == 3 ? 300 : 20
    onThreads(Self.threads) { thread in
      var w = w
      for round in 0..<rounds {
        noGrad {
          switch (thread + round) % 4 {
          case 0: w -= 1
          case 1: w -= step
          case 2: kernel.update(&w, with: step)
          default: w.update { $0 - 1 }
          }
        }
      }
    }
    #expect(number(w.detach()) == -Double(Self.threads * rounds))
  }

  /// Threads that write other elements of one variable do not undo each other.
  @Test func elementsChangeByThemselves() {
    let w = leaf("cpu", [Self.threads])
    onThreads(Self.threads) { thread in
      var w = w
      for round in 1...300 { noGrad { w[thread] = Tensor(Float(round)) } }
    }
    #expect(number(w.detach()) == 300)
  }

  @Test func seedsFromManyThreads() {
    let isRight = Flag()
    let generator = Generator(seed: 1)
    let first = (0..<Self.threads).map { seed in Tensor.rand([700], generator: Generator(seed: seed)) }
    onThreads(Self.threads) { thread in
      for _ in 0..<50 {
        generator.manualSeed(thread)
        _ = Tensor.rand([100], generator: generator)
        let own = forkRNG {
          manualSeed(thread)
          return Tensor.rand([700])
        }
        if own != first[thread] { isRight.lower() }
      }
    }
    #expect(isRight.isUp)
  }
}

// MARK: - Threads

/// Runs `body` on so many threads at once, whatever the number of cores, and returns when all are done.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
  final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  #if canImport(Darwin)
    var threads = [pthread_t?](repeating: nil, count: count)
  #else
    var threads = [pthread_t](repeating: pthread_t(), count: count)
  #endif
  for index in 0..<count {
    let work = Unmanaged.passRetained(Work { body(index) })
    let code = pthread_create(
      &threads[index], nil,
      { context in
        let context: UnsafeMutableRawPointer? = context
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    precondition(code == 0)
  }
  for thread in threads {
    #if canImport(Darwin)
      pthread_join(thread!, nil)
    #else
      pthread_join(thread, nil)
    #endif
  }
}

private final class Flag: Sendable {
  private let word = Atomic(true)
  var isUp: Bool { word.load(ordering: .relaxed) }
  func lower() { word.store(false, ordering: .relaxed) }
}

private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }
}

import Autograd
import Devices
import Synchronization
import Testing

@Suite struct HooksTests {
  /// What hooks saw, in order.
  private final class Log: Sendable {
    private let entries = Mutex<[String]>([])
    func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    var all: [String] { entries.withLock { $0 } }
  }

  @Test func hooksReplaceInOrder() {
    let x = Tensor([1.0], requiresGrad: true)
    x.registerHook { $0 + 1 }
    let second = x.registerHook { $0 * 10 }
    x.registerHook { _ in nil }
    (x * 3).sum().backward()
    #expect(x.grad == Tensor([40.0]))
    second.remove()
    (x * 3).sum().backward()
    #expect(x.grad == Tensor([44.0]))
  }

  @Test func hooksSeeWholeGradients() {
    let x = Tensor([1.0], requiresGrad: true)
    let log = Log()
    let y = x * 2
    let z = y * 3
    for (name, tensor) in [("x", x), ("y", y), ("z", z)] {
      tensor.registerHook { g in
        log.add("\(name) \(g.item().doubleValue)")
        return nil
      }
    }
    (z + y).sum().backward()
    #expect(log.all == ["z 1.0", "y 4.0", "x 8.0"])
  }

  /// A hook belongs to the value that it was registered on, not to what an operation in place made of it.
  @Test func hookBeforeAnOperationInPlace() {
    let x = Tensor([1.0], requiresGrad: true)
    let log = Log()
    var y = x * 2
    y.registerHook { g in
      log.add("\(g.item().doubleValue)")
      return nil
    }
    y *= 3
    y.sum().backward()
    #expect(log.all == ["3.0"])
  }

  @Test func retainedGradients() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = x * 2
    #expect(!y.retainsGrad)
    y.retainGrad()
    #expect(y.retainsGrad && !x.retainsGrad && y.grad == nil)
    y.registerHook { $0 * 100 }
    (y * 3).sum().backward()
    // What is kept is what the hooks made of it.
    #expect(y.grad == Tensor([300.0, 300]) && x.grad == Tensor([600.0, 600]))
  }

  @Test func afterAccumulation() {
    let x = Tensor([1.0], requiresGrad: true)
    let log = Log()
    let handle = x.registerPostAccumulateGradHook { log.add("\($0.grad!.item().doubleValue)") }
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    handle.remove()
    (x * 2).sum().backward()
    #expect(log.all == ["2.0", "4.0"])
  }

  /// An update within the hook, as optimisers make that run during the backward pass.
  @Test func updateAfterAccumulation() {
    let x = Tensor([1.0], requiresGrad: true)
    x.registerPostAccumulateGradHook { parameter in
      var parameter = parameter
      noGrad { parameter -= parameter.grad! }
      parameter.grad = nil
    }
    (x * 2).sum().backward()
    #expect(x.detach() == Tensor([-1.0]) && x.grad == nil)
  }

  @Test func hooksOfNodes() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = x * 2
    let log = Log()
    y.gradFn?.registerHook { inputs, outputs in
      log.add("\(inputs.map { $0?.scalars(as: Int.self) }) \(outputs.map { $0?.scalars(as: Int.self) })")
      return [inputs[0].map { $0 * 10 }] + inputs.dropFirst()
    }
    y.sum().backward()
    #expect(log.all == ["[Optional([2, 2]), nil] [Optional([1, 1])]"])
    #expect(x.grad == Tensor([20.0, 20]))
  }

  @Test func hooksRunForGradientsThatAreOnlyAskedFor() {
    let x = Tensor([1.0], requiresGrad: true)
    x.registerHook { $0 * 2 }
    #expect(grad(of: (x * 2).sum(), wrt: x) == Tensor([4.0]))
    #expect(x.grad == nil)
  }

  @Test func mistakes() {
    func message(_ body: () -> Void) -> String? {
      do {
        try checked(body)
        return nil
      } catch { return (error as? TensorError)?.message }
    }
    let x = Tensor([1.0, 2], requiresGrad: true)
    let plain = Tensor([1.0, 2])
    #expect(message { plain.registerHook { $0 } } == "cannot register a hook on a tensor that doesn't require gradient")
    #expect(message { plain.retainGrad() } == "can't retain_grad on Tensor that has requires_grad=False")
    #expect(
      message { (x * 2).registerPostAccumulateGradHook { _ in } }
        == "post accumulate grad hooks cannot be registered on non-leaf tensors")
    x.registerHook { _ in Tensor.ones([3]) }
    #expect(message { (x * 2).sum().backward() } == "hook '<lambda>' has changed the size of value")
    #expect(x.grad == nil)
    #expect(
      message { x.grad = Tensor.ones([3]) }
        == "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure that the gradient and the tensor are "
        + "the same size")
    let refusal = message { x.grad = Tensor.ones([2], dtype: .float64) }
    #expect(refusal?.hasPrefix("attempting to assign a gradient with dtype 'double'") == true)
  }

  /// What would be stored in `grad` and break the next pass is an error now.
  @Test func resultsOfAnotherKind() {
    let w = Tensor([1.0, 1], requiresGrad: true)
    func pass(_ hook: @escaping @Sendable (Tensor) -> Tensor?) throws {
      let handle = w.registerHook(hook)
      defer { handle.remove() }
      try checked { (w * 2).sum().backward() }
    }
    #expect(
      throws: TensorError.runtime("hook '<lambda>' has changed the type of value (was torch.FloatTensor got torch.DoubleTensor)")
    ) { try pass { $0.to(.float64) } }
    #expect(
      throws: TensorError.runtime("hook '<lambda>' has changed the type of value (was torch.FloatTensor got torch.mps.FloatTensor)")
    ) { try pass { $0.to("mps") } }
    #expect(w.grad == nil)
  }

  @Test func nodeHooksGiveAsManyAsThereAre() throws {
    let w = Tensor([1.0, 1], requiresGrad: true)
    for count in [0, 1, 4] {
      let y = w * w
      _ = y.gradFn!.registerHook { _, _ in [Tensor?](repeating: nil, count: count) }
      #expect(
        throws: TensorError.runtime("hook '<lambda>' has returned an incorrect number of values (got \(count), but expected 2)")
      ) { try checked { y.sum().backward() } }
    }
  }

  /// In PyTorch the tensor is the same object after an operation in place.
  @Test func retainedThroughOperationsInPlace() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var y = x * 2
    y.retainGrad()
    y *= 3
    #expect(y.retainsGrad)
    y[0] = 5
    #expect(y.retainsGrad)
    y.update { $0.sin() }
    y.sum().backward()
    #expect(y.grad == Tensor([1.0, 1]))
  }

  /// A chain of closures, as long as memory allows.
  @Test func deepChainsOfHooks() {
    let w = Tensor([1.0], requiresGrad: true)
    var h = w * 1
    for _ in 0..<100_000 {
      let p = h
      h = h.tanh()
      _ = h.registerHook { g in g + 0 * p.detach() }
    }
    h = w * 1
    #expect(h.requiresGrad)
  }

  /// As in PyTorch: a computed tensor keeps a gradient only after `retainGrad()`.
  @Test func takingAwayAGradientDoesNotRetainTheNext() {
    let u = Tensor([1.0, 2], requiresGrad: true) * 0.5
    u.grad = nil
    (u ** 2).sum().backward()
    #expect(u.grad == nil && !u.retainsGrad)
  }
}

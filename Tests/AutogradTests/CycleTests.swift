import Foundation
import Synchronization
import Testing

@testable import Autograd

/// What is no longer used is released, hooks and recorded gradients too, where no circle keeps it; and there is always a way without one.
@Suite struct CycleTests {
  /// Whether nothing of what `body` made outlives it: its node is the last that others hold.
  private func isReleased(_ body: () -> Node) -> Bool {
    weak var node: Node?
    func run() { node = body() }
    run()
    return node == nil
  }

  @Test func hooksThatAreHandedTheirTensor() {
    let areReleased = [
      isReleased {
        let x = Tensor([1.0, 2], requiresGrad: true)
        let y = x * 3
        y.registerHook { y, g in g * y }
        x.registerHook { x, g in g + x }
        x.registerPostAccumulateGradHook { x in x.grad = x.grad! * 2 }
        y.sum().backward()
        // 3 · y + x, twice
        #expect(x.grad == Tensor([20.0, 40]))
        return y.gradFn!
      },
      isReleased {
        let x = Tensor([1.0, 2], requiresGrad: true)
        x.registerHook { x, g in g + x }
        return x.body.node!
      },
    ]
    #expect(areReleased == [true, true])
  }

  /// The tensor that a hook gets is the one it was registered on, in its place in the graph.
  @Test func whatHooksAreHanded() {
    let x = Tensor([1.0, 2, 3], requiresGrad: true)
    let parts = x.split(1)
    let y = parts[1] * 2
    let node = y.gradFn!
    y.registerHook { tensor, g in
      #expect(tensor.gradFn === node && tensor == Tensor([4.0]))
      return nil
    }
    parts[1].registerHook { tensor, g in
      #expect(tensor.outputIndex == 1 && tensor.requiresGrad && !tensor.isLeaf)
      return g * 5
    }
    y.sum().backward()
    #expect(x.grad == Tensor([0.0, 10, 0]))
  }

  @Test func hooksThatCaptureValues() {
    let isFree = isReleased {
      let x = Tensor([1.0, 2], requiresGrad: true)
      let y = x * 3
      y.registerHook { [y = y.detach()] g in g * y }
      y.sum().backward()
      return y.gradFn!
    }
    #expect(isFree)
  }

  /// A hook that captures its tensor keeps it until it is removed. The handle keeps nothing.
  @Test func removedHooks() {
    weak var node: Node?
    var handle: HookHandle?
    func register() {
      let y = Tensor([1.0], requiresGrad: true) * 3
      node = y.gradFn
      handle = y.registerHook { _ in y }
    }
    register()
    #expect(node != nil)
    handle?.remove()
    #expect(node == nil)
    handle?.remove()
  }

  @Test func recordedGradients() {
    setWarningHandler { _ in }
    let isFree = isReleased {
      let x = Tensor([1.0, 2], requiresGrad: true)
      let g = grad(of: (x ** 3).sum(), wrt: x, createGraph: true)
      #expect(grad(of: g.sum(), wrt: x) == Tensor([6.0, 12]))
      return x.body.node!
    }
    #expect(isFree)
    // The circle that PyTorch warns of, and how to break it.
    var x: Tensor? = Tensor([1.0, 2], requiresGrad: true)
    weak var node = x!.body.node
    (x! ** 3).sum().backward(createGraph: true)
    x!.grad = nil
    x = nil
    #expect(node == nil)
  }

  @Test func theWarning() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let x = Tensor([1.0], requiresGrad: true)
      for _ in 0..<3 {
        (x * x).sum().backward(createGraph: true)
        x.grad = nil
      }
      // `grad` makes no circle, and a pass that records nothing neither.
      _ = grad(of: (x * x).sum(), wrt: x, createGraph: true)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let warnings = text.split(separator: "\n").filter { $0.contains("Using backward() with create_graph=True") }
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("UserWarning: Using backward() with create_graph=True will create a reference cycle") == true)
  }

  @Test func whereWarningsGo() async {
    await #expect(processExitsWith: .success) {
      let texts = Texts()
      setWarningHandler { texts.add($0) }
      let x = Tensor([1.0], requiresGrad: true)
      func pass() {
        (x * x).sum().backward(createGraph: true)
        x.grad = nil
      }
      pass()
      pass()
      guard texts.count == 1, !isWarnAlwaysEnabled else { exit(EXIT_FAILURE) }
      setWarnAlways(true)
      pass()
      exit(texts.count == 2 && isWarnAlwaysEnabled ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  private final class Texts: Sendable {
    private let all = Mutex<[String]>([])
    var count: Int { all.withLock { $0.count } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
  }
}

import Autograd
import Devices
import Testing

@Suite struct BackwardTests {
  private func message(_ body: () -> Void) -> String? {
    do {
      try checked(body)
      return nil
    } catch { return (error as? TensorError)?.message }
  }

  // MARK: Accumulation

  @Test func leavesAccumulate() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    #expect(x.grad == Tensor([5.0, 5]))
    x.grad = nil
    (x * x + x).sum().backward()
    #expect(x.grad == Tensor([3.0, 5]))
    x.grad?.zero()
    #expect(x.grad == Tensor([0.0, 0]))
  }

  @Test func onlyTheInputsAsked() {
    let (x, w) = (Tensor([1.0, 2], requiresGrad: true), Tensor([3.0, 4], requiresGrad: true))
    (x * w).sum().backward(inputs: [x])
    #expect(x.grad == Tensor([3.0, 4]) && w.grad == nil)
    #expect(message { (x * w).sum().backward(inputs: []) } == "`inputs` argument to `backward()` cannot be empty.")
  }

  @Test func severalRoots() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    backward(of: [(x * 2).sum(), (x ** 2).sum()])
    #expect(x.grad == Tensor([4.0, 6]))
    let y = x * x
    backward(of: [y, y], gradients: [Tensor([1.0, 0]), Tensor([0.0, 10])])
    #expect(x.grad == Tensor([6.0, 46]))
  }

  @Test func gradientsHaveTheirInputsDType() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    (x.double() * Tensor([0.5, 0.25], dtype: .float64)).sum().backward()
    #expect(x.grad == Tensor([0.5, 0.25]) && x.grad?.dtype == .float32)
    let half = Tensor([1.0], dtype: .float16, requiresGrad: true)
    (half * Tensor([3.0])).sum().backward()
    #expect(half.grad?.dtype == .float16)
  }

  @Test func broadcastGradientsAreSummed() {
    let (a, b) = (Tensor([[1.0], [2]], requiresGrad: true), Tensor([3.0, 4, 5], requiresGrad: true))
    (a * b).sum().backward()
    #expect(a.grad == Tensor([[12.0], [12]]) && b.grad == Tensor([3.0, 3, 3]))
    let s = Tensor(2.0, requiresGrad: true)
    (s * Tensor.ones([2, 2])).sum().backward()
    #expect(s.grad == Tensor(4.0))
  }

  // MARK: The graph's life

  @Test func aGraphIsWalkedOnceUnlessKept() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = (x * x).sum()
    y.backward(retainGraph: true)
    y.backward()
    #expect(x.grad == Tensor([4.0, 8]))
    #expect(message { y.backward() }?.hasPrefix("Trying to backward through the graph a second time") == true)
    #expect(x.grad == Tensor([4.0, 8]))
    // Nothing was saved here, so nothing was freed.
    let z = (x + 1).sum()
    z.backward()
    z.backward()
    #expect(x.grad == Tensor([6.0, 10]))
  }

  @Test func deepGraphs() {
    let x = Tensor(1.0, requiresGrad: true)
    var y = x
    for _ in 0..<200_000 { y = y + 1 }
    y.backward()
    #expect(x.grad == Tensor(1.0))
    var wide = x * 0
    for _ in 0..<1000 { wide = wide + x }
    wide.backward()
    #expect(x.grad == Tensor(1001.0))
  }

  // MARK: grad(of:wrt:)

  @Test func gradientsOfIntermediates() {
    let x = Tensor(3.0, requiresGrad: true)
    let y = x * 2
    #expect(grad(of: y ** 2, wrt: y) == Tensor(12.0))
    #expect(x.grad == nil && y.grad == nil)
    let gradients = grad(of: x * y, wrt: [x, y])
    // x reaches the product itself and by way of y.
    #expect(gradients[0] == Tensor(12.0) && gradients[1] == Tensor(3.0))
  }

  @Test func unusedInputs() {
    let (x, w) = (Tensor(3.0, requiresGrad: true), Tensor([2.0, 1], requiresGrad: true))
    #expect(
      message { _ = grad(of: x * 2, wrt: [x, w]) }
        == "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True if this is the desired "
        + "behavior.")
    #expect(gradAllowingUnused(of: [x * 2], wrt: [x, w])[1] == nil)
    #expect(grad(of: [x * 2], wrt: [x, w], materializeGrads: true)[1] == Tensor([0.0, 0]))
    #expect(message { _ = grad(of: x * 2, wrt: Tensor(1.0)) } == "One of the differentiated Tensors does not require grad")
  }

  @Test func higherOrders() {
    let x = Tensor(2.0, requiresGrad: true)
    let first = grad(of: x ** 4, wrt: x, createGraph: true)
    let second = grad(of: first, wrt: x, createGraph: true)
    let third = grad(of: second, wrt: x)
    #expect(first.detach() == Tensor(32.0) && second.detach() == Tensor(48.0) && third == Tensor(48.0))
    #expect(!third.requiresGrad)
    // A gradient penalty: d/dw (d tanh(xw)/dx)²
    let w = Tensor(0.5, requiresGrad: true)
    let slope = grad(of: (x * w).tanh(), wrt: x, createGraph: true)
    (slope ** 2).backward()
    let t = Tensor(1.0).tanh()
    let s = 1 - t * t
    let expected = 2 * (0.5 * s) * (s - 0.5 * 2 * t * s * 2)
    #expect(w.grad?.allClose(expected) == true)
  }

  // MARK: Roots

  @Test func roots() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    #expect(message { (x * 2).backward() } == "grad can be implicitly created only for scalar outputs")
    #expect(
      message { (x * 2).backward(gradient: Tensor.ones([3])) }
        == "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2]).")
    #expect(
      message { Tensor([1.0]).backward() } == "element 0 of tensors does not require grad and does not have a grad_fn")
    let leaf = Tensor(2.0, requiresGrad: true)
    leaf.backward()
    #expect(leaf.grad == Tensor(1.0))
  }

  // MARK: Modes

  @Test func modes() {
    let x = Tensor([1.0], requiresGrad: true)
    noGrad {
      #expect(!GradientMode.isEnabled && !(x * 2).requiresGrad)
      enableGrad { #expect((x * 2).requiresGrad) }
    }
    #expect(!withGrad(enabled: false) { x * 2 }.requiresGrad)
    let inferred = inferenceMode { x * 2 }
    #expect(inferred.isInference && !inferred.requiresGrad)
    #expect(message { _ = x * inferred }?.hasPrefix("Inference tensors cannot be saved for backward.") == true)
    #expect(message { _ = x.dot(inferred) }?.hasPrefix("Inference tensors cannot be saved for backward.") == true)
    #expect((x + inferred).requiresGrad, "nothing is saved")
    #expect(
      message { _ = inferred.requiringGrad() }
        == "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
  }

  @Test func anomalies() {
    let x = Tensor([-1.0], requiresGrad: true)
    #expect(
      message { detectAnomaly { x.sqrt().sum().backward() } }
        == "Function 'SqrtBackward0' returned nan values in its 0th output.")
    #expect(message { x.sqrt().sum().backward() } == nil)
    #expect(x.grad?.isNaN() == Tensor([true]))
  }

  /// A computed tensor keeps its gradient from the first such walk on.
  @Test func inputsThatAreComputed() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = x * 2
    let z = (y * y).sum()
    z.backward(retainGraph: true, inputs: [y])
    #expect(x.grad == nil && y.grad == Tensor([4.0, 8]) && y.retainsGrad)
    z.backward(retainGraph: true, inputs: [y, x, y])
    #expect(x.grad == Tensor([8.0, 16]) && y.grad == Tensor([8.0, 16]))
    z.backward(retainGraph: true, inputs: [x])
    #expect(x.grad == Tensor([16.0, 32]) && y.grad == Tensor([12.0, 24]))
    z.backward(inputs: [z])
    #expect(z.grad == Tensor(1.0))
    let parts = Tensor([1.0, 2, 3], requiresGrad: true).unbind()
    (parts[0] * parts[1]).backward(inputs: [parts[1]])
    #expect(parts[0].grad == nil && parts[1].grad == Tensor(1.0))
    #expect(
      message { (x * 2).sum().backward(inputs: [Tensor([1.0])]) }
        == "can't retain_grad on Tensor that has requires_grad=False")
  }

  @Test func namesOfSecondDerivatives() throws {
    let x = Tensor([[0.5, 1, -2], [3, 1, 0]], dtype: .float64).requiringGrad()
    let v = Tensor([[1.0, 2, 3], [-1, 0, 1]], dtype: .float64)
    #expect(grad(of: x.softmax(dim: 1), wrt: x, gradOutput: v, createGraph: true).gradFn?.name == "SoftmaxBackwardDataBackward0")
    #expect(
      grad(of: x.logSoftmax(dim: 1), wrt: x, gradOutput: v, createGraph: true).gradFn?.name == "LogSoftmaxBackwardDataBackward0")
    for dim in [0, 1] {
      try gradgradcheck([x]) { [$0[0].softmax(dim: dim)] }
      try gradgradcheck([x]) { [$0[0].logSoftmax(dim: dim)] }
    }
  }

  @Test func derivativesThatDoNotExist() {
    let x = Tensor([5.0], requiresGrad: true)
    let y = x.floorDivide(2)
    #expect(y.requiresGrad)
    #expect(message { y.sum().backward() } == "derivative for aten::floor_divide is not implemented")
  }
}

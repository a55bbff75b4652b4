import Autograd
import Devices
import Testing

/// Kernels whose results take the place of their operands.
@Suite struct KernelUpdateTests {
  private let momentum = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { x in
    let velocity = 0.5 * x[1] + x[2]
    return [x[0] - x[3] * velocity, velocity]
  }

  @Test(arguments: [CPUDevice.cpu as any Device, AcceleratorDevice.accelerator, ReferenceDevice.reference])
  func replacesAVariableAndAPlainTensor(device: any Device) {
    var weight = Tensor([1.0, 2]).to(device).requiringGrad()
    let copy = weight
    var velocity = Tensor([2.0, 4]).to(device)
    let before = velocity
    let gradient = Tensor([10.0, 20]).to(device)
    noGrad { momentum.update(&weight, &velocity, with: gradient, 0.1) }
    #expect(velocity.to(.cpu) == Tensor([11.0, 22]))
    #expect(weight.detach().to(.cpu).allClose(Tensor([-0.1, -0.2])))
    // A variable's copies are the variable; a plain tensor's are values.
    #expect(copy.detach() == weight.detach())
    #expect(weight.requiresGrad && weight.isLeaf)
    #expect(before.to(.cpu) == Tensor([2.0, 4]))
  }

  @Test func writesInPlaceWhereNobodyElseLooks() {
    var (x, y) = (Tensor.ones([4, 4]), Tensor.zeros([4, 4]))
    for _ in 0..<3 { momentum.update(&x, &y, with: Tensor.ones([4]), 1.0) }
    #expect(y == Tensor.full([4, 4], 1.75))
    #expect(x == Tensor.full([4, 4], 1 - 1 - 1.5 - 1.75))
  }

  @Test func isRecordedInAGraph() {
    let gradient = Tensor([3.0], requiresGrad: true)
    var (x, y) = (Tensor([1.0]), Tensor([2.0]))
    momentum.update(&x, &y, with: gradient, 2.0)
    #expect(x.requiresGrad && y.requiresGrad)
    (x + y).sum().backward()
    #expect(gradient.grad == Tensor([-1.0]))
  }

  @Test func refusals() {
    var weight = Tensor([1.0, 2], requiresGrad: true)
    var velocity = Tensor([0.0, 0])
    func message(_ body: () -> Void) -> String? {
      do {
        try checked(body)
        return nil
      } catch { return (error as? TensorError)?.message }
    }
    #expect(
      message { momentum.update(&weight, &velocity, with: Tensor([1.0, 1]), 0.1) }
        == "a leaf Variable that requires grad is being used in an in-place operation.")
    #expect(
      message { noGrad { momentum.update(&weight, &velocity, with: Tensor.ones([3, 2]), 0.1) } }
        == "output with shape [2] doesn't match the broadcast shape [3, 2]")
    #expect(message { noGrad { momentum.update(&weight, with: 0.1) } } == "the kernel replaces 2 of 4 operands, not 1 of 2")
    #expect(weight.detach() == Tensor([1.0, 2]) && velocity == Tensor([0.0, 0]))
  }
}

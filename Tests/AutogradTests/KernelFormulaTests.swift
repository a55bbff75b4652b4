import Autograd
import Devices
import Testing

/// Formulas that are no kernels: what is wrong is told where the kernel is called, and nothing stops.
@Suite struct KernelFormulaTests {
  private static let devices = [CPUDevice.cpu as any Device, AcceleratorDevice.accelerator, ReferenceDevice.reference]

  private func message(_ kernel: ElementwiseKernel, _ operands: [Tensor]) -> String? {
    do {
      _ = try checked { kernel.apply(operands) }
      return nil
    } catch { return "\(error)" }
  }

  @Test(arguments: devices) func booleansAndNumbersDoNotMix(device: any Device) {
    let mixed = "in an elementwise kernel: booleans and numbers do not mix; make numbers of booleans with select"
    for count in [3, 100_000] {
      let x = Tensor.ones([count]).to(device)
      #expect(message(ElementwiseKernel { x in x + (x .< 1) }, [x]) == "TypeError: add \(mixed)")
      #expect(message(ElementwiseKernel { x in x.select(x, 0) }, [x]) == "TypeError: select \(mixed)")
      #expect(
        message(ElementwiseKernel(inputs: [.boolean, .value]) { [$0[0].pow($0[1])] }, [x .> 0, x]) == "TypeError: pow \(mixed)")
    }
  }

  @Test func valuesOfAnotherKernel() {
    var stranger: Expression?
    _ = ElementwiseKernel { x in
      stranger = x
      return x
    }
    let x = Tensor.ones([2])
    #expect(
      message(ElementwiseKernel { x in x + stranger! }, [x])
        == "TypeError: add in an elementwise kernel: a value belongs to another kernel")
    #expect(
      message(ElementwiseKernel { _ in stranger! }, [x]) == "TypeError: a result of an elementwise kernel belongs to another kernel"
    )
    #expect(
      message(ElementwiseKernel { x in x.callInstruction(.add) }, [x])
        == "TypeError: add in an elementwise kernel: it takes 2 values but got 1")
  }

  @Test(arguments: devices) func updatesChangeNothing(device: any Device) {
    let broken = ElementwiseKernel(inputs: [.value, .value]) { [$0[0] + ($0[0] .< $0[1])] }
    var x = Tensor([1.0, 2]).to(device)
    #expect(throws: TensorError.self) { try checked { broken.update(&x, with: 2.0) } }
    #expect(throws: TensorError.self) { try checked { noGrad { broken.update(&x, with: 2.0) } } }
    #expect(x.to(.cpu) == Tensor([1.0, 2]))
  }

  @Test func anotherNumberOfResults() {
    let x = Tensor.ones([2])
    let two = ElementwiseKernel(inputs: [.value]) { [$0[0], $0[0] * 2] }
    let none = ElementwiseKernel(inputs: [.value]) { _ in [] }
    #expect(throws: TensorError.type("the kernel gives 2 results, not one: use apply")) { try checked { two(x) } }
    #expect(throws: TensorError.type("the kernel gives 0 results, not one: use apply")) { try checked { none(x) } }
    #expect(none.apply([x]).isEmpty && two.apply([x]).count == 2)
  }

  // MARK: Functions with a derivative of their own

  private struct Wrong: DifferentiableFunction {
    let results: Int
    func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { Array(inputs.prefix(results)).map { $0 * 2 } }
    func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradients[7]] }
  }

  @Test func functionsThatGiveOrReadTooLittle() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    #expect(throws: TensorError.type("Wrong gave no result")) { try checked { Wrong(results: 0)(x) } }
    #expect(throws: TensorError.index("gradient 7 of a function with 1 results")) {
      try checked { Wrong(results: 1)(x).sum().backward() }
    }
  }
}

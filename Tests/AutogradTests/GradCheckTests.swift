import Autograd
import Devices
import Testing

/// A derivative that is wrong.
private struct Wrong: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] ** 3]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [2 * context.saved[0] ** 2 * gradients[0]]
  }
}

/// A derivative that is right, and outside the graph: the second one is missing.
private struct Flat: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] ** 3]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [3 * context.saved[0].detach() ** 2 * gradients[0]]
  }
}

@Suite struct GradCheckTests {
  static func variable(_ values: [Double]) -> Tensor { Tensor(values, requiresGrad: true) }

  @Test func rightDerivatives() throws {
    let (x, y) = (Self.variable([0.3, -0.7]), Self.variable([1.5]))
    try gradcheck(x) { ($0.sin() * $0).sum() }
    try gradcheck([x, y]) { [$0[0] * $0[1], $0[0].exp().sum()] }
    try gradgradcheck([x, y]) { [$0[0] * $0[1], ($0[0] ** 3).sum()] }
    // Inputs that need no gradient, and results outside the graph.
    try gradcheck([x, Tensor([2, 3])]) { [$0[0] * $0[1], $0[0].detach()] }
    try gradcheck(x) { _ in Tensor.ones([3], dtype: .float64) }
    try gradcheck(Tensor.ones([0, 2], dtype: .float64, requiresGrad: true)) { $0 * 2 }
  }

  @Test func wrongDerivative() {
    let message = """
      Jacobian mismatch for output 0 with respect to input 0,
      numerical:tensor([[12.0000]], dtype=torch.float64)
      analytical:tensor([[8.]], dtype=torch.float64)

      """
    #expect(throws: TensorError(.gradcheck, message)) { try gradcheck(Self.variable([2])) { Wrong()($0) } }
  }

  @Test func wrongSecondDerivative() throws {
    try gradcheck(Self.variable([2])) { Flat()($0) }
    #expect(throws: TensorError.self) { try gradgradcheck(Self.variable([2])) { Flat()($0) } }
  }

  @Test func missingDerivative() {
    #expect(throws: TensorError(.gradcheck, "Numerical gradient for function expected to be zero")) {
      try gradcheck(Self.variable([1, 2])) { $0.detach() * 2 }
    }
  }

  @Test func unfitInputs() {
    #expect(
      throws: TensorError(
        .value, "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.")
    ) { try gradcheck(Tensor([2.0])) { $0 * $0 } }
    #expect(throws: TensorError.self) { try gradcheck(Self.variable([2]).expand([3])) { $0 * $0 } }
    #expect(throws: TensorError.self) { try gradcheck(Self.variable([2])) { $0 + Tensor.ones([2, 2]).mm(Tensor.ones([3, 2])) } }
  }

  @Test func randomGradient() {
    #expect(throws: TensorError.self) {
      let generator = Generator(seed: 1)
      try gradcheck(Self.variable([2, 3])) { x in
        let y = x * 1
        y.registerHook { $0 * Tensor.rand([2], dtype: .float64, generator: generator) }
        return y
      }
    }
  }

  // MARK: Derivatives of functions

  @Test func jacobians() {
    // d(v₀v₁, v₀², e^v₁) = [[v₁, v₀], [2v₀, 0], [0, e^v₁]]
    let x = Tensor([1.0, 2])
    let j = jacobian(at: x) { stack([$0[0] * $0[1], $0[0] ** 2, $0[1].exp()]) }
    #expect(j.allClose(stack([Tensor([2.0, 1]), Tensor([2.0, 0]), Tensor([0.0, 7.389056])])) && !j.requiresGrad)
    #expect(jacobian(at: x) { $0 * 1 } == Tensor.eye(2))
    #expect(jacobian(at: x) { _ in Tensor.ones([3]) } == Tensor.zeros([3, 2]))
    #expect(jacobian(at: Tensor.ones([2, 2])) { $0.sum(dim: 0) }.shape == [2, 2, 2])
    #expect(x.grad == nil)
  }

  @Test func hessians() throws {
    // f = Σv³ + v₀v₁
    let x = Tensor([1.0, 2], requiresGrad: true)
    #expect(hessian(at: x) { ($0 ** 3).sum() + $0[0] * $0[1] } == Tensor([[6.0, 1], [1, 12]]))
    #expect(hessian(at: x) { $0.sum() } == Tensor.zeros([2, 2]))
    #expect(throws: TensorError.runtime("The Tensor returned by the function given to hessian should contain a single element")) {
      try checked { hessian(at: x) { $0 * 2 } }
    }
    // With the graph, the third derivatives too.
    let h = hessian(at: x, createGraph: true) { ($0 ** 3).sum() }
    h.sum().backward()
    #expect(x.grad == Tensor([6.0, 6]))
  }

  @Test func products() {
    let (x, v) = (Tensor([1.0, 2]), Tensor([1.0, -1]))
    let square: (Tensor) -> Tensor = { $0 * $0 }
    #expect(vjp(at: x, v, square) == (Tensor([1.0, 4]), Tensor([2.0, -4])))
    #expect(jvp(at: x, v, square) == (Tensor([1.0, 4]), Tensor([2.0, -4])))
    #expect(vjp(at: x) { square($0).sum() } == (Tensor(5.0), Tensor([2.0, 4])))
    #expect(hvp(at: x, v) { ($0 ** 3).sum() } == (Tensor(9.0), Tensor([6.0, -12])))
    #expect(jvp(at: x, v) { _ in Tensor.ones([3]) } == (Tensor.ones([3]), Tensor.zeros([3])))
    #expect(throws: TensorError.runtime("v has invalid size: should be torch.Size([2]) but got torch.Size([3]).")) {
      try checked { vjp(at: x, Tensor.ones([3]), square) }
    }
  }
}

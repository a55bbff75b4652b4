import Autograd
import Devices
import Synchronization
import Testing

private struct Cube: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] ** 3]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [3 * context.saved[0] ** 2 * gradients[0]]
  }
}

/// Saves its result, and what is no tensor.
private struct ScaledExp: DifferentiableFunction {
  let factor: Double

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    let result = (factor * inputs[0]).exp()
    context.saved = [result]
    context.extra = inputs[0].shape
    return [result]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    #expect(context.extra as? [Int] == context.saved[0].shape)
    return [factor * context.saved[0] * gradients[0]]
  }
}

/// Two results, of which one may be unused, and a third through which nothing flows.
private struct SinCosSign: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    context.nonDifferentiable = [2]
    return [inputs[0].sin(), inputs[0].cos(), inputs[0].sign()]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    #expect(gradients.ifUsed(2) == nil)
    if gradients.ifUsed(0) == nil { #expect(gradients[0] == Tensor.zeros([2], dtype: .float64)) }
    let x = context.saved[0]
    return [gradients[0] * x.cos() - gradients[1] * x.sin()]
  }
}

private struct Product: DifferentiableFunction {
  /// Told which inputs need gradients.
  let seen: @Sendable ([Bool]) -> Void

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] * inputs[1]]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    seen(context.needsInputGrad)
    let needs = context.needsInputGrad
    return (0..<2).map { needs[$0] ? gradients[0] * context.saved[1 - $0] : nil }
  }
}

private struct Once: DifferentiableFunction {
  var isOnceDifferentiable: Bool { true }

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] * inputs[0]]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [2 * context.saved[0] * gradients[0]]
  }
}

/// Gives what it is told as gradients.
private struct Given: DifferentiableFunction {
  let gradients: [Tensor?]

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 1] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { self.gradients }
}

@Suite struct CustomFunctionTests {
  static let values = Tensor([0.3, -0.7], dtype: .float64)

  @Test func derivativesOfAllOrders() throws {
    try gradcheck(Self.values.requiringGrad()) { Cube()($0) }
    try gradgradcheck(Self.values.requiringGrad()) { Cube()($0) }
    try gradcheck(Self.values.requiringGrad()) { ScaledExp(factor: 1.5)($0) }
    // Through a result that the function saved, too.
    try gradgradcheck(Self.values.requiringGrad()) { ScaledExp(factor: 1.5)($0) }
  }

  @Test func placeInTheGraph() {
    let x = Self.values.requiringGrad()
    let y = Cube()(x)
    #expect(y.gradFn?.name == "CubeBackward" && !y.isLeaf)
    #expect(y.gradFn?.nextFunctions.map { $0?.name } == ["AccumulateGrad"])
    #expect(Cube()(Self.values).gradFn == nil)
    #expect(noGrad { Cube()(x) }.gradFn == nil)
  }

  @Test func severalResults() throws {
    let x = Self.values.requiringGrad()
    let results = SinCosSign().apply(x)
    #expect(results.map(\.outputIndex) == [0, 1, 0])
    #expect(results.map(\.requiresGrad) == [true, true, false])
    results[1].sum().backward()
    #expect(x.grad == -Self.values.sin())
    try gradgradcheck([x]) { Array(SinCosSign().apply($0).prefix(2)) }
  }

  @Test func inputsThatNeedGradients() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = Tensor([3.0, 4])
    let recorder = Recorder()
    Product(seen: { recorder.record($0) })(x, y).sum().backward()
    #expect(recorder.last == [true, false])
    #expect(x.grad == y && y.grad == nil)
  }

  @Test func inPlace() {
    let x = Self.values.requiringGrad()
    var y = x * 1
    Cube().update(&y)
    #expect(y.gradFn?.name == "CubeBackward")
    y.sum().backward()
    let slope = 3 * Self.values ** 2
    #expect(x.grad == slope)

    var leaf = Self.values.requiringGrad()
    #expect(throws: TensorError.runtime("a leaf Variable that requires grad has been used in an in-place operation.")) {
      try checked { Cube().update(&leaf) }
    }
    let other = leaf
    noGrad { Cube().update(&leaf) }
    let cubes = Self.values ** 3
    #expect(other.detach() == cubes, "copies of a variable are that variable")
  }

  @Test func onceDifferentiable() {
    let x = Tensor(3.0, requiresGrad: true)
    #expect(grad(of: Once()(x), wrt: x) == Tensor(6.0))
    // The second derivative is refused only if something asks for it.
    let slope = grad(of: Once()(x) * x, wrt: x, createGraph: true)
    #expect(slope.detach() == Tensor(27.0))
    #expect(throws: TensorError.runtime("trying to differentiate twice a function that was marked with @once_differentiable")) {
      try checked { slope.backward() }
    }
  }

  @Test func wrongGradients() {
    let x = Tensor([0.5, 1], requiresGrad: true)
    func message(_ gradients: [Tensor?]) -> String? {
      do {
        try checked { Given(gradients: gradients)(x).sum().backward() }
        return nil
      } catch { return (error as? TensorError)?.message }
    }
    let g = Tensor([1.0, 1])
    #expect(message([g, g]) == "function GivenBackward returned an incorrect number of gradients (expected 1, got 2)")
    #expect(message([]) == "function GivenBackward returned an incorrect number of gradients (expected 1, got 0)")
    #expect(
      message([.ones([5])])
        == "Function GivenBackward returned an invalid gradient at index 0 - got [5] but expected shape compatible with [2]")
    #expect(x.grad == nil)
    // What follows the last input may be absent, and a broadcast gradient is reduced.
    #expect(message([g, nil]) == nil)
    #expect(message([.ones([3, 2])]) == nil)
    #expect(x.grad == Tensor([4.0, 4]))
  }

  @Test func freedWithTheGraph() {
    let x = Tensor(3.0, requiresGrad: true)
    let y = Cube()(x)
    y.backward()
    #expect(throws: TensorError.self) { try checked { y.backward() } }
  }

  @Test func invalidInput() {
    #expect(throws: TensorError.self) { try checked { Cube()(Tensor.ones([2]) + Tensor.ones([3])) } }
  }
}

private final class Recorder: Sendable {
  private let seen = Mutex<[Bool]>([])
  func record(_ needs: [Bool]) { seen.withLock { $0 = needs } }
  var last: [Bool] { seen.withLock { $0 } }
}

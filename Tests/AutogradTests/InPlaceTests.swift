import Autograd
import Devices
import Testing

/// Operations in place beside a graph that has saved values. Where PyTorch raises "one of the variables needed for gradient
/// computation has been modified by an inplace operation", the gradient here is right: the graph has saved values, not places in memory.
@Suite struct InPlaceTests {
  @Test func operandOfAPower() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var y = x * 2
    let z = y ** 2
    y += 1
    z.sum().backward()
    // z = (2x)², whatever y is now: dz/dx = 8x
    #expect(x.grad == Tensor([8.0, 16]))
    #expect(y.detach() == Tensor([3.0, 5]))
  }

  @Test func factorOfAProduct() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var a = x * 1
    let b = x * 2
    let c = a * b
    a.zero()
    c.sum().backward()
    #expect(x.grad == Tensor([4.0, 8]))  // c = 2x²
    #expect(a.detach() == Tensor([0.0, 0]))
  }

  @Test func resultThatWasSaved() {
    let x = Tensor([0.0, 1], requiresGrad: true)
    var y = x.exp()
    y += 1
    y.sum().backward()
    #expect(x.grad == Tensor([0.0, 1]).exp())

    let w = Tensor([[1.0, 2], [3, 4]], requiresGrad: true)
    var s = w.sigmoid()
    s *= 2
    s *= 2
    s.sum().backward()
    let value = w.detach().sigmoid()
    #expect(w.grad?.allClose(4 * value * (1 - value)) == true)
  }

  @Test func constantThatWasSaved() {
    var x = Tensor([1.0, 2])
    let w = Tensor([3.0, 4], requiresGrad: true)
    let y = (x * w).sum()
    x += 1
    y.backward()
    #expect(w.grad == Tensor([1.0, 2]))
  }

  /// The values that a variable had when it was used, after an update of the kind that optimisers make.
  @Test func variableThatWasSaved() {
    var w = Tensor([3.0, 4], requiresGrad: true)
    let copy = w
    let y = (w * w).sum()
    noGrad { w += 1 }
    y.backward()
    #expect(w.grad == Tensor([6.0, 8]))
    #expect(copy.detach() == Tensor([4.0, 5]), "copies of a variable are that variable")
  }

  @Test func factorOfAMatrixProduct() {
    let a = Tensor([[1.0, 2], [3, 4]], requiresGrad: true)
    var b = a * 1
    let c = b.mm(b)
    b += 1
    c.sum().backward()
    // dΣ(bb)/db = 1bᵀ + bᵀ1
    let (value, ones) = (a.detach(), Tensor.ones([2, 2]))
    #expect(a.grad == ones.mm(value.t()) + value.t().mm(ones))
  }

  @Test func inputOfACustomFunction() {
    struct Square: DifferentiableFunction {
      func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
        context.saved = inputs
        return [inputs[0] * inputs[0]]
      }
      func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
        [2 * context.saved[0] * gradients[0]]
      }
    }
    let x = Tensor([1.0, 2], requiresGrad: true)
    var a = x * 1
    let y = Square()(a)
    a += 1
    y.sum().backward()
    #expect(x.grad == Tensor([2.0, 4]))
  }

  // MARK: Values

  @Test func copiesAndPartsDoNotChange() {
    var x = Tensor([1.0, 2, 3])
    let (copy, part, view) = (x, x[1...], x.view([3, 1]))
    x *= 2
    x[0] = 7
    #expect(copy == Tensor([1.0, 2, 3]) && part == Tensor([2.0, 3]) && view == Tensor([[1.0], [2], [3]]))
    #expect(x == Tensor([7.0, 4, 6]))

    var row = copy.expand([2, 3])
    row += 1
    #expect(row == Tensor([[2.0, 3, 4], [2, 3, 4]]) && copy == Tensor([1.0, 2, 3]))
  }

  @Test func gradientThatWasRead() throws {
    let x = Tensor([1.0, 2], requiresGrad: true)
    (x * 2).sum().backward()
    let first = try #require(x.grad)
    (x * 3).sum().backward()
    #expect(first == Tensor([2.0, 2]) && x.grad == Tensor([5.0, 5]))
  }

  // MARK: Gradients of operations in place

  @Test func chain() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var y = x * 2
    y += 1
    #expect(y.gradFn?.name == "AddBackward0")
    y *= 3
    y -= x
    y /= 2
    y.update { $0.relu() }
    #expect(y.gradFn?.name == "ReluBackward0")
    y.sum().backward()
    #expect(x.grad == Tensor([2.5, 2.5]))  // (3(2x + 1) - x) / 2
  }

  @Test func newValuesEndTheGradient() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let source = Tensor([3.0, 4], requiresGrad: true)
    var y = x * 2
    y.copy(from: source)
    y.sum().backward()
    #expect(x.grad == Tensor([0.0, 0]) && source.grad == Tensor([1.0, 1]))

    var z = x * 2
    z.fill(7)
    z.sum().backward()
    #expect(x.grad == Tensor([0.0, 0]))
  }

  @Test func errorsLeaveTheTensorAlone() {
    func message(_ body: () -> Void) -> String? {
      do {
        try checked(body)
        return nil
      } catch { return (error as? TensorError)?.message }
    }
    var leaf = Tensor([1.0, 2], requiresGrad: true)
    let refusal = "a leaf Variable that requires grad is being used in an in-place operation."
    #expect(message { leaf += 1 } == refusal)
    #expect(message { leaf.zero() } == refusal)
    #expect(message { leaf.update { $0.exp() } } == refusal)
    #expect(leaf.detach() == Tensor([1.0, 2]) && leaf.requiresGrad)

    var integers = Tensor([1, 2])
    #expect(message { integers += 0.5 } == "result type Float can't be cast to the desired output type Long")
    let larger = Tensor.ones([3, 2], dtype: .int64)
    #expect(message { integers += larger } == "output with shape [2] doesn't match the broadcast shape [3, 2]")
    #expect(integers == Tensor([1, 2]))

    var inferred = inferenceMode { Tensor.ones([2]) }
    #expect(message { inferred += 1 }?.hasPrefix("Inplace update to inference tensor outside InferenceMode") == true)
    #expect(inferred.scalars(as: Int.self) == [1, 1])
    inferenceMode { inferred += 1 }
    #expect(inferred.scalars(as: Int.self) == [2, 2])
  }
}

import Fluxion
import Foundation
import Testing

/// What an invalid tensor is, within the scope in which it failed and elsewhere.
@Suite struct CheckedTests {
  static let sizes = TensorError.runtime(
    "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0")

  // MARK: Within its scope

  /// Code that knows of no errors runs on to the end.
  @Test func ordinaryCode() {
    let w = Tensor([1.0, 2], requiresGrad: true)
    let bodies: [(Tensor) throws -> Void] = [
      { y in _ = y.shape[1] + y.shape[3] + y.size(2) }, { y in _ = 100 / y.shape[0] + 100 / y.count },
      { y in for row in 0..<y.shape[0] { _ = y[row] } },
      { y in for row in y { _ = row.shape[0] } }, { y in _ = Array(y) },
      { y in _ = y.split(1)[1] + y.split(1)[2] }, { y in _ = y.split([1, 2, 3])[2] }, { y in _ = y.chunk(3)[2] },
      { y in
        let parts = y.unbind()
        _ = (parts[0], parts[1], parts[2])
      },
      { y in _ = y.tensorSplit(3)[2] }, { y in _ = Tensor.where(y)[1] },
      { y in
        y.sum().backward()
        noGrad { _ = w - 0.1 * w.grad! }
      },
      { y in _ = y.grad! }, { y in _ = grad(of: [y], wrt: [w, w])[1] },
      { y in _ = gradAllowingUnused(of: [y], wrt: [w])[0]! },
      { y in
        let (values, indices) = y.max(dim: 1)
        _ = values + indices
      },
      { y in _ = y.scalars(as: Double.self)[0] + y.scalars(as: Double.self).max()! }, { y in _ = y.scalars(as: Int.self)[1] },
      { y in _ = [Double](repeating: Double(y), count: Int(y)) }, { y in _ = Bool(y) ? 1 : 2 },
      { y in print("\(y)", terminator: "") },
      { y in _ = jacobian(at: w) { _ in y } }, { y in _ = hessian(at: w) { _ in y } },
      { y in
        y.requiringGrad().registerHook { $0 }
        y.retainGrad()
      },
    ]
    for (index, body) in bodies.enumerated() {
      #expect(throws: CheckedTests.sizes, "\(index)") { try checked { try body(failedSum()) } }
    }
  }

  /// Nothing plausible comes out.
  @Test func numbers() {
    var read: (Double, Int, Bool, Scalar, [Float])?
    #expect(throws: CheckedTests.sizes) {
      try checked {
        let y = failedSum()
        read = (Double(y), Int(y), Bool(y), y.item(), y.scalars(as: Float.self))
      }
    }
    #expect(read!.0.isNaN && read!.1 == 1 && !read!.2 && read!.3.doubleValue.isNaN && read!.4.allSatisfy(\.isNaN))
  }

  /// The throwing forms leave at once.
  @Test func returnsAtFirstError() {
    var isReached = false
    #expect(throws: CheckedTests.sizes) {
      try checked {
        let shape = try failedSum().valid().shape
        isReached = true
        _ = shape[5]
      }
    }
    #expect(throws: CheckedTests.sizes) {
      try checked {
        try checkErrors()
        _ = failedSum()
        try checkErrors()
        isReached = true
      }
    }
    #expect(!isReached)
    #expect(throws: Never.self) { try checked { try (Tensor([1.0]) + 1).valid() } }
  }

  // MARK: Elsewhere

  static let uses: [@Sendable (Tensor) -> Void] = [
    { _ = $0 + 1 }, { _ = 2.0 * $0 }, { _ = Tensor([1.0]) * $0 }, { _ = $0.sum() }, { _ = $0.exp() }, { _ = -$0 },
    { _ = $0.reshape([-1]) }, { _ = $0[0] }, { _ = Tensor([1.0, 2])[$0] }, { _ = Double($0) }, { _ = Int($0) }, { _ = Bool($0) },
    { _ = $0.item() }, { _ = $0.scalars(as: Int.self) }, { _ = $0.shape }, { _ = $0.rank }, { _ = $0.count }, { _ = $0.size(0) },
    { _ = $0 == $0 }, { _ = $0.allClose($0) }, { for _ in $0 {} }, { _ = $0.unbind() }, { $0.backward() }, { _ = $0.grad },
    { $0.grad = nil }, { $0.retainGrad() }, { $0.registerHook { $0 } }, { _ = $0.detach() }, { _ = $0.requiringGrad() },
    { _ = grad(of: $0, wrt: Tensor([1.0], requiresGrad: true)) }, { _ = $0.zerosLike() }, { _ = concatenate([$0, $0]) },
    { _ = $0.matmul($0) }, { _ = $0.max(dim: 0) }, { _ = F.linear($0, $0) }, { _ = $0.to(.float64) }, { _ = $0.clone() },
    { $0.evaluate() }, { _ = Masked.sum($0) }, { _ = Tensor.where($0, 1.0, Tensor(2.0)) },
    { _ = vjp(at: Tensor([1.0]), $0) { $0 * 2 } }, { y in _ = jacobian(at: Tensor([1.0])) { _ in y } },
  ]

  /// In another scope, in which nothing else has failed.
  @Test(arguments: uses.indices)
  func usedInAnotherScope(_ index: Int) {
    let y = leakedTensor()
    #expect(!y.isValid && y.description == "tensor(<invalid>)")
    let error = #expect(throws: TensorError.self) { try checked { CheckedTests.uses[index](y) } }
    #expect(error?.message.contains("used after a failed operation (\(CheckedTests.sizes))") ?? false)
    #expect(throws: TensorError.self) { try y.valid() }
  }

  @Test func usedOutsideAnyScope() async {
    await #expect(processExitsWith: .signal(SIGABRT)) { _ = Double(leakedTensor()) }
    await #expect(processExitsWith: .signal(SIGABRT)) { _ = leakedTensor() + 1 }
    await #expect(processExitsWith: .signal(SIGABRT)) { _ = leakedTensor().shape }
    await #expect(processExitsWith: .signal(SIGABRT)) {
      var w = Tensor([1.0], requiresGrad: true)
      noGrad { w -= leakedTensor() }
    }
  }

  // MARK: Scopes in scopes, and tasks

  @Test func nested() throws {
    // What is caught within is dealt with.
    let value = try checked {
      let inner = try? checked { failedSum() }
      return inner == nil ? 1 : 2
    }
    #expect(value == 1)
    // What leaves the inner scope is an error of the outer one once it is used.
    let error = #expect(throws: TensorError.self) { try checked { _ = leakedTensor() * 2 } }
    #expect(error?.message.contains("used after a failed operation") ?? false)
    // The outer error is the one that the outer scope throws, also where an inner scope meets its tensor.
    #expect(throws: CheckedTests.sizes) {
      try checked {
        let y = failedSum()
        try checked { _ = y + 1 }
      }
    }
  }

  @Test func tasks() async throws {
    await #expect(throws: CheckedTests.sizes) {
      try await checked {
        async let y = failedSum()
        return await y.isValid
      }
    }
    // A task that outlives its scope fails in the scope around that.
    await #expect(throws: CheckedTests.sizes) {
      try await checked {
        let gate = AsyncStream.makeStream(of: Void.self)
        let task = try await checked {
          Task {
            for await _ in gate.stream {}
            return failedSum().isValid
          }
        }
        gate.continuation.finish()
        return await task.value
      }
    }
  }

  // MARK: Gradients

  struct Leaking: DifferentiableFunction {
    let gradient: Tensor
    func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 2] }
    func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradient] }
  }

  struct Failing: DifferentiableFunction {
    func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 2] }
    func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [failedSum()] }
  }

  /// A gradient that fails is an error, and no part of it arrives.
  @Test func failedGradients() {
    let leaked = leakedTensor()
    func expectNone(_ w: Tensor, _ error: TensorError?, _ text: String) {
      #expect(w.grad == nil)
      #expect(error?.message.contains(text) ?? false, "\(String(describing: error))")
    }
    let after = "used after a failed operation"
    let w = Tensor([1.0, 2], requiresGrad: true)
    expectNone(w, #expect(throws: TensorError.self) { try checked { leaked.backward() } }, after)
    expectNone(w, #expect(throws: TensorError.self) { try checked { (w * 2).backward(gradient: leaked) } }, after)
    expectNone(w, #expect(throws: TensorError.self) { try checked { w.sum().backward(inputs: [leaked]) } }, after)
    let leaking = Leaking(gradient: leaked)
    // A part of the gradient comes another way.
    expectNone(w, #expect(throws: TensorError.self) { try checked { (w * 3 + leaking(w)).sum().backward() } }, after)
    expectNone(w, #expect(throws: TensorError.self) { try checked { (leaking(w) + w * 3).sum().backward() } }, after)
    expectNone(
      w, #expect(throws: TensorError.self) { try checked { (w * 3 + Failing()(w)).sum().backward() } }, "The size of tensor a (2)")
    let hooked = w * 3
    hooked.registerHook { _ in leaked }
    hooked.retainGrad()
    expectNone(w, #expect(throws: TensorError.self) { try checked { (hooked + w).sum().backward() } }, after)
    #expect(hooked.grad == nil)
    let product = w * 3
    product.gradFn!.registerHook { _, _ in [leaked, nil] }
    expectNone(w, #expect(throws: TensorError.self) { try checked { product.sum().backward() } }, after)
    w.registerHook { _ in failedSum() }
    expectNone(w, #expect(throws: TensorError.self) { try checked { w.sum().backward() } }, "The size of tensor a (2)")
    let gradients = #expect(throws: TensorError.self) { try checked { grad(of: [w.sum()], wrt: [leaked]) } }
    #expect(gradients?.message.contains(after) ?? false)
  }
}

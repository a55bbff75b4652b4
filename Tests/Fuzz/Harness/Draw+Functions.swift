import Fluxion

struct DrawnError: Error {}

/// Functions, objects and devices.
extension Draw {
  func placement() -> any DeviceConvertible {
    chance(3) ? pick(["cpu", "mps", "mps:1", "cuda", ""] + (scene.isLarge ? [] : ["reference"])) : device()
  }
  func device() -> any Device { chance(4) ? pick(scene.devices) : scene.device }
  func generator() -> Generator { chance(3) ? .default : Generator(seed: int("seed")) }

  func steadyFunction() -> (Tensor) -> Tensor {
    switch noted("function", below(8)) {
    case 0: return { $0 }
    case 1: return { ($0 * $0).sum() }
    case 2: return { $0.sin() }
    case 3: return { $0.detach() }
    case 4: return { _ in Tensor([1.0, 2]) }
    case 5:
      hasFailedOperand = true
      return { _ in Draw.failed }
    case 6: return { $0.reshape([-1]) }
    default: return { $0.to(.int64) }
    }
  }

  func function() -> (Tensor) throws -> Tensor { chance(12) ? { _ in throw DrawnError() } : steadyFunction() }

  func listFunction() -> ([Tensor]) throws -> [Tensor] {
    switch noted("function", below(6)) {
    case 0: return { $0 }
    case 1: return { $0.map { $0.exp() } }
    case 2: return { _ in [] }
    case 3: return { _ in throw DrawnError() }
    case 4: return { $0.prefix(1).map { $0.sum() } }
    default: return { $0.reduce(Tensor(0.0), +).unsqueeze(0).unbind() }
    }
  }

  func distance() -> (Tensor, Tensor) -> Tensor {
    switch below(3) {
    case 0: return { x, y in (x - y).abs() }
    case 1: return { x, _ in x }
    default: return { x, y in F.pairwiseDistance(x, y) }
    }
  }

  func hook() -> @Sendable (Tensor) -> Tensor? {
    switch below(4) {
    case 0: return { _ in nil }
    case 1: return { $0 * 2 }
    case 2: return { $0.sum() }
    default:
      hasFailedOperand = true
      return { _ in Draw.failed }
    }
  }

  func nodeHook() -> @Sendable ([Tensor?], [Tensor?]) -> [Tensor?]? {
    switch below(4) {
    case 0: return { _, _ in nil }
    case 1: return { inputs, _ in inputs }
    case 2: return { _, _ in [] }
    default: return { inputs, _ in inputs.map { $0.map { $0.sum() } } }
    }
  }

  /// The body of a scope.
  func work() -> Tensor {
    let (x, y) = (tensor("x"), tensor("y"))
    // A scope hands on what its body gives, so that is to be no value that had failed before.
    guard x.isValid else { return x + y }
    switch below(7) {
    case 0: return x
    case 1: return (x + y).sum()
    case 2: return x.matmul(y)
    case 3:
      _ = x.description
      return x
    case 4: return Tensor.rand([2, 3])
    case 5: return Tensor(literal())
    default:
      let sum = (x * y).sum()
      sum.backward()
      return sum
    }
  }

  func hookHandle() -> HookHandle { Tensor.ones([2], requiresGrad: true).registerHook { _ in nil } }
  func node() -> Node { (Tensor.ones([2], requiresGrad: true) * 2).gradFn! }

  func functionContext() -> FunctionContext {
    TestFunction.run()
    return TestFunction.seen!.context
  }

  func resultGradients() -> ResultGradients {
    TestFunction.run()
    return TestFunction.seen!.gradients
  }

  // MARK: Kernels

  func kernel() -> ElementwiseKernel {
    switch below(5) {
    case 0: return ElementwiseKernel { x in self.formula([x]) }
    case 1: return ElementwiseKernel { x, y in self.formula([x, y]) }
    case 2: return ElementwiseKernel { x, y, z in self.formula([x, y, z]) }
    default:
      let kinds = (0..<pick([1, 2, 3])).map { _ in chance(12) ? ElementwiseKernel.Kind.boolean : .value }
      return ElementwiseKernel(inputs: kinds) { self.formulas($0) }
    }
  }

  func expression() -> Expression { pick(expressions) }

  func formula(_ inputs: [Expression]) -> Expression {
    let before = expressions
    expressions = inputs
    defer { expressions = before }
    for _ in 0..<below(5) {
      let (a, b) = (expression(), expression())
      let next: Expression
      switch below(10) {
      case 0: next = a + b
      case 1: next = a * b
      case 2: next = a / (b + 1)
      case 3: next = a.exp()
      case 4: next = a.tanh()
      case 5: next = a.maximum(b)
      case 6: next = (a .< b).select(a, b)
      case 7: next = a.sqrt()
      case 8: next = a.pow(b)
      default: next = a.log()
      }
      expressions.append(next)
    }
    return expressions.last!
  }

  func formulas(_ inputs: [Expression]) -> [Expression] {
    if inputs.isEmpty { return [] }
    let count = pick([1, 1, 2, 3])
    return (0..<count).map { _ in formula(inputs) }
  }

  /// Calls a kernel of one expression that `body` makes.
  func apply(_ body: () throws -> Expression) throws {
    var failure: (any Error)?
    let kernel = ElementwiseKernel { x, y, z in
      expressions = [x, y, z]
      defer { expressions = [] }
      do { return try body() } catch {
        failure = error
        return x
      }
    }
    if let failure { throw failure }
    keep(kernel(tensor("x"), tensor("y"), tensor("z")))
  }
}

/// A function with a derivative of its own, which keeps what it was called with.
struct TestFunction: DifferentiableFunction {
  nonisolated(unsafe) static var seen: (context: FunctionContext, gradients: ResultGradients)?

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return inputs.map { $0 * 2 }
  }

  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    TestFunction.seen = (context, gradients)
    return context.needsInputGrad.indices.map { context.needsInputGrad[$0] ? gradients[$0] * 2 : nil }
  }

  static func run() {
    if seen == nil { _ = try? checked { TestFunction()(Tensor.ones([2], requiresGrad: true)).sum().backward() } }
  }
}

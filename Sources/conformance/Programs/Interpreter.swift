import Fluxion

/// Runs a program step by step, as Python would run it on PyTorch.
///
/// A step that raises is undone as far as Swift's values make it so; later steps still run.
///
/// One program runs on one thread: its hooks are called within a backward pass of its own. This alone makes the class Sendable.
final class Interpreter: @unchecked Sendable {
  private(set) var variables: [String: Value] = [:]
  /// What hooks and custom functions have logged.
  private(set) var events: [Value] = []
  /// What `set_grad_enabled` was told last, outside any `with`.
  private var gradMode: Bool?
  /// An error of a function that the library called and that could not throw it through.
  private var pending: (any Error)?

  func bind(_ name: String, to value: Value) { variables[name] = value }
  func log(_ event: Value) { events.append(event) }

  /// Runs a statement and returns the names that it assigned.
  func run(_ statement: Statement) throws -> [String] {
    try inGradMode { try execute(statement) }
  }

  /// What an expression is worth.
  func value(of term: Term) throws -> Value {
    try inGradMode { try checked { try evaluate(term) } }
  }

  private func inGradMode<Result>(_ body: () throws -> Result) throws -> Result {
    guard let gradMode else { return try body() }
    return try withGrad(enabled: gradMode, body)
  }

  // MARK: Statements

  private func execute(_ statement: Statement) throws -> [String] {
    switch statement {
    case .evaluate(let term, let names):
      let value = try checked {
        let value = try evaluate(term)
        if let pending { throw pending }
        return value
      }
      try assign(value, to: names)
      return names
    case .loop(let count, let body):
      var names: [String] = []
      for _ in 0..<count { names = try execute(body) }
      return names
    case .with(let context, let arguments, let body):
      return try within(context, try arguments.map { try evaluate($0) }) { try execute(body) }
    }
  }

  private func execute(_ body: [Statement]) throws -> [String] {
    var names: [String] = []
    for statement in body { names += try execute(statement) }
    return names
  }

  private func assign(_ value: Value, to names: [String]) throws {
    guard names.count != 1 else {
      if case .tuple(let values) = value, values.count == 1 {
        variables[names[0]] = values[0]
      } else {
        variables[names[0]] = value
      }
      return
    }
    guard names.count > 1 else { return }
    guard let values = value.elements, values.count == names.count else {
      throw FormatError("\(value) cannot be unpacked into \(names.count)")
    }
    for (name, value) in zip(names, values) { variables[name] = value }
  }

  private func within<Result>(
    _ context: String, _ arguments: [Value], _ body: () throws -> Result
  ) throws -> Result {
    let flag = arguments.first?.scalar?.boolValue
    switch (context, flag) {
    case ("no_grad", _): return try noGrad(body)
    case ("enable_grad", _): return try enableGrad(body)
    case ("inference_mode", nil), ("inference_mode", true?): return try inferenceMode(body)
    case ("set_grad_enabled", let flag?): return try withGrad(enabled: flag, body)
    case ("autograd.set_detect_anomaly", true?), ("autograd.detect_anomaly", _): return try detectAnomaly(body)
    case ("autograd.set_detect_anomaly", false?): return try body()
    default: throw Skip("operation \(context) is not there yet")
    }
  }

  // MARK: Expressions

  private func evaluate(_ term: Term) throws -> Value {
    switch term {
    case .literal(let value): return value
    case .name(let name): return try lookUp(name)
    case .list(let terms): return .list(try terms.map { try evaluate($0) })
    case .attribute(let name, let owner): return try attribute(name, of: try evaluate(owner))
    case .lambda(let parameters, let body): return .function(lambda(parameters, body))
    case .call(let operation, let arguments, let keywords, let isMethod):
      let keywords = try keywords.mapValues { try evaluate($0) }
      if isMethod, operation.hasSuffix("_"), !operation.hasPrefix("__"), case .attribute("grad", let owner)? = arguments.first {
        return try updateGradient(of: owner, operation, arguments.dropFirst(), keywords)
      }
      return try call(
        Call(operation: operation, isMethod: isMethod, arguments: try arguments.map { try evaluate($0) }, keywords: keywords))
    }
  }

  private func lookUp(_ name: String) throws -> Value {
    if let value = variables[name] { return value }
    if name == "events" { return .list(events) }
    if let dtype = DType(name: name) { return .dtype(dtype) }
    if name.hasPrefix("complex") { throw Skip("complex dtype") }
    if let function = CustomFunctions.all[name] { return .function(Callable { try function(self, $0) }) }
    switch name {
    case "float": return .dtype(.float32)
    case "double": return .dtype(.float64)
    case "half": return .dtype(.float16)
    case "long": return .dtype(.int64)
    case "int": return .dtype(.int32)
    case "nan": return .float(.nan)
    case "inf": return .float(.infinity)
    case "pi": return .float(.pi)
    default: throw Skip("name \(name) is not there yet")
    }
  }

  private func lambda(_ parameters: [String], _ body: Term) -> Callable {
    Callable { [self] arguments in
      let outer = variables
      defer { for name in parameters { variables[name] = outer[name] } }
      for (name, argument) in zip(parameters, arguments) { variables[name] = argument }
      return try evaluate(body)
    }
  }

  private func call(_ call: Call) throws -> Value {
    if let special = try callOfProgram(call) { return special }
    return try Operations.perform(call)
  }

  /// `x.grad.zero_()` and its like, as `x.grad?.zero()`.
  private func updateGradient(
    of owner: Term, _ operation: String, _ arguments: ArraySlice<Term>, _ keywords: [String: Value]
  ) throws -> Value {
    guard let tensor = try evaluate(owner).tensor else { throw Skip("the attribute grad of no tensor") }
    let gradient = try evaluate(.attribute("grad", of: owner))
    let result = try call(
      Call(operation: operation, arguments: [gradient] + arguments.map { try evaluate($0) }, keywords: keywords))
    tensor.grad = gradient.tensor
    return result
  }

  /// Calls a value of the program from inside the library.
  private func callBack(_ function: Callable, _ arguments: [Value]) -> Value? {
    do { return try function.call(arguments) } catch {
      pending = pending ?? error
      return nil
    }
  }
}

// MARK: - What acts on the program itself: hooks, logs, assignment

extension Interpreter {
  private func callOfProgram(_ call: Call) throws -> Value? {
    switch call.operation {
    case "let": return try call.required(call[0, "value"], "value")
    case "apply":
      guard case .function(let function)? = call.arguments.first else { throw FormatError("apply of no function") }
      return try function.call(Array(call.arguments.dropFirst()))
    case "setattr":
      try setAttribute(call)
      return Value.none
    case "set_grad_enabled":
      gradMode = try call.bool(0, "mode")
      return Value.none
    case "is_grad_enabled": return .bool(GradientMode.isEnabled)
    case "is": return .bool(try isSame(call.required(call[0, "left"], "left"), call.required(call[1, "right"], "right")))
    case "trace" where call.arguments.first?.tensor != nil: return nil
    case "trace", "trace2", "ptrace": return .function(try logger(call))
    case "register_hook": return .hook(try registerHook(call))
    case "register_post_accumulate_grad_hook":
      let hook = try function(call, 1)
      return .hook(
        try call.receiver.registerPostAccumulateGradHook { [self] parameter in _ = callBack(hook, [.tensor(parameter)]) })
    case "remove":
      guard case .hook(let handle)? = call.arguments.first else { throw Skip("operation remove is not there yet") }
      handle.remove()
      return Value.none
    case "autograd.functional.jacobian": return .tensor(try jacobian(at: call.tensor(1, "inputs"), ofOne(call)))
    case "autograd.functional.hessian": return .tensor(try hessian(at: call.tensor(1, "inputs"), ofOne(call)))
    case "autograd.functional.vjp":
      let (value, product) = try vjp(at: call.tensor(1, "inputs"), call.optionalTensor(2, "v"), ofOne(call))
      return .tensors([value, product])
    case "autograd.functional.jvp":
      let (value, product) = try jvp(at: call.tensor(1, "inputs"), call.optionalTensor(2, "v"), ofOne(call))
      return .tensors([value, product])
    case "autograd.functional.hvp":
      let (value, product) = try hvp(at: call.tensor(1, "inputs"), call.tensor(2, "v"), ofOne(call))
      return .tensors([value, product])
    case "autograd.gradcheck": return .bool(try check(call) { try gradcheck($0, eps: $1, atol: $2, rtol: $3, $4) })
    case "autograd.gradgradcheck":
      return .bool(try check(call) { try gradgradcheck($0, eps: $1, atol: $2, rtol: $3, $4) })
    default: return nil
    }
  }

  private func function(_ call: Call, _ index: Int) throws -> Callable {
    guard index < call.arguments.count, case .function(let function) = call.arguments[index] else {
      throw FormatError("\(call.operation) without a function")
    }
    return function
  }

  private func ofOne(_ call: Call) throws -> (Tensor) throws -> Tensor {
    let function = try function(call, 0)
    return { x in
      guard let result = try function.call([.tensor(x)]).tensor else { throw FormatError("a function without a tensor as result") }
      return result
    }
  }

  private typealias Check = ([Tensor], Double, Double, Double, ([Tensor]) throws -> [Tensor]) throws -> Void

  private func check(_ call: Call, _ check: Check) throws -> Bool {
    let function = try function(call, 0)
    do {
      try check(
        try call.tensors(1, "inputs"), try call.double(-1, "eps") ?? 1e-6, try call.double(-1, "atol") ?? 1e-5,
        try call.double(-1, "rtol") ?? 1e-3
      ) { inputs in
        let result = try function.call(inputs.map { .tensor($0) })
        return result.tensor.map { [$0] } ?? result.elements?.compactMap(\.tensor) ?? []
      }
      return true
    } catch let error as TensorError where error.kind == .gradcheck {
      if try call.bool(-1, "raise_exception") ?? true { throw error }
      return false
    }
  }

  // MARK: Hooks

  /// A hook that logs its name and what it is given.
  private func logger(_ call: Call) throws -> Callable {
    let name = Value.string(try call.required(try call.string(0, "name"), "name"))
    let isOfParameter = call.operation == "ptrace"
    func content(_ value: Value) -> Value {
      if let tensor = value.tensor { return .nested(tensor) }
      return value.elements.map { .list($0.map(content)) } ?? value
    }
    return Callable { [self] arguments in
      let seen = isOfParameter ? arguments.map { Value.optional($0.tensor?.grad) } : arguments
      log(.list([name] + seen.map(content)))
      return .none
    }
  }

  private func registerHook(_ call: Call) throws -> HookHandle {
    let hook = try function(call, 1)
    if case .node(let node)? = call.arguments.first {
      return node.registerHook { [self] inputs, outputs in
        let arguments = [inputs, outputs].map { Value.list($0.map { .optional($0) }) }
        return callBack(hook, arguments)?.elements?.map(\.tensor)
      }
    }
    return try call.receiver.registerHook { [self] gradient in callBack(hook, [.tensor(gradient)])?.tensor }
  }

  // MARK: Attributes

  private func attribute(_ name: String, of owner: Value) throws -> Value {
    if case .function = owner, name == "apply" { return owner }
    guard let x = owner.tensor else { throw Skip("attribute \(name) is not there yet") }
    switch name {
    case "grad": return .optional(x.grad)
    case "is_leaf": return .bool(x.isLeaf)
    case "requires_grad": return .bool(x.requiresGrad)
    case "retains_grad": return .bool(x.retainsGrad)
    case "grad_fn": return x.gradFn.map { .node($0) } ?? .none
    case "output_nr": return .int(Int64(x.outputIndex))
    case "dtype": return .dtype(x.dtype)
    case "shape": return .list(x.shape.map { .int(Int64($0)) })
    case "ndim": return .int(Int64(x.rank))
    case "T": return .tensor(x.T)
    case "mT": return .tensor(x.mT)
    case "_base": throw Unobservable()
    // A second tensor over the same memory.
    case "data": throw Skip("values")
    default: throw Skip("attribute \(name) is not there yet")
    }
  }

  private func setAttribute(_ call: Call) throws {
    guard case .tensor(let reference)? = call.arguments.first else { throw Skip("setattr of no tensor") }
    switch try call.string(1, "name") {
    case "grad": reference.tensor.grad = try call.optionalTensor(2, "value")
    case "requires_grad": reference.tensor.requiresGrad = try call.bool(2, "value") ?? false
    case let name: throw Skip("attribute \(name ?? "") is not there yet")
    }
  }

  // MARK: Identity

  /// Whether two values are one. Values have no identity but that of the variable or of the recorded result that they are.
  private func isSame(_ a: Value, _ b: Value) throws -> Bool {
    switch (a, b) {
    case (.none, .none): return true
    case (.tensor(let x), .tensor(let y)):
      if x === y { return true }
      guard x.tensor.requiresGrad, y.tensor.requiresGrad, x.tensor.outputIndex == y.tensor.outputIndex else { return false }
      return place(of: x.tensor) === place(of: y.tensor)
    default: return false
    }
  }

  /// The node where a tensor's gradient arrives.
  private func place(of x: Tensor) -> Node? {
    x.gradFn ?? enableGrad { (x * 1).gradFn?.nextFunctions.first ?? nil }
  }
}

/// Thrown by what asks whether tensors share memory, or how often they have been changed: values cannot tell.
struct Unobservable: Error {}

import Fluxion

// The custom functions that programs call, as a user of the library would write them.

private struct Square: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] * inputs[0]]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [2 * context.saved[0] * gradients[0]]
  }
}

private struct ExpFn: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    let result = inputs[0].exp()
    context.saved = [result]
    return [result]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [gradients[0] * context.saved[0]]
  }
}

private struct Scale: DifferentiableFunction {
  let factor: Double

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * factor] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradients[0] * factor] }
}

private struct MulAdd: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = [inputs[0], inputs[1]]
    return [inputs[0] * inputs[1] + inputs[2]]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    let (g, needs) = (gradients[0], context.needsInputGrad)
    let (a, b) = (context.saved[0], context.saved[1])
    return [needs[0] ? g * b : nil, needs[1] ? g * a : nil, needs[2] ? g : nil]
  }
}

private struct SinCos: DifferentiableFunction {
  /// Told, for each result, whether its gradient is absent.
  let log: @Sendable ([Bool]) -> Void

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0].sin(), inputs[0].cos()]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    // A gradient that nothing gave is read as zeros.
    let incoming: [Tensor?] = [gradients[0], gradients[1]]
    log(incoming.map { $0 == nil })
    let x = context.saved[0]
    return [gradients[0] * x.cos() - gradients[1] * x.sin()]
  }
}

private struct TooMany: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 2] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradients[0], gradients[0]] }
}

private struct TooFew: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * inputs[1]] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradients[0]] }
}

private struct WrongShape: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 2] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [.ones([5])] }
}

private struct NonDiff: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.nonDifferentiable = [1]
    return [inputs[0] * 2, inputs[0] .> 0]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [2 * gradients[0]] }
}

private struct InPlaceDouble: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * 2] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [2 * gradients[0]] }
}

private struct StraightThrough: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0].round()] }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [gradients[0]] }
}

private struct WrongGrad: DifferentiableFunction {
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] ** 3]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [2 * context.saved[0] ** 2 * gradients[0]]
  }
}

private struct OnceDiff: DifferentiableFunction {
  var isOnceDifferentiable: Bool { true }

  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
    context.saved = inputs
    return [inputs[0] ** 2]
  }
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
    [2 * context.saved[0] * gradients[0]]
  }
}

enum CustomFunctions {
  typealias Function = @Sendable (Interpreter, [Value]) throws -> Value

  static let all: [String: Function] = [
    "Square": { _, arguments in try call(Square(), arguments) },
    "ExpFn": { _, arguments in try call(ExpFn(), arguments) },
    "Scale": { _, arguments in
      guard let factor = arguments.dropFirst().first?.scalar else { throw FormatError("Scale without a number") }
      return try call(Scale(factor: factor.doubleValue), Array(arguments.prefix(1)))
    },
    "MulAdd": { _, arguments in try call(MulAdd(), arguments) },
    "SinCos": { program, arguments in
      let function = SinCos { absent in program.log(.list([.string("grads_none")] + absent.map { .bool($0) })) }
      return .tensors(function.apply(try tensors(arguments)))
    },
    "TooMany": { _, arguments in try call(TooMany(), arguments) },
    "TooFew": { _, arguments in try call(TooFew(), arguments) },
    "WrongShape": { _, arguments in try call(WrongShape(), arguments) },
    "NonDiff": { _, arguments in .tensors(NonDiff().apply(try tensors(arguments))) },
    "InPlaceDouble": { _, arguments in
      guard case .tensor(let reference)? = arguments.first else { throw FormatError("InPlaceDouble without a tensor") }
      InPlaceDouble().update(&reference.tensor)
      return arguments[0]
    },
    "StraightThrough": { _, arguments in try call(StraightThrough(), arguments) },
    "WrongGrad": { _, arguments in try call(WrongGrad(), arguments) },
    "OnceDiff": { _, arguments in try call(OnceDiff(), arguments) },
  ]

  private static func tensors(_ arguments: [Value]) throws -> [Tensor] {
    try arguments.map { argument in
      guard let tensor = argument.tensor else { throw FormatError("\(argument) is no tensor") }
      return tensor
    }
  }

  private static func call(_ function: some DifferentiableFunction, _ arguments: [Value]) throws -> Value {
    .tensor(function.apply(try tensors(arguments))[0])
  }
}

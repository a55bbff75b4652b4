import Fluxion

extension Operations {
  static let arithmetic: [String: Operation] = [
    "add": { call in
      guard let alpha = try call.scalar(2, "alpha") else { return try sum(call) }
      let x = try call.receiver
      if let y = call[1, "other"]?.tensor { return .tensor(x.add(y, alpha: alpha)) }
      return .tensor(x.add(try call.required(call.scalar(1, "other"), "other"), alpha: alpha))
    },
    "sub": { call in
      guard let alpha = try call.scalar(2, "alpha") else { return try difference(call) }
      let x = try call.receiver
      if let y = call[1, "other"]?.tensor { return .tensor(x.sub(y, alpha: alpha)) }
      return .tensor(x.sub(try call.required(call.scalar(1, "other"), "other"), alpha: alpha))
    },
    "mul": infix(*, *, *, *, *),
    "div": { call in
      switch try call.string(2, "rounding_mode") {
      case nil: return try quotient(call)
      case "trunc"?: return try rounded(call, .trunc)
      case "floor"?: return try rounded(call, .floor)
      case let mode?: throw Skip("rounding mode \(mode)")
      }
    },
    "floor_divide": binary(Tensor.floorDivide, { $0.floorDivide($1) }),
    "remainder": infix(%, %, %),
    "fmod": binary(Tensor.fmod, { $0.fmod($1) }),
    "pow": infix(**, **, **, **, **, withBool: { $0.pow($1) }),
    "float_power": binary(Tensor.floatPower, { $0.floatPower($1) }),
    "neg": { .tensor(-(try $0.receiver)) },
    "positive": { .tensor(+(try $0.receiver)) },
    "addcmul": { call in
      .tensor(
        try call.receiver.addcmul(
          call.tensor(1, "tensor1"), call.tensor(2, "tensor2"), value: call.scalar(3, "value") ?? .int(1)))
    },
    "addcdiv": { call in
      .tensor(
        try call.receiver.addcdiv(
          call.tensor(1, "tensor1"), call.tensor(2, "tensor2"), value: call.scalar(3, "value") ?? .int(1)))
    },
    "lerp": { call in
      let (x, end) = (try call.receiver, try call.tensor(1, "end"))
      if let weight = call[2, "weight"]?.tensor { return .tensor(x.lerp(end, weight: weight)) }
      return .tensor(x.lerp(end, weight: try call.required(call.scalar(2, "weight"), "weight")))
    },
    "gcd": binary(Tensor.gcd),
    "lcm": binary(Tensor.lcm),
    "eq": infix(.==, .==, .==),
    "ne": infix(.!=, .!=, .!=),
    "lt": infix(.<, .<, .<),
    "le": infix(.<=, .<=, .<=),
    "gt": infix(.>, .>, .>),
    "ge": infix(.>=, .>=, .>=),
    "bitwise_and": bits(.&, .&),
    "bitwise_or": bits(.|, .|),
    "bitwise_xor": bits(.^, .^),
    "bitwise_left_shift": bits(<<, <<, <<),
    "bitwise_right_shift": bits(>>, >>, >>),
    "bitwise_not": { .tensor(.!(try $0.receiver)) },
    "__radd__": reflected("add"),
    "__rand__": reflected("bitwise_and"),
    "__rdiv__": reflected("div"),
    "__rmatmul__": reflected("matmul"),
    "__rmod__": reflected("remainder"),
    "__rmul__": reflected("mul"),
    "__ror__": reflected("bitwise_or"),
    "__rpow__": reflected("pow"),
    "__rsub__": reflected("sub"),
    "__rxor__": reflected("bitwise_xor"),
    "rsub": { call in
      let (x, alpha) = (try call.receiver, try call.scalar(2, "alpha") ?? .int(1))
      if let y = call[1, "other"]?.tensor { return .tensor(x.rsub(y, alpha: alpha)) }
      return .tensor(x.rsub(try call.required(call.scalar(1, "other"), "other"), alpha: alpha))
    },
    "true_divide": quotient,
    "logical_and": binary(Tensor.logicalAnd),
    "logical_or": binary(Tensor.logicalOr),
    "logical_xor": binary(Tensor.logicalXor),
    "logical_not": unary(Tensor.logicalNot),
    "add_": compound(+=, +=, +=),
    "iadd": compound(+=, +=, +=),
    "sub_": compound(-=, -=, -=),
    "isub": compound(-=, -=, -=),
    "mul_": compound(*=, *=, *=),
    "imul": compound(*=, *=, *=),
    "div_": compound(/=, /=, /=),
    "itruediv": compound(/=, /=, /=),
  ]

  private static let sum = infix(+, +, +, +, +)
  private static let difference = infix(-, -, -, -, -)
  private static let quotient = infix(/, /, /, /, /)

  /// An operator of integers: between tensors, with a number on the right, and with one on the left.
  private static func bits(
    _ tensors: @escaping @Sendable (Tensor, Tensor) -> Tensor, _ withInt: @escaping @Sendable (Tensor, Int) -> Tensor,
    _ ofInt: (@Sendable (Int, Tensor) -> Tensor)? = nil
  ) -> Operation {
    { call in
      switch (call[0, "input"], call[1, "other"]) {
      case (.tensor(let x)?, .tensor(let y)?): return .tensor(tensors(x.tensor, y.tensor))
      case (.tensor(let x)?, .bool(let y)?): return .tensor(tensors(x.tensor, Tensor(y)))
      case (.tensor(let x)?, .int(let y)?): return .tensor(withInt(x.tensor, Int(y)))
      case (.int(let x)?, .tensor(let y)?):
        guard let ofInt else { return .tensor(withInt(y.tensor, Int(x))) }
        return .tensor(ofInt(Int(x), y.tensor))
      default: throw Unfit("operation \(call.operation) of other than tensors and integers")
      }
    }
  }

  /// An operator whose left operand comes second.
  private static func reflected(_ operation: String) -> Operation {
    { call in
      _ = try call.receiver
      guard call.arguments.count == 2 else { throw Unfit("operation \(call.operation) of \(call.arguments.count) operands") }
      return try perform(Call(operation: operation, isMethod: true, arguments: call.arguments.reversed()))
    }
  }

  private static func rounded(_ call: Call, _ mode: RoundingMode) throws -> Value {
    let x = try call.receiver
    if let y = call[1, "other"]?.tensor { return .tensor(x.div(y, roundingMode: mode)) }
    return .tensor(x.div(try call.required(call.scalar(1, "other"), "other"), roundingMode: mode))
  }

  static let elementwise: [String: Operation] = [
    "abs": unary(Tensor.abs),
    "acos": unary(Tensor.acos),
    "acosh": unary(Tensor.acosh),
    "angle": unary(Tensor.angle),
    "asin": unary(Tensor.asin),
    "asinh": unary(Tensor.asinh),
    "atan": unary(Tensor.atan),
    "atan2": binary(Tensor.atan2),
    "atanh": unary(Tensor.atanh),
    "ceil": unary(Tensor.ceil),
    "clamp": clamp,
    "clip": clamp,
    "clamp_max": { call in
      if let bound = call[1, "max"]?.tensor { return .tensor(try call.receiver.clamp(max: bound)) }
      return .tensor(try call.receiver.clamp(max: call.required(call.scalar(1, "max"), "max")))
    },
    "clamp_min": { call in
      if let bound = call[1, "min"]?.tensor { return .tensor(try call.receiver.clamp(min: bound)) }
      return .tensor(try call.receiver.clamp(min: call.required(call.scalar(1, "min"), "min")))
    },
    "conj_physical": unary(Tensor.conjPhysical),
    "copysign": binary(Tensor.copysign, { $0.copysign($1) }),
    "cos": unary(Tensor.cos),
    "cosh": unary(Tensor.cosh),
    "deg2rad": unary(Tensor.deg2rad),
    "digamma": unary(Tensor.digamma),
    "erf": unary(Tensor.erf),
    "erfc": unary(Tensor.erfc),
    "erfinv": unary(Tensor.erfinv),
    "exp": unary(Tensor.exp),
    "exp2": unary(Tensor.exp2),
    "expm1": unary(Tensor.expm1),
    "floor": unary(Tensor.floor),
    "fmax": binary(Tensor.fmax),
    "fmin": binary(Tensor.fmin),
    "frac": unary(Tensor.frac),
    "frexp": { call in
      let (mantissa, exponent) = try call.receiver.frexp()
      return .tensors([mantissa, exponent])
    },
    "heaviside": binary(Tensor.heaviside),
    "hypot": binary(Tensor.hypot),
    "i0": unary(Tensor.i0),
    "allclose": { call in
      .bool(
        try call.receiver.allClose(
          call.tensor(1, "other"), rtol: call.double(2, "rtol") ?? 1e-5, atol: call.double(3, "atol") ?? 1e-8,
          equalNaN: call.bool(4, "equal_nan") ?? false))
    },
    "equal": { .bool(try $0.receiver == $0.tensor(1, "other")) },
    "isclose": { call in
      .tensor(
        try call.receiver.isClose(
          call.tensor(1, "other"), rtol: call.double(2, "rtol") ?? 1e-5, atol: call.double(3, "atol") ?? 1e-8,
          equalNaN: call.bool(4, "equal_nan") ?? false))
    },
    "isfinite": unary(Tensor.isFinite),
    "isinf": unary(Tensor.isInf),
    "isnan": unary(Tensor.isNaN),
    "isneginf": unary(Tensor.isNegInf),
    "isposinf": unary(Tensor.isPosInf),
    "isreal": unary(Tensor.isReal),
    "ldexp": binary(Tensor.ldexp),
    "lgamma": unary(Tensor.lgamma),
    "log": unary(Tensor.log),
    "log10": unary(Tensor.log10),
    "log1p": unary(Tensor.log1p),
    "log2": unary(Tensor.log2),
    "logaddexp": binary(Tensor.logaddexp),
    "logaddexp2": binary(Tensor.logaddexp2),
    "logit": { .tensor(try $0.receiver.logit(eps: $0.double(1, "eps"))) },
    "maximum": binary(Tensor.maximum),
    "minimum": binary(Tensor.minimum),
    "nan_to_num": { call in
      .tensor(
        try call.receiver.nanToNum(
          nan: call.double(1, "nan") ?? 0, posInf: call.double(2, "posinf"), negInf: call.double(3, "neginf")))
    },
    "nextafter": binary(Tensor.nextafter),
    "rad2deg": unary(Tensor.rad2deg),
    "reciprocal": unary(Tensor.reciprocal),
    "round": { call in
      guard let decimals = try call.int(1, "decimals") else { return .tensor(try call.receiver.round()) }
      return .tensor(try call.receiver.round(decimals: decimals))
    },
    "rsqrt": unary(Tensor.rsqrt),
    "sgn": unary(Tensor.sgn),
    "sigmoid": unary(Tensor.sigmoid),
    "sign": unary(Tensor.sign),
    "signbit": unary(Tensor.signBit),
    "sin": unary(Tensor.sin),
    "sinc": unary(Tensor.sinc),
    "sinh": unary(Tensor.sinh),
    "sqrt": unary(Tensor.sqrt),
    "square": unary(Tensor.square),
    "tan": unary(Tensor.tan),
    "tanh": unary(Tensor.tanh),
    "trunc": unary(Tensor.trunc),
    "xlogy": binary(Tensor.xlogy, { $0.xlogy($1) }),
  ]

  private static let clamp: Operation = { call in
    let x = try call.receiver
    let (low, high) = (call.given(1, "min"), call.given(2, "max"))
    if low?.tensor != nil || high?.tensor != nil {
      return .tensor(x.clamp(min: try call.optionalTensor(1, "min"), max: try call.optionalTensor(2, "max")))
    }
    return .tensor(x.clamp(min: try call.scalar(1, "min"), max: try call.scalar(2, "max")))
  }

  static let activations: [String: Operation] = [
    "celu": { .tensor(try $0.receiver.celu(alpha: $0.double(1, "alpha") ?? 1)) },
    "elu": { .tensor(try $0.receiver.elu(alpha: $0.double(1, "alpha") ?? 1)) },
    "gelu": { call in
      switch try call.string(1, "approximate") ?? "none" {
      case "none": .tensor(try call.receiver.gelu())
      case "tanh": .tensor(try call.receiver.gelu(approximate: .tanh))
      case let name: throw Skip("gelu by \(name)")
      }
    },
    "hardshrink": { .tensor(try $0.receiver.hardshrink(lambda: $0.double(1, "lambd") ?? 0.5)) },
    "hardsigmoid": unary(Tensor.hardsigmoid),
    "hardswish": unary(Tensor.hardswish),
    "hardtanh": { call in
      .tensor(try call.receiver.hardtanh(min: call.double(1, "min_val") ?? -1, max: call.double(2, "max_val") ?? 1))
    },
    "leaky_relu": { .tensor(try $0.receiver.leakyRelu(negativeSlope: $0.double(1, "negative_slope") ?? 0.01)) },
    "logsigmoid": unary(Tensor.logSigmoid),
    "log_softmax": { call in
      .tensor(try call.receiver.logSoftmax(dim: call.required(call.int(1, "dim"), "dim"), dtype: call.dtype(2)))
    },
    "mish": unary(Tensor.mish),
    "relu": unary(Tensor.relu),
    "relu6": unary(Tensor.relu6),
    "selu": unary(Tensor.selu),
    "silu": unary(Tensor.silu),
    "softmax": { call in
      .tensor(try call.receiver.softmax(dim: call.required(call.int(1, "dim"), "dim"), dtype: call.dtype(2)))
    },
    "softmin": { call in
      .tensor(try call.receiver.softmin(dim: call.required(call.int(1, "dim"), "dim"), dtype: call.dtype(2)))
    },
    "softplus": { call in
      .tensor(try call.receiver.softplus(beta: call.double(1, "beta") ?? 1, threshold: call.double(2, "threshold") ?? 20))
    },
    "softshrink": { .tensor(try $0.receiver.softshrink(lambda: $0.double(1, "lambd") ?? 0.5)) },
    "softsign": unary(Tensor.softsign),
    "tanhshrink": unary(Tensor.tanhshrink),
    "threshold": { call in
      .tensor(
        try call.receiver.threshold(
          call.required(call.double(1, "threshold"), "threshold"), call.required(call.double(2, "value"), "value")))
    },
  ]
}

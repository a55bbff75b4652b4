import Autograd
import Devices

/// The operations under PyTorch's names, as golden programs call them.
///
/// The rows are written one by one: a dictionary literal of this length takes the type checker too long.
enum OperationTable {
  typealias Call = @Sendable (Arguments) throws -> [Tensor]

  static let all: [String: Call] = {
    var table: [String: Call] = [:]
    addUnary(to: &table)
    addBinary(to: &table)
    addActivations(to: &table)
    addSelections(to: &table)
    addReductions(to: &table)
    addNorms(to: &table)
    addOrders(to: &table)
    addShapes(to: &table)
    return table
  }()

  static func call(_ name: String, _ arguments: Arguments) throws -> [Tensor] {
    // A number on the left of a tensor.
    if arguments.scalar(0, "input") != nil, let mirrored = all["r" + name] {
      return try mirrored(Arguments(arguments.positional.reversed(), arguments.named))
    }
    guard let call = all[name] else { throw Unsupported(description: name) }
    return try call(arguments)
  }

  private static func unary(_ operation: @escaping @Sendable (Tensor) -> Tensor) -> Call {
    { a in [operation(try a.x())] }
  }

  /// An operation of two tensors, or of a tensor and a number.
  private static func pair(
    _ operation: @escaping @Sendable (Tensor, Tensor) -> Tensor, _ byNumber: (@Sendable (Tensor, Scalar) -> Tensor)? = nil
  ) -> Call {
    { a in
      guard let number = a.scalar(1, "other") ?? a.scalar(1, "exponent") else {
        return [operation(try a.x(), try a.x(1, "other"))]
      }
      guard let byNumber else { throw Unsupported(description: "by a number") }
      return [byNumber(try a.x(), number)]
    }
  }

  // MARK: One operand

  private static func addUnary(to table: inout [String: Call]) {
    table["abs"] = unary { $0.abs() }
    table["neg"] = unary { -$0 }
    table["positive"] = unary { +$0 }
    table["sign"] = unary { $0.sign() }
    table["sgn"] = unary { $0.sgn() }
    table["reciprocal"] = unary { $0.reciprocal() }
    table["square"] = unary { $0.square() }
    table["sqrt"] = unary { $0.sqrt() }
    table["rsqrt"] = unary { $0.rsqrt() }
    table["exp"] = unary { $0.exp() }
    table["exp2"] = unary { $0.exp2() }
    table["expm1"] = unary { $0.expm1() }
    table["log"] = unary { $0.log() }
    table["log2"] = unary { $0.log2() }
    table["log10"] = unary { $0.log10() }
    table["log1p"] = unary { $0.log1p() }
    table["sigmoid"] = unary { $0.sigmoid() }
    table["sin"] = unary { $0.sin() }
    table["cos"] = unary { $0.cos() }
    table["tan"] = unary { $0.tan() }
    table["asin"] = unary { $0.asin() }
    table["acos"] = unary { $0.acos() }
    table["atan"] = unary { $0.atan() }
    table["sinh"] = unary { $0.sinh() }
    table["cosh"] = unary { $0.cosh() }
    table["tanh"] = unary { $0.tanh() }
    table["asinh"] = unary { $0.asinh() }
    table["acosh"] = unary { $0.acosh() }
    table["atanh"] = unary { $0.atanh() }
    table["deg2rad"] = unary { $0.deg2rad() }
    table["rad2deg"] = unary { $0.rad2deg() }
    table["angle"] = unary { $0.angle() }
    table["floor"] = unary { $0.floor() }
    table["ceil"] = unary { $0.ceil() }
    table["trunc"] = unary { $0.trunc() }
    table["frac"] = unary { $0.frac() }
    table["erf"] = unary { $0.erf() }
    table["erfc"] = unary { $0.erfc() }
    table["erfinv"] = unary { $0.erfinv() }
    table["lgamma"] = unary { $0.lgamma() }
    table["digamma"] = unary { $0.digamma() }
    table["i0"] = unary { $0.i0() }
    table["sinc"] = unary { $0.sinc() }
    table["special.i1"] = unary { $0.i1() }
    table["isnan"] = unary { $0.isNaN() }
    table["isinf"] = unary { $0.isInf() }
    table["isposinf"] = unary { $0.isPosInf() }
    table["isneginf"] = unary { $0.isNegInf() }
    table["isfinite"] = unary { $0.isFinite() }
    table["signbit"] = unary { $0.signBit() }
    table["logical_not"] = unary { $0.logicalNot() }
    table["bitwise_not"] = unary { .!$0 }
    table["round"] = { a in [try a.int(1, "decimals").map { try a.x().round(decimals: $0) } ?? a.x().round()] }
    table["logit"] = { a in [try a.x().logit(eps: a.double(1, "eps"))] }
    table["nan_to_num"] = { a in
      [try a.x().nanToNum(nan: a.double(1, "nan") ?? 0, posInf: a.double(2, "posinf"), negInf: a.double(3, "neginf"))]
    }
  }

  // MARK: Two operands

  private static func addBinary(to table: inout [String: Call]) {
    table["mul"] = pair({ $0 * $1 }, { $0.number($1, { $0 * $1 }, { $0 * $1 }) })
    table["true_div"] = pair({ $0 / $1 }, { $0.number($1, { $0 / $1 }, { $0 / $1 }) })
    table["true_divide"] = pair({ $0 / $1 }, { $0.number($1, { $0 / $1 }, { $0 / $1 }) })
    table["floor_divide"] = pair({ $0.floorDivide($1) }, { $0.floorDivide($1) })
    table["remainder"] = pair({ $0 % $1 }, { $0.remainder($1) })
    table["fmod"] = pair({ $0.fmod($1) }, { $0.fmod($1) })
    table["pow"] = pair({ $0 ** $1 }, { $0.pow($1) })
    table["float_power"] = pair({ $0.floatPower($1) }, { $0.floatPower($1) })
    table["eq"] = pair({ $0 .== $1 }, { $0.number($1, { $0 .== $1 }, { $0 .== $1 }) })
    table["ne"] = pair({ $0 .!= $1 }, { $0.number($1, { $0 .!= $1 }, { $0 .!= $1 }) })
    table["lt"] = pair({ $0 .< $1 }, { $0.number($1, { $0 .< $1 }, { $0 .< $1 }) })
    table["le"] = pair({ $0 .<= $1 }, { $0.number($1, { $0 .<= $1 }, { $0 .<= $1 }) })
    table["gt"] = pair({ $0 .> $1 }, { $0.number($1, { $0 .> $1 }, { $0 .> $1 }) })
    table["ge"] = pair({ $0 .>= $1 }, { $0.number($1, { $0 .>= $1 }, { $0 .>= $1 }) })
    table["maximum"] = pair({ $0.maximum($1) })
    table["minimum"] = pair({ $0.minimum($1) })
    table["fmax"] = pair({ $0.fmax($1) })
    table["fmin"] = pair({ $0.fmin($1) })
    table["atan2"] = pair({ $0.atan2($1) })
    table["hypot"] = pair({ $0.hypot($1) })
    table["copysign"] = pair({ $0.copysign($1) }, { $0.copysign($1) })
    table["nextafter"] = pair({ $0.nextafter($1) })
    table["gcd"] = pair({ $0.gcd($1) })
    table["lcm"] = pair({ $0.lcm($1) })
    table["ldexp"] = pair({ $0.ldexp($1) })
    table["logaddexp"] = pair({ $0.logaddexp($1) })
    table["logaddexp2"] = pair({ $0.logaddexp2($1) })
    table["xlogy"] = pair({ $0.xlogy($1) }, { $0.xlogy($1) })
    table["heaviside"] = pair({ $0.heaviside($1) })
    table["bitwise_and"] = pair({ $0 .& $1 }, { $0 .& Int($1.intValue) })
    table["bitwise_or"] = pair({ $0 .| $1 }, { $0 .| Int($1.intValue) })
    table["bitwise_xor"] = pair({ $0 .^ $1 }, { $0 .^ Int($1.intValue) })
    table["bitwise_left_shift"] = pair({ $0 << $1 }, { $0 << Int($1.intValue) })
    table["bitwise_right_shift"] = pair({ $0 >> $1 }, { $0 >> Int($1.intValue) })
    table["logical_and"] = pair({ $0.logicalAnd($1) })
    table["logical_or"] = pair({ $0.logicalOr($1) })
    table["logical_xor"] = pair({ $0.logicalXor($1) })
    table["rdiv"] = pair({ $1 / $0 }, { $0.number($1, { $1 / $0 }, { $1 / $0 }) })
    table["rpow"] = pair({ $1 ** $0 }, { $0.number($1, { $1 ** $0 }, { $1 ** $0 }) })
    table["add"] = { a in
      if let alpha = a.scalar(2, "alpha") {
        return [try a.scalar(1, "other").map { try a.x().add($0, alpha: alpha) } ?? a.x().add(a.x(1, "other"), alpha: alpha)]
      }
      if let number = a.scalar(1, "other") { return [try a.x().number(number, { $0 + $1 }, { $0 + $1 })] }
      return [try a.x() + a.x(1, "other")]
    }
    table["sub"] = { a in
      if let alpha = a.scalar(2, "alpha") {
        return [try a.scalar(1, "other").map { try a.x().sub($0, alpha: alpha) } ?? a.x().sub(a.x(1, "other"), alpha: alpha)]
      }
      if let number = a.scalar(1, "other") { return [try a.x().number(number, { $0 - $1 }, { $0 - $1 })] }
      return [try a.x() - a.x(1, "other")]
    }
    table["rsub"] = { a in
      if let alpha = a.scalar(2, "alpha") { return [try a.x(1, "other").sub(a.x(), alpha: alpha)] }
      if let number = a.scalar(1, "other") { return [try a.x().number(number, { $1 - $0 }, { $1 - $0 })] }
      return [try a.x(1, "other") - a.x()]
    }
    table["div"] = { a in
      guard let mode = a.string(2, "rounding_mode") else { return try call("true_div", a) }
      let rounding = mode == "floor" ? RoundingMode.floor : .trunc
      if let number = a.scalar(1, "other") { return [try a.x().div(number, roundingMode: rounding)] }
      return [try a.x().div(a.x(1, "other"), roundingMode: rounding)]
    }
    table["addcmul"] = { a in
      [try a.x().addcmul(a.x(1, "tensor1"), a.x(2, "tensor2"), value: a.scalar(3, "value") ?? .int(1))]
    }
    table["addcdiv"] = { a in
      [try a.x().addcdiv(a.x(1, "tensor1"), a.x(2, "tensor2"), value: a.scalar(3, "value") ?? .int(1))]
    }
    table["lerp"] = { a in
      if let weight = a.scalar(2, "weight") { return [try a.x().lerp(a.x(1, "end"), weight: weight)] }
      return [try a.x().lerp(a.x(1, "end"), weight: a.x(2, "weight"))]
    }
    table["isclose"] = { a in
      [
        try a.x().isClose(
          a.x(1, "other"), rtol: a.double(2, "rtol") ?? 1e-5, atol: a.double(3, "atol") ?? 1e-8, equalNaN: a.bool(4, "equal_nan"))
      ]
    }
    table["allclose"] = { a in
      let isClose = try a.x().allClose(
        a.x(1, "other"), rtol: a.double(2, "rtol") ?? 1e-5, atol: a.double(3, "atol") ?? 1e-8, equalNaN: a.bool(4, "equal_nan"))
      return [Tensor([isClose], shape: [])]
    }
    table["equal"] = { a in [Tensor([try a.x() == a.x(1, "other")], shape: [])] }
  }
}

extension Tensor {
  /// Calls the operator for the kind of number that it is.
  fileprivate func number(
    _ value: Scalar, _ ofInt: (Tensor, Int) -> Tensor, _ ofDouble: (Tensor, Double) -> Tensor
  ) -> Tensor {
    if case .double(let value) = value { return ofDouble(self, value) }
    return ofInt(self, Int(value.intValue))
  }
}

/// A value inside a kernel that is being written. Its operations are those of `Tensor`, under the same names.
public struct Expression {
  let builder: KernelBuilder
  let id: Int

  var kind: ElementwiseKernel.Kind { builder.kinds[id] }
}

extension Expression {
  public func callInstruction(_ opcode: Opcode, _ others: Expression...) -> Expression {
    builder.emit(opcode, [self] + others)
  }

  func unary(_ opcode: Opcode) -> Expression { builder.emit(opcode, [self]) }
  func binary(_ opcode: Opcode, _ other: Expression) -> Expression { builder.emit(opcode, [self, other]) }
  /// A constant of the program this value belongs to.
  public func constant(_ value: Double) -> Expression { builder.constant(.double(value)) }

  public static func + (a: Expression, b: Expression) -> Expression { a.binary(.add, b) }
  public static func - (a: Expression, b: Expression) -> Expression { a.binary(.sub, b) }
  public static func * (a: Expression, b: Expression) -> Expression { a.binary(.mul, b) }
  public static func / (a: Expression, b: Expression) -> Expression { a.binary(.div, b) }
  public static func + (a: Expression, b: Double) -> Expression { a + a.constant(b) }
  public static func - (a: Expression, b: Double) -> Expression { a - a.constant(b) }
  public static func * (a: Expression, b: Double) -> Expression { a * a.constant(b) }
  public static func / (a: Expression, b: Double) -> Expression { a / a.constant(b) }
  public static func + (a: Double, b: Expression) -> Expression { b.constant(a) + b }
  public static func - (a: Double, b: Expression) -> Expression { b.constant(a) - b }
  public static func * (a: Double, b: Expression) -> Expression { b.constant(a) * b }
  public static func / (a: Double, b: Expression) -> Expression { b.constant(a) / b }
  public static prefix func - (a: Expression) -> Expression { a.unary(.neg) }

  public func pow(_ exponent: Expression) -> Expression { binary(.pow, exponent) }
  public func pow(_ exponent: Double) -> Expression { binary(.pow, constant(exponent)) }
  public func minimum(_ other: Expression) -> Expression { binary(.minimum, other) }
  public func maximum(_ other: Expression) -> Expression { binary(.maximum, other) }
  public func minimum(_ other: Double) -> Expression { binary(.minimum, constant(other)) }
  public func maximum(_ other: Double) -> Expression { binary(.maximum, constant(other)) }

  public static func .< (a: Expression, b: Expression) -> Expression { a.binary(.lt, b) }
  public static func .<= (a: Expression, b: Expression) -> Expression { a.binary(.le, b) }
  public static func .> (a: Expression, b: Expression) -> Expression { a.binary(.gt, b) }
  public static func .>= (a: Expression, b: Expression) -> Expression { a.binary(.ge, b) }
  public static func .== (a: Expression, b: Expression) -> Expression { a.binary(.eq, b) }
  public static func .!= (a: Expression, b: Expression) -> Expression { a.binary(.ne, b) }
  public static func .< (a: Expression, b: Double) -> Expression { a .< a.constant(b) }
  public static func .<= (a: Expression, b: Double) -> Expression { a .<= a.constant(b) }
  public static func .> (a: Expression, b: Double) -> Expression { a .> a.constant(b) }
  public static func .>= (a: Expression, b: Double) -> Expression { a .>= a.constant(b) }
  public static func .== (a: Expression, b: Double) -> Expression { a .== a.constant(b) }
  public static func .!= (a: Expression, b: Double) -> Expression { a .!= a.constant(b) }
  public static func .& (a: Expression, b: Expression) -> Expression { a.binary(.bitAnd, b) }
  public static func .| (a: Expression, b: Expression) -> Expression { a.binary(.bitOr, b) }
  /// Negation of a boolean, complement of an integer.
  public static prefix func .! (a: Expression) -> Expression { a.unary(.bitNot) }

  /// This boolean chooses between two values, element by element.
  public func select(_ whenTrue: Expression, _ whenFalse: Expression) -> Expression {
    builder.emit(.select, [self, whenTrue, whenFalse])
  }
  public func select(_ whenTrue: Expression, _ whenFalse: Double) -> Expression { select(whenTrue, constant(whenFalse)) }
  public func select(_ whenTrue: Double, _ whenFalse: Expression) -> Expression { select(constant(whenTrue), whenFalse) }
  public func select(_ whenTrue: Double, _ whenFalse: Double) -> Expression {
    select(constant(whenTrue), constant(whenFalse))
  }

  public func abs() -> Expression { unary(.abs) }
  public func sign() -> Expression { unary(.sign) }
  public func reciprocal() -> Expression { unary(.reciprocal) }
  public func floor() -> Expression { unary(.floor) }
  public func ceil() -> Expression { unary(.ceil) }
  public func round() -> Expression { unary(.round) }
  public func trunc() -> Expression { unary(.trunc) }
  public func isNaN() -> Expression { unary(.isNaN) }
  public func sqrt() -> Expression { unary(.sqrt) }
  public func rsqrt() -> Expression { unary(.rsqrt) }
  public func exp() -> Expression { unary(.exp) }
  public func exp2() -> Expression { unary(.exp2) }
  public func expm1() -> Expression { unary(.expm1) }
  public func log() -> Expression { unary(.log) }
  public func log2() -> Expression { unary(.log2) }
  public func log10() -> Expression { unary(.log10) }
  public func log1p() -> Expression { unary(.log1p) }
  public func sigmoid() -> Expression { unary(.sigmoid) }
  public func softplus() -> Expression { unary(.softplus) }
  public func relu() -> Expression { unary(.relu) }
  public func silu() -> Expression { unary(.silu) }
  public func sinh() -> Expression { unary(.sinh) }
  public func cosh() -> Expression { unary(.cosh) }
  public func tanh() -> Expression { unary(.tanh) }
  public func asinh() -> Expression { unary(.asinh) }
  public func acosh() -> Expression { unary(.acosh) }
  public func atanh() -> Expression { unary(.atanh) }
  public func sin() -> Expression { unary(.sin) }
  public func cos() -> Expression { unary(.cos) }
  public func tan() -> Expression { unary(.tan) }
  public func asin() -> Expression { unary(.asin) }
  public func acos() -> Expression { unary(.acos) }
  public func atan() -> Expression { unary(.atan) }
  public func erf() -> Expression { unary(.erf) }
  public func erfc() -> Expression { unary(.erfc) }
}

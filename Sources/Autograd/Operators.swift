import Devices

precedencegroup ExponentiationPrecedence {
  higherThan: MultiplicationPrecedence
  associativity: right
}
infix operator ** : ExponentiationPrecedence
prefix operator .!

// Tensor with Tensor, Int and Double on either side, none generic: this is what keeps long formulas quick to type-check. Numbers of other
// types (`Float`, `Int32`, `Scalar`) have one generic, disfavoured overload a side, which is not tried where the others serve.

// MARK: - Arithmetic

extension Tensor {
  public static func + (x: Tensor, y: Tensor) -> Tensor { Operation.add(x, y) }
  public static func + (x: Tensor, y: Int) -> Tensor { Operation.add(x, y.scalar) }
  public static func + (x: Tensor, y: Double) -> Tensor { Operation.add(x, y.scalar) }
  public static func + (x: Int, y: Tensor) -> Tensor { Operation.add(y, x.scalar) }
  public static func + (x: Double, y: Tensor) -> Tensor { Operation.add(y, x.scalar) }

  /// Error for booleans: use `.^` or `.!`.
  public static func - (x: Tensor, y: Tensor) -> Tensor { Operation.sub(x, y) }
  public static func - (x: Tensor, y: Int) -> Tensor { Operation.sub(x, y.scalar) }
  public static func - (x: Tensor, y: Double) -> Tensor { Operation.sub(x, y.scalar) }
  public static func - (x: Int, y: Tensor) -> Tensor { Operation.rsub(x.scalar, y) }
  public static func - (x: Double, y: Tensor) -> Tensor { Operation.rsub(x.scalar, y) }

  public static func * (x: Tensor, y: Tensor) -> Tensor { Operation.mul(x, y) }
  public static func * (x: Tensor, y: Int) -> Tensor { Operation.mul(x, y.scalar) }
  public static func * (x: Tensor, y: Double) -> Tensor { Operation.mul(x, y.scalar) }
  public static func * (x: Int, y: Tensor) -> Tensor { Operation.mul(y, x.scalar) }
  public static func * (x: Double, y: Tensor) -> Tensor { Operation.mul(y, x.scalar) }

  /// True division: integers give the default dtype.
  public static func / (x: Tensor, y: Tensor) -> Tensor { Operation.div(x, y) }
  public static func / (x: Tensor, y: Int) -> Tensor { Operation.div(x, y.scalar) }
  public static func / (x: Tensor, y: Double) -> Tensor { Operation.div(x, y.scalar) }
  public static func / (x: Int, y: Tensor) -> Tensor { y.reciprocal() * x }
  public static func / (x: Double, y: Tensor) -> Tensor { y.reciprocal() * x }

  /// The remainder with the sign of the divisor, as Python's.
  public static func % (x: Tensor, y: Tensor) -> Tensor { x.remainder(y) }
  public static func % (x: Tensor, y: Int) -> Tensor { x.remainder(y) }
  public static func % (x: Tensor, y: Double) -> Tensor { x.remainder(y) }

  public static func ** (x: Tensor, y: Tensor) -> Tensor { x.pow(y) }
  public static func ** (x: Tensor, y: Int) -> Tensor { x.pow(y) }
  public static func ** (x: Tensor, y: Double) -> Tensor { x.pow(y) }
  public static func ** (x: Int, y: Tensor) -> Tensor { Operation.powOfNumber(x.scalar, y) }
  public static func ** (x: Double, y: Tensor) -> Tensor { Operation.powOfNumber(x.scalar, y) }

  public static prefix func - (x: Tensor) -> Tensor { Operation.neg(x) }
}

// MARK: - Pointwise comparison, after Swift's SIMD types

extension Tensor {
  public static func .== (x: Tensor, y: Tensor) -> Tensor { Operation.eq(x, y) }
  public static func .== (x: Tensor, y: Int) -> Tensor { Operation.eq(x, y.scalar) }
  public static func .== (x: Tensor, y: Double) -> Tensor { Operation.eq(x, y.scalar) }
  public static func .!= (x: Tensor, y: Tensor) -> Tensor { Operation.ne(x, y) }
  public static func .!= (x: Tensor, y: Int) -> Tensor { Operation.ne(x, y.scalar) }
  public static func .!= (x: Tensor, y: Double) -> Tensor { Operation.ne(x, y.scalar) }
  public static func .< (x: Tensor, y: Tensor) -> Tensor { Operation.lt(x, y) }
  public static func .< (x: Tensor, y: Int) -> Tensor { Operation.lt(x, y.scalar) }
  public static func .< (x: Tensor, y: Double) -> Tensor { Operation.lt(x, y.scalar) }
  public static func .<= (x: Tensor, y: Tensor) -> Tensor { Operation.le(x, y) }
  public static func .<= (x: Tensor, y: Int) -> Tensor { Operation.le(x, y.scalar) }
  public static func .<= (x: Tensor, y: Double) -> Tensor { Operation.le(x, y.scalar) }
  public static func .> (x: Tensor, y: Tensor) -> Tensor { Operation.gt(x, y) }
  public static func .> (x: Tensor, y: Int) -> Tensor { Operation.gt(x, y.scalar) }
  public static func .> (x: Tensor, y: Double) -> Tensor { Operation.gt(x, y.scalar) }
  public static func .>= (x: Tensor, y: Tensor) -> Tensor { Operation.ge(x, y) }
  public static func .>= (x: Tensor, y: Int) -> Tensor { Operation.ge(x, y.scalar) }
  public static func .>= (x: Tensor, y: Double) -> Tensor { Operation.ge(x, y.scalar) }
}

// MARK: - In place

extension Tensor {
  public static func += (x: inout Tensor, y: Tensor) { Operation.add.assign(to: &x, y.argument) }
  public static func += (x: inout Tensor, y: Int) { Operation.add.assign(to: &x, y.argument) }
  public static func += (x: inout Tensor, y: Double) { Operation.add.assign(to: &x, y.argument) }
  public static func -= (x: inout Tensor, y: Tensor) { Operation.sub.assign(to: &x, y.argument) }
  public static func -= (x: inout Tensor, y: Int) { Operation.sub.assign(to: &x, y.argument) }
  public static func -= (x: inout Tensor, y: Double) { Operation.sub.assign(to: &x, y.argument) }
  public static func *= (x: inout Tensor, y: Tensor) { Operation.mul.assign(to: &x, y.argument) }
  public static func *= (x: inout Tensor, y: Int) { Operation.mul.assign(to: &x, y.argument) }
  public static func *= (x: inout Tensor, y: Double) { Operation.mul.assign(to: &x, y.argument) }
  public static func /= (x: inout Tensor, y: Tensor) { Operation.div.assign(to: &x, y.argument) }
  public static func /= (x: inout Tensor, y: Int) { Operation.div.assign(to: &x, y.argument) }
  public static func /= (x: inout Tensor, y: Double) { Operation.div.assign(to: &x, y.argument) }
}

// MARK: - Numbers of other types

extension Tensor {
  @_disfavoredOverload
  public static func + (x: Tensor, y: some NumberOperand) -> Tensor { Operation.add(x, y.operandScalar) }
  @_disfavoredOverload
  public static func + (x: some NumberOperand, y: Tensor) -> Tensor { Operation.add(y, x.operandScalar) }
  @_disfavoredOverload
  public static func - (x: Tensor, y: some NumberOperand) -> Tensor { Operation.sub(x, y.operandScalar) }
  @_disfavoredOverload
  public static func - (x: some NumberOperand, y: Tensor) -> Tensor { Operation.rsub(x.operandScalar, y) }
  @_disfavoredOverload
  public static func * (x: Tensor, y: some NumberOperand) -> Tensor { Operation.mul(x, y.operandScalar) }
  @_disfavoredOverload
  public static func * (x: some NumberOperand, y: Tensor) -> Tensor { Operation.mul(y, x.operandScalar) }
  @_disfavoredOverload
  public static func / (x: Tensor, y: some NumberOperand) -> Tensor { Operation.div(x, y.operandScalar) }
  @_disfavoredOverload
  public static func / (x: some NumberOperand, y: Tensor) -> Tensor { Operation.mul(y.reciprocal(), x.operandScalar) }
  @_disfavoredOverload
  public static func % (x: Tensor, y: some NumberOperand) -> Tensor { x.remainder(y.operandScalar) }
  @_disfavoredOverload
  public static func ** (x: Tensor, y: some NumberOperand) -> Tensor { x.pow(y.operandScalar) }
  @_disfavoredOverload
  public static func ** (x: some NumberOperand, y: Tensor) -> Tensor { Operation.powOfNumber(x.operandScalar, y) }

  @_disfavoredOverload
  public static func .== (x: Tensor, y: some NumberOperand) -> Tensor { Operation.eq(x, y.operandScalar) }
  @_disfavoredOverload
  public static func .!= (x: Tensor, y: some NumberOperand) -> Tensor { Operation.ne(x, y.operandScalar) }
  @_disfavoredOverload
  public static func .< (x: Tensor, y: some NumberOperand) -> Tensor { Operation.lt(x, y.operandScalar) }
  @_disfavoredOverload
  public static func .<= (x: Tensor, y: some NumberOperand) -> Tensor { Operation.le(x, y.operandScalar) }
  @_disfavoredOverload
  public static func .> (x: Tensor, y: some NumberOperand) -> Tensor { Operation.gt(x, y.operandScalar) }
  @_disfavoredOverload
  public static func .>= (x: Tensor, y: some NumberOperand) -> Tensor { Operation.ge(x, y.operandScalar) }

  @_disfavoredOverload
  public static func += (x: inout Tensor, y: some NumberOperand) { Operation.add.assign(to: &x, y.operandScalar.argument) }
  @_disfavoredOverload
  public static func -= (x: inout Tensor, y: some NumberOperand) { Operation.sub.assign(to: &x, y.operandScalar.argument) }
  @_disfavoredOverload
  public static func *= (x: inout Tensor, y: some NumberOperand) { Operation.mul.assign(to: &x, y.operandScalar.argument) }
  @_disfavoredOverload
  public static func /= (x: inout Tensor, y: some NumberOperand) { Operation.div.assign(to: &x, y.operandScalar.argument) }
}

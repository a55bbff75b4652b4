import Autograd
import Devices

// A module of its own, because its operators are generic: wherever they can be seen, the type checker has to think of them at every
// operator of every formula, and a formula with a mistake takes many times as long to be answered.

/// What plain numbers and tensors have in common, so that one function serves both:
///
///     import Fluxion
///     import GenericFormulas
///
///     func f<Number: ScalarOrTensor>(_ x: Number) -> Number { 3 * x ** 2 }
///     f(3.0)              // 27.0
///     f(Tensor(3.0))      // tensor(27.)
public protocol ScalarOrTensor: Sendable {
  static func + (x: Self, y: Self) -> Self
  static func - (x: Self, y: Self) -> Self
  static func * (x: Self, y: Self) -> Self
  static func / (x: Self, y: Self) -> Self
  static func ** (x: Self, exponent: Int) -> Self
  static func ** (x: Self, exponent: Double) -> Self
  static prefix func - (x: Self) -> Self

  /// A number written in the formula, and a value.
  static func combined(_ x: Scalar, _ operation: BinaryArithmetic, _ y: Self) -> Self
  /// A value, and a number written in the formula.
  static func combined(_ x: Self, _ operation: BinaryArithmetic, _ y: Scalar) -> Self
}

public enum BinaryArithmetic: Sendable {
  case add, subtract, multiply, divide
}

/// A number as it stands in a formula: made by literals alone, so that `n * x` of an `Int` and a `Double` remains the error that it is.
public struct NumberLiteral: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, Sendable {
  let scalar: Scalar

  public init(integerLiteral value: Int64) { scalar = .int(value) }
  public init(floatLiteral value: Double) { scalar = .double(value) }
}

// Disfavoured: they are for generic functions; where the type is known its own operators serve.

extension ScalarOrTensor {
  @_disfavoredOverload
  public static func + (x: NumberLiteral, y: Self) -> Self { combined(x.scalar, .add, y) }
  @_disfavoredOverload
  public static func - (x: NumberLiteral, y: Self) -> Self { combined(x.scalar, .subtract, y) }
  @_disfavoredOverload
  public static func * (x: NumberLiteral, y: Self) -> Self { combined(x.scalar, .multiply, y) }
  @_disfavoredOverload
  public static func / (x: NumberLiteral, y: Self) -> Self { combined(x.scalar, .divide, y) }
  @_disfavoredOverload
  public static func + (x: Self, y: NumberLiteral) -> Self { combined(x, .add, y.scalar) }
  @_disfavoredOverload
  public static func - (x: Self, y: NumberLiteral) -> Self { combined(x, .subtract, y.scalar) }
  @_disfavoredOverload
  public static func * (x: Self, y: NumberLiteral) -> Self { combined(x, .multiply, y.scalar) }
  @_disfavoredOverload
  public static func / (x: Self, y: NumberLiteral) -> Self { combined(x, .divide, y.scalar) }
}

extension ScalarOrTensor where Self: BinaryFloatingPoint {
  public static func combined(_ x: Scalar, _ operation: BinaryArithmetic, _ y: Self) -> Self {
    operation(Self(x.doubleValue), y)
  }
  public static func combined(_ x: Self, _ operation: BinaryArithmetic, _ y: Scalar) -> Self {
    operation(x, Self(y.doubleValue))
  }
}

extension BinaryArithmetic {
  fileprivate func callAsFunction<T: BinaryFloatingPoint>(_ x: T, _ y: T) -> T {
    switch self {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    }
  }
}

extension Double: ScalarOrTensor {}
extension Float: ScalarOrTensor {}

extension Tensor: ScalarOrTensor {
  public static func combined(_ x: Scalar, _ operation: BinaryArithmetic, _ y: Tensor) -> Tensor {
    switch operation {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    }
  }

  public static func combined(_ x: Tensor, _ operation: BinaryArithmetic, _ y: Scalar) -> Tensor {
    switch operation {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    }
  }
}

import Devices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What plain numbers and tensors have in common, so that one function serves both:
///
///     func f<Number: ScalarOrTensor>(_ x: Number) -> Number { 3 * x ** 2 }
///     f(3.0)              // 27.0
///     f(Tensor(3.0))      // tensor(27.)
public protocol ScalarOrTensor {
  static func + (x: Self, y: Self) -> Self
  static func - (x: Self, y: Self) -> Self
  static func * (x: Self, y: Self) -> Self
  static func / (x: Self, y: Self) -> Self
  static func ** (x: Self, exponent: Int) -> Self
  static func ** (x: Self, exponent: Double) -> Self
  static prefix func - (x: Self) -> Self

  /// The value as what it is.
  var numberOrTensor: NumberOrTensor { get }

  /// A number written in the formula, and a value.
  static func combined(_ x: Scalar, _ operation: BinaryArithmetic, _ y: Self) -> Self
  /// A value, and a number written in the formula.
  static func combined(_ x: Self, _ operation: BinaryArithmetic, _ y: Scalar) -> Self
}

/// One or the other.
public enum NumberOrTensor: Sendable {
  case number(Double)
  case tensor(Tensor)
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
  public var numberOrTensor: NumberOrTensor { .number(Double(self)) }

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

extension Double: ScalarOrTensor {
  public static func ** (x: Double, exponent: Int) -> Double { pow(x, Double(exponent)) }
  public static func ** (x: Double, exponent: Double) -> Double { pow(x, exponent) }
}

extension Float: ScalarOrTensor {
  public static func ** (x: Float, exponent: Int) -> Float { powf(x, Float(exponent)) }
  public static func ** (x: Float, exponent: Double) -> Float { powf(x, Float(exponent)) }
}

extension Tensor: ScalarOrTensor {
  public var numberOrTensor: NumberOrTensor { .tensor(self) }

  public static func combined(_ x: Scalar, _ operation: BinaryArithmetic, _ y: Tensor) -> Tensor {
    switch operation {
    case .add: Operation.add(y, x)
    case .subtract: Operation.rsub(x, y)
    case .multiply: Operation.mul(y, x)
    case .divide: Operation.mul(y.reciprocal(), x)
    }
  }

  public static func combined(_ x: Tensor, _ operation: BinaryArithmetic, _ y: Scalar) -> Tensor {
    switch operation {
    case .add: Operation.add(x, y)
    case .subtract: Operation.sub(x, y)
    case .multiply: Operation.mul(x, y)
    case .divide: Operation.div(x, y)
    }
  }
}

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
public protocol ScalarOrTensor: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  static func + (x: Self, y: Self) -> Self
  static func - (x: Self, y: Self) -> Self
  static func * (x: Self, y: Self) -> Self
  static func / (x: Self, y: Self) -> Self
  static func ** (x: Self, exponent: Int) -> Self
  static func ** (x: Self, exponent: Double) -> Self
  static prefix func - (x: Self) -> Self
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
  /// A 0-d int64 tensor.
  public init(integerLiteral value: Int64) { self.init(TensorLiteral(integerLiteral: value)) }
  /// A 0-d tensor of the default dtype.
  public init(floatLiteral value: Double) { self.init(TensorLiteral(floatLiteral: value)) }
}

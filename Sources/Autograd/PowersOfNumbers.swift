#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// `**` of plain numbers, as formulas have it beside that of tensors.

extension Double {
  public static func ** (x: Double, exponent: Int) -> Double { pow(x, Double(exponent)) }
  public static func ** (x: Double, exponent: Double) -> Double { pow(x, exponent) }
}

extension Float {
  public static func ** (x: Float, exponent: Int) -> Float { powf(x, Float(exponent)) }
  public static func ** (x: Float, exponent: Double) -> Float { powf(x, Float(exponent)) }
}

/// A Swift type that is the element of some dtype: `Float` of float32, `Bool` of bool.
public protocol Element: ScalarConvertible {
  static var dtype: DType { get }
  /// The value converted to this type as a tensor cast converts it.
  init(_ scalar: Scalar)
}

extension Bool: Element {
  public static var dtype: DType { .bool }
  public var scalar: Scalar { .bool(self) }
  public init(_ scalar: Scalar) { self = scalar.boolValue }
}

extension UInt8: Element {
  public static var dtype: DType { .uint8 }
  public var scalar: Scalar { .int(Int64(self)) }
  public init(_ scalar: Scalar) { self.init(truncatingIfNeeded: scalar.intValue) }
}

extension Int8: Element {
  public static var dtype: DType { .int8 }
  public var scalar: Scalar { .int(Int64(self)) }
  public init(_ scalar: Scalar) { self.init(truncatingIfNeeded: scalar.intValue) }
}

extension Int16: Element {
  public static var dtype: DType { .int16 }
  public var scalar: Scalar { .int(Int64(self)) }
  public init(_ scalar: Scalar) { self.init(truncatingIfNeeded: scalar.intValue) }
}

extension Int32: Element {
  public static var dtype: DType { .int32 }
  public var scalar: Scalar { .int(Int64(self)) }
  public init(_ scalar: Scalar) { self.init(truncatingIfNeeded: scalar.intValue) }
}

extension Int64: Element {
  public static var dtype: DType { .int64 }
  public var scalar: Scalar { .int(self) }
  public init(_ scalar: Scalar) { self = scalar.intValue }
}

extension Int: Element {
  public static var dtype: DType { .int64 }
  public var scalar: Scalar { .int(Int64(self)) }
  public init(_ scalar: Scalar) { self.init(scalar.intValue) }
}

extension Float: Element {
  public static var dtype: DType { .float32 }
  public var scalar: Scalar { .double(Double(self)) }
  public init(_ scalar: Scalar) {
    // By way of Double a large integer would be rounded twice.
    if case .int(let value) = scalar { self.init(value) } else { self.init(scalar.doubleValue) }
  }
}

extension Double: Element {
  public static var dtype: DType { .float64 }
  public var scalar: Scalar { .double(self) }
  public init(_ scalar: Scalar) { self = scalar.doubleValue }
}

/// IEEE 754 half precision by its bits: the same type on every platform, where `Swift.Float16` is missing on Intel Macs.
public struct Half: Element, Hashable {
  public var bitPattern: UInt16
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }
  public static var dtype: DType { .float16 }
}

/// The upper half of a float32: eight bits of exponent, seven of fraction.
public struct BFloat16: Element, Hashable {
  public var bitPattern: UInt16
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }
  public static var dtype: DType { .bfloat16 }
}

extension Half {
  public var scalar: Scalar { .double(Double(Float(self))) }
  public init(_ scalar: Scalar) { self.init(Float(scalar)) }

  /// Rounds to nearest, ties to even.
  public init(_ value: Float) {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      self.init(bitPattern: sign | 0x7E00)
    } else if magnitude >= 0x4780_0000 {  // 65536 and above, infinity included
      self.init(bitPattern: sign | 0x7C00)
    } else if magnitude < 0x3880_0000 {  // below the smallest normal half: let float addition round at 2^-24
      let rounded = Float(bitPattern: magnitude) + 0.5
      self.init(bitPattern: sign | UInt16(truncatingIfNeeded: rounded.bitPattern &- Float(0.5).bitPattern))
    } else {
      let odd = (magnitude >> 13) & 1
      let rounded = magnitude &+ 0xFFF &+ odd &- 0x3800_0000
      self.init(bitPattern: sign | UInt16(truncatingIfNeeded: rounded >> 13))
    }
  }
}

extension BFloat16 {
  public var scalar: Scalar { .double(Double(Float(self))) }
  public init(_ scalar: Scalar) { self.init(Float(scalar)) }

  /// Rounds to nearest, ties to even.
  public init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      self.init(bitPattern: 0x7FC0)
    } else {
      let odd = (bits >> 16) & 1
      self.init(bitPattern: UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ odd) >> 16))
    }
  }
}

extension Float {
  public init(_ half: Half) {
    let sign = UInt32(half.bitPattern & 0x8000) << 16
    let exponent = UInt32(half.bitPattern >> 10) & 0x1F
    let fraction = UInt32(half.bitPattern & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      self = sign == 0 ? magnitude : -magnitude
    case 31: self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self.init(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  public init(_ value: BFloat16) { self.init(bitPattern: UInt32(value.bitPattern) << 16) }
}

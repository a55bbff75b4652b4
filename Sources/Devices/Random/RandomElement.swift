/// How a drawn number becomes an element, by the conversions PyTorch's compiled code makes on x86-64.
protocol RandomElement {
  /// A sample computed in float64.
  init(sample: Double)
  /// A drawn integer.
  init(integer: Int64)
}

extension Double: RandomElement {
  init(sample: Double) { self = sample }
  init(integer: Int64) { self.init(integer) }
}

extension Float: RandomElement {
  init(sample: Double) { self.init(sample) }
  init(integer: Int64) { self.init(integer) }
}

/// The halves, which are computed in float32 and rounded once more.
protocol ReducedFloat: RandomElement {
  init(_ value: Float)
  static func widen(_ value: Self) -> Float
}

extension ReducedFloat {
  init(sample: Double) { self.init(Float(sample)) }
  init(integer: Int64) { self.init(Float(integer)) }
}

extension Half: ReducedFloat {
  static func widen(_ value: Half) -> Float { Float(value) }
}

extension BFloat16: ReducedFloat {
  static func widen(_ value: BFloat16) -> Float { Float(value) }
}

extension FixedWidthInteger {
  init(integer: Int64) { self.init(truncatingIfNeeded: integer) }
}

extension Int64: RandomElement {
  // What no Int64 holds becomes the smallest one.
  init(sample: Double) { self = Int64(exactly: sample.rounded(.towardZero)) ?? .min }
}

/// Integers that x86-64 converts from float64 through 32 bits: what those cannot hold becomes Int32.min, then is truncated.
protocol NarrowInteger: RandomElement, FixedWidthInteger {}

extension NarrowInteger {
  init(sample: Double) {
    self.init(truncatingIfNeeded: Int32(exactly: sample.rounded(.towardZero)) ?? .min)
  }
}

extension Int32: NarrowInteger {}
extension Int16: NarrowInteger {}
extension Int8: NarrowInteger {}
extension UInt8: NarrowInteger {}

extension Bool: RandomElement {
  init(sample: Double) { self = sample != 0 }
  init(integer: Int64) { self = integer != 0 }
}

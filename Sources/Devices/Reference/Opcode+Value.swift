// The value of every opcode, for one element.

extension Opcode {
  /// The value for operands that are elements of `dtype`, before it is rounded to the result's dtype; nil where the opcode has no
  /// meaning for the dtype. An opcode of fewer operands does not look at the others.
  func value(_ a: Scalar, _ b: Scalar, _ c: Scalar, in dtype: DType) -> Scalar? {
    if self == .select { return a.boolValue ? b : c }
    switch dtype {
    case .bool:
      return test(a.intValue, b.intValue).map(Scalar.bool) ?? logical(a.boolValue, b.boolValue).map(Scalar.bool)
    case .uint8, .int8, .int16, .int32, .int64:
      return test(a.intValue, b.intValue).map(Scalar.bool)
        ?? integer(a.intValue, b.intValue, bitCount: dtype.byteCount * 8).map(Scalar.int)
    case .float32, .float16, .bfloat16:
      return test(a.doubleValue, b.doubleValue).map(Scalar.bool)
        ?? stepwise(self, Float(a.doubleValue), Float(b.doubleValue)).map { .double(Double($0)) }
        ?? real(self, a.doubleValue, b.doubleValue).map(Scalar.double)
    case .float64:
      return test(a.doubleValue, b.doubleValue).map(Scalar.bool)
        ?? stepwise(self, a.doubleValue, b.doubleValue).map(Scalar.double)
        ?? real(self, a.doubleValue, b.doubleValue).map(Scalar.double)
    }
  }
}

// MARK: - Tests

extension Opcode {
  private func test(_ a: Int64, _ b: Int64) -> Bool? {
    switch self {
    case .isNaN: false
    case .signBit: a < 0
    default: comparison(a, b)
    }
  }

  private func test(_ a: Double, _ b: Double) -> Bool? {
    switch self {
    case .isNaN: a.isNaN
    case .signBit: a.sign == .minus
    default: comparison(a, b)
    }
  }

  private func comparison<T: Comparable>(_ a: T, _ b: T) -> Bool? {
    switch self {
    case .eq: a == b
    case .ne: a != b
    case .lt: a < b
    case .le: a <= b
    case .gt: a > b
    case .ge: a >= b
    default: nil
    }
  }
}

// MARK: - Booleans and integers

extension Opcode {
  private func logical(_ a: Bool, _ b: Bool) -> Bool? {
    switch self {
    case .add, .bitOr, .maximum, .fmax: a || b
    case .mul, .bitAnd, .minimum, .fmin: a && b
    case .bitXor: a != b
    case .bitNot: !a
    case .sign: a
    default: nil
    }
  }

  /// Exact up to 64 bits; the caller keeps as many as the dtype has. Dividing by zero gives zero, but the device refuses it first.
  private func integer(_ a: Int64, _ b: Int64, bitCount: Int) -> Int64? {
    switch self {
    case .add: return a &+ b
    case .sub: return a &- b
    case .mul: return a &* b
    case .div: return Self.quotient(a, b)
    case .fmod: return Self.rest(a, b)
    case .floorDivide:
      let isBelow = Self.rest(a, b) != 0 && (a < 0) != (b < 0)
      return Self.quotient(a, b) &- (isBelow ? 1 : 0)
    case .remainder:
      let rest = Self.rest(a, b)
      return rest != 0 && (a < 0) != (b < 0) ? rest + b : rest
    case .neg: return 0 &- a
    case .abs: return a < 0 ? 0 &- a : a
    case .relu: return a < 0 ? 0 : a
    case .sign: return a.signum()
    case .minimum, .fmin: return Swift.min(a, b)
    case .maximum, .fmax: return Swift.max(a, b)
    case .floor, .ceil, .round, .trunc: return a
    case .bitAnd: return a & b
    case .bitOr: return a | b
    case .bitXor: return a ^ b
    case .bitNot: return ~a
    // All bits are gone after as many places as there are; a count below zero counts as more.
    case .shiftLeft: return b >= 0 && b < bitCount ? a << b : 0
    case .shiftRight: return b >= 0 && b < bitCount ? a >> b : a >> 63
    case .gcd: return Int64(truncatingIfNeeded: Self.greatestDivisor(a.magnitude, b.magnitude))
    case .lcm:
      let divisor = Self.greatestDivisor(a.magnitude, b.magnitude)
      return divisor == 0 ? 0 : Int64(truncatingIfNeeded: a.magnitude / divisor &* b.magnitude)
    case .pow: return Self.power(a, b)
    default: return nil
    }
  }

  // The least Int64 divided by -1 is what does not fit.
  private static func quotient(_ a: Int64, _ b: Int64) -> Int64 { b == 0 ? 0 : b == -1 ? 0 &- a : a / b }
  private static func rest(_ a: Int64, _ b: Int64) -> Int64 { b == 0 || b == -1 ? 0 : a % b }

  private static func greatestDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : greatestDivisor(b, a % b) }

  private static func power(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
    if exponent == 0 { return 1 }
    let half = power(base, exponent / 2)
    return exponent % 2 == 0 ? half &* half : half &* half &* base
  }
}

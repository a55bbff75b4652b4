import Devices

/// Numbers as Python writes them: `%.4f`, `%.4e` and `repr`.
///
/// The digits come from the exact binary value and are rounded half to even, as C's printf does it. printf itself is
/// out of reach: it is variadic, and the bridge to it lives in Foundation.
package enum NumberFormat {
  /// `%.{precision}f`
  package static func fixed(_ value: Double, precision: Int) -> String {
    text(of: value) { text in
      let digits = DecimalDigits(exactly: value.magnitude)
      digits.rounded(to: digits.point + precision).appendFixed(to: &text, precision: precision)
    }
  }

  /// `%.{precision}e`
  package static func scientific(_ value: Double, precision: Int) -> String {
    text(of: value) { text in
      let digits = DecimalDigits(exactly: value.magnitude)
      digits.rounded(to: precision + 1).appendScientific(to: &text, precision: precision)
    }
  }

  /// An element as a bare Python number: what a 0-d tensor becomes inside other text.
  package static func bareNumber(_ value: Scalar) -> String {
    switch value {
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .double(let value): shortest(value)
    }
  }

  /// Python's `repr` of a float: the fewest digits that read back as the same double.
  private static func shortest(_ value: Double) -> String {
    text(of: value) { text in
      let digits = DecimalDigits(shortest: value.magnitude)
      if -3...16 ~= digits.point {
        digits.appendFixed(to: &text, precision: max(1, digits.count - digits.point))
      } else {
        digits.appendScientific(to: &text, precision: digits.count - 1)
      }
    }
  }

  private static func text(of value: Double, appendMagnitude: (inout [UInt8]) -> Void) -> String {
    if value.isNaN { return "nan" }  // of either sign
    var text: [UInt8] = []
    text.reserveCapacity(32)
    if value.sign == .minus { text.append(UInt8(ascii: "-")) }
    if value.isInfinite { text += "inf".utf8 } else { appendMagnitude(&text) }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The number 0.d₁d₂d₃… × 10^point. Only zero begins with the digit 0.
private struct DecimalDigits {
  private var digits: [UInt8]
  let point: Int

  var count: Int { digits.count }

  /// Zero's point makes its exponent 0 and its integer part one digit long.
  private static let zero = DecimalDigits(digits: [0], point: 1)

  private init(digits: [UInt8], point: Int) {
    self.digits = digits
    self.point = point
  }

  /// All digits of a finite double.
  ///
  /// The double is m·2^e. A negative e makes that m·5^-e / 10^-e, so one integer holds the digits in either case. It can
  /// be hundreds of digits long but for everyday numbers is short, which is why there is no faster way beside this one.
  init(exactly magnitude: Double) {
    guard magnitude != 0 else {
      self = .zero
      return
    }
    let significand = magnitude.significandBitPattern | (magnitude.isNormal ? 1 << 52 : 0)
    let trailing = significand.trailingZeroBitCount
    let exponent = max(Int(magnitude.exponentBitPattern), 1) - 1075 + trailing
    var integer = BigInteger(significand >> UInt64(trailing))
    if exponent < 0 {
      integer.multiply(byPower: -exponent, of: 5, atOnce: 13)
    } else {
      integer.multiply(byPower: exponent, of: 2, atOnce: 32)
    }
    digits = integer.decimalDigits
    point = digits.count + min(exponent, 0)
  }

  /// The fewest digits that read back as the same double, and of those the closest: Swift's own description has them.
  init(shortest magnitude: Double) {
    guard magnitude != 0 else {
      self = .zero
      return
    }
    let parts = magnitude.description.split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1])! : 0
    let wholeCount = parts[0].prefix { $0 != "." }.utf8.count
    let all = parts[0].utf8.filter { $0 != UInt8(ascii: ".") }.map { $0 - UInt8(ascii: "0") }
    let significant = all.drop { $0 == 0 }
    digits = Array(significant.prefix(1 + significant.lastIndex { $0 != 0 }! - significant.startIndex))
    point = wholeCount + exponent - significant.startIndex
  }

  /// Rounded half to even to a number of digits, which may be zero or less: then one digit or none remains.
  func rounded(to count: Int) -> DecimalDigits {
    guard count < digits.count else { return self }
    guard count >= 0 else { return .zero }
    var kept = Array(digits[..<count])
    let isOdd = count > 0 && digits[count - 1] % 2 == 1
    let up = digits[count] > 5 || digits[count] == 5 && (isOdd || digits[(count + 1)...].contains { $0 != 0 })
    guard up else { return count == 0 ? .zero : DecimalDigits(digits: kept, point: point) }
    while kept.last == 9 { kept.removeLast() }
    if kept.isEmpty { return DecimalDigits(digits: [1], point: point + 1) }
    kept[kept.count - 1] += 1
    return DecimalDigits(digits: kept, point: point)
  }

  func appendFixed(to text: inout [UInt8], precision: Int) {
    append(min(0, point - 1)..<point, to: &text)
    if precision > 0 {
      text.append(UInt8(ascii: "."))
      append(point..<point + precision, to: &text)
    }
  }

  func appendScientific(to text: inout [UInt8], precision: Int) {
    append(0..<1, to: &text)
    if precision > 0 {
      text.append(UInt8(ascii: "."))
      append(1..<1 + precision, to: &text)
    }
    let exponent = point - 1
    text += exponent < 0 ? "e-".utf8 : "e+".utf8
    if exponent.magnitude < 10 { text.append(UInt8(ascii: "0")) }
    text += String(exponent.magnitude).utf8
  }

  /// Digits by position; those outside the number are zeros.
  private func append(_ positions: Range<Int>, to text: inout [UInt8]) {
    for position in positions {
      text.append(UInt8(ascii: "0") + (digits.indices ~= position ? digits[position] : 0))
    }
  }
}

/// A positive integer of any size that can be multiplied and written in decimal.
private struct BigInteger {
  private static let base: UInt64 = 1_000_000_000
  private static let digitsPerLimb = 9
  /// Least significant first, each below `base`: times 2³² it still fits its 64 bits.
  private var limbs: [UInt64] = []

  init(_ value: UInt64) {
    limbs.reserveCapacity(8)
    limbs.append(value)
    multiply(by: 1)  // splits the value into limbs
  }

  /// Times `factor` to the power `power`, taking `atOnce` factors together, of which the product may be 2³² at most.
  mutating func multiply(byPower power: Int, of factor: UInt64, atOnce: Int) {
    func product(_ count: Int) -> UInt64 { (0..<count).reduce(1) { result, _ in result * factor } }
    let step = product(atOnce)
    for _ in 0..<power / atOnce { multiply(by: step) }
    multiply(by: product(power % atOnce))
  }

  private mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for i in limbs.indices {
      (carry, limbs[i]) = (limbs[i] * factor + carry).quotientAndRemainder(dividingBy: Self.base)
    }
    while carry > 0 {
      limbs.append(carry % Self.base)
      carry /= Self.base
    }
  }

  /// Most significant first, without leading zeros.
  var decimalDigits: [UInt8] {
    var digits = [UInt8](repeating: 0, count: limbs.count * Self.digitsPerLimb)
    var position = digits.count
    for var limb in limbs {
      for _ in 0..<Self.digitsPerLimb {
        position -= 1
        digits[position] = UInt8(limb % 10)
        limb /= 10
      }
    }
    return Array(digits.drop { $0 == 0 })
  }
}

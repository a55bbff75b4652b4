import Autograd
import Devices
import Foundation
import Testing

@Suite("Numbers as text")
struct PrintingNumberTests {
  /// Ties, powers of two and ten, the ends of the range and numbers that round up to one more digit.
  static let notable: [Double] = {
    var values = [
      0, 0.5, 1.5, 2.5, 0.125, 0.375, 0.00005, 0.00015, 0.25, 9.99995, 9.5, 99999.5, 0.99995, 1e22, 1e23, 1e100,
      123.456, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .ulpOfOne, .pi,
    ]
    for exponent in -40...40 {
      let power = pow(10, Double(exponent))
      values += [Double(sign: .plus, exponent: exponent, significand: 1), power, 0.95 * power, 5 * power]
    }
    return values
  }()

  /// Every exponent, and the magnitudes of everyday numbers.
  static let random: [Double] = {
    var generator = PrintingGenerator(state: 42)
    var values: [Double] = []
    while values.count < 3000 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite { values.append(value) }
    }
    for _ in 0..<3000 { values.append(.random(in: -1000...1000, using: &generator)) }
    for _ in 0..<1000 { values.append(Double(Float.random(in: -1...1, using: &generator))) }
    // Few binary digits: exact ties are common among them.
    for _ in 0..<1000 { values.append(Double(Int.random(in: -100_000...100_000, using: &generator)) / 1024) }
    return values
  }()

  @Test("fixed and scientific notation agree with printf", arguments: [0, 1, 2, 4, 8, 17, 30])
  func printf(precision: Int) {
    let values = Self.notable + Self.notable.map(-) + Self.random
    let (fixed, scientific) = ("%.\(precision)f", "%.\(precision)e")
    #expect(values.filter { NumberFormat.fixed($0, precision: precision) != String(format: fixed, $0) } == [])
    #expect(values.filter { NumberFormat.scientific($0, precision: precision) != String(format: scientific, $0) } == [])
  }

  @Test("what is not finite is spelled as in Python")
  func nonFinite() {
    for (value, text) in [(Double.nan, "nan"), (-Double.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")] {
      #expect(NumberFormat.fixed(value, precision: 4) == text)
      #expect(NumberFormat.scientific(value, precision: 4) == text)
      #expect(NumberFormat.bareNumber(.double(value)) == text)
    }
  }

  @Test(
    "a bare number is Python's",
    arguments: [
      (18, "18.0"), (27, "27.0"), (0, "0.0"), (-0.0, "-0.0"), (0.1, "0.1"), (0.0001, "0.0001"),
      (0.00012345, "0.00012345"), (1e-5, "1e-05"), (1.5e-5, "1.5e-05"), (9_999_999_999_999_998, "9999999999999998.0"),
      (1e16, "1e+16"),
      (123_456_789_012_345_680, "1.2345678901234568e+17"), (1e15, "1000000000000000.0"), (1e22, "1e+22"),
      (1e100, "1e+100"), (.leastNonzeroMagnitude, "5e-324"), (2.2250738585072014e-308, "2.2250738585072014e-308"),
      (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (100, "100.0"), (1234.5, "1234.5"),
      (Double(Float(0.1)), "0.10000000149011612"), (18.003000000000213, "18.003000000000213"),
    ] as [(Double, String)])
  func bareDouble(value: Double, text: String) {
    #expect(NumberFormat.bareNumber(.double(value)) == text)
  }

  @Test("a bare number reads back as itself")
  func roundTrip() {
    let values = Self.notable + Self.random
    #expect(values.filter { Double(NumberFormat.bareNumber(.double($0))) != $0 } == [])
  }

  @Test("bare integers and booleans")
  func bareExact() {
    #expect(NumberFormat.bareNumber(.int(.min)) == "-9223372036854775808")
    #expect(NumberFormat.bareNumber(.bool(true)) == "True")
    #expect(NumberFormat.bareNumber(.bool(false)) == "False")
  }
}

/// Small and repeatable.
private struct PrintingGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

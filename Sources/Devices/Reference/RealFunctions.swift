// The opcodes on real numbers. They are no methods of `Opcode`, in which `exp` would be the case and not the C library's function.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What takes several steps, each rounded in the dtype itself, or depends on which numbers the dtype has.
func stepwise<T: BinaryFloatingPoint>(_ opcode: Opcode, _ a: T, _ b: T) -> T? {
  switch opcode {
  case .floorDivide:
    if b == 0 { return a / b }
    let rest = a.truncatingRemainder(dividingBy: b)
    var quotient = (a - rest) / b
    if rest != 0 && (b < 0) != (rest < 0) { quotient -= 1 }
    if quotient == 0 { return T(signOf: a / b, magnitudeOf: 0) }
    let below = quotient.rounded(.down)
    return quotient - below > 0.5 ? below + 1 : below
  case .nextafter:
    if a.isNaN || b.isNaN { return .nan }
    return a == b ? b : a < b ? a.nextUp : a.nextDown
  default: return nil
  }
}

/// What is rounded once, at the end, by the caller.
func real(_ opcode: Opcode, _ a: Double, _ b: Double) -> Double? {
  switch opcode {
  case .add: return a + b
  case .sub: return a - b
  case .mul: return a * b
  case .div: return a / b
  case .fmod: return a.truncatingRemainder(dividingBy: b)
  case .remainder:
    let rest = a.truncatingRemainder(dividingBy: b)
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest
  case .neg: return -a
  case .abs: return a.magnitude
  case .relu: return a < 0 ? 0 : a
  case .sign: return a > 0 ? 1 : a < 0 ? -1 : 0
  case .reciprocal: return 1 / a
  // Here a NaN wins, and of equal values the last; there a NaN loses, and of equal values it is the first.
  case .minimum: return a.isNaN || a < b ? a : b
  case .maximum: return a.isNaN || a > b ? a : b
  case .fmin: return b.isNaN || a <= b ? a : b
  case .fmax: return b.isNaN || a >= b ? a : b
  case .copysign: return Double(signOf: b, magnitudeOf: a)
  case .floor: return a.rounded(.down)
  case .ceil: return a.rounded(.up)
  case .round: return a.rounded(.toNearestOrEven)
  case .trunc: return a.rounded(.towardZero)
  case .sqrt: return a.squareRoot()
  case .rsqrt: return 1 / a.squareRoot()
  case .pow: return pow(a, b)
  case .hypot: return hypot(a, b)
  case .atan2: return atan2(a, b)
  case .logaddexp:
    if a == b && a.isInfinite { return a }
    return (a.isNaN || a > b ? a : b) + log1p(exp(-(a - b).magnitude))
  default: return elementary(opcode, a)
  }
}

private func elementary(_ opcode: Opcode, _ x: Double) -> Double? {
  switch opcode {
  case .exp: exp(x)
  case .exp2: exp2(x)
  case .expm1: expm1(x)
  case .log: log(x)
  case .log2: log2(x)
  case .log10: log10(x)
  case .log1p: log1p(x)
  case .sigmoid: x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  case .silu: x >= 0 ? x / (1 + exp(-x)) : x * (exp(x) / (1 + exp(x)))
  case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
  case .sinh: sinh(x)
  case .cosh: cosh(x)
  case .tanh: tanh(x)
  case .asinh: asinh(x)
  case .acosh: acosh(x)
  case .atanh: atanh(x)
  case .sin: sin(x)
  case .cos: cos(x)
  case .tan: tan(x)
  case .asin: asin(x)
  case .acos: acos(x)
  case .atan: atan(x)
  case .erf: erf(x)
  case .erfc: erfc(x)
  case .erfinv: inverseErrorFunction(x)
  case .lgamma: x.isInfinite ? .infinity : lgamma(x).0
  case .digamma: digamma(x)
  case .trigamma: trigamma(x)
  case .i0: bessel(x, order: 0)
  case .i1: bessel(x, order: 1)
  default: nil
  }
}

// MARK: - What the C library does not have

/// The x of which erf is y, by bisection: on the complement where erf is flat.
private func inverseErrorFunction(_ y: Double) -> Double {
  if !(y.magnitude < 1) { return y.magnitude == 1 ? y * .infinity : .nan }
  if y == 0 { return y }
  let target = y.magnitude
  var low = 0.0
  var high = 6.0
  while true {
    let middle = low + (high - low) / 2
    if middle == low || middle == high { return Double(signOf: y, magnitudeOf: middle) }
    let isBelow = target < 0.5 ? erf(middle) < target : erfc(middle) > 1 - target
    if isBelow { low = middle } else { high = middle }
  }
}

// The Bernoulli numbers B2, B4, ..., B14: ψ(x) = log x - 1/2x - Σ B2k / (2k x^2k) for large x (Abramowitz and Stegun 6.3.18), and
// ψ' likewise (6.4.12). Where x is not large the recurrences ψ(x) = ψ(x + 1) - 1/x and ψ'(x) = ψ'(x + 1) + 1/x² lead there.
private let bernoulli = [1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6]

private func digamma(_ x: Double) -> Double {
  if x == 0 { return Double(signOf: -x, magnitudeOf: .infinity) }
  if x == .infinity { return x }
  if x < 0 {
    // ψ(1 - x) - ψ(x) = π cot πx, which has no value at the poles; the period of one keeps the argument small.
    let part = x.remainder(dividingBy: 1)
    return part == 0 || x.isInfinite ? .nan : digamma(1 - x) - .pi / tan(.pi * part)
  }
  if x < 10 { return digamma(x + 1) - 1 / x }
  var result = log(x) - 0.5 / x
  for (k, number) in bernoulli.enumerated() { result -= number / Double(2 * k + 2) / pow(x, Double(2 * k + 2)) }
  return result
}

private func trigamma(_ x: Double) -> Double {
  if x == 0 { return .infinity }
  if x == .infinity { return 0 }
  if x < 0 {
    // ψ'(1 - x) + ψ'(x) = π² / sin² πx, infinite at the poles.
    if x.isInfinite { return .nan }
    let sine = sin(.pi * x.remainder(dividingBy: 1))
    return sine == 0 ? .infinity : (.pi / sine) * (.pi / sine) - trigamma(1 - x)
  }
  if x < 10 { return trigamma(x + 1) + 1 / (x * x) }
  var result = 1 / x + 0.5 / (x * x)
  for (k, number) in bernoulli.enumerated() { result += number / pow(x, Double(2 * k + 3)) }
  return result
}

/// The modified Bessel functions of the first kind, by their power series, Σ (x/2)^(2k + order) / (k! (k + order)!), all of whose
/// terms have one sign.
private func bessel(_ x: Double, order: Int) -> Double {
  if !x.isFinite { return order == 0 ? x.magnitude : x }
  var term = order == 0 ? 1 : x / 2
  var sum = term
  var k = 1.0
  while sum.isFinite && term.magnitude > sum.magnitude * 0x1p-60 {
    term *= x / 2 / k * (x / 2 / (k + Double(order)))
    sum += term
    k += 1
  }
  return sum
}

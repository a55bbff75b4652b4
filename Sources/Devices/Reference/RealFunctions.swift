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
  case .inverseSquare: return 1 / (a * a)
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
  // Here a NaN wins, there it loses; of equal values it is the first.
  case .minimum: return b.isNaN && !a.isNaN || b < a ? b : a
  case .maximum: return b.isNaN && !a.isNaN || b > a ? b : a
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
  default: return elementary(opcode, a) ?? special(opcode, a, b)
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
  default: nil
  }
}

// The opcodes of special functions on real numbers: what the C library does not have, by definitions as plain as will do. They are slow, and
// right to a few more places than tests compare.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

func special(_ opcode: Opcode, _ a: Double, _ b: Double) -> Double? {
  switch opcode {
  case .erfcx: return scaledErrorComplement(a)
  case .erfinv: return inverseErrorFunction(a)
  case .ndtri: return normalQuantile(a)
  case .lgamma: return a.isInfinite ? .infinity : lgamma(a).0
  case .digamma: return digamma(a)
  case .polygamma: return polygamma(a, b)
  case .zeta: return hurwitzZeta(a, b)
  case .igamma: return incompleteGamma(a, b).lower
  case .igammac: return incompleteGamma(a, b).upper
  case .i0: return bessel(a, order: 0)
  case .i1: return bessel(a, order: 1)
  case .i0e: return scaledBessel(a, order: 0)
  case .i1e: return scaledBessel(a, order: 1)
  case .besselK0: return a > 750 ? 0 : exp(-a) * scaledSecondBessel(a, order: 0)
  case .besselK1: return a > 750 ? 0 : exp(-a) * scaledSecondBessel(a, order: 1)
  case .scaledBesselK0: return scaledSecondBessel(a, order: 0)
  case .scaledBesselK1: return scaledSecondBessel(a, order: 1)
  // The C library has limits at infinity, PyTorch has not, and neither has values of the second kind below zero.
  case .besselJ0: return a.isInfinite ? .nan : j0(a)
  case .besselJ1: return a.isInfinite ? .nan : j1(a)
  case .besselY0: return a < 0 || a.isInfinite ? .nan : a == 0 ? -.infinity : y0(a)
  case .besselY1: return a < 0 || a.isInfinite ? .nan : a == 0 ? -.infinity : y1(a)
  case .airyAi: return airy(a)
  default: return polynomial(opcode, a, b)
  }
}

// MARK: - Error functions and their inverses

private func scaledErrorComplement(_ x: Double) -> Double {
  if x < 2 {
    let square = x * x
    // What the square has lost by rounding.
    let rest = square.isFinite ? (-square).addingProduct(x, x) : 0
    return exp(square) * (1 + rest) * erfc(x)
  }
  // The continued fraction (DLMF 7.9.1), from its far end.
  var value = x
  for n in stride(from: 400.0, to: 0, by: -1) { value = x + n / 2 / value }
  return 1 / (value * Double.pi.squareRoot())
}

/// The y below which a standard normal variable is with probability p, by bisection; where p is small, of logarithms.
private func normalQuantile(_ p: Double) -> Double {
  if !(p > 0 && p < 1) { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
  if p > 0.25 && p < 0.75 { return 2.0.squareRoot() * inverseErrorFunction(2 * p - 1) }
  let target = log(2 * Swift.min(p, 1 - p))
  let x = bisected(0, 40) { log(scaledErrorComplement($0)) - $0 * $0 > target }
  return (p < 0.5 ? -1 : 1) * 2.0.squareRoot() * x
}

/// The point up to which a condition holds, within an interval.
private func bisected(_ low: Double, _ high: Double, _ holds: (Double) -> Bool) -> Double {
  var (low, high) = (low, high)
  while true {
    let middle = low + (high - low) / 2
    if middle == low || middle == high { return middle }
    if holds(middle) { low = middle } else { high = middle }
  }
}

/// The x of which erf is y: on the complement where erf is flat.
private func inverseErrorFunction(_ y: Double) -> Double {
  if !(y.magnitude < 1) { return y.magnitude == 1 ? y * .infinity : .nan }
  if y == 0 { return y }
  let target = y.magnitude
  return Double(signOf: y, magnitudeOf: bisected(0, 6) { target < 0.5 ? erf($0) < target : erfc($0) > 1 - target })
}

// MARK: - The gamma function's derivatives and relatives

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

private func polygamma(_ n: Double, _ x: Double) -> Double {
  if !(n >= 0) || n != n.rounded(.down) { return .nan }
  if n == 0 { return digamma(x) }
  if n == 1 { return trigamma(x) }
  var value = tgamma(n + 1) * hurwitzZeta(n + 1, x)
  if value.isNaN {
    // An infinite factor and one of zero. Below zero there is none but at halves, where terms cancel.
    let start = x < 0 && (x - x.rounded(.towardZero)).magnitude == 0.5 ? 1 - x : x
    if start > 1 && start < .infinity && n < .infinity { value = exp(lgamma(n + 1) + logHurwitzZeta(n + 1, start)) }
  }
  return fmod(n, 2) == 0 ? -value : value
}

/// The logarithm of `hurwitzZeta` for s > 1 and q > 1, also where that is too small for a number: of q^s times it, which is not.
private func logHurwitzZeta(_ s: Double, _ q: Double) -> Double {
  var (sum, k) = (0.0, 0.0)
  while q + k < 20 || q + k < s {
    let term = exp(-s * log1p(k / q))
    sum += term
    k += 1
    if term <= sum * 0x1p-60 / (q + 1) { return log(sum) - s * log(q) }
  }
  return log(sum + zetaRest(s, from: q + k, power: exp(-s * log1p(k / q)))) - s * log(q)
}

/// Σ (start + k)^-s by Euler and Maclaurin's formula (DLMF 25.11.6), times what makes the first term `power`.
private func zetaRest(_ s: Double, from start: Double, power: Double) -> Double {
  var factor = power * s / start
  var factorial = 2.0
  var sum = power * (start / (s - 1) + 0.5)
  for (k, number) in bernoulli.enumerated() {
    sum += number / factorial * factor
    let m = Double(2 * k)
    factor *= (s + m + 1) * (s + m + 2) / (start * start)
    factorial *= (m + 3) * (m + 4)
  }
  return sum
}

/// Σ (q + k)^-s, by its terms until q is large and then by Euler and Maclaurin's formula (DLMF 25.11.6).
private func hurwitzZeta(_ s: Double, _ q: Double) -> Double {
  if s == 1 { return .infinity }
  if !(s > 1) || q.isNaN { return .nan }
  if q <= 0 && q == q.rounded(.down) { return .infinity }
  if q <= 0 && s != s.rounded(.down) { return .nan }
  // At halves the terms below zero cancel as many above.
  if q < 0 && (q - q.rounded(.towardZero)).magnitude == 0.5 && fmod(s, 2) == 1 { return hurwitzZeta(s, 1 - q) }
  if q < -1000 {
    let part = q - q.rounded(.down)
    let below = hurwitzZeta(s, 1 - part) - hurwitzZeta(s, 1 - q)
    return hurwitzZeta(s, part) + (fmod(s, 2) == 0 ? below : -below)
  }
  var (sum, start) = (0.0, q)
  while start < 20 || start < s {
    let term = pow(start, -s)
    sum += term
    start += 1
    if start > 1 && term <= sum.magnitude * 0x1p-60 / start { return sum }
  }
  let power = pow(start, -s)
  return power == 0 ? sum : sum + zetaRest(s, from: start, power: power)
}

/// P and Q: by the power series of P below the greatest term (DLMF 8.11.4), else by the continued fraction of Q (DLMF 8.9.2); for huge
/// parameters by the first terms of the uniform expansion (DLMF 8.12).
private func incompleteGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
  if a < 0 || x < 0 { return (.nan, .nan) }
  if a == 0 { return x > 0 ? (1, 0) : (.nan, .nan) }
  if x == 0 { return (0, 1) }
  if a.isInfinite { return x.isInfinite ? (.nan, .nan) : (0, 1) }
  if x.isInfinite { return (1, 0) }
  if a.isNaN || x.isNaN { return (.nan, .nan) }
  let mu = (x - a) / a
  let half = mu - log1p(mu)
  if a > 1e8 {
    let eta = Double(signOf: mu, magnitudeOf: (2 * half).squareRoot())
    let first = mu.magnitude < 1e-3 ? -1.0 / 3 + eta / 12 : 1 / mu - 1 / eta
    let rest = exp(-a * half) / (2 * .pi * a).squareRoot() * first
    let angle = eta * (a / 2).squareRoot()
    return (erfc(-angle) / 2 - rest, erfc(angle) / 2 + rest)
  }
  let power =
    a > 100
    ? exp(-a * half - 1 / (12 * a) + 1 / (360 * a * a * a)) / (2 * .pi * a).squareRoot()
    : exp(a * log(x) - x - lgamma(a + 1).0)
  if x < a + 1 {
    var (term, sum, n) = (1.0, 1.0, a)
    while term > sum * 0x1p-60 {
      n += 1
      term *= x / n
      sum += term
    }
    return (power * sum, a < 1 ? smallUpperGamma(a, x) : 1 - power * sum)
  }
  var value = x
  let steps = 400 + 20 * a.squareRoot()
  for n in stride(from: steps.rounded(), to: 0, by: -1) { value = x + (n - a) / (1 + n / value) }
  let upper = power * a / value
  return (1 - upper, upper)
}

/// Q for a parameter below one, where P may be close to one (DLMF 8.7.1).
private func smallUpperGamma(_ a: Double, _ x: Double) -> Double {
  var (term, sum, n) = (1.0, 0.0, 0.0)
  repeat {
    n += 1
    term *= -x / n
    sum += a * term / (a + n)
  } while term.magnitude > 1e-18
  // log Γ(1 + a)
  let logarithm = a * log(x) - (a < 1e-8 ? -0.5772156649015329 * a : lgamma(1 + a).0)
  return -expm1(logarithm) - exp(logarithm) * sum
}

// MARK: - Bessel's and Airy's functions

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

/// e^-|x| times the same; for large x by its asymptotic expansion (DLMF 10.40.1).
private func scaledBessel(_ x: Double, order: Int) -> Double {
  let size = x.magnitude
  if !(size > 50) { return exp(-size) * bessel(x, order: order) }
  let mu = Double(4 * order * order)
  var (term, sum) = (1.0, 1.0)
  for k in 1...20 {
    let odd = Double(2 * k - 1)
    term *= -(mu - odd * odd) / (Double(8 * k) * size)
    sum += term
  }
  let value = sum / ((2 * Double.pi).squareRoot() * size.squareRoot())
  return order == 1 && x < 0 ? -value : value
}

/// The sum of an even function's values at multiples of the step, times the step: for analytic functions that vanish quickly the integral over
/// the positive axis.
private func integral(step: Double, _ function: (Double) -> Double?) -> Double {
  var sum = (function(0) ?? 0) / 2
  var k = 1.0
  while let value = function(k * step) {
    sum += value
    k += 1
  }
  return sum * step
}

/// e^x times the modified Bessel functions of the second kind: ∫ e^(-x (cosh t - 1)) cosh(order t) dt over t ≥ 0 (DLMF 10.32.9).
private func scaledSecondBessel(_ x: Double, order: Int) -> Double {
  if !(x > 0) { return x == 0 ? .infinity : .nan }
  if x.isInfinite { return 0 }
  return integral(step: 0.1 / Swift.max(1, x.squareRoot())) { t in
    let sine = x.squareRoot() * sinh(t / 2)
    let exponent = 2 * sine * sine
    return exponent > 750 ? nil : exp(-exponent) * (order == 0 ? 1 : cosh(t))
  }
}

/// Airy's function, ∫ e^(i(z³/3 + xz)) dz / 2π along the real axis raised by σ; far below zero by its asymptotic expansion (DLMF 9.7.9).
private func airy(_ x: Double) -> Double {
  if !x.isFinite { return .nan }
  if x > 200 { return 0 }
  if x < -10 {
    let size = x.magnitude
    // s is 2/3 |x|^(3/2), and `rest` what it loses by rounding.
    let root = size.squareRoot()
    let product = size * root
    let productRest = (-product).addingProduct(size, root) + size * size.addingProduct(-root, root) / (2 * root)
    let s = 2 * product / 3
    // Farther out an argument's last place is many periods.
    if !(s < 0x1p70) { return 0 }
    let rest = ((2 * product).addingProduct(-3, s) + 2 * productRest) / 3
    var (even, odd, term) = (0.0, 0.0, 1.0)
    for k in 0..<20 {
      if k % 2 == 0 { even += k % 4 == 0 ? term : -term } else { odd += k % 4 == 1 ? term : -term }
      let n = Double(6 * (k + 1))
      term *= (n - 5) * (n - 3) * (n - 1) / (216 * Double(k + 1) * Double(2 * k + 1) * s)
    }
    let cosine = cos(s) * cos(rest - .pi / 4) - sin(s) * sin(rest - .pi / 4)
    let sine = sin(s) * cos(rest - .pi / 4) + cos(s) * sin(rest - .pi / 4)
    return (even * cosine + odd * sine) / (Double.pi * root).squareRoot()
  }
  let sigma = Swift.max(x, 0.1).squareRoot()
  let slope = x - sigma * sigma
  let value = integral(step: 0.02) { t in
    sigma * t * t > 50 ? nil : exp(-sigma * t * t) * cos(t * (t * t / 3 + slope))
  }
  return exp(sigma * (sigma * sigma / 3 - x)) * value / .pi
}

// MARK: - Orthogonal polynomials

/// By recurrence (Chebyshev's by sines and cosines within the interval and above degree 2^20); none of a negative degree.
private func polynomial(_ opcode: Opcode, _ x: Double, _ degree: Double) -> Double? {
  let first: Double
  let next: (_ k: Double, _ value: Double, _ before: Double) -> Double
  switch opcode {
  case .chebyshevT: (first, next) = (x, { 2 * x * $1 - $2 })
  case .chebyshevU: (first, next) = (2 * x, { 2 * x * $1 - $2 })
  case .chebyshevV: (first, next) = (2 * x - 1, { 2 * x * $1 - $2 })
  case .chebyshevW: (first, next) = (2 * x + 1, { 2 * x * $1 - $2 })
  case .hermiteH: (first, next) = (2 * x, { 2 * x * $1 - 2 * $0 * $2 })
  case .hermiteHe: (first, next) = (x, { x * $1 - $0 * $2 })
  case .laguerreL: (first, next) = (1 - x, { ((2 * $0 + 1 - x) * $1 - $0 * $2) / ($0 + 1) })
  case .legendreP: (first, next) = (x, { ((2 * $0 + 1) * x * $1 - $0 * $2) / ($0 + 1) })
  default: return nil
  }
  guard degree > -1 && degree < 0x1p63 else { return 0 }
  let n = degree.rounded(.towardZero)
  if n == 0 { return 1 }
  if let value = chebyshev(opcode, x, n) { return value }
  if opcode == .laguerreL && x == 0 { return 1 }
  if opcode == .legendreP && x.magnitude == 1 { return x > 0 || fmod(n, 2) == 0 ? 1 : -1 }
  var (before, value, k) = (1.0, first, 1.0)
  while k < n && !value.isNaN {
    (before, value) = (value, next(k, value, before))
    k += 1
  }
  return value
}

/// Chebyshev's polynomials by an angle (DLMF 18.5.1 to 18.5.4), where the recurrence is not wanted.
private func chebyshev(_ opcode: Opcode, _ x: Double, _ n: Double) -> Double? {
  guard n > 0x1p20 || n > 8 && x.magnitude <= 1 else { return nil }
  let even = fmod(n, 2) == 0
  if x < 0 {
    let mirrored: Opcode = opcode == .chebyshevV ? .chebyshevW : opcode == .chebyshevW ? .chebyshevV : opcode
    return chebyshev(mirrored, -x, n).map { even ? $0 : -$0 }
  }
  let isInside = x < 1
  let t = isInside ? acos(x) : acosh(x)
  func cosine(_ t: Double) -> Double { isInside ? cos(t) : cosh(t) }
  func sine(_ t: Double) -> Double { isInside ? sin(t) : sinh(t) }
  switch opcode {
  case .chebyshevT: return cosine(n * t)
  case .chebyshevU: return x == 1 ? n + 1 : sine((n + 1) * t) / sine(t)
  case .chebyshevV: return cosine((n + 0.5) * t) / cosine(t / 2)
  case .chebyshevW: return x == 1 ? 2 * n + 1 : sine((n + 0.5) * t) / sine(t / 2)
  default: return nil
  }
}

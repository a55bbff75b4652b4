// The derivatives of the opcodes, for scalars: `g` is the gradient of the result, x and y are the operands.
//
// nil means that the operand gets no gradient (it is a condition); `zero` that its gradient is zero, as PyTorch has it for steps
// such as floor. A choice between a value and zero stands outermost, where `GuardedGradient` finds it.

extension Opcode {
  /// Whether it has a derivative in an operand. As in PyTorch some special functions have none, or none in their parameter.
  func isDifferentiable(in operand: Int) -> Bool {
    switch self {
    case .scaledBesselK0, .scaledBesselK1, .airyAi, .chebyshevT, .chebyshevU, .chebyshevV, .chebyshevW, .hermiteH, .hermiteHe,
      .laguerreL, .legendreP:
      false
    case .polygamma, .zeta, .igamma, .igammac: operand == 1
    default: true
    }
  }

  func derivative(_ operands: [Expression], result: Expression, _ g: Expression) -> [Expression?] {
    let x = operands[0]
    let zero = g.constant(0)
    if operands.count == 1 { return [unaryDerivative(x, result, g, zero: zero)] }
    let y = operands[1]
    switch self {
    case .add: return [g, g]
    case .sub: return [g, -g]
    case .mul: return [g * y, g * x]
    case .div: return [g / y, -g * (x / y / y)]
    // x - y·⌊x/y⌋ and x - y·trunc(x/y): the rounded quotient is constant almost everywhere.
    case .remainder: return [g, -g * x.binary(.floorDivide, y)]
    case .fmod: return [g, -g * (x / y).trunc()]
    case .minimum: return shares(x, y, g, first: .!(x .> y), second: .!(x .< y))
    case .maximum: return shares(x, y, g, first: .!(x .< y), second: .!(x .> y))
    case .fmin: return shares(x, y, g, first: x .<= y .| y.isNaN(), second: .!(x .< y .| y.isNaN()))
    case .fmax: return shares(x, y, g, first: x .>= y .| y.isNaN(), second: .!(x .> y .| y.isNaN()))
    case .copysign: return [(x .== 0).select(zero, g * (result / x)), zero]
    case .select: return [nil, x.select(g, 0), x.select(0, g)]
    case .pow: return powDerivative(x, y, result, g)
    case .hypot: return [g * (x / result), g * (y / result)]
    case .logaddexp: return [g * (x - y).sigmoid(), g * (y - x).sigmoid()]
    case .atan2:
      let squares = x * x + y * y
      let reciprocal = (squares .== 0).select(zero, squares.reciprocal())
      return [g * y * reciprocal, g * -x * reciprocal]
    case .floorDivide: return [zero, zero]
    case .polygamma: return [nil, g * (x + 1).binary(.polygamma, y)]
    case .zeta: return [nil, g * (-x * (x + 1).binary(.zeta, y))]
    case .igamma: return [nil, g * gammaDensity(x, y)]
    case .igammac: return [nil, -g * gammaDensity(x, y)]
    // A step from x, or y itself where they are equal.
    case .nextafter: return [(x .== y).select(0, g), zero]
    default: return operands.map { _ in nil }
    }
  }

  /// x^y: where y is zero the power is constant in x, and where x is zero with y ≥ 0 it is constant in y, whatever 0·log 0 says.
  private func powDerivative(_ x: Expression, _ y: Expression, _ result: Expression, _ g: Expression) -> [Expression?] {
    let toBase = (y .== 0).select(0, g * (y * x.pow(y - 1)))
    let toExponent = (x .== 0 .& y .>= 0).select(0, g * (result * x.log()))
    return [toBase, toExponent]
  }

  /// Extremes: at a tie each operand gets half, else those that won get all. To a minimum with NaN both contribute.
  ///
  /// - Parameters: first, second: where the operand won, ties included.
  private func shares(
    _ x: Expression, _ y: Expression, _ g: Expression, first: Expression, second: Expression
  ) -> [Expression?] {
    let tie = x .== y
    let half = g / 2
    return [first, second].map { won in won.select(tie.select(half, g), 0) }
  }

  /// The trigamma function as PyTorch has it, to nine digits: the recurrence up to 6 and above, then Abramowitz and Stegun's
  /// 6.4.12, and below one half the reflection 6.4.7.
  private func digammaDerivative(_ x: Expression) -> Expression {
    let isReflected = x .< 0.5
    let start = isReflected.select(1 - x, x)
    var sum = start.constant(0)
    for step in 0..<6 {
      let term = start + Double(step)
      sum = sum + (term * term).reciprocal()
    }
    let end = start + 6
    let square = (end * end).reciprocal()
    let series = (1 + 1 / (2 * end) + square * (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42)))) / end
    let sine = (x * Double.pi).sin()
    return isReflected.select(Double.pi * Double.pi / (sine * sine) - (sum + series), sum + series)
  }

  /// y^(x - 1) e^-y / Γ(x).
  private func gammaDensity(_ x: Expression, _ y: Expression) -> Expression {
    ((x - 1) * y.log() - y - x.unary(.lgamma)).exp()
  }

  /// A function with a division by x whose limit at zero is one half; it is reached before x runs out of digits. The divisor is never zero, for
  /// that would come back from the next derivative as NaN.
  private func exceptAtZero(_ x: Expression, _ slope: (_ divisor: Expression) -> Expression) -> Expression {
    let isTiny = x.abs() .< 1e-8
    return isTiny.select(0.5, slope(isTiny.select(1, x)))
  }

  private func unaryDerivative(_ x: Expression, _ result: Expression, _ g: Expression, zero: Expression) -> Expression? {
    let twoOverRootPi = 1.1283791670955126
    switch self {
    case .neg: return -g
    case .abs: return g * x.sign()
    case .sign, .floor, .ceil, .round, .trunc: return zero
    case .reciprocal: return -g * (result * result)
    // The third power of the reciprocal is infinite at zero, where x itself would be a factor of zero.
    case .inverseSquare: return -2 * g * (result / x)
    case .sqrt: return g / (2 * result)
    case .rsqrt: return -0.5 * g * (result * result * result)
    case .exp: return g * result
    case .exp2: return g * result * 0.6931471805599453
    case .expm1: return g * (result + 1)
    case .log: return g / x
    case .log2: return g / (x * 0.6931471805599453)
    case .log10: return g / (x * 2.302585092994046)
    case .log1p: return g / (x + 1)
    case .sigmoid: return g * ((1 - result) * result)
    case .softplus: return g * x.sigmoid()
    case .relu: return (result .<= 0).select(0, g)
    case .silu: return g * (x.sigmoid() * (1 + x * (1 - x.sigmoid())))
    case .sinh: return g * x.cosh()
    case .cosh: return g * x.sinh()
    case .tanh: return g * (1 - result * result)
    case .asinh: return g * (x * x + 1).rsqrt()
    case .acosh: return g * (x * x - 1).rsqrt()
    case .atanh: return g / (1 - x * x)
    case .sin: return g * x.cos()
    case .cos: return -(g * x.sin())
    case .tan: return g * (1 + result * result)
    case .asin: return g * (1 - x * x).rsqrt()
    case .acos: return -(g * (1 - x * x).rsqrt())
    case .atan: return g / (x * x + 1)
    case .erf: return g * (twoOverRootPi * (-(x * x)).exp())
    case .erfc: return -(g * (twoOverRootPi * (-(x * x)).exp()))
    case .erfcx: return g * (2 * x * result - twoOverRootPi)
    case .ndtri: return g * (2.5066282746310002 * (0.5 * (result * result)).exp())
    case .erfinv: return g * (0.886226925452758 * (result * result).exp())
    case .lgamma: return g * x.unary(.digamma)
    case .digamma: return g * digammaDerivative(x)
    case .i0: return g * x.unary(.i1)
    case .i1: return g * exceptAtZero(x) { x.unary(.i0) - result / $0 }
    case .i0e: return g * (x.unary(.i1e) - x.sign() * result)
    case .i1e: return g * exceptAtZero(x) { x.unary(.i0e) - result * (x.sign() + $0.reciprocal()) }
    case .besselK0: return -g * x.unary(.besselK1)
    case .besselK1: return -g * (x.unary(.besselK0) + result / x)
    case .besselJ0: return -g * x.unary(.besselJ1)
    case .besselJ1: return g * exceptAtZero(x) { x.unary(.besselJ0) - result / $0 }
    case .besselY0: return -g * x.unary(.besselY1)
    case .besselY1: return g * (x.unary(.besselY0) - result / x)
    default: return nil
    }
  }
}

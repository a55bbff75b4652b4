import CKernels

/// One instruction of an elementwise kernel. To add one: a case, its row in `loops`, its derivative in `Opcode+Derivative.swift`,
/// its definition in the reference device, and a C loop.
public enum Opcode: UInt8, Sendable, CaseIterable {
  case add, sub, mul, div, floorDivide, remainder, fmod, neg, abs, sign, reciprocal, inverseSquare
  case minimum, maximum, fmin, fmax, copysign, nextafter, gcd, lcm
  case floor, ceil, round, trunc
  case bitAnd, bitOr, bitXor, bitNot, shiftLeft, shiftRight
  case eq, ne, lt, le, gt, ge, isNaN, signBit
  case select
  case sqrt, rsqrt, pow, hypot
  case exp, exp2, expm1, log, log2, log10, log1p, sigmoid, softplus, logaddexp, relu, silu
  case sinh, cosh, tanh, asinh, acosh, atanh
  case sin, cos, tan, asin, acos, atan, atan2
  case erf, erfc, erfcx, erfinv, ndtri
  case lgamma, digamma, polygamma, zeta, igamma, igammac
  case i0, i1, i0e, i1e, besselK0, besselK1, scaledBesselK0, scaledBesselK1, besselJ0, besselJ1, besselY0, besselY1, airyAi
  case chebyshevT, chebyshevU, chebyshevV, chebyshevW, hermiteH, hermiteHe, laguerreL, legendreP
}

extension Opcode {
  /// How many operands it reads.
  public var arity: Int {
    switch self {
    case .select: 3
    case .add, .sub, .mul, .div, .floorDivide, .remainder, .fmod, .minimum, .maximum, .fmin, .fmax, .copysign, .nextafter, .gcd,
      .lcm,
      .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight, .eq, .ne, .lt, .le, .gt, .ge, .pow, .hypot, .logaddexp, .atan2,
      .polygamma, .zeta, .igamma, .igammac,
      .chebyshevT, .chebyshevU, .chebyshevV, .chebyshevW, .hermiteH, .hermiteHe, .laguerreL, .legendreP:
      2
    default: 1
    }
  }

  /// Whether it gives a boolean whatever it reads.
  public var isTest: Bool {
    switch self {
    case .eq, .ne, .lt, .le, .gt, .ge, .isNaN, .signBit: true
    default: false
    }
  }

  /// Whether it divides by its second operand, which for integers must not be zero.
  var isDivision: Bool {
    switch self {
    case .div, .floorDivide, .remainder, .fmod: true
    default: false
    }
  }

  /// Whether exchanging the two operands changes nothing, bit for bit.
  var isCommutative: Bool {
    switch self {
    case .add, .mul, .bitAnd, .bitOr, .bitXor, .eq, .ne: true
    default: false
    }
  }

  /// The C loops by element type.
  var loops: fx_loops {
    switch self {
    case .add: fx_add()
    case .sub: fx_sub()
    case .mul: fx_mul()
    case .div: fx_div()
    case .floorDivide: fx_floor_divide()
    case .remainder: fx_remainder()
    case .fmod: fx_fmod()
    case .neg: fx_neg()
    case .abs: fx_abs()
    case .sign: fx_sign()
    case .reciprocal: fx_reciprocal()
    case .inverseSquare: fx_inverse_square()
    case .minimum: fx_minimum()
    case .maximum: fx_maximum()
    case .fmin: fx_fmin()
    case .fmax: fx_fmax()
    case .copysign: fx_copysign()
    case .nextafter: fx_nextafter()
    case .gcd: fx_gcd()
    case .lcm: fx_lcm()
    case .floor: fx_floor()
    case .ceil: fx_ceil()
    case .round: fx_round()
    case .trunc: fx_trunc()
    case .bitAnd: fx_bit_and()
    case .bitOr: fx_bit_or()
    case .bitXor: fx_bit_xor()
    case .bitNot: fx_bit_not()
    case .shiftLeft: fx_shift_left()
    case .shiftRight: fx_shift_right()
    case .eq: fx_eq()
    case .ne: fx_ne()
    case .lt: fx_lt()
    case .le: fx_le()
    case .gt: fx_gt()
    case .ge: fx_ge()
    case .isNaN: fx_isnan()
    case .signBit: fx_signbit()
    case .select: fx_select()
    case .sqrt: fx_sqrt()
    case .rsqrt: fx_rsqrt()
    case .pow: fx_pow()
    case .hypot: fx_hypot()
    case .exp: fx_exp()
    case .exp2: fx_exp2()
    case .expm1: fx_expm1()
    case .log: fx_log()
    case .log2: fx_log2()
    case .log10: fx_log10()
    case .log1p: fx_log1p()
    case .sigmoid: fx_sigmoid()
    case .softplus: fx_softplus()
    case .logaddexp: fx_logaddexp()
    case .relu: fx_relu()
    case .silu: fx_silu()
    case .sinh: fx_sinh()
    case .cosh: fx_cosh()
    case .tanh: fx_tanh()
    case .asinh: fx_asinh()
    case .acosh: fx_acosh()
    case .atanh: fx_atanh()
    case .sin: fx_sin()
    case .cos: fx_cos()
    case .tan: fx_tan()
    case .asin: fx_asin()
    case .acos: fx_acos()
    case .atan: fx_atan()
    case .atan2: fx_atan2()
    case .erf: fx_erf()
    case .erfc: fx_erfc()
    case .erfcx: fx_erfcx()
    case .erfinv: fx_erfinv()
    case .ndtri: fx_ndtri()
    case .lgamma: fx_lgamma()
    case .digamma: fx_digamma()
    case .polygamma: fx_polygamma()
    case .zeta: fx_zeta()
    case .igamma: fx_igamma()
    case .igammac: fx_igammac()
    case .i0: fx_i0()
    case .i1: fx_i1()
    case .i0e: fx_i0e()
    case .i1e: fx_i1e()
    case .besselK0: fx_bessel_k0()
    case .besselK1: fx_bessel_k1()
    case .scaledBesselK0: fx_scaled_bessel_k0()
    case .scaledBesselK1: fx_scaled_bessel_k1()
    case .besselJ0: fx_bessel_j0()
    case .besselJ1: fx_bessel_j1()
    case .besselY0: fx_bessel_y0()
    case .besselY1: fx_bessel_y1()
    case .airyAi: fx_airy_ai()
    case .chebyshevT: fx_chebyshev_t()
    case .chebyshevU: fx_chebyshev_u()
    case .chebyshevV: fx_chebyshev_v()
    case .chebyshevW: fx_chebyshev_w()
    case .hermiteH: fx_hermite_h()
    case .hermiteHe: fx_hermite_he()
    case .laguerreL: fx_laguerre_l()
    case .legendreP: fx_legendre_p()
    }
  }
}

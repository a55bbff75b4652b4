// The error function, the logarithm of the gamma function with its derivatives, and modified Bessel functions.
#include "cores.h"

#define PI 0x1.921fb54442d18p+1
#define UPPER_HALF 0xfffffffff8000000
#define PI_SQUARED 0x1.3bd3cc9be45dep+3
#define PI_SQUARED_LOW 0x1.692b71366cc04p-51
#define LOG_PI 0x1.250d048e7a1bdp+0
#define STIRLING_CONSTANT 0x1.acfe390c97d69p-2 // (log(2 pi) - 1) / 2

// MARK: Error function

// erf(x) / x in powers of 2 (x / 3.93)^2 - 1, |x| <= 3.93. Beyond, the result is 1 in float32.
static const double erf_terms_wide[] = {
    0x1.7074b599f3d3fp-2, -0x1.6ff1b87da3ff1p-3, 0x1.11fb9e236f66cp-3, -0x1.be797797ede7ap-4, 0x1.730589a84d31bp-4,
    -0x1.2f805adf97f16p-4, 0x1.de8e4a6370274p-5, -0x1.67743c2b9097p-5, 0x1.f98e2ec89a3bap-6, -0x1.467c0af11a115p-6,
    0x1.9ce4491646dddp-7, -0x1.10c1609c6d356p-7, 0x1.1750f00c83b39p-8, -0x1.208112d5949edp-10, 0x1.7b0834170b299p-11,
    -0x1.fe3ae576f1796p-11, 0x1.884e6efa60671p-12};

FX_INLINE double erf_wide(double x) {
  double size = AT_MOST(3.93, absolute(x));
  return with_sign(size * POLYNOMIAL(size * size * (2 / (3.93 * 3.93)) - 1, erf_terms_wide), x);
}

// e^(x^2) erfc(x) in powers of (x - 3) / (x + 3), 0 <= x <= 10.1. Beyond, erfc is 0 in float32.
static const double erfc_terms_wide[] = {
    0x1.6e9827d224727p-3, -0x1.4e102b9eb739ep-2, 0x1.f6ff204a16502p-3, -0x1.336ffb3527ce6p-3, 0x1.258b114b33573p-4,
    -0x1.8fa5e8f27bf89p-6, 0x1.17c9a0243042cp-8, 0x1.735e20756bd68p-11, -0x1.3929c02455594p-11, 0x1.6ac0f91659dc7p-15,
    0x1.0c54a1e1cd3a9p-14, -0x1.3f3c0ba2ab701p-17, -0x1.c07498ec5c129p-18};

FX_INLINE double erfc_wide(double x) {
  double size = AT_MOST(10.1, absolute(x));
  double t = (size - 3) * reciprocal_wide(size + 3);
  double value = exp_wide(-size * size) * POLYNOMIAL(t, erfc_terms_wide);
  return x < 0 ? 2 - value : value;
}

// erf(x) / x - 1 in powers of x^2, |x| <= 0.65.
static const double erf_terms_double[] = {
    0x1.06eba8214db69p-3, -0x1.812746b0379e6p-2, 0x1.ce2f21a042b4ap-4, -0x1.b82ce31283401p-6, 0x1.565bcd0cce619p-8,
    -0x1.c02db3724c0edp-11, 0x1.f9a3086c5bcf9p-14, -0x1.f4ce2083dc73bp-17, 0x1.b985f40facdddp-20,
    -0x1.5a0ac081553f1p-23, 0x1.a3b97f663879bp-27};
// (1 + 2x) e^(x^2) erfc(x), which varies little, in powers of (x - 4) / (x + 4), 0.39 <= x <= 27.3. Beyond, erfc is 0.
static const double erfc_terms_double[] = {
    0x1.3ba5916e9fd7fp+0, -0x1.1df1ad154a28fp-3, 0x1.f7f5df66fd50ap-7, 0x1.16ecefcfa543bp-4, -0x1.9ddb23c3e7a05p-4,
    0x1.7fee004e10d27p-4, -0x1.0fb06dfe6f158p-4, 0x1.3079edf6b20a6p-5, -0x1.0962387d04b95p-6, 0x1.49c6727b1f6ep-8,
    -0x1.8d4aa1edea809p-11, -0x1.a1df2146c31b4p-13, 0x1.3be0dd12d1ad9p-13, -0x1.99590c6c2caa4p-16,
    -0x1.78a4a56139ab9p-17, 0x1.7f1c8c37cc38ap-18, 0x1.41cabd713172ap-22, -0x1.b9c402f16733ap-21, 0x1.1f7eae7c06281p-24,
    0x1.c712f50d24f73p-24, -0x1.a344ba318de93p-27, -0x1.6ba0dae681fbp-27};

FX_INLINE double erf_small_double(double x) { return x + x * POLYNOMIAL(x * x, erf_terms_double); }

// What the product of a and b has lost: the products of halves of their bits are exact.
FX_INLINE double lost_by_product(double a, double b, double product) {
  double a_upper = float64_from_bits(float64_bits(a) & UPPER_HALF), a_lower = a - a_upper;
  double b_upper = float64_from_bits(float64_bits(b) & UPPER_HALF), b_lower = b - b_upper;
  return a_lower * b_lower - (((product - a_upper * b_upper) - a_lower * b_upper) - a_upper * b_lower);
}

// x from 0.39. Of the square, the part of the upper half of x's bits is exact. The other factors are pairs, of which the low ones and what
// the product and the quotient lose are added up at the end.
FX_INLINE double erfc_tail_double(double x) {
  x = AT_MOST(27.3, x);
  double upper = float64_from_bits(float64_bits(x) & UPPER_HALF);
  double square_rest = (x - upper) * (x + upper);
  double decrease = square_rest * (1 - square_rest * (0.5 - square_rest / 6));

  scaled e = exp_scaled_double(-upper * upper);
  pair_double mantissa = sum_double(1, e.fraction);
  pair_double terms = POLYNOMIAL_PAIR((x - 4) / (x + 4), erfc_terms_double);
  pair_double divisor = sum_in_any_order_double(1, 2 * x);

  double product = mantissa.high * terms.high;
  double product_low = lost_by_product(mantissa.high, terms.high, product) + (mantissa.low * terms.high + mantissa.high * terms.low);
  double quotient = product / divisor.high, back = quotient * divisor.high;
  double rest = (product - back) - lost_by_product(quotient, divisor.high, back);
  double low = ((rest + product_low) - quotient * divisor.low) / divisor.high - quotient * decrease;
  return scaled_by_double(quotient + low, e.n);
}

FX_INLINE double erf_double(double x) {
  double size = absolute(x);
  double value = size < 0.65 ? erf_small_double(size) : 1 - erfc_tail_double(AT_LEAST(0.65, size));
  return with_sign(value, x);
}

FX_INLINE double erfc_double(double x) {
  double size = absolute(x);
  double tail = erfc_tail_double(AT_LEAST(0.39, size));
  return size < 0.39 ? 1 - erf_small_double(x) : x < 0 ? 2 - tail : tail;
}

FX_UNARY(erf, float32, float, T, erf_wide(a))
FX_UNARY(erf, float64, double, T, erf_double(a))
FX_TABLE_FLOATS(erf)

FX_UNARY(erfc, float32, float, T, erfc_wide(a))
FX_UNARY(erfc, float64, double, T, erfc_double(a))
FX_TABLE_FLOATS(erfc)

// With w = -log(1 - y^2), a variable due to Giles (Approximating the erfinv function, 2010): erfinv(y) / y in powers of w - 3.125 where
// w <= 6.25, and in powers of sqrt(w) - 4.25 where sqrt(w) is from 2.5 to 6.1.
static const double erfinv_terms_central[] = {
    0x1.a755e7c8a2d75p+0, 0x1.ebd80d1f3efa4p-3, -0x1.8b6c2ca85f7bep-8, -0x1.8455f859d5126p-11, 0x1.879b5a192d30ep-13,
    -0x1.d220d3c94a6f4p-17, -0x1.6e67b88db452fp-20, 0x1.ca5cae69f8a3ep-22, -0x1.f4689da54701ep-26,
    -0x1.45e33db5910d7p-28, 0x1.21177ea53591cp-30, 0x1.74e66b92fef1dp-38, -0x1.ccaafa4f86d9fp-37};
static const double erfinv_terms_tail[] = {
    0x1.05e6fd110c6d7p+2, 0x1.028defc0dd9d6p+0, 0x1.75b929a7a4cfdp-11, -0x1.3eb971da83bcap-11, 0x1.bc17e0948a822p-13,
    -0x1.0dcc4dbc1f341p-14, 0x1.805b52aef2c62p-16, -0x1.5d41ffa421ce9p-17, 0x1.426560a37874bp-18,
    -0x1.8a86808e250c7p-19, 0x1.13f5acdb108e3p-19, -0x1.7e1077cbf6424p-21, -0x1.137be1b9508adp-24,
    0x1.b50918d3571e3p-24, -0x1.30de588316699p-26};

// |y| < 1
FX_INLINE double erfinv_within_wide(double y) {
  factored complement = factor((1 - y) * (1 + y));
  double w = -(complement.exponent * LN_2 + log1p_fraction_wide(complement.fraction));
  double central = POLYNOMIAL(w - 3.125, erfinv_terms_central), tail = POLYNOMIAL(FX_SQRT(w) - 4.25, erfinv_terms_tail);
  return y * (w < 6.25 ? central : tail);
}

FX_INLINE double erfinv_wide(double y) {
  double within = erfinv_within_wide(y);
  double beyond = absolute(y) == 1 ? with_sign(HUGE_VAL, y) : NAN;
  return absolute(y) < 1 ? within : beyond;
}

// One of Newton's steps doubles the accurate bits. Near 1 it is erfc that has them.
static double erfinv_double(double y) {
  double size = fabs(y);
  if (!(size < 1) || y == 0) return erfinv_wide(y);
  double x = erfinv_within_wide(size);
  double error = x < 0.65 ? (x - size) + x * POLYNOMIAL(x * x, erf_terms_double) : (1 - size) - erfc_tail_double(x);
  return copysign(x - error * 0x1.c5bf891b4ef6bp-1 * exp(x * x), y);
}

FX_UNARY(erfinv, float32, float, T, erfinv_wide(a))
FX_UNARY_ALONE(erfinv, float64, double, T, erfinv_double(a))
FX_TABLE_FLOATS(erfinv)

// MARK: Gamma function

// x less the nearest integer, exactly.
FX_INLINE double fraction_of(double x) { return x - __builtin_elementwise_rint(x); }

// The low part is left out where there is an overflow.
FX_INLINE pair_double product_pair(double a, double b) {
  double product = a * b;
  return (pair_double){product, absolute(product) < HUGE_VAL ? fma(a, b, -product) : 0};
}

FX_INLINE pair_double inverse_pair(double x) {
  double inverse = 1 / x;
  return (pair_double){inverse, absolute(inverse) < HUGE_VAL ? fma(-inverse, x, 1) * inverse : 0};
}

FX_INLINE pair_double inverse_square_pair(double x) {
  pair_double inverse = inverse_pair(x), square = product_pair(inverse.high, inverse.high);
  return (pair_double){square.high, square.high < HUGE_VAL ? square.low + 2 * inverse.high * inverse.low : 0};
}

// Of two pairs of any sizes, the high parts' sum being finite or the low ones zero.
FX_INLINE double rounded_sum(pair_double a, pair_double b) {
  pair_double sum = sum_in_any_order_double(a.high, b.high);
  return absolute(sum.high) < HUGE_VAL ? sum.high + (sum.low + (a.low + b.low)) : sum.high;
}

// (pi / tan(pi x) - 1 / x) / x and (pi tan(pi x) / x - pi^2) / x^2 in powers of x^2, |x| <= 1/4.
static const double cotangent_terms[] = {
    -0x1.a51a6625307d3p+1, -0x1.151322ac7d86bp+1, -0x1.0470984c04adfp+1, -0x1.010b36b31419p+1, -0x1.00412cc43152dp+1,
    -0x1.001075b14fef2p+1, -0x1.fff02547383b3p+0, -0x1.0109109b7820ep+1, -0x1.e4c26e1cbc87fp+0, -0x1.60a3702302c7ap+1};
static const double tangent_terms[] = {
    0x1.03c1f081b5ac4p+5, 0x1.005ed5ead9005p+7, 0x1.000a2b78d5f01p+9, 0x1.00011de87ec79p+11, 0x1.00001f87be455p+13,
    0x1.0000081ea2a01p+15, 0x1.ffff01cea3fd8p+16, 0x1.00097b1a541b5p+19, 0x1.feff93689ac3bp+20, 0x1.04e5fe9366a4fp+23,
    0x1.ba3c465d08b5ep+24, 0x1.b4054fa32de0ap+27, -0x1.94d89248bb048p+29, 0x1.de4d7083be042p+33, -0x1.26566ff075712p+36,
    0x1.264e8e865d4dp+38};
// (pi / sin(pi x))^2 - 1 / x^2 in powers of x^2, |x| <= 1/2.
static const double cosecant_terms[] = {
    0x1.a51a6625307d3p+1, 0x1.9f9cb402bc45fp+2, 0x1.458cbe5f0c0dp+3, 0x1.c1d39fb2cb51dp+3, 0x1.204954091c5a5p+4,
    0x1.60162a0a422bep+4, 0x1.a006e0d698fe5p+4, 0x1.dffa0377cd44dp+4, 0x1.103e8c1729522p+5, 0x1.2d2e9f8dccb21p+5,
    0x1.6822d199881c8p+5, 0x1.add5402f0d7b7p+4, 0x1.16410d0d439bep+7, -0x1.e8923f6c63904p+7, 0x1.746db0b8774b1p+9,
    -0x1.d373fa3600652p+9, 0x1.8ff7b94f02e1fp+9};

// C's lgamma is accurate from 0 to 8. For negative x it is less so, and writes the sign of the gamma function to a global variable that
// other threads may write as well.

// |Gamma(x)| = Gamma(x + n) / |x (x + 1) ... (x + n - 1)|, 1 <= x + n <= 2. The factors are exact, and so is their product nearly, in two
// parts: their logarithm is small where the function is.
static double lgamma_down_to_30(double x) {
  double product = 1, product_low = 0;
  for (; x < 1; x++) {
    pair_double next = product_pair(product, x);
    product_low = product_low * x + next.low;
    product = next.high;
  }
  pair_double logarithm = log_pair_double(fabs(product));
  return rounded_sum((pair_double){lgamma(x), -product_low / product}, (pair_double){-logarithm.high, -logarithm.low});
}

// Stirling's series (Abramowitz and Stegun, 6.1.41) for x >= 8, with the large term, (x - 1/2) (log(x) - 1), as a pair.
static double lgamma_stirling(double x) {
  pair_double logarithm = log_pair_double(x), less = sum_double(logarithm.high, -1);
  double factor = x - 0.5;
  pair_double product = product_pair(factor, less.high);
  if (!(product.high < HUGE_VAL)) return product.high;
  double y = 1 / x, z = y * y;
  double tail = z * (1. / 1680 - z * (1. / 1188 - z * (691. / 360360 - z * (1. / 156 - z * 3617. / 122400))));
  double series = y * (1. / 12 - z * (1. / 360 - z * (1. / 1260 - tail)));
  return product.high + (product.low + factor * (less.low + logarithm.low) + (series + STIRLING_CONSTANT));
}

static double lgamma_double(double x) {
  if (x >= 8) return x < HUGE_VAL ? lgamma_stirling(x) : x;
  if (!(x < 0)) return x == 0 ? HUGE_VAL : lgamma(x);
  if (x > -0x1p-60) return -log(-x);
  double f = fabs(fraction_of(x));
  if (f == 0 || x - x != 0) return HUGE_VAL;
  if (x > -30) return lgamma_down_to_30(x);
  // |Gamma(x)| = pi / |x sin(pi x)| / Gamma(-x)
  return (LOG_PI - log(-x * sin(PI * f))) - lgamma_stirling(-x);
}

FX_UNARY_FLOATS_ALONE(lgamma, lgamma_double(a))
FX_TABLE_FLOATS(lgamma)

// The zero of digamma, in two parts, and digamma(x) / (x - zero) in powers of 2x - 3, 1 <= x <= 2, of (2x - 7) / 3, 2 <= x <= 5, and of
// (2x - 17) / 7, 5 <= x <= 12.
#define DIGAMMA_ZERO 0x1.762d86356be3fp+0
#define DIGAMMA_ZERO_LOW 0x1.b86a722197829p-54
static const double digamma_terms_1[] = {
    0x1.e6f0cbb873616p-1, -0x1.b1cb63005ee96p-3, 0x1.eca189b8e6f7bp-5, -0x1.2feeeb98a7e2ep-6, 0x1.8512e59037edp-8,
    -0x1.fb44202999924p-10, 0x1.4de9aa18023efp-11, -0x1.b9f8b14fb37d1p-13, 0x1.2564715661045p-14,
    -0x1.863559269aa43p-16, 0x1.03c0b2b03c827p-17, -0x1.5a0806b3e02e4p-19, 0x1.cd1f27e48eb0dp-21,
    -0x1.3350d74daed31p-22, 0x1.99e19ccb78a2cp-24, -0x1.1140b333b9ee5p-25, 0x1.69bb27fb05868p-27,
    -0x1.e1c404e615976p-29, 0x1.56c22c305ea08p-30, -0x1.cbf0d6cb9bccep-32, 0x1.803dec94c1f9cp-34,
    -0x1.ed86d5e4c0c01p-36, 0x1.00b0db3f5c405p-35, -0x1.5cca9a45ad731p-37};
static const double digamma_terms_2[] = {
    0x1.1517a6351bb82p-1, -0x1.3dc07c509fdd1p-3, 0x1.be17f5bf530b2p-5, -0x1.52ac8780e49f8p-6, 0x1.0be0b6f1a07d3p-7,
    -0x1.b24aa6766d4b1p-9, 0x1.65ad281d23647p-10, -0x1.29c4f10748fc9p-11, 0x1.f38e508711621p-13, -0x1.a5534388d048cp-14,
    0x1.64c1e90af6a5cp-15, -0x1.2ef9ad4fb026dp-16, 0x1.01e498e33e09p-17, -0x1.b7b5e3d36733dp-19, 0x1.76b75fdeab5bcp-20,
    -0x1.403e35394c845p-21, 0x1.16c484357a0bep-22, -0x1.dc063aad3450fp-24, 0x1.610c8f0bdc74p-25, -0x1.3203f27f25cbbp-26,
    0x1.cfa634d6e3921p-27, -0x1.83bda70c2a498p-28, -0x1.2b91b7dd47a1ep-30, 0x1.cabb57d165cf1p-32, 0x1.1e4dc5baadc3bp-30,
    -0x1.e1f64046326cep-32};
static const double digamma_terms_5[] = {
    0x1.2ea0fab4c0feep-2, -0x1.5baef90d4cdcp-4, 0x1.d5a8ed523b72bp-6, -0x1.52259fa570761p-7, 0x1.f838c67f44428p-9,
    -0x1.805a22d4b7f9dp-10, 0x1.2980dd017035bp-11, -0x1.d1bffff239cddp-13, 0x1.6fb1d1e6fc1a1p-14,
    -0x1.243a2b21aba8ep-15, 0x1.d2fca843596a7p-17, -0x1.76c40268cbebep-18, 0x1.2dd3cd04e1115p-19,
    -0x1.e75accd82bd87p-21, 0x1.8ab660c464e2dp-22, -0x1.42bac51016778p-23, 0x1.062e026139128p-24,
    -0x1.8ee69bad10019p-26, 0x1.471e97527e12ep-27, -0x1.796c4836f0b42p-28, 0x1.2f8b58ec59a9dp-29, 0x1.d06ae7f5b57dbp-34,
    -0x1.0426f086197d5p-35, -0x1.85dd8b3ea5907p-32, 0x1.3a88cf7e392f1p-33};

// At argument.high + argument.low, which is at least 1. The asymptotic series is the one of Abramowitz and Stegun, 6.3.18.
static pair_double digamma_pair(pair_double argument) {
  double x = argument.high;
  if (x > 12) {
    pair_double logarithm = log_pair_double(x);
    double y = 1 / x, z = y * y;
    double tail = z * (1. / 240 - z * (1. / 132 - z * (691. / 32760 - z / 12)));
    double series = z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - tail)));
    return (pair_double){logarithm.high, logarithm.low - (0.5 * y + series)};
  }
  pair_double slope = x <= 2   ? POLYNOMIAL_PAIR(2 * x - 3, digamma_terms_1)
                      : x <= 5 ? POLYNOMIAL_PAIR((2 * x - 7) / 3, digamma_terms_2)
                               : POLYNOMIAL_PAIR((2 * x - 17) / 7, digamma_terms_5);
  pair_double from_zero = sum_in_any_order_double(x, -DIGAMMA_ZERO), value = product_pair(from_zero.high, slope.high);
  // What the first terms have been rounded by is the largest error of the polynomials.
  slope.low += x <= 2 ? 0 : x <= 5 ? -0x1.95d200491d6f5p-55 : -0x1.7ab16e90c465dp-56;
  value.low += from_zero.high * slope.low + (from_zero.low + argument.low - DIGAMMA_ZERO_LOW) * slope.high;
  return value;
}

static double digamma_double(double x) {
  if (x != x || x == HUGE_VAL) return x;
  if (x >= 1) {
    pair_double value = digamma_pair((pair_double){x, 0});
    return value.high + value.low;
  }
  if (x == 0) return copysign(HUGE_VAL, -x);
  // digamma(x) = digamma(x + 1) - 1 / x
  if (x > 0) {
    pair_double inverse = inverse_pair(x);
    return rounded_sum((pair_double){-inverse.high, -inverse.low}, digamma_pair(sum_double(1, x)));
  }
  // digamma(x) = digamma(1 - x) - pi / tan(pi x)
  double f = fraction_of(x), g = 0.5 - fabs(f);
  if (f == 0 || x - x != 0) return NAN;
  pair_double value = digamma_pair(sum_in_any_order_double(1, -x)), inverse = inverse_pair(f);
  if (g < 0.25) {
    g = copysign(g, f);
    pair_double tangent = product_pair(-g, PI_SQUARED);
    tangent.low -= g * (g * g * POLYNOMIAL(g * g, tangent_terms) + PI_SQUARED_LOW);
    return rounded_sum(value, tangent);
  }
  value.low -= f * POLYNOMIAL(f * f, cotangent_terms);
  return rounded_sum((pair_double){-inverse.high, -inverse.low}, value);
}

FX_UNARY_FLOATS_ALONE(digamma, digamma_double(a))
FX_TABLE_FLOATS(digamma)

// x trigamma(x) - 1 in powers of 2x - 3, 1 <= x <= 2, of (2x - 7) / 3, 2 <= x <= 5, and of (2x - 17) / 7, 5 <= x <= 12.
static const double trigamma_terms_1[] = {
    0x1.9bdb2e9d68cd8p-2, -0x1.3bcb502dda504p-3, 0x1.d2fd0148989e9p-5, -0x1.4fe81cfed3e8ep-6, 0x1.d9505b59812b8p-8,
    -0x1.485559f59db54p-9, 0x1.c25455eb21b1dp-11, -0x1.323febfe6664cp-12, 0x1.9e05c3f86884cp-14, -0x1.16a847e533103p-15,
    0x1.75f6c41f258abp-17, -0x1.f4cd5442cb38bp-19, 0x1.4ed8a0c28e1f9p-20, -0x1.bf7f369fb0833p-22, 0x1.2ac3f3f891d1ap-23,
    -0x1.8c6ff0e6a5ce9p-25, 0x1.07f3a352995d5p-26, -0x1.7436fc1761d1bp-28, 0x1.f62eb058f082fp-30,
    -0x1.bb3515b00d61ap-32, 0x1.1403bb96b5927p-33, -0x1.114fe4c0be00dp-33, 0x1.7a9a82eb9d584p-35};
static const double trigamma_terms_2[] = {
    0x1.400120140d7d3p-3, -0x1.291a1459b9d69p-4, 0x1.115e4e1fef017p-5, -0x1.f2ecfaef9c3b7p-7, 0x1.c3e17365d7b96p-8,
    -0x1.967cd8114359p-9, 0x1.6b69601861102p-10, -0x1.431ced3d5b64ep-11, 0x1.1ddf859946f2bp-12, -0x1.f7a5a5cb1391dp-14,
    0x1.b9f31e193a88bp-15, -0x1.827fb05597299p-16, 0x1.510cf102f5e6bp-17, -0x1.252b1ed1ad85bp-18, 0x1.fbcf37851b49dp-20,
    -0x1.b73c8a6094947p-21, 0x1.83c4d25afd513p-22, -0x1.52368944fc25ap-23, 0x1.ef9e1cd00a515p-25,
    -0x1.904473becb2c3p-26, 0x1.4f18783d31721p-26, -0x1.41ddea32ab99p-27, -0x1.c406f37b53e2ep-30, 0x1.24220a63b3398p-30,
    0x1.a1847cd9258aap-30, -0x1.85d28b9482be3p-31};
static const double trigamma_terms_5[] = {
    0x1.f4ba576ddb7b5p-5, -0x1.abccac7238648p-6, 0x1.6ce9f4653006fp-7, -0x1.36ca11876572p-8, 0x1.084a7b3e578dbp-9,
    -0x1.c0d5327dd766fp-11, 0x1.7c90c39cb1a79p-12, -0x1.423a72a0ab4c6p-13, 0x1.10761e1f94061p-14,
    -0x1.cc26aa8d0b96dp-16, 0x1.841198b4201bdp-17, -0x1.46e371051c48dp-18, 0x1.1306778c5b607p-19,
    -0x1.cdd62300275d8p-21, 0x1.8367ef4f6d1efp-22, -0x1.4839572d5a992p-23, 0x1.1493a01c14087p-24,
    -0x1.a7019e8a53003p-26, 0x1.53f02128530c5p-27, -0x1.b90a80150a003p-28, 0x1.946e263474b47p-29, 0x1.d40b64832d66dp-33,
    -0x1.a066e29f5f167p-33, -0x1.ea00e9efcd7cdp-32, 0x1.bc974519ad2ffp-33};

// x > 0. The series is Abramowitz and Stegun's 6.4.12; below 1, trigamma(x) = trigamma(x + 1) + 1 / x^2.
static double trigamma_positive(double x) {
  if (x < 1) {
    pair_double square = inverse_square_pair(x);
    return square.high + ((1 + POLYNOMIAL_IN_ORDER(2 * x - 1, trigamma_terms_1)) / (x + 1) + square.low);
  }
  if (x <= 2) return (1 + POLYNOMIAL_IN_ORDER(2 * x - 3, trigamma_terms_1)) / x;
  if (x <= 5) return (1 + POLYNOMIAL_IN_ORDER((2 * x - 7) / 3, trigamma_terms_2)) / x;
  if (x <= 12) return (1 + POLYNOMIAL_IN_ORDER((2 * x - 17) / 7, trigamma_terms_5)) / x;
  double y = 1 / x, z = y * y;
  double series = 1. / 6 - z * (1. / 30 - z * (1. / 42 - z * (1. / 30 - z * (5. / 66 - z * (691. / 2730 - z * 7. / 6)))));
  return (1 + y * (0.5 + y * series)) / x;
}

// trigamma(x) = (pi / sin(pi x))^2 - trigamma(1 - x)
static double trigamma_double(double x) {
  if (x > 0 || x != x) return x < HUGE_VAL ? trigamma_positive(x) : 1 / x;
  double f = fraction_of(x);
  if (x - x != 0) return NAN;
  if (f == 0) return HUGE_VAL;
  pair_double square = inverse_square_pair(f);
  return square.high + (POLYNOMIAL(f * f, cosecant_terms) - trigamma_positive(1 - x) + square.low);
}

FX_UNARY_FLOATS_ALONE(trigamma, trigamma_double(a))
FX_TABLE_FLOATS(trigamma)

// MARK: Bessel functions

// i0(x) and 2 i1(x) / x in powers of x^2 / 4, |x| <= 2.
static const double i0_terms_small[] = {
    0x1p+0, 0x1p+0, 0x1p-2, 0x1.c71c71c71c712p-6, 0x1.c71c71c71ccb2p-10, 0x1.2345678990bb4p-14, 0x1.02e85c12c4ce9p-19,
    0x1.522a3f13630fep-25, 0x1.522bc45e859e7p-31, 0x1.0ae82a6b46367p-37, 0x1.65980203efd56p-44};
static const double i1_terms_small[] = {
    0x1p+0, 0x1p-1, 0x1.5555555555555p-4, 0x1.c71c71c71c718p-8, 0x1.6c16c16c16e1cp-12, 0x1.845c8a0cd1cefp-17,
    0x1.27e4fb7eab3b7p-22, 0x1.522a4094f0bb3p-28, 0x1.2c985fbfa721fp-34, 0x1.ab1f06250a3d2p-41, 0x1.0331a0c83f8cbp-47};
// e^-x i0(x) and e^-x i1(x) in powers of (x - 5) / 3, 2 <= x <= 8.
static const double i0_terms_middle[] = {
    0x1.77e43edd1b4c9p-3, -0x1.e0eaa4df6964bp-5, 0x1.d3a148575998p-6, -0x1.00a984d918d6dp-6, 0x1.2b899998658fp-7,
    -0x1.67a844a9ff0b9p-8, 0x1.aff88c7b9aa1p-9, -0x1.fa9fa0b519f2fp-10, 0x1.1cf0d643feb1dp-10, -0x1.2fe3e41b6d8afp-11,
    0x1.3159ae7cc16e3p-12, -0x1.204a2c1011045p-13, 0x1.ff48ac408af8cp-15, -0x1.aa3e93e256db8p-16, 0x1.4eace349d79fap-17,
    -0x1.efe2c5089825fp-19, 0x1.5b116412925bfp-20, -0x1.cd5a101765133p-22, 0x1.26a8b222fa8d4p-23,
    -0x1.608b042e18499p-25, 0x1.6e9abb3ca547ap-27, -0x1.9b8eac9aee493p-29, 0x1.4adf9e965822ep-30,
    -0x1.3efb1cda2053cp-32};
static const double i1_terms_middle[] = {
    0x1.4fd0b11fd2844p-3, -0x1.450a376cf63f4p-5, 0x1.a5ef86fc80adbp-7, -0x1.c7c39e4658dddp-9, -0x1.6a5253a952e8p-18,
    0x1.21411f34aa2bdp-10, -0x1.3e2e08c2bd3e9p-10, 0x1.fa6fe1ce60407p-11, -0x1.55c9fe7aabf5ep-11, 0x1.9a0db8d3a6d63p-12,
    -0x1.be5cb443f466p-13, 0x1.bdfec4ecb202p-14, -0x1.9c3da1223693ap-15, 0x1.62966cae9e3cap-16, -0x1.1d38cc1c7d8e8p-17,
    0x1.aec0ae4d1f86p-19, -0x1.321b4067e68b5p-20, 0x1.9bfa59ae1b016p-22, -0x1.0a1afb0cd6536p-23, 0x1.4198b25cd005cp-25,
    -0x1.4f55585a0120fp-27, 0x1.7813d488e5926p-29, -0x1.34833b68cf6f7p-30, 0x1.2f178014fc518p-32};
// sqrt(x) e^-x i0(x) and sqrt(x) e^-x i1(x) in powers of 16 / x - 1, x >= 8.
static const double i0_terms_large[] = {
    0x1.9bd428ad249a5p-2, 0x1.b87969bb93aeap-9, 0x1.1daa72b5cea2ap-13, 0x1.75e5ee752ffcfp-17, 0x1.8e513c51ce4e1p-20,
    0x1.3f499b5651772p-22, 0x1.7d0ce4dde29dap-24, 0x1.51d36791e405p-25, 0x1.728722d13fe24p-26, 0x1.030892d66701dp-27,
    -0x1.d72800d734fa3p-28, -0x1.ca686a23877dfp-27, -0x1.58b153e628bep-28, 0x1.fa5c357882701p-28, 0x1.bfb490877ed87p-28,
    -0x1.b4cbe5381a93cp-29, -0x1.3669802ac2636p-28, 0x1.3985c49ee47bfp-30, 0x1.2789f10766cf1p-29,
    -0x1.460f7b6f89927p-32, -0x1.613b4ce83cf15p-31, 0x1.5b11b4ff49123p-35, 0x1.8a5615c92ba2dp-34};
static const double i1_terms_large[] = {
    0x1.8ebe783a8403p-2, -0x1.3f796198ee60bp-7, -0x1.cbc54df1d4547p-13, -0x1.f89c23093d03p-17, -0x1.ec8e12611df25p-20,
    -0x1.7613747d8d61fp-22, -0x1.ad8b0d2f1997bp-24, -0x1.727e733b808bap-25, -0x1.91e7314c6c0adp-26,
    -0x1.2117acb1b7cfdp-27, 0x1.d688f0236f085p-28, 0x1.e02420c6acd93p-27, 0x1.7ecfac2f9db8ap-28, -0x1.00ea37aaa36d7p-27,
    -0x1.dcbc3316a0026p-28, 0x1.ae4a82d2ffcf8p-29, 0x1.46717d4c7a2bdp-28, -0x1.2d19fea7d9852p-30,
    -0x1.3517c7dc84724p-29, 0x1.33b0c769e0373p-32, 0x1.70723da737548p-31, -0x1.444aadffdec7cp-35,
    -0x1.9abf0caa8317fp-34};

// e^x times the factor, which may be within the range even where the exponential isn't.
static double exp_times(double x, pair_double factor) {
  scaled e = exp_scaled_double(x);
  pair_double mantissa = sum_double(1, e.fraction);
  double product = mantissa.high * factor.high, lost = fma(mantissa.high, factor.high, -product);
  return scaled_by_double(product + (lost + (mantissa.low * factor.high + mantissa.high * factor.low)), e.n);
}

static double bessel_large(double x, pair_double terms) {
  if (!(x < 720)) return x == x ? HUGE_VAL : x;
  double root = sqrt(x), root_low = fma(-root, root, x) / (2 * root);
  double quotient = terms.high / root;
  double rest = fma(-quotient, root, terms.high) + terms.low;
  return exp_times(x, (pair_double){quotient, (rest - quotient * root_low) / root});
}

static double i0_double(double x) {
  double size = fabs(x);
  if (size <= 2) return POLYNOMIAL(x * x / 4, i0_terms_small);
  if (size <= 8) return exp_times(size, POLYNOMIAL_PAIR((size - 5) / 3, i0_terms_middle));
  return bessel_large(size, POLYNOMIAL_PAIR(16 / size - 1, i0_terms_large));
}

static double i1_double(double x) {
  double size = fabs(x);
  if (size <= 2) return x / 2 * POLYNOMIAL(x * x / 4, i1_terms_small);
  if (size <= 8) return copysign(exp_times(size, POLYNOMIAL_PAIR((size - 5) / 3, i1_terms_middle)), x);
  return copysign(bessel_large(size, POLYNOMIAL_PAIR(16 / size - 1, i1_terms_large)), x);
}

FX_UNARY_FLOATS_ALONE(i0, i0_double(a))
FX_TABLE_FLOATS(i0)

FX_UNARY_FLOATS_ALONE(i1, i1_double(a))
FX_TABLE_FLOATS(i1)

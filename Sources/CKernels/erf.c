// The error function, its complement, also scaled, and their inverses.
#include "cores.h"

#define UPPER_HALF 0xfffffffff8000000
#define ROOT_OF_TWO 0x1.6a09e667f3bcdp+0
#define INVERSE_ROOT_OF_PI 0x1.20dd750429b6dp-1

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

// MARK: Scaled

// e^(x^2) times the factor, the square as a pair.
static double exp_square_times(double x, double factor) {
  double square = x * x, low = fma(x, x, -square);
  return exp(square) * (factor + (square < HUGE_VAL ? factor * low : 0));
}

// e^(x^2) erfc(x). The terms are those of erfc; beyond them the asymptotic series (DLMF 7.12.1) needs few.
static double erfcx_double(double x) {
  if (x < -27) return x < -1000 ? HUGE_VAL : 2 * exp_square_times(x, 1);
  if (x < 0.39) return exp_square_times(x, erfc_double(x));
  if (x < 27.3) return POLYNOMIAL((x - 4) / (x + 4), erfc_terms_double) / (1 + 2 * x);
  double y = 1 / x, z = y * y / 2;
  return INVERSE_ROOT_OF_PI * y * (1 - z * (1 - 3 * z * (1 - 5 * z * (1 - 7 * z * (1 - 9 * z * (1 - 11 * z))))));
}

FX_UNARY_FLOATS_ALONE(erfcx, erfcx_double(a))
FX_TABLE_FLOATS(erfcx)

// MARK: Quantiles of the normal distribution

// The x >= 0.9 with erfc(x) = q. Of log(erfc(x)) = log(erfcx(x)) - x^2, which is concave and nearly a parabola, Newton's steps from the far
// side need few: each squares the relative error.
static double erfc_inverse_tail(double q) {
  double target = log(q), x = sqrt(-target);
  for (int i = 0; i < 8; i++) {
    double scaled = erfcx_double(x);
    double step = (log(scaled) - x * x - target) * scaled / (2 * INVERSE_ROOT_OF_PI);
    x += step;
    if (fabs(step) < 0x1p-30 * x) break;
  }
  return x;
}

// The x below which a standard normal variable is with probability p.
static double ndtri_double(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -HUGE_VAL : p == 1 ? HUGE_VAL : NAN;
  if (p > 0.1 && p < 0.9) return ROOT_OF_TWO * erfinv_double(2 * p - 1);
  return p < 0.5 ? -ROOT_OF_TWO * erfc_inverse_tail(2 * p) : ROOT_OF_TWO * erfc_inverse_tail(2 * (1 - p));
}

FX_UNARY_FLOATS_ALONE(ndtri, ndtri_double(a))
FX_TABLE_FLOATS(ndtri)

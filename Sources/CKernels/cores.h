// The exponential and the logarithm, on which half of the other functions are built. No branches and no calls, so that loops of them
// are vectorised.
//
// There are up to three versions of a function. The one named `single` computes in float32 and `double` in float64. The one named `wide`
// computes in float64 for a float32: where a few bits more than float32's make an accurate result, that is simpler than careful
// arithmetic, and the polynomials stay short.
//
// Every polynomial here and in the functions' own files is a minimax approximation found with Remez's algorithm, by exchange of the points
// of greatest error in 200-bit arithmetic; the comment at each says what it approximates and where.
#ifndef FLUXION_CORES_H
#define FLUXION_CORES_H

#include "loops.h"

// A number of twice the precision, the sum of the two parts. The low one is less than the high one's last place.
typedef struct {
  float high, low;
} pair_single;

typedef struct {
  double high, low;
} pair_double;

// The numbers' sum, of which the first must be the larger one or zero.
FX_INLINE pair_single sum_single(float larger, float smaller) {
  float sum = larger + smaller;
  return (pair_single){sum, smaller - (sum - larger)};
}

FX_INLINE pair_double sum_double(double larger, double smaller) {
  double sum = larger + smaller;
  return (pair_double){sum, smaller - (sum - larger)};
}

// The same, whichever is larger.
FX_INLINE pair_double sum_in_any_order_double(double a, double b) {
  double sum = a + b, part = sum - a;
  return (pair_double){sum, (a - (sum - part)) + (b - part)};
}

#define TERM_COUNT(terms) (int)(sizeof(terms) / sizeof *(terms))
#define POLYNOMIAL(x, terms)                                                                                           \
  _Generic((x), float: polynomial_single, double: polynomial_double)(x, terms, TERM_COUNT(terms))

// The terms of even and of odd order apart, which halves the chain of operations that wait for each other. The first term, the largest as a
// rule, is added last.
#define POLYNOMIAL_OF(suffix, T)                                                                                       \
  FX_INLINE T polynomial_##suffix(T x, const T *terms, int count) {                                                    \
    T square = x * x, sum = terms[count - 1], other = terms[count - 2];                                                \
    int i = count - 3;                                                                                                 \
    for (; i > 1; i -= 2) {                                                                                            \
      sum = sum * square + terms[i];                                                                                   \
      other = other * square + terms[i - 1];                                                                           \
    }                                                                                                                  \
    return terms[0] + x * (i == 1 ? terms[1] + (x * other + square * sum) : other + x * sum);                          \
  }
POLYNOMIAL_OF(single, float)
POLYNOMIAL_OF(double, double)

// Horner's scheme, slower and more accurate: for long polynomials whose odd and even terms have opposite signs.
#define POLYNOMIAL_IN_ORDER(x, terms) polynomial_in_order(x, terms, TERM_COUNT(terms))
#define POLYNOMIAL_PAIR(x, terms) sum_double((terms)[0], (x) * polynomial_in_order(x, (terms) + 1, TERM_COUNT(terms) - 1))

FX_INLINE double polynomial_in_order(double x, const double *terms, int count) {
  double sum = terms[count - 1];
  for (int i = count - 2; i >= 0; i--) sum = sum * x + terms[i];
  return sum;
}

// Constants in parts, the first of which have so few bits that their products with small integers are exact.
#define LOG2_E 0x1.71547652b82fep+0
#define LN_2 0x1.62e42fefa39efp-1
#define LN_2_HIGH 0x1.62e42feep-1
#define LN_2_LOW 0x1.a39ef35793c76p-33
#define LN_2_HIGH_SINGLE 0x1.62e4p-1f
#define LN_2_LOW_SINGLE 0x1.7f7d1cp-20f

// Adding this leaves a float64 no bits below one: the sum's low bits are the nearest integer.
#define SHIFT_DOUBLE 0x1.8p52
#define SHIFT_SINGLE 0x1.8p23f

// Keep x within bounds. A NaN passes.
#define AT_MOST(bound, x) ((x) > (bound) ? (bound) : (x))
#define AT_LEAST(bound, x) ((x) < (bound) ? (bound) : (x))

FX_INLINE double absolute(double x) { return __builtin_elementwise_abs(x); }
FX_INLINE double with_sign(double x, double sign) { return __builtin_elementwise_copysign(x, sign); }

// 2^n, n in the low bits.
FX_INLINE double power_of_two(uint64_t n) { return float64_from_bits((n + 1023) << 52); }

// To twice float32's precision, by a division of float32s and one of Newton's steps. x has to be in the range of float32.
FX_INLINE double reciprocal_wide(double x) {
  double y = 1 / (float)x;
  return y + y * (1 - x * y);
}

// To an accuracy little less than the last rounding's. Half of the quotient's and the divisor's bits at a time have exact products, so that
// the rest of the division comes out right without a fused multiplication and addition.
FX_INLINE float quotient_single(pair_single dividend, pair_single divisor) {
  const uint32_t upper_half = 0xfffff000;
  float reciprocal = 1 / divisor.high;
  float quotient = float32_from_bits(float32_bits(dividend.high * reciprocal) & upper_half);
  float upper = float32_from_bits(float32_bits(divisor.high) & upper_half);
  float lower = (divisor.high - upper) + divisor.low;
  float rest = ((dividend.high - quotient * upper) - quotient * lower) + dividend.low;
  return quotient + rest * reciprocal;
}

// MARK: Exponential

// e^x = 2^n (1 + fraction), n in the low bits.
typedef struct {
  double fraction;
  uint64_t n;
} scaled;

// e^x = 2^n (1 + fraction + rest), the rest being what the fraction has no bits for.
typedef struct {
  float fraction, rest;
  uint32_t n;
} scaled_single;

// (e^r - 1 - r) / r^2, |r| <= ln(2) / 2.
static const float exp_terms_single[] = {0x1p-1f, 0x1.55546p-3f, 0x1.55547p-5f, 0x1.124f4ap-7f, 0x1.6d4372p-10f};
static const double exp_terms_wide[] = {
    0x1.00000025f3651p-1, 0x1.555555885ad7ap-3, 0x1.5554b125a70e8p-5, 0x1.1110907d4a5f8p-7, 0x1.6d7200ca53b65p-10, 0x1.a1a044a490a1p-13};
static const double exp_terms_double[] = {
    0x1p-1,
    0x1.5555555555559p-3,
    0x1.555555555555ap-5,
    0x1.111111110f75dp-7,
    0x1.6c16c16c1458p-10,
    0x1.a01a01afa6d55p-13,
    0x1.a01a01b069935p-16,
    0x1.71ddf8e420931p-19,
    0x1.27e4c62fc35ccp-22,
    0x1.af5dd40cfb597p-26,
    0x1.1f949f5f19109p-29};

// 2^n x in two steps, since neither 2^128 nor 2^-150 is a float32. The second makes the result infinite or subnormal, and rounds once, if
// that is what it is. Bits above an exponent's are shifted out.
FX_INLINE float scaled_by_single(float x, uint32_t n) {
  uint32_t half = n >> 1;
  return x * float32_from_bits((half + 127) << 23) * float32_from_bits((n - half + 127) << 23);
}

FX_INLINE double scaled_by_double(double x, uint64_t n) {
  uint64_t half = n >> 1;
  return x * power_of_two(half) * power_of_two(n - half);
}

// The fastest of them, since it is the most wanted: it has no rest.
FX_INLINE scaled_single exp_scaled_fast_single(float x) {
  float shifted = x * (float)LOG2_E + SHIFT_SINGLE;
  float n = shifted - SHIFT_SINGLE;
  float r = (x - n * LN_2_HIGH_SINGLE) - n * LN_2_LOW_SINGLE;
  return (scaled_single){r + r * r * POLYNOMIAL(r, exp_terms_single), 0, float32_bits(shifted)};
}

FX_INLINE float exp_single(float x) {
  scaled_single e = exp_scaled_fast_single(AT_LEAST(-104.f, AT_MOST(89.f, x)));
  return scaled_by_single(1 + e.fraction, e.n);
}

// For functions that go on computing with the exponential.
FX_INLINE scaled_single exp_scaled_single(float x) {
  float shifted = x * (float)LOG2_E + SHIFT_SINGLE;
  float n = shifted - SHIFT_SINGLE;
  float high = x - n * LN_2_HIGH_SINGLE, low = n * LN_2_LOW_SINGLE;
  float r = high - low;
  float small = r * r * POLYNOMIAL(r, exp_terms_single) + ((high - r) - low);
  float fraction = r + small;
  return (scaled_single){fraction, (r - fraction) + small, float32_bits(shifted)};
}

FX_INLINE scaled exp_scaled_wide(double x) {
  double shifted = x * LOG2_E + SHIFT_DOUBLE;
  double n = shifted - SHIFT_DOUBLE;
  double r = x - n * LN_2;
  return (scaled){r + r * r * POLYNOMIAL(r, exp_terms_wide), float64_bits(shifted)};
}

FX_INLINE scaled exp_scaled_double(double x) {
  double shifted = x * LOG2_E + SHIFT_DOUBLE;
  double n = shifted - SHIFT_DOUBLE;
  double high = x - n * LN_2_HIGH, low = n * LN_2_LOW;
  double r = high - low;
  double rest = (high - r) - low;
  return (scaled){r + (r * r * POLYNOMIAL(r, exp_terms_double) + rest), float64_bits(shifted)};
}

// |x| < 700.
FX_INLINE double exp_wide(double x) {
  scaled e = exp_scaled_wide(x);
  return (1 + e.fraction) * power_of_two(e.n);
}

FX_INLINE double exp_double(double x) {
  scaled e = exp_scaled_double(AT_LEAST(-746., AT_MOST(710., x)));
  return scaled_by_double(1 + e.fraction, e.n);
}

// e^x - 1 with its relative accuracy near zero: 2^n - 1 is exact. |x| < 700.
FX_INLINE double minus_one(scaled e) {
  double power = power_of_two(e.n);
  return (power - 1) + power * e.fraction;
}

FX_INLINE double expm1_wide(double x) { return minus_one(exp_scaled_wide(x)); }

// MARK: Logarithm

// x = 2^exponent (1 + fraction), 1 + fraction between the square roots of 1/2 and 2.
typedef struct {
  double exponent, fraction;
} factored;

// The bits of the square root of 1/2. A number's bits less these have, in the place of its exponent, that of the factorization.
static const uint32_t root_of_half_single = 0x3f3504f3;
static const uint64_t root_of_half_double = 0x3fe6a09e667f3bcd;

// x has to be positive, finite and normal. There are few instructions for 64-bit integers, and the exponent becomes a float without them.
FX_INLINE factored factor(double x) {
  uint64_t bits = float64_bits(x) + (0x3ff0000000000000 - root_of_half_double);
  double biased = float64_from_bits(bits >> 52 | float64_bits(0x1p52));
  double mantissa = float64_from_bits((bits & 0xfffffffffffff) + root_of_half_double);
  return (factored){biased - (0x1p52 + 1023), mantissa - 1};
}

// What a logarithm gives for the others.
FX_INLINE float unless_special_single(float x, float logarithm) {
  float positive = x < HUGE_VALF ? logarithm : x;
  return x > 0 ? positive : x == 0 ? -HUGE_VALF : NAN;
}

FX_INLINE double unless_special_double(double x, double logarithm) {
  double positive = x < HUGE_VAL ? logarithm : x;
  return x > 0 ? positive : x == 0 ? -HUGE_VAL : NAN;
}

// (log(1 + f) - f + f^2 / 2) / f^3, 1 + f between the square roots of 1/2 and 2.
static const float log_terms_single[] = {
    0x1.555552p-2f, -0x1.00022ep-2f, 0x1.99a128p-3f, -0x1.54716cp-3f, 0x1.22c46ep-3f, -0x1.0d780ep-3f, 0x1.05dd68p-3f, -0x1.3a2c02p-4f};
// (log(1 + f) - f) / f^2, in the same range.
static const double log_terms_wide[] = {
    -0x1.fffffffebba49p-2,
    0x1.555555623aca2p-2,
    -0x1.000001846b36fp-2,
    0x1.99998bfe63fa1p-3,
    -0x1.555454fcac97bp-3,
    0x1.24943b7437007p-3,
    -0x1.00244d467f2a9p-3,
    0x1.c70179ccf91f4p-4,
    -0x1.94a205e932f97p-4,
    0x1.70b29dbb37338p-4,
    -0x1.7d1599e0ecca4p-4,
    0x1.7c5d941ea39ecp-4,
    -0x1.97e5a4043557p-5};
// (log((1 + s) / (1 - s)) / s - 2) / s^2 in powers of s^2, s^2 <= 0.0295.
static const double log_terms_double[] = {
    0x1.555555555558fp-1,
    0x1.999999998083dp-2,
    0x1.2492494186ap-2,
    0x1.c71c5247f8f66p-3,
    0x1.746635c93d871p-3,
    0x1.39a258ffc8d27p-3,
    0x1.2f01b166c2a9dp-3};

// log(1 + f) - f
FX_INLINE float log1p_rest_single(float f) { return f * f * (f * POLYNOMIAL(f, log_terms_single) - 0.5f); }

// The exponent's part and f are the largest terms, and what their sum loses is added to the small ones.
FX_INLINE float log_single(float x) {
  bool subnormal = x < 0x1p-126f;
  uint32_t bits = float32_bits(subnormal ? x * 0x1p23f : x) + (0x3f800000 - root_of_half_single);
  float exponent = (float)((int32_t)(bits >> 23) - (subnormal ? 127 + 23 : 127));
  float f = float32_from_bits((bits & 0x7fffff) + root_of_half_single) - 1;
  pair_single sum = sum_single(exponent * LN_2_HIGH_SINGLE, f);
  float logarithm = sum.high + (log1p_rest_single(f) + (exponent * LN_2_LOW_SINGLE + sum.low));
  return unless_special_single(x, logarithm);
}

FX_INLINE float log1p_single(float x) {
  float u = 1 + x, part = u - 1;
  float rounding = (1 - (u - part)) + (x - part);
  uint32_t bits = float32_bits(u) + (0x3f800000 - root_of_half_single);
  float exponent = (float)((int32_t)(bits >> 23) - 127);
  bool whole = exponent == 0;
  float f = whole ? x : float32_from_bits((bits & 0x7fffff) + root_of_half_single) - 1;
  pair_single sum = sum_single(exponent * LN_2_HIGH_SINGLE, f);
  float lost = sum.low + (whole ? 0 : rounding / u);
  return sum.high + (log1p_rest_single(f) + (exponent * LN_2_LOW_SINGLE + lost));
}

FX_INLINE double log1p_fraction_wide(double f) { return f + f * f * POLYNOMIAL(f, log_terms_wide); }

// log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + R(s))), where s = f / (2 + f), as in fdlibm's e_log.c. Returns log(1 + f) - f.
FX_INLINE double log1p_rest_double(double f) {
  double s = f / (2 + f), square = s * s, half = 0.5 * f * f;
  return s * (half + square * POLYNOMIAL(square, log_terms_double)) - half;
}

// x has to be positive and finite.
FX_INLINE pair_double log_pair_double(double x) {
  bool subnormal = x < 0x1p-1022;
  factored y = factor(subnormal ? x * 0x1p54 : x);
  double exponent = y.exponent - (subnormal ? 54 : 0);
  pair_double sum = sum_double(exponent * LN_2_HIGH, y.fraction);
  return (pair_double){sum.high, log1p_rest_double(y.fraction) + (exponent * LN_2_LOW + sum.low)};
}

FX_INLINE double log_double(double x) {
  pair_double logarithm = log_pair_double(x);
  return unless_special_double(x, logarithm.high + logarithm.low);
}

// log(1 + x). For an exponent of zero the fraction is x itself, to the last bit that 1 + x may have lost.
FX_INLINE double log1p_wide(double x) {
  factored y = factor(1 + x);
  double f = y.exponent == 0 ? x : y.fraction;
  return y.exponent * LN_2 + log1p_fraction_wide(f);
}

FX_INLINE double log1p_double(double x) {
  pair_double u = sum_in_any_order_double(1, x);
  factored y = factor(u.high);
  bool whole = y.exponent == 0;
  double f = whole ? x : y.fraction;
  pair_double sum = sum_double(y.exponent * LN_2_HIGH, f);
  double lost = sum.low + (whole ? 0 : u.low / u.high);
  return sum.high + (log1p_rest_double(f) + (y.exponent * LN_2_LOW + lost));
}

// x + log(1 + t) for t from 0 to 1, where one comparison tells whether the exponent is 0 or 1.
FX_INLINE double plus_log1p_of_unit_double(double x, double t) {
  bool large = t > 0.41421356;
  double f = large ? 0.5 * (t - 1) : t;
  pair_double sum = sum_double(large ? LN_2_HIGH : 0, f);
  pair_double total = sum_in_any_order_double(x, sum.high);
  double result = total.high + (log1p_rest_double(f) + (total.low + (sum.low + (large ? LN_2_LOW : 0))));
  return absolute(x) < HUGE_VAL ? result : x + t;
}

#endif

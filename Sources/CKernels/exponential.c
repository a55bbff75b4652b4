// Powers, roots, exponentials and logarithms.
#include "cores.h"

FX_UNARY_FLOATS(sqrt, FX_SQRT(a))
FX_TABLE_FLOATS(sqrt)

FX_UNARY_FLOATS(rsqrt, 1 / FX_SQRT(a))
FX_TABLE_FLOATS(rsqrt)

// The exponential of what is so far from the ends of the range that its power of two is a number which the exponent's bits can be added to.
FX_INLINE float exp_inside_single(float x) {
  scaled_single e = exp_scaled_fast_single(x);
  return float32_from_bits(float32_bits(1 + e.fraction) + (e.n << 23));
}

FX_INLINE double exp_inside_double(double x) {
  scaled e = exp_scaled_double(x);
  return float64_from_bits(float64_bits(1 + e.fraction) + (e.n << 52));
}

// Stretches without an argument near the ends of the range, which are nearly all, are spared what those need. The bits of absolute values are
// in the order of the values, those of a NaN above all.
#define EXP_LOOP(suffix, T, integer, bits, bound, inside, anywhere)                                                    \
  FX_CLONES FX_LOOP(exp, suffix) {                                                                                     \
    const long stretch = 1024;                                                                                         \
    for (long start = 0, count = n; start < count; start += stretch) {                                                 \
      const T *as = (const T *)pa + start;                                                                             \
      T *results = (T *)out + start;                                                                                   \
      long n = count - start < stretch ? count - start : stretch;                                                      \
      integer largest = 0;                                                                                             \
      FX_EACH {                                                                                                        \
        integer magnitude = (integer)(bits(as[i]) & ~bits(-0.f));                                                      \
        largest = magnitude > largest ? magnitude : largest;                                                           \
      }                                                                                                                \
      if (largest > (integer)bits(bound))                                                                              \
        FX_EACH results[i] = anywhere(as[i]);                                                                          \
      else                                                                                                             \
        FX_EACH results[i] = inside(as[i]);                                                                            \
    }                                                                                                                  \
  }
EXP_LOOP(float32, float, int32_t, float32_bits, 87, exp_inside_single, exp_single)
EXP_LOOP(float64, double, int64_t, float64_bits, 708, exp_inside_double, exp_double)
FX_TABLE_FLOATS(exp)

FX_INLINE float exp2_single(float x) {
  x = AT_LEAST(-151.f, AT_MOST(129.f, x));
  float shifted = x + SHIFT_SINGLE;
  float r = (x - (shifted - SHIFT_SINGLE)) * (float)LN_2;
  pair_single sum = sum_single(1, r);
  return scaled_by_single(sum.high + (r * r * POLYNOMIAL(r, exp_terms_single) + sum.low), float32_bits(shifted));
}

FX_INLINE double exp2_double(double x) {
  x = AT_LEAST(-1080., AT_MOST(1025., x));
  double shifted = x + SHIFT_DOUBLE;
  double r = (x - (shifted - SHIFT_DOUBLE)) * LN_2;
  return scaled_by_double(1 + (r + r * r * POLYNOMIAL(r, exp_terms_double)), float64_bits(shifted));
}

FX_UNARY(exp2, float32, float, T, exp2_single(a))
FX_UNARY(exp2, float64, double, T, exp2_double(a))
FX_TABLE_FLOATS(exp2)

// The sign is x's: it would be lost for a negative zero.
FX_INLINE double expm1_single(double x) { return with_sign(expm1_wide(AT_LEAST(-50., AT_MOST(89., x))), x); }

// Halves, because 2^1024 is beyond the range although less than half of the results at the end of the range are.
FX_INLINE double expm1_double(double x) {
  double bounded = AT_LEAST(-50., AT_MOST(710., x));
  scaled e = exp_scaled_double(bounded);
  double half = power_of_two(e.n - 1);
  double result = ((half - 0.5) + half * e.fraction) * 2;
  return absolute(x) < 0x1p-54 ? x : result;
}

FX_UNARY(expm1, float32, float, T, expm1_single(a))
FX_UNARY(expm1, float64, double, T, expm1_double(a))
FX_TABLE_FLOATS(expm1)

FX_UNARY(log, float32, float, T, log_single(a))
FX_UNARY(log, float64, double, T, log_double(a))
FX_TABLE_FLOATS(log)

// The exponent is added to the fraction's logarithm to the base in question: those of the base's powers are exact.
FX_INLINE double log2_single(double x) {
  factored y = factor(x);
  return unless_special_double(x, y.exponent + log1p_fraction_wide(y.fraction) * LOG2_E);
}

FX_INLINE double log10_single(double x) {
  factored y = factor(x);
  return unless_special_double(x, y.exponent * 0x1.34413509f79ffp-2 + log1p_fraction_wide(y.fraction) * 0x1.bcb7b1526e50ep-2);
}

FX_UNARY(log2, float32, float, T, log2_single(a))
FX_UNARY_ALONE(log2, float64, double, T, log2(a))
FX_TABLE_FLOATS(log2)

FX_UNARY(log10, float32, float, T, log10_single(a))
FX_UNARY_ALONE(log10, float64, double, T, log10(a))
FX_TABLE_FLOATS(log10)

FX_UNARY(log1p, float32, float, T, unless_special_single(1 + a, __builtin_elementwise_copysign(log1p_single(a), a)))
FX_UNARY(log1p, float64, double, T, unless_special_double(1 + a, with_sign(log1p_double(a), a)))
FX_TABLE_FLOATS(log1p)

// With e^-x = 2^n m this is 1 / (1 + 2^n m) = 2^-n / (2^-n + m), where nothing is beyond the range before the last step.
FX_INLINE float sigmoid_single(float x) {
  scaled_single e = exp_scaled_single(AT_LEAST(-20.f, AT_MOST(104.f, -x)));
  pair_single mantissa = sum_single(1, e.fraction);
  uint32_t half = e.n >> 1;
  float power = float32_from_bits((127 - half) << 23), other_power = float32_from_bits((127 - (e.n - half)) << 23);
  float both = power * other_power;
  bool large = both > mantissa.high;
  pair_single sum = sum_single(large ? both : mantissa.high, large ? mantissa.high : both);
  sum.low += mantissa.low;
  return quotient_single((pair_single){1, 0}, sum) * power * other_power;
}

// 1 / (1 + e^-x) = e^x / (1 + e^x), of which that is taken whose exponential is at most 1.
FX_INLINE double sigmoid_double(double x) {
  double t = exp_double(-absolute(x));
  double sum = 1 + t, lost = (1 - sum) + t;
  double quotient = (x >= 0 ? 1 : t) / sum;
  double reciprocal = x >= 0 ? quotient : 1 - quotient;
  return quotient - quotient * (lost * reciprocal);
}

FX_UNARY(sigmoid, float32, float, T, sigmoid_single(a))
FX_UNARY(sigmoid, float64, double, T, sigmoid_double(a))
FX_TABLE_FLOATS(sigmoid)

// x / (1 + e^-x), in float64, so that the product costs no accuracy. At -infinity that is a NaN.
FX_INLINE double silu_wide(double x) {
  double sigmoid = 1 / (1 + exp_wide(AT_LEAST(-50., AT_MOST(110., -x))));
  return x * (x < -110 ? 0 : sigmoid);
}

// The exponential's mantissa is scaled last: x times it is a number before and after the exponential is.
FX_INLINE double silu_double(double x) {
  double bounded = AT_LEAST(-760., x);
  scaled e = exp_scaled_double(AT_LEAST(-760., -absolute(x)));
  pair_double mantissa = sum_double(1, e.fraction), sum = sum_double(1, scaled_by_double(mantissa.high, e.n));
  bool negative = x < 0;
  double quotient = bounded * (negative ? mantissa.high : 1) / sum.high;
  double correction = (negative ? mantissa.low / mantissa.high : 0) - sum.low / sum.high;
  double value = scaled_by_double(quotient + quotient * correction, negative ? e.n : 0);
  return absolute(x) < HUGE_VAL ? value : x > 0 ? x : NAN;
}

FX_UNARY(silu, float32, float, T, silu_wide(a))
FX_UNARY(silu, float64, double, T, silu_double(a))
FX_TABLE_FLOATS(silu)

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
FX_INLINE float softplus_single(float x) {
  scaled_single e = exp_scaled_single(AT_LEAST(-104.f, -__builtin_elementwise_abs(x)));
  pair_single mantissa = sum_single(1, e.fraction);
  float t = scaled_by_single(mantissa.high, e.n), t_low = scaled_by_single(mantissa.low + e.rest, e.n);
  // log(1 + t) = log(2) + log(1 + (t - 1) / 2)
  bool large = t > 0.41421356f;
  float less = t - 1, lost = t - (less + 1);
  float f = large ? 0.5f * less : t, f_low = large ? 0.5f * (lost + t_low) : t_low;
  pair_single sum = sum_single(large ? LN_2_HIGH_SINGLE : 0, f);
  float small = log1p_rest_single(f) + (f_low * (1 - f) + (sum.low + (large ? LN_2_LOW_SINGLE : 0)));
  float positive = AT_LEAST(0.f, x);
  pair_single total = positive > sum.high ? sum_single(positive, sum.high) : sum_single(sum.high, positive);
  return positive < HUGE_VALF ? total.high + (total.low + small) : x;
}

FX_INLINE double softplus_double(double x) { return plus_log1p_of_unit_double(AT_LEAST(0., x), exp_double(-absolute(x))); }

FX_UNARY(softplus, float32, float, T, softplus_single(a))
FX_UNARY(softplus, float64, double, T, softplus_double(a))
FX_TABLE_FLOATS(softplus)

// log(e^a + e^b) = max(a, b) + log(1 + e^-|a - b|). What the difference loses, up to half a unit of its last place, is a relative error of
// the exponential, which would show where the result is close to zero. Equal operands may be infinities.
FX_INLINE double logaddexp_double(double a, double b) {
  double larger = a > b ? a : b, smaller = a > b ? b : a;
  double difference = a == b ? 0 : smaller - larger;
  double lost = sum_in_any_order_double(smaller, -larger).low;
  scaled e = exp_scaled_double(AT_LEAST(-746., difference));
  e.fraction += absolute(lost) < 1 ? lost * (1 + e.fraction) : 0;
  return plus_log1p_of_unit_double(larger, scaled_by_double(1 + e.fraction, e.n));
}

FX_BINARY_FLOATS(logaddexp, logaddexp_double(a, b))
FX_TABLE_FLOATS(logaddexp)

// Powers of integers wrap. Negative exponents give the reciprocal, cut off to a whole number.
FX_INLINE int64_t integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
  uint64_t power = 1, square = (uint64_t)base;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) power *= square;
    square *= square;
  }
  return (int64_t)power;
}

// |x|^y = 2^(y log2|x|), with the special cases of C's pow.
FX_INLINE double pow_single(double x, double y) {
  double size = absolute(x);
  factored f = factor(size);
  double logarithm = unless_special_double(size, f.exponent + log1p_fraction_wide(f.fraction) * LOG2_E);
  double exponent = logarithm == 0 ? 0 : y * logarithm;
  exponent = AT_LEAST(-160., AT_MOST(140., exponent));
  double shifted = exponent + SHIFT_DOUBLE;
  double r = (exponent - (shifted - SHIFT_DOUBLE)) * LN_2;
  double power = (1 + r + r * r * POLYNOMIAL(r, exp_terms_wide)) * power_of_two(float64_bits(shifted));

  bool whole = __builtin_elementwise_rint(y) == y;
  bool odd = whole && __builtin_elementwise_rint(y * 0.5) != y * 0.5;
  double with_odd_sign = odd ? with_sign(power, x) : power;
  double defined = x < 0 && size < HUGE_VAL && !whole ? NAN : with_odd_sign;
  return y == 0 || x == 1 ? 1 : y != y || x != x ? NAN : defined;
}

FX_BINARY_INTEGERS_ALONE(pow, integer_power(a, b))
FX_BINARY(pow, float32, float, T, pow_single(a, b))
FX_BINARY_ALONE(pow, float64, double, T, pow(a, b))
FX_TABLE_NUMBERS(pow)

// Squares of float32 neither overflow nor underflow in float64. An infinity prevails over a NaN.
FX_INLINE double hypot_single(double x, double y) {
  bool infinite = absolute(x) == HUGE_VAL || absolute(y) == HUGE_VAL;
  return infinite ? HUGE_VAL : FX_SQRT(x * x + y * y);
}

FX_BINARY(hypot, float32, float, T, hypot_single(a, b))
FX_BINARY_ALONE(hypot, float64, double, T, hypot(a, b))
FX_TABLE_FLOATS(hypot)

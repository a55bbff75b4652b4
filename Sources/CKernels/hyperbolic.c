// Hyperbolic functions and their inverses.
#include "cores.h"

// With t = e^|x| - 1 this is (t + t / (t + 1)) / 2.
FX_INLINE double sinh_wide(double x) {
  double t = expm1_wide(AT_MOST(90., absolute(x)));
  return with_sign(0.5 * (t + t / (t + 1)), x);
}

FX_INLINE double cosh_wide(double x) {
  double t = exp_wide(AT_MOST(90., absolute(x)));
  return 0.5 * t + 0.5 / t;
}

FX_UNARY(sinh, float32, float, T, sinh_wide(a))
FX_UNARY_ALONE(sinh, float64, double, T, sinh(a))
FX_TABLE_FLOATS(sinh)

FX_UNARY(cosh, float32, float, T, cosh_wide(a))
FX_UNARY_ALONE(cosh, float64, double, T, cosh(a))
FX_TABLE_FLOATS(cosh)

// With e^2|x| = 2^n m this is (2^n m - 1) / (2^n m + 1) = (m - 2^-n) / (m + 2^-n), where m - 1 has more bits than m. Above the bound the
// result is 1.
FX_INLINE float tanh_single(float x) {
  scaled_single e = exp_scaled_single(AT_MOST(19.f, 2 * __builtin_elementwise_abs(x)));
  float power = float32_from_bits((127 - e.n) << 23);
  float less = 1 - power, lost = (1 - less) - power;
  pair_single difference = sum_single(less, e.fraction), sum = sum_single(1, e.fraction);
  pair_single whole = sum_single(sum.high, power);
  difference.low += lost + e.rest;
  whole.low += sum.low + e.rest;
  return __builtin_elementwise_copysign(quotient_single(difference, whole), x);
}

// With t = e^-2|x| - 1 this is -t / (2 + t), both in two parts.
FX_INLINE double tanh_double(double x) {
  scaled e = exp_scaled_double(AT_LEAST(-50., -2 * absolute(x)));
  double power = power_of_two(e.n), less = power - 1, scaled_fraction = power * e.fraction;
  double t = less + scaled_fraction, t_low = scaled_fraction - (t - less);
  double divisor = 2 + t, divisor_low = (t - (divisor - 2)) + t_low;
  double quotient = -t / divisor;
  double reciprocal = 0.5 + 0.5 * quotient;
  return with_sign(quotient - (t_low + quotient * divisor_low) * reciprocal, x);
}

FX_UNARY(tanh, float32, float, T, tanh_single(a))
FX_UNARY(tanh, float64, double, T, tanh_double(a))
FX_TABLE_FLOATS(tanh)

// log(|x| + sqrt(x^2 + 1)), the 1 taken out of the sum so that a small x isn't lost in it.
FX_INLINE double asinh_wide(double x) {
  double size = absolute(x), square = x * x;
  double logarithm = log1p_wide(size + square / (1 + FX_SQRT(square + 1)));
  return with_sign(size < HUGE_VAL ? logarithm : size, x);
}

FX_INLINE double acosh_wide(double x) {
  double more = x - 1;
  double logarithm = log1p_wide(more + FX_SQRT(more * (more + 2)));
  double defined = x < HUGE_VAL ? logarithm : x;
  return x >= 1 ? defined : NAN;
}

FX_INLINE double atanh_wide(double x) {
  double size = absolute(x);
  double half_logarithm = 0.5 * log1p_wide(2 * size / (1 - size));
  double defined = size < 1 ? half_logarithm : HUGE_VAL;
  return with_sign(size <= 1 ? defined : NAN, x);
}

// Close to 1 the logarithm's argument, 1 + t + sqrt(t^2 + 2t) where t = x - 1, is needed in two parts.
static double acosh_double(double x) {
  if (!(x < 2)) return x < 0x1p27 ? log(2 * x - 1 / (x + sqrt(x * x - 1))) : log(x) + LN_2;
  if (x <= 1) return x == 1 ? 0 : NAN;
  double more = x - 1;
  double square = more * more, square_low = fma(more, more, -square);
  double sum = 2 * more + square, sum_low = (square - (sum - 2 * more)) + square_low;
  double root = sqrt(sum);
  double root_low = (fma(-root, root, sum) + sum_low) / (2 * root);
  double total = root + more, total_low = (more - (total - root)) + root_low;
  return log1p(total) + total_low / (1 + total);
}

FX_UNARY(asinh, float32, float, T, asinh_wide(a))
FX_UNARY_ALONE(asinh, float64, double, T, asinh(a))
FX_TABLE_FLOATS(asinh)

FX_UNARY(acosh, float32, float, T, acosh_wide(a))
FX_UNARY_ALONE(acosh, float64, double, T, acosh_double(a))
FX_TABLE_FLOATS(acosh)

FX_UNARY(atanh, float32, float, T, atanh_wide(a))
FX_UNARY_ALONE(atanh, float64, double, T, atanh(a))
FX_TABLE_FLOATS(atanh)

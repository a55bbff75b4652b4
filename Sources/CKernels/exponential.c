// Powers, roots, exponentials and logarithms.
#include "loops.h"

FX_UNARY_FLOATS(sqrt, FX_SQRT(a))
FX_TABLE_FLOATS(sqrt)

FX_UNARY_FLOATS(rsqrt, 1 / FX_SQRT(a))
FX_TABLE_FLOATS(rsqrt)

FX_UNARY_ALONE(exp, float32, float, T, exp(a))
FX_UNARY_ALONE(exp, float64, double, T, exp(a))
FX_TABLE_FLOATS(exp)

FX_UNARY_ALONE(exp2, float32, float, T, exp2(a))
FX_UNARY_ALONE(exp2, float64, double, T, exp2(a))
FX_TABLE_FLOATS(exp2)

FX_UNARY_ALONE(expm1, float32, float, T, expm1(a))
FX_UNARY_ALONE(expm1, float64, double, T, expm1(a))
FX_TABLE_FLOATS(expm1)

FX_UNARY_ALONE(log, float32, float, T, log(a))
FX_UNARY_ALONE(log, float64, double, T, log(a))
FX_TABLE_FLOATS(log)

FX_UNARY_ALONE(log2, float32, float, T, log2(a))
FX_UNARY_ALONE(log2, float64, double, T, log2(a))
FX_TABLE_FLOATS(log2)

FX_UNARY_ALONE(log10, float32, float, T, log10(a))
FX_UNARY_ALONE(log10, float64, double, T, log10(a))
FX_TABLE_FLOATS(log10)

FX_UNARY_ALONE(log1p, float32, float, T, log1p(a))
FX_UNARY_ALONE(log1p, float64, double, T, log1p(a))
FX_TABLE_FLOATS(log1p)

FX_INLINE double sigmoid_double(double x) {
  double t = exp(-fabs(x));
  return (x >= 0 ? 1 : t) / (1 + t);
}
FX_UNARY_FLOATS_ALONE(sigmoid, sigmoid_double(a))
FX_TABLE_FLOATS(sigmoid)

FX_INLINE double softplus_double(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }
FX_UNARY_FLOATS_ALONE(softplus, a - a == 0 ? softplus_double(a) : a < 0 ? 0 : a)
FX_TABLE_FLOATS(softplus)

FX_INLINE double logaddexp_double(double a, double b) {
  double larger = a > b || a != a ? a : b;
  return a == b && a - b != 0 ? a : larger + log1p(exp(-fabs(a - b)));
}
FX_BINARY_FLOATS_ALONE(logaddexp, logaddexp_double(a, b))
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
FX_BINARY_INTEGERS_ALONE(pow, integer_power(a, b))
FX_BINARY_ALONE(pow, float32, float, T, pow(a, b))
FX_BINARY_ALONE(pow, float64, double, T, pow(a, b))
FX_TABLE_NUMBERS(pow)

FX_BINARY_ALONE(hypot, float32, float, T, hypot(a, b))
FX_BINARY_ALONE(hypot, float64, double, T, hypot(a, b))
FX_TABLE_FLOATS(hypot)

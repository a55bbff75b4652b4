// The error function, the logarithm of the gamma function with its derivatives, and modified Bessel functions.
#include "loops.h"

FX_UNARY_FLOATS_ALONE(erf, erf(a))
FX_TABLE_FLOATS(erf)

FX_UNARY_FLOATS_ALONE(erfc, erfc(a))
FX_TABLE_FLOATS(erfc)

// Giles's approximation (Approximating the erfinv function, 2012), then Newton's steps.
FX_INLINE double erfinv_double(double y) {
  if (fabs(y) >= 1 || y != y) return fabs(y) == 1 ? copysign(HUGE_VAL, y) : NAN;
  double w = -log1p(-y * y), x;
  if (w < 5) {
    w -= 2.5;
    x = 2.81022636e-08;
    x = 3.43273939e-07 + x * w;
    x = -3.5233877e-06 + x * w;
    x = -4.39150654e-06 + x * w;
    x = 0.00021858087 + x * w;
    x = -0.00125372503 + x * w;
    x = -0.00417768164 + x * w;
    x = 0.246640727 + x * w;
    x = 1.50140941 + x * w;
  } else {
    w = sqrt(w) - 3;
    x = -0.000200214257;
    x = 0.000100950558 + x * w;
    x = 0.00134934322 + x * w;
    x = -0.00367342844 + x * w;
    x = 0.00573950773 + x * w;
    x = -0.0076224613 + x * w;
    x = 0.00943887047 + x * w;
    x = 1.00167406 + x * w;
    x = 2.83297682 + x * w;
  }
  x *= y;
  for (int step = 0; step < 2; step++) {
    double error = fabs(y) < 0.5 ? erf(x) - y : copysign((1 - fabs(y)) - erfc(fabs(x)), y);
    x -= error * 0.886226925452758013649 * exp(x * x);
  }
  return y == 0 ? y : x;
}
FX_UNARY_FLOATS_ALONE(erfinv, erfinv_double(a))
FX_TABLE_FLOATS(erfinv)

FX_UNARY_FLOATS_ALONE(lgamma, lgamma(a))
FX_TABLE_FLOATS(lgamma)

// Shifted up to where the asymptotic series converges to the last place; reflected for negative arguments.
FX_INLINE double digamma_double(double x) {
  const double pi = 3.14159265358979323846;
  if (x == 0) return copysign(HUGE_VAL, -x);
  double reflected = 0;
  if (x < 0) {
    double part = x - trunc(x);
    if (part == 0 || x - x != 0) return NAN;
    reflected = -pi / tan(pi * part);
    x = 1 - x;
  }
  double sum = 0;
  for (; x < 10; x++) sum -= 1 / x;
  double z = 1 / (x * x);
  double series = z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - z * (1. / 240 - z * (1. / 132 - z * (691. / 32760 - z / 12))))));
  return reflected + sum + log(x) - 0.5 / x - (x < 1e17 ? series : 0);
}
FX_UNARY_FLOATS_ALONE(digamma, digamma_double(a))
FX_TABLE_FLOATS(digamma)

FX_INLINE double trigamma_double(double x) {
  const double pi = 3.14159265358979323846;
  double sign = 1, sum = 0;
  if (x < 0.5) {
    if (x - x != 0) return NAN;
    double s = sin(pi * (x - floor(x)));
    sign = -1;
    sum = -pi * pi / (s * s);
    x = 1 - x;
  }
  for (; x < 10; x++) sum += 1 / (x * x);
  double z = 1 / (x * x);
  double series = 1. / 6 - z * (1. / 30 - z * (1. / 42 - z * (1. / 30 - z * (5. / 66 - z * (691. / 2730 - z * 7. / 6)))));
  return sign * (sum + (1 + 0.5 / x + z * series) / x);
}
FX_UNARY_FLOATS_ALONE(trigamma, trigamma_double(a))
FX_TABLE_FLOATS(trigamma)

// Power series where it is short, the asymptotic one where the exponential dominates.
FX_INLINE double bessel_double(double x, int order) {
  double magnitude = fabs(x), sum = 1, term = 1;
  if (magnitude - magnitude != 0) return order == 1 ? x : magnitude;
  if (magnitude < 30) {
    double z = magnitude * magnitude / 4;
    for (int k = 1; term > sum * 1e-17; k++) sum += term *= z / ((double)k * (k + order));
    return order == 1 ? x / 2 * sum : sum;
  }
  for (int k = 1; k < 40 && fabs(term) > 1e-17; k++) sum += term *= -((double)(4 * order * order) - (2. * k - 1) * (2. * k - 1)) / (k * 8 * magnitude);
  double half = exp(magnitude / 2);
  double result = half * (sum / sqrt(2 * 3.14159265358979323846 * magnitude)) * half;
  return order == 1 ? copysign(result, x) : result;
}
FX_UNARY_FLOATS_ALONE(i0, bessel_double(a, 0))
FX_TABLE_FLOATS(i0)

FX_UNARY_FLOATS_ALONE(i1, bessel_double(a, 1))
FX_TABLE_FLOATS(i1)

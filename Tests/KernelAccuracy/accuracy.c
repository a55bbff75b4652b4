// Measures how far the transcendental loops are from the true values, in units of the last place of the true value.
//
//   accuracy [--stride n] [--samples n] [name ...]
//
// In float32 a unary function is tried on every n-th bit pattern (n = 1 tries all), and a binary one on random pairs. In float64 both are
// tried on random patterns, on random values of ordinary size, and on special values. The truth is computed in long double, which has
// 11 bits more than float64 on x86-64 Linux; where long double is float64 the float64 columns mean little.
//
// Prints a table, and fails if a function exceeds its bound or gets an infinity, a NaN or the sign of a zero wrong.
#include "CKernels.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef long double real;

static const real pi = 3.14159265358979323846264338327950288L;

// MARK: The truth, where <math.h> doesn't have it

static real sigmoid_truth(real x) { return 1 / (1 + expl(-x)); }
static real silu_truth(real x) { return x / (1 + expl(-x)); }
static real softplus_truth(real x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
static real rsqrt_truth(real x) { return 1 / sqrtl(x); }

static real logaddexp_truth(real a, real b) {
  if (a == b) return a + logl(2);
  return isnan(a) || isnan(b) ? NAN : fmaxl(a, b) + log1pl(expl(-fabsl(a - b)));
}

static real lgamma_truth(real x) {
  // lgammal loses what is near the zeros of the reflected half; the gamma function does not, while it can be represented.
  if (x < 0 && x > -30 && x != floorl(x)) return logl(fabsl(tgammal(x)));
  return lgammal(x);
}

static real erfinv_truth(real y) {
  real magnitude = fabsl(y);
  if (magnitude > 1 || isnan(y)) return NAN;
  if (magnitude == 1 || y == 0) return y == 0 ? y : copysignl(HUGE_VALL, y);
  real rest = 1 - magnitude;
  real x = magnitude < 0.7L ? magnitude * 0.8862L : sqrtl(-logl(rest * (2 - rest)) * 0.8L);
  for (int step = 0; step < 60; step++) {
    real error = magnitude < 0.5L ? erfl(x) - magnitude : rest - erfcl(x);
    real newton = error * sqrtl(pi) / 2 * expl(x * x);
    real change = newton / (1 + x * newton); // Halley's method
    x -= change;
    if (fabsl(change) < x * 0x1p-62L) break;
  }
  return copysignl(x, y);
}

// The sum of (a + k)^-s over all k >= 0, by the Euler-Maclaurin formula.
static real hurwitz_zeta(int s, real a) {
  static const real bernoulli[] = {1 / 6.L, -1 / 30.L, 1 / 42.L, -1 / 30.L, 5 / 66.L, -691 / 2730.L, 7 / 6.L, -3617 / 510.L, 43867 / 798.L};
  real sum = 0;
  for (; a < 25; a++) sum += powl(a, -s);
  real term = powl(a, -s - 1) * s / 2;
  sum += powl(a, 1 - s) / (s - 1) + powl(a, -s) / 2;
  for (int i = 0; i < 9; i++) {
    sum += bernoulli[i] * term;
    term *= (s + 2 * i + 1) * (s + 2 * i + 2) / (a * a * (2 * i + 3) * (2 * i + 4));
  }
  return sum;
}

static real digamma_truth(real x) {
  if (x == 0) return copysignl(HUGE_VALL, -x);
  if (x < 0) {
    if (isinf(x) || x == floorl(x)) return NAN;
    real part = x - rintl(x);
    return digamma_truth(1 - x) - pi / tanl(pi * part);
  }
  if (isinf(x)) return x;
  // Taylor's series around the zero.
  static const real zero = 0x1.762d86356be3fp+0L, zero_low = 0x1.b86a722197829p-54L;
  real from_zero = (x - zero) - zero_low;
  if (fabsl(from_zero) < 0.1L) {
    static real terms[20];
    real sum = 0;
    for (int n = 19; n >= 1; n--) {
      if (terms[n] == 0) terms[n] = hurwitz_zeta(n + 1, zero) * (n % 2 ? 1 : -1);
      sum = (sum + terms[n]) * from_zero;
    }
    return sum;
  }
  real sum = 0;
  for (; x < 25; x++) sum -= 1 / x;
  real z = 1 / (x * x);
  real series = z * (1 / 12.L - z * (1 / 120.L - z * (1 / 252.L - z * (1 / 240.L - z * (1 / 132.L - z * (691 / 32760.L - z / 12))))));
  return logl(x) - 1 / (2 * x) - series + sum;
}

static real trigamma_truth(real x) {
  if (isnan(x) || isinf(x)) return x > 0 ? 0 : NAN;
  if (x > 0) return hurwitz_zeta(2, x);
  if (x == floorl(x)) return HUGE_VALL;
  real s = pi / sinl(pi * (x - rintl(x)));
  return s * s - trigamma_truth(1 - x);
}

// The polygamma function whose order is one.
static void trigamma_float32(void *out, const void *a, const void *b, const void *c, long n) {
  float orders[n];
  for (long i = 0; i < n; i++) orders[i] = 1;
  fx_polygamma().float32(out, orders, a, c, n);
}
static void trigamma_float64(void *out, const void *a, const void *b, const void *c, long n) {
  double orders[n];
  for (long i = 0; i < n; i++) orders[i] = 1;
  fx_polygamma().float64(out, orders, a, c, n);
}
static fx_loops trigamma(void) { return (fx_loops){.float32 = trigamma_float32, .float64 = trigamma_float64}; }

static real bessel_truth(real x, int order) {
  real size = fabsl(x), sum = 1, term = 1;
  if (isnan(x)) return x;
  if (isinf(x)) return order == 1 ? x : size;
  if (size < 60) {
    real z = x * x / 4;
    for (int k = 1; term > sum * 0x1p-66L; k++) sum += term *= z / ((real)k * (k + order));
    return order == 1 ? x / 2 * sum : sum;
  }
  for (int k = 1; k < 60 && fabsl(term) > 0x1p-66L; k++) sum += term *= ((2.L * k - 1) * (2.L * k - 1) - 4 * order) / (k * 8 * size);
  real result = expl(size) / sqrtl(2 * pi * size) * sum;
  return order == 1 ? copysignl(result, x) : result;
}
static real i0_truth(real x) { return bessel_truth(x, 0); }
static real i1_truth(real x) { return bessel_truth(x, 1); }

// MARK: The functions

typedef struct {
  const char *name;
  fx_loops (*loops)(void);
  real (*unary)(real);
  real (*binary)(real, real);
  // Below this size errors are counted in units of the last place of the size, not of the result: a function whose zeros no float
  // hits can't be relatively accurate around them in its own precision.
  real (*least)(real, real);
  double bound_single, bound_double; // 1 and 2 unless stated
} function;

static real one_if_negative(real x, real y) { return x < 0 ? 1 : 0; }
// What the cotangent is added to.
static real reflected_digamma(real x, real y) { return x < 0 && isfinite(x) ? fmaxl(1, digamma_truth(1 - x)) : 0; }
// The larger operand and what is added to it, which nearly cancel.
static real cancelled(real a, real b) {
  real larger = fmaxl(a, b);
  return larger < 0 ? fmaxl(-larger, logaddexp_truth(a, b) - larger) : 0;
}

static const function functions[] = {
    {"sqrt", fx_sqrt, sqrtl},
    {"rsqrt", fx_rsqrt, rsqrt_truth, NULL, NULL, 1.5, 1.5}, // two operations, each rounded
    {"exp", fx_exp, expl},
    {"exp2", fx_exp2, exp2l},
    {"expm1", fx_expm1, expm1l},
    {"log", fx_log, logl},
    {"log2", fx_log2, log2l},
    {"log10", fx_log10, log10l},
    {"log1p", fx_log1p, log1pl},
    {"sigmoid", fx_sigmoid, sigmoid_truth},
    {"silu", fx_silu, silu_truth},
    {"softplus", fx_softplus, softplus_truth},
    {"logaddexp", fx_logaddexp, NULL, logaddexp_truth, cancelled},
    {"pow", fx_pow, NULL, powl},
    {"hypot", fx_hypot, NULL, hypotl},
    {"sinh", fx_sinh, sinhl},
    {"cosh", fx_cosh, coshl},
    {"tanh", fx_tanh, tanhl},
    {"asinh", fx_asinh, asinhl},
    {"acosh", fx_acosh, acoshl},
    {"atanh", fx_atanh, atanhl},
    {"sin", fx_sin, sinl},
    {"cos", fx_cos, cosl},
    {"tan", fx_tan, tanl},
    {"asin", fx_asin, asinl},
    {"acos", fx_acos, acosl},
    {"atan", fx_atan, atanl},
    {"atan2", fx_atan2, NULL, atan2l},
    {"erf", fx_erf, erfl},
    {"erfc", fx_erfc, erfcl},
    {"erfinv", fx_erfinv, erfinv_truth},
    {"lgamma", fx_lgamma, lgamma_truth, NULL, one_if_negative},
    {"digamma", fx_digamma, digamma_truth, NULL, reflected_digamma},
    {"trigamma", trigamma, trigamma_truth},
    {"i0", fx_i0, i0_truth},
    {"i1", fx_i1, i1_truth},
};

// MARK: Measuring

typedef struct {
  double error;
  double x, y, result;
  real truth;
} worst;

typedef struct {
  int digits, least_exponent;
  real largest;
} precision;

static const precision single_precision = {FLT_MANT_DIG, FLT_MIN_EXP, FLT_MAX};
static const precision double_precision = {DBL_MANT_DIG, DBL_MIN_EXP, DBL_MAX};

static double error_in_last_places(real result, real truth, real least, precision p) {
  if (isnan(truth) || isnan(result)) return isnan(truth) && isnan(result) ? 0 : INFINITY;
  real beyond = ldexpl(p.largest / 2, 1) * (1 + ldexpl(1, -p.digits - 1));
  if (isinf(truth) || fabsl(truth) > beyond) return result == copysignl(HUGE_VALL, truth) ? 0 : INFINITY;
  if (result == 0 && truth == 0) return signbit(result) == signbit(truth) ? 0 : INFINITY;
  if (isinf(result)) {
    // An infinity stands for the first number beyond the range.
    result = copysignl(beyond, result);
  }
  real size = fmaxl(fabsl(truth), least);
  int exponent;
  frexpl(size, &exponent);
  if (exponent < p.least_exponent || size == 0) exponent = p.least_exponent;
  return (double)(fabsl(result - truth) / ldexpl(1, exponent - p.digits));
}

static real truth_of(const function *f, double x, double y) { return f->unary ? f->unary(x) : f->binary(x, y); }

static void measure(const function *f, double x, double y, double result, precision p, worst *w) {
  real truth = truth_of(f, x, y);
  double error = error_in_last_places(result, truth, f->least ? f->least(x, y) : 0, p);
  if (error > w->error) *w = (worst){error, x, y, result, truth};
}

enum { run_length = 4093 };

static void measure_singles(const function *f, const float *xs, const float *ys, long n, worst *w) {
  static float results[run_length];
  f->loops().float32(results, xs, ys, NULL, n);
  for (long i = 0; i < n; i++) measure(f, xs[i], ys[i], results[i], single_precision, w);
}

static void measure_doubles(const function *f, const double *xs, const double *ys, long n, worst *w) {
  static double results[run_length];
  f->loops().float64(results, xs, ys, NULL, n);
  for (long i = 0; i < n; i++) measure(f, xs[i], ys[i], results[i], double_precision, w);
}

static uint64_t random_bits(void) {
  static uint64_t state = 0x9e3779b97f4a7c15;
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static const double special_values[] = {
    0.0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 4, 8, 10, 100, 1000, -4, -5, -10, -100, -1000,
    FLT_MIN, -FLT_MIN, FLT_MAX, -FLT_MAX, 0x1p-149, -0x1p-149, DBL_MIN, -DBL_MIN, DBL_MAX, -DBL_MAX, 0x1p-1074, -0x1p-1074,
    1 - FLT_EPSILON / 2, 1 + FLT_EPSILON, -1 + FLT_EPSILON / 2, -1 - FLT_EPSILON, 1 - DBL_EPSILON / 2, 1 + DBL_EPSILON,
    -1 + DBL_EPSILON / 2, -1 - DBL_EPSILON, 0x1p24, 0x1p24 + 1, -0x1p24, 0x1p53, -0x1p53, 0x1p62, 88.72283, 88.72284, -87.33655, -103.97208,
    -103.97207, 709.78271289338397, 709.782712893384, -708.3964185322641, -745.1332191019411, -745.1332191019412, 127.99999, 128, -149.5, -150,
    1023.9999999999999, 1024, -1074.5, -1075, 1.5707963267948966, 3.141592653589793, -3.141592653589793, 6.283185307179586, 1.4616321449683622,
    0.41421356, 0.41421357, 0.7071067811865475, 0.7071067811865476, 1e5, 1e9, 1e22, -1e22, 26.5, 27.3, 27.2, 5.9, 171.6, 0x1.6ac5b262ca1ffp849};
enum { special_count = sizeof special_values / sizeof *special_values };

// A third each: any bit pattern; sizes from 2^-20 to 2^12; sizes about one and numbers close to whole ones.
static double random_double(void) {
  uint64_t bits = random_bits();
  double unit = (double)(random_bits() >> 11) * 0x1p-53;
  double sign = bits & 1 ? -1 : 1;
  switch ((bits >> 1) % 6) {
  case 0:
  case 1: {
    double x;
    uint64_t pattern = random_bits();
    memcpy(&x, &pattern, sizeof x);
    return x;
  }
  case 2:
  case 3: return sign * ldexp(1 + unit, (int)(bits >> 8) % 32 - 20);
  case 4: return sign * unit * 4;
  default: return sign * ((double)(bits >> 8 & 15) + ldexp(unit, -(int)(bits >> 16 & 31)));
  }
}

static float random_single(void) {
  if (random_bits() % 3) return (float)random_double();
  uint32_t pattern = (uint32_t)random_bits();
  float x;
  memcpy(&x, &pattern, sizeof x);
  return x;
}

static worst worst_single(const function *f, long stride, long samples) {
  static float xs[run_length], ys[run_length];
  worst w = {-1};
  long n = 0;
#define TRY(x, y)                                                                                                      \
  {                                                                                                                    \
    xs[n] = (x), ys[n] = (y);                                                                                          \
    if (++n == run_length) measure_singles(f, xs, ys, n, &w), n = 0;                                                   \
  }
  for (int i = 0; i < special_count; i++) {
    for (int j = 0; j < (f->unary ? 1 : special_count); j++) TRY((float)special_values[i], (float)special_values[j])
  }
  if (f->unary) {
    for (uint64_t pattern = 0; pattern <= UINT32_MAX; pattern += (uint64_t)stride) {
      uint32_t bits = (uint32_t)pattern;
      float x;
      memcpy(&x, &bits, sizeof x);
      TRY(x, 0)
    }
  } else {
    for (long i = 0; i < samples; i++) TRY(random_single(), random_single())
  }
  measure_singles(f, xs, ys, n, &w);
#undef TRY
  return w;
}

static worst worst_double(const function *f, long samples) {
  static double xs[run_length], ys[run_length];
  worst w = {-1};
  long n = 0;
#define TRY(x, y)                                                                                                      \
  {                                                                                                                    \
    xs[n] = (x), ys[n] = (y);                                                                                          \
    if (++n == run_length) measure_doubles(f, xs, ys, n, &w), n = 0;                                                   \
  }
  for (int i = 0; i < special_count; i++) {
    for (int j = 0; j < (f->unary ? 1 : special_count); j++) TRY(special_values[i], special_values[j])
  }
  for (long i = 0; i < samples; i++) {
    double x = random_double(), y = random_double();
    // Most powers of random numbers are zero or infinite: half of the exponents are chosen so that they aren't.
    if (f->binary == powl && i & 1 && x > 0) y = (y - trunc(y)) * 1000 / log2(x);
    TRY(x, y)
  }
  measure_doubles(f, xs, ys, n, &w);
#undef TRY
  return w;
}

// MARK: Time

static double nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// The best of several measurements for one element, of operands of ordinary size that lie in a cache.
static double time_of(fx_loop loop, bool is_single) {
  enum { n = 2048 };
  static double doubles[3][n];
  static float singles[3][n];
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < 2; j++) singles[j][i] = (float)(doubles[j][i] = (double)(random_bits() >> 11) * 0x1p-53 * 1.9 + (j ? 0.5 : 0.01));
  }
  double best = INFINITY;
  for (int trial = 0; trial < 30; trial++) {
    double start = nanoseconds();
    if (is_single) loop(singles[2], singles[0], singles[1], NULL, n);
    else loop(doubles[2], doubles[0], doubles[1], NULL, n);
    best = fmin(best, (nanoseconds() - start) / n);
  }
  return best;
}

static bool report(const function *f, worst w, const char *type, double bound, fx_loop loop, bool is_single) {
  bool ok = w.error <= bound;
  printf("%-10s %-8s %7.3f  %6.2f ns  %s(%a", f->name, type, w.error, time_of(loop, is_single), f->name, w.x);
  if (f->binary) printf(", %a", w.y);
  printf(") = %.17g, not %.20Lg%s\n", w.result, w.truth, ok ? "" : "  EXCEEDS ITS BOUND");
  fflush(stdout);
  return ok;
}

int main(int count, char **arguments) {
  long stride = 257, samples = 1000000;
  int first_name = 1;
  for (; first_name + 1 < count && strncmp(arguments[first_name], "--", 2) == 0; first_name += 2) {
    long value = atol(arguments[first_name + 1]);
    if (strcmp(arguments[first_name], "--stride") == 0) stride = value;
    else samples = value;
  }
  bool ok = true;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const function *f = &functions[i];
    bool wanted = first_name >= count;
    for (int j = first_name; j < count; j++) wanted |= strcmp(arguments[j], f->name) == 0;
    if (!wanted) continue;
    ok &= report(f, worst_single(f, stride, samples), "float32", f->bound_single ? f->bound_single : 1, f->loops().float32, true);
    ok &= report(f, worst_double(f, samples), "float64", f->bound_double ? f->bound_double : 2, f->loops().float64, false);
  }
  return ok ? 0 : 1;
}

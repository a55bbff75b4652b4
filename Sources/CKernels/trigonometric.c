// Trigonometric functions and their inverses.
#include "cores.h"

// MARK: Sine, cosine and tangent

#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define HALF_PI 0x1.921fb54442d18p+0
#define HALF_PI_REST 0x1.1a62633145c07p-54

// sin(r) / r in powers of r^2, |r| <= pi / 2.
static const double sin_terms_wide[] = {
    0x1.ffffffffd16f3p-1, -0x1.5555554170a3cp-3, 0x1.11110b738a85dp-7, -0x1.a017a8a26e3f1p-13, 0x1.716b9958a6d28p-19,
    -0x1.9a0d12263dc2dp-26};
// tan(r) / r in powers of r^2, |r| <= pi / 4.
static const double tan_terms_wide[] = {
    0x1.000000005cc76p+0, 0x1.555553db10de4p-2, 0x1.11118f502777p-3, 0x1.b9fb65e662fc7p-5, 0x1.685a6d23e55efp-6,
    0x1.1009db78a90ebp-7, 0x1.4a94ded8e6ddcp-8, -0x1.5172e85b6c6f8p-11, 0x1.0ded69cf7537p-9};
// (sin(r) / r - 1) / r^2 and (cos(r) - 1 + r^2 / 2) / r^4 in powers of r^2, |r| <= pi / 4.
static const double sin_terms_double[] = {
    -0x1.5555555555549p-3, 0x1.111111110f8d1p-7, -0x1.a01a019c1a7dbp-13, 0x1.71de357e470f8p-19,
    -0x1.ae5e6ab8222b5p-26, 0x1.5d9429a3ca2c6p-33};
static const double cos_terms_double[] = {
    0x1.555555555554ep-5, -0x1.6c16c16c1551cp-10, 0x1.a01a019d0094ap-16, -0x1.27e4f83cc072fp-22,
    0x1.1eea0b3fd9693p-29, -0x1.8fbd85d7bf667p-37};

// What is left of an angle when the nearest multiple of pi / 2 is taken away, in two parts, and the multiple's number in the low bits.
typedef struct {
  double high, low;
  uint64_t quadrant;
} reduced;

// |x| < 2^20. Of pi / 2 there are three parts of 33 bits, whose products with n are exact, and a rest. Near a multiple only those bits are
// left of the angle that the subtractions lose.
FX_INLINE reduced reduce_double(double x) {
  double shifted = x * TWO_OVER_PI + SHIFT_DOUBLE;
  double n = shifted - SHIFT_DOUBLE;
  pair_double once = sum_in_any_order_double(x - n * 0x1.921fb544p+0, -n * 0x1.0b4611a6p-34);
  pair_double twice = sum_in_any_order_double(once.high, -n * 0x1.3198a2ep-69);
  double low = (once.low + twice.low) - n * 0x1.b839a252049c1p-104;
  double high = x == 0 ? x : twice.high + low;
  return (reduced){high, (twice.high - high) + low, float64_bits(shifted)};
}

// The first 1280 bits of 2 / pi, after a word of zeros.
static const uint64_t two_over_pi[] = {
    0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
    0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
    0xf0cfbc209af4361d};

// For any finite x: multiples of four quadrants drop out of the product of x's mantissa with those bits of 2 / pi that matter at its
// exponent (Payne and Hanek, Radian reduction for trigonometric functions, 1983).
static reduced reduce_large(double x) {
  uint64_t bits = float64_bits(x), mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
  int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
  int position = exponent - 2 + 64, word = position / 64, shift = position % 64;
  uint64_t window[3];
  for (int i = 0; i < 3; i++) {
    window[i] = two_over_pi[word + i] << shift | (shift == 0 ? 0 : two_over_pi[word + i + 1] >> (64 - shift));
  }
  // Of the product modulo 2^192 the two highest bits are the quadrant, and the 128 after them enough of the fraction.
  unsigned __int128 low = (unsigned __int128)mantissa * window[2];
  unsigned __int128 middle = (unsigned __int128)mantissa * window[1] + (uint64_t)(low >> 64);
  uint64_t high = mantissa * window[0] + (uint64_t)(middle >> 64);
  uint64_t quadrant = high >> 62;
  unsigned __int128 fraction = (unsigned __int128)high << 66 | (unsigned __int128)(uint64_t)middle << 2 | (uint64_t)low >> 62;
  // The fraction's higher half is the next quadrant's negative one.
  bool next = fraction >> 127;
  if (next) fraction = -fraction;
  double turn = (double)fraction;
  double turn_rest = (double)(__int128)(fraction - (unsigned __int128)turn);
  double r = turn * HALF_PI;
  double rest = fma(turn, HALF_PI, -r) + turn * HALF_PI_REST + turn_rest * HALF_PI;
  double sign = (next ? -0x1p-128 : 0x1p-128) * (x < 0 ? -1 : 1);
  quadrant += next;
  return (reduced){sign * r, sign * rest, x < 0 ? -quadrant : quadrant};
}

// The sine and the cosine of what is left, each in two parts.
typedef struct {
  double sin, sin_rest, cos, cos_rest;
} circle;

FX_INLINE circle circle_double(reduced x) {
  double r = x.high, square = r * r, half = 0.5 * square;
  double sin_small = square * r * POLYNOMIAL(square, sin_terms_double) + x.low * (1 - half);
  double cos_large = 1 - half;
  double cos_small = ((1 - cos_large) - half) + (square * square * POLYNOMIAL(square, cos_terms_double) - r * x.low);
  double sin = r + sin_small, cos = cos_large + cos_small;
  return (circle){sin, (r - sin) + sin_small, cos, (cos_large - cos) + cos_small};
}

FX_INLINE double sin_of_double(reduced x) {
  circle c = circle_double(x);
  double value = x.quadrant & 1 ? c.cos : c.sin;
  // A negative zero has lost its sign to the sum.
  double signed_value = x.high == 0 ? x.high : value;
  return float64_from_bits(float64_bits(signed_value) ^ (x.quadrant & 2) << 62);
}

FX_INLINE double cos_of_double(reduced x) {
  circle c = circle_double(x);
  double value = x.quadrant & 1 ? c.sin : c.cos;
  return float64_from_bits(float64_bits(value) ^ ((x.quadrant + 1) & 2) << 62);
}

// The quotient of the sine and the cosine, or its negative reciprocal, with what their roundings left out.
FX_INLINE double tan_of_double(reduced x) {
  circle c = circle_double(x);
  bool odd = x.quadrant & 1;
  double a = odd ? -c.cos : c.sin, a_rest = odd ? -c.cos_rest : c.sin_rest;
  double b = odd ? c.sin : c.cos, b_rest = odd ? c.sin_rest : c.cos_rest;
  double quotient = a / b;
  double value = quotient + (a_rest - quotient * b_rest) / b;
  return x.high == 0 && !odd ? x.high : value;
}

static double sin_large(double x) { return x - x == 0 ? sin_of_double(reduce_large(x)) : NAN; }
static double cos_large(double x) { return x - x == 0 ? cos_of_double(reduce_large(x)) : NAN; }
static double tan_large(double x) { return x - x == 0 ? tan_of_double(reduce_large(x)) : NAN; }

// x less n times pi / 2, of which two parts have 26 bits. A float64 is enough of that for a float32. The multiple of pi is taken away that is
// nearest to the angle: all that it changes is the sign.
FX_INLINE double less_half_pis_wide(double x, double n) {
  return ((x - n * 0x1.921fb5p+0) - n * 0x1.110b46p-26) - n * 0x1.1a62633145c07p-54;
}

FX_INLINE double odd_sin_wide(double r, uint64_t sign) {
  double value = r * POLYNOMIAL(r * r, sin_terms_wide);
  return float64_from_bits(float64_bits(value) ^ sign << 63);
}

FX_INLINE double sin_wide(double x) {
  double shifted = x * (0.5 * TWO_OVER_PI) + SHIFT_DOUBLE;
  return odd_sin_wide(less_half_pis_wide(x, 2 * (shifted - SHIFT_DOUBLE)), float64_bits(shifted));
}

// cos(x) = -sin(x - pi / 2)
FX_INLINE double cos_wide(double x) {
  double shifted = (x * (0.5 * TWO_OVER_PI) - 0.5) + SHIFT_DOUBLE;
  return odd_sin_wide(less_half_pis_wide(x, 2 * (shifted - SHIFT_DOUBLE) + 1), float64_bits(shifted) + 1);
}

FX_INLINE double tan_wide(double x) {
  double shifted = x * TWO_OVER_PI + SHIFT_DOUBLE;
  double r = less_half_pis_wide(x, shifted - SHIFT_DOUBLE);
  double tangent = r * POLYNOMIAL(r * r, tan_terms_wide);
  return float64_bits(shifted) & 1 ? -1 / tangent : tangent;
}

// Angles beyond the bound are rare, and reduced one at a time. The others go through a loop of vectors, unless one of a chunk is beyond it.
#define CHUNKED(name, suffix, T, bound, value, value_of_large)                                                         \
  FX_CLONES FX_LOOP(name, suffix) {                                                                                    \
    enum { chunk = 256 };                                                                                              \
    long count = n;                                                                                                    \
    for (long start = 0; start < count; start += chunk) {                                                              \
      const T *as = (const T *)pa + start;                                                                             \
      T *results = (T *)out + start;                                                                                   \
      n = count - start < chunk ? count - start : chunk;                                                               \
      int large = 0;                                                                                                   \
      for (long i = 0; i < n; i++) large |= !(__builtin_elementwise_abs(as[i]) < bound);                               \
      if (large) {                                                                                                     \
        FX_EACH_ALONE results[i] = (T)(__builtin_elementwise_abs(as[i]) < bound ? value(as[i]) : value_of_large(as[i])); \
      } else {                                                                                                         \
        FX_EACH results[i] = (T)value(as[i]);                                                                          \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define SIN_DOUBLE(x) sin_of_double(reduce_double(x))
#define COS_DOUBLE(x) cos_of_double(reduce_double(x))
#define TAN_DOUBLE(x) tan_of_double(reduce_double(x))

CHUNKED(sin, float32, float, 0x1p24f, sin_wide, sin_large)
CHUNKED(sin, float64, double, 0x1p20, SIN_DOUBLE, sin_large)
FX_TABLE_FLOATS(sin)

CHUNKED(cos, float32, float, 0x1p24f, cos_wide, cos_large)
CHUNKED(cos, float64, double, 0x1p20, COS_DOUBLE, cos_large)
FX_TABLE_FLOATS(cos)

CHUNKED(tan, float32, float, 0x1p24f, tan_wide, tan_large)
CHUNKED(tan, float64, double, 0x1p20, TAN_DOUBLE, tan_large)
FX_TABLE_FLOATS(tan)

// MARK: Inverses

// asin(x) / x in powers of x^2, |x| <= 1/2.
static const double asin_terms_wide[] = {
    0x1.000000000100dp+0, 0x1.555555416d5f2p-3, 0x1.3333436b803d4p-4, 0x1.6db1c99bd3accp-5, 0x1.f29115249f8b3p-6,
    0x1.65ce4e39a4256p-6, 0x1.542ae71a6fae7p-6, 0x1.c1baf61221641p-10, 0x1.0fa2674280fp-5};
// atan(x) / x in powers of x^2, |x| <= 1.
static const double atan_terms_wide[] = {
    0x1.ffffffffeb75fp-1, -0x1.5555551d00aa2p-2, 0x1.99997fe2ea37p-3, -0x1.248ff6db72a9cp-3, 0x1.c6e42637052cap-4,
    -0x1.72c1284f681b9p-4, 0x1.335ce36f0dfe8p-4, -0x1.ef03e232f5f65p-5, 0x1.682f02d948ff6p-5, -0x1.af8a297bf5045p-6,
    0x1.7da5612516e5ep-7, -0x1.adb51888c6e89p-9, 0x1.c601dd1b7f681p-12};

// The arcsine of x if |x| <= 1/2, or else of the sine of half its complement, sqrt((1 - |x|) / 2).
typedef struct {
  double angle;
  bool half;
} arc;

FX_INLINE arc arc_wide(double x) {
  double size = absolute(x);
  bool half = size > 0.5;
  double square = half ? 0.5 * (1 - size) : x * x;
  double sine = half ? FX_SQRT(square) : x;
  return (arc){sine * POLYNOMIAL(square, asin_terms_wide), half};
}

FX_INLINE double asin_wide(double x) {
  arc a = arc_wide(x);
  return with_sign(a.half ? HALF_PI - 2 * a.angle : a.angle, x);
}

FX_INLINE double acos_wide(double x) {
  arc a = arc_wide(x);
  double of_half = x < 0 ? 2 * HALF_PI - 2 * a.angle : 2 * a.angle;
  return a.half ? of_half : HALF_PI - a.angle;
}

FX_INLINE double atan_wide(double x) {
  bool large = absolute(x) > 1;
  double inner = large ? -1 / x : x;
  double angle = inner * POLYNOMIAL(inner * inner, atan_terms_wide);
  return large ? with_sign(HALF_PI, x) + angle : angle;
}

// The angle to the nearer axis, from which the one to the positive x axis follows. Two zeros or two infinities make an angle as the
// smallest or largest numbers would.
FX_INLINE double atan2_wide(double y, double x) {
  double height = absolute(y), width = absolute(x);
  bool steep = height > width;
  double shorter = steep ? width : height, longer = steep ? height : width;
  double slope = longer == 0 ? 0 : shorter == HUGE_VAL ? 1 : shorter / longer;
  double angle = slope * POLYNOMIAL(slope * slope, atan_terms_wide);
  angle = steep ? HALF_PI - angle : angle;
  angle = float64_bits(x) >> 63 ? 2 * HALF_PI - angle : angle;
  return x != x || y != y ? NAN : with_sign(angle, y);
}

FX_UNARY(asin, float32, float, T, asin_wide(a))
FX_UNARY_ALONE(asin, float64, double, T, asin(a))
FX_TABLE_FLOATS(asin)

FX_UNARY(acos, float32, float, T, acos_wide(a))
FX_UNARY_ALONE(acos, float64, double, T, acos(a))
FX_TABLE_FLOATS(acos)

FX_UNARY(atan, float32, float, T, atan_wide(a))
FX_UNARY_ALONE(atan, float64, double, T, atan(a))
FX_TABLE_FLOATS(atan)

FX_BINARY(atan2, float32, float, T, atan2_wide(a, b))
FX_BINARY_ALONE(atan2, float64, double, T, atan2(a, b))
FX_TABLE_FLOATS(atan2)

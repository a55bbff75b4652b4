// The logarithm of the gamma function, its derivatives, and Hurwitz's zeta function, by which they are expressed.
#include "cores.h"

#define PI 0x1.921fb54442d18p+1
#define PI_SQUARED 0x1.3bd3cc9be45dep+3
#define PI_SQUARED_LOW 0x1.692b71366cc04p-51
#define LOG_PI 0x1.250d048e7a1bdp+0
#define STIRLING_CONSTANT 0x1.acfe390c97d69p-2 // (log(2 pi) - 1) / 2

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

// MARK: Zeta function

// B_2k / (2k)!
static const double zeta_terms[] = {
    1. / 12,
    -1. / 720,
    1. / 30240,
    -1. / 1209600,
    1. / 47900160,
    -691. / 1307674368000,
    1. / 74724249600,
    -3617. / 10670622842880000,
    43867. / 5109094217170944000,
    -174611. / 802857662698291200000.,
    77683. / 14101100039391805440000.,
    -236364091. / 1693824136731743669452800000.};

// The sum of (q + k)^-s over k >= 0, s > 1, q > -31, by Euler and Maclaurin's formula (DLMF 25.11.6): terms until q is large enough for the
// corrections to the integral of the rest to decrease quickly. Where s is large the terms vanish before.
static double zeta_by_sum(double s, double q) {
  double sum = 0;
  for (; q < 10 || q < s; q++) {
    double term = pow(q, -s);
    sum += term;
    if (q > 0 && term <= fabs(sum) * 0x1p-54 / (q + 1)) return sum;
  }
  double power = pow(q, -s), square = q * q;
  if (power == 0) return sum;
  double rest = power * (q / (s - 1) + 0.5), factor = power * s / q;
  for (int k = 0; k < TERM_COUNT(zeta_terms); k++) {
    double term = zeta_terms[k] * factor;
    rest += term;
    if (fabs(term) < rest * 0x1p-56) break;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / square;
  }
  return sum + rest;
}

// q < 0 is no integer, s is one.
static double zeta_below_zero(double s, double q) {
  double fraction = q - floor(q), nearest = fraction_of(q);
  bool is_even = fmod(s, 2) == 0;
  // Terms of both signs: those next to zero are the largest, and for a large s infinite. At one half all below zero cancel others above.
  if (fabs(nearest) == 0.5 && !is_even && s < HUGE_VAL) return zeta_by_sum(s, 1 - q);
  double largest = pow(nearest, -s);
  if (fabs(largest) == HUGE_VAL) return largest;
  if (q > -30) return zeta_by_sum(s, q);
  // The terms below zero are those of another zeta function from its start to where they end.
  double below = zeta_by_sum(s, 1 - fraction) - zeta_by_sum(s, 1 - q);
  return zeta_by_sum(s, fraction) + (is_even ? below : -below);
}

// Hurwitz's zeta function.
static double zeta_double(double s, double q) {
  if (s == 1) return HUGE_VAL;
  if (!(s > 1) || q != q) return NAN;
  if (q > 0) return zeta_by_sum(s, q);
  if (q == floor(q)) return HUGE_VAL;
  return s == floor(s) ? zeta_below_zero(s, q) : NAN;
}

// log(zeta(s, q)) for s > 1 and q > 1, also where zeta is too small for a double: of q^s zeta(s, q), which is not.
static double log_zeta(double s, double q) {
  double sum = 0, k = 0;
  for (; q + k < 10 || q + k < s; k++) {
    double term = exp(-s * log1p(k / q));
    sum += term;
    if (term <= sum * 0x1p-54 / (q + 1)) return log(sum) - s * log(q);
  }
  double n = q + k, power = exp(-s * log1p(k / q)), rest = power * (n / (s - 1) + 0.5), factor = power * s / n;
  for (int i = 0; i < TERM_COUNT(zeta_terms); i++) {
    double term = zeta_terms[i] * factor;
    rest += term;
    if (fabs(term) < rest * 0x1p-56) break;
    factor *= (s + 2 * i + 1) * (s + 2 * i + 2) / (n * n);
  }
  return log(sum + rest) - s * log(q);
}

FX_BINARY_FLOATS_ALONE(zeta, zeta_double(a, b))
FX_TABLE_FLOATS(zeta)

// The derivative of digamma of order n: (-1)^(n + 1) n! zeta(n + 1, x). There is one for whole n alone.
static double polygamma_double(double n, double x) {
  if (!(n >= 0) || n != floor(n)) return NAN;
  if (n == 0) return digamma_double(x);
  if (n == 1) return trigamma_double(x);
  double value = tgamma(n + 1) * zeta_double(n + 1, x);
  if (value != value) {
    // An infinite factor and one of zero. Below zero there is none but at halves, where terms cancel.
    double start = x < 0 && fabs(fraction_of(x)) == 0.5 ? 1 - x : x;
    if (start > 1 && start < HUGE_VAL && n < HUGE_VAL) value = exp(lgamma_double(n + 1) + log_zeta(n + 1, start));
  }
  return fmod(n, 2) == 0 ? -value : value;
}

FX_BINARY_FLOATS_ALONE(polygamma, polygamma_double(a, b))
FX_TABLE_FLOATS(polygamma)

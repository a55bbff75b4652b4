// The incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x). Which of the methods serves where is much as in A. R. DiDonato and
// A. H. Morris, Computation of the incomplete gamma function ratios, 1986.
//
// The polynomials are truncated Chebyshev series, computed with 50 digits.
#include "cores.h"

#define PI 0x1.921fb54442d18p+1

// log(Gamma(1 + a)) / a in powers of 2a - 1, 0 <= a <= 1.
static const double lgamma1p_terms[] = {
    -0x1.eeb95b094c191p-3, 0x1.1cba4e3820cdap-2, -0x1.6b58de447aadap-5, 0x1.41ce0cb1ce17bp-7, -0x1.4547b11192d08p-9,
    0x1.606b19d7b3cfap-11, -0x1.8e17f3a2e1f31p-13, 0x1.ce313acfb7459p-15, -0x1.118441a1033adp-16, 0x1.485a017e1fc78p-18,
    -0x1.8e80cfcc0212bp-20, 0x1.e7db5dd4ba4e3p-22, -0x1.2cca08298a7e3p-23, 0x1.75135182636aep-25, -0x1.cfc86e448247fp-27,
    0x1.221582de42d02p-28, -0x1.789eb2928408bp-30, 0x1.ddc8497a52a44p-32, -0x1.cc4c7f23aa6e3p-34, 0x1.19871496aadb6p-35,
    -0x1.a5592e76185ebp-36, 0x1.143dbec7af4b2p-37};

// x^a e^-x / Gamma(1 + a). For large a it is Stirling's formula (DLMF 5.11.3), whose exponent is small where x is near a.
static double igamma_power(double a, double x) {
  if (a < 64) {
    if (x < 700) return pow(x, a) * exp(-x) / tgamma(a + 1);
    return exp(a * log(x) - x - lgamma(a + 1));
  }
  double mu = (x - a) / a;
  double exponent = a * (mu > -0.25 && mu < 0.4 ? log1p_rest_double(mu) : log(x / a) - mu);
  double y = 1 / a, z = y * y;
  double stirling = y * (1. / 12 - z * (1. / 360 - z * (1. / 1260 - z * (1. / 1680 - z * (1. / 1188 - z * (691. / 360360 - z / 156))))));
  return exp(exponent - stirling) / sqrt(2 * PI * a);
}

// P by its power series (DLMF 8.11.4).
static double igamma_series(double a, double x) {
  double term = 1, sum = 1;
  for (double n = a + 1; term > sum * 0x1p-55; n++) {
    term *= x / n;
    sum += term;
  }
  return igamma_power(a, x) * sum;
}

// Q by its continued fraction (DLMF 8.9.2), evaluated forwards by Lentz's method.
static double igammac_fraction(double a, double x) {
  double b = x + 1 - a, c = HUGE_VAL, d = 1 / b, product = d;
  for (double n = 1;; n++) {
    double numerator = -n * (n - a);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    double factor = c * d;
    product *= factor;
    if (!(fabs(factor - 1) > 0x1p-52)) break;
  }
  return igamma_power(a, x) * a * product;
}

// Q for x up to about one, where P may be close to one: 1 - x^a / Gamma(1 + a), less the other terms of the power series (DLMF 8.7.1).
static double igammac_small(double a, double x) {
  double term = 1, sum = 0;
  for (double n = 1; fabs(term) > fabs(sum) * 0x1p-56; n++) {
    term *= -x / n;
    sum += a * term / (a + n);
    if (term == 0) break;
  }
  double logarithm = a * log(x) - (a <= 1 ? a * POLYNOMIAL(2 * a - 1, lgamma1p_terms) : lgamma(1 + a));
  return -expm1(logarithm) - exp(logarithm) * sum;
}

// The functions c_k(eta) of Temme's uniform expansion (DLMF 8.12.11), in powers of eta, |eta| <= 0.34 and a >= 200.
static const double igamma_terms_0[] = {
    -0x1.5555555555555p-2, 0x1.5555555555555p-4, -0x1.e573ac901e574p-7, 0x1.2f684bda12f68p-10, 0x1.71de3a556c734p-12,
    -0x1.76e06fec7273bp-13, 0x1.48c5892f7cd83p-15, -0x1.255370652afc1p-19, -0x1.f1b22f594c6b5p-20, 0x1.bd6d21e4b4109p-21,
    -0x1.7b5f9a2d0465cp-23, 0x1.ccf5ceb7f0d9fp-28, 0x1.6097d55c37c1cp-27, -0x1.2d2197c7a2faap-28, 0x1.f6e66d24d5c8ap-31,
    -0x1.c0d9b6edf2b0bp-36, -0x1.0070a87340428p-34};
static const double igamma_terms_1[] = {
    -0x1.e573ac901e574p-10, -0x1.c71c71c71c71cp-9, 0x1.5ac056b015acp-9, -0x1.0394f6f09e723p-10, 0x1.af83440e53dbcp-13,
    -0x1.af83440e53dbcp-22, -0x1.2fa4ae89e5afp-16, 0x1.00a9cabd6b83ep-17, -0x1.b0bdfcc629cbap-20, 0x1.3f59230a8357cp-28,
    0x1.280f2cde3f847p-23, -0x1.ee23d0cba8aeep-25, 0x1.9aa7a30de114cp-27, -0x1.349fbca3a377bp-36, -0x1.1564ecff73d58p-30};
static const double igamma_terms_2[] = {
    0x1.0ee643b990ee6p-8, -0x1.5f7268edab4c8p-9, 0x1.948b0fcd6e9ep-11, 0x1.0db20a88f4696p-19, -0x1.c253efaa1a932p-14,
    0x1.bbf43daf4fe53p-15, -0x1.ac2d05890f2c3p-17, 0x1.26154ae39151dp-25, 0x1.7058929663937p-20, -0x1.522cb05171911p-21,
    0x1.32ac81c15d3d7p-23};
static const double igamma_terms_3[] = {
    0x1.547d93b34e2b6p-11, 0x1.e13ce465fa859p-13, -0x1.ebfb188b7cap-12, 0x1.18b9b5bf2d984p-12, -0x1.3d2a3a29b5d9dp-14,
    -0x1.0152a1871f27ap-22, 0x1.73df462204ef4p-17, -0x1.7cd6f27b3f02p-18, 0x1.7e0201539310ep-20};
static const double igamma_terms_4[] = {
    -0x1.c3e0b02da7bf9p-11, 0x1.9b0ff6874f2c4p-11, -0x1.3999a85a4237ap-12, -0x1.88f2ae1def9dp-20, 0x1.16908b48ce058p-14,
    -0x1.4ce3fd902bcadp-15, 0x1.7db4c02846e81p-17};
static const double igamma_terms_5[] = {
    -0x1.6128ac5a4fa71p-12, -0x1.247604839c038p-14, 0x1.22be87360ef1fp-12, -0x1.a2042c5148e27p-13, 0x1.1d1e9cb24760bp-14};
static const double igamma_terms_6[] = {
    0x1.168ef1b0931c8p-11, -0x1.36773bdb97b48p-11};

// Q, or P where the sign is negative, for large a and x near a (DLMF 8.12.3, 8.12.4, 8.12.7).
static double igamma_uniform(double a, double x, double sign) {
  double mu = (x - a) / a, half_square = -log1p_rest_double(mu);
  double eta = copysign(sqrt(2 * half_square), mu), y = 1 / a;
  double terms[] = {
      POLYNOMIAL(eta, igamma_terms_0), POLYNOMIAL(eta, igamma_terms_1), POLYNOMIAL(eta, igamma_terms_2),
      POLYNOMIAL(eta, igamma_terms_3), POLYNOMIAL(eta, igamma_terms_4), POLYNOMIAL_IN_ORDER(eta, igamma_terms_5),
      POLYNOMIAL_IN_ORDER(eta, igamma_terms_6)};
  double rest = exp(-a * half_square) / sqrt(2 * PI * a) * POLYNOMIAL(y, terms);
  return 0.5 * erfc(sign * eta * sqrt(a / 2)) + sign * rest;
}

// Where P is known without computing: a or x at an end of its range, or beyond it.
static bool igamma_is_known(double a, double x, double *p) {
  if (a < 0 || x < 0) {
    *p = NAN;
  } else if (a == 0) {
    *p = x > 0 ? 1 : NAN;
  } else if (x == 0) {
    *p = 0;
  } else if (a == HUGE_VAL) {
    *p = x == HUGE_VAL ? NAN : 0;
  } else {
    *p = 1;
    return x == HUGE_VAL;
  }
  return true;
}

static bool igamma_is_uniform(double a, double x) { return a >= 200 && fabs(x - a) < 0.27 * a; }

static double igammac_double(double a, double x);

static double igamma_double(double a, double x) {
  double known;
  if (igamma_is_known(a, x, &known)) return known;
  if (igamma_is_uniform(a, x)) return igamma_uniform(a, x, -1);
  return x > 1 && x > a ? 1 - igammac_double(a, x) : igamma_series(a, x);
}

static double igammac_double(double a, double x) {
  double known;
  if (igamma_is_known(a, x, &known)) return 1 - known;
  if (igamma_is_uniform(a, x)) return igamma_uniform(a, x, 1);
  if (x > 1.1) return x < a ? 1 - igamma_series(a, x) : igammac_fraction(a, x);
  bool is_large = x <= 0.5 ? -0.4 / log(x) < a : 1.1 * x < a;
  return is_large ? 1 - igamma_series(a, x) : igammac_small(a, x);
}

FX_BINARY_FLOATS_ALONE(igamma, igamma_double(a, b))
FX_TABLE_FLOATS(igamma)

FX_BINARY_FLOATS_ALONE(igammac, igammac_double(a, b))
FX_TABLE_FLOATS(igammac)

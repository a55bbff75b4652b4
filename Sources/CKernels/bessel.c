// Bessel functions of order zero and one, and Airy's function Ai.
//
// The polynomials of the second kind and of Airy's function are truncated Chebyshev series, computed with 50 digits.
#include "cores.h"

#define PI 0x1.921fb54442d18p+1

// MARK: Modified, of the first kind

// i0(x) and 2 i1(x) / x in powers of x^2 / 4, |x| <= 2.
static const double i0_terms_small[] = {
    0x1p+0, 0x1p+0, 0x1p-2, 0x1.c71c71c71c712p-6, 0x1.c71c71c71ccb2p-10, 0x1.2345678990bb4p-14, 0x1.02e85c12c4ce9p-19,
    0x1.522a3f13630fep-25, 0x1.522bc45e859e7p-31, 0x1.0ae82a6b46367p-37, 0x1.65980203efd56p-44};
static const double i1_terms_small[] = {
    0x1p+0, 0x1p-1, 0x1.5555555555555p-4, 0x1.c71c71c71c718p-8, 0x1.6c16c16c16e1cp-12, 0x1.845c8a0cd1cefp-17,
    0x1.27e4fb7eab3b7p-22, 0x1.522a4094f0bb3p-28, 0x1.2c985fbfa721fp-34, 0x1.ab1f06250a3d2p-41, 0x1.0331a0c83f8cbp-47};
// e^-x i0(x) and e^-x i1(x) in powers of (x - 5) / 3, 2 <= x <= 8.
static const double i0_terms_middle[] = {
    0x1.77e43edd1b4c9p-3, -0x1.e0eaa4df6964bp-5, 0x1.d3a148575998p-6, -0x1.00a984d918d6dp-6, 0x1.2b899998658fp-7,
    -0x1.67a844a9ff0b9p-8, 0x1.aff88c7b9aa1p-9, -0x1.fa9fa0b519f2fp-10, 0x1.1cf0d643feb1dp-10, -0x1.2fe3e41b6d8afp-11,
    0x1.3159ae7cc16e3p-12, -0x1.204a2c1011045p-13, 0x1.ff48ac408af8cp-15, -0x1.aa3e93e256db8p-16, 0x1.4eace349d79fap-17,
    -0x1.efe2c5089825fp-19, 0x1.5b116412925bfp-20, -0x1.cd5a101765133p-22, 0x1.26a8b222fa8d4p-23,
    -0x1.608b042e18499p-25, 0x1.6e9abb3ca547ap-27, -0x1.9b8eac9aee493p-29, 0x1.4adf9e965822ep-30,
    -0x1.3efb1cda2053cp-32};
static const double i1_terms_middle[] = {
    0x1.4fd0b11fd2844p-3, -0x1.450a376cf63f4p-5, 0x1.a5ef86fc80adbp-7, -0x1.c7c39e4658dddp-9, -0x1.6a5253a952e8p-18,
    0x1.21411f34aa2bdp-10, -0x1.3e2e08c2bd3e9p-10, 0x1.fa6fe1ce60407p-11, -0x1.55c9fe7aabf5ep-11, 0x1.9a0db8d3a6d63p-12,
    -0x1.be5cb443f466p-13, 0x1.bdfec4ecb202p-14, -0x1.9c3da1223693ap-15, 0x1.62966cae9e3cap-16, -0x1.1d38cc1c7d8e8p-17,
    0x1.aec0ae4d1f86p-19, -0x1.321b4067e68b5p-20, 0x1.9bfa59ae1b016p-22, -0x1.0a1afb0cd6536p-23, 0x1.4198b25cd005cp-25,
    -0x1.4f55585a0120fp-27, 0x1.7813d488e5926p-29, -0x1.34833b68cf6f7p-30, 0x1.2f178014fc518p-32};
// sqrt(x) e^-x i0(x) and sqrt(x) e^-x i1(x) in powers of 16 / x - 1, x >= 8.
static const double i0_terms_large[] = {
    0x1.9bd428ad249a5p-2, 0x1.b87969bb93aeap-9, 0x1.1daa72b5cea2ap-13, 0x1.75e5ee752ffcfp-17, 0x1.8e513c51ce4e1p-20,
    0x1.3f499b5651772p-22, 0x1.7d0ce4dde29dap-24, 0x1.51d36791e405p-25, 0x1.728722d13fe24p-26, 0x1.030892d66701dp-27,
    -0x1.d72800d734fa3p-28, -0x1.ca686a23877dfp-27, -0x1.58b153e628bep-28, 0x1.fa5c357882701p-28, 0x1.bfb490877ed87p-28,
    -0x1.b4cbe5381a93cp-29, -0x1.3669802ac2636p-28, 0x1.3985c49ee47bfp-30, 0x1.2789f10766cf1p-29,
    -0x1.460f7b6f89927p-32, -0x1.613b4ce83cf15p-31, 0x1.5b11b4ff49123p-35, 0x1.8a5615c92ba2dp-34};
static const double i1_terms_large[] = {
    0x1.8ebe783a8403p-2, -0x1.3f796198ee60bp-7, -0x1.cbc54df1d4547p-13, -0x1.f89c23093d03p-17, -0x1.ec8e12611df25p-20,
    -0x1.7613747d8d61fp-22, -0x1.ad8b0d2f1997bp-24, -0x1.727e733b808bap-25, -0x1.91e7314c6c0adp-26,
    -0x1.2117acb1b7cfdp-27, 0x1.d688f0236f085p-28, 0x1.e02420c6acd93p-27, 0x1.7ecfac2f9db8ap-28, -0x1.00ea37aaa36d7p-27,
    -0x1.dcbc3316a0026p-28, 0x1.ae4a82d2ffcf8p-29, 0x1.46717d4c7a2bdp-28, -0x1.2d19fea7d9852p-30,
    -0x1.3517c7dc84724p-29, 0x1.33b0c769e0373p-32, 0x1.70723da737548p-31, -0x1.444aadffdec7cp-35,
    -0x1.9abf0caa8317fp-34};

// e^x times the factor, which may be within the range even where the exponential isn't.
static double exp_times(double x, pair_double factor) {
  scaled e = exp_scaled_double(x);
  pair_double mantissa = sum_double(1, e.fraction);
  double product = mantissa.high * factor.high, lost = fma(mantissa.high, factor.high, -product);
  return scaled_by_double(product + (lost + (mantissa.low * factor.high + mantissa.high * factor.low)), e.n);
}

static double bessel_large(double x, pair_double terms) {
  if (!(x < 720)) return x == x ? HUGE_VAL : x;
  double root = sqrt(x), root_low = fma(-root, root, x) / (2 * root);
  double quotient = terms.high / root;
  double rest = fma(-quotient, root, terms.high) + terms.low;
  return exp_times(x, (pair_double){quotient, (rest - quotient * root_low) / root});
}

static double i0_double(double x) {
  double size = fabs(x);
  if (size <= 2) return POLYNOMIAL(x * x / 4, i0_terms_small);
  if (size <= 8) return exp_times(size, POLYNOMIAL_PAIR((size - 5) / 3, i0_terms_middle));
  return bessel_large(size, POLYNOMIAL_PAIR(16 / size - 1, i0_terms_large));
}

static double i1_double(double x) {
  double size = fabs(x);
  if (size <= 2) return x / 2 * POLYNOMIAL(x * x / 4, i1_terms_small);
  if (size <= 8) return copysign(exp_times(size, POLYNOMIAL_PAIR((size - 5) / 3, i1_terms_middle)), x);
  return copysign(bessel_large(size, POLYNOMIAL_PAIR(16 / size - 1, i1_terms_large)), x);
}

FX_UNARY_FLOATS_ALONE(i0, i0_double(a))
FX_TABLE_FLOATS(i0)

FX_UNARY_FLOATS_ALONE(i1, i1_double(a))
FX_TABLE_FLOATS(i1)

// e^-|x| times the functions, which stays within the range.
static double bessel_large_scaled(double x, pair_double terms) { return (terms.high + terms.low) / sqrt(x); }

static double i0e_double(double x) {
  double size = fabs(x);
  if (size <= 2) return exp(-size) * POLYNOMIAL(x * x / 4, i0_terms_small);
  if (size <= 8) return POLYNOMIAL_IN_ORDER((size - 5) / 3, i0_terms_middle);
  return bessel_large_scaled(size, POLYNOMIAL_PAIR(16 / size - 1, i0_terms_large));
}

static double i1e_double(double x) {
  double size = fabs(x);
  if (size <= 2) return x / 2 * exp(-size) * POLYNOMIAL(x * x / 4, i1_terms_small);
  if (size <= 8) return copysign(POLYNOMIAL_IN_ORDER((size - 5) / 3, i1_terms_middle), x);
  return copysign(bessel_large_scaled(size, POLYNOMIAL_PAIR(16 / size - 1, i1_terms_large)), x);
}

FX_UNARY_FLOATS_ALONE(i0e, i0e_double(a))
FX_TABLE_FLOATS(i0e)

FX_UNARY_FLOATS_ALONE(i1e, i1e_double(a))
FX_TABLE_FLOATS(i1e)

// MARK: Modified, of the second kind

// k0(x) + log(x / 2) i0(x) and (1 / x + log(x / 2) i1(x) - k1(x)) 4 / x are power series in x^2 / 4 (DLMF 10.31.2, 10.31.1).
static const double k0_terms_small[] = {
    -0x1.2788cfc6fb619p-1, 0x1.b0ee6072093cep-2, 0x1.d8773039049e7p-3, 0x1.1dd628653175dp-5, 0x1.56b9b69e15041p-9,
    0x1.f0f15a9e33057p-14, 0x1.e4e0d1aa7fb19p-19, 0x1.54cf4f15d6d12p-24, 0x1.69f1f3553c199p-30, 0x1.2cd3496448444p-36};
static const double k1_terms_small[] = {
    -0x1.3c467e37db0c8p-3, 0x1.58773039049e7p-1, 0x1.73ddae5ee6a28p-3, 0x1.3a47ef81a33cfp-6, 0x1.2462822a45268p-10,
    0x1.5b7a177f5639bp-15, 0x1.1fa413136952dp-20, 0x1.5f60a13589756p-26, 0x1.4a1428fc835c7p-32, 0x1.ec021b49cd26p-39};
// sqrt(x) e^x k0(x) and sqrt(x) e^x k1(x) in powers of 2 / x - 1, x >= 1.
static const double k0_terms_large[] = {
    0x1.30ae2423de262p+0, -0x1.ac450893fa53bp-5, 0x1.085a24b1da2abp-7, -0x1.f446a7e27d965p-10, 0x1.2a72159eecd3ap-11,
    -0x1.9db9cc1618e69p-13, 0x1.3f1d2536c55bp-14, -0x1.0ae1c65d8a23ap-15, 0x1.dbd966e7b21dcp-17, -0x1.bee0a68c85611p-18,
    0x1.b69c976b78bcp-19, -0x1.bf0b9d2718e75p-20, 0x1.cdb396e304b2dp-21, -0x1.e4e873cde59ecp-22, 0x1.59f6caea981c5p-22,
    -0x1.f2470a20dcbd3p-23, -0x1.ea38b7939db7bp-24, 0x1.b3cfc1d435cb4p-23, 0x1.0c47af47954f6p-21, -0x1.3372d6414d7cfp-21,
    -0x1.a7883a54a8e9ep-21, 0x1.d8652c9fd8e46p-21, 0x1.07e69bdde4612p-20, -0x1.14364335d45c2p-20, -0x1.c240e0002e3eep-21,
    0x1.c167651fa407bp-21, 0x1.039e33dff884p-21, -0x1.ee837c66cb411p-22, -0x1.67752af02da9ep-23, 0x1.4859f51f8e22dp-23,
    0x1.d36daed3fabc3p-26, -0x1.989c91b4371a5p-26};
static const double k1_terms_large[] = {
    0x1.7628990a85c65p+0, 0x1.80fb15bf9d15bp-3, -0x1.03bbb0fa2f66bp-6, 0x1.97e59d89285ddp-9, -0x1.bab479ad4ce9dp-11,
    0x1.21729ca43f5ap-12, -0x1.acf5ab9d92b33p-14, 0x1.5c524e36b38bp-15, -0x1.2f8c3b21ca128p-16, 0x1.17edf9bbae709p-17,
    -0x1.0e779dd40dfbep-18, 0x1.106647c76d24dp-19, -0x1.1c51672a49426p-20, 0x1.22e9d122a29ffp-21, -0x1.298d3af06c025p-22,
    0x1.1ce46d03e0243p-22, -0x1.e0b17ccb760fdp-23, -0x1.d06d5cf0f9ebp-23, 0x1.4d0578dda963fp-22, 0x1.4e40c31873421p-21,
    -0x1.81e3cb7068578p-21, -0x1.003af5660fe8ap-20, 0x1.1c4a2b6cae93ep-20, 0x1.2bdbf21bfebc7p-20, -0x1.3a0c83f166221p-20,
    -0x1.e7ea0f2f75998p-21, 0x1.e7ec7b476227p-21, 0x1.0c8da9ebd38e6p-21, -0x1.00d1c0c3de268p-21, -0x1.64c2677c8bf1fp-23,
    0x1.47aa3afabb3d9p-23, 0x1.bc53cc6aefd94p-26, -0x1.8752cbc45490dp-26};

// x / 2 may be less than the least number.
static double log_of_half(double x) { return x > 0x1p-1000 ? log(x / 2) : log(x) - LN_2; }

static double k0_small(double x) {
  double z = x * x / 4;
  return POLYNOMIAL(z, k0_terms_small) - log_of_half(x) * POLYNOMIAL(z, i0_terms_small);
}

static double k1_small(double x) {
  double z = x * x / 4;
  return 1 / x + x / 2 * (log_of_half(x) * POLYNOMIAL(z, i1_terms_small) - POLYNOMIAL(z, k1_terms_small) / 2);
}

// e^x k(x) and k(x).
static double k0e_double(double x) {
  if (!(x > 0)) return x == 0 ? HUGE_VAL : NAN;
  return x < 1 ? exp(x) * k0_small(x) : POLYNOMIAL_IN_ORDER(2 / x - 1, k0_terms_large) / sqrt(x);
}

static double k1e_double(double x) {
  if (!(x > 0)) return x == 0 ? HUGE_VAL : NAN;
  return x < 1 ? exp(x) * k1_small(x) : POLYNOMIAL_IN_ORDER(2 / x - 1, k1_terms_large) / sqrt(x);
}

static double k_large(double x, double scaled) { return x < 750 ? exp_times(-x, (pair_double){scaled, 0}) : 0; }

static double k0_double(double x) { return x >= 1 ? k_large(x, k0e_double(x)) : x > 0 ? k0_small(x) : k0e_double(x); }
static double k1_double(double x) { return x >= 1 ? k_large(x, k1e_double(x)) : x > 0 ? k1_small(x) : k1e_double(x); }

FX_UNARY_FLOATS_ALONE(bessel_k0, k0_double(a))
FX_TABLE_FLOATS(bessel_k0)

FX_UNARY_FLOATS_ALONE(bessel_k1, k1_double(a))
FX_TABLE_FLOATS(bessel_k1)

FX_UNARY_FLOATS_ALONE(scaled_bessel_k0, k0e_double(a))
FX_TABLE_FLOATS(scaled_bessel_k0)

FX_UNARY_FLOATS_ALONE(scaled_bessel_k1, k1e_double(a))
FX_TABLE_FLOATS(scaled_bessel_k1)

// MARK: Not modified

// The C library's. At the infinities PyTorch has no value.
static double unless_infinite(double x, double value) { return fabs(x) < HUGE_VAL ? value : NAN; }

FX_UNARY_FLOATS_ALONE(bessel_j0, unless_infinite(a, j0(a)))
FX_TABLE_FLOATS(bessel_j0)

FX_UNARY_FLOATS_ALONE(bessel_j1, unless_infinite(a, j1(a)))
FX_TABLE_FLOATS(bessel_j1)

// On the negative axis they have none, whatever a library gives there.
FX_UNARY_FLOATS_ALONE(bessel_y0, a > 0 ? unless_infinite(a, y0(a)) : a == 0 ? -HUGE_VAL : NAN)
FX_TABLE_FLOATS(bessel_y0)

FX_UNARY_FLOATS_ALONE(bessel_y1, a > 0 ? unless_infinite(a, y1(a)) : a == 0 ? -HUGE_VAL : NAN)
FX_TABLE_FLOATS(bessel_y1)

// MARK: Airy's function

// With s = 2/3 |x|^(3/2): 2 sqrt(pi) x^(1/4) e^s Ai(x) in powers of 4 / (3 s) - 1, x >= 1.
static const double airy_terms_positive[] = {
    0x1.ebdc6b32653ffp-1, -0x1.fc78a048bdb16p-6, 0x1.75a21f1fd7473p-8, -0x1.a50407303817cp-10, 0x1.2745cf3130ac4p-11,
    -0x1.db6520459d9e8p-13, 0x1.a57fe77c75fe9p-14, -0x1.91b964e85ddedp-15, 0x1.952de9db34b3p-16, -0x1.abd7a3e800c5ap-17,
    0x1.d4c78dabf13a5p-18, -0x1.08c330282ada3p-18, 0x1.3dce63190d7ecp-19, -0x1.926e0c4b0787dp-20, 0x1.b79fed970c3f9p-22,
    0x1.08c463cfe89a5p-22, 0x1.49e1e6505adbp-19, -0x1.f0964173c5f2dp-19, -0x1.02e0fdc108ea2p-17, 0x1.8d3014e1a1ba1p-17,
    0x1.6efe9356d3692p-16, -0x1.0486d970b41b1p-15, -0x1.81bb85ec7bea6p-15, 0x1.02c66ce45fa38p-14, 0x1.3556bc19a68e4p-14,
    -0x1.89e3f75814d52p-14, -0x1.761741c1c102ep-14, 0x1.c6a1f5c494829p-14, 0x1.501117ff3423cp-14, -0x1.876d1452531dfp-14,
    -0x1.b2e2d703998c2p-15, 0x1.e735486027518p-15, 0x1.7fb79f8f752dap-16, -0x1.9eab79d6a0b59p-16, -0x1.9df7cc19062c5p-18,
    0x1.b0889306045b6p-18, 0x1.9dd4b774f509dp-21, -0x1.a29b7c0218785p-21};
// sqrt(pi) |x|^(1/4) Ai(x) = P cos(s - pi/4) + Q sin(s - pi/4): P and s Q in powers of 24 / s^2 - 1, x <= -3.
static const double airy_terms_cosine[] = {
    0x1.ff404d99c373fp-1, -0x1.6c3fa9e32d55fp-10, 0x1.0c161780d7cbfp-14, -0x1.e9ef620deb71bp-18, 0x1.665fa4e73bc95p-20,
    -0x1.5e7d95c09e223p-22, 0x1.a1c59c9a003a8p-24, -0x1.1f84db18c3695p-25, 0x1.b8c7204f40d4bp-27, -0x1.6f509e1a6f8d9p-28,
    0x1.5ac0a18e14657p-29, -0x1.65fd802c2406fp-30, 0x1.cc259e8975c5ep-33, 0x1.64acc92f3b2f9p-33, 0x1.06996fbf10ac1p-30,
    -0x1.1437be2ffeef1p-30, -0x1.25842d8e280cep-30, 0x1.3f818e6b6f1abp-30, 0x1.16ad88fc73dd6p-30, -0x1.134e92ed97a1bp-30,
    -0x1.161aad06e37bcp-31, 0x1.0514b9bae5f1dp-31, 0x1.0f0a5de61ca2cp-33, -0x1.d968f6b9bc64fp-34};
static const double airy_terms_sine[] = {
    0x1.169c83f74dc3ap-4, -0x1.53844904635dap-10, 0x1.c079c4780ad3cp-14, -0x1.175532d7132d6p-16, 0x1.f3824e02f2f8cp-19,
    -0x1.1a3ccd543e7d6p-20, 0x1.77f0437d30375p-22, -0x1.1addcc56e98cap-23, 0x1.d49031f9f9b8fp-25, -0x1.a39b4899b3617p-26,
    0x1.7bed3560a2455p-27, -0x1.58fa6fea79377p-28, 0x1.5186e6c45070ap-28, -0x1.284e523fe0a0cp-28, -0x1.244bf26c1703ap-28,
    0x1.a211f68196a4dp-28, 0x1.4cbcac3fd4eecp-27, -0x1.82fd17d8cd256p-27, -0x1.81137e6876c23p-27, 0x1.aa97cc4303e99p-27,
    0x1.2f321146ba061p-27, -0x1.39fd08130cc74p-27, -0x1.105b0e11d77f8p-28, 0x1.0bb15a8eca305p-28, 0x1.c87a00a032bap-31,
    -0x1.a6d31d2836176p-31};
// Ai(x) in powers of (x + 1) / 2, -3 <= x <= 1.
static const double airy_terms_middle[] = {
    0x1.1235093d83da5p-1, -0x1.4cf103bcc6625p-6, -0x1.1235093d83da5p+0, 0x1.748bbc65f3f01p-1, 0x1.5fbcac2a2781ap-2,
    -0x1.25dff9df33e6cp-1, 0x1.2f95f0618397cp-3, 0x1.ebe510ca31822p-4, -0x1.7b39f6c400a2dp-4, 0x1.4116876eaf45dp-7,
    0x1.e4a0beba489e5p-7, -0x1.d0a22d9784067p-8, 0x1.318c369ec2fd5p-13, 0x1.ecf3ec3fbb149p-11, -0x1.4a21f906db268p-12,
    -0x1.9eb08de0a5f35p-17, 0x1.32ec48522d887p-15, -0x1.309f9b890bf68p-17, -0x1.adf943ff32b5fp-21, 0x1.0256028230d7fp-20,
    -0x1.895daed318247p-23, -0x1.a8926788248f3p-26, 0x1.3ee4b224e374p-26, -0x1.5c44039edb50bp-29, -0x1.53feea3b9dab2p-31,
    0x1.cb262de93f886p-33};

static double airy_ai_double(double x) {
  if (x - x != 0) return NAN;
  if (x >= -3 && x <= 1) return POLYNOMIAL_IN_ORDER((x + 1) / 2, airy_terms_middle);
  // s and what it loses by rounding, for the exponential and the cosine see the difference.
  double size = fabs(x), root = sqrt(size), root_low = fma(-root, root, size) / (2 * root);
  double product = size * root, product_low = fma(size, root, -product) + size * root_low;
  double s = 2 * product / 3, s_low = (fma(-3, s, 2 * product) + 2 * product_low) / 3;
  double amplitude = 1 / sqrt(PI * root);
  if (x > 0) {
    if (s > 760) return 0;
    double terms = POLYNOMIAL_IN_ORDER(4 / (3 * s) - 1, airy_terms_positive);
    return exp_times(-s, (pair_double){amplitude / 2 * terms, -s_low * amplitude / 2 * terms});
  }
  // Farther out an argument's last place is many periods, and there is but the limit.
  if (!(s < 0x1p70)) return 0;
  double t = 24 / (s * s) - 1;
  double p = POLYNOMIAL_IN_ORDER(t, airy_terms_cosine), q = POLYNOMIAL_IN_ORDER(t, airy_terms_sine) / s;
  // The cosine and the sine of s and what it has lost, and those of it less pi/4, but for the root of one half.
  double cosine = cos(s) * cos(s_low) - sin(s) * sin(s_low), sine = sin(s) * cos(s_low) + cos(s) * sin(s_low);
  return amplitude * 0x1.6a09e667f3bcdp-1 * (p * (cosine + sine) + q * (sine - cosine));
}

FX_UNARY_FLOATS_ALONE(airy_ai, airy_ai_double(a))
FX_TABLE_FLOATS(airy_ai)

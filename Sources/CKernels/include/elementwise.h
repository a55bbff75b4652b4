// Elementwise loops over contiguous runs, one per opcode and element type.
//
// A loop reads n elements from each operand it has and writes n. The output may be one of the inputs, never a shifted part of one.
// Booleans are bytes: 0 and 1 are written, and whatever is not 0 is read as true. Loops of comparisons and tests write booleans whatever they
// read; `select` reads booleans from its first operand.
#ifndef FLUXION_ELEMENTWISE_H
#define FLUXION_ELEMENTWISE_H

typedef void (*fx_loop)(void *_Nonnull out, const void *_Nonnull a, const void *_Nullable b, const void *_Nullable c, long n);

// The loops of one opcode; a null pointer where the opcode has no meaning for the type.
typedef struct {
  fx_loop _Nullable boolean, uint8, int8, int16, int32, int64, float32, float64;
} fx_loops;

// The loops that convert from one element type to each of the others.
typedef struct {
  fx_loop _Nonnull boolean, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64;
} fx_casts;

#define FX_OPCODES(X)                                                                                                  \
  X(add) X(sub) X(mul) X(div) X(floor_divide) X(remainder) X(fmod) X(neg) X(abs) X(sign) X(reciprocal) X(inverse_square) \
  X(minimum) X(maximum) X(fmin) X(fmax) X(copysign) X(nextafter) X(gcd) X(lcm)                                         \
  X(floor) X(ceil) X(round) X(trunc)                                                                                   \
  X(bit_and) X(bit_or) X(bit_xor) X(bit_not) X(shift_left) X(shift_right)                                              \
  X(eq) X(ne) X(lt) X(le) X(gt) X(ge) X(isnan) X(signbit)                                                              \
  X(select)                                                                                                            \
  X(sqrt) X(rsqrt) X(pow) X(hypot)                                                                                     \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sigmoid) X(softplus) X(logaddexp) X(relu) X(silu)       \
  X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh)                                                                   \
  X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(atan2)                                                                \
  X(erf) X(erfc) X(erfcx) X(erfinv) X(ndtri)                                                                           \
  X(lgamma) X(digamma) X(polygamma) X(zeta) X(igamma) X(igammac)                                                       \
  X(i0) X(i1) X(i0e) X(i1e) X(bessel_k0) X(bessel_k1) X(scaled_bessel_k0) X(scaled_bessel_k1)                          \
  X(bessel_j0) X(bessel_j1) X(bessel_y0) X(bessel_y1) X(airy_ai)                                                       \
  X(chebyshev_t) X(chebyshev_u) X(chebyshev_v) X(chebyshev_w) X(hermite_h) X(hermite_he) X(laguerre_l) X(legendre_p)

#define FX_DECLARE(name) fx_loops fx_##name(void);
FX_OPCODES(FX_DECLARE)
#undef FX_DECLARE

fx_casts fx_cast_boolean(void);
fx_casts fx_cast_uint8(void);
fx_casts fx_cast_int8(void);
fx_casts fx_cast_int16(void);
fx_casts fx_cast_int32(void);
fx_casts fx_cast_int64(void);
fx_casts fx_cast_float16(void);
fx_casts fx_cast_bfloat16(void);
fx_casts fx_cast_float32(void);
fx_casts fx_cast_float64(void);

#endif

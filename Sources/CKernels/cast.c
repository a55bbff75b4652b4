// Conversions between every two element types.
#include "loops.h"

// The 16-bit floats are computed with as float32, and made from it: integers and float64 come by way of float32 too, like PyTorch's.
FX_INLINE float from_bfloat16(uint16_t bits) { return float32_from_bits((uint32_t)bits << 16); }

FX_INLINE uint16_t to_bfloat16(float x) {
  uint32_t bits = float32_bits(x);
  uint32_t nearest_even = bits + 0x7fff + (bits >> 16 & 1);
  return (uint16_t)((x != x ? bits | 0x400000 : nearest_even) >> 16);
}

// The exponents' biases differ by 112. Multiplying makes up for that in subnormal numbers too.
FX_INLINE float from_float16(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t finite = float32_bits(float32_from_bits(magnitude) * 0x1p112f);
  bool is_finite = (half & 0x7c00) != 0x7c00;
  return float32_from_bits((is_finite ? finite : magnitude | 0x7f800000) | sign);
}

FX_INLINE uint16_t to_float16(float x) {
  uint32_t bits = float32_bits(x), magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
  uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  // One half has the last place of float16's subnormal numbers, so that the addition rounds to it.
  uint32_t subnormal = float32_bits(float32_from_bits(magnitude) + 0.5f) - float32_bits(0.5f);
  uint32_t beyond = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
  return (uint16_t)((magnitude < 113u << 23 ? subnormal : magnitude >= 143u << 23 ? beyond : normal) | sign);
}

// Floats are cut off towards zero. Converting what doesn't fit is undefined in C; here it gives the least integer, as on x86.
// (In float32 the lower bound is the least integer itself, which gives the same.)
FX_INLINE int64_t int64_from_float64(double x) { return (int64_t)(x >= -0x1p63 && x < 0x1p63 ? x : -0x1p63); }
FX_INLINE int64_t int64_from_float32(float x) { return (int64_t)(x >= -0x1p63f && x < 0x1p63f ? x : -0x1p63f); }
FX_INLINE int32_t int32_from_float64(double x) { return (int32_t)(x > -0x1p31 - 1 && x < 0x1p31 ? x : -0x1p31); }
FX_INLINE int32_t int32_from_float32(float x) { return (int32_t)(x >= -0x1p31f && x < 0x1p31f ? x : -0x1p31f); }

#define INT64(x) _Generic((x), float: int64_from_float32, double: int64_from_float64, default: int64_from_integer)(x)
#define INT32(x) _Generic((x), float: int32_from_float32, double: int32_from_float64, default: int32_from_integer)(x)
FX_INLINE int64_t int64_from_integer(int64_t x) { return x; }
FX_INLINE int32_t int32_from_integer(int64_t x) { return (int32_t)x; }

// The types: how one is stored, how a stored element is read, and how a value that was read is stored.
// Floats pass through int64 on their way to uint8 and through int32 to int8 and int16; so they do in PyTorch.
#define IDENTITY(x) (x)
#define BOOLEAN(x) FX_TRUTH(x)
#define UINT8(x) (uint8_t)INT64(x)
#define INT8(x) (int8_t)INT32(x)
#define INT16(x) (int16_t)INT32(x)
#define FLOAT16(x) to_float16((float)(x))
#define BFLOAT16(x) to_bfloat16((float)(x))
#define FLOAT32(x) (float)(x)
#define FLOAT64(x) (double)(x)

#define CAST(from, From, read, to, To, store)                                                                          \
  FX_CLONES FX_LOOP(from, to) {                                                                                            \
    const From *as = pa;                                                                                               \
    To *results = out;                                                                                                 \
    FX_EACH results[i] = store(read(as[i]));                                                                           \
  }

#define CASTS_FROM(from, From, read)                                                                                   \
  CAST(from, From, read, to_boolean, uint8_t, BOOLEAN)                                                                 \
  CAST(from, From, read, to_uint8, uint8_t, UINT8)                                                                     \
  CAST(from, From, read, to_int8, int8_t, INT8)                                                                        \
  CAST(from, From, read, to_int16, int16_t, INT16)                                                                     \
  CAST(from, From, read, to_int32, int32_t, INT32)                                                                     \
  CAST(from, From, read, to_int64, int64_t, INT64)                                                                     \
  CAST(from, From, read, to_float16, uint16_t, FLOAT16)                                                                \
  CAST(from, From, read, to_bfloat16, uint16_t, BFLOAT16)                                                              \
  CAST(from, From, read, to_float32, float, FLOAT32)                                                                   \
  CAST(from, From, read, to_float64, double, FLOAT64)                                                                  \
  fx_casts fx_cast_##from(void) {                                                                                      \
    return (fx_casts){from##_to_boolean, from##_to_uint8,   from##_to_int8,     from##_to_int16,   from##_to_int32,    \
                      from##_to_int64,   from##_to_float16, from##_to_bfloat16, from##_to_float32, from##_to_float64}; \
  }

CASTS_FROM(boolean, uint8_t, BOOLEAN)
CASTS_FROM(uint8, uint8_t, IDENTITY)
CASTS_FROM(int8, int8_t, IDENTITY)
CASTS_FROM(int16, int16_t, IDENTITY)
CASTS_FROM(int32, int32_t, IDENTITY)
CASTS_FROM(int64, int64_t, IDENTITY)
CASTS_FROM(float16, uint16_t, from_float16)
CASTS_FROM(bfloat16, uint16_t, from_bfloat16)
CASTS_FROM(float32, float, IDENTITY)
CASTS_FROM(float64, double, IDENTITY)

// Random numbers: the block transform of float32 normal values.
#include "random.h"

#include "loops.h"

// S. L. Moshier's Cephes logf, sinf and cosf as PyTorch's vectorised kernel evaluates them (after J. Pommier's sse_mathfun), with the
// fused multiply-adds its compiler forms. A more accurate function would give other bits.
#define FMA __builtin_fmaf

FX_INLINE float as_float(int32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

FX_INLINE int32_t as_bits(float value) {
  int32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// For x in (0, 1].
FX_INLINE float cephes_log(float x) {
  int32_t bits = as_bits(x < 0x1p-126f ? 0x1p-126f : x);
  float m = as_float((bits & 0x7FFFFF) | 0x3F000000);
  int32_t low = m < 0.707106781186547524f ? -1 : 0;
  float e = (float)((bits >> 23) - 126 + low);
  float f = (m - 1) + as_float(as_bits(m) & low);
  float z = f * f;
  float y = 7.0376836292E-2f;
  y = FMA(y, f, -1.1514610310E-1f);
  y = FMA(y, f, 1.1676998740E-1f);
  y = FMA(y, f, -1.2420140846E-1f);
  y = FMA(y, f, 1.4249322787E-1f);
  y = FMA(y, f, -1.6668057665E-1f);
  y = FMA(y, f, 2.0000714765E-1f);
  y = FMA(y, f, -2.4999993993E-1f);
  y = FMA(y, f, 3.3333331174E-1f);
  y = y * f;
  y = FMA(y, z, e * -2.12194440e-4f);
  y = FMA(-z, 0.5f, y);
  return FMA(e, 0.693359375f, f + y);
}

// blocks * 16 units in place; elements j and j + 8 of a block make a pair.
FX_CLONES void fx_normal_blocks_float32(float *values, long blocks, float mean, float std) {
#pragma clang fp contract(off)
  for (long block = 0; block < blocks; block++, values += 16) {
    float out[16];
#pragma clang loop vectorize(assume_safety) vectorize_width(8)
    for (long i = 0; i < 8; i++) {
      float r = FX_SQRT(-2 * cephes_log(1 - values[i]));
      float t = 6.28318530717958647692f * values[i + 8];
      // The octant, made even; then t minus that multiple of pi/4, taken off in three parts.
      int32_t j = ((int32_t)(t * 1.27323954473516f) + 1) & ~1;
      float y = (float)j;
      float x = FMA(y, -0.78515625f, t);
      x = FMA(y, -2.4187564849853515625e-4f, x);
      x = FMA(y, -3.77489497744594108e-8f, x);
      float z = x * x;
      float c = 2.443315711809948E-5f;
      c = FMA(c, z, -1.388731625493765E-3f);
      c = FMA(c, z, 4.166664568298827E-2f);
      c = c * z;
      c = FMA(c, z, -(z * 0.5f));
      c = c + 1;
      float s = -1.9515295891E-4f;
      s = FMA(s, z, 8.3321608736E-3f);
      s = FMA(s, z, -1.6666654611E-1f);
      s = s * z;
      s = FMA(s, x, x);
      // Sine and cosine trade places in every second quarter; signs flip by their bit.
      int32_t swap = -((j >> 1) & 1) & (as_bits(s) ^ as_bits(c));
      float sine = as_float(as_bits(s) ^ swap ^ (int32_t)((uint32_t)(j & 4) << 29));
      float cosine = as_float(as_bits(c) ^ swap ^ (int32_t)((uint32_t)(~(j - 2) & 4) << 29));
      out[i] = FMA(r * cosine, std, mean);
      out[i + 8] = FMA(r * sine, std, mean);
    }
    memcpy(values, out, sizeof out);
  }
}

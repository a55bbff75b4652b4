// Random numbers: the Mersenne Twister's state, what is made of its words, and the block transform of float32 normal values.
#include "random.h"

#include "loops.h"

// MARK: words

FX_INLINE uint32_t twisted(uint32_t u, uint32_t v) {
  uint32_t mixed = (u & 0x80000000) | (v & 0x7FFFFFFF);
  return (mixed >> 1) ^ (-(v & 1) & 0x9908B0DF);
}

// A word is made of ones at least 227 places before it that are new already: enough for any vector.
FX_CLONES void fx_twister_regenerate(uint32_t *words) {
  for (long i = 0; i < 227; i++) words[i] = words[i + 397] ^ twisted(words[i], words[i + 1]);
  for (long i = 227; i < 623; i++) words[i] = words[i - 227] ^ twisted(words[i], words[i + 1]);
  words[623] = words[396] ^ twisted(words[623], words[0]);
}

FX_INLINE uint32_t tempered(uint32_t word) {
  word ^= word >> 11;
  word ^= (word << 7) & 0x9D2C5680;
  word ^= (word << 15) & 0xEFC60000;
  return word ^ (word >> 18);
}

// Through a signed integer, which the vector unit converts.
FX_INLINE float unit_single(uint32_t word) { return (float)(int32_t)(tempered(word) & 0xFFFFFF) * 0x1p-24f; }

// The first of two words is the high half, and the lower one in memory.
FX_INLINE double unit_double(uint64_t words) {
  uint64_t bits = (uint64_t)tempered((uint32_t)words) << 32 | tempered((uint32_t)(words >> 32));
  return (double)(int64_t)(bits & 0x1FFFFFFFFFFFFF) * 0x1p-53;
}

FX_CLONES void fx_unit_float32(float *values, long n) {
  FX_EACH values[i] = unit_single(float32_bits(values[i]));
}

FX_CLONES void fx_unit_float64(double *values, long n) {
  FX_EACH values[i] = unit_double(float64_bits(values[i]));
}

// The fused multiply-add is what PyTorch's compiled kernels execute wherever the machine has one. It can round up to `high`, which the
// interval excludes.
FX_CLONES void fx_uniform_float32(float *values, float low, float high, long n) {
  float width = high - low;
  FX_EACH {
    float value = __builtin_fmaf(unit_single(float32_bits(values[i])), width, low);
    values[i] = value == high ? low : value;
  }
}

FX_CLONES void fx_uniform_float64(double *values, double low, double high, long n) {
  double width = high - low;
  FX_EACH {
    double value = __builtin_fma(unit_double(float64_bits(values[i])), width, low);
    values[i] = value == high ? low : value;
  }
}

// MARK: normal values

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

#include "products.h"

#include "loops.h"

// A tile of b: small enough to stay in the second-level cache while all rows of a pass over it.
enum { tile_k = 64, tile_n = 256 };

// Arithmetic is in an unsigned type of at least 32 bits, where overflow wraps and nothing is promoted to int.
#define PRODUCT(name, T, W)                                                                                            \
  FX_CLONES static void accumulate_##name(T *restrict c, const T *b, long b_row, const T *a, long a_column, W alpha,        \
                                     long k, long n) {                                                                 \
    long p = 0;                                                                                                        \
    for (; p + 4 <= k; p += 4, b += 4 * b_row) {                                                                       \
      const T *b1 = b + b_row, *b2 = b1 + b_row, *b3 = b2 + b_row;                                                     \
      T a0 = (T)(alpha * (W)a[p * a_column]), a1 = (T)(alpha * (W)a[(p + 1) * a_column]);                              \
      T a2 = (T)(alpha * (W)a[(p + 2) * a_column]), a3 = (T)(alpha * (W)a[(p + 3) * a_column]);                        \
      for (long j = 0; j < n; j++)                                                                                     \
        c[j] = (T)((W)c[j] + (W)a0 * (W)b[j] + (W)a1 * (W)b1[j] + (W)a2 * (W)b2[j] + (W)a3 * (W)b3[j]);                \
    }                                                                                                                  \
    for (; p < k; p++, b += b_row) {                                                                                   \
      T a0 = (T)(alpha * (W)a[p * a_column]);                                                                          \
      for (long j = 0; j < n; j++) c[j] = (T)((W)c[j] + (W)a0 * (W)b[j]);                                              \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  void fx_product_##name(const fx_product *p) {                                                                        \
    T packed[tile_k * tile_n];                                                                                         \
    for (long i = 0; i < p->m; i++) {                                                                                  \
      T *c = (T *)p->c + i * p->c_row;                                                                                 \
      if (p->beta == 0) {                                                                                              \
        for (long j = 0; j < p->n; j++) c[j] = 0;                                                                      \
      } else if (p->beta != 1) {                                                                                       \
        for (long j = 0; j < p->n; j++) c[j] = (T)((W)c[j] * (W)p->beta);                                              \
      }                                                                                                                \
    }                                                                                                                  \
    for (long j = 0; j < p->n; j += tile_n) {                                                                          \
      long width = p->n - j < tile_n ? p->n - j : tile_n;                                                              \
      for (long q = 0; q < p->k; q += tile_k) {                                                                        \
        long depth = p->k - q < tile_k ? p->k - q : tile_k;                                                            \
        const T *b = (const T *)p->b + q * p->b_row + j * p->b_column;                                                 \
        long b_row = p->b_row;                                                                                         \
        if (p->b_column != 1) {                                                                                        \
          for (long x = 0; x < width; x++)                                                                             \
            for (long y = 0; y < depth; y++) packed[y * tile_n + x] = b[y * p->b_row + x * p->b_column];               \
          b = packed;                                                                                                  \
          b_row = tile_n;                                                                                              \
        }                                                                                                              \
        for (long i = 0; i < p->m; i++)                                                                                \
          accumulate_##name((T *)p->c + i * p->c_row + j, b, b_row, (const T *)p->a + i * p->a_row + q * p->a_column,  \
                            p->a_column, (W)p->alpha, depth, width);                                                   \
      }                                                                                                                \
    }                                                                                                                  \
  }

PRODUCT(int8, uint8_t, uint32_t)
PRODUCT(int16, uint16_t, uint32_t)
PRODUCT(int32, uint32_t, uint32_t)
PRODUCT(int64, uint64_t, uint64_t)

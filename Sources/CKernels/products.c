#include "products.h"

#include "loops.h"

// MARK: integers

// A tile of b: small enough to stay in the second-level cache while all rows of a pass over it.
enum { tile_k = 64, tile_n = 256 };

// Arithmetic is in an unsigned type of at least 32 bits, where overflow wraps and nothing is promoted to int.
#define PRODUCT(name, T, W)                                                                                            \
  FX_CLONES static void accumulate_##name(T *restrict c, const T *b, long b_row, const T *a, long a_column, W alpha,   \
                                          long k, long n) {                                                            \
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

// MARK: small floating-point products

// OpenBLAS copies both operands into an order of its own before it multiplies, which for small matrices takes as long as
// the product. Here b is read where it lies, one panel of two vectors' width at a time, and copied only where it lies
// badly; a is read element by element. On Zen 3, in GFLOP/s of one thread: 16³ 75 against OpenBLAS's 24, 64³ 94 against
// 66, 128³ 95 against 79, 256³ 97 against 89, 512 · 256 · 1024 93 against 88, but 55
// against 65 where rows of b lie whole pages apart, which callers leave to OpenBLAS.
#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,fma")))

enum {
  // Twelve sums, two vectors of b and one of a are the sixteen registers.
  tile_rows = 6,
  // A panel of this depth takes half the first-level cache.
  panel_depth = 256,
  // Elements of a that are multiplied with all of b before the next.
  product_block = 1 << 16,
};

long fx_small_product_limit(void) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  // For processors with AVX-512 OpenBLAS has kernels for small matrices of its own; there only its call is slow.
  return __builtin_cpu_supports("avx512f") ? 1 << 12 : 1 << 24;
}

long fx_small_product_depth(void) { return fx_small_product_limit() > 1 << 12 ? panel_depth : 0; }

#define TILE(name, rows, vectors)                                                                                      \
  case rows * 2 + vectors - 1:                                                                                         \
    tile_##name(rows, vectors, k, a, a_row, a_column, b, b_row, second, c, c_row, d, d_row);                           \
    break;
#define TILES(name, vectors)                                                                                           \
  TILE(name, 1, vectors)                                                                                               \
  TILE(name, 2, vectors) TILE(name, 3, vectors) TILE(name, 4, vectors) TILE(name, 5, vectors) TILE(name, 6, vectors)

#define MIXED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// out[j * out_row + i] = in[i * in_row + j] for as many rows and columns as a vector has elements.
AVX2 FX_INLINE void transpose_float32(float *out, long out_row, const float *in, long in_row) {
  typedef float vector __attribute__((vector_size(32), aligned(4)));
  vector a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = *(const vector *)(in + i * in_row);
  for (int i = 0; i < 8; i += 2) {
    b[i] = MIXED(a[i], a[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[i + 1] = MIXED(a[i], a[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = MIXED(b[i], b[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    a[i + 1] = MIXED(b[i], b[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    a[i + 2] = MIXED(b[i + 1], b[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    a[i + 3] = MIXED(b[i + 1], b[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    *(vector *)(out + i * out_row) = MIXED(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(vector *)(out + (i + 4) * out_row) = MIXED(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

AVX2 FX_INLINE void transpose_float64(double *out, long out_row, const double *in, long in_row) {
  typedef double vector __attribute__((vector_size(32), aligned(8)));
  vector a[4], b[4];
  for (int i = 0; i < 4; i++) a[i] = *(const vector *)(in + i * in_row);
  for (int i = 0; i < 4; i += 2) {
    b[i] = MIXED(a[i], a[i + 1], 0, 4, 2, 6);
    b[i + 1] = MIXED(a[i], a[i + 1], 1, 5, 3, 7);
  }
  for (int i = 0; i < 2; i++) {
    *(vector *)(out + i * out_row) = MIXED(b[i], b[i + 2], 0, 1, 4, 5);
    *(vector *)(out + (i + 2) * out_row) = MIXED(b[i], b[i + 2], 2, 3, 6, 7);
  }
}

// What is read ahead while a product is computed: the operands of the next one, some lines with every tile.
typedef struct {
  const char *start[2], *end[2];
  long step;
} fx_ahead;

FX_INLINE void fetch(fx_ahead *ahead) {
  for (int i = 0; i < 2; i++) {
    const char *last = ahead->start[i] + ahead->step;
    if (last > ahead->end[i]) last = ahead->end[i];
    for (; ahead->start[i] < last; ahead->start[i] += 64) __builtin_prefetch(ahead->start[i], 0, 2);
  }
}

static fx_ahead ahead_of(const fx_product *p, long size, long columns) {
  fx_ahead ahead = {.step = 0};
  const long bytes[2] = {p->m * p->k * size, p->k * p->n * size};
  const void *next[2] = {p->next_a, p->next_b};
  const long tiles = (p->m + tile_rows - 1) / tile_rows * ((p->n + columns - 1) / columns);
  for (int i = 0; i < 2; i++) {
    if (!next[i]) continue;
    ahead.start[i] = next[i];
    ahead.end[i] = ahead.start[i] + bytes[i];
    const long step = (bytes[i] + 64 * tiles - 1) / (64 * tiles) * 64;
    if (step > ahead.step) ahead.step = step;
  }
  return ahead;
}

// T: the element, L: how many make a vector. `second` is where a panel's second vector begins, counted from the first.
#define SMALL_PRODUCT(name, T, L)                                                                                      \
  typedef T vector_##name __attribute__((vector_size(L * sizeof(T)), aligned(sizeof(T))));                             \
                                                                                                                       \
  AVX2 FX_INLINE void tile_##name(const int rows, const int vectors, long k, const T *a, long a_row, long a_column,    \
                                  const T *b, long b_row, long second, T *c, long c_row, const T *d, long d_row) {     \
    vector_##name sum[tile_rows][2];                                                                                   \
    for (int i = 0; i < rows; i++)                                                                                     \
      for (int v = 0; v < vectors; v++) sum[i][v] = (vector_##name){0};                                                \
    /* What is written at the end is on its way meanwhile. */                                                          \
    for (int i = 0; i < rows; i++) {                                                                                   \
      __builtin_prefetch(c + i * c_row, 1);                                                                            \
      __builtin_prefetch(c + i * c_row + vectors * L - 1, 1);                                                          \
    }                                                                                                                  \
    for (long p = 0; p < k; p++, a += a_column, b += b_row) {                                                          \
      vector_##name row[2];                                                                                            \
      for (int v = 0; v < vectors; v++) row[v] = *(const vector_##name *)(b + v * second);                             \
      for (int i = 0; i < rows; i++)                                                                                   \
        for (int v = 0; v < vectors; v++) sum[i][v] += a[i * a_row] * row[v];                                          \
    }                                                                                                                  \
    /* The two vectors may overlap: read both before writing one. */                                                   \
    for (int i = 0; i < rows; i++, c += c_row) {                                                                       \
      for (int v = 0; d && v < vectors; v++) sum[i][v] += *(const vector_##name *)(d + i * d_row + v * second);        \
      for (int v = 0; v < vectors; v++) *(vector_##name *)(c + v * second) = sum[i][v];                                \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  /* Tiles of nearly equal height: one of a row or two would wait for its own sums. */                                 \
  AVX2 static void panel_##name(int vectors, long m, long k, const T *a, long a_row, long a_column, const T *b,        \
                                long b_row, long second, T *c, long c_row, const T *d, long d_row,                     \
                                fx_ahead *ahead) {                                                                     \
    long tiles = (m + tile_rows - 1) / tile_rows, size = m / tiles, larger = m % tiles;                                \
    for (long t = 0; t < tiles; t++) {                                                                                 \
      long rows = size + (t < larger);                                                                                 \
      fetch(ahead);                                                                                                    \
      switch (rows * 2 + vectors - 1) { TILES(name, 1) TILES(name, 2) }                                                \
      a += rows * a_row;                                                                                               \
      c += rows * c_row;                                                                                               \
      if (d) d += rows * d_row;                                                                                        \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  /* Copies a panel of b so that its rows follow each other; what lies beyond its width is zero. */                    \
  AVX2 static void pack_##name(T *out, long row, const T *b, long b_row, long b_column, long width, long depth) {      \
    long y = 0;                                                                                                        \
    if (b_row == 1 && width == row) {                                                                                  \
      for (; y + L <= depth; y += L, out += L * row, b += L)                                                           \
        for (long x = 0; x < row; x += L) transpose_##name(out + x, row, b + x * b_column, b_column);                  \
    }                                                                                                                  \
    for (; y + 4 <= depth; y += 4, out += 4 * row, b += 4 * b_row) {                                                   \
      for (long x = 0; x < width; x++) {                                                                               \
        const T *from = b + x * b_column;                                                                              \
        T e0 = from[0], e1 = from[b_row], e2 = from[2 * b_row], e3 = from[3 * b_row];                                  \
        out[x] = e0, out[row + x] = e1, out[2 * row + x] = e2, out[3 * row + x] = e3;                                  \
      }                                                                                                                \
      for (long x = width; x < row; x++) out[x] = out[row + x] = out[2 * row + x] = out[3 * row + x] = 0;              \
    }                                                                                                                  \
    for (; y < depth; y++, out += row, b += b_row)                                                                     \
      for (long x = 0; x < row; x++) out[x] = x < width ? b[x * b_column] : 0;                                         \
  }                                                                                                                    \
                                                                                                                       \
  /* The same for a full panel whose rows are contiguous. */                                                           \
  AVX2 static void copy_##name(int vectors, T *out, const T *b, long b_row, long depth) {                              \
    for (long y = 0; y < depth; y++, out += vectors * L, b += b_row)                                                   \
      for (int v = 0; v < vectors; v++) *(vector_##name *)(out + v * L) = *(const vector_##name *)(b + v * L);         \
  }                                                                                                                    \
                                                                                                                       \
  AVX2 static void product_##name(const fx_product *p, long first, long m, fx_ahead *ahead) {                          \
    _Alignas(64) T packed[panel_depth * 2 * L];                                                                        \
    const long n = p->n;                                                                                               \
    for (long j = 0; j < n; j += 2 * L) {                                                                              \
      const int vectors = n - j > L ? 2 : 1;                                                                           \
      const long full = vectors * L;                                                                                   \
      /* A last panel that is not full begins earlier and computes some columns again; if there are too few columns */ \
      /* for that, its second vector begins earlier, and if they are less than a vector, zeros fill it. */             \
      const long start = n - j >= full ? j : n >= full ? n - full : 0;                                                 \
      const long width = n - start < full ? n - start : full, second = n < full ? n - L : L;                           \
      for (long q = 0; q < p->k; q += panel_depth) {                                                                   \
        const long depth = p->k - q < panel_depth ? p->k - q : panel_depth;                                            \
        const T *a = (const T *)p->a + first * p->a_row + q * p->a_column;                                             \
        const T *b = (const T *)p->b + q * p->b_row + start * p->b_column;                                             \
        T *c = (T *)p->c + first * p->c_row + start;                                                                   \
        /* What the product is added to: from the second depth on, what is there of it. */                             \
        const T *d = q > 0 ? c : p->addend ? (const T *)p->addend + first * p->addend_row + start : 0;                 \
        const long d_row = q > 0 ? p->c_row : p->addend_row;                                                           \
        long b_row = p->b_row;                                                                                         \
        /* Rows at a distance of a power of two share few places in the cache; deep panels are copied anyway. */      \
        const bool crowded = m > 2 * tile_rows && depth > 64 && (depth >= 128 || b_row * (long)sizeof(T) % 512 == 0);  \
        if (p->b_column != 1 || width < L || (crowded && width == full)) {                                             \
          if (p->b_column == 1 && width == full) {                                                                     \
            copy_##name(vectors, packed, b, b_row, depth);                                                             \
          } else {                                                                                                     \
            pack_##name(packed, full, b, b_row, p->b_column, width, depth);                                            \
          }                                                                                                            \
          b = packed;                                                                                                  \
          b_row = full;                                                                                                \
        }                                                                                                              \
        if (width >= L) {                                                                                              \
          panel_##name(vectors, m, depth, a, p->a_row, p->a_column, b, b_row, second, c, p->c_row, d, d_row, ahead);   \
          continue;                                                                                                    \
        }                                                                                                              \
        for (long i = 0; i < m; i += tile_rows) {                                                                      \
          T out[tile_rows * L];                                                                                        \
          const long rows = m - i < tile_rows ? m - i : tile_rows;                                                     \
          panel_##name(1, rows, depth, a + i * p->a_row, p->a_row, p->a_column, b, b_row, 0, out, L, 0, 0, ahead);     \
          for (long r = 0; r < rows; r++) {                                                                            \
            T *to = c + (i + r) * p->c_row;                                                                            \
            for (long x = 0; x < width; x++) to[x] = (d ? d[(i + r) * d_row + x] : 0) + out[r * L + x];                \
          }                                                                                                            \
        }                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  /* As many rows of a at a time as fit half of a common second-level cache, each with all of b; a single panel reads   */ \
  /* them only once anyway.                                                                                            */ \
  void fx_small_product_##name(const fx_product *p) {                                                                  \
    const long most = p->n <= 2 * L ? p->m : p->k < product_block ? product_block / p->k : 1;                          \
    const long blocks = (p->m + most - 1) / most;                                                                      \
    fx_ahead ahead = ahead_of(p, sizeof(T), 2 * L);                                                                    \
    for (long i = 0; i < blocks; i++) {                                                                                \
      const long first = p->m * i / blocks, last = p->m * (i + 1) / blocks;                                            \
      product_##name(p, first, last - first, &ahead);                                                                  \
    }                                                                                                                  \
  }

SMALL_PRODUCT(float32, float, 8)
SMALL_PRODUCT(float64, double, 4)

#else

long fx_small_product_limit(void) { return 0; }
long fx_small_product_depth(void) { return 0; }
void fx_small_product_float32(const fx_product *p) { (void)p; }
void fx_small_product_float64(const fx_product *p) { (void)p; }

#endif

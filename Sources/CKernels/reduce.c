// Reductions of rows and of columns.
//
// Floating-point rows are reduced in 128 bytes of lanes and sums in cascades, in PyTorch's order, so that results are the same to the
// last bit: the order is part of what a sum is.
#include "include/reduce.h"

#include "loops.h"

#define REDUCER(name, suffix)                                                                                          \
  static void name##_##suffix(void *pacc, int64_t *places, const void *pin, long rows, long row_stride, long n, long before)

// MARK: any order

// One accumulator a row, as the compiler vectorises it. Exact types have no order.
#define FOLD_ROWS(name, suffix, type, initial, ...)                                                                    \
  FX_CLONES REDUCER(row_##name, suffix) {                                                                              \
    typedef type T;                                                                                                    \
    T *acc = pacc;                                                                                                     \
    for (long i = 0; i < rows; i++) {                                                                                  \
      const T *in = (const T *)pin + i * row_stride;                                                                   \
      T a = before == 0 ? (T)(initial) : acc[i];                                                                       \
      for (long j = 0; j < n; j++) {                                                                                   \
        T b = in[j];                                                                                                   \
        a = (T)(__VA_ARGS__);                                                                                          \
      }                                                                                                                \
      acc[i] = a;                                                                                                      \
    }                                                                                                                  \
  }

// Four rows a pass, so that accumulators are read and written less often.
#define FOLD_COLUMNS(name, suffix, type, ...)                                                                          \
  FX_INLINE type fold_##name##_##suffix(type a, type b) {                                                              \
    typedef type T;                                                                                                    \
    return (T)(__VA_ARGS__);                                                                                           \
  }                                                                                                                    \
  FX_CLONES REDUCER(column_##name, suffix) {                                                                           \
    typedef type T;                                                                                                    \
    T *restrict acc = pacc;                                                                                            \
    const T *in = pin;                                                                                                 \
    long i = 0;                                                                                                        \
    if (before == 0 && rows > 0) {                                                                                     \
      memcpy(acc, in, (size_t)n * sizeof(T));                                                                          \
      i = 1;                                                                                                           \
      in += row_stride;                                                                                                \
    }                                                                                                                  \
    for (; i + 4 <= rows; i += 4, in += 4 * row_stride) {                                                              \
      const T *in1 = in + row_stride, *in2 = in1 + row_stride, *in3 = in2 + row_stride;                                \
      for (long j = 0; j < n; j++) {                                                                                   \
        T a = fold_##name##_##suffix(fold_##name##_##suffix(acc[j], in[j]), in1[j]);                                   \
        acc[j] = fold_##name##_##suffix(fold_##name##_##suffix(a, in2[j]), in3[j]);                                    \
      }                                                                                                                \
    }                                                                                                                  \
    for (; i < rows; i++, in += row_stride)                                                                            \
      for (long j = 0; j < n; j++) acc[j] = fold_##name##_##suffix(acc[j], in[j]);                                     \
  }

#define FOLD(name, suffix, type, initial, ...)                                                                         \
  FOLD_ROWS(name, suffix, type, initial, __VA_ARGS__)                                                                  \
  FOLD_COLUMNS(name, suffix, type, __VA_ARGS__)

FOLD(sum, uint8, uint8_t, 0, a + b)
FOLD(sum, int8, uint8_t, 0, a + b)
FOLD(sum, int16, uint16_t, 0, a + b)
FOLD(sum, int32, uint32_t, 0, a + b)
FOLD(sum, int64, uint64_t, 0, a + b)

// A product of uint16_t is one of int, which may overflow.
FOLD(product, uint8, uint8_t, 1, a * b)
FOLD(product, int8, uint8_t, 1, a * b)
FOLD(product, int16, uint16_t, 1, (unsigned)a * b)
FOLD(product, int32, uint32_t, 1, a * b)
FOLD(product, int64, uint64_t, 1, a * b)

FOLD(minimum, uint8, uint8_t, UINT8_MAX, a < b ? a : b)
FOLD(minimum, int8, int8_t, INT8_MAX, a < b ? a : b)
FOLD(minimum, int16, int16_t, INT16_MAX, a < b ? a : b)
FOLD(minimum, int32, int32_t, INT32_MAX, a < b ? a : b)
FOLD(minimum, int64, int64_t, INT64_MAX, a < b ? a : b)

FOLD(maximum, uint8, uint8_t, 0, a > b ? a : b)
FOLD(maximum, int8, int8_t, INT8_MIN, a > b ? a : b)
FOLD(maximum, int16, int16_t, INT16_MIN, a > b ? a : b)
FOLD(maximum, int32, int32_t, INT32_MIN, a > b ? a : b)
FOLD(maximum, int64, int64_t, INT64_MIN, a > b ? a : b)

// MARK: lanes

// 128 bytes of lanes: four registers of AVX2, eight of SSE2 or NEON. A quarter of them is PyTorch's vector.
typedef float float32_lanes __attribute__((vector_size(128), aligned(4)));
typedef int32_t float32_masks __attribute__((vector_size(128), aligned(4)));
typedef double float64_lanes __attribute__((vector_size(128), aligned(8)));
typedef int64_t float64_masks __attribute__((vector_size(128), aligned(8)));

#define LANES_product(suffix, a, b) ((a) * (b))
#define LANES_SELECT(suffix, test, a, b)                                                                               \
  (suffix##_lanes)(((suffix##_masks)(a) & (test)) | ((suffix##_masks)(b) & ~(test)))
#define LANES_minimum(suffix, a, b) LANES_SELECT(suffix, ((a) < (b)) | ((a) != (a)), a, b)
#define LANES_maximum(suffix, a, b) LANES_SELECT(suffix, ((a) > (b)) | ((a) != (a)), a, b)

// Rows of at least 128 bytes in lanes, then pairs of vectors, then what is left; shorter rows from left to right.
#define LANES_ROWS(name, suffix, T, initial)                                                                           \
  FX_CLONES REDUCER(row_##name, suffix) {                                                                              \
    enum { lanes = 128 / sizeof(T), quarter = lanes / 4 };                                                             \
    T *acc = pacc;                                                                                                     \
    for (long i = 0; i < rows; i++) {                                                                                  \
      const T *in = (const T *)pin + i * row_stride;                                                                   \
      T a = before == 0 ? (T)(initial) : acc[i];                                                                       \
      long j = 0;                                                                                                      \
      if (n >= lanes) {                                                                                                \
        suffix##_lanes all = *(const suffix##_lanes *)in;                                                              \
        for (j = lanes; j + lanes <= n; j += lanes) {                                                                  \
          suffix##_lanes next = *(const suffix##_lanes *)(in + j);                                                     \
          all = LANES_##name(suffix, all, next);                                                                       \
        }                                                                                                              \
        T p[lanes];                                                                                                    \
        memcpy(p, &all, sizeof p);                                                                                     \
        for (long k = 0; k < quarter; k++)                                                                             \
          p[k] = fold_##name##_##suffix(fold_##name##_##suffix(p[k], p[k + quarter]),                                  \
                                        fold_##name##_##suffix(p[k + 2 * quarter], p[k + 3 * quarter]));               \
        for (long k = 1; k < quarter; k++) p[0] = fold_##name##_##suffix(p[0], p[k]);                                  \
        a = fold_##name##_##suffix(a, p[0]);                                                                           \
      }                                                                                                                \
      for (; j < n; j++) a = fold_##name##_##suffix(a, in[j]);                                                         \
      acc[i] = a;                                                                                                      \
    }                                                                                                                  \
  }

#define FOLD_FLOATS(name, initial, ...)                                                                                \
  FOLD_COLUMNS(name, float32, float, __VA_ARGS__)                                                                      \
  FOLD_COLUMNS(name, float64, double, __VA_ARGS__)                                                                     \
  LANES_ROWS(name, float32, float, initial)                                                                            \
  LANES_ROWS(name, float64, double, initial)

FOLD_FLOATS(product, 1, a * b)
FOLD_FLOATS(minimum, INFINITY, a < b || a != a ? a : b)
FOLD_FLOATS(maximum, -INFINITY, a > b || a != a ? a : b)

// MARK: sums

// A cascade: every 2^power rows the running sum of level 0 is added to that of level 1 and starts again, every 2^(2 power) rows that of
// level 1 to level 2, and so on. Errors grow with the logarithm of the number of rows. The steps are at least sixteen rows.
enum { levels = 4 };

FX_INLINE long cascade_power(long rows) {
  long log2 = 1;
  while (1l << log2 < rows) log2++;
  return log2 / levels > 4 ? log2 / levels : 4;
}

// Whether a level that has been added to the next is that level's last.
FX_INLINE bool is_partial(long row, int level, long power) { return (row & (((1l << power) - 1) << (level * power))) != 0; }

#define CASCADE(suffix, T)                                                                                             \
  /* Sums columns; at most fx_column_bytes of them. */                                                                 \
  FX_INLINE void cascade_##suffix(T *restrict out, const T *in, long rows, long row_stride, long n) {                  \
    enum { limit = fx_column_bytes / sizeof(T) };                                                                      \
    T upper[levels - 1][limit];                                                                                        \
    long power = cascade_power(rows), step = 1l << power, i = 0;                                                       \
    memset(out, 0, (size_t)n * sizeof(T));                                                                             \
    if (step <= rows)                                                                                                  \
      for (int level = 0; level < levels - 1; level++) memset(upper[level], 0, (size_t)n * sizeof(T));                 \
    while (i + step <= rows) {                                                                                         \
      for (long end = i + step; i < end; i += 4, in += 4 * row_stride) {                                               \
        const T *in1 = in + row_stride, *in2 = in1 + row_stride, *in3 = in2 + row_stride;                              \
        for (long j = 0; j < n; j++) out[j] = out[j] + in[j] + in1[j] + in2[j] + in3[j];                               \
      }                                                                                                                \
      T *restrict lower = out;                                                                                         \
      for (int level = 1; level < levels; level++) {                                                                   \
        T *restrict next = upper[level - 1];                                                                           \
        for (long j = 0; j < n; j++) {                                                                                 \
          next[j] += lower[j];                                                                                         \
          lower[j] = 0;                                                                                                \
        }                                                                                                              \
        if (is_partial(i, level, power)) break;                                                                        \
        lower = next;                                                                                                  \
      }                                                                                                                \
    }                                                                                                                  \
    for (; i < rows; i++, in += row_stride)                                                                            \
      for (long j = 0; j < n; j++) out[j] += in[j];                                                                    \
    if (step <= rows)                                                                                                  \
      for (int level = 0; level < levels - 1; level++)                                                                 \
        for (long j = 0; j < n; j++) out[j] += upper[level][j];                                                        \
  }                                                                                                                    \
                                                                                                                       \
  /* The same for 128 bytes of columns that follow each other, in registers. */                                        \
  FX_INLINE void lane_cascade_##suffix(T *out, const T *in, long rows) {                                               \
    enum { lanes = 128 / sizeof(T) };                                                                                  \
    suffix##_lanes sums[levels] = {};                                                                                  \
    long power = cascade_power(rows), step = 1l << power, i = 0;                                                       \
    while (i + step <= rows) {                                                                                         \
      suffix##_lanes sum = {};                                                                                         \
      for (long end = i + step; i < end; i++) sum += *(const suffix##_lanes *)(in + i * lanes);                        \
      sums[0] = sum;                                                                                                   \
      for (int level = 1; level < levels; level++) {                                                                   \
        sums[level] += sums[level - 1];                                                                                \
        sums[level - 1] = (suffix##_lanes){};                                                                          \
        if (is_partial(i, level, power)) break;                                                                        \
      }                                                                                                                \
    }                                                                                                                  \
    suffix##_lanes sum = {};                                                                                           \
    for (; i < rows; i++) sum += *(const suffix##_lanes *)(in + i * lanes);                                            \
    for (int level = 1; level < levels; level++) sum += sums[level];                                                   \
    memcpy(out, &sum, sizeof sum);                                                                                     \
  }                                                                                                                    \
                                                                                                                       \
  FX_INLINE T sum_row_##suffix(const T *in, long n) {                                                                  \
    enum { lanes = 128 / sizeof(T), quarter = lanes / 4 };                                                             \
    T p[lanes], sum = 0;                                                                                               \
    if (n < quarter) {                                                                                                 \
      /* Four interleaved sums of at most one term. */                                                                 \
      long j = n / 4 * 4;                                                                                              \
      if (j == 0) {                                                                                                    \
        for (; j < n; j++) sum += in[j];                                                                               \
        return sum;                                                                                                    \
      }                                                                                                                \
      sum = in[0] + 0;                                                                                                 \
      for (; j < n; j++) sum += in[j];                                                                                 \
      return sum + in[1] + in[2] + in[3];                                                                              \
    }                                                                                                                  \
    long vectors = n / quarter, j = vectors / 4 * lanes;                                                               \
    lane_cascade_##suffix(p, in, vectors / 4);                                                                         \
    for (; j + quarter <= n; j += quarter)                                                                             \
      for (long k = 0; k < quarter; k++) p[k] += in[j + k];                                                            \
    for (long v = 1; v < 4; v++)                                                                                       \
      for (long k = 0; k < quarter; k++) p[k] += p[v * quarter + k];                                                   \
    for (; j < n; j++) sum += in[j];                                                                                   \
    for (long k = 0; k < quarter; k++) sum += p[k];                                                                    \
    return sum;                                                                                                        \
  }                                                                                                                    \
                                                                                                                       \
  FX_CLONES REDUCER(row_sum, suffix) {                                                                                 \
    T *acc = pacc;                                                                                                     \
    for (long i = 0; i < rows; i++) {                                                                                  \
      T sum = sum_row_##suffix((const T *)pin + i * row_stride, n);                                                    \
      acc[i] = before == 0 ? sum : acc[i] + sum;                                                                       \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  /* Whole groups of 128 bytes of columns are summed row by row, the others in four interleaved sums. */               \
  FX_CLONES REDUCER(column_sum, suffix) {                                                                              \
    enum { lanes = 128 / sizeof(T), quarter = lanes / 4, limit = fx_column_bytes / sizeof(T) };                        \
    const T *in = pin;                                                                                                 \
    T sums[limit], part[lanes];                                                                                        \
    long group = n < quarter ? 4 : lanes, whole = n / group * group, rest = n - whole;                                 \
    if (whole > 0) cascade_##suffix(sums, in, rows, row_stride, whole);                                                \
    if (rest > 0) {                                                                                                    \
      T *restrict sum = sums + whole;                                                                                  \
      in += whole;                                                                                                     \
      cascade_##suffix(sum, in, rows / 4, 4 * row_stride, rest);                                                       \
      for (long i = rows / 4 * 4; i < rows; i++)                                                                       \
        for (long j = 0; j < rest; j++) sum[j] += in[i * row_stride + j];                                              \
      for (long i = 1; i < 4; i++) {                                                                                   \
        cascade_##suffix(part, in + i * row_stride, rows / 4, 4 * row_stride, rest);                                   \
        for (long j = 0; j < rest; j++) sum[j] += part[j];                                                             \
      }                                                                                                                \
    }                                                                                                                  \
    T *restrict acc = pacc;                                                                                            \
    if (before == 0)                                                                                                   \
      memcpy(acc, sums, (size_t)n * sizeof(T));                                                                        \
    else                                                                                                               \
      for (long j = 0; j < n; j++) acc[j] += sums[j];                                                                  \
  }

CASCADE(float32, float)
CASCADE(float64, double)

// MARK: places

// `better` says whether v takes the place of best: it is further out, or the first NaN.
#define PLACES(name, extreme, suffix, T, compare)                                                                      \
  FX_CLONES REDUCER(row_##name, suffix) {                                                                              \
    T *acc = pacc;                                                                                                     \
    for (long i = 0; i < rows; i++) {                                                                                  \
      const T *in = (const T *)pin + i * row_stride;                                                                   \
      T v;                                                                                                             \
      row_##extreme##_##suffix(&v, 0, in, 1, 0, n, 0);                                                                 \
      T best = acc[i];                                                                                                 \
      if (before != 0 && !(v compare best || (v != v && best == best))) continue;                                      \
      /* If there is a NaN it is the extreme, so that every NaN is one. */                                             \
      long j = 0;                                                                                                      \
      for (; j + 64 <= n; j += 64) {                                                                                   \
        int found = 0;                                                                                                 \
        for (long k = 0; k < 64; k++) found |= (in[j + k] == v) | (in[j + k] != in[j + k]);                            \
        if (found) break;                                                                                              \
      }                                                                                                                \
      while (in[j] != v && in[j] == in[j]) j++;                                                                        \
      acc[i] = v;                                                                                                      \
      places[i] = before + j;                                                                                          \
    }                                                                                                                  \
  }                                                                                                                    \
  FX_CLONES REDUCER(column_##name, suffix) {                                                                           \
    T *restrict acc = pacc;                                                                                            \
    int64_t *restrict where = places;                                                                                  \
    for (long i = 0; i < rows; i++) {                                                                                  \
      const T *restrict in = (const T *)pin + i * row_stride;                                                          \
      if (before + i == 0) {                                                                                           \
        memcpy(acc, in, (size_t)n * sizeof(T));                                                                        \
        memset(where, 0, (size_t)n * sizeof *where);                                                                   \
        continue;                                                                                                      \
      }                                                                                                                \
      for (long j = 0; j < n; j++) {                                                                                   \
        T v = in[j], best = acc[j];                                                                                    \
        bool better = (v compare best) | ((v != v) & (best == best));                                                  \
        acc[j] = better ? v : best;                                                                                    \
        where[j] = better ? before + i : where[j];                                                                     \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define PLACES_ALL(name, extreme, compare)                                                                             \
  PLACES(name, extreme, uint8, uint8_t, compare)                                                                       \
  PLACES(name, extreme, int8, int8_t, compare)                                                                         \
  PLACES(name, extreme, int16, int16_t, compare)                                                                       \
  PLACES(name, extreme, int32, int32_t, compare)                                                                       \
  PLACES(name, extreme, int64, int64_t, compare)                                                                       \
  PLACES(name, extreme, float32, float, compare)                                                                       \
  PLACES(name, extreme, float64, double, compare)

PLACES_ALL(argmin, minimum, <)
PLACES_ALL(argmax, maximum, >)

// MARK: tables

#define TABLES(name)                                                                                                   \
  fx_reducers fx_row_##name(void) { return (fx_reducers){FX_INTEGER_LOOPS(row_##name), FX_FLOAT_LOOPS(row_##name)}; }  \
  fx_reducers fx_column_##name(void) {                                                                                 \
    return (fx_reducers){FX_INTEGER_LOOPS(column_##name), FX_FLOAT_LOOPS(column_##name)};                              \
  }
FX_REDUCTIONS(TABLES)

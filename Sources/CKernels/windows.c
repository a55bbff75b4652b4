#include "include/windows.h"

#include "loops.h"
#include "transpose.h"

enum {
  // Twelve sums of a vector's width, two vectors of the panel and an element for all lanes are the sixteen registers of AVX2.
  tile_rows = 6,
};

// A product whose left matrix is spread over an image: its element (r, t) lies at rows[r] + taps[t]. So windows are multiplied where they
// lie, each element loaded for all lanes at once, and need not be copied together. One tile of sums stays in registers over all taps.
//
// T: the element, U: what it is computed in, L: how many are in 64 bytes. On Zen 3 a thread makes 97 GFLOP/s of float32, OpenBLAS with the
// windows already side by side 75.
#define WINDOW_LANES(name, T, U, L)                                                                                    \
  typedef U lanes_##name##_##L __attribute__((vector_size(L * sizeof(U)), aligned(sizeof(U)), may_alias));             \
                                                                                                                       \
  FX_INLINE void tile_##name##_##L(const int rows, T *sums, const T *first, const T *panel, const T *in,               \
                                   const long *places, const long *taps, long tap_count) {                             \
    lanes_##name##_##L sum[tile_rows];                                                                                 \
    const T *row[tile_rows];                                                                                           \
    for (int i = 0; i < rows; i++) {                                                                                   \
      sum[i] = *(const lanes_##name##_##L *)(first ? first : sums + i * L);                                            \
      row[i] = in + places[i];                                                                                         \
    }                                                                                                                  \
    for (long t = 0; t < tap_count; t++, panel += L) {                                                                 \
      const lanes_##name##_##L right = *(const lanes_##name##_##L *)panel;                                             \
      const long tap = taps[t];                                                                                        \
      for (int i = 0; i < rows; i++) sum[i] += (U)row[i][tap] * right;                                                 \
    }                                                                                                                  \
    for (int i = 0; i < rows; i++) *(lanes_##name##_##L *)(sums + i * L) = sum[i];                                     \
  }                                                                                                                    \
                                                                                                                       \
  /* Tiles of nearly equal height: one of a row or two would wait for its own sums. */                                 \
  FX_CLONES static void product_##name##_##L(T *sums, const T *first, const T *panel, const T *in, const long *places, \
                                             long row_count, const long *taps, long tap_count) {                       \
    const long tiles = (row_count + tile_rows - 1) / tile_rows;                                                        \
    if (tiles == 0) return;                                                                                            \
    const long size = row_count / tiles, larger = row_count % tiles;                                                   \
    for (long t = 0; t < tiles; t++) {                                                                                 \
      const long rows = size + (t < larger);                                                                           \
      switch (rows) {                                                                                                  \
      case 1: tile_##name##_##L(1, sums, first, panel, in, places, taps, tap_count); break;                            \
      case 2: tile_##name##_##L(2, sums, first, panel, in, places, taps, tap_count); break;                            \
      case 3: tile_##name##_##L(3, sums, first, panel, in, places, taps, tap_count); break;                            \
      case 4: tile_##name##_##L(4, sums, first, panel, in, places, taps, tap_count); break;                            \
      case 5: tile_##name##_##L(5, sums, first, panel, in, places, taps, tap_count); break;                            \
      case 6: tile_##name##_##L(6, sums, first, panel, in, places, taps, tap_count); break;                            \
      }                                                                                                                \
      sums += rows * L;                                                                                                \
      places += rows;                                                                                                  \
    }                                                                                                                  \
  }

#define WINDOW_PRODUCT(name, T, U, L4, L2, L1)                                                                         \
  WINDOW_LANES(name, T, U, L4)                                                                                         \
  WINDOW_LANES(name, T, U, L2)                                                                                         \
  WINDOW_LANES(name, T, U, L1)                                                                                         \
  void fx_window_product_##name(T *sums, const T *first, const T *panel, const T *in, const long *rows,                \
                                long row_count, const long *taps, long tap_count, long lanes) {                        \
    switch (lanes) {                                                                                                   \
    case L4: product_##name##_##L4(sums, first, panel, in, rows, row_count, taps, tap_count); break;                   \
    case L2: product_##name##_##L2(sums, first, panel, in, rows, row_count, taps, tap_count); break;                   \
    case L1: product_##name##_##L1(sums, first, panel, in, rows, row_count, taps, tap_count); break;                   \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  /* Rows are often shorter than a call takes: whole vectors are stored, and the next row written over their ends. */  \
  FX_CLONES void fx_pad_rows_##name(T *out, long width, long left, const T *in, long in_row, long in_step, long rows,  \
                                    long columns) {                                                                    \
    typedef lanes_##name##_##L2 some;                                                                                  \
    for (long r = 0; r < rows; r++, out += width, in += in_row) {                                                      \
      for (long i = 0; i < left; i += L2) *(some *)(out + i) = (some){0};                                              \
      T *to = out + left;                                                                                              \
      if (in_step == 1 && columns >= L2) {                                                                             \
        for (long i = 0; i < columns - L2; i += L2) *(some *)(to + i) = *(const some *)(in + i);                       \
        *(some *)(to + columns - L2) = *(const some *)(in + columns - L2);                                             \
      } else {                                                                                                         \
        for (long i = 0; i < columns; i++) to[i] = in[i * in_step];                                                    \
      }                                                                                                                \
      for (long i = columns; i < width - left; i += L2) *(some *)(to + i) = (some){0};                                 \
    }                                                                                                                  \
  }

WINDOW_PRODUCT(float32, float, float, 16, 8, 4)
WINDOW_PRODUCT(float64, double, double, 8, 4, 2)
// Overflow wraps.
WINDOW_PRODUCT(int64, int64_t, uint64_t, 8, 4, 2)

// A panel holds an element of each plane side by side, where the planes have them a plane's size apart.
#define PANELS(T, size, block)                                                                                         \
  static void pack_panel_##size(T *out, long lanes, const T *in, long in_row, long rows, long columns) {               \
    const long tall = rows - rows % block, wide = columns - columns % block;                                           \
    for (long c = 0; c < wide; c += block)                                                                             \
      for (long r = 0; r < tall; r += block) transpose_block_##size(out + c * lanes + r, lanes, in + r * in_row + c, in_row); \
    for (long c = 0; c < columns; c++) {                                                                               \
      for (long r = c < wide ? tall : 0; r < rows; r++) out[c * lanes + r] = in[r * in_row + c];                       \
      for (long r = rows; r < lanes; r++) out[c * lanes + r] = 0;                                                      \
    }                                                                                                                  \
  }                                                                                                                    \
  static void unpack_panel_##size(T *out, long out_row, long out_step, const T *in, long lanes, long rows,             \
                                  long columns) {                                                                      \
    const long tall = rows - rows % block, wide = out_step == 1 ? columns - columns % block : 0;                       \
    for (long c = 0; c < wide; c += block)                                                                             \
      for (long r = 0; r < tall; r += block) transpose_block_##size(out + r * out_row + c, out_row, in + c * lanes + r, lanes); \
    for (long r = 0; r < rows; r++)                                                                                    \
      for (long c = r < tall ? wide : 0; c < columns; c++) out[r * out_row + c * out_step] = in[c * lanes + r];        \
  }

PANELS(uint32_t, 4, 4)
PANELS(uint64_t, 8, 2)

void fx_pack_panel(void *out, long lanes, const void *in, long in_row, long rows, long columns, int element_size) {
  if (element_size == 4) pack_panel_4(out, lanes, in, in_row, rows, columns);
  else pack_panel_8(out, lanes, in, in_row, rows, columns);
}

void fx_unpack_panel(void *out, long out_row, long out_step, const void *in, long lanes, long rows, long columns,
                     int element_size) {
  if (element_size == 4) unpack_panel_4(out, out_row, out_step, in, lanes, rows, columns);
  else unpack_panel_8(out, out_row, out_step, in, lanes, rows, columns);
}

// Convolution and pooling: what looks at neighbouring elements.
#ifndef FLUXION_WINDOWS_H
#define FLUXION_WINDOWS_H

#include <stdint.h>

// What a window product computes at a time.
#define FX_WINDOW_BYTES 64

#define FX_WINDOWS(type, suffix)                                                                                       \
  /* sums[r][l] += the sum over t of in[rows[r] + taps[t]] * panel[t][l], for all l < lanes. So many lanes fill 64, */ \
  /* 32 or 16 bytes. With `first`, a row of lanes, every row begins with that and not with what is there. */           \
  void fx_window_product_##suffix(type *_Nonnull sums, const type *_Nullable first, const type *_Nonnull panel,        \
                                  const type *_Nonnull in, const long *_Nonnull rows, long row_count,                  \
                                  const long *_Nonnull taps, long tap_count, long lanes);                              \
  /* Copies rows of every in_step-th element into rows of `width`, with zeros before and behind. It may write */       \
  /* FX_WINDOW_BYTES beyond the last row. */                                                                           \
  void fx_pad_rows_##suffix(type *_Nonnull out, long width, long left, const type *_Nonnull in, long in_row,           \
                            long in_step, long rows, long columns);                                                    \
  /* The greatest elements of windows and their places: window i has the elements at start + i * stride + offset, for  */ \
  /* all offsets, which ascend from zero. Of equal elements the first, of several NaN the last. */                     \
  void fx_max_windows_##suffix(type *_Nonnull values, int64_t *_Nonnull places, const type *_Nonnull in, long start,   \
                               long stride, long windows, const long *_Nonnull offsets, long offset_count);

FX_WINDOWS(float, float32)
FX_WINDOWS(double, float64)
FX_WINDOWS(int64_t, int64)

// Panels of elements of 4 or 8 bytes: out[c * lanes + r] = in[r * in_row + c], with zeros in the lanes that have no row; and back,
// out[r * out_row + c * out_step] = in[c * lanes + r].
void fx_pack_panel(void *_Nonnull out, long lanes, const void *_Nonnull in, long in_row, long rows, long columns, int element_size);
void fx_unpack_panel(void *_Nonnull out, long out_row, long out_step, const void *_Nonnull in, long lanes, long rows, long columns,
                     int element_size);

#endif

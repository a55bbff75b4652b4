// Reductions of matrices of contiguous rows, by rows or by columns.
#ifndef FLUXION_REDUCE_H
#define FLUXION_REDUCE_H

#include <stdint.h>

// Reduces a matrix of `rows` rows of n elements, one row every row_stride elements (which may be negative or zero).
//
// By rows: acc[i] combines row i. By columns: acc[j] combines column j; then n is at most fx_column_bytes hold.
// `before` says how many elements every accumulator has already combined: with none it is initialised, and otherwise continued.
// argmin and argmax also keep the places of the extremes, counted from the first element combined.
typedef void (*fx_reducer)(void *_Nonnull acc, int64_t *_Nullable places, const void *_Nonnull in, long rows, long row_stride,
                           long n, long before);

// The reducers of one reduction. Booleans are reduced as uint8: their maximum is `any`, their minimum `all`, of bytes as of their truth.
typedef struct {
  fx_reducer _Nonnull uint8, int8, int16, int32, int64, float32, float64;
} fx_reducers;

// Columns that are reduced at a time keep their accumulators in the first-level cache: so many bytes of them.
enum { fx_column_bytes = 4096 };

#define FX_REDUCTIONS(X) X(sum) X(product) X(minimum) X(maximum) X(argmin) X(argmax)

#define FX_DECLARE(name)                                                                                               \
  fx_reducers fx_row_##name(void);                                                                                     \
  fx_reducers fx_column_##name(void);
FX_REDUCTIONS(FX_DECLARE)
#undef FX_DECLARE

#endif

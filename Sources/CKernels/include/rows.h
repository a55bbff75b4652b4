// Operations on each row of a matrix, in one or two passes over a row that stays in the cache.
#ifndef FLUXION_ROWS_H
#define FLUXION_ROWS_H

#include <stdbool.h>

#define FX_ROWS(type, suffix)                                                                                          \
  /* e^x / sum(e^x); with `is_log` its logarithm. */                                                                   \
  void fx_softmax_##suffix(type *_Nonnull out, const type *_Nonnull in, long rows, long columns, bool is_log);         \
  /* The gradient by x of softmax or log-softmax, whose result is y, for a gradient g of the result. */                \
  void fx_softmax_gradient_##suffix(type *_Nonnull out, const type *_Nonnull g, const type *_Nonnull y, long rows,     \
                                    long columns, bool is_log);                                                        \
  /* (x - mean) * rstd * weight + bias, where rstd = 1 / sqrt(variance + epsilon); weight and bias may be missing. */   \
  void fx_normalize_##suffix(type *_Nonnull out, type *_Nonnull mean, type *_Nonnull rstd, const type *_Nonnull in,    \
                             const type *_Nullable weight, const type *_Nullable bias, long rows, long columns,        \
                             double epsilon);                                                                          \
  /* The gradient of that by x; and sums over these rows, added to what is there, of the gradients by weight and bias. */ \
  void fx_normalize_gradient_##suffix(type *_Nonnull out, type *_Nullable weight_sum, type *_Nullable bias_sum,        \
                                      const type *_Nonnull g, const type *_Nonnull in, const type *_Nonnull mean,      \
                                      const type *_Nonnull rstd, const type *_Nullable weight, long rows, long columns);

FX_ROWS(float, float32)
FX_ROWS(double, float64)

#endif

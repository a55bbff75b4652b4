// Operations on each row of a matrix, in one or two passes over a row that stays in the cache.
#ifndef FLUXION_ROWS_H
#define FLUXION_ROWS_H

#include <stdbool.h>
#include <stdint.h>

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
  void fx_normalize_gradient_##suffix(type *_Nonnull out, type *_Nonnull weight_sum, type *_Nonnull bias_sum,          \
                                      const type *_Nonnull g, const type *_Nonnull in, const type *_Nonnull mean,      \
                                      const type *_Nonnull rstd, const type *_Nonnull weight, long rows, long columns);  \
  /* Losses (log sum(e^x) - x[class]) * weight[class], with the weight and log sum(e^x) of every row; zeros for the class `ignored`. */      \
  void fx_cross_entropy_##suffix(type *_Nonnull loss, type *_Nonnull row_weight, type *_Nonnull log_sum,               \
                                 const type *_Nonnull in, const int64_t *_Nonnull classes, const type *_Nonnull weight, \
                                 long rows, long columns, int64_t ignored);                                            \
  /* (e^(x - log_sum) - 1 for the class) * g of the row; zeros in rows of the class `ignored`. */                      \
  void fx_cross_entropy_gradient_##suffix(type *_Nonnull out, const type *_Nonnull in, const type *_Nonnull g,         \
                                          const int64_t *_Nonnull classes, const type *_Nonnull log_sum, long rows,    \
                                          long columns, int64_t ignored);

FX_ROWS(float, float32)
FX_ROWS(double, float64)

#endif

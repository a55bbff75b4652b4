// What attention does with blocks of scores between the matrix products that make and use them.
#ifndef FLUXION_ATTENTION_H
#define FLUXION_ATTENTION_H

enum { fx_scores_unit = 32 };

// A block of scores, one for each of some queries (rows) and of some keys (columns). Row i has only the first `visible` + i * `step` keys, or
// all of them if these are fewer; what is beyond has a weight of zero.
typedef struct {
  long rows, columns;
  // From one row of the block to the next. A row has room for a multiple of fx_scores_unit, whose contents beyond `columns` mean nothing.
  long row_stride;
  long visible, step;
  double scale;
} fx_scores;

#define FX_ATTENTION(type, suffix)                                                                                     \
  /* Makes exp(scale * score - the greatest so far) of scores, and keeps the greatest and the sum of a row from block to block. Both begin  \
     as -infinity and zero. `out`, what came of earlier blocks, is scaled to the new greatest; it is missing for the first block. */         \
  void fx_attend_##suffix(type *_Nonnull scores, const fx_scores *_Nonnull shape, type *_Nonnull greatest,             \
                          double *_Nonnull sum, type *_Nullable out, long out_row, long width);                        \
  /* Divides rows of `out` by their sums, and writes the logarithms of the sums: infinity for a sum of zero, whose greatest becomes zero. */  \
  void fx_attended_##suffix(type *_Nonnull out, long out_row, long rows, long width, type *_Nonnull greatest,          \
                            type *_Nonnull log_sum, const double *_Nonnull sum);                                       \
  /* Makes exp(scale * score - greatest - log_sum) of scores. */                                                       \
  void fx_attention_weights_##suffix(type *_Nonnull scores, const fx_scores *_Nonnull shape,                           \
                                     const type *_Nonnull greatest, const type *_Nonnull log_sum);                     \
  /* From gradients by the weights to those by the scores before they were scaled: weight * (gradient - mean) * scale. Without `means` a row's  \
     is the sum of its weights times gradients: then a single weight's gradient and the mean are the same to the last bit. */                 \
  void fx_attention_slopes_##suffix(type *_Nonnull gradients, const type *_Nonnull weights,                            \
                                    const fx_scores *_Nonnull shape, const type *_Nullable means);                     \
  /* Inner products of the rows of two matrices. */                                                                    \
  void fx_row_products_##suffix(type *_Nonnull out, const type *_Nonnull a, long a_row, const type *_Nonnull b, long b_row, \
                                long rows, long width);

FX_ATTENTION(float, float32)
FX_ATTENTION(double, float64)

#endif

#include "include/attention.h"

#include "lanes.h"

// How many keys a row of a block has.
FX_INLINE long visible_in(const fx_scores *shape, long row) {
  long visible = shape->visible + row * shape->step;
  return visible < 0 ? 0 : visible < shape->columns ? visible : shape->columns;
}

// Up to a whole number of lanes the loops compute what is beyond the keys too, which saves a loop for the rest.
FX_INLINE long whole_lanes(long count) { return (count + lanes - 1) / lanes * lanes; }

_Static_assert(fx_scores_unit % lanes == 0, "rows have room for whole lanes");

#define ATTENTION(T, suffix, exp)                                                                                      \
  FX_CLONES void fx_attend_##suffix(T *scores, const fx_scores *shape, T *greatest, double *sum, T *out, long out_row, \
                                    long width) {                                                                      \
    T scale = (T)shape->scale;                                                                                         \
    for (long row = 0; row < shape->rows; row++, scores += shape->row_stride) {                                        \
      long visible = visible_in(shape, row), padded = whole_lanes(visible);                                            \
      for (long i = visible; i < padded; i++) scores[i] = (T)-INFINITY;                                                \
      FX_EACH_OF(visible) scores[i] *= scale;                                                                          \
      T largest = greatest[row];                                                                                       \
      LARGEST(T, largest, padded, scores)                                                                              \
      /* Where no score is a number greater than -infinity, all weights are zero. */                                   \
      T shift = largest == (T)-INFINITY ? 0 : largest;                                                                 \
      double total = 0;                                                                                                \
      SUM(T, total, padded, (scores[i] = exp(scores[i] - shift)))                                                      \
      for (long i = visible; i < shape->columns; i++) scores[i] = 0;                                                   \
      T factor = exp(greatest[row] - shift);                                                                           \
      sum[row] = sum[row] * (double)factor + total;                                                                    \
      greatest[row] = largest;                                                                                         \
      if (!out || factor == 1) continue;                                                                               \
      T *earlier = out + row * out_row;                                                                                \
      FX_EACH_OF(width) earlier[i] *= factor;                                                                          \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  FX_CLONES void fx_attended_##suffix(T *out, long out_row, long rows, long width, T *greatest, T *log_sum,            \
                                      const double *sum) {                                                             \
    for (long row = 0; row < rows; row++, out += out_row) {                                                            \
      T factor = sum[row] == 0 ? 0 : (T)(1 / sum[row]);                                                                \
      FX_EACH_OF(width) out[i] *= factor;                                                                              \
      log_sum[row] = sum[row] == 0 ? (T)INFINITY : (T)log(sum[row]);                                                   \
      if (greatest[row] == (T)-INFINITY) greatest[row] = 0;                                                            \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  FX_CLONES void fx_attention_weights_##suffix(T *scores, const fx_scores *shape, const T *greatest,                   \
                                               const T *log_sum) {                                                     \
    T scale = (T)shape->scale;                                                                                         \
    for (long row = 0; row < shape->rows; row++, scores += shape->row_stride) {                                        \
      long visible = visible_in(shape, row);                                                                           \
      T largest = greatest[row], shift = log_sum[row];                                                                 \
      FX_EACH_OF(whole_lanes(visible)) {                                                                               \
        /* Rounded as it was when its sum was made, which one fused operation with the subtraction would not do. */    \
        T score = scores[i] * scale;                                                                                   \
        scores[i] = exp((score - largest) - shift);                                                                    \
      }                                                                                                                \
      for (long i = visible; i < shape->columns; i++) scores[i] = 0;                                                   \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  FX_CLONES void fx_attention_slopes_##suffix(T *gradients, const T *weights, const fx_scores *shape, const T *means) {\
    T scale = (T)shape->scale;                                                                                         \
    for (long row = 0; row < shape->rows; row++, gradients += shape->row_stride, weights += shape->row_stride) {       \
      long visible = visible_in(shape, row);                                                                           \
      double sum = 0;                                                                                                  \
      if (!means) SUM(T, sum, visible, weights[i] * gradients[i])                                                      \
      T mean = means ? means[row] : (T)sum;                                                                            \
      FX_EACH_OF(whole_lanes(visible)) gradients[i] = weights[i] * ((gradients[i] - mean) * scale);                    \
      for (long i = visible; i < shape->columns; i++) gradients[i] = 0;                                                \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  FX_CLONES void fx_row_products_##suffix(T *out, const T *a, long a_row, const T *b, long b_row, long rows,           \
                                          long width) {                                                                \
    for (long row = 0; row < rows; row++, a += a_row, b += b_row) {                                                    \
      double sum = 0;                                                                                                  \
      SUM(T, sum, width, a[i] * b[i])                                                                                  \
      out[row] = (T)sum;                                                                                               \
    }                                                                                                                  \
  }

ATTENTION(float, float32, exp_single)
ATTENTION(double, float64, exp_double)

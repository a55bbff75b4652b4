#include "include/rows.h"

#include "lanes.h"

#define SOFTMAX(T, suffix, exp)                                                                                        \
  FX_CLONES void fx_softmax_##suffix(T *out, const T *in, long rows, long columns, bool is_log) {                      \
    for (long row = 0; row < rows; row++, in += columns, out += columns) {                                             \
      T largest = (T)-INFINITY;                                                                                        \
      LARGEST(T, largest, columns, in)                                                                                 \
      double sum = 0;                                                                                                  \
      if (is_log) {                                                                                                    \
        SUM(T, sum, columns, exp(in[i] - largest))                                                                     \
        T shift = (T)log(sum);                                                                                         \
        FX_EACH_OF(columns) out[i] = (in[i] - largest) - shift;                                                        \
      } else {                                                                                                         \
        SUM(T, sum, columns, (out[i] = exp(in[i] - largest)))                                                          \
        T scale = (T)(1 / sum);                                                                                        \
        FX_EACH_OF(columns) out[i] *= scale;                                                                           \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  FX_CLONES void fx_softmax_gradient_##suffix(T *out, const T *g, const T *y, long rows, long columns, bool is_log) {  \
    for (long row = 0; row < rows; row++, g += columns, y += columns, out += columns) {                                \
      double sum = 0;                                                                                                  \
      if (is_log) {                                                                                                    \
        SUM(T, sum, columns, g[i])                                                                                     \
        T total = (T)sum;                                                                                              \
        FX_EACH_OF(columns) out[i] = g[i] - exp(y[i]) * total;                                                         \
      } else {                                                                                                         \
        SUM(T, sum, columns, g[i] * y[i])                                                                              \
        T total = (T)sum;                                                                                              \
        FX_EACH_OF(columns) out[i] = (g[i] - total) * y[i];                                                            \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define NORMALIZE(T, suffix)                                                                                           \
  FX_CLONES void fx_normalize_##suffix(T *out, T *mean, T *rstd, const T *in, const T *weight, const T *bias,          \
                                       long rows, long columns, double epsilon) {                                      \
    for (long row = 0; row < rows; row++, in += columns, out += columns) {                                             \
      double sum = 0, squares = 0;                                                                                     \
      SUM(T, sum, columns, in[i])                                                                                      \
      T center = (T)(sum / (double)columns);                                                                           \
      SUM(T, squares, columns, (in[i] - center) * (in[i] - center))                                                    \
      T scale = (T)(1 / sqrt(squares / (double)columns + epsilon));                                                    \
      mean[row] = center;                                                                                              \
      rstd[row] = scale;                                                                                               \
      if (weight && bias) {                                                                                            \
        FX_EACH_OF(columns) out[i] = (in[i] - center) * scale * weight[i] + bias[i];                                   \
      } else if (weight) {                                                                                             \
        FX_EACH_OF(columns) out[i] = (in[i] - center) * scale * weight[i];                                             \
      } else if (bias) {                                                                                               \
        FX_EACH_OF(columns) out[i] = (in[i] - center) * scale + bias[i];                                               \
      } else {                                                                                                         \
        FX_EACH_OF(columns) out[i] = (in[i] - center) * scale;                                                         \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  FX_CLONES void fx_normalize_gradient_##suffix(T *restrict out, T *restrict weight_sum, T *restrict bias_sum,         \
                                                const T *restrict g, const T *restrict in, const T *mean,              \
                                                const T *rstd, const T *restrict weight, long rows, long columns) {    \
    for (long row = 0; row < rows; row++, g += columns, in += columns, out += columns) {                               \
      T center = mean[row], scale = rstd[row];                                                                         \
      double sum = 0, product = 0;                                                                                     \
      for (long start = 0; start < columns; start += block) {                                                          \
        long end = start + block < columns ? start + block : columns;                                                  \
        T sums[lanes] = {0}, products[lanes] = {0};                                                                    \
        long whole = start;                                                                                            \
        for (; whole + lanes <= end; whole += lanes)                                                                   \
          LANES { NORMALIZE_STEP(T, whole + lane, lane) }                                                              \
        for (long j = whole; j < end; j++) { NORMALIZE_STEP(T, j, j - whole) }                                         \
        for (int lane = 0; lane < lanes; lane++) {                                                                     \
          sum += (double)sums[lane];                                                                                   \
          product += (double)products[lane];                                                                           \
        }                                                                                                              \
      }                                                                                                                \
      T average = (T)(sum / (double)columns), slope = (T)(product / (double)columns);                                  \
      FX_EACH_OF(columns) out[i] = (g[i] * weight[i] - average - (in[i] - center) * scale * slope) * scale;            \
    }                                                                                                                  \
  }

// What an element adds to the sums of its columns and of its row, all while it is at hand.
#define NORMALIZE_STEP(T, place, lane)                                                                                 \
  long i = place;                                                                                                      \
  T standardized = (in[i] - center) * scale, weighted = g[i] * weight[i];                                              \
  weight_sum[i] += g[i] * standardized;                                                                                \
  bias_sum[i] += g[i];                                                                                                 \
  sums[lane] += weighted;                                                                                              \
  products[lane] += weighted * standardized;

#define CROSS_ENTROPY(T, suffix, exp)                                                                                  \
  FX_CLONES void fx_cross_entropy_##suffix(T *loss, T *row_weight, T *log_sum, const T *in, const int64_t *classes,    \
                                           const T *weight, long rows, long columns, int64_t ignored) {                \
    for (long row = 0; row < rows; row++, in += columns) {                                                             \
      T largest = (T)-INFINITY;                                                                                        \
      LARGEST(T, largest, columns, in)                                                                                 \
      double sum = 0;                                                                                                  \
      SUM(T, sum, columns, exp(in[i] - largest))                                                                       \
      T logarithm = (T)log(sum);                                                                                       \
      log_sum[row] = largest + logarithm;                                                                              \
      bool counts = classes[row] != ignored;                                                                           \
      row_weight[row] = counts ? weight[classes[row]] : 0;                                                             \
      loss[row] = counts ? (logarithm - (in[classes[row]] - largest)) * row_weight[row] : 0;                           \
    }                                                                                                                  \
  }                                                                                                                    \
  FX_CLONES void fx_cross_entropy_gradient_##suffix(T *out, const T *in, const T *g, const int64_t *classes,           \
                                                    const T *log_sum, long rows, long columns, int64_t ignored) {      \
    for (long row = 0; row < rows; row++, in += columns, out += columns) {                                             \
      bool counts = classes[row] != ignored;                                                                           \
      T factor = g[row], shift = log_sum[row];                                                                         \
      if (counts) {                                                                                                    \
        FX_EACH_OF(columns) out[i] = exp(in[i] - shift) * factor;                                                      \
        out[classes[row]] -= factor;                                                                                   \
      } else {                                                                                                         \
        FX_EACH_OF(columns) out[i] = 0;                                                                                \
      }                                                                                                                \
    }                                                                                                                  \
  }

SOFTMAX(float, float32, exp_single)
SOFTMAX(double, float64, exp_double)
NORMALIZE(float, float32)
NORMALIZE(double, float64)
CROSS_ENTROPY(float, float32, exp_single)
CROSS_ENTROPY(double, float64, exp_double)

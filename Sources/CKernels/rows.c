#include "include/rows.h"

#include "cores.h"

// Sums are made in lanes, which are vectors where there are any, and added up in float64 block by block, so that neither speed nor
// accuracy depends on the length of a row.
enum { lanes = 32, block = 2048 };

#define LANES _Pragma("clang loop vectorize(enable) interleave(enable)") for (int lane = 0; lane < lanes; lane++)

// total += the value of an expression in i, for all i < n.
#define SUM(T, total, n, ...)                                                                                          \
  for (long start = 0; start < n; start += block) {                                                                    \
    long end = start + block < n ? start + block : n;                                                                  \
    T partial[lanes] = {0};                                                                                            \
    long whole = start;                                                                                                \
    for (; whole + lanes <= end; whole += lanes) {                                                                     \
      LANES {                                                                                                          \
        long i = whole + lane;                                                                                         \
        partial[lane] += __VA_ARGS__;                                                                                  \
      }                                                                                                                \
    }                                                                                                                  \
    for (long i = whole; i < end; i++) partial[i - whole] += __VA_ARGS__;                                              \
    for (int lane = 0; lane < lanes; lane++) total += (double)partial[lane];                                           \
  }

// A NaN may be passed over: it comes back in the sum.
#define LARGEST(T, largest, n, value)                                                                                  \
  {                                                                                                                    \
    T partial[lanes];                                                                                                  \
    for (int lane = 0; lane < lanes; lane++) partial[lane] = (T)-INFINITY;                                             \
    long whole = 0;                                                                                                    \
    for (; whole + lanes <= n; whole += lanes) {                                                                       \
      LANES {                                                                                                          \
        T x = (value)[whole + lane];                                                                                   \
        partial[lane] = x > partial[lane] ? x : partial[lane];                                                         \
      }                                                                                                                \
    }                                                                                                                  \
    for (long i = whole; i < n; i++) partial[0] = (value)[i] > partial[0] ? (value)[i] : partial[0];                   \
    for (int lane = 0; lane < lanes; lane++) largest = partial[lane] > largest ? partial[lane] : largest;              \
  }

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
  FX_CLONES void fx_normalize_gradient_##suffix(T *out, T *weight_sum, T *bias_sum, const T *g, const T *in,           \
                                                const T *mean, const T *rstd, const T *weight, long rows,              \
                                                long columns) {                                                        \
    for (long row = 0; row < rows; row++, g += columns, in += columns, out += columns) {                               \
      T center = mean[row], scale = rstd[row];                                                                         \
      double sum = 0, product = 0;                                                                                     \
      if (weight) {                                                                                                    \
        SUM(T, sum, columns, g[i] * weight[i])                                                                         \
        SUM(T, product, columns, g[i] * weight[i] * (in[i] - center))                                                  \
      } else {                                                                                                         \
        SUM(T, sum, columns, g[i])                                                                                     \
        SUM(T, product, columns, g[i] * (in[i] - center))                                                              \
      }                                                                                                                \
      T average = (T)(sum / (double)columns);                                                                          \
      T slope = (T)(product * (double)scale * (double)scale / (double)columns);                                        \
      if (weight_sum) FX_EACH_OF(columns) weight_sum[i] += g[i] * ((in[i] - center) * scale);                          \
      if (bias_sum) FX_EACH_OF(columns) bias_sum[i] += g[i];                                                           \
      if (weight) {                                                                                                    \
        FX_EACH_OF(columns) out[i] = (g[i] * weight[i] - average - (in[i] - center) * slope) * scale;                  \
      } else {                                                                                                         \
        FX_EACH_OF(columns) out[i] = (g[i] - average - (in[i] - center) * slope) * scale;                              \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define FX_EACH_OF(count) _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < count; i++)

SOFTMAX(float, float32, exp_single)
SOFTMAX(double, float64, exp_double)
NORMALIZE(float, float32)
NORMALIZE(double, float64)

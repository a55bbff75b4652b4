// Running sums, products, extremes and log-sum-exps.
#include "include/scan.h"

#include "loops.h"

// The scan of one column keeps its accumulator in a register.
#define SCAN(name, suffix, type, accumulator, initial, ...)                                                            \
  FX_CLONES static void name##_##suffix(const fx_scan *s) {                                                            \
    typedef type T;                                                                                                    \
    typedef accumulator A;                                                                                             \
    A *restrict acc = s->acc;                                                                                          \
    T *restrict out = s->out;                                                                                          \
    const T *restrict in = s->in;                                                                                      \
    const long n = s->n;                                                                                               \
    if (s->before == 0)                                                                                                \
      for (long j = 0; j < n; j++) acc[j] = initial;                                                                   \
    if (n == 1) {                                                                                                      \
      A a = acc[0];                                                                                                    \
      for (long i = 0; i < s->rows; i++) {                                                                             \
        A b = (A)in[i * s->row_stride];                                                                                \
        a = (__VA_ARGS__);                                                                                             \
        out[i] = (T)a;                                                                                                 \
      }                                                                                                                \
      acc[0] = a;                                                                                                      \
      return;                                                                                                          \
    }                                                                                                                  \
    for (long i = 0; i < s->rows; i++, in += s->row_stride, out += n) {                                                \
      for (long j = 0; j < n; j++) {                                                                                   \
        A a = acc[j], b = (A)in[j];                                                                                    \
        a = (__VA_ARGS__);                                                                                             \
        acc[j] = a;                                                                                                    \
        out[j] = (T)a;                                                                                                 \
      }                                                                                                                \
    }                                                                                                                  \
  }

SCAN(sum, int64, uint64_t, uint64_t, 0, a + b)
SCAN(sum, halves, float, float, 0, a + b)
SCAN(sum, float32, float, double, 0, a + b)
SCAN(sum, float64, double, double, 0, a + b)

SCAN(product, int64, uint64_t, uint64_t, 1, a * b)
SCAN(product, halves, float, float, 1, a * b)
SCAN(product, float32, float, double, 1, a * b)
SCAN(product, float64, double, double, 1, a * b)

// log(exp(a) + exp(b)). A NaN in either comes out; so does an infinity, whose difference from itself is none.
#define LOG_ADD_EXP(T, exp, log1p)                                                                                     \
  FX_INLINE T log_add_exp_##T(T a, T b) {                                                                              \
    if (a != a || b != b) return a + b;                                                                                \
    T low = a < b ? a : b, high = a < b ? b : a;                                                                       \
    if (low == high && high - high != 0) return high;                                                                  \
    return log1p(exp(low - high)) + high;                                                                              \
  }
LOG_ADD_EXP(float, expf, log1pf)
LOG_ADD_EXP(double, exp, log1p)

SCAN(logsumexp, halves, float, float, -INFINITY, log_add_exp_float(a, b))
SCAN(logsumexp, float32, float, double, -INFINITY, log_add_exp_double(a, b))
SCAN(logsumexp, float64, double, double, -INFINITY, log_add_exp_double(a, b))

#define SCAN_TABLE(name, ...)                                                                                          \
  fx_scanners fx_scan_##name(void) {                                                                                   \
    return (fx_scanners){__VA_ARGS__.halves = name##_halves, .float32 = name##_float32, .float64 = name##_float64};    \
  }
SCAN_TABLE(sum, .int64 = sum_int64, )
SCAN_TABLE(product, .int64 = product_int64, )
SCAN_TABLE(logsumexp)

// Of equal extremes the place is the last one's; the last NaN is an extreme for good.
#define EXTREME(name, suffix, T, compare)                                                                              \
  FX_CLONES static void name##_##suffix(const fx_scan *s) {                                                            \
    T *restrict acc = s->acc, *restrict out = s->out;                                                                  \
    int64_t *restrict acc_places = s->acc_places, *restrict places = s->places;                                        \
    const T *restrict in = s->in;                                                                                      \
    const long n = s->n;                                                                                               \
    if (s->before == 0 && s->rows > 0) {                                                                               \
      memcpy(acc, in, (size_t)n * sizeof(T));                                                                          \
      memset(acc_places, 0, (size_t)n * sizeof(int64_t));                                                              \
    }                                                                                                                  \
    if (n == 1) {                                                                                                      \
      T a = acc[0];                                                                                                    \
      int64_t place = acc_places[0];                                                                                   \
      for (long i = 0; i < s->rows; i++) {                                                                             \
        T b = in[i * s->row_stride];                                                                                   \
        bool takes = (b != b) | (b compare a);                                                                         \
        out[i] = a = takes ? b : a;                                                                                    \
        places[i] = place = takes ? s->before + i : place;                                                             \
      }                                                                                                                \
      acc[0] = a;                                                                                                      \
      acc_places[0] = place;                                                                                           \
      return;                                                                                                          \
    }                                                                                                                  \
    for (long i = 0; i < s->rows; i++, in += s->row_stride, out += n, places += n) {                                   \
      for (long j = 0; j < n; j++) {                                                                                   \
        T a = acc[j], b = in[j];                                                                                       \
        bool takes = (b != b) | (b compare a);                                                                         \
        acc[j] = out[j] = takes ? b : a;                                                                               \
        acc_places[j] = places[j] = takes ? s->before + i : acc_places[j];                                             \
      }                                                                                                                \
    }                                                                                                                  \
  }

#define EXTREMES(name, compare)                                                                                        \
  EXTREME(name, uint8, uint8_t, compare)                                                                               \
  EXTREME(name, int8, int8_t, compare)                                                                                 \
  EXTREME(name, int16, int16_t, compare)                                                                               \
  EXTREME(name, int32, int32_t, compare)                                                                               \
  EXTREME(name, int64, int64_t, compare)                                                                               \
  EXTREME(name, float32, float, compare)                                                                               \
  EXTREME(name, float64, double, compare)                                                                              \
  fx_extreme_scanners fx_scan_##name(void) {                                                                           \
    return (fx_extreme_scanners){FX_INTEGER_LOOPS(name), FX_FLOAT_LOOPS(name)};                                        \
  }

EXTREMES(minimum, <=)
EXTREMES(maximum, >=)

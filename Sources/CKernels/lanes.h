// Sums and greatest elements of rows.
#ifndef FLUXION_LANES_H
#define FLUXION_LANES_H

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

#define FX_EACH_OF(count) _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < count; i++)

#endif

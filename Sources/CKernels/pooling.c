#include "include/windows.h"

#include "loops.h"

// Some neighbouring windows side by side in the lanes of a vector, without branches: which element is the greatest is no more predictable
// than the data.
//
// T: the element, P: an integer of its size, L: how many make a vector.
#define MAX_LANES(name, T, P, L)                                                                                       \
  typedef T values_##name##_##L __attribute__((vector_size(L * sizeof(T)), aligned(sizeof(T)), may_alias));            \
  typedef P places_##name##_##L __attribute__((vector_size(L * sizeof(P)), aligned(sizeof(P)), may_alias));            \
  typedef int64_t wide_##name##_##L __attribute__((vector_size(L * sizeof(int64_t)), aligned(8), may_alias));          \
                                                                                                                       \
  FX_INLINE void load_##name##_##L(values_##name##_##L *result, const T *from, const int fixed_stride, long stride) {  \
    if (fixed_stride == 1) {                                                                                           \
      *result = *(const values_##name##_##L *)from;                                                                    \
    } else if (fixed_stride == 2) {                                                                                    \
      /* The second half begins an element earlier than it could: what lies behind the last may not be read. */        \
      values_##name##_##L a = *(const values_##name##_##L *)from, b = *(const values_##name##_##L *)(from + L - 1);    \
      *result = HALVES_##L(a, b);                                                                                      \
    } else {                                                                                                           \
      for (int l = 0; l < L; l++) (*result)[l] = from[l * stride];                                                     \
    }                                                                                                                  \
  }                                                                                                                    \
                                                                                                                       \
  FX_INLINE void chunk_##name##_##L(T *values, int64_t *places, const T *in, long start, const int fixed_stride,       \
                                    long stride, const long *offsets, long offset_count) {                             \
    values_##name##_##L greatest, value;                                                                               \
    load_##name##_##L(&greatest, in + start, fixed_stride, stride);                                                    \
    places_##name##_##L place = {0};                                                                                   \
    for (long j = 1; j < offset_count; j++) {                                                                          \
      load_##name##_##L(&value, in + start + offsets[j], fixed_stride, stride);                                        \
      places_##name##_##L taken = (places_##name##_##L)(value > greatest) | (places_##name##_##L)(value != value);     \
      greatest = (values_##name##_##L)(((places_##name##_##L)value & taken) | ((places_##name##_##L)greatest & ~taken)); \
      place = ((P)offsets[j] & taken) | (place & ~taken);                                                              \
    }                                                                                                                  \
    wide_##name##_##L wide = __builtin_convertvector(place, wide_##name##_##L);                                        \
    for (int l = 0; l < L; l++) wide[l] += start + l * stride;                                                         \
    *(values_##name##_##L *)values = greatest;                                                                         \
    *(wide_##name##_##L *)places = wide;                                                                               \
  }

// The elements at even places of what the two vectors hold together, of which the second overlaps the first by one.
#define HALVES_2(a, b) __builtin_shufflevector(a, b, 0, 3)
#define HALVES_4(a, b) __builtin_shufflevector(a, b, 0, 2, 5, 7)
#define HALVES_8(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15)

// Chunks of L windows, then of half as many; a last one that is not full begins earlier and finds some again. Fewer go one by one.
#define MAX_RUN(name, L, H, fixed_stride)                                                                              \
  if (windows >= L) {                                                                                                  \
    for (; i + L <= windows; i += L)                                                                                   \
      chunk_##name##_##L(values + i, places + i, in, start + i * stride, fixed_stride, stride, offsets, offset_count); \
  }                                                                                                                    \
  if (windows >= H) {                                                                                                  \
    for (; i < windows; i += H) {                                                                                      \
      if (i > windows - H) i = windows - H;                                                                            \
      chunk_##name##_##H(values + i, places + i, in, start + i * stride, fixed_stride, stride, offsets, offset_count); \
    }                                                                                                                  \
  }

#define MAX_WINDOWS(name, T, P, L, H)                                                                                  \
  MAX_LANES(name, T, P, L)                                                                                             \
  MAX_LANES(name, T, P, H)                                                                                             \
  FX_CLONES void fx_max_windows_##name(T *values, int64_t *places, const T *in, long start, long stride, long windows, \
                                       const long *offsets, long offset_count) {                                       \
    long i = 0;                                                                                                        \
    /* Lanes count places in integers of the element's size. */                                                        \
    if (offsets[offset_count - 1] == (P)offsets[offset_count - 1]) {                                                   \
      if (stride == 1) {                                                                                               \
        MAX_RUN(name, L, H, 1)                                                                                         \
      } else if (stride == 2) {                                                                                        \
        MAX_RUN(name, L, H, 2)                                                                                         \
      } else {                                                                                                         \
        MAX_RUN(name, L, H, 0)                                                                                         \
      }                                                                                                                \
    }                                                                                                                  \
    for (; i < windows; i++) {                                                                                         \
      const T *window = in + start + i * stride;                                                                       \
      long place = 0;                                                                                                  \
      T greatest = window[0];                                                                                          \
      for (long j = 1; j < offset_count; j++) {                                                                        \
        T value = window[offsets[j]];                                                                                  \
        if (value > greatest || value != value) greatest = value, place = offsets[j];                                  \
      }                                                                                                                \
      values[i] = greatest;                                                                                            \
      places[i] = start + i * stride + place;                                                                          \
    }                                                                                                                  \
  }

MAX_WINDOWS(float32, float, int32_t, 8, 4)
MAX_WINDOWS(float64, double, int64_t, 4, 2)
MAX_WINDOWS(int64, int64_t, int64_t, 4, 2)

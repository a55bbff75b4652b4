#include "include/memory.h"

#include <stdint.h>
#include <string.h>

// Elements of one size move alike, so that four kinds of loop serve every type.
#define FOR_SIZE(element_size, LOOP)                                                                                   \
  switch (element_size) {                                                                                              \
  case 1: LOOP(uint8_t) break;                                                                                         \
  case 2: LOOP(uint16_t) break;                                                                                        \
  case 4: LOOP(uint32_t) break;                                                                                        \
  case 8: LOOP(uint64_t) break;                                                                                        \
  }

void fx_load_strided(void *out, const void *in, long stride, long n, int element_size) {
  if (stride == 1) {
    memcpy(out, in, (size_t)n * (size_t)element_size);
    return;
  }
  if (stride == 0) {
    if (n > 0) fx_fill(out, in, n, element_size);
    return;
  }
#define LOAD(T)                                                                                                        \
  {                                                                                                                    \
    T *restrict to = out;                                                                                              \
    const T *restrict from = in;                                                                                       \
    for (long i = 0; i < n; i++) to[i] = from[i * stride];                                                             \
  }
  FOR_SIZE(element_size, LOAD)
}

void fx_store_strided(void *out, long stride, const void *in, long n, int element_size) {
  if (stride == 1) {
    memcpy(out, in, (size_t)n * (size_t)element_size);
    return;
  }
#define STORE(T)                                                                                                       \
  {                                                                                                                    \
    T *restrict to = out;                                                                                              \
    const T *restrict from = in;                                                                                       \
    for (long i = 0; i < n; i++) to[i * stride] = from[i];                                                             \
  }
  FOR_SIZE(element_size, STORE)
}

void fx_fill(void *out, const void *value, long n, int element_size) {
#define FILL(T)                                                                                                        \
  {                                                                                                                    \
    T *to = out, element;                                                                                              \
    memcpy(&element, value, sizeof element);                                                                           \
    for (long i = 0; i < n; i++) to[i] = element;                                                                      \
  }
  FOR_SIZE(element_size, FILL)
}

int *fx_release_depth(void) {
  static _Thread_local int depth = 0;
  return &depth;
}

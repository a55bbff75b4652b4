#include "process.h"

#include <stdatomic.h>

uint64_t fx_thread_number(void) {
  static _Atomic uint64_t last;
  static _Thread_local uint64_t own;
  if (own == 0) own = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
  return own;
}

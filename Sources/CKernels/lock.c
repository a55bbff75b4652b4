#include "lock.h"

#include <sched.h>
#include <time.h>

// What is protected takes nanoseconds to read; only an update of a large value takes longer, and then those who wait sleep.
void fx_wait(int round) {
  if (round < 64) return;
  if (round < 128) {
    sched_yield();
  } else {
    nanosleep(&(struct timespec){.tv_nsec = 50000}, 0);
  }
}

void fx_before_unlock(void) {}

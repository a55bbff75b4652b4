#ifndef FLUXION_PROCESS_H
#define FLUXION_PROCESS_H

#include <stdint.h>

/// A number of the calling thread that no other thread of the process has or will have.
uint64_t fx_thread_number(void);

#endif

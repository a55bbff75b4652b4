// One pool of threads for the whole process.
//
// The mechanism is in C for thread-local storage, C11 atomics and pthreads, which Swift sees differently on every platform.
// `ThreadPool.swift` is the interface.
#ifndef FLUXION_THREADS_H
#define FLUXION_THREADS_H

#include <stdbool.h>

typedef void (*fx_job)(void *_Nullable context, long begin, long end);

// The cores this process may run on.
int fx_online_cores(void);

// How many threads share a job, the caller included. Clamped to 1...256.
int fx_thread_count(void);
void fx_set_thread_count(int count);

// Whether this thread is running a part of a job, so that a job started here runs on this thread alone.
int fx_inside_parallel(void);

// Whether jobs are cut into parts of a single item, whatever their grain.
extern bool fx_fine_cuts;
static inline bool fx_cuts_finely(void) { return __atomic_load_n(&fx_fine_cuts, __ATOMIC_RELAXED); }
static inline void fx_cut_finely(bool finely) { __atomic_store_n(&fx_fine_cuts, finely, __ATOMIC_RELAXED); }

// Runs body over contiguous parts of 0..<count, none smaller than grain, on the pool and the caller; returns when all are done.
void fx_parallel(long count, long grain, fx_job _Nonnull body, void *_Nullable context);

// Starts a thread outside the pool, for which nobody waits. False where the system has none to give.
bool fx_start_thread(void *_Nullable (*_Nonnull body)(void *_Nullable), void *_Nullable context);

#endif

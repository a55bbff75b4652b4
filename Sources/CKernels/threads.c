// A job is cut into parts whose bounds depend only on its size and the number of threads. Every thread owns a run of
// neighbouring parts, so that a thread finds in its cache what the last job left there; it takes its own parts first
// and then those that others have not begun. So a job never waits for a thread that is slow to wake, or was never
// started: the caller takes its parts.
#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

enum {
  max_threads = 256,
  // More parts than threads, so that a thread that loses its core for a while delays only the part it is in.
  parts_per_thread = 4,
  // Apple's cores have lines of 128 bytes.
  cache_line = 128,
  // How long a thread looks for work before it sleeps: longer than the gap between two operations of one computation.
  spin_nanoseconds = 30000,
  stack_bytes = 4 << 20,
};

// One thread and the parts it owns. Lane 0 is the caller's, whichever thread that is.
typedef struct {
  // generation << 16 | limit << 8 | next: parts next..<limit of this job are free. It describes itself, so that a thread
  // which was away meanwhile cannot mistake an old job's parts for a new one's.
  _Alignas(cache_line) _Atomic uint64_t ticket;
  _Alignas(cache_line) atomic_bool asleep;
  bool started;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
} lane;

static struct {
  lane lanes[max_threads];
  // Held by the caller whose job is running.
  _Alignas(cache_line) atomic_bool busy;
  atomic_int thread_count;
  uint64_t generation;
  // The running job. Atomic because a late thread may look while the next job is being written; its claim then fails.
  _Alignas(cache_line) _Atomic(fx_job) body;
  _Atomic(void *) context;
  atomic_long count;
  atomic_int threads;
  // Parts not finished yet.
  _Alignas(cache_line) atomic_int remaining;
  atomic_bool caller_asleep;
  pthread_mutex_t mutex;
  pthread_cond_t done;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

static _Thread_local bool inside;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool fx_start_thread(void *(*body)(void *), void *context) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // macOS gives a thread that is not the first 512 KiB.
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, body, context) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

// MARK: the count

int fx_online_cores(void) {
#ifdef __linux__
  // A container or taskset may grant fewer cores than are online.
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

static int clamped(int count) { return count < 1 ? 1 : count > max_threads ? max_threads : count; }

int fx_thread_count(void) {
  int count = atomic_load_explicit(&pool.thread_count, memory_order_relaxed);
  if (count > 0) return count;
  int expected = 0, initial = clamped(fx_online_cores());
  return atomic_compare_exchange_strong(&pool.thread_count, &expected, initial) ? initial : expected;
}

void fx_set_thread_count(int count) { atomic_store(&pool.thread_count, clamped(count)); }

int fx_inside_parallel(void) { return inside; }

// MARK: parts

// Takes the next free part of a lane and runs it; false where none is free.
static bool run_part(int owner) {
  _Atomic uint64_t *word = &pool.lanes[owner].ticket;
  uint64_t ticket = atomic_load_explicit(word, memory_order_acquire);
  for (;;) {
    long next = ticket & 0xFF, limit = ticket >> 8 & 0xFF;
    if (next >= limit) return false;
    // If these are another job's, the ticket has changed as well and the exchange fails.
    fx_job body = atomic_load_explicit(&pool.body, memory_order_relaxed);
    void *context = atomic_load_explicit(&pool.context, memory_order_relaxed);
    long count = atomic_load_explicit(&pool.count, memory_order_relaxed);
    long parts = limit * atomic_load_explicit(&pool.threads, memory_order_relaxed);
    if (!atomic_compare_exchange_weak_explicit(word, &ticket, ticket + 1, memory_order_acq_rel, memory_order_acquire))
      continue;
    long part = owner * limit + next, size = count / parts, larger = count % parts;
    long begin = part * size + (part < larger ? part : larger);
    body(context, begin, begin + size + (part < larger));
    break;
  }
  // The order of this and the next line against the caller's, in `finish`, is what makes the wake-up certain.
  if (atomic_fetch_sub(&pool.remaining, 1) == 1 && atomic_load(&pool.caller_asleep)) {
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.mutex);
  }
  return true;
}

static void run_parts(int self) {
  int threads = atomic_load_explicit(&pool.threads, memory_order_relaxed);
  // A thread beyond the count is one that an earlier, larger count started.
  for (int i = 0; i < threads && self < threads; i++) {
    while (run_part((self + i) % threads)) {}
  }
}

// MARK: workers

// Waits for a ticket of another generation than `seen` and returns its generation.
static uint64_t wait_for_job(lane *me, uint64_t seen) {
  uint64_t generation;
  int64_t deadline = now() + spin_nanoseconds;
  do {
    for (int i = 0; i < 64; i++) {
      generation = atomic_load_explicit(&me->ticket, memory_order_acquire) >> 16;
      if (generation != seen) return generation;
      pause_briefly();
    }
  } while (now() < deadline);
  pthread_mutex_lock(&me->mutex);
  for (;;) {
    // First say that we sleep, then look again; the caller first writes the ticket, then asks whether we sleep.
    atomic_store(&me->asleep, true);
    generation = atomic_load(&me->ticket) >> 16;
    if (generation != seen) break;
    pthread_cond_wait(&me->wake, &me->mutex);
  }
  atomic_store(&me->asleep, false);
  pthread_mutex_unlock(&me->mutex);
  return generation;
}

static void *worker(void *argument) {
  lane *me = argument;
  inside = true;
  for (uint64_t seen = 0;;) {
    seen = wait_for_job(me, seen);
    run_parts((int)(me - pool.lanes));
  }
  return 0;
}

// Starts the threads that a job wants and that do not run yet. Where the system refuses one, its parts find another taker.
static void start_workers(int threads) {
  for (int i = 1; i < threads; i++) {
    lane *lane = &pool.lanes[i];
    if (lane->started) continue;
    pthread_mutex_init(&lane->mutex, 0);
    pthread_cond_init(&lane->wake, 0);
    lane->started = fx_start_thread(worker, lane);
  }
}

// MARK: processes

// A forked child has the forking thread alone, and may have got a mutex that another thread had locked: it begins anew. Jobs that it runs
// start threads of its own.
static void forget_threads(void) {
  for (int i = 0; i < max_threads; i++) {
    lane *lane = &pool.lanes[i];
    lane->started = false;
    atomic_store(&lane->asleep, false);
    atomic_store(&lane->ticket, 0);
  }
  pthread_mutex_init(&pool.mutex, 0);
  pthread_cond_init(&pool.done, 0);
  atomic_store(&pool.caller_asleep, false);
  atomic_store(&pool.remaining, 0);
  atomic_store(&pool.busy, false);
}

static void prepare_for_forks(void) { pthread_atfork(0, 0, forget_threads); }

// MARK: jobs

static void publish(int lane_index, uint64_t ticket) {
  lane *lane = &pool.lanes[lane_index];
  atomic_store(&lane->ticket, ticket);
  // Taking the flag down here keeps the next job from signalling a thread that is on its way.
  if (atomic_load(&lane->asleep) && atomic_exchange(&lane->asleep, false)) {
    pthread_mutex_lock(&lane->mutex);
    pthread_cond_signal(&lane->wake);
    pthread_mutex_unlock(&lane->mutex);
  }
}

static void finish(void) {
  int64_t deadline = now() + spin_nanoseconds;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(&pool.remaining, memory_order_acquire) == 0) return;
      pause_briefly();
    }
  } while (now() < deadline);
  pthread_mutex_lock(&pool.mutex);
  atomic_store(&pool.caller_asleep, true);
  while (atomic_load(&pool.remaining) != 0) pthread_cond_wait(&pool.done, &pool.mutex);
  atomic_store(&pool.caller_asleep, false);
  pthread_mutex_unlock(&pool.mutex);
}

bool fx_fine_cuts;

void fx_parallel(long count, long grain, fx_job body, void *context) {
  if (count <= 0) return;
  if (fx_cuts_finely()) grain = 1;
  long most = count / (grain > 0 ? grain : 1);
  int threads = fx_thread_count();
  if (threads > most) threads = (int)most;
  // Another caller's job is not waited for: it may run for long, and its caller may wait for something of ours.
  if (threads <= 1 || inside || atomic_exchange(&pool.busy, true)) {
    body(context, 0, count);
    return;
  }
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare_for_forks);
  start_workers(threads);
  long limit = most / threads < parts_per_thread ? most / threads : parts_per_thread;
  atomic_store_explicit(&pool.body, body, memory_order_relaxed);
  atomic_store_explicit(&pool.context, context, memory_order_relaxed);
  atomic_store_explicit(&pool.count, count, memory_order_relaxed);
  atomic_store_explicit(&pool.threads, threads, memory_order_relaxed);
  atomic_store_explicit(&pool.remaining, (int)limit * threads, memory_order_relaxed);
  uint64_t ticket = ++pool.generation << 16 | (uint64_t)limit << 8;
  atomic_store(&pool.lanes[0].ticket, ticket);
  for (int i = 1; i < threads; i++) publish(i, ticket);
  inside = true;
  run_parts(0);
  inside = false;
  finish();
  atomic_store_explicit(&pool.busy, false, memory_order_release);
}

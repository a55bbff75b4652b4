// What a thread does that waits for a lock.
#ifndef FLUXION_LOCK_H
#define FLUXION_LOCK_H

// Lets time pass for one who has found a lock taken so many times.
void fx_wait(int round);

// Does nothing, out of the compiler's sight: what is counted before the call is counted before it, as the call could release anything.
void fx_before_unlock(void);

#endif

// What a thread does that waits for a lock.
#ifndef FLUXION_LOCK_H
#define FLUXION_LOCK_H

// Lets time pass for one who has found a lock taken so many times.
void fx_wait(int round);

#endif

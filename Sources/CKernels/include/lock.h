// A lock of one word, 0 when free. Made of atomics, which ThreadSanitizer understands, and as cheap as those where nobody else wants it.
#ifndef FLUXION_LOCK_H
#define FLUXION_LOCK_H

void fx_lock(int *_Nonnull word);
void fx_unlock(int *_Nonnull word);

#endif

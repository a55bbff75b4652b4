// What a thread that releases a graph remembers: how deeply releases have nested, and what waits to be released by the outermost one.
#ifndef FLUXION_RELEASE_H
#define FLUXION_RELEASE_H

typedef struct {
  long depth;
  void *_Nullable waiting;
} fx_release_state;

fx_release_state *_Nonnull fx_release(void);

#endif

#include "release.h"

static _Thread_local fx_release_state state;

fx_release_state *fx_release(void) { return &state; }

#include "output.h"

#include <stdio.h>

void fx_flush_output(void) { fflush(stdout); }

#ifndef FLUXION_CKERNELS_H
#define FLUXION_CKERNELS_H

#include "elementwise.h"
#include "memory.h"
#include "products.h"
#include "release.h"
#include "threads.h"

#endif

#ifndef FLUXION_CKERNELS_H
#define FLUXION_CKERNELS_H

#include "attention.h"
#include "direct.h"
#include "elementwise.h"
#include "lock.h"
#include "memory.h"
#include "output.h"
#include "process.h"
#include "products.h"
#include "random.h"
#include "reduce.h"
#include "release.h"
#include "rows.h"
#include "scan.h"
#include "threads.h"
#include "windows.h"

#endif

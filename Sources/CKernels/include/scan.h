// Running reductions down the columns of a matrix.
#ifndef FLUXION_SCAN_H
#define FLUXION_SCAN_H

#include <stdint.h>

// out[i, j] is the reduction of in[0..i, j]; rows of the output, and of the places, follow each other without gaps.
//
// Between calls a scan is kept in the accumulators, one of at most eight bytes for each column: `before` rows have been scanned, and with
// none the accumulators are initialised. Scans of extremes also write and keep their places, counted from the first row.
typedef struct {
  void *_Nonnull out;
  int64_t *_Nullable places;
  void *_Nonnull acc;
  int64_t *_Nullable acc_places;
  const void *_Nonnull in;
  long rows, row_stride, n, before;
} fx_scan;

typedef void (*fx_scanner)(const fx_scan *_Nonnull scan);

// Float16 and bfloat16 are scanned as float32 with accumulators of float32, float32 with float64 ones, as in PyTorch; integers as int64.
typedef struct {
  fx_scanner _Nullable int64, halves, float32, float64;
} fx_scanners;

fx_scanners fx_scan_sum(void);
fx_scanners fx_scan_product(void);
fx_scanners fx_scan_logsumexp(void);

// Extremes need no wider accumulators. Booleans are scanned as uint8.
typedef struct {
  fx_scanner _Nonnull uint8, int8, int16, int32, int64, float32, float64;
} fx_extreme_scanners;

fx_extreme_scanners fx_scan_minimum(void);
fx_extreme_scanners fx_scan_maximum(void);

#endif

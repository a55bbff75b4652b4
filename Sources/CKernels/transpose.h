// to[i][j] = from[j][i] for blocks of four by four, or two by two, elements.
#ifndef FLUXION_TRANSPOSE_H
#define FLUXION_TRANSPOSE_H

#include <stdint.h>

typedef uint32_t quad_4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint64_t pair_8 __attribute__((vector_size(16), aligned(8), may_alias));

static inline void transpose_block_4(uint32_t *to, long to_row, const uint32_t *from, long from_row) {
  quad_4 a = *(const quad_4 *)from, b = *(const quad_4 *)(from + from_row);
  quad_4 c = *(const quad_4 *)(from + 2 * from_row), d = *(const quad_4 *)(from + 3 * from_row);
  quad_4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  *(quad_4 *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(quad_4 *)(to + to_row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  ab = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(quad_4 *)(to + 2 * to_row) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(quad_4 *)(to + 3 * to_row) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

static inline void transpose_block_8(uint64_t *to, long to_row, const uint64_t *from, long from_row) {
  pair_8 a = *(const pair_8 *)from, b = *(const pair_8 *)(from + from_row);
  *(pair_8 *)to = __builtin_shufflevector(a, b, 0, 2);
  *(pair_8 *)(to + to_row) = __builtin_shufflevector(a, b, 1, 3);
}

#endif

#include "include/memory.h"

#include "transpose.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Elements of one size move alike, so that four kinds of loop serve every type.
#define FOR_SIZE(element_size, LOOP)                                                                                   \
  switch (element_size) {                                                                                              \
  case 1: LOOP(uint8_t) break;                                                                                         \
  case 2: LOOP(uint16_t) break;                                                                                        \
  case 4: LOOP(uint32_t) break;                                                                                        \
  case 8: LOOP(uint64_t) break;                                                                                        \
  }

bool fx_has_memory(long byte_count) {
  // Told nothing of this pointer, a compiler takes a block that nobody uses for one that needs not be asked for.
  void *volatile block = malloc((size_t)byte_count);
  if (!block) return false;
  free(block);
  return true;
}

void fx_load_strided(void *out, const void *in, long stride, long n, int element_size) {
  if (stride == 1) {
    memcpy(out, in, (size_t)n * (size_t)element_size);
    return;
  }
  if (stride == 0) {
    if (n > 0) fx_fill(out, in, n, element_size);
    return;
  }
#define LOAD(T)                                                                                                        \
  {                                                                                                                    \
    T *restrict to = out;                                                                                              \
    const T *restrict from = in;                                                                                       \
    for (long i = 0; i < n; i++) to[i] = from[i * stride];                                                             \
  }
  FOR_SIZE(element_size, LOAD)
}

void fx_store_strided(void *out, long stride, const void *in, long n, int element_size) {
  if (stride == 1) {
    memcpy(out, in, (size_t)n * (size_t)element_size);
    return;
  }
#define STORE(T)                                                                                                       \
  {                                                                                                                    \
    T *restrict to = out;                                                                                              \
    const T *restrict from = in;                                                                                       \
    for (long i = 0; i < n; i++) to[i * stride] = from[i];                                                             \
  }
  FOR_SIZE(element_size, STORE)
}

void fx_fill(void *out, const void *value, long n, int element_size) {
#define FILL(T)                                                                                                        \
  {                                                                                                                    \
    T *to = out, element;                                                                                              \
    memcpy(&element, value, sizeof element);                                                                           \
    for (long i = 0; i < n; i++) to[i] = element;                                                                      \
  }
  FOR_SIZE(element_size, FILL)
}

void fx_stream(void *out, const void *in, long byte_count) {
  typedef uint64_t block __attribute__((vector_size(16), aligned(1), may_alias));
  typedef uint64_t aligned_block __attribute__((vector_size(16), may_alias));
  char *to = out;
  const char *from = in;
  long head = -(intptr_t)to & 15;
  if (head > byte_count) head = byte_count;
  memcpy(to, from, (size_t)head);
  long done = head;
  for (; done + 64 <= byte_count; done += 64) {
    for (int i = 0; i < 64; i += 16) __builtin_nontemporal_store(*(const block *)(from + done + i), (aligned_block *)(to + done + i));
  }
  memcpy(to + done, from + done, (size_t)(byte_count - done));
}

void fx_finish_streams(void) {
#ifdef __x86_64__
  __builtin_ia32_sfence();
#endif
}

// out[i][j] = in[j][i]. By way of a strip in the first-level cache: as many rows as two lines of memory hold elements, so that the lines of
// the input are used up when they are read, and columns enough that those of the output are written whole. Rows a power of two apart share
// few lines of the cache, which is why neither side can be walked in steps of whole rows, and the processor foresees no such steps: the lines
// are asked for some columns ahead.
#define TRANSPOSE(T, size, block, strip_columns)                                                                       \
  static void transpose_##size(T *out, long out_row, const T *in, long in_row, long rows, long columns, int streams) {  \
    enum { line = 64 / size, strip_rows = 2 * line, ahead = 16 };                                                       \
    T strip[strip_rows * strip_columns] __attribute__((aligned(64)));                                                   \
    for (long r = 0; r < rows; r += strip_rows) {                                                                       \
      long height = rows - r < strip_rows ? rows - r : strip_rows, high = height - height % block;                      \
      for (long c = 0; c < columns; c += strip_columns) {                                                               \
        long width = columns - c < strip_columns ? columns - c : strip_columns, wide = width - width % block;           \
        const T *from = in + r + c * in_row;                                                                            \
        for (long j = 0; j < wide; j += block) {                                                                        \
          for (long k = j + ahead; k < j + ahead + block && c + k < columns; k++)                                       \
            for (long i = 0; i < height; i += line) __builtin_prefetch(from + i + k * in_row, 0, 2);                    \
          for (long i = 0; i < high; i += block)                                                                        \
            transpose_block_##size(strip + i * strip_columns + j, strip_columns, from + i + j * in_row, in_row);        \
        }                                                                                                               \
        for (long j = 0; j < width; j++)                                                                                \
          for (long i = j < wide ? high : 0; i < height; i++) strip[i * strip_columns + j] = from[i + j * in_row];      \
        for (long i = 0; i < height; i++) {                                                                             \
          T *to = out + (r + i) * out_row + c;                                                                          \
          if (streams) fx_stream(to, strip + i * strip_columns, width * size);                                          \
          else memcpy(to, strip + i * strip_columns, (size_t)width * size);                                             \
        }                                                                                                               \
      }                                                                                                                 \
    }                                                                                                                   \
    if (streams) fx_finish_streams();                                                                                   \
  }

TRANSPOSE(uint32_t, 4, 4, 128)
TRANSPOSE(uint64_t, 8, 2, 128)

void fx_copy_plane(void *out, long out_row, long out_step, const void *in, long in_row, long in_step, long rows, long columns,
                   int element_size, int streams) {
  // Row by row, unless the elements that follow each other in the input are in different rows.
  int is_transposed = rows > 1 && labs(in_row) < labs(in_step);
  if (out_step == 1 && !is_transposed) {
    for (long row = 0; row < rows; row++) {
      fx_load_strided((char *)out + row * out_row * element_size, (const char *)in + row * in_row * element_size, in_step, columns,
                      element_size);
    }
    return;
  }
  if (in_row == 1 && out_step == 1) {
    switch (element_size) {
    case 4: transpose_4(out, out_row, in, in_step, rows, columns, streams); return;
    case 8: transpose_8(out, out_row, in, in_step, rows, columns, streams); return;
    }
  }
  // Square blocks, whose rows and columns both fit the first-level cache.
  enum { block = 32 };
#define COPY(T)                                                                                                        \
  {                                                                                                                    \
    T *to = out;                                                                                                       \
    const T *from = in;                                                                                                \
    for (long r = 0; r < rows; r += block) {                                                                           \
      long last_row = r + block < rows ? r + block : rows;                                                             \
      for (long c = 0; c < columns; c += block) {                                                                      \
        long last_column = c + block < columns ? c + block : columns;                                                  \
        for (long i = r; i < last_row; i++)                                                                            \
          for (long j = c; j < last_column; j++) to[i * out_row + j * out_step] = from[i * in_row + j * in_step];      \
      }                                                                                                                \
    }                                                                                                                  \
  }
  FOR_SIZE(element_size, COPY)
}

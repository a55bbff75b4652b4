// Moves and fills by element size: 1, 2, 4 or 8 bytes. Strides count elements and may be negative or zero.
#ifndef FLUXION_MEMORY_H
#define FLUXION_MEMORY_H

#include <stdbool.h>

// Whether the system would give so many bytes.
bool fx_has_memory(long byte_count);

// out[i] = in[i * stride]
void fx_load_strided(void *_Nonnull out, const void *_Nonnull in, long stride, long n, int element_size);
// out[i * stride] = in[i]
void fx_store_strided(void *_Nonnull out, long stride, const void *_Nonnull in, long n, int element_size);
// out[i] = *value
void fx_fill(void *_Nonnull out, const void *_Nonnull value, long n, int element_size);
// out[i * out_row + j * out_step] = in[i * in_row + j * in_step]; with `streams`, past the caches where that is possible.
void fx_copy_plane(void *_Nonnull out, long out_row, long out_step, const void *_Nonnull in, long in_row, long in_step, long rows,
                   long columns, int element_size, int streams);

// Copies to memory past the caches: for blocks that are not read again soon. Before a thread tells others of what it has copied, it calls
// fx_finish_streams: such stores are in no order with those that follow.
void fx_stream(void *_Nonnull out, const void *_Nonnull in, long byte_count);
void fx_finish_streams(void);

#endif

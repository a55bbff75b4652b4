// Transforms of random units whose bits are PyTorch's.
#ifndef FLUXION_RANDOM_H
#define FLUXION_RANDOM_H

// In place: blocks of 16 uniform units become normal values; elements j and j + 8 of a block make a pair.
void fx_normal_blocks_float32(float *_Nonnull values, long blocks, float mean, float std);

#endif

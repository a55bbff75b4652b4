// Random numbers whose bits are PyTorch's: the recurrence of the Mersenne Twister, and what is made of its words.
#ifndef FLUXION_RANDOM_H
#define FLUXION_RANDOM_H

#include <stdint.h>

// Replaces the 624 words of the state by the next ones.
void fx_twister_regenerate(uint32_t *_Nonnull words);

// In place: words of the state, one for each value or two, become uniform numbers. `unit` is the interval from 0 to 1.
void fx_unit_float32(float *_Nonnull values, long n);
void fx_unit_float64(double *_Nonnull values, long n);
void fx_uniform_float32(float *_Nonnull values, float low, float high, long n);
void fx_uniform_float64(double *_Nonnull values, double low, double high, long n);

// In place: blocks of 16 uniform units become normal values; elements j and j + 8 of a block make a pair.
void fx_normal_blocks_float32(float *_Nonnull values, long blocks, float mean, float std);

#endif

// Plain C loops, as anybody would write them: what the library's own loops are compared with.
#ifndef FLUXION_BENCHMARK_LOOPS_H
#define FLUXION_BENCHMARK_LOOPS_H

void plain_add(float *out, const float *a, const float *b, long n);
void plain_exp(float *out, const float *a, long n);
void plain_tanh(float *out, const float *a, long n);
void plain_gelu(float *out, const float *a, long n);

#endif

#include "loops.h"

#include <math.h>

void plain_add(float *out, const float *a, const float *b, long n) {
  for (long i = 0; i < n; i++) out[i] = a[i] + b[i];
}

void plain_exp(float *out, const float *a, long n) {
  for (long i = 0; i < n; i++) out[i] = expf(a[i]);
}

void plain_tanh(float *out, const float *a, long n) {
  for (long i = 0; i < n; i++) out[i] = tanhf(a[i]);
}

void plain_gelu(float *out, const float *a, long n) {
  for (long i = 0; i < n; i++) {
    float x = a[i];
    out[i] = 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x)));
  }
}

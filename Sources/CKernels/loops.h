// How the loops of the opcodes are made. A family's file states each opcode's value in terms of its operands a, b and c of type T,
// one line for each class of types, and then the table of the types it has.
#ifndef FLUXION_LOOPS_H
#define FLUXION_LOOPS_H

#include "include/elementwise.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The baseline of x86-64 is a machine of 2003: loops are compiled for two newer levels besides, and the best is picked when the program
// loads. Elsewhere the baseline has the vectors that there are. script/kernel-accuracy tests each level by itself, and defines the macro to
// be empty.
// A sanitizer's functions are not there yet when the program loads and picks: its builds have the baseline alone.
#ifndef FX_CLONES
#if defined(__ELF__) && defined(__x86_64__) && !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
#define FX_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FX_CLONES
#endif
#endif

#define FX_INLINE static inline __attribute__((always_inline))

// Iterations are independent even where the output is an operand, which the compiler can't know.
#define FX_EACH _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < n; i++)
// For values that need a call or a branch: one element at a time, for which there is nothing to gain from newer processors.
#define FX_EACH_ALONE for (long i = 0; i < n; i++)

#define FX_LOOP(name, suffix) static void name##_##suffix(void *out, const void *pa, const void *pb, const void *pc, long n)

#define FX_UNARY_LOOP(each, name, suffix, type, result, ...)                                                           \
  FX_LOOP(name, suffix) {                                                                                              \
    typedef type T;                                                                                                    \
    const T *as = pa;                                                                                                  \
    result *results = out;                                                                                             \
    each {                                                                                                             \
      T a = as[i];                                                                                                     \
      results[i] = (result)(__VA_ARGS__);                                                                              \
    }                                                                                                                  \
  }

#define FX_BINARY_LOOP(each, name, suffix, type, result, ...)                                                          \
  FX_LOOP(name, suffix) {                                                                                              \
    typedef type T;                                                                                                    \
    const T *as = pa, *bs = pb;                                                                                        \
    result *results = out;                                                                                             \
    each {                                                                                                             \
      T a = as[i], b = bs[i];                                                                                          \
      results[i] = (result)(__VA_ARGS__);                                                                              \
    }                                                                                                                  \
  }

#define FX_UNARY(...) FX_CLONES FX_UNARY_LOOP(FX_EACH, __VA_ARGS__)
#define FX_UNARY_ALONE(...) FX_UNARY_LOOP(FX_EACH_ALONE, __VA_ARGS__)
#define FX_BINARY(...) FX_CLONES FX_BINARY_LOOP(FX_EACH, __VA_ARGS__)
#define FX_BINARY_ALONE(...) FX_BINARY_LOOP(FX_EACH_ALONE, __VA_ARGS__)

// The same value for each type of a class. FX_*_INTEGERS leave booleans out.
#define FX_INTEGERS(LOOP, name, ...)                                                                                   \
  LOOP(name, uint8, uint8_t, T, __VA_ARGS__)                                                                           \
  LOOP(name, int8, int8_t, T, __VA_ARGS__)                                                                             \
  LOOP(name, int16, int16_t, T, __VA_ARGS__)                                                                           \
  LOOP(name, int32, int32_t, T, __VA_ARGS__)                                                                           \
  LOOP(name, int64, int64_t, T, __VA_ARGS__)
#define FX_FLOATS(LOOP, name, ...)                                                                                     \
  LOOP(name, float32, float, T, __VA_ARGS__)                                                                           \
  LOOP(name, float64, double, T, __VA_ARGS__)

// A byte of a boolean counts as its truth: memory that nobody has written, or that bytes were copied to, holds any.
#define FX_TRUTH(x) ((x) != 0)
#define FX_UNARY_BOOLEAN(name, ...)                                                                                    \
  FX_CLONES FX_LOOP(name, boolean) {                                                                                   \
    typedef uint8_t T;                                                                                                 \
    const T *as = pa;                                                                                                  \
    T *results = out;                                                                                                  \
    FX_EACH {                                                                                                          \
      T a = FX_TRUTH(as[i]);                                                                                           \
      results[i] = (T)(__VA_ARGS__);                                                                                   \
    }                                                                                                                  \
  }
#define FX_BINARY_BOOLEAN(name, ...)                                                                                   \
  FX_CLONES FX_LOOP(name, boolean) {                                                                                   \
    typedef uint8_t T;                                                                                                 \
    const T *as = pa, *bs = pb;                                                                                        \
    T *results = out;                                                                                                  \
    FX_EACH {                                                                                                          \
      T a = FX_TRUTH(as[i]), b = FX_TRUTH(bs[i]);                                                                      \
      results[i] = (T)(__VA_ARGS__);                                                                                   \
    }                                                                                                                  \
  }
#define FX_UNARY_INTEGERS(name, ...) FX_INTEGERS(FX_UNARY, name, __VA_ARGS__)
#define FX_UNARY_FLOATS(name, ...) FX_FLOATS(FX_UNARY, name, __VA_ARGS__)
#define FX_UNARY_FLOATS_ALONE(name, ...) FX_FLOATS(FX_UNARY_ALONE, name, __VA_ARGS__)
#define FX_BINARY_INTEGERS(name, ...) FX_INTEGERS(FX_BINARY, name, __VA_ARGS__)
#define FX_BINARY_INTEGERS_ALONE(name, ...) FX_INTEGERS(FX_BINARY_ALONE, name, __VA_ARGS__)
#define FX_BINARY_FLOATS(name, ...) FX_FLOATS(FX_BINARY, name, __VA_ARGS__)
#define FX_BINARY_FLOATS_ALONE(name, ...) FX_FLOATS(FX_BINARY_ALONE, name, __VA_ARGS__)

// Tables of loops.
#define FX_INTEGER_LOOPS(name)                                                                                         \
  .uint8 = name##_uint8, .int8 = name##_int8, .int16 = name##_int16, .int32 = name##_int32, .int64 = name##_int64
#define FX_FLOAT_LOOPS(name) .float32 = name##_float32, .float64 = name##_float64

#define FX_TABLE(name, ...)                                                                                            \
  fx_loops fx_##name(void) { return (fx_loops){__VA_ARGS__}; }
#define FX_TABLE_ALL(name) FX_TABLE(name, .boolean = name##_boolean, FX_INTEGER_LOOPS(name), FX_FLOAT_LOOPS(name))
#define FX_TABLE_NUMBERS(name) FX_TABLE(name, FX_INTEGER_LOOPS(name), FX_FLOAT_LOOPS(name))
#define FX_TABLE_BITS(name) FX_TABLE(name, .boolean = name##_boolean, FX_INTEGER_LOOPS(name))
#define FX_TABLE_INTEGERS(name) FX_TABLE(name, FX_INTEGER_LOOPS(name))
#define FX_TABLE_FLOATS(name) FX_TABLE(name, FX_FLOAT_LOOPS(name))

// Signed overflow is undefined in C and wraps in tensors. Narrower types than 64 bits keep the low bits of the same result.
#define FX_WRAP(x) ((uint64_t)(x))

// One spelling for both float types: the functions of <math.h> set errno, which keeps loops from being vectorised, and the builtins don't.
#define FX_SQRT(x) __builtin_elementwise_sqrt(x)

FX_INLINE uint32_t float32_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

FX_INLINE float float32_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

FX_INLINE uint64_t float64_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

FX_INLINE double float64_from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

#endif

// Whole programs of elementwise loops on small operands in memory, where to describe the operands to a device would take longer than the
// arithmetic.
#ifndef FLUXION_DIRECT_H
#define FLUXION_DIRECT_H

#include "elementwise.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  fx_loop _Nonnull loop;
  // Registers, each a run of elements.
  int32_t target, a, b, c;
} fx_step;

// Registers are the inputs, the constants, and the results of the steps in order.
typedef struct {
  // The loop of a program of one step that reads its inputs in order, each once, and gives that result; else null.
  fx_loop _Nullable single;
  const fx_step *_Nullable steps;
  // Bit patterns, in the low end of each word.
  const uint64_t *_Nullable constants;
  // Bytes per element of every register.
  const uint8_t *_Nullable sizes;
  // The registers that are the results.
  const int32_t *_Nullable outputs;
  int32_t input_count, constant_count, step_count, output_count;
} fx_program;

// An operand's first element, or without an address the bits of one element that stands for all.
typedef struct {
  const void *_Nullable address;
  uint64_t bits;
} fx_argument;

// The most registers, and the most results, that a program may have.
enum { fx_register_limit = 64 };

// Runs a program on `count` elements of every argument. Results may be arguments, from their first element on, if `is_in_place` says so.
void fx_run_program(const fx_program *_Nonnull program, const fx_argument *_Nonnull arguments,
                    void *_Nonnull const *_Nonnull outputs, long count, bool is_in_place);

#endif

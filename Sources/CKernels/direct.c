#include "direct.h"

#include <string.h>

#include "memory.h"

// What a register that is no operand's memory holds at a time: with all of them in use, half the first-level cache.
enum { scratch_byte_count = 16384 };

static void run(const fx_program *program, char **registers, long count) {
  for (int i = 0; i < program->step_count; i++) {
    const fx_step *step = &program->steps[i];
    step->loop(registers[step->target], registers[step->a], registers[step->b], registers[step->c], count);
  }
}

// A single element needs neither filling nor cutting: numbers are read where they stand, in the low end of their words.
static void run_once(const fx_program *program, const fx_argument *arguments, void *const *outputs) {
  char *registers[fx_register_limit];
  uint64_t values[fx_register_limit];
  int count = 0;
  for (int i = 0; i < program->input_count; i++) {
    registers[count++] = (char *)(arguments[i].address ? arguments[i].address : &arguments[i].bits);
  }
  for (int i = 0; i < program->constant_count; i++) registers[count++] = (char *)&program->constants[i];
  for (int i = 0; i < program->step_count; i++, count++) registers[count] = (char *)&values[count];
  run(program, registers, 1);
  // A result may be an operand that another result takes the place of: all are read before one is written.
  uint64_t results[fx_register_limit];
  for (int i = 0; i < program->output_count; i++) {
    memcpy(&results[i], registers[program->outputs[i]], program->sizes[program->outputs[i]]);
  }
  for (int i = 0; i < program->output_count; i++) memcpy(outputs[i], &results[i], program->sizes[program->outputs[i]]);
}

// The general case, a tile at a time. Results are computed in their place, unless something may still be read there.
static void run_tiles(const fx_program *program, const fx_argument *arguments, void *const *outputs, long count,
                      bool is_in_place) {
  _Alignas(64) char scratch[scratch_byte_count];
  char *registers[fx_register_limit];
  const int inputs = program->input_count, first = inputs + program->constant_count;
  const int total = first + program->step_count;
  // Registers in the memory of operands move on with every tile.
  uint64_t moving = 0;
  for (int i = 0; i < inputs; i++) {
    if (!arguments[i].address) continue;
    registers[i] = (char *)arguments[i].address;
    moving |= UINT64_C(1) << i;
  }
  for (int i = 0; i < program->output_count && !is_in_place; i++) {
    int from = program->outputs[i];
    if (from < first) continue;
    registers[from] = outputs[i];
    moving |= UINT64_C(1) << from;
  }
  // In place, a result that is an operand is put aside: another result may take the operand's place.
  char *aside[fx_register_limit] = {0};
  int kept = total - __builtin_popcountll(moving);
  for (int i = 0; i < program->output_count && is_in_place; i++) kept += program->outputs[i] < inputs;
  long tile = kept > 0 ? scratch_byte_count / 8 / kept / 8 * 8 : count;
  if (tile > count) tile = count;
  char *unused = scratch;
  for (int i = 0; i < total; i++) {
    if (moving >> i & 1) continue;
    registers[i] = unused;
    unused += tile * 8;
    if (i < first) {
      const uint64_t *bits = i < inputs ? &arguments[i].bits : &program->constants[i - inputs];
      fx_fill(registers[i], bits, tile, program->sizes[i]);
    }
  }
  for (int i = 0; i < program->output_count && is_in_place; i++) {
    if (program->outputs[i] >= inputs) continue;
    aside[i] = unused;
    unused += tile * 8;
  }
  for (long start = 0; start < count; start += tile) {
    const long length = count - start < tile ? count - start : tile;
    run(program, registers, length);
    for (int i = 0; i < program->output_count; i++) {
      const int from = program->outputs[i];
      if (aside[i]) memcpy(aside[i], registers[from], (size_t)(length * program->sizes[from]));
    }
    // A result that is an input or a constant, or is given twice, was not computed in its place.
    for (int i = 0; i < program->output_count; i++) {
      const int size = program->sizes[program->outputs[i]];
      const char *from = aside[i] ? aside[i] : registers[program->outputs[i]];
      char *to = (char *)outputs[i] + start * size;
      if (from != to) memcpy(to, from, (size_t)(length * size));
    }
    for (uint64_t left = moving; left; left &= left - 1) {
      const int i = __builtin_ctzll(left);
      registers[i] += length * program->sizes[i];
    }
  }
}

void fx_run_program(const fx_program *program, const fx_argument *arguments, void *const *outputs, long count,
                    bool is_in_place) {
  if (program->single) {
    const void *operands[3] = {0};
    int known = 0;
    for (; known < program->input_count; known++) {
      const fx_argument *argument = &arguments[known];
      if (!argument->address && count != 1) break;
      operands[known] = argument->address ? argument->address : &argument->bits;
    }
    if (known == program->input_count) {
      program->single(outputs[0], operands[0], operands[1], operands[2], count);
      return;
    }
  }
  if (count == 1) {
    run_once(program, arguments, outputs);
  } else {
    run_tiles(program, arguments, outputs, count, is_in_place);
  }
}

// Rounding to whole numbers, which integers already are.
#include "loops.h"

FX_UNARY_INTEGERS(floor, a)
FX_UNARY_FLOATS(floor, __builtin_elementwise_floor(a))
FX_TABLE_NUMBERS(floor)

FX_UNARY_INTEGERS(ceil, a)
FX_UNARY_FLOATS(ceil, __builtin_elementwise_ceil(a))
FX_TABLE_NUMBERS(ceil)

// Half to even.
FX_UNARY_INTEGERS(round, a)
FX_UNARY_FLOATS(round, __builtin_elementwise_rint(a))
FX_TABLE_NUMBERS(round)

FX_UNARY_INTEGERS(trunc, a)
FX_UNARY_FLOATS(trunc, __builtin_elementwise_trunc(a))
FX_TABLE_NUMBERS(trunc)

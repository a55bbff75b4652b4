// Operations on bits, logical ones on booleans.
#include "loops.h"

FX_BINARY_BOOLEAN(bit_and, a & b)
FX_BINARY_INTEGERS(bit_and, a & b)
FX_TABLE_BITS(bit_and)

FX_BINARY_BOOLEAN(bit_or, a | b)
FX_BINARY_INTEGERS(bit_or, a | b)
FX_TABLE_BITS(bit_or)

FX_BINARY_BOOLEAN(bit_xor, a ^ b)
FX_BINARY_INTEGERS(bit_xor, a ^ b)
FX_TABLE_BITS(bit_xor)

FX_UNARY_BOOLEAN(bit_not, a ^ 1)
FX_UNARY_INTEGERS(bit_not, ~a)
FX_TABLE_BITS(bit_not)

// Shifting by a negative count, or by as many bits as there are, pushes every bit out. What is left is zero, or the sign on the right.
#define IN_RANGE (b >= 0 && b < (int)sizeof(T) * 8)

FX_BINARY_INTEGERS(shift_left, IN_RANGE ? FX_WRAP(a) << (b & 63) : 0)
FX_TABLE_INTEGERS(shift_left)

FX_BINARY_INTEGERS(shift_right, (int64_t)a >> (IN_RANGE ? b : 63))
FX_TABLE_INTEGERS(shift_right)

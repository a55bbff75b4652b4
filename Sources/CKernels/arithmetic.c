// Sums, products, quotients, extrema and the divisibility of integers.
#include "loops.h"

FX_BINARY_BOOLEAN(add, a | b)
FX_BINARY_INTEGERS(add, FX_WRAP(a) + FX_WRAP(b))
FX_BINARY_FLOATS(add, a + b)
FX_TABLE_ALL(add)

FX_BINARY_INTEGERS(sub, FX_WRAP(a) - FX_WRAP(b))
FX_BINARY_FLOATS(sub, a - b)
FX_TABLE_NUMBERS(sub)

FX_BINARY_BOOLEAN(mul, a & b)
FX_BINARY_INTEGERS(mul, FX_WRAP(a) * FX_WRAP(b))
FX_BINARY_FLOATS(mul, a * b)
FX_TABLE_ALL(mul)

// Division by zero gives zero here; `ZeroDivision` looks for it first. The least integer divided by -1 doesn't fit its type, and
// processors trap on it, so dividing by -1 is done by negation.
#define UNLESS_TRAPPING(when_minus_one, otherwise) (b == 0 ? 0 : (int64_t)b == -1 ? (T)(when_minus_one) : (T)(otherwise))

FX_BINARY_INTEGERS_ALONE(div, UNLESS_TRAPPING(-FX_WRAP(a), a / b))
FX_BINARY_FLOATS(div, a / b)
FX_TABLE_NUMBERS(div)

// Python's // and %: the quotient is rounded down, so that the rest has the divisor's sign.
FX_BINARY_INTEGERS_ALONE(floor_divide, UNLESS_TRAPPING(-FX_WRAP(a), a / b - (a % b != 0 && (a < 0) != (b < 0))))
FX_BINARY_INTEGERS_ALONE(remainder, UNLESS_TRAPPING(0, a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0)))

// What is divided is the part of a that b divides, and still the quotient may be a rounding away from a whole number: `floor` could go
// one too low, so the nearest is taken.
#define FLOOR_DIVISION(T, fmod, floor, copysign)                                                                       \
  FX_INLINE T floor_divide_##T(T a, T b) {                                                                             \
    if (b == 0) return a / b;                                                                                          \
    T rest = fmod(a, b);                                                                                               \
    T quotient = (a - rest) / b - (rest != 0 && (b < 0) != (rest < 0) ? 1 : 0);                                        \
    if (quotient == 0) return copysign(0, a / b);                                                                      \
    T below = floor(quotient);                                                                                         \
    return quotient - below > (T)0.5 ? below + 1 : below;                                                              \
  }                                                                                                                    \
  FX_INLINE T remainder_##T(T a, T b) {                                                                                \
    T rest = fmod(a, b);                                                                                               \
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;                                                       \
  }
FLOOR_DIVISION(float, fmodf, floorf, copysignf)
FLOOR_DIVISION(double, fmod, floor, copysign)

FX_BINARY_ALONE(floor_divide, float32, float, T, floor_divide_float(a, b))
FX_BINARY_ALONE(floor_divide, float64, double, T, floor_divide_double(a, b))
FX_TABLE_NUMBERS(floor_divide)

FX_BINARY_ALONE(remainder, float32, float, T, remainder_float(a, b))
FX_BINARY_ALONE(remainder, float64, double, T, remainder_double(a, b))
FX_TABLE_NUMBERS(remainder)

FX_BINARY_INTEGERS_ALONE(fmod, UNLESS_TRAPPING(0, a % b))
FX_BINARY_ALONE(fmod, float32, float, T, fmodf(a, b))
FX_BINARY_ALONE(fmod, float64, double, T, fmod(a, b))
FX_TABLE_NUMBERS(fmod)

FX_UNARY_INTEGERS(neg, -FX_WRAP(a))
FX_UNARY_FLOATS(neg, -a)
FX_TABLE_NUMBERS(neg)

// Keeps a negative zero and NaN.
FX_UNARY_INTEGERS(relu, a < 0 ? 0 : a)
FX_UNARY_FLOATS(relu, a < 0 ? 0 : a)
FX_TABLE_NUMBERS(relu)

FX_UNARY_INTEGERS(abs, a < 0 ? -FX_WRAP(a) : FX_WRAP(a))
FX_UNARY_FLOATS(abs, __builtin_elementwise_abs(a))
FX_TABLE_NUMBERS(abs)

// Zero for a NaN, as in PyTorch.
FX_UNARY_BOOLEAN(sign, a)
FX_UNARY_INTEGERS(sign, (a > 0) - (a < 0))
FX_UNARY_FLOATS(sign, (a > 0) - (a < 0))
FX_TABLE_ALL(sign)

FX_UNARY_FLOATS(reciprocal, 1 / a)
FX_TABLE_FLOATS(reciprocal)

FX_UNARY_FLOATS(inverse_square, 1 / (a * a))
FX_TABLE_FLOATS(inverse_square)

// `minimum` and `maximum` give a NaN if either operand is one, `fmin` and `fmax` only if both are. Of equal operands, such as zeros of both
// signs, each gives the first.
FX_BINARY_BOOLEAN(minimum, a & b)
FX_BINARY_INTEGERS(minimum, a < b ? a : b)
FX_BINARY_FLOATS(minimum, b < a || b != b ? b : a)
FX_TABLE_ALL(minimum)

FX_BINARY_BOOLEAN(maximum, a | b)
FX_BINARY_INTEGERS(maximum, a > b ? a : b)
FX_BINARY_FLOATS(maximum, b > a || b != b ? b : a)
FX_TABLE_ALL(maximum)

FX_BINARY_BOOLEAN(fmin, a & b)
FX_BINARY_INTEGERS(fmin, a < b ? a : b)
FX_BINARY_FLOATS(fmin, a <= b || b != b ? a : b)
FX_TABLE_ALL(fmin)

FX_BINARY_BOOLEAN(fmax, a | b)
FX_BINARY_INTEGERS(fmax, a > b ? a : b)
FX_BINARY_FLOATS(fmax, a >= b || b != b ? a : b)
FX_TABLE_ALL(fmax)

FX_BINARY_FLOATS(copysign, __builtin_elementwise_copysign(a, b))
FX_TABLE_FLOATS(copysign)

FX_BINARY_ALONE(nextafter, float32, float, T, nextafterf(a, b))
FX_BINARY_ALONE(nextafter, float64, double, T, nextafter(a, b))
FX_TABLE_FLOATS(nextafter)

FX_INLINE uint64_t magnitude(int64_t x) { return x < 0 ? -(uint64_t)x : (uint64_t)x; }

FX_INLINE uint64_t greatest_divisor(uint64_t a, uint64_t b) {
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

FX_INLINE uint64_t least_multiple(uint64_t a, uint64_t b) { return a == 0 || b == 0 ? 0 : a / greatest_divisor(a, b) * b; }

FX_BINARY_INTEGERS_ALONE(gcd, greatest_divisor(magnitude(a), magnitude(b)))
FX_TABLE_INTEGERS(gcd)

FX_BINARY_INTEGERS_ALONE(lcm, least_multiple(magnitude(a), magnitude(b)))
FX_TABLE_INTEGERS(lcm)

// Trigonometric functions and their inverses.
#include "loops.h"

FX_UNARY_ALONE(sin, float32, float, T, sin(a))
FX_UNARY_ALONE(sin, float64, double, T, sin(a))
FX_TABLE_FLOATS(sin)

FX_UNARY_ALONE(cos, float32, float, T, cos(a))
FX_UNARY_ALONE(cos, float64, double, T, cos(a))
FX_TABLE_FLOATS(cos)

FX_UNARY_ALONE(tan, float32, float, T, tan(a))
FX_UNARY_ALONE(tan, float64, double, T, tan(a))
FX_TABLE_FLOATS(tan)

FX_UNARY_ALONE(asin, float32, float, T, asin(a))
FX_UNARY_ALONE(asin, float64, double, T, asin(a))
FX_TABLE_FLOATS(asin)

FX_UNARY_ALONE(acos, float32, float, T, acos(a))
FX_UNARY_ALONE(acos, float64, double, T, acos(a))
FX_TABLE_FLOATS(acos)

FX_UNARY_ALONE(atan, float32, float, T, atan(a))
FX_UNARY_ALONE(atan, float64, double, T, atan(a))
FX_TABLE_FLOATS(atan)

FX_BINARY_ALONE(atan2, float32, float, T, atan2(a, b))
FX_BINARY_ALONE(atan2, float64, double, T, atan2(a, b))
FX_TABLE_FLOATS(atan2)

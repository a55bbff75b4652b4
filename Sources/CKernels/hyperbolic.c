// Hyperbolic functions and their inverses.
#include "loops.h"

FX_UNARY_ALONE(sinh, float32, float, T, sinh(a))
FX_UNARY_ALONE(sinh, float64, double, T, sinh(a))
FX_TABLE_FLOATS(sinh)

FX_UNARY_ALONE(cosh, float32, float, T, cosh(a))
FX_UNARY_ALONE(cosh, float64, double, T, cosh(a))
FX_TABLE_FLOATS(cosh)

FX_UNARY_ALONE(tanh, float32, float, T, tanh(a))
FX_UNARY_ALONE(tanh, float64, double, T, tanh(a))
FX_TABLE_FLOATS(tanh)

FX_UNARY_ALONE(asinh, float32, float, T, asinh(a))
FX_UNARY_ALONE(asinh, float64, double, T, asinh(a))
FX_TABLE_FLOATS(asinh)

FX_UNARY_ALONE(acosh, float32, float, T, acosh(a))
FX_UNARY_ALONE(acosh, float64, double, T, acosh(a))
FX_TABLE_FLOATS(acosh)

FX_UNARY_ALONE(atanh, float32, float, T, atanh(a))
FX_UNARY_ALONE(atanh, float64, double, T, atanh(a))
FX_TABLE_FLOATS(atanh)


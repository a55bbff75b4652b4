// Comparisons and tests, which write booleans, and the choice by a boolean.
#include "loops.h"

#define TEST(name, operands, ...)                                                                                      \
  FX_##operands##_BOOLEAN(name, __VA_ARGS__)                                                                           \
  FX_##operands(name, uint8, uint8_t, uint8_t, __VA_ARGS__)                                                            \
  FX_##operands(name, int8, int8_t, uint8_t, __VA_ARGS__)                                                              \
  FX_##operands(name, int16, int16_t, uint8_t, __VA_ARGS__)                                                            \
  FX_##operands(name, int32, int32_t, uint8_t, __VA_ARGS__)                                                            \
  FX_##operands(name, int64, int64_t, uint8_t, __VA_ARGS__)                                                            \
  FX_##operands(name, float32, float, uint8_t, __VA_ARGS__)                                                            \
  FX_##operands(name, float64, double, uint8_t, __VA_ARGS__)                                                           \
  FX_TABLE_ALL(name)

TEST(eq, BINARY, a == b)
TEST(ne, BINARY, a != b)
TEST(lt, BINARY, a < b)
TEST(le, BINARY, a <= b)
TEST(gt, BINARY, a > b)
TEST(ge, BINARY, a >= b)

TEST(isnan, UNARY, a != a)

#undef signbit
#define SIGN_BIT(x) _Generic((x), float: float32_bits(x) >> 31, double: float64_bits(x) >> 63, default: (x) < 0)
TEST(signbit, UNARY, SIGN_BIT(a))

#define SELECT(suffix, T)                                                                                              \
  FX_CLONES FX_LOOP(select, suffix) {                                                                                  \
    const uint8_t *conditions = pa;                                                                                    \
    const T *bs = pb, *cs = pc;                                                                                        \
    T *results = out;                                                                                                  \
    FX_EACH {                                                                                                          \
      T b = bs[i], c = cs[i];                                                                                          \
      results[i] = conditions[i] ? b : c;                                                                              \
    }                                                                                                                  \
  }
// Bytes are chosen without regard to what they mean; so are all elements of one size.
SELECT(uint8, uint8_t)
SELECT(int16, int16_t)
SELECT(int32, int32_t)
SELECT(int64, int64_t)
FX_TABLE(select, select_uint8, select_uint8, select_uint8, select_int16, select_int32, select_int64, select_int32, select_int64)

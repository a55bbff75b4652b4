// Orthogonal polynomials by their recurrences in the degree (DLMF 18.9), which is a number cut to an integer, as PyTorch has it. Below zero there
// are none, and the result is zero. Whoever calls them answers for the time that a high degree takes.
#include "cores.h"

// Chebyshev's are computed without a recurrence above this degree.
#define LONGEST 0x1p20

static bool is_degree(double n) { return n > -1 && n < 0x1p63; }

// MARK: Chebyshev's

typedef enum { FIRST_KIND, SECOND_KIND, THIRD_KIND, FOURTH_KIND } chebyshev_kind;

// With |x| = cos(t), or cosh(t) beyond one, each is a quotient of two sines or cosines (DLMF 18.5.1 to 18.5.4).
static double chebyshev_by_angle(chebyshev_kind kind, double x, double n) {
  double size = fabs(x), sign = x < 0 && fmod(n, 2) != 0 ? -1 : 1;
  // V(-x) = (-1)^n W(x)
  if (x < 0) kind = kind == THIRD_KIND ? FOURTH_KIND : kind == FOURTH_KIND ? THIRD_KIND : kind;
  if (size == 1) return kind == SECOND_KIND ? sign * (n + 1) : kind == FOURTH_KIND ? sign * (2 * n + 1) : sign;
  double (*even)(double) = size < 1 ? cos : cosh, (*odd)(double) = size < 1 ? sin : sinh;
  double t = size < 1 ? acos(size) : acosh(size);
  switch (kind) {
  case FIRST_KIND: return sign * even(n * t);
  case SECOND_KIND: return sign * (odd((n + 1) * t) / odd(t));
  case THIRD_KIND: return sign * (even((n + 0.5) * t) / even(t / 2));
  case FOURTH_KIND: return sign * (odd((n + 0.5) * t) / odd(t / 2));
  }
}

static double chebyshev(chebyshev_kind kind, double x, double degree) {
  if (!is_degree(degree)) return 0;
  double n = trunc(degree);
  if (n == 0) return 1;
  if ((n > 8 && fabs(x) <= 1) || n > LONGEST) return chebyshev_by_angle(kind, x, n);
  double before = 1, value = kind == FIRST_KIND ? x : kind == SECOND_KIND ? 2 * x : kind == THIRD_KIND ? 2 * x - 1 : 2 * x + 1;
  for (double k = 1; k < n && value == value; k++) {
    double next = 2 * x * value - before;
    before = value;
    value = next;
  }
  return value;
}

FX_BINARY_FLOATS_ALONE(chebyshev_t, chebyshev(FIRST_KIND, a, b))
FX_TABLE_FLOATS(chebyshev_t)

FX_BINARY_FLOATS_ALONE(chebyshev_u, chebyshev(SECOND_KIND, a, b))
FX_TABLE_FLOATS(chebyshev_u)

FX_BINARY_FLOATS_ALONE(chebyshev_v, chebyshev(THIRD_KIND, a, b))
FX_TABLE_FLOATS(chebyshev_v)

FX_BINARY_FLOATS_ALONE(chebyshev_w, chebyshev(FOURTH_KIND, a, b))
FX_TABLE_FLOATS(chebyshev_w)

// MARK: Others

// The polynomial of degree one, and that of degree k + 1 from `value`, of degree k, and the one `before`. `simple` is where all degrees have
// a value that needs no recurrence.
#define POLYNOMIALS(name, first, following, simple, simple_value)                                                      \
  static double name##_double(double x, double degree) {                                                               \
    if (!is_degree(degree)) return 0;                                                                                  \
    double n = trunc(degree);                                                                                          \
    if (n == 0) return 1;                                                                                              \
    if (simple) return simple_value;                                                                                   \
    double before = 1, value = first;                                                                                  \
    for (double k = 1; k < n && value == value; k++) {                                                                 \
      double next = following;                                                                                         \
      before = value;                                                                                                  \
      value = next;                                                                                                    \
    }                                                                                                                  \
    return value;                                                                                                      \
  }                                                                                                                    \
  FX_BINARY_FLOATS_ALONE(name, name##_double(a, b))                                                                    \
  FX_TABLE_FLOATS(name)

// Those of Hermite are no numbers from a degree of some hundreds on, and the recurrence ends there.
POLYNOMIALS(hermite_h, 2 * x, 2 * x * value - 2 * k * before, false, 0)
POLYNOMIALS(hermite_he, x, x * value - k * before, false, 0)
POLYNOMIALS(laguerre_l, 1 - x, ((2 * k + 1 - x) * value - k * before) / (k + 1), x == 0, 1)
POLYNOMIALS(legendre_p, x, ((2 * k + 1) * x * value - k * before) / (k + 1), fabs(x) == 1, x > 0 || fmod(n, 2) == 0 ? 1 : -1)

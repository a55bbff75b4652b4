// Matrix products: all of integers, and those of floating-point numbers that are too small for OpenBLAS to be fast.
#ifndef FLUXION_PRODUCTS_H
#define FLUXION_PRODUCTS_H

// One block of a product of matrices. Strides count elements; the columns of c lie side by side.
typedef struct {
  long m, n, k;
  const void *_Nonnull a;
  long a_row, a_column;
  const void *_Nonnull b;
  long b_row, b_column;
  void *_Nonnull c;
  long c_row;
  // Of integers only.
  long alpha, beta;
  // Of floating-point numbers only: what the product is added to, whose columns lie side by side, or null; and the dense operands of the
  // product that comes next, or null.
  const void *_Nullable addend;
  long addend_row;
  const void *_Nullable next_a, *_Nullable next_b;
} fx_product;

// c[i, j] = alpha * sum over p of a[i, p] * b[p, j] + beta * c[i, j], modulo two to the width of the type. With beta = 0 the old c is not read.
void fx_product_int8(const fx_product *_Nonnull p);
void fx_product_int16(const fx_product *_Nonnull p);
void fx_product_int32(const fx_product *_Nonnull p);
void fx_product_int64(const fx_product *_Nonnull p);

// Up to how many multiplications the functions below are faster than OpenBLAS on this processor; zero where they don't work.
long fx_small_product_limit(void);
// Up to which inner dimension they are faster however many multiplications there are, if rows of a are contiguous.
long fx_small_product_depth(void);

// c = a * b + addend, which may be c itself where there is a multiple of so many columns. There is at least one row, column and step.
enum { fx_product_columns_float32 = 8, fx_product_columns_float64 = 4 };

void fx_small_product_float32(const fx_product *_Nonnull p);
void fx_small_product_float64(const fx_product *_Nonnull p);

#endif

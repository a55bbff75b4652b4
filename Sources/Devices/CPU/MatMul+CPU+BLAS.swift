import CBLAS

/// The element types that OpenBLAS multiplies.
protocol BLASElement: Element, BinaryFloatingPoint {
  /// c = alpha · a · b + beta · c, all row by row.
  static func gemm(
    _ m: blasint, _ n: blasint, _ k: blasint, _ alpha: Self, _ a: BLASMatrix<Self>, _ b: BLASMatrix<Self>, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>, _ cRow: blasint)
  /// y += alpha · a · x, where a as it lies has that many rows and columns.
  static func gemv(
    _ rows: blasint, _ columns: blasint, _ alpha: Self, _ a: BLASMatrix<Self>, _ x: UnsafePointer<Self>,
    _ xStep: blasint, _ y: UnsafeMutablePointer<Self>, _ yStep: blasint)
  static func dot(
    _ n: blasint, _ x: UnsafePointer<Self>, _ xStep: blasint, _ y: UnsafePointer<Self>, _ yStep: blasint
  ) -> Self
}

/// A matrix as OpenBLAS takes it: rows of neighbouring elements, `row` elements apart, or the transpose of that.
struct BLASMatrix<T> {
  var start: UnsafePointer<T>
  var row: blasint
  var isTransposed: Bool

  var transpose: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

extension Float: BLASElement {
  static func gemm(
    _ m: blasint, _ n: blasint, _ k: blasint, _ alpha: Float, _ a: BLASMatrix<Float>, _ b: BLASMatrix<Float>,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ cRow: blasint
  ) {
    cblas_sgemm(
      CblasRowMajor, a.transpose, b.transpose, m, n, k, alpha, a.start, a.row, b.start, b.row, beta, c, cRow)
  }

  static func gemv(
    _ rows: blasint, _ columns: blasint, _ alpha: Float, _ a: BLASMatrix<Float>, _ x: UnsafePointer<Float>,
    _ xStep: blasint, _ y: UnsafeMutablePointer<Float>, _ yStep: blasint
  ) {
    cblas_sgemv(CblasRowMajor, a.transpose, rows, columns, alpha, a.start, a.row, x, xStep, 1, y, yStep)
  }

  static func dot(
    _ n: blasint, _ x: UnsafePointer<Float>, _ xStep: blasint, _ y: UnsafePointer<Float>, _ yStep: blasint
  ) -> Float {
    cblas_sdot(n, x, xStep, y, yStep)
  }
}

extension Double: BLASElement {
  static func gemm(
    _ m: blasint, _ n: blasint, _ k: blasint, _ alpha: Double, _ a: BLASMatrix<Double>, _ b: BLASMatrix<Double>,
    _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ cRow: blasint
  ) {
    cblas_dgemm(
      CblasRowMajor, a.transpose, b.transpose, m, n, k, alpha, a.start, a.row, b.start, b.row, beta, c, cRow)
  }

  static func gemv(
    _ rows: blasint, _ columns: blasint, _ alpha: Double, _ a: BLASMatrix<Double>, _ x: UnsafePointer<Double>,
    _ xStep: blasint, _ y: UnsafeMutablePointer<Double>, _ yStep: blasint
  ) {
    cblas_dgemv(CblasRowMajor, a.transpose, rows, columns, alpha, a.start, a.row, x, xStep, 1, y, yStep)
  }

  static func dot(
    _ n: blasint, _ x: UnsafePointer<Double>, _ xStep: blasint, _ y: UnsafePointer<Double>, _ yStep: blasint
  ) -> Double {
    cblas_ddot(n, x, xStep, y, yStep)
  }
}

extension MatrixProduct {
  /// Multiplies where both operands lie as OpenBLAS wants them; otherwise does nothing and returns false.
  ///
  /// - Throws: where there is no memory for what OpenBLAS works in.
  func multiplyInPlace<T: BLASElement>(_: T.Type) throws(TensorError) -> Bool {
    let result = c.start.assumingMemoryBound(to: T.self)
    let alpha = T(alpha)
    let beta = T(beta)
    // OpenBLAS leaves early without inner dimension, and then versions differ in what they do with beta.
    if k == 0 || beta == 0 && (m == 1 || n == 1) { scale(by: beta) }
    if k == 0 { return true }
    guard k <= Self.largestSide, c.rowStride <= Self.largestSide,
      let left: BLASMatrix<T> = Self.matrix(a, rows: m, columns: k),
      let right: BLASMatrix<T> = Self.matrix(b, rows: k, columns: n)
    else { return false }

    if n == 1, let x = Self.vector(b.rowStride, count: k) {
      if m == 1, let step = Self.vector(a.columnStride, count: k) {
        let dot = T.dot(blasint(k), left.start, step, right.start, x)
        result[0] = beta == 0 ? alpha * dot : alpha * dot + beta * result[0]
      } else {
        if beta != 0 && beta != 1 { scale(by: beta) }
        try BLASBuffers.with {
          left.isTransposed
            ? T.gemv(blasint(k), blasint(m), alpha, left, right.start, x, result, blasint(c.rowStride))
            : T.gemv(blasint(m), blasint(k), alpha, left, right.start, x, result, blasint(c.rowStride))
        }
      }
    } else if m == 1, let x = Self.vector(a.columnStride, count: k) {
      // c' = b' a'
      if beta != 0 && beta != 1 { scale(by: beta) }
      let turned = BLASMatrix(start: right.start, row: right.row, isTransposed: !right.isTransposed)
      try BLASBuffers.with {
        turned.isTransposed
          ? T.gemv(blasint(k), blasint(n), alpha, turned, left.start, x, result, 1)
          : T.gemv(blasint(n), blasint(k), alpha, turned, left.start, x, result, 1)
      }
    } else {
      // With a single row its stride is anything, but OpenBLAS checks it.
      try BLASBuffers.with {
        T.gemm(
          blasint(m), blasint(n), blasint(k), alpha, left, right, beta, result, blasint(max(m == 1 ? 0 : c.rowStride, n)))
      }
    }
    return true
  }

  /// c = beta · c, which is zero for beta zero whatever c holds.
  private func scale<T: BLASElement>(by beta: T) {
    let result = c.start.assumingMemoryBound(to: T.self)
    for i in 0..<m {
      for j in 0..<n {
        let index = i * c.rowStride + j
        result[index] = beta == 0 ? 0 : beta * result[index]
      }
    }
  }

  /// An operand as OpenBLAS takes it, or nil where its elements lie otherwise.
  static func matrix<T>(_ operand: Operand, rows: Int, columns: Int) -> BLASMatrix<T>? {
    let start = operand.start.assumingMemoryBound(to: T.self)
    // The stride of a dimension of size one is anything.
    if columns == 1 || operand.columnStride == 1 {
      let row = rows == 1 ? columns : operand.rowStride
      if row >= columns && row <= largestSide { return BLASMatrix(start: start, row: blasint(row), isTransposed: false) }
    }
    if rows == 1 || operand.rowStride == 1 {
      let column = columns == 1 ? rows : operand.columnStride
      if column >= rows && column <= largestSide {
        return BLASMatrix(start: start, row: blasint(column), isTransposed: true)
      }
    }
    return nil
  }

  /// The step of a vector as OpenBLAS takes it; it counts negative ones from the other end and refuses zero.
  private static func vector(_ stride: Int, count: Int) -> blasint? {
    if count == 1 { return 1 }
    return stride > 0 && stride <= largestSide ? blasint(stride) : nil
  }
}

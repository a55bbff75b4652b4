import CBLAS

// Factorizations of a large matrix by all threads. LAPACK has one, as OpenBLAS is told to, so it factors a few columns at a time, and what they
// change in the columns behind them is divided among the threads. One thread changes the next few columns first and factors them at once:
// nobody waits for that.
//
// The columns are divided by their number alone, and a matrix is factored in this way whether it has all threads or one of them: so the results are
// the same, bit for bit, whatever the number of threads.

/// The columns of a matrix, a block of them after the other.
enum ColumnBlocks {
  /// Wide enough for products to run at the processor's speed, and narrow enough for the next block to be factored while the others' share is
  /// computed.
  static let width = 64
  /// Columns that OpenBLAS's kernels compute at a time.
  private static let unit = 8

  /// The most parts into which the columns behind a block are divided. Each rearranges the block for itself.
  private static let mostShares = 7

  /// Whether a matrix is factored in this way.
  static func pay(rows: Int32, columns: Int32) -> Bool { min(rows, columns) >= 4 * width }

  /// Whether so many matrices have all threads one after the other, where they would leave many without work if each had one.
  static func takeTurns(_ count: Int) -> Bool {
    let pool = ThreadPool.shared
    let threads = pool.isInsideJob ? 1 : pool.threadCount
    let rounds = (count + threads - 1) / threads
    return 4 * count < 3 * rounds * threads
  }

  /// Factors block after block, each when all blocks before it have changed its columns.
  ///
  /// - Parameters:
  ///   - count: the columns to be factored.
  ///   - end: of the columns to be changed; there may be some behind those that are factored.
  ///   - isTriangular: whether a column is the shorter the further back it is.
  ///   - factor: factors a block in place; false ends it all.
  ///   - update: changes columns by a block that is factored.
  static func run(
    count: Int, end: Int, isTriangular: Bool, factor: (_ block: Range<Int>) -> Bool,
    update: (_ columns: Range<Int>, _ block: Range<Int>) -> Void
  ) {
    var block = 0..<min(width, count)
    var goesOn = factor(block)
    while goesOn && block.upperBound < end {
      let next = block.upperBound..<min(block.upperBound + width, count)
      let others = shares(
        of: next.upperBound..<end, min(mostShares, (end - next.upperBound + width - 1) / width), isTriangular: isTriangular)
      ThreadPool.shared.parallel(count: 1 + others.count, grain: 1) { parts in
        for part in parts {
          if part > 0 {
            update(others[part - 1], block)
          } else if !next.isEmpty {
            update(next, block)
            goesOn = factor(next)
          }
        }
      }
      if next.isEmpty { return }
      block = next
    }
  }

  /// Ranges of about equal work, at most `most` and none of them narrow.
  static func shares(of columns: Range<Int>, _ most: Int, isTriangular: Bool = false) -> [Range<Int>] {
    let count = min(most, (columns.count + 2 * unit - 1) / (2 * unit))
    let bounds = (0...max(count, 0)).map { index in
      let rest = 1 - Double(index) / Double(max(count, 1))
      let kept = Double(columns.count) * (isTriangular ? rest.squareRoot() : rest)
      return columns.upperBound - (index == 0 ? columns.count : Int(kept) / unit * unit)
    }
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }
}

// MARK: - LU

extension LAPACKRun {
  /// LAPACK's `getrf` by all threads: the same pivots, the same code.
  func sharedLU(_ m: Int, _ n: Int, _ a: T.Pointer, lead: Int, _ pivots: T.Integers) -> Int32 {
    let steps = min(m, n)
    var failure: Int32 = 0
    ColumnBlocks.run(count: steps, end: n, isTriangular: false) { block in
      let first = block.lowerBound
      // A positive code is of a zero pivot, which is no reason to stop.
      let code = T.getrf(order, Int32(m - first), Int32(block.count), a + first * (lead + 1), Int32(lead), pivots + first)
      failure = min(0, code)
      for step in block { pivots[step] += Int32(first) }
      return failure == 0
    } update: { columns, block in
      let right = a + columns.lowerBound * lead
      for column in 0..<columns.count { exchange(block, pivots, in: right + column * lead) }
      let (first, behind) = (block.lowerBound, block.upperBound)
      let left = a + first * lead
      T.trsm(
        CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, blasint(block.count), blasint(columns.count), 1,
        left + first, blasint(lead), right + first, blasint(lead))
      guard behind < m else { return }
      // By rows these are the transposes.
      T.gemm(
        blasint(columns.count), blasint(m - behind), blasint(block.count), -1,
        BLASMatrix(start: right + first, row: blasint(lead), isTransposed: false),
        BLASMatrix(start: left + behind, row: blasint(lead), isTransposed: false), 1, right + behind, blasint(lead))
    }
    guard failure == 0 else { return failure }
    // What later blocks exchanged in the columns before them.
    let width = ColumnBlocks.width
    ThreadPool.shared.parallel(count: (steps - 1) / width * width, grain: width) { columns in
      for column in columns { exchange((column / width + 1) * width..<steps, pivots, in: a + column * lead) }
    }
    return Int32((0..<steps).first { a[$0 * (lead + 1)] == 0 }.map { $0 + 1 } ?? 0)
  }

  private func exchange(_ steps: Range<Int>, _ pivots: T.Integers, in column: T.Pointer) {
    for step in steps {
      let other = Int(pivots[step]) - 1
      (column[step], column[other]) = (column[other], column[step])
    }
  }
}

// MARK: - Cholesky

extension LAPACKRun {
  /// LAPACK's `potrf` by all threads. What is in the other triangle is lost.
  func sharedCholesky(_ n: Int, _ a: T.Pointer, lead: Int, upper: Bool) -> Int32 {
    var code: Int32 = 0
    let step = blasint(lead)
    // The upper factor is the lower one's transpose, so for it rows are what columns are here.
    func start(_ row: Int, _ column: Int) -> T.Pointer { upper ? a + column + row * lead : a + row + column * lead }
    ColumnBlocks.run(count: n, end: n, isTriangular: true) { block in
      let (first, behind, width) = (block.lowerBound, block.upperBound, blasint(block.count))
      code = T.potrf(order, letter(upper ? "U" : "L"), width, start(first, first), step)
      guard code == 0 else {
        if code > 0 { code += Int32(first) }
        return false
      }
      if behind < n {
        let rows = blasint(n - behind)
        T.trsm(
          CblasColMajor, upper ? CblasLeft : CblasRight, upper ? CblasUpper : CblasLower, CblasTrans, CblasNonUnit,
          upper ? width : rows, upper ? rows : width, 1, start(first, first), step, start(behind, first), step)
      }
      return true
    } update: { columns, block in
      // Narrow strips, each from the diagonal on.
      for first in stride(from: columns.lowerBound, to: columns.upperBound, by: ColumnBlocks.width) {
        let width = blasint(min(ColumnBlocks.width, columns.upperBound - first))
        let (rows, depth) = (blasint(n - first), blasint(block.count))
        let factor = start(first, block.lowerBound)
        let (plain, transposed) = (
          BLASMatrix(start: UnsafePointer(factor), row: step, isTransposed: false),
          BLASMatrix(start: UnsafePointer(factor), row: step, isTransposed: true)
        )
        // By rows these are the transposes.
        if upper {
          T.gemm(rows, width, depth, -1, plain, transposed, 1, start(first, first), step)
        } else {
          T.gemm(width, rows, depth, -1, transposed, plain, 1, start(first, first), step)
        }
      }
    }
    return code
  }
}

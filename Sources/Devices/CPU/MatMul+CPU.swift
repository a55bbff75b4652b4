import CKernels
import Synchronization

/// Matrix products on the host: OpenBLAS's kernels on our threads.
///
/// What a kernel computes may depend on the sizes that it is called with, to the last bit. So a product is cut by its own sizes alone, and however
/// many threads there are, they make the same calls.
enum CPUMatMul {
  /// output = a · b + addend, as `Device.matrixProduct`.
  static func run(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError) {
    let sizes = ProductSizes(a.layout, b.layout)
    let isRow = a.layout.rank == 1
    let strides = ProductStrides(output.layout, isRow: isRow)
    let start = output.storage.handle + output.layout.offset * output.dtype.byteCount
    var product = MatrixProduct(
      dtype: output.dtype, batchCount: sizes.batch, m: sizes.m, n: sizes.n, k: sizes.k,
      a: MatrixProduct.Operand(a, isRow: isRow), b: MatrixProduct.Operand(b, isRow: false),
      c: MatrixProduct.Output(start: start, rowStride: strides.row, batchStride: strides.batch))
    product.addend = addend.map {
      MatrixProduct.Operand($0.with(layout: $0.layout.broadcast(to: output.shape)), isRow: isRow)
    }
    if strides.column == 1 || product.n <= 1 {
      try product.run()
    } else if strides.row == 1 || product.m <= 1 {
      // The transposed result is the product of the transposed operands.
      product.c.rowStride = strides.column
      try product.transposed.run()
    } else {
      try product.runAside(to: start, strides)
    }
  }
}

extension MatrixProduct {
  /// Multiplies into memory of its own and copies the result to where neither rows nor columns lie side by side.
  fileprivate func runAside(to start: UnsafeMutableRawPointer, _ strides: ProductStrides) throws(TensorError) {
    let size = dtype.byteCount
    let byteCount = batchCount * m * n * size
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    var product = self
    product.c = Output(start: memory, rowStride: n, batchStride: m * n)
    try product.run()
    for row in 0..<(batchCount * m) {
      let (member, i) = row.quotientAndRemainder(dividingBy: m)
      let place = member * strides.batch + i * strides.row
      fx_store_strided(start + place * size, strides.column, memory + row * n * size, n, Int32(size))
    }
  }
}

/// c = alpha · a · b + beta · c for matrices in memory, or for a batch of them.
///
/// Strides count elements and may be anything; the columns of `c` lie side by side and its rows do not overlap. With
/// `beta` zero the old `c` is not read.
///
/// Integers wrap. Halves are multiplied in float32 and rounded once, at the end.
struct MatrixProduct {
  /// A matrix to read; in a batch, one every `batchStride` elements.
  struct Operand {
    var start: UnsafeRawPointer
    var rowStride: Int
    var columnStride: Int
    var batchStride = 0
  }

  /// A matrix to write; in a batch, one every `batchStride` elements, none overlapping another.
  struct Output {
    var start: UnsafeMutableRawPointer
    var rowStride: Int
    var batchStride = 0
  }

  var dtype: DType
  var batchCount = 1
  /// Rows of `a` and `c`.
  var m: Int
  /// Columns of `b` and `c`.
  var n: Int
  /// Columns of `a`, rows of `b`. Without any, the product is zero.
  var k: Int
  var a: Operand
  var b: Operand
  var c: Output
  /// What the product is added to in the place of `beta` · c, of c's shape; it overlaps nothing of c.
  var addend: Operand?
  var alpha = Scalar.int(1)
  var beta = Scalar.int(0)
  /// The operands of the product that comes next on the same thread, where they are known and dense.
  var following: (a: UnsafeRawPointer, b: UnsafeRawPointer)?

  /// The same product with rows and columns exchanged; c then holds its transpose.
  fileprivate var transposed: MatrixProduct {
    var product = self
    (product.m, product.n) = (n, m)
    product.a = Operand(start: b.start, rowStride: b.columnStride, columnStride: b.rowStride, batchStride: b.batchStride)
    product.b = Operand(start: a.start, rowStride: a.columnStride, columnStride: a.rowStride, batchStride: a.batchStride)
    product.addend = addend.map {
      Operand(start: $0.start, rowStride: $0.columnStride, columnStride: $0.rowStride, batchStride: $0.batchStride)
    }
    return product
  }

  /// - Throws: for booleans, which have no product, and where there is no memory for a rearranged operand.
  func run() throws(TensorError) {
    if dtype == .bool {
      let name = batchCount == 1 ? "addmm_impl_cpu_" : "baddbmm_with_gemm"
      throw .notImplemented("\"\(name)\" not implemented for '\(dtype.scalarTypeName)'")
    }
    guard batchCount > 0, m > 0, n > 0 else { return }
    if batchCount == 1 && work < 2 * grain { return try piece(self) }
    try merged.shared()
  }
}

extension MatrixProduct.Operand {
  fileprivate init(_ operand: Operand, isRow: Bool) {
    let strides = ProductStrides(operand.layout, isRow: isRow)
    self.init(
      start: operand.storage.handle + operand.layout.offset * operand.dtype.byteCount, rowStride: strides.row,
      columnStride: strides.column, batchStride: strides.batch)
  }
}

// MARK: - Cutting

extension MatrixProduct {
  /// A batch whose members share `b` and whose rows follow each other is one taller product.
  private var merged: MatrixProduct {
    guard batchCount > 1, b.batchStride == 0, a.batchStride == m * a.rowStride, c.batchStride == m * c.rowStride else {
      return self
    }
    if let addend, addend.batchStride != m * addend.rowStride { return self }
    var product = self
    product.m *= batchCount
    product.batchCount = 1
    return product
  }

  /// The multiplications of one matrix, or the largest Int if they are more.
  fileprivate var work: Int {
    let row = n.multipliedReportingOverflow(by: max(k, 1))
    let all = row.partialValue.multipliedReportingOverflow(by: m)
    return row.overflow || all.overflow ? Int.max : all.partialValue
  }

  /// The least work worth a thread of its own, some microseconds. With a vector every element of the matrix is read for
  /// one multiplication.
  private var grain: Int { m == 1 || n == 1 ? 1 << 16 : 1 << 17 }
  /// What it costs to begin a matrix, in multiplications.
  private static let fixedWork = 1 << 11
  /// The sides of a piece are multiples of what OpenBLAS's kernels compute at a time.
  private static let side = 16
  /// So many pieces are enough where more would gain nothing but threads.
  private static let enoughPieces = 16
  /// OpenBLAS counts in 32 bits.
  static let largestSide = 1 << 30

  /// Into how many pieces each matrix of the batch is cut, for those threads that there may be.
  private var wantedPieces: Int {
    let grains = work / grain
    // To cut a product with a vector costs nothing.
    if m == 1 || n == 1 { return max(1, min(grains, Self.enoughPieces / batchCount)) }
    // Every piece rearranges for itself what it reads of both operands, which must stay small beside what it multiplies: one for every 64 of the side
    // of a cube of as much work.
    let doublings = max(0, Int.bitWidth - 1 - work.leadingZeroBitCount - 18) / 3
    let pieces = max(1 << min(doublings, 6), min(grains, 4))
    // Members of a batch are pieces too.
    return batchCount == 1 ? pieces : max(1, min(pieces, Self.enoughPieces / batchCount))
  }

  /// Cuts the work into pieces and runs them on the pool.
  private func shared() throws(TensorError) {
    let pool = ThreadPool.shared
    let work = work
    if batchCount == 1, let parts = depthParts(work: work) { return try sharedByDepth(parts: parts) }
    let grid = Grid(self, parts: wantedPieces)
    let pieces = grid.rows * grid.columns
    if pieces == 1 && batchCount == 1 {
      return try piece(self)
    }
    let isDense = pieces == 1 && a.batchStride == m * k && b.batchStride == k * n
    let failed = Atomic(false)
    let least = max(1, grain / (work / pieces + Self.fixedWork))
    pool.parallel(count: batchCount * pieces, grain: least) { range in
      for index in range {
        let (member, cell) = index.quotientAndRemainder(dividingBy: pieces)
        let (row, column) = cell.quotientAndRemainder(dividingBy: grid.columns)
        var product = self.member(member)
        if isDense && member + 1 < batchCount {
          let next = self.member(member + 1)
          product.following = (next.a.start, next.b.start)
        }
        do throws(TensorError) {
          try piece(product.block(rows: grid.rowRange(row), columns: grid.columnRange(column)))
        } catch {
          failed.store(true, ordering: .relaxed)
        }
      }
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: Tiles.byteCount) }
  }

  /// How the rows and columns of c are divided.
  private struct Grid {
    let m: Int
    let n: Int
    var rows = 1
    var columns = 1

    /// As near to `parts` pieces as the shape allows; of the possible divisions the one whose pieces read least.
    init(_ product: MatrixProduct, parts: Int) {
      m = product.m
      n = product.n
      if parts > 1 {
        // Rows of b that are not contiguous are rearranged by every thread that reads them.
        let weight = product.b.columnStride == 1 ? 1 : 2
        var least = Int.max
        for columns in 1...max(1, min(parts, n / side)) {
          let rows = max(1, min(parts / columns, m / side))
          // What a thread reads of both operands, weighed by how many threads are left without work.
          let cost = (m / rows + n / columns * weight) * (parts + 1 - rows * columns)
          if cost < least { (least, self.rows, self.columns) = (cost, rows, columns) }
        }
      }
      rows = max(rows, (m + largestSide - 1) / largestSide)
      columns = max(columns, (n + largestSide - 1) / largestSide)
    }

    func rowRange(_ index: Int) -> Range<Int> { Self.range(index, of: rows, size: m) }
    func columnRange(_ index: Int) -> Range<Int> { Self.range(index, of: columns, size: n) }

    private static func range(_ index: Int, of parts: Int, size: Int) -> Range<Int> {
      if parts == 1 { return 0..<size }
      let units = (size + side - 1) / side
      return min(size, units * index / parts * side)..<min(size, units * (index + 1) / parts * side)
    }
  }

  /// One matrix of a batch.
  private func member(_ index: Int) -> MatrixProduct {
    var product = self
    product.batchCount = 1
    product.a.start += index * a.batchStride * dtype.byteCount
    product.b.start += index * b.batchStride * dtype.byteCount
    product.c.start += index * c.batchStride * dtype.byteCount
    if let addend { product.addend!.start += index * addend.batchStride * dtype.byteCount }
    return product
  }

  /// The part of the product that makes these rows and columns of c.
  func block(rows: Range<Int>, columns: Range<Int>) -> MatrixProduct {
    var product = self
    product.m = rows.count
    product.n = columns.count
    product.a.start += rows.lowerBound * a.rowStride * dtype.byteCount
    product.b.start += columns.lowerBound * b.columnStride * dtype.byteCount
    product.c.start += (rows.lowerBound * c.rowStride + columns.lowerBound) * dtype.byteCount
    if let addend {
      let place = rows.lowerBound * addend.rowStride + columns.lowerBound * addend.columnStride
      product.addend!.start += place * dtype.byteCount
    }
    return product
  }

  /// The part of the product over these columns of a and rows of b.
  func block(depth: Range<Int>) -> MatrixProduct {
    var product = self
    product.k = depth.count
    product.a.start += depth.lowerBound * a.columnStride * dtype.byteCount
    product.b.start += depth.lowerBound * b.rowStride * dtype.byteCount
    return product
  }
}

// MARK: - Cutting along the inner dimension

extension MatrixProduct {
  /// How many pieces to sum, where the result is too small to be cut and the inner dimension is long.
  private func depthParts(work: Int) -> Int? {
    guard dtype == .float32 || dtype == .float64, m <= 256, n <= 256, k >= 4096, k / 8 >= max(m, n) else { return nil }
    let parts = min(Self.enoughPieces / 2, work / grain, k / 2048)
    return parts > 1 ? parts : nil
  }

  private func sharedByDepth(parts: Int) throws(TensorError) {
    if addend != nil { return try begun.sharedByDepth(parts: parts) }
    let size = m * n * dtype.byteCount
    let sums = try CachingAllocator.shared.allocate(byteCount: size * parts)
    defer { CachingAllocator.shared.deallocate(sums, byteCount: size * parts) }
    let failed = Atomic(false)
    ThreadPool.shared.parallel(count: parts, grain: 1) { range in
      for part in range {
        // Multiples of 64 keep the pieces of contiguous operands aligned to cache lines.
        let units = (k + 63) / 64
        var product = block(depth: min(k, units * part / parts * 64)..<min(k, units * (part + 1) / parts * 64))
        product.c = Output(start: sums + part * size, rowStride: n)
        product.beta = .int(0)
        do throws(TensorError) {
          try piece(product)
        } catch {
          failed.store(true, ordering: .relaxed)
        }
      }
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: Tiles.byteCount) }
    if dtype == .float32 {
      addUp(Float.self, sums, parts: parts)
    } else {
      addUp(Double.self, sums, parts: parts)
    }
  }

  private func addUp<T: BLASElement>(_: T.Type, _ sums: UnsafeMutableRawPointer, parts: Int) {
    let sums = sums.assumingMemoryBound(to: T.self)
    let result = c.start.assumingMemoryBound(to: T.self)
    let beta = T(beta)
    for i in 0..<m {
      for j in 0..<n {
        var sum = sums[i * n + j]
        for part in 1..<parts { sum += sums[(part * m + i) * n + j] }
        result[i * c.rowStride + j] = beta == 0 ? sum : sum + beta * result[i * c.rowStride + j]
      }
    }
  }
}

// MARK: - What a product is added to

extension MatrixProduct {
  /// The product that is left once c holds the addend: the products' kernels add to what they find faster than another pass would.
  fileprivate var begun: MatrixProduct {
    guard let addend else { return self }
    let size = dtype.byteCount
    for row in 0..<m {
      let (target, source) = (c.start + row * c.rowStride * size, addend.start + row * addend.rowStride * size)
      fx_load_strided(target, source, addend.columnStride, n, Int32(size))
    }
    var product = self
    product.addend = nil
    product.beta = .int(1)
    return product
  }
}

// MARK: - One piece, on one thread

/// A product whose m and n OpenBLAS can count.
func piece(_ product: MatrixProduct) throws(TensorError) {
  if product.m == 0 || product.n == 0 { return }
  if product.isSmall { return product.multiplySmall() }
  let product = product.begun
  switch product.dtype {
  case .float32:
    if try !product.multiplyInPlace(Float.self) { try product.multiplyTiled(Float.self) }
  case .float64:
    if try !product.multiplyInPlace(Double.self) { try product.multiplyTiled(Double.self) }
  case .float16, .bfloat16:
    try product.multiplyTiled(Float.self)
  case .int8, .uint8, .bool:
    product.multiply(fx_product_int8)
  case .int16:
    product.multiply(fx_product_int16)
  case .int32:
    product.multiply(fx_product_int32)
  case .int64:
    product.multiply(fx_product_int64)
  }
}

private let smallProductLimit = fx_small_product_limit()
private let smallProductDepth = fx_small_product_depth()

extension MatrixProduct {
  /// Whether our own kernel is faster than OpenBLAS. Matrices with a vector are OpenBLAS's.
  fileprivate var isSmall: Bool {
    guard dtype == .float32 || dtype == .float64, m > 1, n > 1, k > 0, alpha.doubleValue == 1 else { return false }
    if beta.doubleValue != 0 || addend.map({ $0.columnStride != 1 }) ?? false {
      // What is added to, in its own place, must not be computed twice.
      let unit = Int(dtype == .float32 ? fx_product_columns_float32 : fx_product_columns_float64)
      guard n % unit == 0, beta.doubleValue == 0 || beta.doubleValue == 1 else { return false }
    }
    // Rows of b that lie whole pages apart share few places in the caches.
    let isCrowded = k > 128 && n > 64 && b.columnStride == 1 && b.rowStride * dtype.byteCount % 4096 == 0
    let isShallow = k <= smallProductDepth && a.columnStride == 1 && !isCrowded
    // Either a fits the second-level cache or it is read only once.
    guard isShallow || work <= smallProductLimit && (m * k <= 1 << 16 || (8...16).contains(n)) else { return false }
    // Enough rows must share the work of rearranging b, if its rows are not contiguous.
    return b.columnStride == 1 || m >= 12 || work <= 1 << 12
  }

  /// Runs our own kernel.
  fileprivate func multiplySmall() {
    if let addend, addend.columnStride != 1 { return begun.multiplySmall() }
    var product = arguments
    if let addend {
      (product.addend, product.addend_row) = (addend.start, addend.rowStride)
    } else if beta.doubleValue != 0 {
      (product.addend, product.addend_row) = (UnsafeRawPointer(c.start), c.rowStride)
    }
    if dtype == .float32 { fx_small_product_float32(&product) } else { fx_small_product_float64(&product) }
  }

  /// Runs a loop for integers, which need not know whether they are signed, as the bits are the same.
  fileprivate func multiply(_ loop: (UnsafePointer<fx_product>) -> Void) {
    var product = arguments
    (product.alpha, product.beta) = (Int(alpha.intValue), Int(beta.intValue))
    loop(&product)
  }

  private var arguments: fx_product {
    fx_product(
      m: m, n: n, k: k, a: a.start, a_row: a.rowStride, a_column: a.columnStride, b: b.start, b_row: b.rowStride,
      b_column: b.columnStride, c: c.start, c_row: c.rowStride, alpha: 1, beta: 0, addend: nil, addend_row: 0,
      next_a: following?.a, next_b: following?.b)
  }
}

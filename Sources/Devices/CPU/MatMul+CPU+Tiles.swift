import CKernels

/// The sizes of what is rearranged at a time: an operand's tile fits half of a common second-level cache.
enum Tiles {
  static let side = 256
  static let depth = 256
  /// Memory for a tile of each matrix and for one strided row of halves.
  static let byteCount = (2 * side * depth + side * side) * 8 + max(side, depth) * 2
}

extension MatrixProduct {
  /// Multiplies operands of any strides, halves among them: tile after tile is copied into rows of T, multiplied, and the
  /// sum stored when it is complete.
  func multiplyTiled<T: BLASElement>(_: T.Type) throws(TensorError) {
    let stride = MemoryLayout<T>.stride
    let depth = max(1, min(k, Tiles.depth))
    let rows = min(m, Tiles.side)
    let columns = min(n, Tiles.side)
    let halves = dtype.byteCount * max(depth, rows, columns)
    let byteCount = (rows * depth + depth * columns + rows * columns) * stride + halves
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    let left = memory.assumingMemoryBound(to: T.self)
    let right = left + rows * depth
    let sum = right + depth * columns
    let spare = UnsafeMutableRawPointer(sum + rows * columns)

    for row in Swift.stride(from: 0, to: m, by: Tiles.side) {
      for column in Swift.stride(from: 0, to: n, by: Tiles.side) {
        let tile = block(rows: row..<min(m, row + Tiles.side), columns: column..<min(n, column + Tiles.side))
        var product = tile
        product.dtype = T.dtype
        product.c = Output(start: UnsafeMutableRawPointer(sum), rowStride: tile.n)
        product.beta = .int(0)
        // Without inner dimension one empty step makes the zeros.
        for position in Swift.stride(from: 0, to: max(k, 1), by: Tiles.depth) {
          let step = tile.block(depth: position..<min(k, position + Tiles.depth))
          product.k = step.k
          product.a = step.packed(step.a, rows: step.m, columns: step.k, into: left, spare: spare)
          product.b = step.packed(step.b, rows: step.k, columns: step.n, into: right, spare: spare)
          try piece(product)
          product.beta = .int(1)
        }
        tile.store(sum, rowMemory: right, spare: spare)
      }
    }
  }

  /// Copies an operand into neighbouring elements of T, in the order that reads it with the shorter step.
  private func packed<T: BLASElement>(
    _ operand: Operand, rows: Int, columns: Int, into memory: UnsafeMutablePointer<T>, spare: UnsafeMutableRawPointer
  ) -> Operand {
    let byRows = columns != 1 && (rows == 1 || abs(operand.columnStride) <= abs(operand.rowStride))
    let (outer, inner) = byRows ? (rows, columns) : (columns, rows)
    let (outerStride, innerStride) =
      byRows ? (operand.rowStride, operand.columnStride) : (operand.columnStride, operand.rowStride)
    for i in 0..<outer {
      load(operand.start + i * outerStride * dtype.byteCount, step: innerStride, count: inner, memory + i * inner, spare)
    }
    return byRows
      ? Operand(start: memory, rowStride: columns, columnStride: 1)
      : Operand(start: memory, rowStride: 1, columnStride: rows)
  }

  private func load<T: BLASElement>(
    _ source: UnsafeRawPointer, step: Int, count: Int, _ target: UnsafeMutablePointer<T>,
    _ spare: UnsafeMutableRawPointer
  ) {
    if dtype == T.dtype {
      fx_load_strided(target, source, step, count, Int32(dtype.byteCount))
    } else if step == 1 {
      castLoop(from: dtype, to: T.dtype)(target, source, nil, nil, count)
    } else {
      fx_load_strided(spare, source, step, count, Int32(dtype.byteCount))
      castLoop(from: dtype, to: T.dtype)(target, spare, nil, nil, count)
    }
  }

  /// c = sum + beta · c, rounded to c's dtype.
  private func store<T: BLASElement>(
    _ sum: UnsafeMutablePointer<T>, rowMemory: UnsafeMutablePointer<T>, spare: UnsafeMutableRawPointer
  ) {
    let beta = T(beta)
    for i in 0..<m {
      let row = sum + i * n
      let target = c.start + i * c.rowStride * dtype.byteCount
      if beta != 0 {
        load(target, step: 1, count: n, rowMemory, spare)
        for j in 0..<n { row[j] += beta * rowMemory[j] }
      }
      castLoop(from: T.dtype, to: dtype)(target, row, nil, nil, n)
    }
  }
}

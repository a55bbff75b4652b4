import CKernels

// MARK: - Reading

extension IndexPlan {
  /// Copies rows of the table to the list.
  func read(_ range: Range<Int>, _ offsets: UnsafePointer<Int>) {
    let size = table.dtype.byteCount
    var rest = rest
    let row = rest.popInnermost()
    let restCount = rest.count
    forEachRun(range) { start, count in
      let run = listRun(at: start)
      let offsets = offsets + (start - range.lowerBound)
      if row.size == 1 && restCount == 1 {
        let target = list.address + run.offset * size
        switch size {
        case 1: pick(UInt8.self, target, run.stride, offsets, count)
        case 2: pick(UInt16.self, target, run.stride, offsets, count)
        case 4: pick(UInt32.self, target, run.stride, offsets, count)
        default: pick(UInt64.self, target, run.stride, offsets, count)
        }
        return
      }
      for i in 0..<count {
        for part in 0..<restCount {
          copyElements(
            list.address + (run.offset + i * run.stride + rest.offset(of: part, in: 1)) * size, stride: row.strides[1],
            from: table.address + (offsets[i] + rest.offset(of: part, in: 0)) * size, stride: row.strides[0], count: row.size,
            byteCount: size)
        }
      }
    }
  }

  private func pick<T>(
    _: T.Type, _ target: UnsafeMutableRawPointer, _ stride: Int, _ offsets: UnsafePointer<Int>, _ count: Int
  ) {
    let target = target.assumingMemoryBound(to: T.self)
    let table = table.address.assumingMemoryBound(to: T.self)
    for i in 0..<count { target[i * stride] = table[offsets[i]] }
  }
}

/// Copies elements of so many bytes between strided places.
private func copyElements(
  _ target: UnsafeMutableRawPointer, stride targetStride: Int, from source: UnsafeRawPointer, stride sourceStride: Int,
  count: Int, byteCount: Int
) {
  if targetStride == 1 { return fx_load_strided(target, source, sourceStride, count, Int32(byteCount)) }
  if sourceStride == 1 { return fx_store_strided(target, targetStride, source, count, Int32(byteCount)) }
  let piece = 512
  withUnsafeTemporaryAllocation(byteCount: piece * byteCount, alignment: 8) { buffer in
    for start in stride(from: 0, to: count, by: piece) {
      let length = min(piece, count - start)
      fx_load_strided(
        buffer.baseAddress!, source + start * sourceStride * byteCount, sourceStride, length, Int32(byteCount))
      fx_store_strided(
        target + start * targetStride * byteCount, targetStride, buffer.baseAddress!, length, Int32(byteCount))
    }
  }
}

// MARK: - Writing

extension IndexPlan {
  /// Combines rows of the list into the table, in the order of the positions: a place that is named twice gets both, in the same order on any
  /// number of threads. Threads share the work by taking different parts of every row.
  func write(_ mode: ScatterMode) {
    var rest = rest
    let row = rest.popInnermost()
    let restCount = rest.count
    // One part for each thread: a short piece of a row costs as much as a long one.
    let share = row.size / ThreadPool.shared.threadCount
    let work = positionCount * restCount
    let move = RowMove(mode, table.dtype)
    let size = table.dtype.byteCount
    ThreadPool.shared.parallel(count: row.size, grain: max(64, share, CPUIndexing.grain / max(work, 1))) { columns in
      forEachTile(of: 0..<positionCount) { positions, offsets in
        forEachRun(positions) { start, count in
          let run = listRun(at: start)
          let offsets = offsets + (start - positions.lowerBound)
          if row.size == 1 && restCount == 1 {
            move.elements(table.address, offsets, list.address + run.offset * size, run.stride, count)
            return
          }
          for i in 0..<count {
            for part in 0..<restCount {
              let target = offsets[i] + rest.offset(of: part, in: 0) + columns.lowerBound * row.strides[0]
              let source =
                run.offset + i * run.stride + rest.offset(of: part, in: 1) + columns.lowerBound * row.strides[1]
              move.row(
                table.address + target * size, row.strides[0], list.address + source * size, row.strides[1], columns.count)
            }
          }
        }
      }
    }
  }
}

/// How elements are combined: by a vectorised loop where they lie side by side, one by one elsewhere.
struct RowMove {
  private let mode: ScatterMode
  private let dtype: DType
  private let loop: fx_loop?

  init(_ mode: ScatterMode, _ dtype: DType) {
    self.mode = mode
    self.dtype = dtype
    let loops: fx_loops? =
      switch mode {
      case .set: nil
      case .add, .sum: fx_add()
      case .multiply: fx_mul()
      case .min: fx_minimum()
      case .max: fx_maximum()
      }
    loop =
      switch dtype {
      case .bool: loops?.boolean
      case .uint8: loops?.uint8
      case .int8: loops?.int8
      case .int16: loops?.int16
      case .int32: loops?.int32
      case .int64: loops?.int64
      case .float32: loops?.float32
      case .float64: loops?.float64
      case .float16, .bfloat16: nil
      }
  }

  /// table[i * stride] is combined with source[i * sourceStride].
  func row(
    _ table: UnsafeMutableRawPointer, _ stride: Int, _ source: UnsafeRawPointer, _ sourceStride: Int, _ count: Int
  ) {
    if mode == .set {
      copyElements(table, stride: stride, from: source, stride: sourceStride, count: count, byteCount: dtype.byteCount)
    } else if let loop, stride == 1, sourceStride == 1 {
      loop(table, table, source, nil, count)
    } else {
      combine(table, .every(stride), source, sourceStride, count)
    }
  }

  /// table[offsets[i]] is combined with source[i * sourceStride].
  func elements(
    _ table: UnsafeMutableRawPointer, _ offsets: UnsafePointer<Int>, _ source: UnsafeRawPointer, _ sourceStride: Int,
    _ count: Int
  ) {
    combine(table, .listed(offsets), source, sourceStride, count)
  }

  private enum Places {
    case every(Int)
    case listed(UnsafePointer<Int>)

    subscript(index: Int) -> Int {
      @inline(__always) get {
        switch self {
        case .every(let stride): index * stride
        case .listed(let offsets): offsets[index]
        }
      }
    }
  }

  private func combine(
    _ table: UnsafeMutableRawPointer, _ places: Places, _ source: UnsafeRawPointer, _ sourceStride: Int, _ count: Int
  ) {
    switch dtype {
    case .bool: combine(Truth.self, table, places, source, sourceStride, count)
    case .uint8: combine(UInt8.self, table, places, source, sourceStride, count)
    case .int8: combine(Int8.self, table, places, source, sourceStride, count)
    case .int16: combine(Int16.self, table, places, source, sourceStride, count)
    case .int32: combine(Int32.self, table, places, source, sourceStride, count)
    case .int64: combine(Int64.self, table, places, source, sourceStride, count)
    case .float16: combine(Half.self, table, places, source, sourceStride, count)
    case .bfloat16: combine(BFloat16.self, table, places, source, sourceStride, count)
    case .float32: combine(Float.self, table, places, source, sourceStride, count)
    case .float64: combine(Double.self, table, places, source, sourceStride, count)
    }
  }

  private func combine<T: Combinable>(
    _: T.Type, _ table: UnsafeMutableRawPointer, _ places: Places, _ source: UnsafeRawPointer, _ sourceStride: Int,
    _ count: Int
  ) {
    let table = table.assumingMemoryBound(to: T.self)
    let source = source.assumingMemoryBound(to: T.self)
    for i in 0..<count {
      let place = places[i]
      table[place] = table[place].combined(source[i * sourceStride], mode)
    }
  }
}

// MARK: - Elements

/// An element that new ones can be combined into.
private protocol Combinable {
  func combined(_ new: Self, _ mode: ScatterMode) -> Self
}

extension Combinable where Self: FixedWidthInteger {
  @inline(__always)
  fileprivate func combined(_ new: Self, _ mode: ScatterMode) -> Self {
    switch mode {
    case .set: new
    case .add, .sum: self &+ new
    case .multiply: self &* new
    case .min: Swift.min(self, new)
    case .max: Swift.max(self, new)
    }
  }
}

extension Combinable where Self: BinaryFloatingPoint {
  /// Extremes keep a NaN.
  @inline(__always)
  fileprivate func combined(_ new: Self, _ mode: ScatterMode) -> Self {
    switch mode {
    case .set: new
    case .add, .sum: self + new
    case .multiply: self * new
    case .min: self < new || isNaN ? self : new
    case .max: self > new || isNaN ? self : new
    }
  }
}

extension UInt8: Combinable {}
extension Int8: Combinable {}
extension Int16: Combinable {}
extension Int32: Combinable {}
extension Int64: Combinable {}
extension Float: Combinable {}
extension Double: Combinable {}

/// A boolean as it lies in memory: not a `Bool`, which may not be read from any other byte than zero and one.
private struct Truth: Combinable {
  private let byte: UInt8

  private init(_ value: Bool) { byte = value ? 1 : 0 }
  private var value: Bool { byte != 0 }

  @inline(__always)
  fileprivate func combined(_ new: Truth, _ mode: ScatterMode) -> Truth {
    switch mode {
    case .set: new
    case .add, .sum, .max: Truth(value || new.value)
    case .multiply, .min: Truth(value && new.value)
    }
  }
}

// Halves are combined as float32 and rounded every time.
extension Half: Combinable {
  @inline(__always)
  fileprivate func combined(_ new: Half, _ mode: ScatterMode) -> Half {
    mode == .set ? new : Half(Float(self).combined(Float(new), mode))
  }
}

extension BFloat16: Combinable {
  @inline(__always)
  fileprivate func combined(_ new: BFloat16, _ mode: ScatterMode) -> BFloat16 {
    mode == .set ? new : BFloat16(Float(self).combined(Float(new), mode))
  }
}

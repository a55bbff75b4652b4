import Devices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Tensors of numbers that follow a rule. They are computed on the host and are the same on every device.
//
// Floating values have PyTorch's bits where its build for AVX2 was compiled with fused multiply-adds, as its binaries are.

// MARK: - Equal steps

extension Tensor {
  /// The integers from 0 up to, not including, `end`.
  public static func arange(
    _ end: Int, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    arange(0, end, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// The numbers 0, 1, 2, ... below `end`, of the default dtype.
  public static func arange(
    _ end: Double, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    arange(0, end, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// The integers `start`, `start + step`, ... up to, not including, `end`: int64 unless another dtype is given.
  ///
  /// Errors: `step must be nonzero`; `upper bound and lower bound inconsistent with step sign`; `"arange_cpu" not implemented for 'Bool'`.
  public static func arange(
    _ start: Int, _ end: Int, step: Int = 1, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    arange(.int(Int64(start)), .int(Int64(end)), .int(Int64(step)), dtype ?? .int64, device, requiresGrad)
  }

  /// The numbers `start`, `start + step`, ... up to, not including, `end`: of the default dtype unless another is given.
  ///
  /// An integer dtype rounds start and step toward zero, but has as many elements as the numbers given say.
  ///
  /// Errors: as for integers; `unsupported range: 0 -> inf`; `step must be finite but got nan`; `invalid size, possible overflow?`
  public static func arange(
    _ start: Double, _ end: Double, step: Double = 1, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    arange(.double(start), .double(end), .double(step), dtype ?? DefaultDType.current, device, requiresGrad)
  }

  private static func arange(
    _ start: Scalar, _ end: Scalar, _ step: Scalar, _ dtype: DType, _ device: any DeviceConvertible, _ requiresGrad: Bool
  ) -> Tensor {
    attempt { () throws(TensorError) in
      guard dtype != .bool else { throw .lacking("arange_cpu", .bool) }
      let count = try rangeCount(start, end, step)
      return try made(shape: [count], dtype: dtype, device: device, requiresGrad: requiresGrad) { memory, dtype in
        if dtype.isFloatingPoint {
          fillRamp(memory, count, start: start.doubleValue, step: step.doubleValue, dtype)
        } else {
          let (first, step) = (start.intValue, step.intValue)
          for index in 0..<count { store(.int(first &+ step &* Int64(index)), to: memory, at: index, as: dtype) }
        }
      }
    }
  }

  /// The number of elements of a range.
  static func rangeCount(_ start: Scalar, _ end: Scalar, _ step: Scalar) throws(TensorError) -> Int {
    if case .int(let first) = start, case .int(let last) = end, case .int(let step) = step {
      guard step != 0 else { throw .runtime("step must be nonzero") }
      guard step > 0 ? last >= first : last <= first else {
        throw .runtime("upper bound and lower bound inconsistent with step sign")
      }
      let distance = step > 0 ? UInt64(bitPattern: last &- first) : UInt64(bitPattern: first &- last)
      let count = distance / step.magnitude + (distance % step.magnitude == 0 ? 0 : 1)
      guard count <= UInt64(Int64.max) else { throw .runtime("invalid size, possible overflow?") }
      return Int(count)
    }
    let (first, last, step) = (start.doubleValue, end.doubleValue, step.doubleValue)
    guard step != 0 else { throw .runtime("step must be nonzero") }
    guard step.isFinite else { throw .runtime("step must be finite but got \(step.streamText)") }
    guard first.isFinite, last.isFinite else {
      throw .runtime("unsupported range: \(first.streamText) -> \(last.streamText)")
    }
    guard step > 0 ? last >= first : last <= first else {
      throw .runtime("upper bound and lower bound inconsistent with step sign")
    }
    guard let count = Int(exactly: ((last - first) / step).rounded(.up)) else {
      throw .runtime("invalid size, possible overflow?")
    }
    return count
  }
}

/// start + step·i as PyTorch's vectors compute it. They come in pairs of 32 bytes each; a vector's first value is rounded, and the others are
/// counted from there. What is left after the last pair is computed value by value.
private func fillRamp(
  _ memory: UnsafeMutableRawBufferPointer, _ count: Int, start: Double, step: Double, _ dtype: DType
) {
  let arithmetic = Arithmetic(isSingle: dtype.byteCount == 2)
  // The compiler of PyTorch's binaries did not fuse this one.
  let laneArithmetic = Arithmetic(isSingle: arithmetic.isSingle, isFused: dtype != .bfloat16)
  let lanes = 32 / dtype.byteCount
  let paired = count - count % (2 * lanes)
  var base = 0.0
  for index in 0..<count {
    let lane = index % lanes
    let value: Double
    if lane == 0 || index >= paired {
      value = arithmetic.sum(start, step, times: Double(index))
      base = dtype.rounded(value)
    } else {
      value = laneArithmetic.sum(base, step, times: Double(lane))
    }
    store(.double(value), to: memory, at: index, as: dtype)
  }
}

/// How values are computed before they are rounded to their dtype.
private struct Arithmetic {
  /// In float32, not float64.
  var isSingle: Bool
  var isFused = true

  func sum(_ a: Double, _ b: Double, times c: Double) -> Double {
    guard isSingle else { return isFused ? a.addingProduct(b, c) : a + b * c }
    let (a, b, c) = (Float(a), Float(b), Float(c))
    return Double(isFused ? a.addingProduct(b, c) : a + b * c)
  }
}

// MARK: - A number of steps

extension Tensor {
  /// `steps` numbers from `start` to `end`, both included, at equal distances.
  ///
  /// The first half is counted from the start and the second from the end. An integer dtype rounds all toward zero.
  ///
  /// Errors: `number of steps must be non-negative`; `"linspace_cpu" not implemented for 'Bool'`; a bound that the dtype does not hold.
  public static func linspace(
    _ start: Double, _ end: Double, steps: Int, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    if steps == 1 {
      return full([1], start, dtype: dtype ?? DefaultDType.current, device: device, requiresGrad: requiresGrad)
    }
    return spaced("linspace_cpu", start, end, steps, dtype, device, requiresGrad) { first, last, dtype in
      let isSingle = dtype.computeDType == .float32
      let isFused = dtype != .float16  // by the compiler of PyTorch's binaries
      let arithmetic = Arithmetic(isSingle: isSingle, isFused: isFused)
      let distance = arithmetic.sum(last, -first, times: 1)
      let step = isSingle ? Double(Float(distance) / Float(steps - 1)) : distance / Double(steps - 1)
      return { index in
        if index < steps / 2 { return arithmetic.sum(first, step, times: Double(index)) }
        return arithmetic.sum(last, -step, times: Double(steps - 1 - index))
      }
    }
  }

  /// `steps` powers of `base`, whose exponents go from `start` to `end` as in `linspace`.
  ///
  /// Errors: as for `linspace`, of `"logspace_cpu"`.
  public static func logspace(
    _ start: Double, _ end: Double, steps: Int, base: Double = 10, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    if steps == 1 {
      return full([1], power(base, start), dtype: dtype ?? DefaultDType.current, device: device, requiresGrad: requiresGrad)
    }
    return spaced("logspace_cpu", start, end, steps, dtype, device, requiresGrad) { first, last, dtype in
      let step = dtype.rounded(last - first) / Double(steps - 1)
      return { index in
        if index < steps / 2 { return power(base, first + step * Double(index)) }
        return power(base, last - step * Double(steps - 1 - index))
      }
    }
  }

  /// - Parameter rule: from the bounds, rounded to the dtype, to the value at an index.
  private static func spaced(
    _ kernel: String, _ start: Double, _ end: Double, _ steps: Int, _ dtype: DType?, _ device: any DeviceConvertible,
    _ requiresGrad: Bool, _ rule: (_ first: Double, _ last: Double, DType) -> (Int) -> Double
  ) -> Tensor {
    attempt { () throws(TensorError) in
      let dtype = dtype ?? DefaultDType.current
      guard steps >= 0 else { throw .runtime("number of steps must be non-negative") }
      guard dtype != .bool || steps == 0 else { throw .lacking(kernel, .bool) }
      for bound in [start, end] { try Scalar.double(bound).checkConversion(to: dtype) }
      let value = rule(dtype.rounded(start), dtype.rounded(end), dtype)
      return try made(shape: [steps], dtype: dtype, device: device, requiresGrad: requiresGrad) { memory, dtype in
        for index in 0..<steps { store(.double(value(index)), to: memory, at: index, as: dtype) }
      }
    }
  }
}

/// Out here, where `pow` is C's.
private func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

// MARK: - Matrices

extension Tensor {
  /// Ones on the diagonal of `n` rows and `m` columns, as many as rows if nil.
  ///
  /// Error: `n must be greater or equal to 0, got -1`.
  public static func eye(
    _ n: Int, _ m: Int? = nil, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    attempt { () throws(TensorError) in
      let m = m ?? n
      guard n >= 0 else { throw .runtime("n must be greater or equal to 0, got \(n)") }
      guard m >= 0 else { throw .runtime("m must be greater or equal to 0, got \(m)") }
      let device = try device.tensorDevice()
      let result = try uninitialized("eye", [n, m], dtype ?? DefaultDType.current, device)
      try device.fill(result.operand, with: .int(0))
      let diagonal = Layout(shape: [Swift.min(n, m)], strides: [m &+ 1], offset: 0)
      try device.fill(result.operand.with(layout: diagonal), with: .int(1))
      return try result.asLeaf(requiresGrad)
    }
  }

  /// The rows and columns, as the two rows of the result, of the elements of a matrix on and below its diagonal of number `offset`.
  ///
  /// Errors: `row must be non-negative, got-3`; `"tril_indices" not implemented for 'Float'` for dtypes other than int32 and int64.
  public static func trilIndices(
    _ rows: Int, _ columns: Int, offset: Int = 0, dtype: DType = .int64, device: any DeviceConvertible = .cpu
  ) -> Tensor {
    triangle("tril_indices", rows, columns, offset, dtype, device, isLower: true)
  }

  /// The elements on and above the diagonal: see `trilIndices`.
  public static func triuIndices(
    _ rows: Int, _ columns: Int, offset: Int = 0, dtype: DType = .int64, device: any DeviceConvertible = .cpu
  ) -> Tensor {
    triangle("triu_indices", rows, columns, offset, dtype, device, isLower: false)
  }

  private static func triangle(
    _ kernel: String, _ rows: Int, _ columns: Int, _ offset: Int, _ dtype: DType, _ device: any DeviceConvertible, isLower: Bool
  ) -> Tensor {
    attempt { () throws(TensorError) in
      guard rows >= 0 else { throw .runtime("row must be non-negative, got\(rows)") }
      guard columns >= 0 else { throw .runtime("col must be non-negative, got\(columns)") }
      guard dtype == .int64 || dtype == .int32 else { throw .lacking(kernel, dtype) }
      let triangle = Triangle(rows: rows, columns: columns, offset: offset, isLower: isLower)
      guard let count = Int(exactly: triangle.count) else {
        throw .runtime("Storage size calculation overflowed with sizes=[2, \(triangle.count)]")
      }
      return try made(shape: [2, count], dtype: dtype, device: device, requiresGrad: false) { memory, dtype in
        var index = 0
        for row in triangle.occupiedRows {
          for column in triangle.columns(ofRow: row) {
            store(.int(Int64(row)), to: memory, at: index, as: dtype)
            store(.int(Int64(column)), to: memory, at: count + index, as: dtype)
            index += 1
          }
        }
      }
    }
  }
}

/// The part of a matrix on one side of a diagonal, with the diagonal. Computed in 128 bits, where nothing overflows.
private struct Triangle {
  private let rows: Int
  private let columns: Int
  private let isLower: Bool
  /// The column at which row 0 is cut: what is left of it is below the diagonal.
  private let cut: Int128

  init(rows: Int, columns: Int, offset: Int, isLower: Bool) {
    self.rows = rows
    self.columns = columns
    self.isLower = isLower
    cut = Int128(offset) + (isLower ? 1 : 0)
  }

  private func clamped(_ value: Int128, _ limit: Int) -> Int { Int(min(max(value, 0), Int128(limit))) }

  func columns(ofRow row: Int) -> Range<Int> {
    let cut = clamped(Int128(row) + cut, columns)
    return isLower ? 0..<cut : cut..<columns
  }

  /// The rows that have elements here.
  var occupiedRows: Range<Int> {
    if columns == 0 { return 0..<0 }
    return isLower ? clamped(1 - cut, rows)..<rows : 0..<clamped(Int128(columns) - cut, rows)
  }

  /// The number of elements: a row has none below the cut at first, then one more than the row before, at last all of its columns.
  var count: Int128 {
    let start = clamped(-cut, rows)
    let end = max(start, clamped(Int128(columns) - cut, rows))
    let ramp = end == start ? 0 : Int128(end - start) * (Int128(start) + Int128(end) - 1 + 2 * cut) / 2
    let below = ramp + Int128(rows - end) * Int128(columns)
    return isLower ? below : Int128(rows) * Int128(columns) - below
  }
}

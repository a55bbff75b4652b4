@testable import Devices

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What elements a test draws.
enum ElementKind {
  /// Small whole numbers, so that there are ties and sums are exact.
  case small
  /// Numbers of all sizes; in floating dtypes signed zeros, infinities and NaNs.
  case wild

  func draw(_ dtype: DType, _ generator: inout SplitMix) -> Scalar {
    switch (self, dtype.category) {
    case (_, .boolean): return .bool(Bool.random(using: &generator))
    case (.small, .integer): return .int(.random(in: dtype == .uint8 ? 0...4 : -4...4, using: &generator))
    case (.small, .floating): return .double(Double(Int.random(in: -8...8, using: &generator)) / 4)
    case (.wild, .integer): return .int(Int64(bitPattern: generator.next()))
    case (.wild, .floating):
      switch Int.random(in: 0..<16, using: &generator) {
      case 0: return .double(.nan)
      case 1: return .double(.infinity)
      case 2: return .double(-.infinity)
      case 3: return .double(0)
      case 4: return .double(-0.0)
      default: return .double(.random(in: -1000...1000, using: &generator))
      }
    }
  }
}

extension Operand {
  /// Uninitialised memory of the host.
  static func make(_ layout: Layout, storageCount: Int? = nil, _ dtype: DType) throws -> Operand {
    let storage = try CPUDevice.shared.allocate(byteCount: (storageCount ?? layout.count) * dtype.byteCount)
    return Operand(storage: storage, layout: layout, dtype: dtype)
  }

  /// Random elements of a shape, in a random layout: rows in another order, gaps, an offset, steps backwards, repeated dimensions.
  static func random(
    _ shape: [Int], _ dtype: DType, _ kind: ElementKind = .small, repeats: Bool = true,
    using generator: inout SplitMix
  ) throws -> Operand {
    let style = Int.random(in: 0..<4, using: &generator)
    var strides = Layout(shape: shape).strides
    var offset = 0
    var storageCount = max(1, shape.reduce(1, *))
    if style > 0 {
      // The order of the dimensions in memory, the innermost first.
      let order = style == 1 ? Array(shape.indices.reversed()) : shape.indices.shuffled(using: &generator)
      var step = 1
      offset = Int.random(in: 0..<4, using: &generator)
      for dim in order {
        if style == 3 && repeats && Int.random(in: 0..<6, using: &generator) == 0 {
          strides[dim] = 0
          continue
        }
        if style == 3 { step *= Int.random(in: 1...2, using: &generator) }
        strides[dim] = step
        if style == 3 && Int.random(in: 0..<4, using: &generator) == 0 {
          strides[dim] = -step
          offset += (max(shape[dim], 1) - 1) * step
        }
        step *= max(shape[dim], 1)
      }
      storageCount = offset + step + 1
    }
    let operand = try make(Layout(shape: shape, strides: strides, offset: offset), storageCount: storageCount, dtype)
    for position in 0..<storageCount { operand.write(kind.draw(dtype, &generator), at: position) }
    return operand
  }

  /// Storage positions in row-major order of the elements.
  var positions: [Int] {
    var positions: [Int] = []
    positions.reserveCapacity(count)
    func descend(_ dim: Int, _ offset: Int) {
      if dim == layout.rank { return positions.append(offset) }
      for i in 0..<shape[dim] { descend(dim + 1, offset + i * layout.strides[dim]) }
    }
    descend(0, layout.offset)
    return positions
  }

  /// All elements in row-major order.
  var scalars: [Scalar] { positions.map(read) }

  func read(at position: Int) -> Scalar {
    func load<T: Element>(_: T.Type) -> Scalar {
      storage.handle.load(fromByteOffset: position * dtype.byteCount, as: T.self).scalar
    }
    switch dtype {
    case .bool: return load(Bool.self)
    case .uint8: return load(UInt8.self)
    case .int8: return load(Int8.self)
    case .int16: return load(Int16.self)
    case .int32: return load(Int32.self)
    case .int64: return load(Int64.self)
    case .float16: return load(Half.self)
    case .bfloat16: return load(BFloat16.self)
    case .float32: return load(Float.self)
    case .float64: return load(Double.self)
    }
  }

  func write(_ value: Scalar, at position: Int) {
    func store<T: Element>(_: T.Type) {
      storage.handle.storeBytes(of: T(value), toByteOffset: position * dtype.byteCount, as: T.self)
    }
    switch dtype {
    case .bool: store(Bool.self)
    case .uint8: store(UInt8.self)
    case .int8: store(Int8.self)
    case .int16: store(Int16.self)
    case .int32: store(Int32.self)
    case .int64: store(Int64.self)
    case .float16: store(Half.self)
    case .bfloat16: store(BFloat16.self)
    case .float32: store(Float.self)
    case .float64: store(Double.self)
    }
  }

  /// The element as this dtype would hold it.
  static func rounded(_ value: Scalar, _ dtype: DType) -> Scalar {
    let operand = try! make(.scalar, dtype)
    operand.write(value, at: 0)
    return operand.read(at: 0)
  }
}

extension Scalar {
  /// Equality of what they say: a NaN is itself, a zero its negative.
  func matches(_ other: Scalar, tolerance: Double = 0) -> Bool {
    if case .double(let a) = self, case .double(let b) = other {
      return a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(abs(a), abs(b), 1)
    }
    return self == other
  }

  /// Whether it stands before another in ascending order, where a NaN is the greatest.
  func precedes(_ other: Scalar) -> Bool {
    switch (self, other) {
    case (.int(let a), .int(let b)): return a < b
    default:
      let (a, b) = (doubleValue, other.doubleValue)
      return a < b || (b.isNaN && !a.isNaN)
    }
  }
}

/// A random shape of up to `size` in each of at most two dimensions, and of small sizes in more.
func randomShape(rank: ClosedRange<Int>, size: Int, _ generator: inout SplitMix) -> [Int] {
  let rank = Int.random(in: rank, using: &generator)
  return (0..<rank).map { _ in Int.random(in: 1...(rank > 2 ? min(size, 5) : size), using: &generator) }
}

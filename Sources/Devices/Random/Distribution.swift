/// What a tensor can be filled with. Each case is one of PyTorch's in-place fills, named without its underscore.
///
/// Parameters are float64 as in PyTorch; the fill rounds them to the dtype where PyTorch does. `validate(for:)` says whether a
/// dtype can hold the distribution and whether the parameters make sense; a fill takes both for granted.
public enum Distribution: Sendable, Hashable {
  /// Uniform in [low, high), computed with one fused multiply-add. `uniform_`, `rand`. Floating dtypes.
  case uniform(low: Double, high: Double)
  /// Uniform in [low, high), drawn in float64 whatever the dtype and computed with a rounded product. The slopes of a randomised
  /// leaky ReLU, which draws one for each element that is not positive. float32 and float64.
  case unfusedUniform(low: Double, high: Double)
  /// `normal_`, `randn`. Floating dtypes. 16 values and more are made in blocks, fewer one by one, with the spare one of a pair kept.
  case normal(mean: Double, std: Double)
  /// `normal` with every value made on its own: how PyTorch fills a tensor that is not contiguous. Floating dtypes.
  case separateNormal(mean: Double, std: Double)
  /// exp of a normal with this mean and standard deviation. `log_normal_`. Floating dtypes.
  case logNormal(mean: Double, std: Double)
  /// `cauchy_`. Floating dtypes.
  case cauchy(median: Double, sigma: Double)
  /// Density rate·exp(-rate·x) on x ≥ 0. `exponential_`. Floating dtypes.
  case exponential(rate: Double)
  /// The number of trials up to the first success, 1 or more. `geometric_`. Every dtype but bool.
  case geometric(p: Double)
  /// 1 with probability p, else 0. `bernoulli_`. Every dtype.
  case bernoulli(p: Double)
  /// Integers in [low, high). `randint`, `random_(low, high)`. Every dtype.
  case integers(low: Int64, high: Int64)
  /// Integers from low to the largest the dtype holds exactly, which is included. `random_(low, None)`. Every dtype.
  case integersFrom(low: Int64)
  /// Integers from 0 to the largest the dtype holds exactly, which is included. `random_()`. Every dtype.
  case anyInteger
}

// MARK: - Integer bounds

extension DType {
  /// The bits of the significand, the hidden one included; every integer up to 2 to this power is exact. Zero for integers.
  var significandBits: Int {
    switch self {
    case .float64: 53
    case .float32: 24
    case .float16: 11
    case .bfloat16: 8
    default: 0
    }
  }

  /// The largest finite value of a floating dtype.
  var largestFinite: Double {
    switch self {
    case .float64: .greatestFiniteMagnitude
    case .float32: Double(Float.greatestFiniteMagnitude)
    case .bfloat16: 0x1.FEp127
    default: 65504
    }
  }

  /// The values of an integral dtype.
  var integerRange: ClosedRange<Int64> {
    switch self {
    case .bool: 0...1
    case .uint8: 0...255
    case .int8: -128...127
    case .int16: -32768...32767
    case .int32: Int64(Int32.min)...Int64(Int32.max)
    default: Int64.min...Int64.max
    }
  }

  /// The largest integer that `random_()` draws.
  var largestRandomInteger: Int64 {
    isFloatingPoint ? 1 << Int64(significandBits) : integerRange.upperBound
  }

  /// An integer converted to a floating dtype and back, as x86-64 converts.
  private func roundTrip(_ value: Int64) -> Int64 {
    let rounded: Double =
      switch self {
      case .float64: Double(value)
      case .float32: Double(Float(value))
      case .float16: Double(Float(Half(Float(value))))
      case .bfloat16: Double(Float(BFloat16(Float(value))))
      default: 0
      }
    return Int64(exactly: rounded) ?? .min
  }

  private func spacing(at value: Int64) -> Int64 {
    let exponent = 63 - value.magnitude.leadingZeroBitCount
    return 1 << Int64(exponent - significandBits + 1)
  }

  /// Bounds moved inward so that no drawn integer rounds out of [low, high) when a floating dtype stores it.
  ///
  /// PyTorch moves a bound only where its neighbour rounds past it.
  func representableBounds(low: Int64, high: Int64) -> (low: Int64, high: Int64) {
    guard isFloatingPoint else { return (low, high) }
    let last = roundTrip(high - 1)
    return (representableLow(low), last >= high ? last &- spacing(at: high - 1) : high)
  }

  /// The lower bound alone, for draws without an upper one.
  func representableLow(_ low: Int64) -> Int64 {
    guard isFloatingPoint, low < .max else { return low }
    let first = roundTrip(low + 1)
    return first < low ? first &+ spacing(at: low + 1) : low
  }
}

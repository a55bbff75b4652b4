#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

extension Distribution {
  /// Checks the parameters, and that a tensor of this dtype can hold the distribution.
  ///
  /// - Throws: PyTorch's error in PyTorch's words. Empty tensors are checked too.
  public func validate(for dtype: DType) throws(TensorError) {
    switch self {
    case .uniform(let low, let high): try validateUniform(low, high, dtype)
    case .unfusedUniform(let low, let high):
      guard low.isFinite else { throw .runtime("rrelu: lower bound must be finite, got \(low.streamText)") }
      guard high.isFinite else { throw .runtime("rrelu: upper bound must be finite, got \(high.streamText)") }
      guard low <= high else { throw .runtime("Lower bound should be less than or equal to the upper bound") }
      guard dtype == .float32 || dtype == .float64 else { throw notImplemented("rrelu_with_noise_out_cpu", dtype) }
    case .normal(_, let std), .separateNormal(_, let std):
      guard std >= 0 else { throw .runtime("normal expects std >= 0.0, but found std \(std.streamText)") }
      try requireFloating(dtype, "normal_kernel_cpu")
    case .logNormal(_, let std):
      guard std > 0 else { throw .runtime("log_normal_ expects std > 0.0, but found std=\(std.streamText)") }
      try requireFloating(dtype, "log_normal_cpu")
    case .cauchy(_, let sigma):
      guard sigma > 0 else { throw .runtime("cauchy_ expects sigma > 0.0, but found sigma=\(sigma.streamText)") }
      guard dtype.isFloatingPoint else {
        throw .runtime(
          "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you specified \(dtype.cppName)"
        )
      }
    case .exponential(let rate):
      guard rate > 0 else { throw .runtime("exponential_ expects lambda > 0.0, but found lambda=\(rate.streamText)") }
      guard dtype.isFloatingPoint else {
        throw .runtime(
          "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you specified \(dtype.scalarTypeName)"
        )
      }
    case .geometric(let p):
      guard p > 0, p < 1 else { throw .runtime("geometric_ expects p to be in (0, 1), but got p=\(p.streamText)") }
      guard dtype != .bool else { throw notImplemented("geometric_cpu", dtype) }
    case .bernoulli(let p):
      guard p >= 0, p <= 1 else { throw .runtime("bernoulli_ expects p to be in [0, 1], but got p=\(p.streamText)") }
    case .integers(let low, let high): try validateIntegers(low, high, dtype)
    case .integersFrom(let low): try validateIntegers(from: low, dtype)
    case .anyInteger: break
    }
  }

  private func validateUniform(_ low: Double, _ high: Double, _ dtype: DType) throws(TensorError) {
    try requireFloating(dtype, "check_uniform_bounds")
    let limit = dtype.largestFinite
    guard low >= -limit, low <= limit else { throw .runtime("from is out of bounds for \(dtype.cppName)") }
    guard high >= -limit, high <= limit else { throw .runtime("to is out of bounds for \(dtype.cppName)") }
    guard low <= high else {
      throw .runtime(
        "uniform_ expects to return a [from, to) range, but found from=\(low.streamText) > to=\(high.streamText)")
    }
    guard high - low <= limit else {
      throw .runtime(
        "uniform_ expects to-from <= std::numeric_limits<\(dtype.scalarTypeName)>::max(), but found to=\(high.streamText) and from=\(low.streamText) which result in to-from to exceed the limit"
      )
    }
  }

  private func validateIntegers(_ low: Int64, _ high: Int64, _ dtype: DType) throws(TensorError) {
    guard low < high else {
      throw .runtime("random_ expects 'from' to be less than 'to', but got from=\(low) >= to=\(high)")
    }
    let bounds = dtype.representableBounds(low: low, high: high)
    guard bounds.low < bounds.high else {
      throw .runtime(
        "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from=\(bounds.low) >= to=\(bounds.high)"
      )
    }
    try requireInRange(bounds.low, bounds.high &- 1, dtype)
  }

  private func validateIntegers(from low: Int64, _ dtype: DType) throws(TensorError) {
    if low == .min {
      // The range of all 64-bit integers has a kernel of its own in PyTorch, with fewer dtypes.
      switch dtype {
      case .int64, .float64, .float32, .bfloat16: return
      case .bool, .float16: throw notImplemented("random_full_64_bits_range_kernel_cpu", dtype)
      default:
        throw .runtime("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
      }
    }
    let bound = dtype.representableLow(low)
    let last = dtype.largestRandomInteger
    guard !dtype.isFloatingPoint || bound < last else {
      throw .runtime(
        "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got from=\(bound) > to_inc=\(last)"
      )
    }
    try requireInRange(bound, last, dtype)
  }

  private func requireInRange(_ low: Int64, _ last: Int64, _ dtype: DType) throws(TensorError) {
    func holds(_ value: Int64) -> Bool {
      dtype.isFloatingPoint ? abs(Double(value)) <= dtype.largestFinite : dtype.integerRange.contains(value)
    }
    guard holds(low) else { throw .runtime("from is out of bounds for \(dtype.cppName)") }
    guard holds(last) else { throw .runtime("to - 1 is out of bounds for \(dtype.cppName)") }
  }

  private func requireFloating(_ dtype: DType, _ kernel: String) throws(TensorError) {
    guard dtype.isFloatingPoint else { throw notImplemented(kernel, dtype) }
  }
}

/// PyTorch's error of a kernel that has no case for a dtype.
func notImplemented(_ kernel: String, _ dtype: DType) -> TensorError {
  .notImplemented("\"\(kernel)\" not implemented for '\(dtype.scalarTypeName)'")
}

extension Double {
  /// The number as a C++ stream prints it: six significant digits, whole ones without a point.
  package var streamText: String {
    var buffer = [CChar](repeating: 0, count: 40)
    _ = withVaList([self]) { vsnprintf(&buffer, buffer.count, "%g", $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

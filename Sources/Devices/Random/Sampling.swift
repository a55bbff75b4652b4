#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

// Samples whose parameters are tensors. All of them check every parameter before the first draw, so that a thrown error leaves
// the generator where it was. Rows and elements are contiguous and in order.

// MARK: - Reading parameters

/// Float64 values of a contiguous run of a floating dtype. The other dtypes have been rejected.
func forEachValue(_ memory: UnsafeRawPointer, _ dtype: DType, _ count: Int, _ body: (Int, Double) -> Void) {
  switch dtype {
  case .float64:
    let values = memory.assumingMemoryBound(to: Double.self)
    for i in 0..<count { body(i, values[i]) }
  case .float32:
    let values = memory.assumingMemoryBound(to: Float.self)
    for i in 0..<count { body(i, Double(values[i])) }
  case .float16:
    let values = memory.assumingMemoryBound(to: Half.self)
    for i in 0..<count { body(i, Double(Float(values[i]))) }
  case .bfloat16:
    let values = memory.assumingMemoryBound(to: BFloat16.self)
    for i in 0..<count { body(i, Double(Float(values[i]))) }
  default: preconditionFailure("parameters of dtype \(dtype)")
  }
}

private func allValues(
  _ memory: UnsafeRawPointer, _ dtype: DType, _ count: Int, satisfy condition: (Double) -> Bool
) -> Bool {
  var holds = true
  forEachValue(memory, dtype, count) { if !condition($1) { holds = false } }
  return holds
}

/// Stores values that are exact in, or are to be rounded to, any dtype.
private func withStore(
  _ memory: UnsafeMutableRawPointer, _ dtype: DType, _ body: (_ store: (Int, Int64) -> Void) -> Void
) {
  func run<T: RandomElement>(_ type: T.Type) {
    let out = memory.assumingMemoryBound(to: T.self)
    body { out[$0] = T(integer: $1) }
  }
  switch dtype {
  case .bool: run(Bool.self)
  case .uint8: run(UInt8.self)
  case .int8: run(Int8.self)
  case .int16: run(Int16.self)
  case .int32: run(Int32.self)
  case .int64: run(Int64.self)
  case .float16: run(Half.self)
  case .bfloat16: run(BFloat16.self)
  case .float32: run(Float.self)
  case .float64: run(Double.self)
  }
}

// MARK: - Bernoulli and Poisson

extension MersenneTwister {
  /// Ones with a probability of their own each, else zeros. `torch.bernoulli`, `bernoulli_(tensor)`.
  ///
  /// Two words each for float64 probabilities, one for the narrower dtypes; the dtype of the results does not matter.
  ///
  /// - Parameters:
  ///   - probabilities: `count` values in [0, 1] of a floating dtype.
  ///   - memory: Room for `count` elements of `dtype`.
  /// - Throws: PyTorch's message where a probability is outside [0, 1] or not of a floating dtype.
  public mutating func fillBernoulli(
    probabilities: UnsafeRawPointer, of probabilityDType: DType, into memory: UnsafeMutableRawPointer, dtype: DType,
    count: Int
  ) throws(TensorError) {
    guard probabilityDType.isFloatingPoint else { throw notImplemented("bernoulli_tensor_cpu_p_", probabilityDType) }
    guard allValues(probabilities, probabilityDType, count, satisfy: { $0 >= 0 && $0 <= 1 }) else {
      throw .runtime(
        "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"
      )
    }
    withStore(memory, dtype) { store in
      // A float32 unit compared in float64 with a float32 probability: the same answer as in float32.
      forEachValue(probabilities, probabilityDType, count) { i, p in
        let unit = probabilityDType == .float64 ? unitDouble() : Double(unitFloat())
        store(i, unit < p ? 1 : 0)
      }
    }
  }

  /// Poisson samples with a rate each. `torch.poisson`.
  ///
  /// - Parameters:
  ///   - rates: `count` values ≥ 0 of a floating dtype.
  ///   - memory: Room for `count` elements of the same dtype.
  /// - Throws: PyTorch's message where a rate is negative or not of a floating dtype.
  public mutating func fillPoisson(
    rates: UnsafeRawPointer, into memory: UnsafeMutableRawPointer, dtype: DType, count: Int
  ) throws(TensorError) {
    guard dtype.isFloatingPoint else { throw notImplemented("poisson_cpu", dtype) }
    guard allValues(rates, dtype, count, satisfy: { $0 >= 0 }) else {
      throw .runtime("invalid Poisson rate, expected rate to be non-negative")
    }
    withStore(memory, dtype) { store in
      forEachValue(rates, dtype, count) { i, rate in store(i, poisson(rate: rate)) }
    }
  }

  /// One Poisson sample with a rate ≥ 0. An even number of words, zero where the rate is.
  ///
  /// From a rate of 10 on W. Hörmann's transformed rejection (Insurance: Mathematics and Economics 12, 1993), below it the product
  /// of uniforms. What no Int64 holds becomes the smallest one, as in PyTorch.
  public mutating func poisson(rate: Double) -> Int64 {
    if rate == 0 { return 0 }
    guard rate >= 10 else {
      let bound = exp(-rate)
      var count: Int64 = 0
      var product = unitDouble()
      while product > bound {
        count += 1
        product *= unitDouble()
      }
      return count
    }
    let logRate = log(rate)
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let vr = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = unitDouble() - 0.5
      let v = unitDouble()
      let us = 0.5 - abs(u)
      let k = ((2 * a / us + b) * u + rate + 0.43).rounded(.down)
      if us >= 0.07 && v <= vr { return Int64(sample: k) }
      if k < 0 || (us < 0.013 && v > us) { continue }
      if log(v) + log(inverseAlpha) - log(a / (us * us) + b) <= -rate + k * logRate - lgamma(k + 1).0 {
        return Int64(sample: k)
      }
    }
  }
}

// MARK: - Permutations

extension MersenneTwister {
  /// Checks that a tensor of this dtype can hold a permutation of 0..<count. `torch.randperm`.
  ///
  /// - Throws: PyTorch's message where it cannot.
  public static func validatePermutation(count: Int, dtype: DType) throws(TensorError) {
    guard count >= 0 else { throw .runtime("Trying to create tensor with negative dimension \(count): [\(count)]") }
    let limit: (most: Int, text: String)
    switch dtype {
    case .bool: throw notImplemented("randperm", dtype)
    case .uint8: limit = (256, "value cannot be converted to type uint8_t without overflow")
    case .int8: limit = (128, "value cannot be converted to type int8_t without overflow")
    case .int16: limit = (1 << 15, "value cannot be converted to type int16_t without overflow")
    case .int32: limit = (1 << 31, "value cannot be converted to type int without overflow")
    case .float16: limit = (1 << 11 + 1, "n cannot be greater than 2049 for Half type.")
    case .float32: limit = (1 << 24 + 1, "n cannot be greater than 2^24+1 for Float type.")
    case .float64: limit = (1 << 53 + 1, "n cannot be greater than 2^53+1 for Double type.")
    // bfloat16 rounds without complaint, as in PyTorch.
    case .int64, .bfloat16: return
    }
    guard count <= limit.most else { throw .runtime(limit.text) }
  }

  /// The numbers 0..<count in random order. `torch.randperm`; the same for every dtype. One word each, but none for the last.
  public mutating func randomPermutation(_ count: Int) -> [Int64] {
    var result = (0..<Int64(count)).map { $0 }
    // PyTorch takes wider draws once the remainder of 32 bits would be visibly uneven.
    let isWide = count >= Int(UInt32.max / 20)
    for i in 0..<max(count - 1, 0) {
      let rest = UInt64(count - i)
      let offset = isWide ? u64() % rest : UInt64(u32() % UInt32(rest))
      result.swapAt(i, i + Int(offset))
    }
    return result
  }
}

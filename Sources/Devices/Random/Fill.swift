import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

extension MersenneTwister {
  /// Fills memory with samples, in order.
  ///
  /// Bit for bit PyTorch's numbers where the C library's `log`, `log1p`, `sin`, `cos`, `tan` and `exp` are glibc's.
  ///
  /// - Parameters:
  ///   - distribution: One that `validate(for: dtype)` accepts.
  ///   - dtype: The dtype of the elements.
  ///   - memory: Room for `count` elements one after another, aligned for the dtype.
  ///   - count: The number of elements.
  public mutating func fill(
    _ distribution: Distribution, dtype: DType, into memory: UnsafeMutableRawPointer, count: Int
  ) {
    switch dtype {
    case .bool: fill(distribution, dtype, memory.bindMemory(to: Bool.self, capacity: count), count)
    case .uint8: fill(distribution, dtype, memory.bindMemory(to: UInt8.self, capacity: count), count)
    case .int8: fill(distribution, dtype, memory.bindMemory(to: Int8.self, capacity: count), count)
    case .int16: fill(distribution, dtype, memory.bindMemory(to: Int16.self, capacity: count), count)
    case .int32: fill(distribution, dtype, memory.bindMemory(to: Int32.self, capacity: count), count)
    case .int64: fill(distribution, dtype, memory.bindMemory(to: Int64.self, capacity: count), count)
    case .float16:
      fillReduced(distribution, dtype, memory.bindMemory(to: Half.self, capacity: count), count)
    case .bfloat16:
      fillReduced(distribution, dtype, memory.bindMemory(to: BFloat16.self, capacity: count), count)
    case .float32:
      let out = memory.bindMemory(to: Float.self, capacity: count)
      switch distribution {
      case .uniform(let low, let high): fillUniform(out, count, low, high)
      case .normal(let mean, let std) where count >= 16: fillNormalBlocks(out, count, mean, std)
      default: fill(distribution, dtype, out, count)
      }
    case .float64:
      let out = memory.bindMemory(to: Double.self, capacity: count)
      switch distribution {
      case .uniform(let low, let high): fillUniform(out, count, low, high)
      case .normal(let mean, let std) where count >= 16: fillNormalBlocks(out, count, mean, std)
      default: fill(distribution, dtype, out, count)
      }
    }
  }

  private mutating func fillReduced<T: ReducedFloat>(
    _ distribution: Distribution, _ dtype: DType, _ out: UnsafeMutablePointer<T>, _ count: Int
  ) {
    switch distribution {
    case .uniform(let low, let high): fillUniform(out, count, low, high)
    case .normal(let mean, let std) where count >= 16: fillNormalBlocks(out, count, mean, std)
    default: fill(distribution, dtype, out, count)
    }
  }

  /// What is computed alike for every dtype: in float64 or in integers, then converted.
  private mutating func fill<T: RandomElement>(
    _ distribution: Distribution, _ dtype: DType, _ out: UnsafeMutablePointer<T>, _ count: Int
  ) {
    switch distribution {
    case .uniform: preconditionFailure("uniform integers: the distribution was not validated")
    case .unfusedUniform(let low, let high):
      let width = high - low
      drawPairs(count) { out[$0] = T(sample: Self.unitDouble($1) * width + low) }
    case .normal(let mean, let std), .separateNormal(let mean, let std):
      for i in 0..<count { out[i] = T(sample: normal(mean: mean, std: std)) }
    case .logNormal(let mean, let std):
      for i in 0..<count { out[i] = T(sample: exp(normal(mean: mean, std: std))) }
    case .cauchy(let median, let sigma):
      drawPairs(count) {
        out[$0] = T(sample: median.addingProduct(sigma, tan(.pi * (Self.unitDouble($1) - 0.5))))
      }
    case .exponential(let rate):
      let scale = -1 / rate
      drawPairs(count) { out[$0] = T(sample: scale * log1p(-Self.unitDouble($1))) }
    case .geometric(let p):
      let scale = log1p(-p)
      drawPairs(count) { out[$0] = T(sample: (log(Self.unitDouble($1)) / scale).rounded(.up)) }
    case .bernoulli(let p):
      // `unitDouble < p` in integers, and a table rather than a branch, which would be mispredicted as often as p says.
      let bound = UInt64((p * 0x1p53).rounded(.up))
      withUnsafeTemporaryAllocation(of: T.self, capacity: 2) { table in
        table.initializeElement(at: 0, to: T(integer: 0))
        table.initializeElement(at: 1, to: T(integer: 1))
        let table = table.baseAddress!
        drawPairs(count) { out[$0] = table[$1 & 0x1F_FFFF_FFFF_FFFF < bound ? 1 : 0] }
      }
    case .integers(let low, let high):
      let bounds = dtype.representableBounds(low: low, high: high)
      fillIntegers(out, count, base: bounds.low, range: UInt64(bitPattern: bounds.high) &- UInt64(bitPattern: bounds.low))
    case .integersFrom(.min):
      drawPairs(count) { out[$0] = T(integer: Int64(bitPattern: $1)) }
    case .integersFrom(let low):
      let base = dtype.representableLow(low)
      let range = UInt64(bitPattern: dtype.largestRandomInteger) &- UInt64(bitPattern: base) &+ 1
      fillIntegers(out, count, base: base, range: range)
    case .anyInteger:
      // Not the rule of a range: what decides between one word and two here is the dtype.
      let range = UInt64(dtype.largestRandomInteger) &+ 1
      if dtype == .int64 || dtype == .float64 {
        drawPairs(count) { out[$0] = T(integer: Int64(bitPattern: $1 % range)) }
      } else {
        let range = UInt32(range)
        drawWords(count) { out[$0] = T(integer: Int64($1 % range)) }
      }
    }
  }

  private mutating func fillIntegers<T: RandomElement>(
    _ out: UnsafeMutablePointer<T>, _ count: Int, base: Int64, range: UInt64
  ) {
    if range >= 1 << 28 {
      drawPairs(count) { out[$0] = T(integer: Int64(bitPattern: $1 % range) &+ base) }
    } else {
      let range = UInt32(range)
      drawWords(count) { out[$0] = T(integer: Int64($1 % range) &+ base) }
    }
  }
}

// MARK: - Uniform

// The fused multiply-add is what PyTorch's compiled kernels execute wherever the machine has one. It can round up to `high`,
// which the interval excludes.

extension MersenneTwister {
  /// Values that are worth a thread.
  private static let uniformGrain = 32_768

  private mutating func fillUniform(_ out: UnsafeMutablePointer<Float>, _ count: Int, _ low: Double, _ high: Double) {
    let (low, high) = (Float(low), Float(high))
    drawState(out, count, grain: Self.uniformGrain) { values, count in
      // Of the unit interval nothing rounds, and where the machine has no FMA the general loop calls a function for each element.
      if low == 0 && high == 1 { fx_unit_float32(values, count) } else { fx_uniform_float32(values, low, high, count) }
    }
  }

  private mutating func fillUniform(_ out: UnsafeMutablePointer<Double>, _ count: Int, _ low: Double, _ high: Double) {
    drawState(out, count, grain: Self.uniformGrain) { values, count in
      if low == 0 && high == 1 { fx_unit_float64(values, count) } else { fx_uniform_float64(values, low, high, count) }
    }
  }

  private mutating func fillUniform<T: ReducedFloat>(
    _ out: UnsafeMutablePointer<T>, _ count: Int, _ low: Double, _ high: Double
  ) {
    let (low, high) = (Float(low), Float(high))
    let (from, to) = (T(low), T.widen(T(high)))
    let width = high - low
    drawWords(count) {
      let value = T(low.addingProduct(Self.unitFloat($1), width))
      out[$0] = T.widen(value) == to ? from : value
    }
  }
}

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
  /// Indices drawn in proportion to weights, for each row of a matrix of them. `torch.multinomial`.
  ///
  /// With replacement each sample searches the running sum of the weights for a uniform value. Without, and for a single sample
  /// either way, every weight is divided by an exponential value of its own, and the largest quotients win, the largest first.
  /// Where quotients are equal the lower index goes first; PyTorch leaves that open.
  ///
  /// All weights are checked before the first draw.
  ///
  /// - Parameters:
  ///   - weights: `rows` × `categories` finite values ≥ 0 of a floating dtype; a row need not sum to one.
  ///   - samples: How many to draw for each row.
  ///   - out: Room for `rows` × `samples` indices.
  /// - Throws: PyTorch's message where the weights or the sizes allow no sample.
  public mutating func fillMultinomial(
    weights: UnsafeRawPointer, dtype: DType, rows: Int, categories: Int, samples: Int, replacement: Bool,
    into out: UnsafeMutablePointer<Int64>
  ) throws(TensorError) {
    guard dtype.isFloatingPoint else {
      throw .runtime("multinomial only supports floating-point dtypes for input, got: \(dtype.scalarTypeName)")
    }
    guard samples > 0 else { throw .runtime("cannot sample n_sample <= 0 samples") }
    guard replacement || samples <= categories else {
      throw .runtime("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    }
    guard categories <= 1 << 24 else { throw .runtime("number of categories cannot exceed 2^24") }
    if rows == 0 { return }

    try HostMemory.check(rows * categories, Double.self)
    var values = [Double](repeating: 0, count: rows * categories)
    forEachValue(weights, dtype, values.count) { values[$0] = $1 }
    if replacement && samples > 1 {
      for row in 0..<rows {
        try Self.accumulate(&values, row * categories..<(row + 1) * categories, dtype)
      }
      for row in 0..<rows {
        search(values[row * categories..<(row + 1) * categories], samples, out + row * samples)
      }
    } else {
      try Self.checkQuotients(values, rows, categories)
      for row in 0..<rows {
        race(values[row * categories..<(row + 1) * categories], dtype, samples, out + row * samples)
      }
    }
  }

  // MARK: With replacement

  /// Turns the weights of a row into the distribution function, rounding as the dtype does; halves accumulate in float32.
  private static func accumulate(_ values: inout [Double], _ row: Range<Int>, _ dtype: DType) throws(TensorError) {
    let dtype = dtype.computeDType
    var sum = 0.0
    for i in row {
      guard values[i] >= 0 else {
        throw .runtime("invalid multinomial distribution (encountering probability entry < 0)")
      }
      guard values[i].isFinite else {
        throw .runtime("invalid multinomial distribution (encountering probability entry = infinity or NaN)")
      }
      sum = round(sum + values[i], dtype)
      values[i] = sum
    }
    guard sum > 0 else { throw .runtime("invalid multinomial distribution (sum of probabilities <= 0)") }
    for i in row { values[i] = round(values[i] / sum, dtype) }
    values[row.upperBound - 1] = 1
  }

  private mutating func search(_ cumulative: ArraySlice<Double>, _ samples: Int, _ out: UnsafeMutablePointer<Int64>) {
    for sample in 0..<samples {
      let unit = unitDouble()
      var low = cumulative.startIndex
      var high = cumulative.endIndex
      while low < high {
        let middle = low + (high - low) / 2
        if cumulative[middle] < unit { low = middle + 1 } else { high = middle }
      }
      out[sample] = Int64(low - cumulative.startIndex)
    }
  }

  // MARK: Without replacement

  private static func checkQuotients(_ values: [Double], _ rows: Int, _ categories: Int) throws(TensorError) {
    guard categories > 0 else {
      throw .runtime("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    }
    guard values.allSatisfy({ $0 >= 0 && $0 < .infinity }) else {
      throw .runtime("probability tensor contains either `inf`, `nan` or element < 0")
    }
    for row in 0..<rows {
      guard values[row * categories..<(row + 1) * categories].contains(where: { $0 > 0 }) else {
        throw .runtime("invalid multinomial distribution (sum of probabilities <= 0)")
      }
    }
  }

  private mutating func race(
    _ weights: ArraySlice<Double>, _ dtype: DType, _ samples: Int, _ out: UnsafeMutablePointer<Int64>
  ) {
    var quotients = Array(weights)
    drawPairs(quotients.count) { i, bits in
      let waiting = Self.round(-log1p(-Self.unitDouble(bits)), dtype)
      quotients[i] = Self.round(quotients[i] / waiting, dtype)
    }
    // Not a number sorts as the largest; it is zero over an exponential value that rounded to zero.
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let (x, y) = (quotients[a], quotients[b])
      if x > y || (x.isNaN && !y.isNaN) { return true }
      if x < y || (y.isNaN && !x.isNaN) { return false }
      return a < b
    }
    if samples == 1 {
      out[0] = Int64(quotients.indices.min(by: precedes)!)
      return
    }
    let order = quotients.indices.sorted(by: precedes)
    for sample in 0..<samples { out[sample] = Int64(order[sample]) }
  }

  // MARK: Rounding

  /// A sum, quotient or sample in float64 rounded to a dtype. Float64 has more than twice float32's digits, so that a sum or
  /// quotient of float32 values is right after this second rounding.
  private static func round(_ value: Double, _ dtype: DType) -> Double {
    switch dtype {
    case .float32: Double(Float(value))
    case .float16: Double(Float(Half(Float(value))))
    case .bfloat16: Double(Float(BFloat16(Float(value))))
    default: value
    }
  }
}

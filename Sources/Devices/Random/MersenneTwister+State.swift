// PyTorch keeps the layout of Torch 7's generator: some fields are always zero.
private enum StateLayout {
  static let byteCount = 5056
  static let seed = 0  // UInt64
  static let left = 8  // Int32
  static let seeded = 12  // Int32, 1
  static let next = 16  // UInt64
  static let words = 24  // 624 UInt64, each holding 32 bits
  static let normalY = 5024  // Double, the cached normal or 0
  static let normalIsValid = 5040  // Int32
}

extension MersenneTwister {
  /// The state as `torch.get_rng_state()` gives it: 5056 bytes, little endian.
  public var stateBytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: StateLayout.byteCount)
    func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
      withUnsafeBytes(of: value.littleEndian) { source in
        for (i, byte) in source.enumerated() { bytes[offset + i] = byte }
      }
    }
    store(seed, at: StateLayout.seed)
    store(Int32(left), at: StateLayout.left)
    store(Int32(1), at: StateLayout.seeded)
    store(UInt64(next), at: StateLayout.next)
    for (i, word) in words.enumerated() { store(UInt64(word), at: StateLayout.words + 8 * i) }
    if let cachedNormal {
      store(cachedNormal.bitPattern, at: StateLayout.normalY)
      store(Int32(1), at: StateLayout.normalIsValid)
    }
    return bytes
  }

  /// The generator that a state describes, from `stateBytes` or `torch.get_rng_state()`.
  ///
  /// - Throws: PyTorch's message where the size is wrong or the counters describe no state.
  public init(stateBytes bytes: [UInt8]) throws(TensorError) {
    guard bytes.count == StateLayout.byteCount else {
      throw .runtime(
        "Expected a CPUGeneratorImplState of size \(StateLayout.byteCount) but found the input RNG state size to be \(bytes.count)")
    }
    func load<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
      var value: T = 0
      for i in stride(from: T.bitWidth / 8 - 1, through: 0, by: -1) {
        value = value << 8 | T(truncatingIfNeeded: bytes[offset + i])
      }
      return value
    }
    let left = Int(load(Int32.self, at: StateLayout.left))
    let next = load(UInt64.self, at: StateLayout.next)
    let seeded = load(Int32.self, at: StateLayout.seeded)
    // The last condition is ours: PyTorch reads past the end of its words when the two counters contradict each other.
    guard seeded != 0, left > 0, left <= Self.wordCount, next <= UInt64(Self.wordCount),
      left == 1 || left + Int(next) <= Self.wordCount + 1
    else { throw .runtime("Invalid mt19937 state") }

    let words = (0..<Self.wordCount).map {
      UInt32(truncatingIfNeeded: load(UInt64.self, at: StateLayout.words + 8 * $0))
    }
    let cached = Double(bitPattern: load(UInt64.self, at: StateLayout.normalY))
    let hasCached = load(Int32.self, at: StateLayout.normalIsValid) != 0
    self.init(
      seed: load(UInt64.self, at: StateLayout.seed), left: left, next: Int(next), words: words,
      cachedNormal: hasCached ? cached : nil)
  }
}

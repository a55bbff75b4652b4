import CKernels

/// The 32-bit Mersenne Twister that every random stream comes from, bit for bit PyTorch's CPU generator.
///
/// It is a value: a copy is a snapshot, and two copies draw the same numbers. Whoever shares one between threads guards it.
/// Copying costs a reference; the 624 words are copied at the first regeneration after that.
///
/// Source: M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998), with the seeding of the authors' 2002 version.
public struct MersenneTwister: Sendable, Hashable {
  /// The number of 32-bit words in the state.
  public static let wordCount = 624

  /// The seed of a generator that was given none.
  public static let defaultSeed: UInt64 = 67_280_421_310_721

  /// What the generator was seeded with, all 64 bits, although only the low 32 enter the stream.
  public internal(set) var seed: UInt64
  /// One more than the number of words that are left before the state is regenerated; 1 right after seeding.
  public internal(set) var left: Int
  /// The position in `words` of the next word to draw.
  public internal(set) var next: Int
  /// The state, 624 words before tempering.
  public internal(set) var words: [UInt32]
  /// The second normal value of a pair whose first one was drawn alone. It is used by the next single normal of any dtype;
  /// other draws neither use nor drop it.
  public internal(set) var cachedNormal: Double?

  /// A generator at the start of a seed's stream.
  ///
  /// - Parameter seed: Seeds that agree in the low 32 bits give the same stream. A negative Python seed is its two's complement.
  public init(seed: UInt64 = MersenneTwister.defaultSeed) {
    self.seed = seed
    left = 1
    next = 0
    cachedNormal = nil
    words = [UInt32](unsafeUninitializedCapacity: Self.wordCount) { buffer, count in
      var previous = UInt32(truncatingIfNeeded: seed)
      buffer[0] = previous
      for j in 1..<Self.wordCount {
        previous = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(truncatingIfNeeded: j)
        buffer[j] = previous
      }
      count = Self.wordCount
    }
  }

  init(seed: UInt64, left: Int, next: Int, words: [UInt32], cachedNormal: Double?) {
    self.seed = seed
    self.left = left
    self.next = next
    self.words = words
    self.cachedNormal = cachedNormal
  }
}

// MARK: - Single draws

extension MersenneTwister {
  /// The next 32 random bits.
  public mutating func u32() -> UInt32 {
    if left == 1 { regenerate() }
    left -= 1
    let word = words[next]
    next += 1
    return Self.temper(word)
  }

  /// The next 64 random bits: the first word drawn is the high half.
  public mutating func u64() -> UInt64 {
    let high = u32()
    let low = u32()
    return UInt64(high) << 32 | UInt64(low)
  }

  /// A float32 in [0, 1), a multiple of 2⁻²⁴. One word.
  public mutating func unitFloat() -> Float { Self.unitFloat(u32()) }

  /// A float64 in [0, 1), a multiple of 2⁻⁵³. Two words.
  public mutating func unitDouble() -> Double { Self.unitDouble(u64()) }

  @inline(__always)
  static func unitFloat(_ bits: UInt32) -> Float {
    // Through a signed integer, which the vector unit converts.
    Float(Int32(truncatingIfNeeded: bits & 0xFF_FFFF)) * 0x1p-24
  }

  @inline(__always)
  static func unitDouble(_ bits: UInt64) -> Double {
    Double(Int64(truncatingIfNeeded: bits & 0x1F_FFFF_FFFF_FFFF)) * 0x1p-53
  }
}

// MARK: - Block draws

extension MersenneTwister {
  /// Fills a buffer with the next words of the stream, as `u32()` called once for each element.
  public mutating func fillWords(_ buffer: UnsafeMutableBufferPointer<UInt32>) {
    guard let out = buffer.baseAddress else { return }
    drawWords(buffer.count) { out[$0] = $1 }
  }

  /// Calls `body(i, word)` for the next `count` words. The loop runs over stretches of the state, so that it can be vectorised.
  @inline(__always)
  mutating func drawWords(_ count: Int, _ body: (Int, UInt32) -> Void) {
    var done = 0
    while done < count {
      if left == 1 { regenerate() }
      let stretch = min(left - 1, count - done)
      words.withUnsafeBufferPointer { words in
        let source = words.baseAddress! + next
        for i in 0..<stretch { body(done + i, Self.temper(source[i])) }
      }
      left -= stretch
      next += stretch
      done += stretch
    }
  }

  /// Calls `body(i, bits)` for the next `count` pairs of words, joined as `u64()` joins them.
  @inline(__always)
  mutating func drawPairs(_ count: Int, _ body: (Int, UInt64) -> Void) {
    var done = 0
    while done < count {
      if left == 1 { regenerate() }
      let stretch = min((left - 1) / 2, count - done)
      if stretch == 0 {
        // The pair lies across two generations of the state.
        body(done, u64())
        done += 1
        continue
      }
      words.withUnsafeBufferPointer { words in
        let source = words.baseAddress! + next
        for i in 0..<stretch {
          let high = Self.temper(source[2 * i])
          let low = Self.temper(source[2 * i + 1])
          body(done + i, UInt64(high) << 32 | UInt64(low))
        }
      }
      left -= 2 * stretch
      next += 2 * stretch
      done += stretch
    }
  }
}

// MARK: - Words for others to temper

extension MersenneTwister {
  /// Fills memory with the next words of the stream as the state has them, and calls `transform`, on several threads where that pays, for what
  /// makes values of them in place.
  ///
  /// - Parameters:
  ///   - values: Memory for values of as many words as each takes.
  ///   - block: How many values belong together. What is left at the end stays as it is.
  ///   - grain: How many blocks are worth a thread.
  mutating func drawState<T>(
    _ values: UnsafeMutablePointer<T>, _ count: Int, block: Int = 1, grain: Int,
    _ transform: (_ values: UnsafeMutablePointer<T>, _ count: Int) -> Void
  ) {
    let wordBytes = MemoryLayout<UInt32>.size
    let total = count * MemoryLayout<T>.stride / wordBytes
    var done = 0
    while done < total {
      if left == 1 { regenerate() }
      let stretch = min(left - 1, total - done)
      words.withUnsafeBytes { words in
        (UnsafeMutableRawPointer(values) + done * wordBytes)
          .copyMemory(from: words.baseAddress! + next * wordBytes, byteCount: stretch * wordBytes)
      }
      left -= stretch
      next += stretch
      done += stretch
    }
    ThreadPool.shared.parallel(count: count / block, grain: grain) { blocks in
      transform(values + blocks.lowerBound * block, blocks.count * block)
    }
  }
}

// MARK: - The recurrence

extension MersenneTwister {
  @inline(__always)
  static func temper(_ word: UInt32) -> UInt32 {
    var y = word
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C_5680
    y ^= (y << 15) & 0xEFC6_0000
    return y ^ (y >> 18)
  }

  /// Replaces the whole state. It leaves `left` at 625, which no caller may show: the draw that needed the words follows at once.
  @inline(never)
  mutating func regenerate() {
    words.withUnsafeMutableBufferPointer { fx_twister_regenerate($0.baseAddress!) }
    left = Self.wordCount + 1
    next = 0
  }
}

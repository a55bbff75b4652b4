/// SplitMix64: the numbers that all of a call's arguments are drawn with.
struct Stream {
  private var state: UInt64

  init(_ seed: UInt64, _ number: UInt64) {
    state = seed &* 0xD134_2543_DE82_EF95 &+ number &* 0x9E37_79B9_7F4A_7C15
    _ = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// True once in `times`.
  mutating func chance(_ times: Int) -> Bool { below(times) == 0 }

  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
}

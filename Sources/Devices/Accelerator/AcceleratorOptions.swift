/// Switches with which tests make an accelerator unpleasant.
public struct AcceleratorOptions: Sendable {
  /// Fills fresh memory with ones, NaN in every floating dtype, so that nobody relies on what it holds.
  public var poisonsMemory = false
  /// Delays commands by up to half a millisecond, as a generator with this seed says, so that nobody relies on their having run.
  public var delaySeed: UInt64?
  /// Commands that fail with an error instead of running, by their number from zero since the options were set.
  public var faults: [Int: TensorError] = [:]
  /// Refuses float64, as Apple's GPUs do: `Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support
  /// float64. Please use float32 instead.`
  public var refusesFloat64 = false

  public init() {}
}

/// The microseconds by which commands are delayed, one after another (SplitMix64).
struct Delays: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt32 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    // Every second command is not delayed at all.
    return bits & 1 == 0 ? 0 : UInt32(bits >> 33) % 500
  }
}

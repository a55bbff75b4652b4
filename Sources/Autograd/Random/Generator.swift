import Devices

/// A stream of random numbers: that of PyTorch's CPU generator, bit for bit.
///
/// Draws from several tasks take turns; which of them comes first is up to the tasks. A task that wants the same numbers in every run has a
/// generator of its own, or runs within `forkRNG`.
public final class Generator: Sendable {
  private let engine: Lock<MersenneTwister>

  /// A stream of its own, from PyTorch's default seed 67280421310721.
  public convenience init() { self.init(MersenneTwister()) }

  /// The stream of a seed. Seeds that agree in the low 32 bits have the same stream; a negative seed is its two's complement.
  public convenience init(seed: some FixedWidthInteger) {
    self.init(MersenneTwister(seed: UInt64(truncatingIfNeeded: seed)))
  }

  private init(_ engine: MersenneTwister) { self.engine = Lock(engine) }

  /// Returns to the beginning of the stream of a seed.
  public func manualSeed(_ seed: some FixedWidthInteger) {
    let start = MersenneTwister(seed: UInt64(truncatingIfNeeded: seed))
    engine.withLock { $0 = start }
  }

  /// Goes to the beginning of the stream of a seed that the system picks, and returns the seed.
  @discardableResult
  public func seed() -> UInt64 {
    let seed = Generator.systemSeed
    manualSeed(seed)
    return seed
  }

  /// The seed that the stream began with, all 64 bits of it.
  public var initialSeed: UInt64 { engine.withLock { $0.seed } }

  /// Another generator at the same place of the same stream.
  public func cloneState() -> Generator { Generator(engine.withLock { $0 }) }

  /// Draws, one caller at a time.
  func withEngine<Result: Sendable>(
    _ body: (inout MersenneTwister) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    try engine.withLock { (engine) throws(TensorError) in try body(&engine) }
  }
}

// MARK: - State

extension Generator {
  /// A place in a stream, to which a generator can return.
  public struct State: Sendable, Hashable {
    fileprivate let engine: MersenneTwister

    fileprivate init(_ engine: MersenneTwister) { self.engine = engine }

    /// The state that some bytes describe: `bytes`, or what PyTorch's `get_rng_state()` returns.
    ///
    /// - Throws: `Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 3`; `Invalid mt19937 state`.
    public init(bytes: [UInt8]) throws(TensorError) { engine = try MersenneTwister(stateBytes: bytes) }

    /// The 5056 bytes of PyTorch's `get_rng_state()`.
    public var bytes: [UInt8] { engine.stateBytes }
  }

  public var state: State {
    get { State(engine.withLock { $0 }) }
    set {
      let place = newValue.engine
      engine.withLock { $0 = place }
    }
  }
}

// MARK: - The default generator

extension Generator {
  @TaskLocal private static var forked: Generator?
  /// As in PyTorch, other numbers in every run until it is seeded.
  private static let processWide = Generator(seed: systemSeed)

  // 53 bits, so that the seed is exact as a Double too.
  private static var systemSeed: UInt64 { UInt64.random(in: 0..<1 << 53) }

  /// The generator of all draws that name no other: one for the process, or within `forkRNG` the fork's own.
  public static var `default`: Generator { forked ?? processWide }

  fileprivate static func fork<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $forked.withValue(Generator.default.cloneState(), operation: body)
  }
}

/// Seeds the default generator.
public func manualSeed(_ seed: some FixedWidthInteger) { Generator.default.manualSeed(seed) }

/// Runs `body` with a default generator of its own that begins where the default generator is now, and leaves that where it was.
///
/// Seeds and draws of other tasks do not reach into it, so its numbers can be told in advance.
public func forkRNG<Result>(_ body: () throws -> Result) rethrows -> Result { try Generator.fork(body) }

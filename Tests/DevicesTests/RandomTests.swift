import Testing

@testable import Devices

/// Every stream in `rng.jsonl`, bit for bit.
@Suite struct RandomTests {
  @Test(arguments: RandomFixture.rows("calls"))
  func calls(_ row: RandomFixture.Row) throws {
    var generator = row.generator
    for (call, record) in zip(row.calls!, row.out!) {
      let result = try run(call, &generator)
      let differences = result.differences(from: record)
      #expect(differences.isEmpty, "\(call)")
    }
  }

  @Test(arguments: RandomFixture.rows("state"))
  func state(_ row: RandomFixture.Row) throws {
    var generator = row.generator
    for step in row.steps! {
      try apply(step.after, &generator)
      let bytes = generator.stateBytes
      let expected = step.state
      #expect(bytes.count == expected.bytes)
      #expect(fnv1a64(bytes) == expected.fnv1a64, "\(step.after)")
      #expect(generator.seed == expected.the_initial_seed)
      #expect(generator.left == expected.left)
      #expect(generator.next == expected.next)
      #expect(Array(generator.words.prefix(4)) == expected.state_first4)
      #expect(Array(generator.words.suffix(2)) == expected.state_last2)
      #expect((generator.cachedNormal != nil) == (expected.normal_is_valid != 0))
      #expect((generator.cachedNormal ?? 0) == expected.normal_y)
      #expect(try MersenneTwister(stateBytes: bytes) == generator)
    }
  }

  @Test(arguments: RandomFixture.rows("save_restore"))
  func saveAndRestore(_ row: RandomFixture.Row) throws {
    var generator = row.generator
    _ = try rand(5, &generator)
    _ = try randn(1, &generator)
    let saved = generator.stateBytes
    #expect(try randn(4, &generator).differences(from: row.a!).isEmpty)
    _ = try rand(100, &generator)
    generator = try MersenneTwister(stateBytes: saved)
    #expect(try randn(4, &generator).differences(from: row.b!).isEmpty)
  }

  @Test(arguments: RandomFixture.rows("independent_generators"))
  func independentGenerators(_ row: RandomFixture.Row) throws {
    var g = row.generator
    // The program seeds the default generator, as "default.manual_seed(43)".
    let seed = Int64(row.program![1].split { "()".contains($0) }[1])!
    var other = MersenneTwister(seed: UInt64(bitPattern: seed))
    #expect(try rand(3, &g).differences(from: row.x!).isEmpty)
    #expect(try rand(3, &other).differences(from: row.y!).isEmpty)
    #expect(try randn(3, &g).differences(from: row.z!).isEmpty)
    var h = g
    #expect(try rand(2, &h).differences(from: row.u!).isEmpty)
    #expect(try rand(2, &g).differences(from: row.v!).isEmpty)
    #expect(try randn(1, &g).differences(from: row.w!).isEmpty)
  }

  @Test(arguments: RandomFixture.rows("fork_rng"))
  func fork(_ row: RandomFixture.Row) throws {
    var generator = row.generator
    #expect(try rand(2, &generator).differences(from: row.a!).isEmpty)
    let saved = generator
    #expect(try rand(2, &generator).differences(from: row.b!).isEmpty)
    generator = MersenneTwister(seed: 99)
    #expect(try rand(2, &generator).differences(from: row.c!).isEmpty)
    generator = saved
    #expect(try rand(2, &generator).differences(from: row.d!).isEmpty)
  }

  @Test(arguments: RandomFixture.rows("default_generator_seed"))
  func defaultSeed(_ row: RandomFixture.Row) throws {
    var generator = MersenneTwister()
    #expect(generator.seed == 67_280_421_310_721)
    #expect(try rand(4, &generator).differences(from: row.x!).isEmpty)
  }

  struct Stream: Sendable, CustomTestStringConvertible {
    var distribution: Distribution
    var dtype: DType
    var count: Int
    var hash: String

    init(_ distribution: Distribution, _ dtype: DType, _ count: Int, _ hash: String) {
      self.distribution = distribution
      self.dtype = dtype
      self.count = count
      self.hash = hash
    }

    var testDescription: String { "\(count) of \(distribution) in \(dtype)" }
  }

  /// What the fixture leaves out: long runs, halves in blocks, conversions that overflow. Hashes from PyTorch 2.15, seed 11.
  static let longStreams = [
    Stream(.normal(mean: 0, std: 1), .float32, 100003, "4595dd49e8574239"),
    Stream(.normal(mean: 0.3, std: 1.7), .float32, 5000, "74126f277162a7ef"),
    Stream(.normal(mean: 0.1, std: 0.3), .float16, 40, "de3d0f0741992a00"),
    Stream(.normal(mean: 0.1, std: 0.3), .bfloat16, 40, "9dfccae8bfb3cb09"),
    Stream(.normal(mean: 0.3, std: 1.7), .float64, 5003, "973825e45a5b1673"),
    Stream(.uniform(low: 1, high: 1.01), .float16, 5000, "5f0c27f363b9a459"),
    Stream(.uniform(low: 1, high: 1.01), .bfloat16, 5000, "f863d0bb25621c45"),
    Stream(.exponential(rate: 1.3), .bfloat16, 1000, "502c5019800db843"),
    Stream(.geometric(p: 1e-9), .int8, 1000, "f4ab3a1e6b386bd4"),
    Stream(.geometric(p: 1e-20), .int64, 1000, "ee4c9547d77a19de"),
    Stream(.integers(low: 513, high: 1025), .bfloat16, 1000, "22d5eb9c836301e9"),
    Stream(.integers(low: 0, high: 1 << 28), .int32, 1000, "3d6c480d5b7d7ba0"),
    Stream(.integers(low: 0, high: (1 << 28) - 1), .int32, 1000, "2d595bc49c82396d"),
    Stream(.integers(low: .min, high: .max), .int64, 1000, "4f0903caae2ba18d"),
    Stream(.integersFrom(low: -100), .float32, 1000, "7749cdb577c9326d"),
    Stream(.integersFrom(low: .min), .float32, 1000, "1a21db19aaaa0367"),
  ]

  @Test(arguments: longStreams)
  func streams(_ item: Stream) throws {
    var generator = MersenneTwister(seed: 11)
    let result = try RandomResult(item.distribution, item.dtype, count: item.count, from: &generator)
    #expect(fnv1a64(result.bytes) == item.hash)
  }

  @Test func wordsInBlocks() {
    var (one, many) = (MersenneTwister(seed: 5), MersenneTwister(seed: 5))
    for count in [1, 623, 0, 624, 1, 625, 2000] {
      var words = [UInt32](repeating: 0, count: count)
      words.withUnsafeMutableBufferPointer { many.fillWords($0) }
      #expect(words == (0..<count).map { _ in one.u32() })
      #expect(one == many)
    }
  }

  /// Large fills are shared by threads; small ones, of as many blocks as the stream of a large one has, are not.
  @Test(arguments: [DType.float32, .float64])
  func largeFillsAreTheSmallOnesInARow(dtype: DType) throws {
    for distribution in [Distribution.uniform(low: 0, high: 1), .uniform(low: -3, high: 0.1), .normal(mean: 1, std: 2)] {
      var whole = MersenneTwister(seed: 7)
      _ = whole.u32()
      var parts = whole
      let size = dtype.byteCount
      let (count, part) = (160_000, 16 * 61)
      var memory = [UInt8](repeating: 0, count: count * size), expected = memory
      memory.withUnsafeMutableBytes { whole.fill(distribution, dtype: dtype, into: $0.baseAddress!, count: count) }
      expected.withUnsafeMutableBytes { bytes in
        for start in stride(from: 0, to: count, by: part) {
          parts.fill(distribution, dtype: dtype, into: bytes.baseAddress! + start * size, count: min(part, count - start))
        }
      }
      #expect(memory == expected)
      #expect(whole == parts)
    }
  }
}

// MARK: - Programs

private func rand(_ count: Int, _ generator: inout MersenneTwister) throws -> RandomResult {
  try RandomResult(.uniform(low: 0, high: 1), .float32, count: count, from: &generator)
}

private func randn(_ count: Int, _ generator: inout MersenneTwister) throws -> RandomResult {
  try RandomResult(.normal(mean: 0, std: 1), .float32, count: count, from: &generator)
}

/// A step as `state` rows name it: `manual_seed`, `rand(700)`.
private func apply(_ step: String, _ generator: inout MersenneTwister) throws {
  let parts = step.split { "()".contains($0) }
  switch parts[0] {
  case "rand": _ = try rand(Int(parts[1])!, &generator)
  case "randn": _ = try randn(Int(parts[1])!, &generator)
  case "manual_seed": generator = MersenneTwister(seed: generator.seed)
  default: Issue.record("unknown step \(step)")
  }
}

private func run(_ call: RandomFixture.Call, _ generator: inout MersenneTwister) throws -> RandomResult {
  let dtype = DType(name: call.dtype ?? "float32")!
  let count = call.size?.reduce(1, *) ?? 0

  func fill(_ distribution: Distribution, _ dtype: DType) throws -> RandomResult {
    let result = try RandomResult(distribution, dtype, count: count, from: &generator)
    guard call.layout == "transposed" else { return result }
    // Filled in memory order; the tensor's own order runs across it.
    let (rows, columns) = (call.size![0], call.size![1])
    return result.reordered((0..<count).map { $0 % columns * rows + $0 / columns })
  }

  switch call.fn {
  case "rand": return try fill(.uniform(low: 0, high: 1), dtype)
  case "randn": return try fill(.normal(mean: 0, std: 1), dtype)
  case "uniform_": return try fill(.uniform(low: call.from!, high: call.to!), dtype)
  case "normal_":
    let (mean, std) = (call.mean!.values[0], call.std!.values[0])
    return try fill(call.layout == nil ? .normal(mean: mean, std: std) : .separateNormal(mean: mean, std: std), dtype)
  case "log_normal_": return try fill(.logNormal(mean: call.mean!.values[0], std: call.std!.values[0]), dtype)
  case "cauchy_": return try fill(.cauchy(median: call.median!, sigma: call.sigma!), dtype)
  case "exponential_": return try fill(.exponential(rate: call.lambd!), dtype)
  case "geometric_": return try fill(.geometric(p: call.p!), dtype)
  case "bernoulli_": return try fill(.bernoulli(p: call.p!), dtype)
  case "randint": return try fill(.integers(low: call.low!, high: call.high!), DType(name: call.dtype ?? "int64")!)
  case "random_": return try fill(call.low.map { .integersFrom(low: $0) } ?? .anyInteger, dtype)
  case "randperm":
    let permutation = generator.randomPermutation(call.n!)
    return call.dtype == "int32" ? RandomResult(permutation.map { Int32($0) }) : RandomResult(permutation)
  case "bernoulli":
    return try parameterised(call.probs!, dtype) { probabilities, out in
      try generator.fillBernoulli(
        probabilities: probabilities, of: dtype, into: out, dtype: dtype, count: call.probs!.count)
    }
  case "poisson":
    return try parameterised(call.rates!, dtype) { rates, out in
      try generator.fillPoisson(rates: rates, into: out, dtype: dtype, count: call.rates!.count)
    }
  case "multinomial":
    let (weights, samples) = (call.weights!, call.num_samples!)
    var indices = [Int64](repeating: -1, count: weights.rows * samples)
    try withElements(weights.values, dtype) {
      try generator.fillMultinomial(
        weights: $0, dtype: dtype, rows: weights.rows, categories: weights.values.count / weights.rows,
        samples: samples, replacement: call.replacement!, into: &indices)
    }
    return RandomResult(indices)
  case "normal":
    let (means, stds) = (call.mean!.values, call.std!.values)
    let standard = try RandomResult(.normal(mean: 0, std: 1), dtype, count: means.count, from: &generator)
    if dtype == .float32 {
      return RandomResult(standard.values(as: Float.self).enumerated().map { $1 * Float(stds[$0]) + Float(means[$0]) })
    }
    return RandomResult(standard.values(as: Double.self).enumerated().map { $1 * stds[$0] + means[$0] })
  case "dropout", "dropout2d", "alpha_dropout", "rrelu": return try layer(call, dtype, count, &generator)
  default: fatalError("no such function in this test: \(call.fn)")
  }
}

/// The layers that draw: masks of ones, and slopes for minus ones.
private func layer(
  _ call: RandomFixture.Call, _ dtype: DType, _ count: Int, _ generator: inout MersenneTwister
) throws -> RandomResult {
  if call.fn == "rrelu" {
    let slopes = try RandomResult(
      .unfusedUniform(low: call.lower!, high: call.upper!), dtype, count: count, from: &generator)
    return RandomResult(slopes.values(as: Double.self).map { -$0 })
  }
  let p = call.p!
  let each = call.fn == "dropout2d" ? call.size![2...].reduce(1, *) : 1
  let kept = try RandomResult(.bernoulli(p: 1 - p), .bool, count: count / each, from: &generator)
    .values(as: Bool.self).flatMap { repeatElement($0, count: each) }
  if call.fn == "alpha_dropout" {
    let alpha = 1.7580993408473766
    let a = 1 / ((alpha * alpha * p + 1) * (1 - p)).squareRoot()
    return RandomResult(
      kept.map { keep in
        let mask: Double = keep ? 1 : 0
        return mask * a + ((mask - 1) * (alpha * a) + alpha * a * p)
      })
  }
  if dtype == .float32 { return RandomResult(kept.map { $0 ? 1 / Float(1 - p) : 0 }) }
  return RandomResult(kept.map { $0 ? 1 / (1 - p) : 0 })
}

/// Calls `body` with the values as elements of a dtype.
func withElements(
  _ values: [Double], _ dtype: DType, _ body: (UnsafeRawPointer) throws -> Void
) throws {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: max(values.count * 8, 1), alignment: 16)
  defer { memory.deallocate() }
  for (i, value) in values.enumerated() {
    switch dtype {
    case .float64: memory.storeBytes(of: value, toByteOffset: 8 * i, as: Double.self)
    case .float32: memory.storeBytes(of: Float(value), toByteOffset: 4 * i, as: Float.self)
    case .float16: memory.storeBytes(of: Half(Float(value)), toByteOffset: 2 * i, as: Half.self)
    case .bfloat16: memory.storeBytes(of: BFloat16(Float(value)), toByteOffset: 2 * i, as: BFloat16.self)
    default: break
    }
  }
  try body(memory)
}

private func parameterised(
  _ values: [Double], _ dtype: DType,
  _ body: (UnsafeRawPointer, UnsafeMutableRawPointer) throws -> Void
) throws -> RandomResult {
  var result: RandomResult?
  try withElements(values, dtype) { parameters in
    result = try RandomResult(dtype, count: values.count) { out in try body(parameters, out) }
  }
  return result!
}

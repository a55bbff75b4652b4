import Testing

@testable import Devices

/// Which distributions a dtype refuses, in PyTorch's words, and what else throws.
@Suite struct RandomErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var distribution: Distribution
    var dtype: DType
    var kind: TensorError.Kind
    var message: String

    init(_ distribution: Distribution, _ dtype: DType, _ message: String, kind: TensorError.Kind = .runtime) {
      self.distribution = distribution
      self.dtype = dtype
      self.kind = kind
      self.message = message
    }

    var testDescription: String { "\(distribution) in \(dtype)" }
  }

  static let refused: [Case] = [
    Case(
      .uniform(low: 1, high: 0), .float32,
      "uniform_ expects to return a [from, to) range, but found from=1 > to=0"),
    Case(
      .uniform(low: 123456789.123, high: -1), .float64,
      "uniform_ expects to return a [from, to) range, but found from=1.23457e+08 > to=-1"),
    Case(.uniform(low: .nan, high: 1), .float32, "from is out of bounds for float"),
    Case(.uniform(low: 0, high: .infinity), .float64, "to is out of bounds for double"),
    Case(.uniform(low: 0, high: 65520), .float16, "to is out of bounds for c10::Half"),
    Case(.uniform(low: 1e39, high: 2e39), .bfloat16, "from is out of bounds for c10::BFloat16"),
    Case(
      .uniform(low: -65504, high: 65504), .float16,
      "uniform_ expects to-from <= std::numeric_limits<Half>::max(), but found to=65504 and from=-65504 which result in to-from to exceed the limit"
    ),
    Case(
      .uniform(low: 0, high: 1), .int64, "\"check_uniform_bounds\" not implemented for 'Long'", kind: .notImplemented),
    Case(.normal(mean: 0, std: -1), .float32, "normal expects std >= 0.0, but found std -1"),
    Case(.normal(mean: 0, std: .nan), .float32, "normal expects std >= 0.0, but found std nan"),
    Case(.normal(mean: 0, std: 1), .int32, "\"normal_kernel_cpu\" not implemented for 'Int'", kind: .notImplemented),
    Case(.logNormal(mean: 0, std: 0), .float32, "log_normal_ expects std > 0.0, but found std=0"),
    Case(.logNormal(mean: 0, std: 1), .uint8, "\"log_normal_cpu\" not implemented for 'Byte'", kind: .notImplemented),
    Case(.cauchy(median: 0, sigma: -1e-9), .float32, "cauchy_ expects sigma > 0.0, but found sigma=-1e-09"),
    Case(
      .cauchy(median: 0, sigma: 1), .int16,
      "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you specified short int"
    ),
    Case(.exponential(rate: -0.5), .float32, "exponential_ expects lambda > 0.0, but found lambda=-0.5"),
    Case(
      .exponential(rate: 1), .int16,
      "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you specified Short"
    ),
    Case(.geometric(p: 1), .int64, "geometric_ expects p to be in (0, 1), but got p=1"),
    Case(.geometric(p: 0.5), .bool, "\"geometric_cpu\" not implemented for 'Bool'", kind: .notImplemented),
    Case(.bernoulli(p: 1.5), .bool, "bernoulli_ expects p to be in [0, 1], but got p=1.5"),
    Case(
      .integers(low: 5, high: 5), .int64, "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
    Case(
      .integers(low: 16_777_219, high: 16_777_220), .float32,
      "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from=16777219 >= to=16777218"
    ),
    Case(.integers(low: 0, high: 129), .int8, "to - 1 is out of bounds for signed char"),
    Case(.integers(low: -1, high: 5), .uint8, "from is out of bounds for unsigned char"),
    Case(.integers(low: 0, high: 3), .bool, "to - 1 is out of bounds for bool"),
    Case(.integers(low: 0, high: 70_000), .float16, "to - 1 is out of bounds for c10::Half"),
    Case(.integersFrom(low: -2), .uint8, "from is out of bounds for unsigned char"),
    Case(
      .integersFrom(low: 513), .bfloat16,
      "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got from=516 > to_inc=256"
    ),
    Case(
      .integersFrom(low: .min), .int16,
      "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16"),
    Case(.unfusedUniform(low: 2, high: 1), .float32, "Lower bound should be less than or equal to the upper bound"),
  ]

  @Test(arguments: refused)
  func refuses(_ item: Case) {
    #expect(throws: TensorError(item.kind, item.message)) { try item.distribution.validate(for: item.dtype) }
  }

  @Test(arguments: [
    (Distribution.normal(mean: 0, std: 0), DType.float32), (.normal(mean: .nan, std: .infinity), .float64),
    (.uniform(low: 1, high: 1), .float16), (.bernoulli(p: 1), .int8), (.exponential(rate: .infinity), .bfloat16),
    (.integers(low: .min, high: .max), .int64), (.integersFrom(low: .min), .float32), (.anyInteger, .bool),
  ])
  func accepts(_ distribution: Distribution, _ dtype: DType) throws {
    try distribution.validate(for: dtype)
  }

  @Test func states() throws {
    let generator = MersenneTwister(seed: 3)
    #expect(
      throws: TensorError.runtime(
        "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 5")
    ) { try MersenneTwister(stateBytes: [0, 0, 0, 0, 0]) }
    let invalid = TensorError.runtime("Invalid mt19937 state")
    #expect(throws: invalid) { try MersenneTwister(stateBytes: [UInt8](repeating: 0, count: 5056)) }
    // `left` lies at byte 8 and `next` at byte 16.
    for (left, next, isValid) in [(0, 0, false), (255, 0, true), (200, 255, true), (1, 255, true)] {
      var bytes = generator.stateBytes
      bytes[8] = UInt8(left)
      bytes[16] = UInt8(next)
      if isValid {
        var restored = try MersenneTwister(stateBytes: bytes)
        for _ in 0..<700 { _ = restored.u32() }
      } else {
        #expect(throws: invalid) { try MersenneTwister(stateBytes: bytes) }
      }
    }
    // Counters that would read past the words, which PyTorch does.
    var bytes = generator.stateBytes
    bytes[8...9] = [0x58, 0x02]
    bytes[16] = 26
    #expect(throws: invalid) { try MersenneTwister(stateBytes: bytes) }
  }

  @Test func permutations() {
    for (count, dtype, message) in [
      (257, DType.uint8, "value cannot be converted to type uint8_t without overflow"),
      (129, .int8, "value cannot be converted to type int8_t without overflow"),
      (2050, .float16, "n cannot be greater than 2049 for Half type."),
      (-1, .int64, "Trying to create tensor with negative dimension -1: [-1]"),
    ] {
      #expect(throws: TensorError.runtime(message)) {
        try MersenneTwister.validatePermutation(count: count, dtype: dtype)
      }
    }
  }

  struct Weights: Sendable {
    var values: [Double]
    var samples: Int
    var replacement: Bool
    var message: String
  }

  static let weights = [
    Weights(
      values: [1, 2, 3], samples: 4, replacement: false,
      message: "cannot sample n_sample > prob_dist.size(-1) samples without replacement"),
    Weights(values: [1, 2, 3], samples: 0, replacement: true, message: "cannot sample n_sample <= 0 samples"),
    Weights(
      values: [1, -1, 3], samples: 2, replacement: false,
      message: "probability tensor contains either `inf`, `nan` or element < 0"),
    Weights(
      values: [.nan, 1], samples: 1, replacement: true,
      message: "probability tensor contains either `inf`, `nan` or element < 0"),
    Weights(
      values: [.nan, 1], samples: 2, replacement: true,
      message: "invalid multinomial distribution (encountering probability entry < 0)"),
    Weights(
      values: [1, .infinity], samples: 2, replacement: true,
      message: "invalid multinomial distribution (encountering probability entry = infinity or NaN)"),
    Weights(
      values: [0, 0], samples: 2, replacement: true,
      message: "invalid multinomial distribution (sum of probabilities <= 0)"),
    Weights(
      values: [0, 0], samples: 1, replacement: false,
      message: "invalid multinomial distribution (sum of probabilities <= 0)"),
    Weights(
      values: [], samples: 2, replacement: true,
      message: "invalid multinomial distribution (sum of probabilities <= 0)"),
    Weights(
      values: [], samples: 1, replacement: true,
      message: "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."),
  ]

  /// A refusal draws nothing.
  @Test(arguments: weights)
  func multinomial(_ item: Weights) throws {
    var generator = MersenneTwister(seed: 1)
    var indices = [Int64](repeating: 0, count: max(item.samples, 1))
    #expect(throws: TensorError.runtime(item.message)) {
      try withElements(item.values, .float32) {
        try generator.fillMultinomial(
          weights: $0, dtype: .float32, rows: 1, categories: item.values.count, samples: item.samples,
          replacement: item.replacement, into: &indices)
      }
    }
    #expect(generator == MersenneTwister(seed: 1))
  }

  @Test func parameters() {
    var generator = MersenneTwister(seed: 1)
    var out: [Float] = [0, 0]
    #expect(throws: TensorError.runtime("invalid Poisson rate, expected rate to be non-negative")) {
      try withElements([1, -1], .float32) {
        try generator.fillPoisson(rates: $0, into: &out, dtype: .float32, count: 2)
      }
    }
    #expect(throws: TensorError.self) {
      try withElements([0.5, .nan], .float32) {
        try generator.fillBernoulli(probabilities: $0, of: .float32, into: &out, dtype: .float32, count: 2)
      }
    }
    #expect(generator == MersenneTwister(seed: 1))
  }
}

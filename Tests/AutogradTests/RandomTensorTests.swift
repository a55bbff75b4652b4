import Autograd
import Devices
import Testing

// The numbers here are PyTorch's for the same seeds. Rows by the hundred run in the conformance suite `rng`.

@Suite("Random tensors") struct RandomTensorTests {
  /// A 4 × 6 matrix of which memory holds the columns.
  private static func columns(_ make: ([Int]) -> Tensor) -> Tensor { make([6, 4]).transpose(0, 1) }

  private static func seeded<Result>(_ seed: Int = 3, _ body: () throws -> Result) rethrows -> Result {
    try forkRNG {
      manualSeed(seed)
      return try body()
    }
  }

  // MARK: The article

  @Test func article() {
    let (x, w) = Self.seeded(42) { (Tensor.rand([4], requiresGrad: true), Tensor.rand([4], requiresGrad: true)) }
    #expect(elementBits(x) == [0x3f61dc66, 0x3f6a3db3, 0x3ec406b8, 0x3f75950e])
    #expect(elementBits(w) == [0x3ec7e8d4, 0x3f19d447, 0x3e835d78, 0x3f4b2c14])
    #expect(x.isLeaf && x.requiresGrad)
  }

  // MARK: The order of memory

  private static let columnNormals: [UInt64] = [
    0x4026d1c0, 0x3f8bd29d, 0xbfef67ea, 0xbf3ab183, 0x403694a1, 0xbeb63bb9, 0x3facc1e2, 0xbfde463c, 0x403d1c7c, 0x3fcc88b3,
    0x4028681f, 0xbf8f21aa, 0x3f96c745, 0x3fd66614, 0x4002d288, 0x3feb51ea, 0x3ffec4b5, 0x401fb486, 0xbe68e4fd, 0x40416c3f,
    0x405e740e, 0x3f571d56, 0x3f2bdea5, 0x3fbd29b1,
  ]

  @Test func likeColumns() {
    let a = Self.columns { .ones($0) }
    #expect(
      elementBits(Self.seeded { a.randLike() }) == [
        0x3b8bb500, 0x3ef17770, 0x3f182bfd, 0x3e196fe4, 0x3e33d1dc, 0x3f25f7ac, 0x3dd834c0, 0x3d763c80, 0x3f634a93, 0x3ecd8d52,
        0x3f72fda6, 0x3e5be974, 0x3e9259f2, 0x3f459900, 0x3ee6ed94, 0x3d5de8a0, 0x3f58e9e0, 0x3f7305a7, 0x3cdcd060, 0x3f3e6315,
        0x3f4cab6b, 0x3eeb372a, 0x3f5ff694, 0x3c466380,
      ])
    #expect(
      elementBits(Self.seeded { a.randnLike() }) == [
        0x3f4da380, 0x3d3d29cf, 0xbfb7b3f5, 0xbf5d58c2, 0x3f6d2943, 0xbf2d8eee, 0x3e330786, 0xbfaf231e, 0x3f7a38f8, 0x3e991165,
        0x3f50d03e, 0xbf8790d5, 0x3db63a26, 0x3eaccc28, 0x3f05a511, 0x3ed6a3d4, 0x3efd896a, 0x3f3f690c, 0xbf1d1ca0, 0x3f816c3f,
        0x3f9e740e, 0xbda38aaa, 0xbe2842b6, 0x3e74a6c4,
      ])
    #expect(
      Self.seeded { a.randintLike(0, 100) }.scalars(as: Int.self) == [
        86, 60, 81, 25, 75, 56, 48, 80, 39, 89, 14, 29, 37, 40, 14, 86, 40, 51, 67, 25, 91, 49, 84, 6,
      ])
  }

  @Test func columnsFilled() {
    var alone = Self.columns { .empty($0) }
    Self.seeded { alone.fillNormal(mean: 1, std: 2) }
    #expect(elementBits(alone) == Self.columnNormals)
    // What comes out does not depend on who else holds the memory, nor does who holds it see it.
    var shared = Self.columns { .zeros($0) }
    let other = shared
    Self.seeded { shared.fillNormal(mean: 1, std: 2) }
    #expect(elementBits(shared) == Self.columnNormals)
    #expect(other == Self.columns { .zeros($0) })
  }

  @Test func probabilities() {
    let p = Tensor.linspace(0, 1, steps: 24).view([6, 4]).transpose(0, 1)
    let rows = [0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    let columns = [0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1]
    #expect(Self.seeded { p.bernoulli() }.scalars(as: Int.self) == rows)
    var x = Self.columns { .empty($0) }
    Self.seeded { x.fillBernoulli(p) }
    #expect(x.scalars(as: Int.self) == columns)
  }

  @Test func parameters() {
    let values = Tensor([1.0, 2, 3])
    #expect(elementBits(Self.seeded { .normal(mean: values, std: 2) }) == [0x4026d1c0, 0x401660f1, 0x404b63a2])
    let second = Self.seeded {
      _ = Tensor.normal(mean: values, std: 2)
      return Tensor.normal(mean: 1, std: values)
    }
    #expect(elementBits(second) == [0x3ec5c6c0, 0x3f8bd29d, 0xc046b4ac])
    #expect(Tensor.normal(mean: Tensor.ones([2, 1]), std: Tensor.ones([1, 3])).shape == [2, 3])
    #expect(Tensor.zeros([2, 0]).poisson().shape == [2, 0])
    #expect(Tensor.ones([2, 4]).multinomial(numSamples: 3).shape == [2, 3])
  }

  // MARK: Devices

  @Test(arguments: ["mps", "reference"])
  func otherDevices(_ name: String) throws {
    let device = try device(named: name)
    func draws(_ device: any Device) -> [Tensor] {
      Self.seeded {
        var filled = Tensor.zeros([5, 4], device: device).transpose(0, 1)
        filled.fillExponential()
        let odds = Tensor.full([30], 0.3, device: device)
        return [
          .rand([7], device: device), .randn([20], device: device), .randint(-5, 5, [3, 3], device: device),
          .randperm(9, device: device), filled, odds.bernoulli(), odds.poisson(), odds.multinomial(numSamples: 4),
          odds.dropout(p: 0.4), (odds - 0.5).rrelu(training: true),
        ]
      }
    }
    for (index, (there, here)) in zip(draws(device), draws(.cpu)).enumerated() {
      #expect(there.device === device)
      #expect(there.cpu() == here, "draw \(index)")
    }
  }

  // MARK: The graph

  @Test func fillsEndGradients() throws {
    let fills: [(String, @Sendable (inout Tensor) -> Void)] = [
      ("UniformBackward0", { $0.fillUniform() }), ("NormalBackward0", { $0.fillNormal() }),
      ("LogNormalBackward0", { $0.fillLogNormal() }), ("CauchyBackward0", { $0.fillCauchy() }),
      ("ExponentialBackward0", { $0.fillExponential() }), ("GeometricBackward0", { $0.fillGeometric(0.5) }),
      ("BernoulliBackward2", { $0.fillBernoulli(0.5) }),
      ("BernoulliBackward1", { $0.fillBernoulli(Tensor([0.1, 0.2])) }),
      ("RandomBackward2", { $0.fillRandom() }), ("RandomBackward1", { $0.fillRandom(to: 9) }),
      ("RandomBackward0", { $0.fillRandom(from: 3) }),
    ]
    let x = Tensor([0.2, 0.5], requiresGrad: true)
    for (name, fill) in fills {
      var y = x * 1
      fill(&y)
      #expect(y.gradFn?.name == name)
      #expect(grad(of: y.sum(), wrt: x) == .zeros([2]))
    }
    for (name, y) in [
      ("BernoulliBackward0", x.bernoulli()), ("PoissonBackward0", x.poisson()),
      ("NormalBackward1", .normal(mean: x, std: 1)), ("NormalBackward2", .normal(mean: 0, std: x)),
      ("NormalBackward3", .normal(mean: x, std: x)),
    ] {
      #expect(y.gradFn?.name == name)
      #expect(grad(of: y.sum(), wrt: x) == .zeros([2]))
    }
    #expect(x.multinomial(numSamples: 1).gradFn == nil)
    let error = #expect(throws: TensorError.self) { try checked { x.bernoulli(p: 0.5).sum().backward() } }
    #expect(error?.message == "derivative for aten::bernoulli is not implemented")
  }

  @Test func variables() {
    var w = Tensor.zeros([4], requiresGrad: true)
    let same = w
    let error = #expect(throws: TensorError.self) { try checked { w.fillUniform() } }
    #expect(error?.message == "a leaf Variable that requires grad is being used in an in-place operation.")
    Self.seeded(42) { noGrad { w.fillUniform() } }
    #expect(w.isLeaf && w.requiresGrad)
    #expect(elementBits(same) == [0x3f61dc66, 0x3f6a3db3, 0x3ec406b8, 0x3f75950e], "all copies are one variable")
  }

  // MARK: Layers

  @Test func dropout() {
    let a = Self.columns { .ones($0, requiresGrad: true) }
    let y = Self.seeded { a.dropout(p: 0.3) }
    #expect(y.gradFn?.name == "MulBackward0")
    let kept = [1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    #expect((y .> 0).scalars(as: Int.self) == kept)
    #expect(grad(of: y.sum(), wrt: a) == y.detach(), "the gradient is the mask")
    #expect(Set(y.scalars(as: Float.self)) == [0, 1 / 0.7])

    let channels = Self.seeded { Tensor.ones([2, 3, 2, 2]).dropout2d() }.view([6, 4])
    for channel in 0..<6 { #expect(Set(channels[channel].scalars(as: Double.self)).count == 1) }
    #expect(Set(channels.scalars(as: Double.self)) == [0, 2])

    let x = Tensor([1.0, 2], requiresGrad: true)
    #expect(x.dropout(training: false).isLeaf && x.dropout(p: 0).isLeaf, "nothing happens")
    #expect(x.dropout(p: 1) == .zeros([2]) && x.alphaDropout(p: 1, training: true).gradFn?.name == "MulBackward0")
    #expect(x.alphaDropout(training: true).gradFn?.name == "AddBackward0")
    // Mean and variance stay.
    let many = Self.seeded { Tensor.randn([100_000]).alphaDropout(p: 0.2, training: true) }
    #expect(abs(Double(many.mean())) < 0.02 && abs(Double((many * many).mean()) - 1) < 0.02)
  }

  @Test func rrelu() {
    let x = Tensor.arange(-4.0, 4.0, requiresGrad: true)
    let y = Self.seeded { x.rrelu(training: true) }
    #expect(
      elementBits(y) == [
        0xbf0746c3, 0xbf0de0e1, 0xbf1271bb, 0xbe255159, 0, 0x3f800000, 0x40000000, 0x40400000,
      ])
    #expect(
      elementBits(grad(of: y.sum(), wrt: x)) == [
        0x3e0746c3, 0x3e3d2bd7, 0x3e9271bb, 0x3e255159, 0x3e9092a2, 0x3f800000, 0x3f800000, 0x3f800000,
      ])
    #expect(y.gradFn?.name == "RreluWithNoiseBackward0")
    #expect(x.rrelu(lower: 0.25, upper: 0.75)[0].item() == .double(-2))
  }

  // MARK: Errors

  private static let errors: [(String, @Sendable () -> Void)] = [
    ("\"check_uniform_bounds\" not implemented for 'Long'", { _ = Tensor.rand([2], dtype: .int64) }),
    ("\"normal_kernel_cpu\" not implemented for 'Long'", { _ = Tensor.randn([2], dtype: .int64) }),
    ("random_ expects 'from' to be less than 'to', but got from=5 >= to=5", { _ = Tensor.randint(5, 5, [2]) }),
    ("to - 1 is out of bounds for unsigned char", { _ = Tensor.randint(500, [2], dtype: .uint8) }),
    ("Trying to create tensor with negative dimension -1: [-1]", { _ = Tensor.randperm(-1) }),
    ("\"randperm\" not implemented for 'Bool'", { _ = Tensor.randperm(3, dtype: .bool) }),
    ("n cannot be greater than 2049 for Half type.", { _ = Tensor.randperm(3000, dtype: .float16) }),
    ("normal expects std >= 0.0, but found std -1", { _ = Tensor.normal(mean: Tensor([1.0]), std: -1) }),
    ("normal expects all elements of std >= 0.0", { _ = Tensor.normal(mean: 0, std: Tensor([1.0, -1])) }),
    (
      "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
      { _ = Tensor.normal(mean: Tensor.ones([2]), std: Tensor.ones([3])) }
    ),
    ("\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'", { _ = Tensor([1]).bernoulli() }),
    ("invalid Poisson rate, expected rate to be non-negative", { _ = Tensor([-1.0]).poisson() }),
    ("prob_dist must be 1 or 2 dim", { _ = Tensor.ones([2, 2, 2]).multinomial(numSamples: 1) }),
    ("cannot sample n_sample <= 0 samples", { _ = Tensor.ones([2]).multinomial(numSamples: -1) }),
    (
      "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
      { _ = Tensor.ones([2]).multinomial(numSamples: 3) }
    ),
    ("dropout probability has to be between 0 and 1, but got 1.5", { _ = Tensor.ones([2]).dropout(p: 1.5) }),
    ("Feature dropout requires at least 2 dimensions in the input", { _ = Tensor.ones([3]).dropout2d() }),
    ("result type Float can't be cast to the desired output type Long", { _ = Tensor([1]).dropout() }),
    (
      "Lower bound should be less than or equal to the upper bound",
      { _ = Tensor.ones([2]).rrelu(lower: 0.5, upper: 0.2, training: true) }
    ),
    (
      "geometric_ expects p to be in (0, 1), but got p=1",
      {
        var x = Tensor.ones([2])
        x.fillGeometric(1)
      }
    ),
  ]

  @Test(arguments: errors.indices)
  func refuses(_ index: Int) {
    let (message, draw) = Self.errors[index]
    forkRNG {
      let before = Generator.default.state
      let error = #expect(throws: TensorError.self) { try checked { draw() } }
      #expect(error?.message == message)
      #expect(Generator.default.state == before || message.hasPrefix("The size"), "nothing was drawn")
    }
  }
}

@Suite("Generators") struct GeneratorTests {
  @Test func seeds() {
    #expect(Generator().initialSeed == 67_280_421_310_721)
    #expect(Generator(seed: -1).initialSeed == .max)
    // Only the low 32 bits make the stream.
    #expect(Tensor.rand([3], generator: Generator(seed: -1)) == .rand([3], generator: Generator(seed: UInt32.max)))
    let generator = Generator()
    let seed = generator.seed()
    #expect(generator.initialSeed == seed && seed < 1 << 53)
  }

  @Test func placesInAStream() throws {
    let generator = Generator(seed: 7)
    _ = Tensor.randn([1], generator: generator)  // leaves the second value of its pair behind
    let place = generator.state
    let twin = generator.cloneState()
    let first = Tensor.randn([3], generator: generator)
    #expect(Tensor.randn([3], generator: twin) == first)
    generator.state = try Generator.State(bytes: place.bytes)
    #expect(Tensor.randn([3], generator: generator) == first)
    #expect(place.bytes.count == 5056)
    #expect(throws: TensorError.self) { try Generator.State(bytes: [1, 2, 3]) }
  }

  @Test func generatorsAreIndependent() {
    forkRNG {
      manualSeed(1)
      let expected = Tensor.rand([4])
      manualSeed(1)
      _ = Tensor.rand([100], generator: Generator(seed: 5))
      #expect(Tensor.rand([4]) == expected)
    }
  }

  @Test func forksLeaveNoTrace() {
    forkRNG {
      manualSeed(3)
      let inside = forkRNG {
        let drawn = Tensor.rand([2])
        manualSeed(99)
        return drawn
      }
      #expect(Generator.default.initialSeed == 3)
      #expect(Tensor.rand([2]) == inside, "the fork began where the default generator was")
    }
  }

  /// Tasks that seed and draw at once do not meet within forks, and take turns at a generator that they share.
  @Test func tasks() async {
    let expected = forkRNG {
      manualSeed(11)
      return Tensor.randn([1000])
    }
    let shared = Generator(seed: 0)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<20 { _ = Tensor.rand([10], generator: shared) }
          return forkRNG {
            manualSeed(11)
            return Tensor.randn([1000]) == expected
          }
        }
      }
      for await isExpected in group { #expect(isExpected) }
    }
    let afterwards = Generator(seed: 0)
    for _ in 0..<160 { _ = Tensor.rand([10], generator: afterwards) }
    #expect(shared.state == afterwards.state, "every draw was made once")
  }
}

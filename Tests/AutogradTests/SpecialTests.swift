import Autograd
import Devices
import Testing

@Suite struct SpecialTests {
  struct Values: Sendable, CustomTestStringConvertible {
    let name: String
    let function: @Sendable (Tensor) -> Tensor
    let arguments: [Double]
    let results: [Double]
    var testDescription: String { name }
  }

  /// Computed with 40 digits by mpmath. PyTorch's own J, Y and Ai have eight: the rational functions of theirs lack a leading term.
  static let values = [
    Values(
      name: "J0", function: Special.besselJ0, arguments: [0.5, 4.9, 6.4691, 30],
      results: [0.9384698072408129, -0.2097383275853262, 0.2552059744739664, -0.086367983581040211]),
    Values(
      name: "J1", function: Special.besselJ1, arguments: [0.5, -4.984, 8.164, 30],
      results: [0.24226845767487389, 0.32574274909372473, 0.25456011381850619, -0.11875106261662294]),
    Values(
      name: "Y0", function: Special.besselY0, arguments: [0.5, 4.9, 6.4409, 30],
      results: [-0.44451873350670656, -0.29205459424401422, -0.1892024631550242, -0.11729573168666403]),
    Values(
      name: "Y1", function: Special.besselY1, arguments: [0.5, 4.9, 8.7704, 30],
      results: [-1.4714723926702431, 0.18124669204504856, 0.046633121261593726, 0.084425570661747235]),
    Values(
      name: "Ai", function: Special.airyAi, arguments: [-30.25, -6.0163, -1.25, 0.75, 8.8064],
      results: [-0.23690042849155973, -0.33451986760658429, 0.52004547743529918, 0.17933630547864523, 4.426776158126524e-9]),
    Values(
      name: "K0", function: Special.modifiedBesselK0, arguments: [1e-300, 0.75, 30.25, 700],
      results: [690.89145941387212, 0.61058242211646412, 1.6539533534618767e-14, 4.6697764316853769e-306]),
    Values(
      name: "K1", function: Special.modifiedBesselK1, arguments: [1e-300, 0.75, 30.25, 700],
      results: [1e300, 0.94958046696214023, 1.68107259852961e-14, 4.6731107967079661e-306]),
    Values(
      name: "erfcx", function: Special.erfcx, arguments: [-5, 0.5, 30.25],
      results: [144009798674.66104, 0.61569034419292587, 0.018640720933955712]),
    Values(
      name: "log_ndtr", function: Special.logNdtr, arguments: [-30.25, -1.5, 6.5],
      results: [-461.86077456953464, -2.7059444008238898, -4.0160005839397591e-11]),
    Values(
      name: "ndtri", function: Special.ndtri, arguments: [1e-300, 0.1, 0.5],
      results: [-37.047096299361199, -1.2815515655446004, 0]),
    Values(
      name: "Q(1e-10, x)", function: { Tensor(1e-10, dtype: .float64).igammac($0) }, arguments: [0.5],
      results: [5.5977359480549879e-11]),
    Values(
      name: "P(1000, x)", function: { Tensor(1000.0, dtype: .float64).igamma($0) }, arguments: [990],
      results: [0.37952137853796394]),
    Values(name: "polygamma(3, x)", function: { $0.polygamma(3) }, arguments: [-2.5], results: [194.74787621918762]),
  ]

  @Test(arguments: values)
  func accurate(row: Values) {
    let results = row.function(Tensor(row.arguments)).scalars(as: Double.self)
    for (index, (got, want)) in zip(results, row.results).enumerated() {
      #expect((got - want).magnitude <= 1e-14 * want.magnitude, "\(row.name)(\(row.arguments[index])) is \(got), not \(want)")
    }
  }

  /// Degrees and arguments for which a recurrence or a series would take years.
  @Test func hugeArgumentsEnd() {
    let huge = Tensor([1e18, 1e300], dtype: .float64)
    #expect(Special.chebyshevPolynomialT(-1.0, huge).scalars(as: Double.self) == [1, 0])
    #expect(throws: TensorError.self) { try checked { Special.legendrePolynomialP(0.5, huge) } }
    #expect(Special.zeta(huge, huge).scalars(as: Double.self) == [0, 0])
    let pole = Tensor([-1e15 + 0.5, -1e15], dtype: .float64).polygamma(1).scalars(as: Double.self)
    #expect((pole[0] - .pi * .pi).magnitude < 1e-13)
    #expect(pole[1] == .infinity)
    let middle = huge.igamma(huge).scalars(as: Double.self)
    #expect((middle[0] - 0.5).magnitude < 1e-9 && middle[1] == 0.5)
  }

  @Test func missingDerivatives() {
    let x = Tensor([2.5], dtype: .float64, requiresGrad: true)
    #expect(throws: TensorError.notImplemented("the derivative for 'zeta' is not implemented.")) {
      try checked { Special.zeta(x, 1.5).sum().backward() }
    }
    #expect(throws: TensorError.notImplemented("the derivative for 'igamma: input' is not implemented.")) {
      try checked { x.igamma(x).sum().backward() }
    }
    // Constants to the graph.
    #expect(!Special.airyAi(x).requiresGrad && !Special.hermitePolynomialH(x, 3).requiresGrad)
  }
}

@Suite struct HighOrderTests {
  /// PyTorch's values where it has some. Where it multiplies an infinite factorial by zero, the values are mpmath's.
  @Test func polygamma() {
    let x = Tensor([-0.5, 0.5, 1, 2, 10, 100], dtype: .float64)
    let expected: [(Int, [Double])] = [
      (
        20,
        [
          -487772949462609.94, -5.10216531273943e24, -2.432903168507861e18, -1160331221321.7373,
          -0.002827133564927982, -1.3423500975739656e-23,
        ]
      ),
      (
        170,
        [
          -5.612762894906341e276, -.infinity, -7.257415615308056e306, -2.4246705428834264e255,
          -7.257416221531857e135, 0,
        ]
      ),
      (171, [.infinity, .infinity, .infinity, .infinity, .infinity, 1.515812417267788e-35]),
      (1000, [-.infinity, -.infinity, -.infinity, -.infinity, -.infinity, -.infinity]),
      (1_000_000, [Double](repeating: -.infinity, count: 6)), (Int.max, [Double](repeating: -.infinity, count: 6)),
    ]
    for (n, values) in expected {
      for (value, want) in zip(x.polygamma(n).scalars(as: Double.self), values) {
        #expect(value == want || (value - want).magnitude < 1e-10 * want.magnitude, "polygamma(\(n)): \(value), not \(want)")
      }
    }
    #expect((Tensor(1000.0, dtype: .float64).polygamma(200).item().doubleValue / -4.350819270597102e-228 - 1).magnitude < 1e-10)
    #expect((Tensor(150.0, dtype: .float64).polygamma(400).item().doubleValue / -0.0001679616369354401 - 1).magnitude < 1e-10)
    for n in [171, 172, 1000, 1_000_000, Int.max] {
      let x = Tensor([-2.5, -0.3, -0.5, 0.5, 1, 2, 10, 100, 1e10], dtype: .float64)
      #expect(!Bool(x.polygamma(n).isNaN().any()) && !Bool(x.float().polygamma(n).isNaN().any()))
    }
  }

  /// PyTorch takes seconds for them.
  @Test func polynomials() {
    let x = Tensor([-1.0, -0.5, 0, 0.25, 1, 1.0000001], dtype: .float64)
    func near(_ x: Tensor, _ expected: [Double]) -> Bool {
      zip(x.scalars(as: Double.self), expected).allSatisfy {
        $0.isNaN ? $1.isNaN : ($0 - $1).magnitude < 1e-7 * Swift.max($1.magnitude, 1e-3)
      }
    }
    #expect(
      near(
        Special.legendrePolynomialP(x, 1_048_577),
        [-1, -0.000216705831, 0, -0.000574068132, 1, 8.36954371e201]))
    #expect(near(Special.laguerrePolynomialL(x[2...], 1_048_577), [1, 0.0165722779, 0.0131209059, 0.0131235614]))
    // Where they are known for every degree.
    #expect(near(Special.legendrePolynomialP(Tensor([-1.0, 1], dtype: .float64), 1e8), [1, 1]))
    #expect(near(Special.laguerrePolynomialL(Tensor([0.0], dtype: .float64), Tensor([1e8], dtype: .float64)), [1]))
  }

  @Test func degreesOutOfReach() {
    let x = Tensor([0.25, 0.5], dtype: .float64)
    #expect(throws: TensorError.runtime("legendre_polynomial_p(): a degree of 1e+12 for 2 elements takes too many steps")) {
      try checked { Special.legendrePolynomialP(x, 1e12) }
    }
    #expect(throws: TensorError.runtime("laguerre_polynomial_l(): a degree of 1e+09 for 2 elements takes too many steps")) {
      try checked { Special.laguerrePolynomialL(x, Tensor([3, 1e9], dtype: .float64)) }
    }
    #expect(Special.legendrePolynomialP(x, -1e12) == Tensor([0.0, 0], dtype: .float64))
    #expect(Special.legendrePolynomialP(x, Double.infinity) == Tensor([0.0, 0], dtype: .float64))
  }
}

@Suite struct HistogramTests {
  @Test func errors() {
    func expect(_ message: String, _ body: () -> Tensor, sourceLocation: SourceLocation = #_sourceLocation) {
      let error = #expect(throws: TensorError.self, sourceLocation: sourceLocation) { try checked(body) }
      #expect(error?.message == message, sourceLocation: sourceLocation)
    }
    let x = Tensor([1.0, 2, 3])
    expect("bincount only supports 1-d non-negative integral inputs.") { Tensor([1, -1]).bincount() }
    expect("\"bincount_cpu\" not implemented for 'Float'") { x.bincount() }
    expect("minlength should be >= 0") { Tensor([1]).bincount(minLength: -1) }
    expect("torch.histc: max must be larger than min") { x.histc(bins: 2, min: 3, max: 1) }
    expect("torch.histogram(): bins must be > 0, but got 0 for dimension 0") { x.histogram(bins: 0).hist }
    expect("torch.histogramdd: dimension 0's range [0, inf] is not finite") { x.histogram(bins: 2, range: (0, .infinity)).hist }
    expect("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)") {
      Masked.sum(x, mask: Tensor([[true, true, true]]))
    }
    // Not a crash.
    #expect(throws: TensorError.self) { try checked { Tensor([Int64.max]).bincount() } }
    #expect(throws: TensorError.self) { try checked { x.histogram(bins: .max).hist } }
  }

  @Test func edgesAndNaN() {
    let (hist, edges) = Tensor([1.0, .nan, 2, 3, 5], dtype: .float32).histogram(bins: Tensor([1.0, 2, 3]))
    #expect(hist.scalars(as: Double.self) == [1, 2])
    #expect(edges.scalars(as: Double.self) == [1, 2, 3])
  }
}

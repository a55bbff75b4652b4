import Fluxion
import Testing

@testable import conformance

/// First and second derivatives against differences, at points without kinks.
@Suite struct OperationGradientTests {
  /// Numbers between the bounds, no two nearer than 0.01.
  static func points(_ shape: [Int], _ low: Double, _ high: Double, seed: Int = 0) -> Tensor {
    let count = shape.reduce(1, *)
    let step = (high - low) / Double(count)
    // An order without pattern: multiples of a number that has no divisor in common with the count.
    let values = (0..<count).map { low + step * (Double(($0 * 7 + seed * 5) % count) + 0.35) }
    return Tensor(values, shape: shape).requiringGrad()
  }

  private func check(_ inputs: [Tensor], _ operation: ([Tensor]) throws -> [Tensor]) throws {
    try gradcheck(inputs, operation)
    try gradgradcheck(inputs, operation)
  }

  // MARK: One operand

  /// The interval within which an operation is smooth.
  static let domains: [String: ClosedRange<Double>] = [
    "sqrt": 0.2...3, "rsqrt": 0.2...3, "log": 0.2...3, "log2": 0.2...3, "log10": 0.2...3, "log1p": -0.8...3, "reciprocal": 0.3...3,
    "asin": -0.8...0.8, "acos": -0.8...0.8, "atanh": -0.8...0.8, "acosh": 1.2...3, "erfinv": -0.8...0.8, "logit": 0.1...0.9,
    "lgamma": 0.3...3, "digamma": 0.6...3, "tan": -1.2...1.2, "sinc": 0.2...1.8, "hardsigmoid": -2.5...2.5, "frac": 0.05...0.95,
  ]

  static let unary = [
    "abs", "neg", "reciprocal", "square", "sqrt", "rsqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sigmoid",
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg2rad", "rad2deg", "frac",
    "erf", "erfc", "erfinv", "lgamma", "digamma", "i0", "sinc", "logit", "nan_to_num", "relu", "relu6", "selu",
    "silu", "mish", "softsign", "tanhshrink", "logsigmoid", "hardswish", "leaky_relu", "elu", "gelu", "softplus", "hardtanh",
    "hardshrink", "softshrink",
  ]

  @Test(arguments: unary)
  func oneOperand(_ name: String) throws {
    let domain = Self.domains[name] ?? -2.0...2
    let x = Self.points([2, 5], domain.lowerBound, domain.upperBound)
    try check([x]) { try Operations.results(of: name, [$0[0]]) }
    // The same elements another way around in memory.
    try gradcheck([x]) { try Operations.results(of: name, [$0[0].t()]) }
  }

  /// PyTorch's derivative of these has a constant in float32.
  @Test(arguments: ["celu", "hardsigmoid"])
  func oneOperandNearly(_ name: String) throws {
    let x = Self.points([7], -2.5, 2.5)
    try check([x]) { try Operations.results(of: name, [$0[0]]) }
  }

  // MARK: Two operands

  static let pairs = [
    "add", "sub", "mul", "div", "pow", "maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "copysign", "logaddexp",
    "logaddexp2", "xlogy", "remainder", "fmod", "ldexp",
  ]

  @Test(arguments: pairs)
  func twoOperands(_ name: String) throws {
    let x = Self.points([3, 1], 0.5, 2.5)
    let y = Self.points([3, 4], 0.6, 2.4, seed: 1)
    for inputs in [[x, y], [y, x]] {
      try check(inputs) { try Operations.results(of: name, $0) }
    }
  }

  @Test func threeOperands() throws {
    let (x, y, z) = (Self.points([3], 0.5, 2), Self.points([2, 3], 0.6, 2.4), Self.points([2, 1], 0.7, 1.9))
    try check([x, y, z]) { [$0[0].addcmul($0[1], $0[2], value: 0.5)] }
    try check([x, y, z]) { [$0[0].addcdiv($0[1], $0[2], value: 0.5)] }
    try check([x, y, z / 4]) { [$0[0].lerp($0[1], weight: $0[2])] }
    try check([x, y]) { [$0[0].lerp($0[1], weight: 0.3)] }
    try check([x, y]) { [$0[0].add($0[1], alpha: 3), $0[0].sub($0[1], alpha: 0.5)] }
    try check([x, y, z]) { [$0[1].clamp(min: $0[0], max: $0[2] + 1)] }
    try check([x, y]) { [Tensor.where($0[1] .> 1, $0[0], $0[1])] }
    try check([x, y]) { [$0[1].maskedFill($0[1] .> 1, $0[0].sum())] }
    try check([Self.points([2, 3], -1, 1), Self.points([3], 0.1, 0.4)]) { [$0[0].prelu($0[1])] }
    try check([Self.points([2, 6], -1, 1)]) { [$0[0].glu(dim: 1)] }
  }

  // MARK: Reductions

  typealias Reduction = @Sendable (Tensor, Int) -> [Tensor]

  static let reductions: [String: Reduction] = {
    var table: [String: Reduction] = [:]
    table["sum"] = { x, dim in [x.sum(), x.sum(dim: dim), x.sum(dim: [0, 1], keepDim: true)] }
    table["mean"] = { x, dim in [x.mean(), x.mean(dim: dim, keepDim: true)] }
    table["nansum"] = { x, dim in [x.nansum(dim: dim), x.nanmean(dim: dim)] }
    table["prod"] = { x, dim in [x.prod(), x.prod(dim: dim)] }
    table["amax"] = { x, dim in [x.amax(), x.amin(dim: dim), x.max(), x.min()] }
    table["aminmax"] = { x, dim in [x.aminmax(dim: dim).min, x.aminmax(dim: dim).max] }
    table["max"] = { x, dim in [x.max(dim: dim).values, x.min(dim: dim, keepDim: true).values] }
    table["var"] = { x, dim in [x.var(), x.var(dim: dim, correction: 0), x.varMean(dim: dim).variance, x.varMean().mean] }
    table["std"] = { x, dim in [x.std(), x.std(dim: dim, keepDim: true), x.stdMean(dim: dim).std, x.stdMean().mean] }
    table["norm"] = { x, dim in [x.norm(), x.norm(1, dim: dim), x.norm(3), x.norm(0.5, dim: dim), x.norm(1.5)] }
    table["norm of extremes"] = { x, dim in [x.norm(.infinity), x.norm(-.infinity, dim: dim), x.norm(-2)] }
    table["renorm"] = { x, dim in [x.renorm(p: 2, dim: dim, maxNorm: 2), x.renorm(p: 3, dim: dim, maxNorm: 2)] }
    table["dist"] = { x, dim in [x.dist(x[0] * 0.5), x.dist(x.flip(dim) * 2, p: 3)] }
    table["cdist"] = { x, _ in [x.cdist(x[1...] * 0.3), x.cdist(x[0..<2] * 2, p: 3), x.cdist(x[0..<1] * 3, p: 1)] }
    table["diff"] = { x, dim in [x.diff(dim: dim), x.diff(n: 2, dim: dim)] }
    table["softmax"] = { x, dim in [x.softmax(dim: dim), x.logSoftmax(dim: dim), x.softmin(dim: dim)] }
    table["logSumExp"] = { x, dim in [x.logSumExp(dim: dim), x.logSumExp(dim: [0, 1], keepDim: true)] }
    table["cumsum"] = { x, dim in [x.cumsum(dim: dim), x.cumprod(dim: dim), x.logcumsumexp(dim: dim)] }
    table["cummax"] = { x, dim in [x.cummax(dim: dim).values, x.cummin(dim: dim).values] }
    table["sort"] = { x, dim in [x.sort(dim: dim).values, x.topk(2, dim: dim).values, x.kthvalue(2, dim: dim).values] }
    table["median"] = { x, dim in [x.median(), x.median(dim: dim).values, x.nanmedian(dim: dim).values, x.mode(dim: dim).values] }
    table["quantile"] = { x, dim in [x.quantile(0.3), x.quantile(0.6, dim: dim, keepDim: true)] }
    return table
  }()

  @Test(arguments: reductions.keys.sorted())
  func reduction(_ name: String) throws {
    let x = Self.points([3, 3], 0.4, 2.6)
    try check([x]) { Self.reductions[name]!($0[0], 0) }
    try gradcheck([x]) { Self.reductions[name]!($0[0].t(), -1) }
  }

  /// Products of elements of which some are zero have derivatives of every order.
  @Test func productsWithZeros() throws {
    for zeros in [[4], [1, 4], [0, 1, 2]] {
      var values = (0..<6).map { 0.5 + 0.3 * Double($0) }
      for index in zeros { values[index] = 0 }
      let x = Tensor(values).requiringGrad()
      try check([x]) { [$0[0].prod(), $0[0].cumprod(dim: 0), $0[0].reshape([2, 3]).prod(dim: 1)] }
    }
  }
}

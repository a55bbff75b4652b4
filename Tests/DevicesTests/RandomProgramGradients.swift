import Testing

@testable import Devices

/// The derivatives of random smooth programs, and theirs in turn, against finite differences: on the reference device, in float64.
@Suite struct RandomProgramGradientTests {
  private static let width = 8

  @Test(arguments: stride(from: 0, to: 1000, by: 50).map { $0..<($0 + 50) })
  func finiteDifferences(seeds: Range<Int>) throws {
    var compared = 0
    for seed in seeds {
      var numbers = TestNumbers(seed: seed)
      let kernel = Self.smoothProgram(using: &numbers)
      let inputs = kernel.inputs.map { _ in Self.numbers(-1.5...1.5, using: &numbers) }
      compared += try check(kernel, at: inputs, "seed \(seed): \(kernel.instructions)", using: &numbers)

      let pullback = kernel.pullback(mask: (1 << inputs.count) - 1)
      // Its sources are independent numbers to it.
      let sources = try pullback.sources.map { source -> [Double] in
        switch source {
        case .input(let index): inputs[index]
        case .output(let index): try Self.values(of: kernel, at: inputs)[index]
        case .gradient: Self.numbers(-1...1, using: &numbers)
        }
      }
      compared += try check(pullback.kernel, at: sources, "pullback of seed \(seed): \(kernel.instructions)", using: &numbers)
    }
    // Most elements are of a size that can be compared.
    #expect(compared > seeds.count * Self.width * 2)
  }

  /// Each function by itself, where it is smooth.
  @Test(arguments: Function.all)
  func functions(function: Function) throws {
    var numbers = TestNumbers(seed: 1)
    let kernel = ElementwiseKernel(inputs: [.value, .value]) { [function.apply($0[0], $0[1])] }
    for _ in 0..<5 {
      let inputs = (0..<2).map { _ in Self.numbers(-1.5...1.5, using: &numbers) }
      #expect(try check(kernel, at: inputs, function.name, using: &numbers) > Self.width)
    }
  }

  /// What has no derivative says so.
  @Test func undefinedDerivatives() {
    // Not where the gradient of another operand is asked for.
    let product = ElementwiseKernel { x, y in x.unary(.airyAi) * y }
    #expect(product.pullback(mask: 2).undefined == nil)
    #expect(product.pullback(mask: 1).undefined == .airyAi)
  }

  // MARK: Differences

  private static func numbers(_ range: ClosedRange<Double>, using numbers: inout TestNumbers) -> [Double] {
    (0..<width).map { _ in numbers.double(range) }
  }

  private static func operand(_ values: [Double]) -> KernelArgument { .operand(.model(values.map { .double($0) }, .float64)) }

  private static func values(of kernel: ElementwiseKernel, at inputs: [[Double]]) throws -> [[Double]] {
    try kernel.results(inputs.map(operand), shape: [width], dtype: .float64, on: ReferenceDevice.shared).map {
      try $0.values().map(\.doubleValue)
    }
  }

  /// Compares all gradients of a random combination of the results with central differences; says for how many elements.
  private func check(
    _ kernel: ElementwiseKernel, at inputs: [[Double]], _ context: String, using numbers: inout TestNumbers,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Int {
    let weights = kernel.outputs.map { _ in Self.numbers(0.5...1.5, using: &numbers) }
    func total(_ inputs: [[Double]]) throws -> [Double] {
      let results = try Self.values(of: kernel, at: inputs)
      return (0..<Self.width).map { i in zip(results, weights).reduce(0) { $0 + $1.0[i] * $1.1[i] } }
    }
    let mask = (1 << inputs.count) - 1
    if kernel.pullback(mask: mask).undefined != nil { return 0 }
    let arguments = inputs.map(Self.operand)
    let results = try kernel.results(arguments, shape: [Self.width], dtype: .float64, on: ReferenceDevice.shared)
    let gradients = try kernel.gradients(arguments, results: results, weights.map(Self.operand), mask: mask, dtype: .float64)
    let here = try total(inputs)
    var compared = 0
    for (index, gradient) in gradients {
      let gradient = try gradient.values().map(\.doubleValue)
      func difference(_ step: Double) throws -> [Double] {
        let sides = try [step, -step].map { step in
          var moved = inputs
          moved[index] = moved[index].map { $0 + step }
          return try total(moved)
        }
        return zip(sides[0], sides[1]).map { ($0 - $1) / (2 * step) }
      }
      let (wide, narrow) = (try difference(2e-4), try difference(1e-4))
      for i in 0..<Self.width where here[i].magnitude < 1e4 && gradient[i].magnitude < 1e4 {
        // Two steps give the error of the better one, and Richardson's value.
        let estimate = narrow[i] + (narrow[i] - wide[i]) / 3
        let uncertainty = (narrow[i] - wide[i]).magnitude
        // What bends too much within the steps shows nothing.
        guard uncertainty < 1e-3 * max(1, gradient[i].magnitude) else { continue }
        compared += 1
        let tolerance = 1e-7 * max(1, gradient[i].magnitude, here[i].magnitude) + uncertainty
        if !((estimate - gradient[i]).magnitude <= tolerance) {
          Issue.record(
            "gradient \(index) is \(gradient[i]), by differences \(estimate), at \(inputs.map { $0[i] }): \(context)",
            sourceLocation: sourceLocation)
          return compared
        }
      }
    }
    return compared
  }

  // MARK: Programs

  private static func smoothProgram(using numbers: inout TestNumbers) -> ElementwiseKernel {
    let count = numbers.int(1...3)
    let resultCount = numbers.int(1...2)
    let length = numbers.int(1...6)
    return ElementwiseKernel(inputs: [ElementwiseKernel.Kind](repeating: .value, count: count)) { inputs in
      var pool = inputs
      for _ in 0..<length {
        let function = Function.all.randomElement(using: &numbers)!
        pool.append(function.apply(pool.randomElement(using: &numbers)!, pool.randomElement(using: &numbers)!))
      }
      return Array(pool.suffix(resultCount))
    }
  }
}

/// An opcode with its operands brought to where it is smooth, from any two numbers.
struct Function: Sendable, CustomTestStringConvertible {
  let name: String
  let apply: @Sendable (Expression, Expression) -> Expression

  var testDescription: String { name }

  private init(_ opcode: Opcode, _ operand: @escaping @Sendable (Expression) -> Expression = { $0 }) {
    name = "\(opcode)"
    apply = { x, _ in operand(x).unary(opcode) }
  }

  private init(_ name: String, _ apply: @escaping @Sendable (Expression, Expression) -> Expression) {
    self.name = name
    self.apply = apply
  }

  private static func bounded(_ x: Expression) -> Expression { 1.5 * x.tanh() }
  private static func inside(_ x: Expression) -> Expression { 0.8 * x.tanh() }
  private static func positive(_ x: Expression) -> Expression { x.sigmoid() + 0.5 }

  static let all: [Function] = [
    Function(.neg), Function(.sin), Function(.cos), Function(.tanh), Function(.atan), Function(.erf), Function(.erfc),
    Function(.sigmoid), Function(.softplus), Function(.asinh), Function(.abs), Function(.relu), Function(.silu),
    Function(.exp, bounded), Function(.exp2, bounded),
    Function(.expm1, bounded), Function(.sinh, bounded), Function(.cosh, bounded), Function(.i0, bounded), Function(.i1, bounded),
    Function(.i0e, bounded), Function(.i1e, bounded), Function(.erfcx, bounded), Function(.ndtri) { 0.5 + 0.4 * $0.tanh() },
    Function(.besselJ0), Function(.besselJ1), Function(.besselY0, positive), Function(.besselY1, positive),
    Function(.besselK0, positive), Function(.besselK1, positive),
    Function("polygamma") { x, _ in x.constant(2).binary(.polygamma, positive(x)) },
    Function("zeta") { x, _ in x.constant(2.5).binary(.zeta, positive(x)) },
    Function("igamma") { x, _ in x.constant(1.5).binary(.igamma, positive(x)) },
    Function("igammac") { x, _ in x.constant(1.5).binary(.igammac, positive(x)) },
    Function(.log, positive), Function(.log2, positive), Function(.log10, positive), Function(.log1p, positive),
    Function(.sqrt, positive), Function(.rsqrt, positive), Function(.reciprocal, positive), Function(.lgamma, positive),
    Function(.digamma, positive), Function(.asin, inside), Function(.acos, inside), Function(.atanh, inside),
    Function(.erfinv, inside),
    Function(.tan, inside), Function(.acosh) { positive($0) + 1 },
    Function("add") { $0 + $1 }, Function("sub") { $0 - $1 }, Function("mul") { $0 * $1 }, Function("div") { $0 / positive($1) },
    Function("minimum") { $0.minimum($1) }, Function("maximum") { $0.maximum($1) }, Function("fmin") { $0.binary(.fmin, $1) },
    Function("fmax") { $0.binary(.fmax, $1) }, Function("hypot") { $0.binary(.hypot, positive($1)) },
    Function("logaddexp") { $0.binary(.logaddexp, $1) }, Function("atan2") { $0.binary(.atan2, positive($1)) },
    Function("pow") { positive($0).pow($1.tanh()) }, Function("square") { x, _ in x.pow(2) }, Function("cube") { x, _ in x.pow(3) },
    Function("copysign") { positive($0).binary(.copysign, $1) }, Function("remainder") { $0.binary(.remainder, positive($1)) },
    Function("fmod") { $0.binary(.fmod, positive($1)) }, Function("select") { ($0 .< $1).select($0 * $1, $1) },
  ]
}

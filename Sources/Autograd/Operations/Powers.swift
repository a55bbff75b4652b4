import Devices

extension Operation {
  static let pow = ElementwiseOperation(.pow, check: .kernel("pow", lacks: .boolean))
  static let powByNumber = ElementwiseOperation(
    "pow", "PowBackward0", .instruction(.pow), check: .kernel("pow", lacks: .boolean))
  static let powOfNumber = ElementwiseOperation(
    "pow", "PowBackward2", .instruction(.pow), check: .kernel("pow", lacks: .boolean))

  /// Powers by the numbers that users write, each with a kernel of its own: products in the place of a general power.
  static let powers: [Double: ElementwiseOperation] = Dictionary(
    uniqueKeysWithValues: [-2.0, -1, -0.5, 0.5, 1, 2, 3].map { exponent in
      (exponent, ElementwiseOperation("pow", "PowBackward0", ElementwiseKernel { x in x.pow(exponent) }))
    })
  static let square = powers[2]!
  static let cube = powers[3]!

  static let sqrt = ElementwiseOperation(.sqrt, rule: .floating)
  static let rsqrt = ElementwiseOperation(.rsqrt, rule: .floating)
  static let hypot = ElementwiseOperation(.hypot, check: .kernel("hypot_cpu", lacks: .integral))
  static let ldexp = ElementwiseOperation(
    "ldexp", "LdexpBackward0", ElementwiseKernel { x, exponent in x * exponent.exp2() }, rule: .floating)
}

extension Operation {
  // Scaled by powers of two alone, so that nothing is rounded. What is too near to zero for them is brought away from it first.
  fileprivate static let frexp = ElementwiseKernel(inputs: [.value]) { inputs in
    let x = inputs[0]
    let magnitude = x.abs()
    let isTiny = magnitude .< 0x1p-60
    let near = isTiny.select(x * 0x1p64, x)
    let guess = near.abs().log2().floor() + 1
    // In two steps, as one power alone may be beyond the dtype.
    let half = (guess * 0.5).floor()
    let scaled = near * (-half).exp2() * (half - guess).exp2()
    // The logarithm may have been rounded to the next whole number.
    let isLarge = scaled.abs() .>= 1
    let isSmall = scaled.abs() .< 0.5
    let mantissa = isLarge.select(scaled * 0.5, isSmall.select(scaled * 2, scaled))
    let exponent = isLarge.select(guess + 1, isSmall.select(guess - 1, guess)) - isTiny.select(64, x.constant(0))
    let isNumber = (magnitude .> 0) .& (magnitude .< .infinity)
    return [isNumber.select(mantissa, x), isNumber.select(exponent, 0)]
  }
}

extension Tensor {
  /// Each number as mantissa · 2^exponent, the mantissa's magnitude in [0.5, 1) and the exponent an int32. Zero, the infinities and NaN are
  /// their own mantissa, with the exponent 0.
  ///
  /// Error: `torch.frexp() only supports floating-point dtypes`.
  public func frexp() -> (mantissa: Tensor, exponent: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      guard x.isFloatingPoint else { throw .runtime("torch.frexp() only supports floating-point dtypes") }
      let parts = try Elementwise.apply(Operation.frexp, "FrexpBackward0", dtype: x.dtype, [x.detach().argument])
      let exponent = parts[1]
      return Tensor.differentiable("FrexpBackward0", results: [parts[0], exponent.to(.int32)], inputs: [x]) { gradients in
        [gradients[0].map { $0 / exponent.exp2() }]
      }
    }
    return (results[0], results[1])
  }

  /// self to the power of `exponent`. Integers to a negative power are 0, but for 1 and -1.
  public func pow(_ exponent: Tensor) -> Tensor { Operation.pow(self, exponent) }

  /// Error: `Integers to negative integer powers are not allowed.`
  public func pow(_ exponent: some ScalarConvertible) -> Tensor {
    let exponent = exponent.scalar
    // Booleans have no powers but these.
    if dtype == .bool, isValid, case .bool(let isOne) = exponent { return isOne ? clone() : onesLike() }
    if dtype != .bool {
      if case .int(2) = exponent { return Operation.square(self) }
      if case .int(3) = exponent { return Operation.cube(self) }
    }
    if case .int(let value) = exponent, value < 0, !dtype.isFloatingPoint, isValid {
      return .failure(.runtime("Integers to negative integer powers are not allowed."))
    }
    if dtype.isFloatingPoint, let operation = Operation.powers[exponent.doubleValue] { return operation(self) }
    return Operation.powByNumber(self, exponent)
  }

  /// The power computed in float64, whatever the dtypes.
  public func floatPower(_ exponent: Tensor) -> Tensor { to(.float64).pow(exponent.to(.float64)) }
  public func floatPower(_ exponent: some ScalarConvertible) -> Tensor { to(.float64).pow(exponent.scalar.doubleValue) }

  public func square() -> Tensor { pow(2) }
  public func sqrt() -> Tensor { Operation.sqrt(self) }
  /// 1 / √self.
  public func rsqrt() -> Tensor { Operation.rsqrt(self) }
  /// √(self² + other²), without overflow on the way.
  public func hypot(_ other: Tensor) -> Tensor { Operation.hypot(self, other) }
  /// self · 2^other.
  public func ldexp(_ other: Tensor) -> Tensor { Operation.ldexp(self, other) }
}

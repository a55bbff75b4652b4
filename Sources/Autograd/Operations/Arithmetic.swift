import Devices

/// The elementwise operations, each with its kernel; the derivative is the kernel's own.
enum Operation {}

extension Operation {
  static let add = ElementwiseOperation("add", "AddBackward0", .instruction(.add))
  static let sub = ElementwiseOperation("sub", "SubBackward0", .instruction(.sub), check: refuseBooleanSubtraction)
  static let rsub = ElementwiseOperation("rsub", "RsubBackward1", .instruction(.sub), check: refuseBooleanSubtraction)
  static let mul = ElementwiseOperation("mul", "MulBackward0", .instruction(.mul))
  static let div = ElementwiseOperation("div", "DivBackward0", .instruction(.div), rule: .floating)
  static let neg = ElementwiseOperation("neg", "NegBackward0", .instruction(.neg)) { (dtype) throws(TensorError) in
    if dtype == .bool {
      throw .notImplemented(
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` "
          + "operator instead.")
    }
  }
  static let remainder = ElementwiseOperation("remainder", "RemainderBackward1", .instruction(.remainder))
  static let remainderByNumber = ElementwiseOperation("remainder", "RemainderBackward0", .instruction(.remainder))
  static let pow = ElementwiseOperation("pow", "PowBackward1", .instruction(.pow))
  static let powByNumber = ElementwiseOperation("pow", "PowBackward0", .instruction(.pow))
  static let powOfNumber = ElementwiseOperation("pow", "PowBackward2", .instruction(.pow))
  static let reciprocal = ElementwiseOperation("reciprocal", "ReciprocalBackward0", .instruction(.reciprocal), rule: .floating)

  static let eq = ElementwiseOperation("eq", "", .instruction(.eq))
  static let ne = ElementwiseOperation("ne", "", .instruction(.ne))
  static let lt = ElementwiseOperation("lt", "", .instruction(.lt))
  static let le = ElementwiseOperation("le", "", .instruction(.le))
  static let gt = ElementwiseOperation("gt", "", .instruction(.gt))
  static let ge = ElementwiseOperation("ge", "", .instruction(.ge))

  static let bitAnd = ElementwiseOperation("bitwise_and", "", .instruction(.bitAnd))
  static let bitOr = ElementwiseOperation("bitwise_or", "", .instruction(.bitOr))
  static let bitXor = ElementwiseOperation("bitwise_xor", "", .instruction(.bitXor))
  static let bitNot = ElementwiseOperation("bitwise_not", "", .instruction(.bitNot))

  private static func refuseBooleanSubtraction(_ dtype: DType) throws(TensorError) {
    if dtype == .bool {
      throw .notImplemented(
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.")
    }
  }

  /// Powers by the numbers that users write, each with a kernel of its own: products in the place of a general power.
  static let powers: [Double: ElementwiseOperation] = Dictionary(
    uniqueKeysWithValues: [-2.0, -1, -0.5, 0.5, 1, 2, 3].map { exponent in
      (exponent, ElementwiseOperation("pow", "PowBackward0", ElementwiseKernel { x in x.pow(exponent) }))
    })
  static let square = powers[2]!
  static let cube = powers[3]!
}

extension Tensor {
  public func remainder(_ other: Tensor) -> Tensor { Operation.remainder(self, other) }
  public func remainder(_ other: Scalar) -> Tensor { Operation.remainderByNumber(self, other) }

  public func pow(_ exponent: Tensor) -> Tensor { Operation.pow(self, exponent) }

  /// Error: `Integers to negative integer powers are not allowed.`
  public func pow(_ exponent: Scalar) -> Tensor {
    if case .int(2) = exponent { return Operation.square(self) }
    if case .int(3) = exponent { return Operation.cube(self) }
    if case .int(let value) = exponent, value < 0, !dtype.isFloatingPoint, isValid {
      return .failure(.runtime("Integers to negative integer powers are not allowed."))
    }
    if dtype.isFloatingPoint, let operation = Operation.powers[exponent.doubleValue] { return operation(self) }
    return Operation.powByNumber(self, exponent)
  }

  public func reciprocal() -> Tensor { Operation.reciprocal(self) }
  public func exp() -> Tensor { Operation.exp(self) }
  public func isNaN() -> Tensor { Operation.isNaN(self) }
}

extension Operation {
  static let exp = ElementwiseOperation("exp", "ExpBackward0", .instruction(.exp), rule: .floating)
  static let isNaN = ElementwiseOperation("isnan", "", .instruction(.isNaN))
}

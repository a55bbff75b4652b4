import Devices

/// The elementwise operations, each with its kernel; the derivative is the kernel's own.
enum Operation {}

extension Operation {
  static let add = ElementwiseOperation(.add)
  static let sub = ElementwiseOperation(.sub, check: numericDifference)
  static let rsub = ElementwiseOperation("rsub", "RsubBackward1", .instruction(.sub), check: numericDifference)
  static let mul = ElementwiseOperation(.mul)
  static let div = ElementwiseOperation(.div, rule: .floating)
  static let neg = ElementwiseOperation(
    .neg,
    check: .booleans(
      "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` "
        + "operator instead."))

  static let numericDifference = DTypeCheck { _, operands in
    guard operands.contains(.bool) else { return nil }
    return .notImplemented(
      operands.allSatisfy { $0 == .bool }
        ? "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead."
        : "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
          + "`logical_not()` operator instead.")
  }
}

// MARK: - Sums and differences with a weight

extension Operation {
  static let addScaled = ElementwiseOperation("add", "AddBackward0", ElementwiseKernel { x, y, alpha in x + alpha * y })
  static let subScaled = ElementwiseOperation(
    "sub", "SubBackward0", ElementwiseKernel { x, y, alpha in x - alpha * y }, check: numericDifference)

  static let rsubScaled = ElementwiseOperation(
    "rsub", "RsubBackward1", ElementwiseKernel { x, y, alpha in y - alpha * x }, check: numericDifference)

  fileprivate static func scaled(
    _ operation: ElementwiseOperation, _ x: Tensor, _ y: ElementwiseArgument, alpha: Scalar
  ) -> Tensor {
    let dtypes = [x.dtype, y.dtype]
    switch alpha {
    case .double where dtypes.allSatisfy(\.isIntegral):
      return .failure(.runtime("For integral input tensors, argument alpha must not be a floating point number."))
    case .bool where dtypes.contains { $0 != .bool }:
      return .failure(.runtime("Boolean alpha only supported for Boolean results."))
    default: break
    }
    // The weight takes no part in promotion.
    let weight: Scalar = dtypes.allSatisfy { $0 == .bool } ? .bool(alpha.boolValue) : alpha
    return operation(x.argument, y, weight.argument)
  }
}

extension Tensor {
  /// self + alpha · other.
  ///
  /// Errors: `For integral input tensors, argument alpha must not be a floating point number.`; `Boolean alpha only supported for Boolean
  /// results.`
  public func add(_ other: Tensor, alpha: some ScalarConvertible) -> Tensor {
    Operation.scaled(Operation.addScaled, self, other.argument, alpha: alpha.scalar)
  }
  public func add(_ other: some ScalarConvertible, alpha: some ScalarConvertible) -> Tensor {
    Operation.scaled(Operation.addScaled, self, other.argument, alpha: alpha.scalar)
  }

  /// self - alpha · other. Errors as for `add`, and for booleans.
  public func sub(_ other: Tensor, alpha: some ScalarConvertible) -> Tensor {
    Operation.scaled(Operation.subScaled, self, other.argument, alpha: alpha.scalar)
  }
  public func sub(_ other: some ScalarConvertible, alpha: some ScalarConvertible) -> Tensor {
    Operation.scaled(Operation.subScaled, self, other.argument, alpha: alpha.scalar)
  }
}

extension Tensor {
  /// other - alpha · self: what stands on the right of a minus. Errors as for `sub`.
  public func rsub(_ other: Tensor, alpha: some ScalarConvertible = 1) -> Tensor { other.sub(self, alpha: alpha) }
  public func rsub(_ other: some ScalarConvertible, alpha: some ScalarConvertible = 1) -> Tensor {
    Operation.scaled(Operation.rsubScaled, self, other.argument, alpha: alpha.scalar)
  }
}

// MARK: - Products and quotients added

extension Operation {
  static let addcmul = ElementwiseOperation(
    "addcmul", "AddcmulBackward0", threeTensors { x, a, b, value in x + value * a * b },
    check: .kernel("addcmul_cpu_out", lacks: .boolean))
  static let addcdiv = ElementwiseOperation(
    "addcdiv", "AddcdivBackward0", threeTensors { x, a, b, value in x + value * (a / b) },
    check: DTypeCheck { _, operands in
      guard operands[1].isIntegral && operands[2].isIntegral else { return nil }
      return .runtime(
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 "
          + "and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / "
          + "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
          + "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.")
    })

  private static func threeTensors(
    _ body: (Expression, Expression, Expression, Expression) -> Expression
  ) -> ElementwiseKernel {
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { [body($0[0], $0[1], $0[2], $0[3])] }
  }

  // The weighted mean, computed from the nearer end so that weights 0 and 1 give the ends themselves.
  private static let interpolation = ElementwiseKernel { start, end, weight in
    (weight.abs() .< 0.5).select(start + weight * (end - start), end - (end - start) * (1 - weight))
  }
  static let lerp = ElementwiseOperation("lerp", "LerpBackward1", interpolation)
  static let lerpByNumber = ElementwiseOperation("lerp", "LerpBackward0", interpolation)
}

extension Tensor {
  /// self + value · (tensor1 · tensor2).
  public func addcmul(_ tensor1: Tensor, _ tensor2: Tensor, value: some ScalarConvertible = 1) -> Tensor {
    Operation.addcmul(argument, tensor1.argument, tensor2.argument, value.argument)
  }

  /// self + value · (tensor1 / tensor2).
  ///
  /// Error: integer tensors are refused (`Integer division with addcdiv is no longer supported, ...`).
  public func addcdiv(_ tensor1: Tensor, _ tensor2: Tensor, value: some ScalarConvertible = 1) -> Tensor {
    Operation.addcdiv(argument, tensor1.argument, tensor2.argument, value.argument)
  }

  /// self + weight · (end - self), for tensors of one floating dtype.
  ///
  /// Error: ``expected dtype float for `end` but got dtype double``.
  public func lerp(_ end: Tensor, weight: some ScalarConvertible) -> Tensor {
    attempt(self, end) { x, end throws(TensorError) in
      try x.checkSameDType(end, "end")
      if x.dtype.isIntegral { throw .lacking("lerp_kernel_scalar", x.dtype) }
      return Operation.lerpByNumber(x.argument, end.argument, weight.argument)
    }
  }
  public func lerp(_ end: Tensor, weight: Tensor) -> Tensor {
    attempt(self, end, weight) { x, end, weight throws(TensorError) in
      try x.checkSameDType(end, "end")
      try x.checkSameDType(weight, "weight")
      if x.dtype.isIntegral { throw .lacking("lerp_kernel_tensor", x.dtype) }
      return Operation.lerp(x.argument, end.argument, weight.argument)
    }
  }

  private func checkSameDType(_ other: Tensor, _ name: String) throws(TensorError) {
    guard dtype == other.dtype else {
      throw .runtime("expected dtype \(dtype.cppName) for `\(name)` but got dtype \(other.dtype.cppName)")
    }
  }
}

// MARK: - Signs and parts

extension Operation {
  static let abs = ElementwiseOperation(.abs, check: .kernel("abs_cpu", lacks: .boolean))
  static let sign = ElementwiseOperation(.sign)
  static let sgn = ElementwiseOperation("sgn", "SgnBackward0", .instruction(.sign))
  static let reciprocal = ElementwiseOperation(.reciprocal, rule: .floating)
  static let copysign = ElementwiseOperation(.copysign, rule: .floating)
  static let copysignOfNumber = ElementwiseOperation("copysign", "CopysignBackward1", .instruction(.copysign), rule: .floating)
  static let nextafter = ElementwiseOperation(.nextafter, check: .kernel("nextafter_cpu", lacks: .integral))
  static let gcd = ElementwiseOperation(.gcd, check: .kernel("gcd_cpu", lacks: .notInteger))
  static let lcm = ElementwiseOperation(.lcm, check: .kernel("lcm_cpu", lacks: .notInteger))
}

extension Tensor {
  /// The tensor itself.
  ///
  /// Error: ``The `+` operator, on a bool tensor is not supported.``
  public static prefix func + (x: Tensor) -> Tensor {
    guard x.isValid else { return x.passedOn }
    guard x.dtype == .bool else { return x }
    return .failure(.notImplemented("The `+` operator, on a bool tensor is not supported."))
  }

  /// The derivative is zero where the element is.
  public func abs() -> Tensor { Operation.abs(self) }
  /// -1, 0 or 1; zero for NaN.
  public func sign() -> Tensor { Operation.sign(self) }
  /// The direction of a number from zero, which for real numbers is the sign.
  public func sgn() -> Tensor { Operation.sgn(self) }
  /// The number with the sign of its imaginary part exchanged: of real numbers the number itself.
  public func conjPhysical() -> Tensor { isValid ? self : passedOn }
  /// 1 / self; integers give the default dtype.
  public func reciprocal() -> Tensor { Operation.reciprocal(self) }
  /// The magnitude of self with the sign of `other`.
  public func copysign(_ other: Tensor) -> Tensor { Operation.copysign(self, other) }
  public func copysign(_ other: some ScalarConvertible) -> Tensor { Operation.copysignOfNumber(self, other.scalar) }
  /// The next representable number in the direction of `other`.
  public func nextafter(_ other: Tensor) -> Tensor { Operation.nextafter(self, other) }
  /// The greatest common divisor of integers.
  public func gcd(_ other: Tensor) -> Tensor { Operation.gcd(self, other) }
  /// The least common multiple of integers.
  public func lcm(_ other: Tensor) -> Tensor { Operation.lcm(self, other) }
}

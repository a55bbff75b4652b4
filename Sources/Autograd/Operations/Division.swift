import Devices

/// How the result of a division becomes a whole number.
public enum RoundingMode: Sendable {
  /// Toward zero.
  case trunc
  /// Down.
  case floor
}

extension Operation {
  static let remainder = ElementwiseOperation(.remainder, check: .kernel("remainder_cpu", lacks: .boolean))
  static let remainderByNumber = ElementwiseOperation(
    "remainder", "RemainderBackward0", .instruction(.remainder), check: .kernel("remainder_cpu", lacks: .boolean))
  static let fmod = ElementwiseOperation(.fmod, check: .kernel("fmod_cpu", lacks: .boolean))
  static let fmodByNumber = ElementwiseOperation(
    "fmod", "FmodBackward0", .instruction(.fmod), check: .kernel("fmod_cpu", lacks: .boolean))

  private static let truncatedQuotient = ElementwiseKernel { x, y in (x / y).trunc() }
  static let divTrunc = ElementwiseOperation(
    "div", "DivBackward2", truncatedQuotient, check: .kernel("div_trunc_cpu", lacks: .boolean))
  static let divTruncByNumber = ElementwiseOperation(
    "div", "DivBackward3", truncatedQuotient, check: .kernel("div_trunc_cpu", lacks: .boolean))
  static let divFloor = ElementwiseOperation(
    "div", "DivBackward2", .instruction(.floorDivide), check: .kernel("div_floor_cpu", lacks: .boolean))
  static let divFloorByNumber = ElementwiseOperation(
    "div", "DivBackward3", .instruction(.floorDivide), check: .kernel("div_floor_cpu", lacks: .boolean))
}

// Integers that are divided by zero are an error, `ZeroDivisionError`: of the device, which has the divisors. An asynchronous one throws it where
// it is waited for.

extension Tensor {
  /// The quotient, rounded to a whole number. Integers stay integers. Its derivative is zero.
  public func div(_ other: Tensor, roundingMode: RoundingMode) -> Tensor {
    (roundingMode == .trunc ? Operation.divTrunc : Operation.divFloor)(self, other)
  }
  public func div(_ other: some ScalarConvertible, roundingMode: RoundingMode) -> Tensor {
    (roundingMode == .trunc ? Operation.divTruncByNumber : Operation.divFloorByNumber)(self, other.scalar)
  }

  /// Python's `//`: the quotient rounded down. PyTorch has no derivative for it; `div(_:roundingMode:)` has.
  public func floorDivide(_ other: Tensor) -> Tensor {
    Operation.divFloor(detach(), other.detach()).notDifferentiable("floor_divide", [self, other])
  }
  public func floorDivide(_ other: some ScalarConvertible) -> Tensor {
    Operation.divFloorByNumber(detach(), other.scalar).notDifferentiable("floor_divide", [self])
  }

  /// Python's `%`: the remainder with the sign of the divisor.
  public func remainder(_ other: Tensor) -> Tensor { Operation.remainder(self, other) }
  public func remainder(_ other: some ScalarConvertible) -> Tensor {
    Operation.remainderByNumber(self, other.scalar)
  }

  /// C's `fmod`: the remainder with the sign of the dividend.
  public func fmod(_ other: Tensor) -> Tensor { Operation.fmod(self, other) }
  public func fmod(_ other: some ScalarConvertible) -> Tensor { Operation.fmodByNumber(self, other.scalar) }
}

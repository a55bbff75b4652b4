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

  fileprivate static func divided(
    _ x: Tensor, _ y: Tensor, by operation: ElementwiseOperation
  ) -> Tensor {
    attempt(x, y) { x, y throws(TensorError) in
      if x.dtype.isIntegral && y.dtype.isIntegral && y.dtype != .bool && Bool((y .== 0).any()) {
        throw .runtime("ZeroDivisionError")
      }
      return operation(x, y)
    }
  }

  fileprivate static func divided(_ x: Tensor, _ y: Scalar, by operation: ElementwiseOperation) -> Tensor {
    if x.isValid && x.dtype.isIntegral && y.category != .floating && y.intValue == 0 && (x.dtype != .bool || y.category == .integer)
    {
      return .failure(.runtime("ZeroDivisionError"))
    }
    return operation(x, y)
  }
}

// Integers that are divided by zero are an error, `ZeroDivisionError`; to see it, a division by an integer tensor waits for its values.

extension Tensor {
  /// The quotient, rounded to a whole number. Integers stay integers. Its derivative is zero.
  public func div(_ other: Tensor, roundingMode: RoundingMode) -> Tensor {
    Operation.divided(self, other, by: roundingMode == .trunc ? Operation.divTrunc : Operation.divFloor)
  }
  public func div(_ other: some ScalarConvertible, roundingMode: RoundingMode) -> Tensor {
    Operation.divided(self, other.scalar, by: roundingMode == .trunc ? Operation.divTruncByNumber : Operation.divFloorByNumber)
  }

  /// Python's `//`: the quotient rounded down. PyTorch has no derivative for it; `div(_:roundingMode:)` has.
  public func floorDivide(_ other: Tensor) -> Tensor {
    Operation.divided(detach(), other.detach(), by: Operation.divFloor).notDifferentiable("floor_divide", [self, other])
  }
  public func floorDivide(_ other: some ScalarConvertible) -> Tensor {
    Operation.divided(detach(), other.scalar, by: Operation.divFloorByNumber).notDifferentiable("floor_divide", [self])
  }

  /// Python's `%`: the remainder with the sign of the divisor.
  public func remainder(_ other: Tensor) -> Tensor { Operation.divided(self, other, by: Operation.remainder) }
  public func remainder(_ other: some ScalarConvertible) -> Tensor {
    Operation.divided(self, other.scalar, by: Operation.remainderByNumber)
  }

  /// C's `fmod`: the remainder with the sign of the dividend.
  public func fmod(_ other: Tensor) -> Tensor { Operation.divided(self, other, by: Operation.fmod) }
  public func fmod(_ other: some ScalarConvertible) -> Tensor { Operation.divided(self, other.scalar, by: Operation.fmodByNumber) }
}

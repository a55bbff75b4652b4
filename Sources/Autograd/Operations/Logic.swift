import Devices

extension Operation {
  static let bitAnd = ElementwiseOperation(.bitAnd, check: .kernel("bitwise_and_cpu", lacks: .floating))
  static let bitOr = ElementwiseOperation(.bitOr, check: .kernel("bitwise_or_cpu", lacks: .floating))
  static let bitXor = ElementwiseOperation(.bitXor, check: .kernel("bitwise_xor_cpu", lacks: .floating))
  static let bitNot = ElementwiseOperation(.bitNot, check: .kernel("bitwise_not_cpu", lacks: .floating))
  static let shiftLeft = ElementwiseOperation(.shiftLeft, check: .kernel("lshift_cpu", lacks: .notInteger))
  static let shiftRight = ElementwiseOperation(.shiftRight, check: .kernel("rshift_cpu", lacks: .notInteger))

  static let logicalAnd = truth { x, y in x .& y }
  static let logicalOr = truth { x, y in x .| y }
  static let logicalXor = truth { x, y in x.callInstruction(.bitXor, y) }
  static let logicalNot = ElementwiseOperation("logical_not", "", ElementwiseKernel(inputs: [.boolean]) { [.!$0[0]] })

  /// Operands are read as booleans, whatever their dtype: all but zero is true.
  private static func truth(_ body: (Expression, Expression) -> Expression) -> ElementwiseOperation {
    ElementwiseOperation("logical", "", ElementwiseKernel(inputs: [.boolean, .boolean]) { [body($0[0], $0[1])] })
  }
}

// MARK: - Bits of integers, logic of booleans

extension Tensor {
  public static func .& (x: Tensor, y: Tensor) -> Tensor { Operation.bitAnd(x, y) }
  public static func .& (x: Tensor, y: Int) -> Tensor { Operation.bitAnd(x, y.scalar) }
  public static func .| (x: Tensor, y: Tensor) -> Tensor { Operation.bitOr(x, y) }
  public static func .| (x: Tensor, y: Int) -> Tensor { Operation.bitOr(x, y.scalar) }
  public static func .^ (x: Tensor, y: Tensor) -> Tensor { Operation.bitXor(x, y) }
  public static func .^ (x: Tensor, y: Int) -> Tensor { Operation.bitXor(x, y.scalar) }
  public static prefix func .! (x: Tensor) -> Tensor { Operation.bitNot(x) }

  /// Shifts of integers. As many places as there are bits, or a negative number of them, push every bit out.
  public static func << (x: Tensor, y: Tensor) -> Tensor { Operation.shiftLeft(x, y) }
  public static func << (x: Tensor, y: Int) -> Tensor { Operation.shiftLeft(x, y.scalar) }
  public static func >> (x: Tensor, y: Tensor) -> Tensor { Operation.shiftRight(x, y) }
  public static func >> (x: Tensor, y: Int) -> Tensor { Operation.shiftRight(x, y.scalar) }
  public static func << (x: Int, y: Tensor) -> Tensor { Operation.shiftLeft(x.scalar, y) }
  public static func >> (x: Int, y: Tensor) -> Tensor { Operation.shiftRight(x.scalar, y) }
}

// MARK: - Logic of any dtype

extension Tensor {
  /// Whether both are not zero.
  public func logicalAnd(_ other: Tensor) -> Tensor { Operation.logicalAnd(argument, other.argument) }
  /// Whether any is not zero.
  public func logicalOr(_ other: Tensor) -> Tensor { Operation.logicalOr(argument, other.argument) }
  /// Whether one, but not both, is not zero.
  public func logicalXor(_ other: Tensor) -> Tensor { Operation.logicalXor(argument, other.argument) }
  /// Whether it is zero.
  public func logicalNot() -> Tensor { Operation.logicalNot(argument) }
}

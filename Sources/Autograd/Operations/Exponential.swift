import Devices

// Exponentials and logarithms. Integers and booleans are computed in the default dtype.

extension Operation {
  static let exp = ElementwiseOperation(.exp, rule: .floating)
  static let exp2 = ElementwiseOperation(.exp2, rule: .floating)
  static let expm1 = ElementwiseOperation(.expm1, rule: .floating)
  static let log = ElementwiseOperation(.log, rule: .floating)
  static let log2 = ElementwiseOperation(.log2, rule: .floating)
  static let log10 = ElementwiseOperation(.log10, rule: .floating)
  static let log1p = ElementwiseOperation(.log1p, rule: .floating)
  static let sigmoid = ElementwiseOperation(.sigmoid, rule: .floating)

  static let logaddexp = ElementwiseOperation(.logaddexp, check: .kernel("logaddexp_cpu", lacks: .integral))
  static let logaddexp2 = ElementwiseOperation(
    "logaddexp2", "Logaddexp2Backward0",
    ElementwiseKernel { x, y in
      let log2 = 0.6931471805599453
      return (x * log2).callInstruction(.logaddexp, y * log2) / log2
    }, check: .kernel("logaddexp2_cpu", lacks: .integral))
}

extension Tensor {
  public func exp() -> Tensor { Operation.exp(self) }
  public func exp2() -> Tensor { Operation.exp2(self) }
  /// exp(self) - 1, exact near zero.
  public func expm1() -> Tensor { Operation.expm1(self) }
  public func log() -> Tensor { Operation.log(self) }
  public func log2() -> Tensor { Operation.log2(self) }
  public func log10() -> Tensor { Operation.log10(self) }
  /// log(1 + self), exact near zero.
  public func log1p() -> Tensor { Operation.log1p(self) }
  /// 1 / (1 + exp(-self)).
  public func sigmoid() -> Tensor { Operation.sigmoid(self) }
  /// log(exp(self) + exp(other)), without overflow on the way.
  public func logaddexp(_ other: Tensor) -> Tensor { Operation.logaddexp(self, other) }
  /// log2(2^self + 2^other), without overflow on the way.
  public func logaddexp2(_ other: Tensor) -> Tensor { Operation.logaddexp2(self, other) }
}

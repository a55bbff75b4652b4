import Devices

extension Operation {
  static let floor = ElementwiseOperation(.floor, check: .kernel("floor_vml_cpu", lacks: .boolean))
  static let ceil = ElementwiseOperation(.ceil, check: .kernel("ceil_vml_cpu", lacks: .boolean))
  static let round = ElementwiseOperation(.round, check: .kernel("round_vml_cpu", lacks: .boolean))
  static let trunc = ElementwiseOperation(.trunc, check: .kernel("trunc_vml_cpu", lacks: .boolean))
  static let frac = ElementwiseOperation(
    "frac", "FracBackward0", ElementwiseKernel { x in x - x.trunc() }, check: .kernel("frac_cpu", lacks: .integral))

  // Powers of ten above one are exact, those below are not: each direction multiplies or divides by the former.
  static let roundToDecimals = ElementwiseOperation(
    "round", "RoundBackward1", ElementwiseKernel { x, scale in (x * scale).round() / scale },
    check: .kernel("round_cpu", lacks: .integral))
  static let roundToPowerOfTen = ElementwiseOperation(
    "round", "RoundBackward1", ElementwiseKernel { x, scale in (x / scale).round() * scale },
    check: .kernel("round_cpu", lacks: .integral))
}

// Integers are whole already and stay as they are. The derivatives are zero, that of `frac` is one.

extension Tensor {
  public func floor() -> Tensor { Operation.floor(self) }
  public func ceil() -> Tensor { Operation.ceil(self) }
  /// To the nearest whole number, halves to the even one.
  public func round() -> Tensor { Operation.round(self) }
  /// To so many decimal places; negative ones round to tens, hundreds and so on.
  public func round(decimals: Int) -> Tensor {
    if decimals == 0 { return round() }
    var scale = 1.0
    for _ in 0..<Swift.min(decimals.magnitude, 400) { scale *= 10 }
    return decimals > 0 ? Operation.roundToDecimals(self, .double(scale)) : Operation.roundToPowerOfTen(self, .double(scale))
  }
  /// Toward zero.
  public func trunc() -> Tensor { Operation.trunc(self) }
  /// What `trunc` cuts off.
  public func frac() -> Tensor { Operation.frac(self) }
}

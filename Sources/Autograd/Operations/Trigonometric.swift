import Devices

// Circular and hyperbolic functions and their inverses. Integers and booleans are computed in the default dtype.

extension Operation {
  static let sin = ElementwiseOperation(.sin, rule: .floating)
  static let cos = ElementwiseOperation(.cos, rule: .floating)
  static let tan = ElementwiseOperation(.tan, rule: .floating)
  static let asin = ElementwiseOperation(.asin, rule: .floating)
  static let acos = ElementwiseOperation(.acos, rule: .floating)
  static let atan = ElementwiseOperation(.atan, rule: .floating)
  static let atan2 = ElementwiseOperation(.atan2, rule: .floating)
  static let sinh = ElementwiseOperation(.sinh, rule: .floating)
  static let cosh = ElementwiseOperation(.cosh, rule: .floating)
  static let tanh = ElementwiseOperation(.tanh, rule: .floating)
  static let asinh = ElementwiseOperation(.asinh, rule: .floating)
  static let acosh = ElementwiseOperation(.acosh, rule: .floating)
  static let atanh = ElementwiseOperation(.atanh, rule: .floating)

  static let deg2rad = ElementwiseOperation(
    "deg2rad", "Deg2RadBackward0", ElementwiseKernel { x in x * (Double.pi / 180) }, rule: .floating)
  static let rad2deg = ElementwiseOperation(
    "rad2deg", "Rad2DegBackward0", ElementwiseKernel { x in x * (180 / Double.pi) }, rule: .floating)
  static let angle = ElementwiseOperation(
    "angle", "AngleBackward0", ElementwiseKernel { x in x.isNaN().select(.nan, (x .< 0).select(.pi, x.constant(0))) },
    rule: .floating)
}

extension Tensor {
  public func sin() -> Tensor { Operation.sin(self) }
  public func cos() -> Tensor { Operation.cos(self) }
  public func tan() -> Tensor { Operation.tan(self) }
  public func asin() -> Tensor { Operation.asin(self) }
  public func acos() -> Tensor { Operation.acos(self) }
  public func atan() -> Tensor { Operation.atan(self) }
  /// The angle of the point (other, self), in (-π, π].
  public func atan2(_ other: Tensor) -> Tensor { Operation.atan2(self, other) }
  public func sinh() -> Tensor { Operation.sinh(self) }
  public func cosh() -> Tensor { Operation.cosh(self) }
  public func tanh() -> Tensor { Operation.tanh(self) }
  public func asinh() -> Tensor { Operation.asinh(self) }
  public func acosh() -> Tensor { Operation.acosh(self) }
  public func atanh() -> Tensor { Operation.atanh(self) }

  /// Degrees as radians.
  public func deg2rad() -> Tensor { Operation.deg2rad(self) }
  /// Radians as degrees.
  public func rad2deg() -> Tensor { Operation.rad2deg(self) }
  /// The angle of a number in the complex plane: π for negative ones, else zero.
  public func angle() -> Tensor { Operation.angle(self) }
}

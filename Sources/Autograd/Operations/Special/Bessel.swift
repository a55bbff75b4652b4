import Devices

// Bessel functions of order zero and one, and Airy's function.

extension Operation {
  fileprivate static let i0e = ElementwiseOperation(.i0e, rule: .floating)
  fileprivate static let i1 = ElementwiseOperation(.i1, rule: .floating)
  fileprivate static let i1e = ElementwiseOperation(.i1e, rule: .floating)
  fileprivate static let besselJ0 = ElementwiseOperation(.besselJ0, rule: .floating)
  fileprivate static let besselJ1 = ElementwiseOperation(.besselJ1, rule: .floating)
  fileprivate static let besselY0 = ElementwiseOperation(.besselY0, rule: .floating)
  fileprivate static let besselY1 = ElementwiseOperation(.besselY1, rule: .floating)
  fileprivate static let besselK0 = ElementwiseOperation(.besselK0, rule: .floating)
  fileprivate static let besselK1 = ElementwiseOperation(.besselK1, rule: .floating)
  fileprivate static let scaledBesselK0 = ElementwiseOperation(.scaledBesselK0, rule: .floating)
  fileprivate static let scaledBesselK1 = ElementwiseOperation(.scaledBesselK1, rule: .floating)
  fileprivate static let airyAi = ElementwiseOperation(.airyAi, rule: .floating)
  fileprivate static let sphericalBesselJ0 = ElementwiseOperation(
    "special_spherical_bessel_j0", "",
    ElementwiseKernel { x in (x .== 0).select(1, (x.abs() .== .infinity).select(0, x.sin() / x)) }, rule: .floating)
}

// DLMF 10.2. Y is infinite at zero and NaN below.
extension Special {
  /// The Bessel function of the first kind and order zero.
  public static func besselJ0(_ x: Tensor) -> Tensor { Operation.besselJ0(x) }
  /// The Bessel function of the first kind and order one.
  public static func besselJ1(_ x: Tensor) -> Tensor { Operation.besselJ1(x) }
  /// The Bessel function of the second kind and order zero.
  public static func besselY0(_ x: Tensor) -> Tensor { Operation.besselY0(x) }
  /// The Bessel function of the second kind and order one.
  public static func besselY1(_ x: Tensor) -> Tensor { Operation.besselY1(x) }
  /// The spherical Bessel function of the first kind and order zero, sin(x) / x (DLMF 10.49.3). PyTorch has no derivative: the result is no
  /// part of the graph.
  public static func sphericalBesselJ0(_ x: Tensor) -> Tensor { Operation.sphericalBesselJ0(x.detach()) }
}

// DLMF 10.25. Of the first kind and order zero there is the method `i0`, PyTorch's `i0` and `special.modified_bessel_i0`; order one is here,
// PyTorch's `special.i1` and `special.modified_bessel_i1`.
extension Special {
  /// The modified Bessel function of the first kind and order one.
  public static func i1(_ x: Tensor) -> Tensor { Operation.i1(x) }
  /// e^-|x| times the modified Bessel function of the first kind and order zero.
  public static func i0e(_ x: Tensor) -> Tensor { Operation.i0e(x) }
  /// e^-|x| times the modified Bessel function of the first kind and order one.
  public static func i1e(_ x: Tensor) -> Tensor { Operation.i1e(x) }
  /// The modified Bessel function of the second kind and order zero.
  public static func modifiedBesselK0(_ x: Tensor) -> Tensor { Operation.besselK0(x) }
  /// The modified Bessel function of the second kind and order one.
  public static func modifiedBesselK1(_ x: Tensor) -> Tensor { Operation.besselK1(x) }
  /// e^x times the modified Bessel function of the second kind and order zero. As in PyTorch the result is no part of the graph.
  public static func scaledModifiedBesselK0(_ x: Tensor) -> Tensor { Operation.scaledBesselK0(x.detach()) }
  /// e^x times the modified Bessel function of the second kind and order one. As in PyTorch the result is no part of the graph.
  public static func scaledModifiedBesselK1(_ x: Tensor) -> Tensor { Operation.scaledBesselK1(x.detach()) }
}

extension Special {
  /// Airy's function Ai (DLMF 9.2). As in PyTorch the result is no part of the graph.
  public static func airyAi(_ x: Tensor) -> Tensor { Operation.airyAi(x.detach()) }
}

import Devices

// Special functions. Integers and booleans are computed in the default dtype.

extension Operation {
  static let erf = ElementwiseOperation(.erf, rule: .floating)
  static let erfc = ElementwiseOperation(.erfc, rule: .floating)
  static let erfinv = ElementwiseOperation(.erfinv, rule: .floating)
  static let lgamma = ElementwiseOperation(.lgamma, rule: .floating)
  static let digamma = ElementwiseOperation(.digamma, rule: .floating)
  static let i0 = ElementwiseOperation(.i0, rule: .floating)

  // At zero both the quotient and its derivative are taken elsewhere and thrown away.
  static let sinc = ElementwiseOperation(
    "sinc", "",
    ElementwiseKernel { x in
      let isZero = x .== 0
      let angle = isZero.select(1, x) * Double.pi
      return isZero.select(1, angle.sin() / angle)
    }, rule: .floating)
  // One quotient, which is nothing where the square is: two of them would be infinite there.
  fileprivate static let sincDerivative = ElementwiseOperation(
    "sinc", "WhereBackward0",
    ElementwiseKernel { g, x in
      let (angle, square) = (x * Double.pi, x * x * Double.pi)
      return (square .== 0).select(0, g * ((angle * angle.cos() - angle.sin()) / square))
    })
}

extension Tensor {
  /// The error function.
  public func erf() -> Tensor { Operation.erf(self) }
  /// 1 - erf(self), exact where erf is near one.
  public func erfc() -> Tensor { Operation.erfc(self) }
  /// The inverse of the error function.
  public func erfinv() -> Tensor { Operation.erfinv(self) }
  /// The logarithm of |Γ(self)|.
  public func lgamma() -> Tensor { Operation.lgamma(self) }
  /// The derivative of log Γ.
  public func digamma() -> Tensor { Operation.digamma(self) }
  /// The modified Bessel function of the first kind and order zero.
  public func i0() -> Tensor { Operation.i0(self) }
  /// sin(π self) / (π self), which is one at zero.
  public func sinc() -> Tensor {
    attempt(self) { x throws(TensorError) in
      Operation.sinc(x.detach()).differentiable("SincBackward0", x) { g in Operation.sincDerivative(g, x) }
    }
  }
}

// MARK: - The inverse of sigmoid

extension Operation {
  fileprivate static let logit = ElementwiseOperation(
    "logit", "", ElementwiseKernel { x in (x / (1 - x)).log() }, rule: .floating)
  fileprivate static let logitDerivative = ElementwiseOperation(
    "logit", "MulBackward0", ElementwiseKernel { g, x in ((x .< 0) .| (x .> 1)).select(.nan, g / (x * (1 - x))) })
  fileprivate static let logitWithin = ElementwiseOperation(
    "logit", "",
    ElementwiseKernel { x, eps in
      let high = 1 - eps
      let inside = (x .< eps).select(eps, (x .> high).select(high, x))
      return (inside / (1 - inside)).log()
    }, rule: .floating)
  fileprivate static let logitWithinDerivative = ElementwiseOperation(
    "logit", "MulBackward0",
    ElementwiseKernel { g, x, eps in ((x .>= eps) .& (x .<= 1 - eps)).select(g / (x * (1 - x)), 0) })
}

extension Tensor {
  /// log(self / (1 - self)).
  ///
  /// - Parameter eps: moves elements into [eps, 1 - eps] first. Without it what lies outside of [0, 1] gives NaN.
  public func logit(eps: Double? = nil) -> Tensor {
    if let eps {
      return attempt(self) { x throws(TensorError) in
        Operation.logitWithin(x.detach(), eps.scalar)
          .differentiable("LogitBackward0", x) { g in Operation.logitWithinDerivative(g.argument, x.argument, eps.argument) }
      }
    }
    return attempt(self) { x throws(TensorError) in
      Operation.logit(x.detach()).differentiable("LogitBackward0", x) { g in Operation.logitDerivative(g, x) }
    }
  }
}

// MARK: - x log y

extension Operation {
  fileprivate static let xlogy = ElementwiseOperation(
    "xlogy", "", ElementwiseKernel { x, y in y.isNaN().select(y, (x .== 0).select(0, x * y.log())) }, rule: .floating)
}

extension Tensor {
  /// self · log(other), which is zero where self is, unless other is NaN.
  public func xlogy(_ other: Tensor) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      Operation.xlogy(x.detach(), y.detach())
        .differentiable(
          "XlogyBackward0", x, y, { g in g.xlogy(y).maskedFill((x .== 0) .& (y .<= 0), 0) }, { g in g * x / y })
    }
  }
  public func xlogy(_ other: some ScalarConvertible) -> Tensor {
    let y = other.scalar
    return attempt(self) { x throws(TensorError) in
      Operation.xlogy(x.detach(), y).differentiable("XlogyBackward2", x) { g in
        y.doubleValue <= 0 ? g.xlogy(y).maskedFill(x .== 0, 0) : g.xlogy(y)
      }
    }
  }
}

// MARK: - Without NaN

extension Operation {
  fileprivate static let nanToNum = ElementwiseOperation(
    "nan_to_num", "NanToNumBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { values in
      let (x, nan, high, low) = (values[0], values[1], values[2], values[3])
      return [x.isNaN().select(nan, (x .== .infinity).select(high, (x .== -.infinity).select(low, x)))]
    })
}

extension Tensor {
  /// Replaces NaN and the infinities, by zero and by the dtype's greatest and least numbers unless others are given.
  public func nanToNum(nan: Double = 0, posInf: Double? = nil, negInf: Double? = nil) -> Tensor {
    // Integers have none of these.
    guard isFloatingPoint else { return isValid ? clone() : self }
    let greatest = dtype.greatestFinite
    return Operation.nanToNum(argument, nan.argument, (posInf ?? greatest).argument, (negInf ?? -greatest).argument)
  }
}

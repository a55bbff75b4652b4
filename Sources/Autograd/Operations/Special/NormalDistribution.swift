import Devices

// Relatives of the error function, and logarithms that are guarded.

extension Operation {
  fileprivate static let erfcx = ElementwiseOperation(.erfcx, rule: .floating)
  fileprivate static let ndtri = ElementwiseOperation(.ndtri, rule: .floating)

  private static let rootOfHalf = 0.7071067811865476
  fileprivate static let ndtr = ElementwiseOperation(
    "special_ndtr", "MulBackward1", ElementwiseKernel { x in 0.5 * (-x * rootOfHalf).erfc() }, rule: .floating)
  // Of a small probability the logarithm is known even where the probability is none, and of one near one its complement.
  fileprivate static let logNdtr = ElementwiseOperation(
    "special_log_ndtr", "",
    ElementwiseKernel { x in
      let t = -x * rootOfHalf
      let ofSmall = (t.callInstruction(.erfcx) / 2).log() - t * t
      let ofComplement = (-0.5 * (-t).erfc()).log1p()
      return (x .< -1).select(ofSmall, ofComplement)
    }, rule: .floating)
  fileprivate static let logNdtrDerivative = ElementwiseOperation(
    "special_log_ndtr", "MulBackward0",
    ElementwiseKernel { g, x in
      let scaled = (-x * rootOfHalf).callInstruction(.erfcx)
      return g * (0.7978845608028654 / scaled)
    })

  fileprivate static let entr = ElementwiseOperation(
    "special_entr", "",
    ElementwiseKernel { x in
      let outside = (x .== 0).select(0, x.isNaN().select(x, -.infinity))
      return (x .> 0).select(-x * x.log(), outside)
    }, rule: .floating)
  fileprivate static let xlog1py = ElementwiseOperation(
    "special_xlog1py", "",
    ElementwiseKernel { x, y in
      let product = (x .== 0).select(0, x * y.log1p())
      return y.isNaN().select(y, product)
    }, rule: .floating)
  // One kernel, so that operands of two dtypes are rounded once.
  fileprivate static let xlog1pyDerivative = ElementwiseOperation(
    "special_xlog1py", "DivBackward0", ElementwiseKernel { g, x, y in g * x / (y + 1) })
}

extension Special {
  /// e^(x²) erfc(x), the scaled complement of the error function (DLMF 7.2.3).
  public static func erfcx(_ x: Tensor) -> Tensor { Operation.erfcx(x) }

  /// The probability with which a standard normal variable is at most x.
  public static func ndtr(_ x: Tensor) -> Tensor { Operation.ndtr(x) }

  /// The inverse of `ndtr`. NaN outside of [0, 1], whose ends give the infinities.
  public static func ndtri(_ p: Tensor) -> Tensor { Operation.ndtri(p) }

  /// The logarithm of `ndtr`, also where that is too small for its dtype.
  public static func logNdtr(_ x: Tensor) -> Tensor {
    attempt(x) { x throws(TensorError) in
      Operation.logNdtr(x.detach()).differentiable("SpecialLogNdtrBackward0", x) { g in Operation.logNdtrDerivative(g, x) }
    }
  }

  /// The entropy's term -x log(x): zero at zero, -∞ below.
  public static func entr(_ x: Tensor) -> Tensor {
    attempt(x) { x throws(TensorError) in
      Operation.entr(x.detach()).differentiable("SpecialEntrBackward0", x) { g in g * (-x.log() - 1) }
    }
  }

  /// x log(1 + y), which is zero where x is, unless y is NaN.
  public static func xlog1py(_ x: Tensor, _ y: Tensor) -> Tensor {
    attempt(x, y) { x, y throws(TensorError) in
      Operation.xlog1py(x.detach(), y.detach())
        .differentiable(
          "SpecialXlog1PyBackward0", x, y, { g in xlog1py(g, y).maskedFill((x .== 0) .& (y .<= -1), 0) },
          { g in Operation.xlog1pyDerivative(g.argument, x.argument, y.argument) })
    }
  }
  /// x log(1 + y), which is zero where x is, unless y is NaN.
  public static func xlog1py(_ x: Tensor, _ y: some ScalarConvertible) -> Tensor {
    let y = y.scalar
    return attempt(x) { x throws(TensorError) in
      Operation.xlog1py(x.detach(), y).differentiable("SpecialXlog1PyBackward2", x) { g in
        y.doubleValue <= -1 ? xlog1py(g, y).maskedFill(x .== 0, 0) : xlog1py(g, y)
      }
    }
  }
  /// x log(1 + y), which is zero where x is, unless y is NaN.
  public static func xlog1py(_ x: some ScalarConvertible, _ y: Tensor) -> Tensor {
    let x = x.scalar
    return attempt(y) { y throws(TensorError) in
      Operation.xlog1py(x, y.detach()).differentiable("SpecialXlog1PyBackward1", y) { g in g * x.doubleValue / (y + 1) }
    }
  }
}

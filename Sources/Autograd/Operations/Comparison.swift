import Devices

extension Operation {
  static let eq = ElementwiseOperation(.eq)
  static let ne = ElementwiseOperation(.ne)
  static let lt = ElementwiseOperation(.lt)
  static let le = ElementwiseOperation(.le)
  static let gt = ElementwiseOperation(.gt)
  static let ge = ElementwiseOperation(.ge)

  static let isNaN = ElementwiseOperation(.isNaN)
  static let signBit = ElementwiseOperation(.signBit)
  // Integers are compared as floating point numbers: all of them are finite.
  static let isInf = ElementwiseOperation("isinf", "", ElementwiseKernel { x in x.abs() .== .infinity }, rule: .floating)
  static let isPosInf = ElementwiseOperation("isposinf", "", ElementwiseKernel { x in x .== .infinity }, rule: .floating)
  static let isNegInf = ElementwiseOperation("isneginf", "", ElementwiseKernel { x in x .== -.infinity }, rule: .floating)
  static let isFinite = ElementwiseOperation("isfinite", "", ElementwiseKernel { x in x.abs() .< .infinity }, rule: .floating)

  fileprivate static func closeness(equalNaN: Bool) -> ElementwiseKernel {
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { values in
      let (x, y, rtol, atol) = (values[0], values[1], values[2], values[3])
      let distance = (x - y).abs()
      let isNear = (x .== y) .| ((distance .< .infinity) .& (distance .<= atol + (rtol * y).abs()))
      return [equalNaN ? isNear .| (x.isNaN() .& y.isNaN()) : isNear]
    }
  }
  fileprivate static let isClose = closeness(equalNaN: false)
  fileprivate static let isCloseOrNaN = closeness(equalNaN: true)
}

// MARK: - Tests of one number

extension Tensor {
  public func isNaN() -> Tensor { Operation.isNaN(self) }
  public func isInf() -> Tensor { Operation.isInf(self) }
  public func isPosInf() -> Tensor { Operation.isPosInf(self) }
  public func isNegInf() -> Tensor { Operation.isNegInf(self) }
  /// Neither infinite nor NaN.
  public func isFinite() -> Tensor { Operation.isFinite(self) }
  /// Whether the sign is negative, that of -0.0 included.
  public func signBit() -> Tensor { Operation.signBit(self) }
}

extension Tensor {
  /// Whether the imaginary part is zero: true of every number, as long as there are no complex dtypes.
  public func isReal() -> Tensor { onesLike(dtype: .bool) }
}

// MARK: - Nearness

extension Tensor {
  /// Where |self - other| ≤ atol + rtol · |other|, or both are equal.
  ///
  /// Errors: `Float did not match Double`; `rtol must be greater than or equal to zero, but got -1`.
  public func isClose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNaN: Bool = false) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      guard x.dtype == y.dtype else {
        throw .runtime("\(x.dtype.scalarTypeName) did not match \(y.dtype.scalarTypeName)")
      }
      guard rtol >= 0 else { throw .runtime("rtol must be greater than or equal to zero, but got \(rtol.streamText)") }
      guard atol >= 0 else { throw .runtime("atol must be greater than or equal to zero, but got \(atol.streamText)") }
      return try Elementwise.apply(
        equalNaN ? Operation.isCloseOrNaN : Operation.isClose, "", dtype: x.dtype.isIntegral ? .float64 : x.dtype,
        [x.argument, y.argument, rtol.argument, atol.argument])[0]
    }
  }

  /// Whether all elements are close, as `isClose`. Waits for the device.
  public func allClose(_ other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNaN: Bool = false) -> Bool {
    let isClose = isClose(other, rtol: rtol, atol: atol, equalNaN: equalNaN)
    return isClose.isValid && Bool(isClose.all())
  }
}

// MARK: - Whole equality

extension Tensor: Equatable {
  /// Whether both have the same shape and equal elements, whatever their dtypes: one boolean. `.==` compares element by element.
  ///
  /// A NaN equals nothing. Tensors on several devices are an error. Waits for the device.
  public static func == (x: Tensor, y: Tensor) -> Bool {
    for tensor in [x, y] where !tensor.isValid {
      tensor.reportUse()
      return false
    }
    guard x.shape == y.shape else { return false }
    let isEqual = x .== y
    return isEqual.isValid && Bool(isEqual.all())
  }
}

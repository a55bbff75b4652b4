import Devices

// The one or the other: choices by a condition, by size, within bounds.

extension Operation {
  static let minimum = ElementwiseOperation(.minimum)
  static let maximum = ElementwiseOperation(.maximum)
  static let fmin = ElementwiseOperation(.fmin)
  static let fmax = ElementwiseOperation(.fmax)
  static let heaviside = ElementwiseOperation(
    "heaviside", "", ElementwiseKernel { x, value in (x .== 0).select(value, (x .> 0).select(1, 0)) })
  static let select = ElementwiseOperation("where", "WhereBackward0", .instruction(.select))
  static let maskedFill = ElementwiseKernel(inputs: [.value, .boolean, .value]) { [$0[1].select($0[2], $0[0])] }
}

extension Tensor {
  /// The smaller, NaN where either is one. At a tie both get half of the gradient.
  public func minimum(_ other: Tensor) -> Tensor { Operation.minimum(self, other) }
  /// The greater, NaN where either is one. At a tie both get half of the gradient.
  public func maximum(_ other: Tensor) -> Tensor { Operation.maximum(self, other) }
  /// The smaller, NaN only where both are. At a tie self gets the gradient.
  public func fmin(_ other: Tensor) -> Tensor { Operation.fmin(self, other) }
  /// The greater, NaN only where both are. At a tie self gets the gradient.
  public func fmax(_ other: Tensor) -> Tensor { Operation.fmax(self, other) }

  /// 0 for negative elements, 1 for positive ones, `values` at zero. Neither PyTorch nor this has a derivative.
  ///
  /// Error: `heaviside is not yet implemented for tensors with different dtypes.`
  public func heaviside(_ values: Tensor) -> Tensor {
    attempt(self, values) { x, values throws(TensorError) in
      guard x.dtype == values.dtype else {
        throw .runtime("heaviside is not yet implemented for tensors with different dtypes.")
      }
      return Operation.heaviside(x.detach(), values.detach()).notDifferentiable("heaviside", [x, values])
    }
  }
}

// MARK: - By a condition

extension Tensor {
  /// The elements of `x` where `condition` is true, those of `y` elsewhere; all three broadcast together. Either may be a number.
  ///
  ///     Tensor.where(x .> 0, x, 0.0)
  ///
  /// Error: `where expected condition to be a boolean tensor, but got a tensor with dtype Float`.
  public static func `where`(_ condition: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
    choose(condition, x.argument, y.argument)
  }
  public static func `where`(_ condition: Tensor, _ x: Tensor, _ y: some ScalarConvertible) -> Tensor {
    choose(condition, x.argument, y.argument)
  }
  public static func `where`(_ condition: Tensor, _ x: some ScalarConvertible, _ y: Tensor) -> Tensor {
    choose(condition, x.argument, y.argument)
  }
  public static func `where`(_ condition: Tensor, _ x: some ScalarConvertible, _ y: some ScalarConvertible) -> Tensor {
    choose(condition, x.argument, y.argument)
  }

  /// The coordinates of the elements that are not zero, one tensor for each dimension: the columns of `nonzero`, ready for a subscript. Of a 0-d
  /// tensor as of a line of one element.
  public static func `where`(_ condition: Tensor) -> [Tensor] {
    attempt([condition], results: Swift.max(condition.rank, 1)) { list throws(TensorError) in
      list[0].atLeast1D().nonzero().unbind(dim: 1)
    }
  }

  private static func choose(_ condition: Tensor, _ x: ElementwiseArgument, _ y: ElementwiseArgument) -> Tensor {
    guard !condition.isValid || condition.dtype == .bool || condition.dtype == .uint8 else {
      return .failure(
        .runtime(
          "where expected condition to be a boolean tensor, but got a tensor with dtype \(condition.dtype.scalarTypeName)"))
    }
    return Operation.select(condition.argument, x, y)
  }

  /// `value` where `mask` is true, in this tensor's dtype.
  ///
  /// Errors: `masked_fill_ only supports boolean masks, but got mask with dtype float`; `masked_fill_ only supports a 0-dimensional value
  /// tensor, but got tensor with 1 dimension(s).`
  public func maskedFill(_ mask: Tensor, _ value: some ScalarConvertible) -> Tensor {
    attempt(self, mask) { x, mask throws(TensorError) in
      try value.scalar.checkConversion(to: x.dtype)
      return try x.maskedFill(mask, value.argument, "MaskedFillBackward0")
    }
  }
  public func maskedFill(_ mask: Tensor, _ value: Tensor) -> Tensor {
    attempt(self, mask, value) { x, mask, value throws(TensorError) in
      guard value.rank == 0 else {
        throw .runtime(
          "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with \(value.rank) dimension(s).")
      }
      return try x.maskedFill(mask, value.argument, "MaskedFillBackward1")
    }
  }

  private func maskedFill(_ mask: Tensor, _ value: ElementwiseArgument, _ gradName: String) throws(TensorError) -> Tensor {
    guard mask.dtype == .bool else {
      throw .runtime("masked_fill_ only supports boolean masks, but got mask with dtype \(mask.dtype.cppName)")
    }
    return try Elementwise.apply(Operation.maskedFill, gradName, dtype: dtype, [argument, mask.argument, value])[0]
  }
}

// MARK: - Within bounds

extension Operation {
  // At a numeric bound the element gets no gradient. Where the bounds cross, the upper one is the result. NaN stays, as it is beyond no bound.
  fileprivate static let clampKernel = ElementwiseKernel { x, low, high in
    let bound = (x .<= low).select(low.minimum(high), (x .>= high).select(high, .nan))
    return ((x .> low) .& (x .< high)).select(x, bound)
  }
  fileprivate static let clampMinKernel = ElementwiseKernel { x, low in (x .> low).select(x, (x .<= low).select(low, .nan)) }
  fileprivate static let clampMaxKernel = ElementwiseKernel { x, high in (x .< high).select(x, (x .>= high).select(high, .nan)) }
  // Tensors share the gradient at a tie, as extrema do. Where the lower bound is the upper one or above it there is no room for a tie, and of
  // what is no number the gradient goes to the element.
  fileprivate static let clampToTensorsKernel = ElementwiseKernel { x, low, high in
    let isNumber = (x .== x) .& (low .== low) .& (high .== high)
    let narrow = (low .> high).select(high, (x .< low).select(low, (x .> high).select(high, x)))
    return isNumber.select((low .< high).select(x.maximum(low).minimum(high), narrow), x + (low + high) * 0)
  }

  fileprivate static let clamp = ElementwiseOperation(
    "clamp", "ClampBackward1", clampKernel, check: .kernel("clamp_scalar_cpu", lacks: .boolean))
  fileprivate static let clampMin = ElementwiseOperation(
    "clamp_min", "ClampBackward1", clampMinKernel, check: .kernel("clamp_min_scalar_cpu", lacks: .boolean))
  fileprivate static let clampMax = ElementwiseOperation(
    "clamp_max", "ClampBackward1", clampMaxKernel, check: .kernel("clamp_max_scalar_cpu", lacks: .boolean))
  fileprivate static let clampToTensors = ElementwiseOperation(
    "clamp", "ClampBackward0", clampToTensorsKernel, check: .kernel("clamp_cpu", lacks: .boolean))
  fileprivate static let clampMinToTensor = ElementwiseOperation(
    "clamp_min", "ClampBackward0", .instruction(.maximum))
  fileprivate static let clampMaxToTensor = ElementwiseOperation(
    "clamp_max", "ClampBackward0", .instruction(.minimum))
}

extension Tensor {
  /// The elements, moved to the nearer bound where they are beyond it; NaN stays. Without a bound there is no limit on that side.
  ///
  /// Error: `torch.clamp: At least one of 'min' or 'max' must not be None`.
  public func clamp(min: (any ScalarConvertible)? = nil, max: (any ScalarConvertible)? = nil) -> Tensor {
    let low: Scalar?
    let high: Scalar?
    do throws(TensorError) { (low, high) = try bounds(min?.scalar, max?.scalar) } catch { return .failure(error) }
    return switch (low, high) {
    // A bound that is no number makes none of every element.
    case (let low?, _?) where low.doubleValue.isNaN: Operation.clampMin(self, low)
    case (_?, let high?) where high.doubleValue.isNaN: Operation.clampMax(self, high)
    case (let low?, let high?): Operation.clamp(self, low, high)
    case (let low?, nil): Operation.clampMin(self, low)
    case (nil, let high?): Operation.clampMax(self, high)
    case (nil, nil): .failure(.runtime("torch.clamp: At least one of 'min' or 'max' must not be None"))
    }
  }

  /// Bounds that an element of this tensor's dtype can be compared with. Integers that are beyond all of its values on their own side change
  /// nothing; on the other side they are an error.
  func bounds(_ low: Scalar?, _ high: Scalar?) throws(TensorError) -> (low: Scalar?, high: Scalar?) {
    guard let values = isValid ? dtype.integers : nil else { return (low, high) }
    var (low, high) = (low, high)
    func refusal(_ name: String, _ value: Int64) -> TensorError {
      .runtime("Clamp \(name) value \(value) is outside the representable range of \(dtype.scalarTypeName)")
    }
    if case .int(let value)? = low {
      if value > values.upperBound { throw refusal("min", value) }
      low = .int(Swift.max(value, values.lowerBound))
    }
    if case .int(let value)? = high {
      if value < values.lowerBound { throw refusal("max", value) }
      high = .int(Swift.min(value, values.upperBound))
    }
    return (low, high)
  }

  /// As with numbers; the bounds broadcast, and get the gradient where they are the result.
  public func clamp(min: Tensor?, max: Tensor? = nil) -> Tensor {
    switch (min, max) {
    case (let low?, let high?): Operation.clampToTensors(argument, low.argument, high.argument)
    case (let low?, nil): Operation.clampMinToTensor(self, low)
    case (nil, let high?): Operation.clampMaxToTensor(self, high)
    case (nil, nil): .failure(.runtime("torch.clamp: At least one of 'min' or 'max' must not be None"))
    }
  }
  public func clamp(max: Tensor) -> Tensor { clamp(min: nil, max: max) }
}

extension DType {
  /// The values of an integer dtype.
  fileprivate var integers: ClosedRange<Int64>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .int16: Int64(Int16.min)...Int64(Int16.max)
    case .int32: Int64(Int32.min)...Int64(Int32.max)
    default: nil
    }
  }
}

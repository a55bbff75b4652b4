import Devices

// Sums, means, and tests of all elements. The arguments of every reduction:
//
//   dim      one dimension or a list of them; all if nil or empty
//   keepDim  leaves the reduced dimensions in the result, with size one
//   dtype    in which to compute, and that of the result

extension Operation {
  fileprivate static let orZero = ElementwiseKernel { x in x.isNaN().select(0, x) }
  fileprivate static let counted = ElementwiseKernel { x in (x .!= 0).select(1, 0) }
}

extension Tensor {
  /// The sum. Integers and booleans give int64.
  public func sum(dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      let result = try x.reduced(.sum, shape, dtype: dtype ?? x.dtype.sum)
      // The formula is an object, which is not made in vain.
      guard Tensor.isRecording(x.body) else { return result }
      return result.differentiable(dim == nil && !keepDim ? "SumBackward0" : "SumBackward1", x, saves: false) { g in
        g.expand(from: shape)
      }
    }
  }

  /// The inverse of broadcasting, `sum_to_size`: sums over the dimensions that were repeated to come from `target` to this shape.
  ///
  /// Error: `size {[2, 2]} is not expandable to size {[2, 3]}.`
  public func sum(to target: [Int]) -> Tensor {
    if shape == target { return self }
    return attempt(self) { x throws(TensorError) in
      if let result = try x.summedRows(to: target) { return result }
      let source = x.shape
      let lead = source.count - target.count
      guard lead >= 0, zip(target, source.suffix(target.count)).allSatisfy({ $0 == $1 || $0 == 1 }) else {
        throw .runtime("size {\(target)} is not expandable to size {\(source)}.")
      }
      let dims = source.indices.filter { $0 < lead || (target[$0 - lead] == 1 && source[$0] != 1) }
      let shape = try ReductionShape(of: source, dim: dims, keepDim: true)
      let result = try x.reduced(.sum, shape, dtype: x.dtype.sum)
      return Tensor(result.operand.with(layout: Layout(shape: target)))
        .differentiable("SumBackward1", x, saves: false) { g in g.expand(source) }
    }
  }

  /// The sum over leading dimensions where nothing records it, else nil: what a bias gets.
  private func summedRows(to target: [Int]) throws(TensorError) -> Tensor? {
    let lead = rank - target.count
    guard lead > 0, isFloatingPoint, isContiguous, body.node == nil, shape[lead...].elementsEqual(target) else { return nil }
    let result = try Tensor.uninitialized("sum", target, dtype, device)
    let columns = result.count
    if columns == 0 { return result }
    let rows = Layout(shape: [count / columns, columns], strides: [columns, 1], offset: layout.offset)
    try device.reduce(
      .sum, operand.with(layout: rows), dims: [0], to: result.operand.with(layout: Layout(rows: 1, columns: columns)))
    return result
  }

  /// The sum with NaN counted as zero.
  public func nansum(dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil) -> Tensor {
    guard isFloatingPoint else { return sum(dim: dim, keepDim: keepDim, dtype: dtype) }
    return attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      return try Tensor.reduced(
        .sum, of: Operation.orZero, [.operand(x.operand)], shape, compute: x.dtype.computeDType, dtype: dtype ?? x.dtype,
        on: x.device
      )
      .differentiable("NansumBackward0", x) { g in g.expand(from: shape) * x.isNaN().logicalNot() }
    }
  }

  /// The mean, of floating dtypes.
  ///
  /// Error: `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long`.
  public func mean(dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let result = try x.checkMean(dtype)
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      return try x.reducedMean(shape, dtype: result)
        .differentiable(dim == nil && !keepDim ? "MeanBackward0" : "MeanBackward1", x, saves: false) { g in
          g.expand(from: shape) / shape.count
        }
    }
  }

  private func checkMean(_ given: DType?) throws(TensorError) -> DType {
    let dtype = given ?? dtype
    guard dtype.isFloatingPoint else {
      let subject = given == nil ? "Input" : "Optional"
      throw .notImplemented(
        "mean(): could not infer output dtype. \(subject) dtype must be either a floating point or complex dtype. Got: "
          + dtype.scalarTypeName)
    }
    return dtype
  }

  /// The bare mean: halves are summed and divided in float32.
  func reducedMean(_ shape: ReductionShape, dtype: DType) throws(TensorError) -> Tensor {
    let sum = try reduced(.sum, shape, dtype: dtype.computeDType)
    let result = dtype == sum.dtype ? sum : try Tensor.uninitialized("mean", shape.result, dtype, device)
    try device.elementwise(
      .instruction(.div), dtype: sum.dtype, inputs: [.operand(sum.operand), .scalar(.double(Double(shape.count)))],
      outputs: [result.operand])
    return result
  }

  /// The mean of what is not NaN.
  public func nanmean(dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil) -> Tensor {
    guard !isValid || isFloatingPoint else {
      return .failure(
        .runtime("nanmean(): expected input to have floating point or complex dtype but got \(self.dtype.scalarTypeName)"))
    }
    let count = isNaN().logicalNot().sum(dim: dim, keepDim: keepDim)
    return nansum(dim: dim, keepDim: keepDim, dtype: dtype) / count
  }
}

extension DType {
  /// The dtype of a sum or product.
  var sum: DType { isFloatingPoint ? self : .int64 }
}

// MARK: - Truth

extension Tensor {
  /// Whether any element is not zero. NaN is not.
  public func any(dim: (any Dimensions)? = nil, keepDim: Bool = false) -> Tensor { truth(.any, dim, keepDim) }

  /// Whether no element is zero.
  public func all(dim: (any Dimensions)? = nil, keepDim: Bool = false) -> Tensor { truth(.all, dim, keepDim) }

  /// Bytes are an older kind of booleans, and stay bytes.
  private func truth(_ reduction: Reduction, _ dim: (any Dimensions)?, _ keepDim: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      let result = try x.reduced(reduction, shape, dtype: .bool)
      return x.dtype == .uint8 ? result.to(.uint8) : result
    }
  }

  /// How many elements are not zero.
  public func countNonzero(dim: (any Dimensions)? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: false)
      return try Tensor.reduced(
        .sum, of: Operation.counted, [.operand(x.operand)], shape, compute: x.dtype.computeDType, dtype: .int64, on: x.device)
    }
  }
}

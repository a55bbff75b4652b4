import Devices

// Variance and standard deviation: Σ (x - mean)² / (n - correction), in two passes that keep nothing of the
// input's size; halves in float32.

extension Operation {
  fileprivate static let squaredDeviation = ElementwiseKernel { x, mean in
    let deviation = x - mean
    return deviation * deviation
  }
  fileprivate static let rootOfQuotient = ElementwiseKernel { sum, count in (sum / count).sqrt() }
}

extension Tensor {
  /// The variance, along one or several dimensions or of all.
  ///
  /// - Parameter correction: what is taken off the number of elements: one for an estimate from a sample, zero where they are all there are.
  ///
  /// Error: `std and var only support floating point and complex dtypes`.
  public func `var`(dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try x.checkStatistics("std and var only support")
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      return try x.spread(.instruction(.div), shape, correction).result
        .differentiable("VarBackward0", x) { g in x.varianceGradient(g, shape, correction) }
    }
  }

  /// The standard deviation, the square root of the variance. Where it is zero, so is the gradient.
  public func std(dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try x.checkStatistics("std and var only support")
      return x.std(try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim), correction)
    }
  }

  private func std(_ shape: ReductionShape, _ correction: Double) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try x.spread(Operation.rootOfQuotient, shape, correction).result.differentiable("StdBackward0", x) { g, result in
        x.deviationGradient(g, result, shape, correction)
      }
    }
  }

  /// The variance and the mean at once.
  public func varMean(
    dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false
  ) -> (variance: Tensor, mean: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      try x.checkStatistics("var_mean only support")
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      let (variance, mean) = try x.spread(.instruction(.div), shape, correction)
      return Tensor.differentiable("VarMeanBackward0", results: [variance, mean], inputs: [x]) { gradients in
        let first = gradients[0].map { x.varianceGradient($0, shape, correction) }
        return [Tensor.sum(first, gradients[1].map { $0.expand(from: shape) / shape.count })]
      }
    }
    return (results[0], results[1])
  }

  /// The standard deviation and the mean at once.
  public func stdMean(
    dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false
  ) -> (std: Tensor, mean: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      try x.checkStatistics("std_mean only support")
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      let (std, mean) = try x.spread(Operation.rootOfQuotient, shape, correction)
      return Tensor.differentiable("StdMeanBackward0", results: [std, mean], inputs: [x]) { gradients in
        let first = gradients[0].map { x.deviationGradient($0, x.std(shape, correction), shape, correction) }
        return [Tensor.sum(first, gradients[1].map { $0.expand(from: shape) / shape.count })]
      }
    }
    return (results[0], results[1])
  }

  private func checkStatistics(_ subject: String) throws(TensorError) {
    guard isFloatingPoint else { throw .notImplemented("\(subject) floating point and complex dtypes") }
  }

  /// The bare variance, or what else `quotient` makes of the sum of squares and the count, and the bare mean.
  private func spread(
    _ quotient: ElementwiseKernel, _ shape: ReductionShape, _ correction: Double
  ) throws(TensorError) -> (result: Tensor, mean: Tensor) {
    let compute = dtype.computeDType
    let mean = try reducedMean(shape, dtype: compute)
    let center = mean.layout.viewed(as: shape.kept)!.broadcast(to: shape.full)
    let sum = try Tensor.reduced(
      .sum, of: Operation.squaredDeviation, [.operand(operand), .operand(mean.operand.with(layout: center))], shape,
      compute: compute, dtype: compute, on: device)
    let result = try Tensor.uninitialized("var", shape.result, dtype, device)
    try device.elementwise(
      quotient, dtype: compute,
      inputs: [.operand(sum.operand), .scalar(.double(Swift.max(0, Double(shape.count) - correction)))],
      outputs: [result.operand])
    return (result, mean.dtype == dtype ? mean : try mean.converted(to: dtype))
  }

  /// d/dx Σ (x - mean)² / (n - c) = 2 (x - mean) / (n - c): what the mean adds cancels out.
  private func varianceGradient(_ g: Tensor, _ shape: ReductionShape, _ correction: Double) -> Tensor {
    let weight = g.unreduced(from: shape) * (2 / (Double(shape.count) - correction))
    return weight * (self - mean(dim: shape.dims, keepDim: true))
  }

  private func deviationGradient(
    _ g: Tensor, _ std: Tensor, _ shape: ReductionShape, _ correction: Double
  ) -> Tensor {
    varianceGradient((g / (2 * std)).maskedFill(std .== 0, 0), shape, correction)
  }
}

extension Tensor {
  /// The sum of two gradients of which either may be missing.
  static func sum(_ a: Tensor?, _ b: Tensor?) -> Tensor? {
    guard let a, let b else { return a ?? b }
    return a + b
  }
}

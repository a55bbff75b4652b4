import Devices

// Softmax and its relatives: whatever is exponentiated has its maximum taken off first. Halves are computed in float32 and rounded once.

extension Operation {
  fileprivate static let shiftedExp = ElementwiseKernel { x, shift in (x - shift).exp() }
  fileprivate static let logSum = ElementwiseKernel { sum, shift in sum.log() + shift }
  /// What is subtracted in logSumExp: an infinite maximum stays where it is, or the difference would be NaN.
  fileprivate static let finiteOrZero = ElementwiseKernel { x in (x.abs() .== .infinity).select(0, x) }
}

extension Tensor {
  /// exp(self) / Σ exp(self) along a dimension.
  ///
  /// - Parameter dtype: to which the tensor is converted first.
  ///
  /// Error: integers are refused.
  public func softmax(dim: Int, dtype: DType? = nil) -> Tensor {
    converted(to: dtype, "softmax", dim) { x, dim throws(TensorError) in
      try x.along(dim, .softmax(log: false))
        .differentiable("SoftmaxBackward0", x) { g, result in result.softmaxGradient(g, dim) }
    }
  }

  /// log(softmax(self)), exact where softmax vanishes.
  public func logSoftmax(dim: Int, dtype: DType? = nil) -> Tensor {
    converted(to: dtype, "log_softmax", dim) { x, dim throws(TensorError) in
      try x.along(dim, .softmax(log: true))
        .differentiable("LogSoftmaxBackward0", x) { g, result in result.logSoftmaxGradient(g, dim) }
    }
  }

  /// Of this softmax the gradient by its input: (g - Σ g · self) · self.
  private func softmaxGradient(_ g: Tensor, _ dim: Int) -> Tensor {
    attempt(g, self) { g, result throws(TensorError) in
      try g.along(dim, .softmaxGradient(log: false), result)
        .differentiable(
          "SoftmaxBackwardDataBackward0", g, result, { h in result.softmaxGradient(h, dim) },
          { h in
            h * (g - (g * result).sum(dim: dim, keepDim: true)) - g * (h * result).sum(dim: dim, keepDim: true)
          })
    }
  }

  /// Of this logSoftmax the gradient by its input: g - exp(self) · Σ g.
  private func logSoftmaxGradient(_ g: Tensor, _ dim: Int) -> Tensor {
    attempt(g, self) { g, result throws(TensorError) in
      try g.along(dim, .softmaxGradient(log: true), result)
        .differentiable(
          "LogSoftmaxBackwardDataBackward0", g, result, { h in h - (h * result.exp()).sum(dim: dim, keepDim: true) },
          { h in -h * result.exp() * g.sum(dim: dim, keepDim: true) })
    }
  }

  /// softmax(-self).
  public func softmin(dim: Int, dtype: DType? = nil) -> Tensor { (-self).softmax(dim: dim, dtype: dtype) }

  private func converted(
    to dtype: DType?, _ name: String, _ dim: Int, _ body: (Tensor, Int) throws(TensorError) -> Tensor
  ) -> Tensor {
    attempt(dtype.map { to($0) } ?? self) { x throws(TensorError) in
      let wrapped = try wrapDimension(dim, rank: x.rank)
      guard x.isFloatingPoint else {
        throw .lacking("\(name)\(wrapped == Swift.max(x.rank, 1) - 1 ? "_lastdim" : "")_kernel_impl", x.dtype)
      }
      return try body(x, wrapped)
    }
  }

  /// Runs an operation on matrices whose rows are this tensor, and others of its shape, along a dimension. The result has this tensor's
  /// shape and dtype, and is outside the graph.
  private func along(_ dim: Int, _ operation: RowOperation, _ others: Tensor...) throws(TensorError) -> Tensor {
    let last = Swift.max(rank - 1, 0)
    func matrix(_ x: Tensor) throws(TensorError) -> Tensor {
      let x = Tensor(x.body.detached()).to(dtype.computeDType)
      return try (dim == last ? x : x.transpose(dim, last)).contiguous().valid()
    }
    let x = try matrix(self)
    let result = try Tensor.uninitialized("softmax", x.shape, x.dtype, x.device)
    if count > 0 {
      let columns = x.shape.last ?? 1
      let shape = [count / columns, columns]
      let inputs = try ([x] + others.map(matrix)).map { $0.operand.with(layout: $0.layout.viewed(as: shape)!) }
      try device.rows(operation, inputs, to: [result.operand.with(layout: Layout(shape: shape))])
    }
    return (dim == last ? result : result.transpose(dim, last).contiguous()).to(dtype)
  }

  /// log Σ exp(self) along one or several dimensions. Integers are computed in the default dtype.
  public func logSumExp(dim: some Dimensions, keepDim: Bool = false) -> Tensor {
    guard isFloatingPoint || !isValid else { return to(DefaultDType.current).logSumExp(dim: dim, keepDim: keepDim) }
    return attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      let result = try x.count == 0 ? x.reduced(.sum, shape, dtype: x.dtype).log() : x.logOfSum(shape)
      return result.differentiable("LogsumexpBackward0", x) { g, result in
        g.unreduced(from: shape) * (x - result.unreduced(from: shape)).exp()
      }
    }
  }

  private func logOfSum(_ shape: ReductionShape) throws(TensorError) -> Tensor {
    let compute = dtype.computeDType
    let shift = try Tensor.uninitialized("logsumexp", shape.kept, compute, device)
    let max = Tensor(try reduced(.max, shape, dtype: dtype).operand.with(layout: shape.keptLayout))
    try device.elementwise(
      Operation.finiteOrZero, dtype: compute, inputs: [.operand(max.operand)], outputs: [shift.operand])
    let exp = try Tensor.uninitialized("logsumexp", shape.full, compute, device)
    try device.elementwise(
      Operation.shiftedExp, dtype: compute,
      inputs: [.operand(operand), .operand(shift.operand.with(layout: shift.layout.broadcast(to: shape.full)))],
      outputs: [exp.operand])
    let sum = try exp.reduced(.sum, shape, dtype: compute)
    let result = try Tensor.uninitialized("logsumexp", shape.result, dtype, device)
    try device.elementwise(
      Operation.logSum, dtype: compute,
      inputs: [.operand(sum.operand), .operand(shift.operand.with(layout: shape.resultLayout))],
      outputs: [result.operand])
    return result
  }
}

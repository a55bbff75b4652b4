import Devices

extension Operation {
  fileprivate static let prelu = ElementwiseOperation(
    "prelu", "PreluKernelBackward0", ElementwiseKernel { x, weight in (x .> 0).select(x, x * weight) },
    check: .kernel("prelu_cpu", lacks: .integral))
  fileprivate static let glu = ElementwiseOperation(
    "glu", "", ElementwiseKernel { x, gate in x * gate.sigmoid() }, check: .kernel("glu_cpu", lacks: .integral))
}

extension Tensor {
  /// self, or weight · self where that is negative; one weight for all, or one for each channel, which is dimension 1.
  ///
  /// Errors: `prelu: Type promoting not supported. Got Long and Float`; ``prelu: Expected `weight` to be a scalar or 1D tensor, but got:
  /// ndim = 2``; `Not allow zero-dim input tensor.` for a 0-d tensor and several weights; `Mismatch of parameter numbers and input channel size. Found parameter numbers = 2 and channel size = 3.`
  public func prelu(_ weight: Tensor) -> Tensor {
    attempt(self, weight) { x, weight throws(TensorError) in
      guard x.dtype == weight.dtype else {
        throw .runtime(
          "prelu: Type promoting not supported. Got \(x.dtype.scalarTypeName) and \(weight.dtype.scalarTypeName)")
      }
      guard weight.rank <= 1 else {
        throw .runtime("prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = \(weight.rank)")
      }
      let channels = x.rank > 1 ? x.shape[1] : 1
      guard x.rank > 0 || weight.count == 1 else { throw .runtime("Not allow zero-dim input tensor.") }
      guard weight.count == 1 || weight.count == channels else {
        throw .runtime(
          "Mismatch of parameter numbers and input channel size. Found parameter numbers = \(weight.count) and channel size = "
            + "\(channels).")
      }
      var shape = [Int](repeating: 1, count: x.rank)
      if x.rank > 1 { shape[1] = weight.count }
      return Operation.prelu(x, weight.reshape(shape))
    }
  }

  /// The first half along `dim`, times sigmoid of the second.
  ///
  /// Error: `Halving dimension must be even, but dimension 0 is size 3`.
  public func glu(dim: Int = -1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank > 0 else { throw .runtime("glu does not support scalars because halving size must be even") }
      let dim = try wrapDimension(dim, rank: x.rank)
      let size = x.shape[dim]
      guard size % 2 == 0 else { throw .runtime("Halving dimension must be even, but dimension \(dim) is size \(size)") }
      let halves = { @Sendable (x: Tensor) in
        (x.narrow(dim: dim, start: 0, length: size / 2), x.narrow(dim: dim, start: size / 2, length: size / 2))
      }
      let (first, second) = halves(x.detach())
      return Operation.glu(first, second).differentiable("GluBackward0", x) { g in
        let (first, second) = halves(x)
        let gate = second.sigmoid()
        return concatenate([g * gate, g * first * gate * (1 - gate)], dim: dim)
      }
    }
  }
}

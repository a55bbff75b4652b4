import Devices

// Layers that are random while a model is trained. With `training: false` they draw nothing. Defaults are those of torch.nn.functional.

extension Tensor {
  /// Zeroes elements with probability `p` and scales the others by 1 / (1 - p), so that the expected value stays.
  ///
  /// Draws follow this tensor's memory; none where p is 0, 1 or `training` is off.
  ///
  /// Error: `dropout probability has to be between 0 and 1, but got 1.5`.
  public func dropout(p: Double = 0.5, training: Bool = true, generator: Generator? = nil) -> Tensor {
    dropped(p, training, generator, hidesFeatures: false)
  }

  /// `dropout` of whole channels: of shape [N, C, ...], one draw for each n and c.
  ///
  /// Errors: as for `dropout`; `Feature dropout requires at least 2 dimensions in the input`.
  public func dropout2d(p: Double = 0.5, training: Bool = true, generator: Generator? = nil) -> Tensor {
    dropped(p, training, generator, hidesFeatures: true)
  }

  /// `dropout` of whole channels: of shape [N, C, L], or [C, L] without a batch.
  ///
  /// Errors: as for `dropout`; `dropout1d: Expected 2D or 3D input, but received a 4D input. ...`.
  public func dropout1d(p: Double = 0.5, training: Bool = true, generator: Generator? = nil) -> Tensor {
    guard rank == 2 || rank == 3 || !isValid else {
      return .failure(
        .runtime(
          "dropout1d: Expected 2D or 3D input, but received a \(rank)D input. Note that dropout1d exists to provide channel-wise dropout on "
            + "inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."))
    }
    return droppedChannels(p, training, generator, batchedRank: 3)
  }

  /// `dropout` of whole channels: of shape [N, C, D, H, W], or [C, D, H, W] without a batch.
  ///
  /// Errors: as for `dropout2d`.
  public func dropout3d(p: Double = 0.5, training: Bool = true, generator: Generator? = nil) -> Tensor {
    droppedChannels(p, training, generator, batchedRank: 5)
  }

  /// Channels are dropped in a batch of one where there is no batch.
  private func droppedChannels(_ p: Double, _ training: Bool, _ generator: Generator?, batchedRank: Int) -> Tensor {
    if rank == batchedRank { return dropped(p, training, generator, hidesFeatures: true) }
    return unsqueeze(0).dropped(p, training, generator, hidesFeatures: true).squeeze(0)
  }

  private func dropped(_ p: Double, _ training: Bool, _ generator: Generator?, hidesFeatures: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard try x.isThinned(p, training) else { return self }
      if p == 1 { return x * x.detach().zerosLike() }
      return x * (try x.survivors(p, generator, hidesFeatures: hidesFeatures) / (1 - p))
    }
  }

  /// Dropout for networks of `selu`: what is dropped becomes SELU's negative limit, and the result is scaled and shifted to keep mean and
  /// variance. Source: Klambauer et al., "Self-Normalizing Neural Networks" (2017), section "Alpha Dropout".
  ///
  /// As in PyTorch, it does nothing unless `training` says so.
  ///
  /// Error: as for `dropout`.
  public func alphaDropout(p: Double = 0.5, training: Bool = false, generator: Generator? = nil) -> Tensor {
    alphaDropped(p, training, generator, hidesFeatures: false)
  }

  /// `alphaDropout` of whole channels, as `dropout2d`.
  public func featureAlphaDropout(p: Double = 0.5, training: Bool = false, generator: Generator? = nil) -> Tensor {
    alphaDropped(p, training, generator, hidesFeatures: true)
  }

  private func alphaDropped(_ p: Double, _ training: Bool, _ generator: Generator?, hidesFeatures: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard try x.isThinned(p, training) else { return self }
      if p == 1 { return x * x.detach().zerosLike() }
      let alpha = 1.7580993408473766
      let a = 1 / ((alpha * alpha * p + 1) * (1 - p)).squareRoot()
      let kept = try x.survivors(p, generator, hidesFeatures: hidesFeatures)
      let shift = (kept + -1.0) * (alpha * a) + alpha * a * p
      return x * (kept * a) + shift
    }
  }

  /// Whether dropout does anything here.
  private func isThinned(_ p: Double, _ training: Bool) throws(TensorError) -> Bool {
    guard p >= 0, p <= 1 else {
      throw .runtime("dropout probability has to be between 0 and 1, but got \(p.streamText)")
    }
    guard p > 0, training, count > 0 else { return false }
    guard isFloatingPoint else {
      throw .runtime(
        "result type \(DefaultDType.current.scalarTypeName) can't be cast to the desired output type \(dtype.scalarTypeName)")
    }
    return true
  }

  /// One where an element, or a channel, is kept.
  private func survivors(
    _ p: Double, _ generator: Generator?, hidesFeatures: Bool
  ) throws(TensorError) -> Tensor {
    guard hidesFeatures else { return detach().drawnLike(.bernoulli(p: 1 - p), generator: generator) }
    guard rank >= 2 else { throw .runtime("Feature dropout requires at least 2 dimensions in the input") }
    let shape = [size(0), size(1)] + [Int](repeating: 1, count: rank - 2)
    let kept = try Tensor.uninitialized("dropout", shape, dtype, device)
    try Tensor.draw(.bernoulli(p: 1 - p), into: kept.operand, generator)
    return kept
  }
}

// MARK: - Randomised leaky ReLU

extension Operation {
  static let rrelu = ElementwiseOperation(
    "rrelu", "RreluWithNoiseBackward0", ElementwiseKernel { x, slope in (x .> 0).select(x, x * slope) })
}

extension Tensor {
  /// Elements that are not positive are multiplied by a slope: drawn for each from [lower, upper) while training, else the mean of the two.
  ///
  /// Errors: `Lower bound should be less than or equal to the upper bound`; `"rrelu_with_noise_out_cpu" not implemented for 'Long'`.
  public func rrelu(
    lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, training: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let slopes = Distribution.unfusedUniform(low: lower, high: upper)
      if training { return Operation.rrelu(x, try x.slopes(slopes, generator)) }
      try slopes.validate(for: .float64)
      guard x.isFloatingPoint else {
        throw .lacking("leaky_relu_cpu", x.dtype)
      }
      return Operation.rrelu(x, .double((lower + upper) / 2))
    }
  }

  /// A slope wherever this tensor is not positive. Only those are drawn, in row-major order; elsewhere the slope is one.
  private func slopes(_ distribution: Distribution, _ generator: Generator?) throws(TensorError) -> Tensor {
    try distribution.validate(for: dtype)
    let slopes = Tensor.ones(shape, dtype: dtype, device: device)
    let flat = Layout(shape: [count])
    let mask = detach() .<= 0
    let places = try device.nonzero(mask.operand.with(layout: flat))
    let drawn = try Tensor.uninitialized("rrelu", [places.shape[0]], dtype, device)
    try Tensor.draw(distribution, into: drawn.operand, generator)
    try device.scatter(
      .set, drawn.operand, indices: [places.with(layout: places.layout.flat)], dimensions: [0],
      to: slopes.operand.with(layout: flat))
    return slopes
  }
}

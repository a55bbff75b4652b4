import Devices

// Random tensors whose parameters are tensors. They are drawn on the host; nothing is drawn where a parameter is refused.

extension Tensor {
  /// Normal with a mean and a standard deviation for each element, which broadcast together; of the mean's dtype.
  ///
  /// Errors: `normal expects all elements of std >= 0.0`; `"normal_kernel_cpu" not implemented for 'Long'`.
  public static func normal(mean: Tensor, std: Tensor, generator: Generator? = nil) -> Tensor {
    attempt(mean, std) { (mean, std) throws(TensorError) in
      try checkDeviations(std)
      let shape = try broadcastShapes(mean.shape, std.shape)
      let unit = Tensor.randn(shape, dtype: mean.dtype, device: mean.device, generator: generator)
      let result = noGrad { (unit * std + mean).to(mean.dtype) }
      return result.differentiable(
        "NormalBackward3", mean, std, saves: false, { _ in mean.zerosLike() }, { _ in std.zerosLike() })
    }
  }

  /// Normal with a mean for each element and one standard deviation.
  ///
  /// Error: `normal expects std >= 0.0, but found std -1`.
  public static func normal(mean: Tensor, std: Double, generator: Generator? = nil) -> Tensor {
    attempt(mean) { mean throws(TensorError) in
      let unit = Tensor.normal(
        mean: 0, std: std, mean.shape, dtype: mean.dtype, device: mean.device, generator: generator)
      return noGrad { unit + mean }.differentiable("NormalBackward1", mean, saves: false) { g in g.zerosLike() }
    }
  }

  /// Normal with one mean and a standard deviation for each element.
  public static func normal(mean: Double, std: Tensor, generator: Generator? = nil) -> Tensor {
    attempt(std) { std throws(TensorError) in
      try checkDeviations(std)
      let unit = Tensor.randn(std.shape, dtype: std.dtype, device: std.device, generator: generator)
      return noGrad { unit * std + mean }.differentiable("NormalBackward2", std, saves: false) { g in g.zerosLike() }
    }
  }

  private static func checkDeviations(_ std: Tensor) throws(TensorError) {
    if std.count > 0, try (std.detach() .< 0).any().element().boolValue {
      throw .runtime("normal expects all elements of std >= 0.0")
    }
  }

  /// One with the probability that an element is, else zero; drawn in row-major order.
  ///
  /// Errors: `"bernoulli_tensor_cpu_p_" not implemented for 'Long'`; for a probability outside [0, 1] `Expected p_in >= 0 && p_in <= 1 to be
  /// true, but got false.`
  public func bernoulli(generator: Generator? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try x.bernoulliDraws(as: Layout(shape: x.shape), x.dtype, generator)
        .differentiable("BernoulliBackward0", x, saves: false) { g in g.zerosLike() }
    }
  }

  /// A draw for each of these probabilities, in the order of a dense layout of their shape.
  func bernoulliDraws(as layout: Layout, _ dtype: DType, _ generator: Generator?) throws(TensorError) -> Tensor {
    let ordered = Tensor(operand.with(layout: self.layout.permuted(layout.memoryOrder)))
    let drawn = try ordered.sampled(count: count, dtype: dtype, generator) {
      (engine, probabilities, memory) throws(TensorError) in
      try engine.fillBernoulli(
        probabilities: probabilities, of: ordered.dtype, into: memory, dtype: dtype, count: ordered.count)
    }
    return Tensor(drawn.operand.with(layout: layout))
  }

  /// One with probability `p`, else zero, of this tensor's shape and dtype; drawn in row-major order.
  ///
  /// Error: `bernoulli_ expects p to be in [0, 1], but got p=2`.
  public func bernoulli(p: Double, generator: Generator? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let result = try Tensor.uninitialized("bernoulli", x.shape, x.dtype, x.device)
      try Tensor.draw(.bernoulli(p: p), into: result.operand, generator)
      return result.notDifferentiable("bernoulli", [x])
    }
  }

  /// Poisson samples, each with the rate that an element is.
  ///
  /// Errors: `invalid Poisson rate, expected rate to be non-negative`; `"poisson_cpu" not implemented for 'Long'`.
  public func poisson(generator: Generator? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dtype = x.dtype
      let drawn = try x.sampled(count: x.count, dtype: dtype, generator) { (engine, rates, memory) throws(TensorError) in
        try engine.fillPoisson(rates: rates, into: memory, dtype: dtype, count: x.count)
      }
      return Tensor(drawn.operand.with(layout: Layout(shape: x.shape)))
        .differentiable("PoissonBackward0", x, saves: false) { g in g.zerosLike() }
    }
  }

  /// Indices drawn in proportion to the weights of each row: int64, of shape [rows, numSamples], or [numSamples] for 1-d weights.
  ///
  /// - Parameter replacement: whether an index can be drawn again.
  ///
  /// Errors: `prob_dist must be 1 or 2 dim`; `cannot sample n_sample <= 0 samples`; `cannot sample n_sample > prob_dist.size(-1) samples
  /// without replacement`; `invalid multinomial distribution (sum of probabilities <= 0)`; ... `(encountering probability entry < 0)`.
  public func multinomial(numSamples: Int, replacement: Bool = false, generator: Generator? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank == 1 || x.rank == 2 else { throw .runtime("prob_dist must be 1 or 2 dim") }
      let (rows, categories, dtype) = (x.rank == 2 ? x.shape[0] : 1, x.shape[x.rank - 1], x.dtype)
      let count = try Layout.checkedCount([rows, Swift.max(numSamples, 0)])
      let drawn = try x.sampled(count: count, dtype: .int64, generator) {
        (engine, weights, memory) throws(TensorError) in
        try engine.fillMultinomial(
          weights: weights, dtype: dtype, rows: rows, categories: categories, samples: numSamples, replacement: replacement,
          into: memory.assumingMemoryBound(to: Int64.self))
      }
      return x.rank == 2 ? Tensor(drawn.operand.with(layout: Layout(shape: [rows, numSamples]))) : drawn
    }
  }

  /// A 1-d tensor on this one's device that `draw` writes, given this tensor's elements in row-major order.
  private func sampled(
    count: Int, dtype: DType, _ generator: Generator?,
    _ draw: (inout MersenneTwister, UnsafeRawPointer, UnsafeMutableRawPointer) throws(TensorError) -> Void
  ) throws(TensorError) -> Tensor {
    let drawn: Result<Tensor, TensorError>? = withElements { parameters in
      do throws(TensorError) {
        let result = try Tensor.uninitialized("sample", [count], dtype, .cpu)
        try (generator ?? .default).withEngine { (engine) throws(TensorError) in
          try draw(&engine, parameters.baseAddress!, result.body.storage.handle)
        }
        return .success(result)
      } catch { return .failure(error) }
    }
    guard let drawn else { return .invalid }
    return try drawn.get().to(device)
  }
}

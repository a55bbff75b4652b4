import Devices

// Normalisation of every channel, which is dimension 1, over the samples of a batch or over the elements of each sample. While a network is
// trained their statistics serve, and running means of them are kept; later these serve.

extension F {
  /// Normalises every channel over the batch, and scales and shifts it.
  ///
  ///     let y = F.batchNorm(x, &runningMean, &runningVar, weight: weight, bias: bias, training: true)
  ///
  /// - Parameters:
  ///   - input: of shape [n, channels, ...].
  ///   - runningMean, runningVar: the statistics that serve unless `training`. While training they move toward the batch's by `momentum`, the
  ///     variance toward the unbiased one.
  ///   - weight, bias: one number for each channel.
  ///
  /// Errors: `running_mean should contain 4 elements not 3`, likewise for the others; `Expected more than 1 value per channel when training,
  /// got input size torch.Size([1, 4])`; `batch_norm eps must be positive during training, but got 0.0`; integers are refused.
  /// Source: Ioffe, Szegedy, "Batch Normalization" (2015).
  public static func batchNorm(
    _ input: Tensor, _ runningMean: inout Tensor, _ runningVar: inout Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
    training: Bool = false, momentum: Double = 0.1, eps: Double = 1e-5
  ) -> Tensor {
    if let error = batchError(input.shape, training, eps) { return .failure(error) }
    return nativeBatchNorm(
      input, &runningMean, &runningVar, weight: weight, bias: bias, training: training, momentum: momentum, eps: eps
    ).output
  }

  /// As above with the statistics of the batch, of which no account is kept.
  public static func batchNorm(_ input: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5) -> Tensor {
    if let error = batchError(input.shape, true, eps) { return .failure(error) }
    return nativeBatchNorm(input, weight: weight, bias: bias, eps: eps).output
  }

  private static func batchError(_ shape: [Int], _ training: Bool, _ eps: Double) -> TensorError? {
    if training {
      if !shape.isEmpty && shape[0] * shape.dropFirst(2).reduce(1, *) == 1 {
        return .value("Expected more than 1 value per channel when training, got input size torch.Size(\(shape))")
      }
      if eps <= 0 { return .value("batch_norm eps must be positive during training, but got \(eps)") }
    }
    return eps < 0 ? .value("batch_norm eps must be non-negative, but got \(eps)") : nil
  }

  /// `batchNorm`, of a single value too, along with the batch's statistics, which are outside the graph; they are empty unless `training`.
  public static func nativeBatchNorm(
    _ input: Tensor, _ runningMean: inout Tensor, _ runningVar: inout Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
    training: Bool, momentum: Double = 0.1, eps: Double = 1e-5
  ) -> Normalized {
    let running = RunningStatistics(mean: runningMean, variance: runningVar)
    let results = normalized(input, running, weight, bias, training: training, eps)
    if training && input.count > 0 && results.output.isValid {
      running.update(&runningMean, &runningVar, toward: results.mean, results.variance, of: input.countPerChannel, momentum)
    }
    return (results.output, results.mean, results.inverse)
  }

  /// As above with the statistics of the batch, of which no account is kept.
  public static func nativeBatchNorm(
    _ input: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Normalized {
    let results = normalized(input, nil, weight, bias, training: true, eps)
    return (results.output, results.mean, results.inverse)
  }

  private static func normalized(
    _ input: Tensor, _ running: RunningStatistics?, _ weight: Tensor?, _ bias: Tensor?, training: Bool, _ eps: Double
  ) -> (output: Tensor, mean: Tensor, inverse: Tensor, variance: Tensor) {
    let operands = [input] + [running?.mean, running?.variance, weight, bias].compactMap(\.self)
    let results = attempt(operands, results: 4) { list throws(TensorError) in
      let x = list[0]
      let (running, weight, bias) = (running?.frozen, weight?.frozen, bias?.frozen)
      try running?.checkConstant("native_batch_norm")
      try x.checkChannels(running, weight, bias)
      let nothing = Tensor.zeros([0], dtype: x.dtype.computeDType, device: x.device)
      if x.count == 0 {
        let scaled = weight.map { $0.count > 0 ? x * $0[0] : x } ?? x.clone()
        return [bias.map { $0.count > 0 ? scaled + $0[0] : scaled } ?? scaled, nothing, nothing, nothing]
      }
      guard x.rank >= 2 else { throw .index("Dimension out of range (expected to be in range of [-1, 0], but got 1)") }
      try x.checkNormalization("batch_norm", [running?.mean, running?.variance, weight, bias])
      let (scale, shift) = (weight?.channels(of: x), bias?.channels(of: x))
      if !training, let running {
        let inverse = (running.variance.detach().to(x.dtype.computeDType) + eps).rsqrt()
        let output = x.standardized(
          running.mean.detach().channels(of: x), inverse.channels(of: x), scale, shift, "NativeBatchNormBackward0")
        return [output, nothing, nothing, nothing]
      }
      let (variance, mean) = x.to(x.dtype.computeDType)
        .varMean(dim: x.shape.indices.filter { $0 != 1 }, correction: 0, keepDim: true)
      let inverse = (variance + eps).rsqrt()
      let output = x.standardized(mean, inverse, scale, shift, "NativeBatchNormBackward0")
      return [output] + [mean, inverse, variance].map { $0.detach().flatten() }
    }
    return (results[0], results[1], results[2], results[3])
  }

  // MARK: Every sample on its own

  /// Normalises every channel of every sample, and scales and shifts it.
  ///
  /// - Parameters:
  ///   - input: of shape [n, channels, ...].
  ///   - runningMean, runningVar: what serves where `useInputStats` is off. Otherwise they move by `momentum` toward the means of the samples'
  ///     statistics.
  ///   - weight, bias: one number for each channel.
  ///
  /// Errors: `Expected more than 1 spatial element when training, got input size torch.Size([3, 4, 1])`; those of `batchNorm`, with the
  /// elements of all samples counted. Source: Ulyanov, Vedaldi, Lempitsky, "Instance Normalization" (2016).
  public static func instanceNorm(
    _ input: Tensor, _ runningMean: inout Tensor, _ runningVar: inout Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
    useInputStats: Bool = true, momentum: Double = 0.1, eps: Double = 1e-5
  ) -> Tensor {
    let running = RunningStatistics(mean: runningMean, variance: runningVar)
    let results = perSample(input, running, weight, bias, useInputStats: useInputStats, eps)
    if useInputStats && input.count > 0 && results[0].isValid {
      running.update(
        &runningMean, &runningVar, toward: results[1].mean(dim: 0), results[2].mean(dim: 0),
        of: input.shape.dropFirst(2).reduce(1, *), momentum)
    }
    return results[0]
  }

  /// As above with the statistics of the samples, of which no account is kept.
  public static func instanceNorm(_ input: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5) -> Tensor {
    perSample(input, nil, weight, bias, useInputStats: true, eps)[0]
  }

  /// The result and, of shape [n, channels], the means and variances.
  private static func perSample(
    _ input: Tensor, _ running: RunningStatistics?, _ weight: Tensor?, _ bias: Tensor?, useInputStats: Bool, _ eps: Double
  ) -> [Tensor] {
    let operands = [input] + [running?.mean, running?.variance, weight, bias].compactMap(\.self)
    return attempt(operands, results: 3) { list throws(TensorError) in
      let x = list[0]
      if useInputStats && x.shape.dropFirst(2).reduce(1, *) == 1 {
        throw .value("Expected more than 1 spatial element when training, got input size torch.Size(\(x.shape))")
      }
      guard x.rank >= 2 else { throw .index("Dimension out of range (expected to be in range of [-1, 0], but got 1)") }
      let (samples, channels) = (x.shape[0], x.shape[1])
      // All channels of all samples side by side are the channels of one sample.
      let flat = x.reshape([1, samples * channels] + x.shape.dropFirst(2))
      let repeated = [running?.mean, running?.variance, weight, bias].map { $0?.frozen.repeat([samples]) }
      let statistics = repeated[0].flatMap { mean in repeated[1].map { RunningStatistics(mean: mean, variance: $0) } }
      let results = normalized(flat, statistics, repeated[2], repeated[3], training: useInputStats, eps)
      let output = results.output.view(x.shape)
      guard useInputStats, x.count > 0, output.isValid else { return [output, results.mean, results.variance] }
      return [output] + [results.mean, results.variance].map { $0.view([samples, channels]) }
    }
  }
}

// MARK: - Running statistics

private struct RunningStatistics: Sendable {
  let mean: Tensor
  let variance: Tensor

  var frozen: RunningStatistics { RunningStatistics(mean: mean.frozen, variance: variance.frozen) }

  func checkConstant(_ function: String) throws(TensorError) {
    try Tensor?(mean).checkConstant("running_mean", of: function)
    try Tensor?(variance).checkConstant("running_var", of: function)
  }

  /// - Parameter count: how many elements the biased variance was found from.
  func update(
    _ mean: inout Tensor, _ variance: inout Tensor, toward newMean: Tensor, _ newVariance: Tensor, of count: Int,
    _ momentum: Double
  ) {
    guard newMean.isValid && newVariance.isValid else { return }
    let unbiased = Double(count) / Double(count - 1)
    noGrad {
      let moved = [
        (mean * (1 - momentum) + newMean * momentum).to(mean.dtype),
        (variance * (1 - momentum) + newVariance * (momentum * unbiased)).to(variance.dtype),
      ]
      // Both or none.
      guard moved.allSatisfy(\.isValid), moved[0].shape == mean.shape, moved[1].shape == variance.shape else {
        return moved[0].shape == mean.shape ? variance.update { _ in moved[1] } : mean.update { _ in moved[0] }
      }
      mean.update { _ in moved[0] }
      variance.update { _ in moved[1] }
    }
  }
}

extension Tensor {
  /// The elements of one channel in the whole batch.
  fileprivate var countPerChannel: Int { rank < 2 || shape[1] == 0 ? 0 : count / shape[1] }

  /// - Throws: where a parameter has not as many elements as there are channels.
  fileprivate func checkChannels(_ running: RunningStatistics?, _ weight: Tensor?, _ bias: Tensor?) throws(TensorError) {
    let channels = rank > 1 ? shape[1] : 0
    let parameters = [
      ("running_mean", running?.mean), ("running_var", running?.variance), ("weight", weight), ("bias", bias),
    ]
    for case (let name, let parameter?) in parameters where parameter.count != channels {
      throw .runtime("\(name) should contain \(channels) elements not \(parameter.count)")
    }
  }
}

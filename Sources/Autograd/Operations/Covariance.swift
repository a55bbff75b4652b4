import Devices

extension Tensor {
  /// The covariances of variables, a row for each with its observations; of a vector or a 0-d tensor the variance of this one variable.
  ///
  /// - Parameters:
  ///   - correction: what is taken off the number of observations, or the sum of their weights.
  ///   - fweights: how often each observation was made: integers.
  ///   - aweights: how much each observation counts: floating point numbers.
  ///
  /// Errors: `cov(): expected input to have two or fewer dimensions but got an input with 3 dimensions`; weights of another dtype or number, or
  /// negative; `cov(): weights sum to zero, can't be normalized`.
  public func cov(correction: Int = 1, fweights: Tensor? = nil, aweights: Tensor? = nil) -> Tensor {
    let weights = [fweights, aweights].compactMap { $0 }
    return attempt([self] + weights) { list throws(TensorError) in
      let x = list[0]
      guard x.rank <= 2 else {
        throw .runtime("cov(): expected input to have two or fewer dimensions but got an input with \(x.rank) dimensions")
      }
      guard x.dtype != .bool else { throw .notImplemented("cov(): bool dtype is not supported for input") }
      let variables = x.rank < 2 ? x.reshape([1, -1]) : x
      let count = variables.shape[1]
      if let fweights { try fweights.checkWeights("fweights", "integral", fweights.dtype.category == .integer, count) }
      if let aweights { try aweights.checkWeights("aweights", "floating point", aweights.isFloatingPoint, count) }
      return try variables.covariance(correction, fweights, aweights).squeeze()
    }
  }

  private func checkWeights(_ name: String, _ kind: String, _ isOfKind: Bool, _ count: Int) throws(TensorError) {
    guard rank <= 1 else {
      throw .runtime("cov(): expected \(name) to have one or fewer dimensions but got \(name) with \(rank) dimensions")
    }
    guard isOfKind else {
      throw .runtime("cov(): expected \(name) to have \(kind) dtype but got \(name) with \(dtype.scalarTypeName) dtype")
    }
    guard self.count == count else {
      throw .runtime(
        "cov(): expected \(name) to have the same numel as there are observations in the input but got \(self.count) != \(count)")
    }
    if count > 0, try (self .< 0).any().element().boolValue { throw .runtime("cov(): \(name) cannot be negative") }
  }

  /// Of a matrix, a row for each variable.
  private func covariance(_ correction: Int, _ fweights: Tensor?, _ aweights: Tensor?) throws(TensorError) -> Tensor {
    let count = shape[1]
    var weights = fweights
    if let aweights { weights = weights.map { $0 * aweights } ?? aweights }
    let total = weights?.sum() ?? Tensor(count, device: device)
    if weights != nil, try total.element().doubleValue == 0 {
      throw .runtime("cov(): weights sum to zero, can't be normalized")
    }
    let mean = (weights.map { self * $0 } ?? self).sum(dim: 1) / total
    // With both kinds of weights, as many observations count as the reliabilities, weighted by their numbers, say.
    let norm: Tensor
    if let weights, let aweights, correction != 0 {
      norm = total - correction * (weights * aweights).sum() / total
    } else {
      norm = total - correction
    }
    let centered = self - mean.unsqueeze(1)
    let product = centered.matmul((weights.map { centered * $0 } ?? centered).t())
    return product / norm.clamp(min: 0)
  }

  /// The correlation coefficients of variables, a row for each with its observations: the covariances divided by both standard deviations, from
  /// -1 to 1.
  ///
  /// Error: `corrcoef(): expected input to have two or fewer dimensions but got an input with 3 dimensions`.
  public func corrcoef() -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank <= 2 else {
        throw .runtime("corrcoef(): expected input to have two or fewer dimensions but got an input with \(x.rank) dimensions")
      }
      let covariance = x.cov()
      guard covariance.isValid else { return covariance }
      if covariance.rank == 0 { return covariance / covariance }
      let deviation = covariance.diagonal().sqrt()
      return covariance / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    }
  }
}

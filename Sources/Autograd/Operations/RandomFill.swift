import Devices

// Random numbers in place of a tensor's elements: PyTorch's `uniform_`, `normal_`, ....
//
// They are drawn in the order of the tensor's memory: those of a transposed matrix along its columns. The gradient of what was there is zero.
// Errors of all: `a leaf Variable that requires grad is being used in an in-place operation.` while recording; parameters that make no
// distribution; a dtype that cannot hold it. After an error the tensor is unchanged.

extension Tensor {
  /// Uniform in [from, to).
  ///
  /// Error: `uniform_ expects to return a [from, to) range, but found from=2 > to=1`.
  public mutating func fillUniform(from: Double = 0, to: Double = 1, generator: Generator? = nil) {
    fill(with: .uniform(low: from, high: to), "UniformBackward0", generator)
  }

  /// Error: `normal expects std >= 0.0, but found std -1`.
  public mutating func fillNormal(mean: Double = 0, std: Double = 1, generator: Generator? = nil) {
    fill(with: .normal(mean: mean, std: std), "NormalBackward0", generator)
  }

  /// e to the power of normal values with this mean and standard deviation.
  ///
  /// Error: `log_normal_ expects std > 0.0, but found std=0`.
  public mutating func fillLogNormal(mean: Double = 1, std: Double = 2, generator: Generator? = nil) {
    fill(with: .logNormal(mean: mean, std: std), "LogNormalBackward0", generator)
  }

  /// Error: `cauchy_ expects sigma > 0.0, but found sigma=0`.
  public mutating func fillCauchy(median: Double = 0, sigma: Double = 1, generator: Generator? = nil) {
    fill(with: .cauchy(median: median, sigma: sigma), "CauchyBackward0", generator)
  }

  /// Density λ·exp(-λx) on x ≥ 0.
  ///
  /// Error: `exponential_ expects lambda > 0.0, but found lambda=0`.
  public mutating func fillExponential(lambd: Double = 1, generator: Generator? = nil) {
    fill(with: .exponential(rate: lambd), "ExponentialBackward0", generator)
  }

  /// The number of trials up to the first success, in any dtype but bool.
  ///
  /// Error: `geometric_ expects p to be in (0, 1), but got p=1`.
  public mutating func fillGeometric(_ p: Double, generator: Generator? = nil) {
    fill(with: .geometric(p: p), "GeometricBackward0", generator)
  }

  /// One with probability `p`, else zero, in any dtype.
  ///
  /// Error: `bernoulli_ expects p to be in [0, 1], but got p=2`.
  public mutating func fillBernoulli(_ p: Double = 0.5, generator: Generator? = nil) {
    fill(with: .bernoulli(p: p), "BernoulliBackward2", generator)
  }

  /// One with the probability that an element of `probabilities` is, else zero; they broadcast to this tensor's shape.
  ///
  /// Errors: as for `Tensor.bernoulli`; a shape that does not broadcast.
  public mutating func fillBernoulli(_ probabilities: Tensor, generator: Generator? = nil) {
    overwrite("BernoulliBackward1") { x throws(TensorError) in
      let odds = try Tensor(probabilities.valid().frozen.operand.with(layout: probabilities.layout.expanded(to: x.shape)))
      return try odds.bernoulliDraws(as: x.layout.dense, x.dtype, generator).to(x.device)
    }
  }

  /// Integers from 0 to the largest that the dtype holds exactly, which is included.
  public mutating func fillRandom(generator: Generator? = nil) { fill(with: .anyInteger, "RandomBackward2", generator) }

  /// Integers from 0 up to, not including, `to`.
  public mutating func fillRandom(to: Int, generator: Generator? = nil) {
    fill(with: .integers(low: 0, high: Int64(to)), "RandomBackward1", generator)
  }

  /// Integers from `from` up to, not including, `to`; without `to`, to the largest that the dtype holds exactly, which is included.
  ///
  /// Error: `random_ expects 'from' to be less than 'to', but got from=5 >= to=5`.
  public mutating func fillRandom(from: Int, to: Int? = nil, generator: Generator? = nil) {
    let distribution: Distribution =
      if let to { .integers(low: Int64(from), high: Int64(to)) } else { .integersFrom(low: Int64(from)) }
    fill(with: distribution, "RandomBackward0", generator)
  }

  private mutating func fill(with distribution: Distribution, _ gradName: String, _ generator: Generator?) {
    overwrite(gradName) { x throws(TensorError) in
      let target = try x.memoryLike()
      try Tensor.draw(distribution.elementBy(element: !x.isContiguous), into: target, generator)
      return Tensor(target)
    }
  }
}

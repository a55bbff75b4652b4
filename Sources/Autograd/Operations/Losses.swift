import Devices

// Losses of classification.

/// What becomes of the losses of single samples.
public enum LossReduction: Sendable {
  case none, mean, sum
}

extension Tensor {
  /// The negative of the log-probability that these predictions give to the right classes.
  ///
  /// - Parameters:
  ///   - target: The classes, int64 or uint8: of shape [n, ...] for predictions of shape [n, classes, ...], 0-d for 1-d ones.
  ///   - weight: How much every class counts; the mean is weighted too.
  ///   - ignoreIndex: A class that marks samples which do not count.
  ///
  /// Errors: `Target 3 is out of bounds.`; `Expected input batch_size (2) to match target batch_size (3).`; `expected target dtype to be Long
  /// or Byte, but got Float`; `weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]`.
  public func nllLoss(
    _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([self, target] + (weight.map { [$0] } ?? [])) { operands throws(TensorError) in
      let x = operands[0]
      let dim = x.rank == 1 ? 0 : 1
      let weight = operands.count > 2 ? operands[2].detach() : nil
      try x.checkTarget(operands[1], dim, weight)
      let target = operands[1].to(.int64)
      let counts = target .!= ignoreIndex
      let index = target.maskedFill(counts.logicalNot(), 0)
      try index.checkClasses(below: x.shape[dim])
      let weights = (weight?.take(index) ?? .ones(index.shape, dtype: x.dtype, device: x.device)) * counts
      let total = reduction == .mean ? weights.sum() : nil
      let places = index.unsqueeze(dim)
      let losses = noGrad { Tensor.where(counts, -weights * x.gather(dim: dim, index: places).squeeze(dim), 0) }
      let result = reduction == .none ? losses : total.map { losses.sum() / $0 } ?? losses.sum()
      return result.differentiable(x.rank > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", x) { g in
        // Samples that do not count have a gradient of zero, even where nothing else counts.
        let source = Tensor.where(counts, -weights * (total.map { g / $0 } ?? g), 0)
        return x.zerosLike().scatter(dim: dim, index: places, source: source.unsqueeze(dim))
      }
    }
  }

  /// `nllLoss` of the log-softmax of these scores: the loss of a classifier whose last layer has no activation.
  public func crossEntropy(
    _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean
  ) -> Tensor {
    logSoftmax(dim: rank == 1 ? 0 : 1).nllLoss(target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
  }

  /// Whether targets and weights fit these predictions, whose classes are along `dim`.
  private func checkTarget(_ target: Tensor, _ dim: Int, _ weight: Tensor?) throws(TensorError) {
    guard rank > 0 else { throw .runtime("input tensor should be 1D or 2D") }
    guard target.dtype == .int64 || target.dtype == .uint8 else {
      throw .runtime("expected target dtype to be Long or Byte, but got \(target.dtype.scalarTypeName)")
    }
    if dim == 1 {
      guard target.rank > 0, target.shape[0] == shape[0] else {
        let size = target.rank > 0 ? target.shape[0] : 1
        throw .value("Expected input batch_size (\(shape[0])) to match target batch_size (\(size)).")
      }
    }
    var expected = shape
    expected.remove(at: dim)
    guard target.shape == expected else {
      throw .runtime("size mismatch (got input: \(shape), target: \(target.shape))")
    }
    let classes = shape[dim]
    if let weight, weight.shape != [classes] {
      throw .runtime(
        "weight tensor should be defined either for all \(classes) classes or no classes but got weight tensor of shape: "
          + "\(weight.shape)")
    }
  }

  /// Waits for the classes: an index that counted from the back would go unnoticed.
  private func checkClasses(below count: Int) throws(TensorError) {
    let outside = (self .< 0) .| (self .>= count)
    guard self.count > 0, Bool(outside.any()) else { return }
    throw .index("Target \(maskedSelect(outside).scalars(as: Int.self)[0]) is out of bounds.")
  }
}

import Devices

// Losses of classifiers. Predictions have their classes along dimension 1, or along dimension 0 where they are those of a single sample.

extension F {
  /// The negative of the log-probability that the input gives to the right classes.
  ///
  /// - Parameters:
  ///   - input: Of shape [classes], [n, classes] or [n, classes, ...].
  ///   - target: The classes, int64 or uint8, of the input's shape without its dimension of classes.
  ///   - weight: How much every class counts; the mean is weighted too.
  ///   - ignoreIndex: A class that marks samples which do not count.
  ///
  /// Errors: `Target 3 is out of bounds.`; `Expected input batch_size (2) to match target batch_size (3).`; `Expected target size [2, 3], got
  /// [2, 4]`; `0D or 1D target tensor expected, multi-target not supported`; `expected target dtype to be Long or Byte, but got Float`; `weight
  /// tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]`. Waits for the classes.
  public static func nllLoss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, target] + (weight.map { [$0] } ?? [])) { operands throws(TensorError) in
      let x = operands[0]
      let dim = x.rank == 1 ? 0 : 1
      let weight = try x.checkedWeight(weight, for: operands, dim)
      // A single sample may have its class in a line of one.
      let target = operands[1].to(.int64).reshape(x.shape.indices.filter { $0 != dim }.map { x.shape[$0] })
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

  /// `nllLoss` of the log-softmax of the input: the loss of a classifier whose last layer has no activation.
  ///
  /// - Parameters:
  ///   - target: The classes, as for `nllLoss`; or of the input's shape and a floating dtype, the probability of every class.
  ///   - labelSmoothing: How much of every target is spread evenly over all classes.
  ///
  /// Errors: those of `nllLoss`; `label_smoothing must be between 0.0 and 1.0. Got: 1.5`; `Expected floating point type for target with class
  /// probabilities, got Long`; `ignore_index is not supported for floating point target`.
  public static func crossEntropy(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, labelSmoothing: Double = 0,
    reduction: LossReduction = .mean
  ) -> Tensor {
    guard (0...1).contains(labelSmoothing) else {
      return .failure(.runtime("label_smoothing must be between 0.0 and 1.0. Got: \(labelSmoothing.streamText)"))
    }
    let dim = input.rank == 1 ? 0 : 1
    if input.isValid && target.isValid && input.shape == target.shape {
      guard target.isFloatingPoint else {
        return .failure(
          .runtime("Expected floating point type for target with class probabilities, got \(target.dtype.scalarTypeName)"))
      }
      guard ignoreIndex < 0 else { return .failure(.runtime("ignore_index is not supported for floating point target")) }
      return input.logSoftmax(dim: dim).crossEntropy(ofProbabilities: target, dim, weight, labelSmoothing, reduction)
    }
    if labelSmoothing == 0 && input.predictsInRows && input.device === target.device {
      return input.crossEntropy(target, dim, weight, ignoreIndex, reduction)
    }
    let logits = input.logSoftmax(dim: dim)
    let losses = nllLoss(logits, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
    if labelSmoothing == 0 { return losses }
    guard losses.isValid else { return losses }
    let smooth = logits.evenCrossEntropy(target.detach(), dim, weight?.detach(), ignoreIndex, reduction)
    return losses * (1 - labelSmoothing) + smooth * (labelSmoothing / Double(logits.size(dim)))
  }

  /// `crossEntropy` of the scores that a linear layer gives: of `linear(input, linearWeight, bias: linearBias)`.
  ///
  /// - Parameters:
  ///   - input: Of shape [inputs] or [n, inputs].
  ///   - linearWeight: Of shape [classes, ..., inputs]. What is between makes samples of several targets each, of shape [n, ...].
  ///   - linearBias: Of the weight's shape without the last dimension.
  ///
  /// Errors: `expected input with dimensionality 1 or 2, got 3`; `expected equal input and linear_weight last dimensions (in_features), got 3
  /// and 4, respectively`; `expected linear_bias shape (2, 3), got (2,)`; those of `crossEntropy`.
  public static func linearCrossEntropy(
    _ input: Tensor, _ linearWeight: Tensor, _ target: Tensor, linearBias: Tensor? = nil, weight: Tensor? = nil,
    ignoreIndex: Int? = nil, labelSmoothing: Double = 0, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, linearWeight, target] + (linearBias.map { [$0] } ?? [])) { operands throws(TensorError) in
      let (x, w) = (operands[0], operands[1])
      try checkLinearScores(x.shape, w.shape, bias: linearBias?.shape)
      let shape = Array(x.shape.dropLast() + w.shape.dropLast())
      if target.shape == shape && ignoreIndex != nil {
        throw .runtime("ignore_index cannot be specified when target contains probabilities")
      }
      let outputs = w.shape.dropLast().reduce(1, *)
      let scores = linear(
        x, w.reshape([outputs, w.shape[w.rank - 1]]), bias: operands.count > 3 ? operands[3].reshape([outputs]) : nil)
      return crossEntropy(
        scores.reshape(shape), target, weight: weight, ignoreIndex: ignoreIndex ?? -100, labelSmoothing: labelSmoothing,
        reduction: reduction)
    }
  }
}

extension Tensor {
  // MARK: Scores and classes, as one command

  /// Whether these are rows of scores in a dtype that computes.
  fileprivate var predictsInRows: Bool {
    isValid && isFloatingPoint && dtype == dtype.computeDType && (1...2).contains(rank) && count > 0
  }

  /// The loss of these scores, without the log-probabilities in between.
  fileprivate func crossEntropy(
    _ target: Tensor, _ dim: Int, _ weight: Tensor?, _ ignored: Int, _ reduction: LossReduction
  ) -> Tensor {
    attempt([self, target] + (weight.map { [$0] } ?? [])) { operands throws(TensorError) in
      let x = operands[0]
      let scale = try x.checkedWeight(weight, for: operands, dim)
      let (rows, columns) = (x.count / x.shape[dim], x.shape[dim])
      let classes = try operands[1].to(.int64).reshape([rows]).contiguous().valid()
      if let outside = try classes.firstOutside(of: columns, ignoring: ignored) {
        throw .index("Target \(outside) is out of bounds.")
      }
      func made() throws(TensorError) -> Tensor { try .uninitialized("cross_entropy", [rows], x.dtype, x.device) }
      let (losses, weights, logSums) = (try made(), try made(), try made())
      let scores = try Tensor(x.body.detached()).contiguous().valid()
      let matrix = scores.operand.with(
        layout: Layout(shape: [rows, columns], strides: [columns, 1], offset: scores.layout.offset))
      try x.device.rows(
        .crossEntropy(ignored: ignored),
        [matrix, classes.operand, (scale ?? .ones([columns], dtype: x.dtype, device: x.device)).contiguous().operand],
        to: [losses.operand, weights.operand, logSums.operand])
      let total = reduction == .mean ? weights.sum() : nil
      let result = reduction == .none ? losses.reshape(Array(x.shape.dropLast())) : total.map { losses.sum() / $0 } ?? losses.sum()
      return result.differentiable("NllLossBackward0", x) { g in
        let factors = weights * (total.map { g / $0 } ?? g).reshape(reduction == .none ? [rows] : [])
        if GradientMode.isEnabled {
          let isClass = (classes.unsqueeze(1) .== Tensor.positions(columns, on: x.device)).to(x.dtype)
          let slopes = x.reshape([rows, columns]).softmax(dim: 1) - isClass
          // Samples that do not count have a gradient of zero, even where nothing else counts.
          return Tensor.where((classes .!= ignored).unsqueeze(1), slopes * factors.unsqueeze(1), 0).reshape(x.shape)
        }
        return attempt(factors) { factors throws(TensorError) in
          let gradient = try Tensor.uninitialized("cross_entropy", x.shape, x.dtype, x.device)
          try x.device.rows(
            .crossEntropyGradient(ignored: ignored), [matrix, classes.operand, factors.contiguous().operand, logSums.operand],
            to: [gradient.operand.with(layout: Layout(shape: [rows, columns]))])
          return gradient
        }
      }
    }
  }

  // MARK: Log-probabilities

  /// The loss of these log-probabilities where the targets are probabilities too.
  fileprivate func crossEntropy(
    ofProbabilities target: Tensor, _ dim: Int, _ weight: Tensor?, _ smoothing: Double, _ reduction: LossReduction
  ) -> Tensor {
    attempt(self, target) { x, target throws(TensorError) in
      try x.checkClassWeight(weight, dim, "cross_entropy: ")
      let classes = x.shape[dim]
      let smoothed = smoothing > 0 ? target * (1 - smoothing) + smoothing / Double(classes) : target
      let products = x * smoothed
      let terms = weight.map { products * $0.along(dim, rank: x.rank) } ?? products
      switch reduction {
      case .none: return -terms.sum(dim: dim)
      case .sum: return -terms.sum()
      case .mean: return -terms.sum() / (Double(x.count) / Double(classes))
      }
    }
  }

  /// The loss of these log-probabilities where all classes are right, each to its weight.
  fileprivate func evenCrossEntropy(
    _ target: Tensor, _ dim: Int, _ weight: Tensor?, _ ignored: Int, _ reduction: LossReduction
  ) -> Tensor {
    let terms = weight.map { self * $0.along(dim, rank: rank) } ?? self
    let counts = (target .!= ignored).reshape(terms.shape.indices.filter { $0 != dim }.map { terms.shape[$0] })
    let losses = Tensor.where(counts, -terms.sum(dim: dim), 0)
    switch reduction {
    case .none: return losses
    case .sum: return losses.sum()
    case .mean:
      let weights = weight.map { $0.take(target.to(.int64).maskedFill(target .== ignored, 0)) * (target .!= ignored) }
      return losses.sum() / (weights ?? counts).sum()
    }
  }

  /// A line of one number for each class, in a shape that broadcasts.
  private func along(_ dim: Int, rank: Int) -> Tensor {
    var shape = [Int](repeating: 1, count: rank)
    shape[dim] = -1
    return reshape(shape)
  }

  // MARK: Rules

  /// Whether targets fit these predictions, whose classes are along `dim`.
  fileprivate func checkClassTarget(_ target: Tensor, _ dim: Int) throws(TensorError) {
    guard rank > 0 else { throw .value("Expected 1 or more dimensions (got 0)") }
    guard isFloatingPoint else { throw .lacking("nll_loss_out_frame", dtype) }
    if rank == 1 {
      guard target.rank == 0 || target.shape == [1] else {
        throw target.rank == 1
          ? .value("For 1D input, 1D target must have size 1, but got target size: \(target.shape[0])")
          : .runtime("0D or 1D target tensor expected, multi-target not supported")
      }
      return
    }
    guard target.rank > 0, target.shape[0] == shape[0] else {
      let size = target.rank > 0 ? target.shape[0] : 1
      throw .value("Expected input batch_size (\(shape[0])) to match target batch_size (\(size)).")
    }
    let expected = [shape[0]] + shape.dropFirst(2)
    guard target.shape == expected else {
      throw .runtime(
        rank == 2
          ? "0D or 1D target tensor expected, multi-target not supported" : "Expected target size \(expected), got \(target.shape)")
    }
  }

  /// The weights of the classes, outside any graph, once they and the targets, the second operand, are known to fit these predictions.
  fileprivate func checkedWeight(_ given: Tensor?, for operands: [Tensor], _ dim: Int) throws(TensorError) -> Tensor? {
    try given.checkConstant("weight", of: "nll_loss_forward")
    let weight = operands.count > 2 ? operands[2].detach() : nil
    try checkClassTarget(operands[1], dim)
    guard operands[1].dtype == .int64 || operands[1].dtype == .uint8 else {
      throw .runtime("expected target dtype to be Long or Byte, but got \(operands[1].dtype.scalarTypeName)")
    }
    try checkClassWeight(weight, dim)
    return weight
  }

  fileprivate func checkClassWeight(_ weight: Tensor?, _ dim: Int, _ prefix: String = "") throws(TensorError) {
    guard let weight else { return }
    guard weight.shape == [shape[dim]] else {
      throw .runtime(
        "\(prefix)weight tensor should be defined either for all \(shape[dim]) classes or no classes but got weight tensor of shape: "
          + "\(weight.shape)")
    }
    guard weight.dtype == dtype else {
      throw .runtime("expected scalar type \(dtype.scalarTypeName) but found \(weight.dtype.scalarTypeName)")
    }
  }

  /// Waits for the classes: an index that counted from the back would go unnoticed.
  fileprivate func checkClasses(below count: Int) throws(TensorError) {
    if let outside = try firstOutside(of: count) { throw .index("Target \(outside) is out of bounds.") }
  }
}

private func checkLinearScores(_ input: [Int], _ weight: [Int], bias: [Int]?) throws(TensorError) {
  guard (1...2).contains(input.count) else {
    throw .runtime("expected input with dimensionality 1 or 2, got \(input.count)")
  }
  guard weight.count >= 2 else {
    throw .runtime("expected linear_weight with dimensionality at least 2, got \(weight.count)")
  }
  guard input.last == weight.last else {
    throw .runtime(
      "expected equal input and linear_weight last dimensions (in_features), got \(input.last!) and \(weight.last!), respectively")
  }
  if let bias, bias != Array(weight.dropLast()) {
    throw .runtime("expected linear_bias shape \(tupleText(weight.dropLast())), got \(tupleText(bias[...]))")
  }
  if weight.count > 2 && input.count == 1 {
    throw .runtime(
      "K-dimensional loss defined by linear_weight shape \(tupleText(weight[...])) requires batched input, (N, \(input[0])), got unbatched "
        + "input with shape \(tupleText(input[...]))")
  }
}

/// A shape as Python prints a tuple.
private func tupleText(_ shape: ArraySlice<Int>) -> String {
  let sizes = shape.map { "\($0)" }.joined(separator: ", ")
  return shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
}

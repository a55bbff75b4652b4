import Devices

// Losses of scores that should differ by a margin.

extension Operation {
  fileprivate static let marginRanking = ElementwiseOperation(
    "margin_ranking_loss", "AddBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in [-v[2] * (v[0] - v[1]) + v[3]] })
  fileprivate static let positivePart = ElementwiseOperation(
    "margin_ranking_loss", "ClampMinBackward0", ElementwiseKernel { x in x.relu() })

  /// What another class exceeds the right one by, less the margin.
  private static func excess(squared: Bool) -> ElementwiseKernel {
    ElementwiseKernel(inputs: [.value, .value, .value, .value, .boolean]) { v in
      let excess = (v[2] - v[1] + v[0]).relu()
      return [v[4].select((squared ? excess * excess : excess) * v[3], 0)]
    }
  }
  fileprivate static let multiMargin = excess(squared: false)
  fileprivate static let squaredMultiMargin = excess(squared: true)

  fileprivate static let multilabelMargin = ElementwiseKernel(inputs: [.value, .value, .boolean]) { v in
    [v[2].select((1 - v[1] + v[0]).relu(), 0)]
  }
}

extension F {
  /// max(0, margin - target · (input1 - input2)): whether the first ranks higher where the target is 1, and lower where it is -1.
  ///
  /// Error: `margin_ranking_loss : All input tensors should have same dimension but got sizes: ...`.
  public static func marginRankingLoss(
    _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt(input1, input2, target) { x, y, target throws(TensorError) in
      guard x.rank == y.rank, x.rank == target.rank else {
        throw .runtime(
          "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: torch.Size(\(x.shape)), input2: "
            + "torch.Size(\(y.shape)), target: torch.Size(\(target.shape)) ")
      }
      return reduction(
        Operation.positivePart(Operation.marginRanking(x.argument, y.argument, target.argument, margin.argument)))
    }
  }

  /// Σ max(0, margin - right + other)^p / classes over the other classes: how far the score of the right class fails to exceed them.
  ///
  /// - Parameters:
  ///   - input: Of shape [n, classes] or [classes].
  ///   - target: The right classes, int64.
  ///   - p: 1 or 2.
  ///   - weight: How much a sample of each class counts; the mean is that of the samples.
  ///
  /// Errors: `Expected non-empty vector or matrix with optional 0-dim batch size, but got: [5, 0]`; `multi_margin_loss: target tensor should be
  /// 1-D with size equal to the number of input samples (batch size). ...`; `only p == 1 and p == 2 supported`; `weight must be
  /// one-dimensional`; `inconsistent weight size, expected 4 but got [5]`; `target out of range`. Waits for the classes.
  public static func multiMarginLoss(
    _ input: Tensor, _ target: Tensor, p: Int = 1, margin: Double = 1, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, target] + (weight.map { [$0] } ?? [])) { operands throws(TensorError) in
      let (x, target) = (operands[0], operands[1])
      guard p == 1 || p == 2 else { throw .value("only p == 1 and p == 2 supported") }
      try weight.checkConstant("weight", of: "multi_margin_loss")
      let weight = operands.count > 2 ? operands[2].detach() : nil
      if let weight, weight.rank != 1 { throw .value("weight must be one-dimensional") }
      try checkScores(x.shape)
      let classes = x.shape.last ?? 1
      let samples = x.rank < 2 ? 1 : x.shape[0]
      guard target.rank <= 1, target.count == samples else {
        throw .runtime(
          "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). Expected target size "
            + "[\(samples)], but got \(target.shape). Input has shape \(x.shape).")
      }
      if let weight, weight.count != classes {
        throw .runtime("inconsistent weight size, expected \(classes) but got \(weight.shape)")
      }
      try x.checkScoreDTypes("multi_margin_loss_cpu_kernel", target, weight)
      let places = target.detach().reshape([samples, 1])
      if try places.firstOutside(of: classes) != nil { throw .runtime("target out of range") }
      let scores = x.reshape([samples, classes])
      let right = scores.gather(dim: 1, index: places)
      let weights = weight?.take(places) ?? .ones([1], dtype: x.dtype, device: x.device)
      let isOther = Tensor.positions(classes, on: x.device) .!= places
      let terms = try Elementwise.apply(
        p == 1 ? Operation.multiMargin : Operation.squaredMultiMargin, "MultiMarginLossBackward0", dtype: x.dtype,
        [scores.argument, right.argument, margin.argument, weights.argument, isOther.argument])[0]
      let losses = (terms.sum(dim: 1) / classes).reshape(target.shape)
      return reduction(losses).recorded(as: "MultiMarginLossBackward0")
    }
  }

  /// Σ max(0, 1 - right + other) / classes over all pairs of a right class and one that is not.
  ///
  /// - Parameters:
  ///   - input: Of shape [n, classes] or [classes].
  ///   - target: The right classes of every sample, int64, of the input's shape. They end where the first is -1.
  ///
  /// Errors: `Expected non-empty vector or matrix with optional 0-dim batch size, but got: [5, 0]`; `inconsistent target size: [4] for input of
  /// size: [5, 4]`; `argument #2 'target' is out of range`. Waits for the classes.
  public static func multilabelMarginLoss(_ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
    attempt(input, target) { x, target throws(TensorError) in
      try checkScores(x.shape)
      guard x.shape == target.shape else {
        throw .runtime("inconsistent target size: \(target.shape) for input of size: \(x.shape)")
      }
      try x.checkScoreDTypes("multilabel_margin_loss_forward_out_frame", target, nil)
      let classes = x.shape.last ?? 1
      let samples = x.rank < 2 ? 1 : x.shape[0]
      let labels = target.detach().reshape([samples, classes])
      if try (labels + 1).firstOutside(of: classes + 1) != nil { throw .runtime("argument #2 'target' is out of range") }
      let counts = (labels .< 0).to(.int64).cumsum(dim: 1) .== 0
      let places = labels.maskedFill(counts.logicalNot(), 0)
      let isRight =
        Tensor.zeros([samples, classes], dtype: .int64, device: x.device)
        .scatterAdd(dim: 1, index: places, source: counts.to(.int64)) .> 0
      let scores = x.reshape([samples, classes])
      let right = scores.gather(dim: 1, index: places)
      // [sample, right class, other class]
      let isPair = counts.unsqueeze(2) .& isRight.logicalNot().unsqueeze(1)
      let terms = try Elementwise.apply(
        Operation.multilabelMargin, "MultilabelMarginLossBackward0", dtype: x.dtype,
        [scores.unsqueeze(1).argument, right.unsqueeze(2).argument, isPair.argument])[0]
      let losses = (terms.sum(dim: [1, 2]) / classes).reshape(Array(x.shape.dropLast()))
      return reduction(losses).recorded(as: "MultilabelMarginLossBackward0")
    }
  }
}

private func checkScores(_ shape: [Int]) throws(TensorError) {
  guard shape.count <= 2, shape.last != 0 else {
    throw .runtime("Expected non-empty vector or matrix with optional 0-dim batch size, but got: \(shape)")
  }
}

extension Tensor {
  fileprivate func checkScoreDTypes(_ kernel: String, _ target: Tensor, _ weight: Tensor?) throws(TensorError) {
    guard isFloatingPoint else { throw .lacking(kernel, dtype) }
    guard target.dtype == .int64 else { throw .runtime("expected scalar type Long but found \(target.dtype.scalarTypeName)") }
    if let weight, weight.dtype != dtype {
      throw .runtime("expected scalar type \(dtype.scalarTypeName) but found \(weight.dtype.scalarTypeName)")
    }
  }
}

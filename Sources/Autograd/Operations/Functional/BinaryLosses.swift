import Devices

// Losses of decisions between two classes, and of several labels at once.

extension Operation {
  // Logarithms are kept above -100, so that a sure and wrong prediction has a finite loss.
  fileprivate static let crossEntropy = loss(
    "binary_cross_entropy", "", kernel: "binary_cross_entropy", parameters: 1
  ) { v in
    let (x, target, weight) = (v[0], v[1], v[2])
    return weight * ((target - 1) * (-x).log1p().maximum(-100) - target * x.log().maximum(-100))
  }
  // The variance x (1 - x), by which all derivatives divide, is kept from zero as PyTorch does it: the first one has a bound, the second adds to
  // both factors.
  fileprivate static let crossEntropyDerivative = derivative("binary_cross_entropy_backward") { x, target in
    (x - target) / boundedVariance(x)
  }
  fileprivate static let crossEntropySecondDerivative = derivative("binary_cross_entropy_double_backward") { x, target in
    let root = (x + 1e-12) * (1 - x + 1e-12)
    return (x * x - 2 * (x * target) + target) / (root * root)
  }
  fileprivate static let crossEntropyMixedDerivative = derivative("binary_cross_entropy_double_backward_target") { x, target in
    -1 / boundedVariance(x)
  }

  private static func boundedVariance(_ x: Expression) -> Expression {
    let bound = Double(Float(1e-12))  // in every dtype
    let variance = (1 - x) * x
    return (variance .< bound).select(bound, variance)
  }

  private static func derivative(_ name: String, _ body: (Expression, Expression) -> Expression) -> ElementwiseOperation {
    ElementwiseOperation(
      name, "MulBackward0",
      ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in [v[0] * v[3] * body(v[1], v[2])] })
  }

  fileprivate static let crossEntropyToTarget = ElementwiseOperation(
    "binary_cross_entropy_target_backward", "MulBackward0",
    ElementwiseKernel { g, x, weight in g * weight * -(x.log() - (1 - x).log()) })

  // softplus(-x) is -log(sigmoid(x)), exact wherever sigmoid is near zero or one.
  fileprivate static let crossEntropyWithLogits = loss(
    "binary_cross_entropy_with_logits", "BinaryCrossEntropyWithLogitsBackward0", kernel: "log_sigmoid_cpu", parameters: 2
  ) { v in
    let (x, target, weight, positive) = (v[0], v[1], v[2], v[3])
    return weight * ((1 - target) * x + ((positive - 1) * target + 1) * (-x).softplus())
  }

  fileprivate static let softMargin = loss("soft_margin_loss", "SoftMarginLossBackward0", kernel: "exp") { v in
    (-v[1] * v[0]).softplus()
  }
  fileprivate static let multilabelSoftMargin = loss(
    "multilabel_soft_margin_loss", "NegBackward0", kernel: "log_sigmoid_cpu"
  ) { v in v[1] * (-v[0]).softplus() + (1 - v[1]) * v[0].softplus() }

  // A target that is neither 1 nor -1 counts as both.
  fileprivate static let hingeEmbedding = ElementwiseOperation(
    "hinge_embedding_loss", "AddBackward0",
    ElementwiseKernel { x, target, margin in
      (target .!= 1).select((margin - x).relu(), 0) + (target .!= -1).select(x, 0)
    })
}

extension F {
  /// -(target · log(input) + (1 - target) · log(1 - input)) of probabilities. Logarithms less than -100 count as that.
  ///
  /// - Parameter weight: of the losses, over which it broadcasts.
  ///
  /// Errors: `Using a target size (torch.Size([2])) that is different to the input size (torch.Size([3])) is deprecated. ...`; `all elements
  /// of input should be between 0 and 1`, likewise for the target; `Found dtype Double but expected Float`. Waits for the values.
  public static func binaryCrossEntropy(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, target] + (weight.map { [$0] } ?? [])) { operands throws(TensorError) in
      let (x, target) = (operands[0], operands[1])
      guard x.shape == target.shape else {
        throw .value(
          "Using a target size (torch.Size(\(target.shape))) that is different to the input size (torch.Size(\(x.shape))) is deprecated. "
            + "Please ensure they have the same size.")
      }
      if let weight { try checkWeight(weight.shape, of: x.shape) }
      try weight.checkConstant("weight", of: "binary_cross_entropy")
      guard x.dtype == target.dtype else {
        throw .runtime("Found dtype \(target.dtype.scalarTypeName) but expected \(x.dtype.scalarTypeName)")
      }
      guard x.isFloatingPoint else { throw .lacking("binary_cross_entropy", x.dtype) }
      for (name, probabilities) in [("input", x), ("target", target)] {
        let p = probabilities.detach()
        guard try ((p .>= 0) .& (p .<= 1)).all().element().boolValue else {
          throw .runtime("all elements of \(name) should be between 0 and 1")
        }
      }
      // The weight takes no part in promotion.
      let weight = operands.count > 2 ? operands[2].to(x.dtype).argument : 1.argument
      let losses = Operation.crossEntropy(x.detach().argument, target.detach().argument, weight).differentiable(
        "BinaryCrossEntropyBackward0", x, target,
        { g in crossEntropyGradient(g, x, target, weight) },
        { g in Operation.crossEntropyToTarget(g.argument, x.argument, weight) })
      return reduction == .none ? losses : reduction(losses).recorded(as: "BinaryCrossEntropyBackward0")
    }
  }

  /// - Throws: where the weighted losses would have another shape than the losses.
  private static func checkWeight(_ weight: [Int], of losses: [Int]) throws(TensorError) {
    var common = [Int](repeating: 1, count: Swift.max(0, weight.count - losses.count)) + losses
    for (back, size) in weight.reversed().enumerated() where size != 1 {
      let place = common.count - 1 - back
      guard common[place] == 1 || common[place] == size else {
        throw .runtime(
          "Attempting to broadcast a dimension of length \(size) at \(-1 - back)! Mismatching argument at index 1 had torch.Size(\(weight)); "
            + "but expected shape should be broadcastable to \(common)")
      }
      common[place] = size
    }
    guard common == losses else { throw .runtime("output with shape \(losses) doesn't match the broadcast shape \(common)") }
  }

  private static func crossEntropyGradient(_ g: Tensor, _ x: Tensor, _ target: Tensor, _ weight: ElementwiseArgument) -> Tensor {
    attempt(g, x, target) { g, x, target throws(TensorError) in
      let operation = Operation.crossEntropyDerivative
      return operation(g.detach().argument, x.detach().argument, target.detach().argument, weight).differentiable(
        "BinaryCrossEntropyBackwardBackward0", [g, x, target],
        [
          { h in operation(h.argument, x.argument, target.argument, weight) },
          { h in Operation.crossEntropySecondDerivative((h * g).argument, x.argument, target.argument, weight) },
          { h in Operation.crossEntropyMixedDerivative((h * g).argument, x.argument, target.argument, weight) },
        ])
    }
  }

  /// `binaryCrossEntropy` of sigmoid(input), exact where the sigmoid is near zero or one.
  ///
  /// - Parameters:
  ///   - weight: of the losses, over which it broadcasts.
  ///   - posWeight: how much more than negative ones positive targets count, for each class.
  ///
  /// The losses have the target's dtype.
  ///
  /// Errors: `Target size (torch.Size([2])) must be the same as input size (torch.Size([3]))`; integers and booleans are refused:
  /// `"log_sigmoid_cpu" not implemented for 'Long'`, `result type Float can't be cast to the desired output type Long`.
  public static func binaryCrossEntropyWithLogits(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, posWeight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, target] + [weight, posWeight].compactMap(\.self)) { operands throws(TensorError) in
      let (x, target) = (operands[0], operands[1])
      guard x.shape == target.shape else {
        throw .value("Target size (torch.Size(\(target.shape))) must be the same as input size (torch.Size(\(x.shape)))")
      }
      try weight.checkConstant("weight", of: "binary_cross_entropy_with_logits")
      try posWeight.checkConstant("pos_weight", of: "binary_cross_entropy_with_logits")
      guard x.isFloatingPoint else { throw .lacking("log_sigmoid_cpu", x.dtype) }
      if let posWeight {
        guard posWeight.dtype != .bool else { throw .booleanDifference }
        try posWeight.checkBroadcast(over: x.shape, isFirst: true)
      }
      guard target.dtype != .bool else { throw .booleansDifference }
      guard target.isFloatingPoint else { throw .cast(from: x.dtype, to: target.dtype) }
      try weight?.checkBroadcast(over: x.shape, isFirst: false)
      let losses = Operation.crossEntropyWithLogits(
        x.argument, target.argument, weight?.detach().argument ?? 1.argument, posWeight?.detach().argument ?? 1.argument
      ).to(target.dtype)
      return reduction == .none ? losses : reduction(losses).recorded(as: "BinaryCrossEntropyWithLogitsBackward0")
    }
  }

  /// log(1 + exp(-target · input)), for targets 1 and -1, in the input's dtype.
  ///
  /// Errors: `result type Float can't be cast to the desired output type Long`; `output with shape [3] doesn't match the broadcast shape [1,
  /// 3]`.
  public static func softMarginLoss(_ input: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
    attempt(input, target) { x, target throws(TensorError) in
      try Tensor?(target).checkConstant("target", of: "soft_margin_loss")
      guard x.dtype != .bool else { throw Operation.neg.check?.refusal(of: .bool, for: [.bool]) ?? .lacking("neg", .bool) }
      try target.checkBroadcast(over: x.shape, isFirst: false)
      guard x.isFloatingPoint else {
        throw .cast(from: target.isFloatingPoint ? target.dtype : DefaultDType.current, to: x.dtype)
      }
      let losses = Operation.softMargin(x, target).to(x.dtype)
      return reduction == .none ? losses : reduction(losses).recorded(as: "SoftMarginLossBackward0")
    }
  }

  /// The mean over the last dimension, that of the labels, of the `binaryCrossEntropyWithLogits` of each.
  ///
  /// - Parameter weight: of the labels.
  ///
  /// Errors: `"log_sigmoid_cpu" not implemented for 'Long'`; `Dimension specified as -1 but tensor has no dimensions`.
  public static func multilabelSoftMarginLoss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt([input, target] + [weight].compactMap(\.self)) { operands throws(TensorError) in
      let (x, target) = (operands[0], operands[1])
      guard x.isFloatingPoint else { throw .lacking("log_sigmoid_cpu", x.dtype) }
      _ = try broadcastShapes(target.shape, x.shape)
      guard target.dtype != .bool else { throw .booleanDifference }
      let losses = Operation.multilabelSoftMargin(x, target)
      let weighted = operands.count > 2 ? losses * operands[2] : losses
      guard x.rank > 0 else { throw .index("Dimension specified as -1 but tensor has no dimensions") }
      // The dimension of the labels counted from the input's front, where a target of higher rank has samples.
      return reduction(weighted.sum(dim: x.rank - 1) / x.size(-1))
    }
  }

  /// The input where the target is 1, and how far it is below the margin where the target is -1: a loss of distances, in the input's dtype.
  public static func hingeEmbeddingLoss(
    _ input: Tensor, _ target: Tensor, margin: Double = 1, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt(input, target) { x, target throws(TensorError) in
      guard x.dtype != .bool else { throw .booleansDifference }
      _ = try broadcastShapes(target.shape, x.shape)
      let margin: Scalar = x.isFloatingPoint ? .double(margin) : .int(Scalar.double(margin).intValue)
      return reduction(Operation.hingeEmbedding(x.argument, target.detach().argument, margin.argument).to(x.dtype))
    }
  }
}

extension Tensor {
  /// - Parameter isFirst: whether PyTorch's text for sizes that do not fit has this tensor's first.
  /// - Throws: where a product with this tensor would have another shape than the losses.
  fileprivate func checkBroadcast(over losses: [Int], isFirst: Bool) throws(TensorError) {
    let common = try isFirst ? broadcastShapes(shape, losses) : broadcastShapes(losses, shape)
    guard common == losses else {
      throw .runtime("output with shape \(losses) doesn't match the broadcast shape \(common)")
    }
  }
}

extension TensorError {
  /// PyTorch's error for a result that would be stored in a tensor of another dtype.
  fileprivate static func cast(from dtype: DType, to other: DType) -> TensorError {
    .runtime("result type \(dtype.scalarTypeName) can't be cast to the desired output type \(other.scalarTypeName)")
  }

  fileprivate static var booleanDifference: TensorError {
    Operation.numericDifference.refusal(of: .float32, for: [.float32, .bool])!
  }

  fileprivate static var booleansDifference: TensorError {
    Operation.numericDifference.refusal(of: .bool, for: [.bool, .bool])!
  }
}

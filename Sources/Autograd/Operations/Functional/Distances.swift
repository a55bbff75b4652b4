import Devices

// Distances and similarities of vectors, and the losses made of them.

extension Operation {
  // Mikolajczyk's constant against a division by zero, as PyTorch has it.
  fileprivate static let cosineEmbedding = ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { v in
    let (product, target, margin) = (v[0], v[3], v[4])
    let cosine = product / ((v[1] + 1e-12) * (v[2] + 1e-12)).sqrt()
    return [(target .== 1).select(1 - cosine, 0) + (target .== -1).select((cosine - margin).relu(), 0)]
  }
  fileprivate static let tripletMargin = ElementwiseOperation(
    "triplet_margin_loss", "ClampMinBackward0",
    ElementwiseKernel { positive, negative, margin in (margin + positive - negative).relu() })
}

extension F {
  /// The cosines of the angles between the vectors along `dim`. The two tensors broadcast together.
  ///
  /// - Parameter eps: norms less than this count as this; their gradient does not know.
  ///
  /// Error: `expected common dtype to be floating point, yet common dtype is Long`.
  public static func cosineSimilarity(_ x1: Tensor, _ x2: Tensor, dim: Int = 1, eps: Double = 1e-8) -> Tensor {
    attempt(x1, x2) { x, y throws(TensorError) in
      let dtype = resultType(x, y)
      guard dtype.isFloatingPoint else {
        throw .runtime("expected common dtype to be floating point, yet common dtype is \(dtype.scalarTypeName)")
      }
      let shape = try broadcastShapes(x.shape, y.shape)
      let dim = try wrapDimension(dim, rank: shape.count)
      let units = [x, y].map { x in
        let vectors = x.to(dtype).expand(shape)
        let norm = vectors.norm(2, dim: dim, keepDim: true)
        return vectors / norm.detach().clamp(min: eps).differentiable("CloneBackward0", norm, saves: false) { g in g }
      }
      return (units[0] * units[1]).sum(dim: dim)
    }
  }

  /// The p-norms along the last dimension of the differences, to which `eps` is added. The two tensors broadcast together.
  public static func pairwiseDistance(
    _ x1: Tensor, _ x2: Tensor, p: Double = 2, eps: Double = 1e-6, keepDim: Bool = false
  ) -> Tensor {
    (x1 - x2 + eps).norm(p, dim: -1, keepDim: keepDim).recorded(as: "NormBackward1")
  }

  // MARK: Losses

  /// 1 - cos where the target is 1, and max(0, cos - margin) where it is -1, of the angle between two vectors.
  ///
  /// - Parameters:
  ///   - input1, input2: Of shape [n, features], or [features] for a 0-d target.
  ///
  /// Errors: `0D or 1D target tensor expected, multi-target not supported`; `1D target tensor expects 2D input tensors, but found inputs with
  /// sizes [3] and [3].`
  public static func cosineEmbeddingLoss(
    _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: LossReduction = .mean
  ) -> Tensor {
    attempt(input1, input2, target) { x, y, target throws(TensorError) in
      guard target.rank <= 1 else { throw .runtime("0D or 1D target tensor expected, multi-target not supported") }
      guard x.rank == target.rank + 1, y.rank == target.rank + 1 else {
        throw .runtime(
          "\(target.rank)D target tensor expects \(target.rank + 1)D input tensors, but found inputs with sizes \(x.shape) and \(y.shape)."
        )
      }
      let parts = [(x * y), (x * x), (y * y)].map { $0.sum(dim: -1) }
      for part in parts where !part.isValid { return part }
      let losses = try Elementwise.apply(
        Operation.cosineEmbedding, "AddBackward0", dtype: resultType(parts[0], parts[1], scalars: [.double(margin)]),
        parts.map(\.argument) + [target.detach().argument, margin.argument])[0]
      return reduction(losses)
    }
  }

  /// max(0, margin + d(anchor, positive) - d(anchor, negative)), where d is `pairwiseDistance`.
  ///
  /// - Parameter swap: takes the negative's distance from the positive where it is less than from the anchor. Source: Balntas et al., "Learning
  ///   local feature descriptors with triplets and shallow convolutional neural networks" (2016).
  ///
  /// Errors: `margin must be greater than 0, got 0`; `The anchor, positive, and negative tensors are expected to have the same number of
  /// dimensions, but got: anchor 2D, positive 1D, and negative 2D inputs`.
  public static func tripletMarginLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, p: Double = 2, eps: Double = 1e-6,
    swap: Bool = false, reduction: LossReduction = .mean
  ) -> Tensor {
    tripletMarginWithDistanceLoss(anchor, positive, negative, margin: margin, swap: swap, reduction: reduction) {
      pairwiseDistance($0, $1, p: p, eps: eps)
    }
  }

  /// As `tripletMarginLoss`, with a distance of your own.
  public static func tripletMarginWithDistanceLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, swap: Bool = false,
    reduction: LossReduction = .mean, distance: (Tensor, Tensor) -> Tensor = { pairwiseDistance($0, $1) }
  ) -> Tensor {
    attempt(anchor, positive, negative) { anchor, positive, negative throws(TensorError) in
      guard margin > 0 else { throw .value("margin must be greater than 0, got \(margin)") }
      guard anchor.rank == positive.rank, anchor.rank == negative.rank else {
        throw .runtime(
          "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor \(anchor.rank)D, "
            + "positive \(positive.rank)D, and negative \(negative.rank)D inputs")
      }
      let toPositive = distance(anchor, positive)
      var toNegative = distance(anchor, negative)
      if swap { toNegative = toNegative.minimum(distance(positive, negative)) }
      return reduction(Operation.tripletMargin(toPositive.argument, toNegative.argument, margin.argument))
    }
  }
}

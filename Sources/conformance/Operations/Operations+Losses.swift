import Fluxion

extension Operations {
  /// Losses and distances.
  static let losses: [String: Operation] = [
    "binary_cross_entropy": { call in
      .tensor(
        F.binaryCrossEntropy(
          try call.receiver, try call.target, weight: try call.optionalTensor(2, "weight"), reduction: try call.reduction(5)))
    },
    "binary_cross_entropy_with_logits": { call in
      .tensor(
        F.binaryCrossEntropyWithLogits(
          try call.receiver, try call.target, weight: try call.optionalTensor(2, "weight"),
          posWeight: try call.optionalTensor(6, "pos_weight"), reduction: try call.reduction(5)))
    },
    "cosine_embedding_loss": { call in
      .tensor(
        F.cosineEmbeddingLoss(
          try call.tensor(0, "input1"), try call.tensor(1, "input2"), try call.tensor(2, "target"),
          margin: try call.double(3, "margin") ?? 0, reduction: try call.reduction(6)))
    },
    "cosine_similarity": { call in
      .tensor(
        F.cosineSimilarity(
          try call.tensor(0, "x1"), try call.tensor(1, "x2"), dim: try call.int(2, "dim") ?? 1,
          eps: try call.double(3, "eps") ?? 1e-8))
    },
    "cross_entropy": { call in
      .tensor(
        F.crossEntropy(
          try call.receiver, try call.target, weight: try call.optionalTensor(2, "weight"),
          ignoreIndex: try call.int(4, "ignore_index") ?? -100, labelSmoothing: try call.double(7, "label_smoothing") ?? 0,
          reduction: try call.reduction(6)))
    },
    "gaussian_nll_loss": { call in
      let (x, target) = (try call.receiver, try call.target)
      let (full, eps) = (try call.bool(3, "full") ?? false, try call.double(4, "eps") ?? 1e-6)
      let reduction = try call.reduction(5)
      if let variance = call[2, "var"]?.tensor {
        return .tensor(F.gaussianNLLLoss(x, target, variance: variance, full: full, eps: eps, reduction: reduction))
      }
      return .tensor(
        F.gaussianNLLLoss(
          x, target, variance: try call.required(call.double(2, "var"), "var"), full: full, eps: eps, reduction: reduction))
    },
    "hinge_embedding_loss": { call in
      .tensor(
        F.hingeEmbeddingLoss(
          try call.receiver, try call.target, margin: try call.double(2, "margin") ?? 1, reduction: try call.reduction(5)))
    },
    "huber_loss": { call in
      .tensor(
        F.huberLoss(
          try call.receiver, try call.target, delta: try call.double(3, "delta") ?? 1, weight: try call.optionalTensor(4, "weight"),
          reduction: try call.reduction(2)))
    },
    "kl_div": { call in
      .tensor(
        F.klDiv(
          try call.receiver, try call.target, logTarget: try call.bool(5, "log_target") ?? false,
          reduction: try call.divergenceReduction(4)))
    },
    "l1_loss": { call in
      .tensor(
        F.l1Loss(
          try call.receiver, try call.target, weight: try call.optionalTensor(5, "weight"), reduction: try call.reduction(4)))
    },
    "linear_cross_entropy": { call in
      .tensor(
        F.linearCrossEntropy(
          try call.receiver, try call.tensor(1, "linear_weight"), try call.tensor(2, "target"),
          linearBias: try call.optionalTensor(-1, "linear_bias"), weight: try call.optionalTensor(-1, "weight"),
          ignoreIndex: try call.int(-1, "ignore_index"), labelSmoothing: try call.double(-1, "label_smoothing") ?? 0,
          reduction: try call.reduction(-1)))
    },
    "margin_ranking_loss": { call in
      .tensor(
        F.marginRankingLoss(
          try call.tensor(0, "input1"), try call.tensor(1, "input2"), try call.tensor(2, "target"),
          margin: try call.double(3, "margin") ?? 0, reduction: try call.reduction(6)))
    },
    "mse_loss": { call in
      .tensor(
        F.mseLoss(
          try call.receiver, try call.target, weight: try call.optionalTensor(5, "weight"), reduction: try call.reduction(4)))
    },
    "multi_margin_loss": { call in
      .tensor(
        F.multiMarginLoss(
          try call.receiver, try call.target, p: try call.int(2, "p") ?? 1, margin: try call.double(3, "margin") ?? 1,
          weight: try call.optionalTensor(4, "weight"), reduction: try call.reduction(7)))
    },
    "multilabel_margin_loss": { call in
      .tensor(F.multilabelMarginLoss(try call.receiver, try call.target, reduction: try call.reduction(4)))
    },
    "multilabel_soft_margin_loss": { call in
      .tensor(
        F.multilabelSoftMarginLoss(
          try call.receiver, try call.target, weight: try call.optionalTensor(2, "weight"), reduction: try call.reduction(5)))
    },
    "nll_loss": { call in
      .tensor(
        F.nllLoss(
          try call.receiver, try call.target, weight: try call.optionalTensor(2, "weight"),
          ignoreIndex: try call.int(4, "ignore_index") ?? -100, reduction: try call.reduction(6)))
    },
    "pairwise_distance": { call in
      .tensor(
        F.pairwiseDistance(
          try call.tensor(0, "x1"), try call.tensor(1, "x2"), p: try call.double(2, "p") ?? 2,
          eps: try call.double(3, "eps") ?? 1e-6,
          keepDim: try call.bool(4, "keepdim") ?? false))
    },
    "pdist": { .tensor(F.pdist(try $0.receiver, p: try $0.double(1, "p") ?? 2)) },
    "poisson_nll_loss": { call in
      .tensor(
        F.poissonNLLLoss(
          try call.receiver, try call.target, logInput: try call.bool(2, "log_input") ?? true,
          full: try call.bool(3, "full") ?? false,
          eps: try call.double(5, "eps") ?? 1e-8, reduction: try call.reduction(7)))
    },
    "smooth_l1_loss": { call in
      .tensor(
        F.smoothL1Loss(
          try call.receiver, try call.target, beta: try call.double(5, "beta") ?? 1, reduction: try call.reduction(4)))
    },
    "soft_margin_loss": { .tensor(F.softMarginLoss(try $0.receiver, try $0.target, reduction: try $0.reduction(4))) },
    "triplet_margin_loss": { call in
      .tensor(
        F.tripletMarginLoss(
          try call.tensor(0, "anchor"), try call.tensor(1, "positive"), try call.tensor(2, "negative"),
          margin: try call.double(3, "margin") ?? 1, p: try call.double(4, "p") ?? 2, eps: try call.double(5, "eps") ?? 1e-6,
          swap: try call.bool(6, "swap") ?? false, reduction: try call.reduction(9)))
    },
    "triplet_margin_with_distance_loss": { call in
      .tensor(
        F.tripletMarginWithDistanceLoss(
          try call.tensor(0, "anchor"), try call.tensor(1, "positive"), try call.tensor(2, "negative"),
          margin: try call.double(-1, "margin") ?? 1, swap: try call.bool(-1, "swap") ?? false, reduction: try call.reduction(-1)))
    },
  ]
}

extension Call {
  fileprivate var target: Tensor { get throws { try tensor(1, "target") } }

  func reduction(_ index: Int) throws -> LossReduction {
    switch try string(index, "reduction") ?? "mean" {
    case "none": return .none
    case "mean": return .mean
    case "sum": return .sum
    case let name: throw Unfit("reduction \(name)")
    }
  }

  fileprivate func divergenceReduction(_ index: Int) throws -> F.DivergenceReduction {
    switch try string(index, "reduction") {
    case "batchmean": .batchMean
    case "none": .none
    case "sum": .sum
    default: .mean
    }
  }
}

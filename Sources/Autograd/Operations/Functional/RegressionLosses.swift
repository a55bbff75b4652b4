import Devices

// Losses of predicted numbers. Input and target broadcast together.

extension Operation {
  fileprivate static let mseLoss = loss("mse_loss", "MseLossBackward0", kernel: "mse_cpu") { v in
    let difference = v[0] - v[1]
    return difference * difference
  }
  fileprivate static let l1Loss = ElementwiseOperation(
    "l1_loss", "AbsBackward0", ElementwiseKernel { x, target in (x - target).abs() }, check: numericDifference)
  fileprivate static let smoothL1Loss = loss(
    "smooth_l1_loss", "SmoothL1LossBackward0", kernel: "smooth_l1_cpu", parameters: 1
  ) { v in
    let (distance, beta) = ((v[0] - v[1]).abs(), v[2])
    return (distance .< beta).select(0.5 * distance * distance / beta, distance - 0.5 * beta)
  }
  fileprivate static let huberLoss = loss("huber_loss", "HuberLossBackward0", kernel: "huber_cpu", parameters: 1) { v in
    let (distance, delta) = ((v[0] - v[1]).abs(), v[2])
    return (distance .<= delta).select(0.5 * distance * distance, delta * (distance - 0.5 * delta))
  }

  // Derivatives by the input, of a gradient, the two numbers and the parameter.
  fileprivate static let mseDerivative = ElementwiseOperation(
    "mse_loss_backward", "MseLossBackwardBackward0", ElementwiseKernel { g, x, target in 2 * (x - target) * g })
  fileprivate static let smoothL1Derivative = ElementwiseOperation(
    "smooth_l1_loss_backward", "SmoothL1LossBackwardBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
      let (g, beta) = (v[0], v[3])
      let difference = v[1] - v[2]
      return [(difference .<= -beta).select(-g, (difference .>= beta).select(g, difference * g / beta))]
    })
  fileprivate static let huberDerivative = ElementwiseOperation(
    "huber_loss_backward", "HuberLossBackwardBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
      let (g, delta) = (v[0], v[3])
      let difference = v[1] - v[2]
      return [(difference .<= -delta).select(-delta * g, (difference .>= delta).select(delta * g, difference * g))]
    })
}

extension ElementwiseOperation {
  /// A loss of which input and target are exchangeable. So they are in its derivative: the target's is that of an input in its place, and where
  /// the two are equal both are 0, not one of them -0.
  fileprivate func symmetric(
    _ derivative: ElementwiseOperation, _ input: Tensor, _ target: Tensor, _ parameters: [ElementwiseArgument] = []
  ) -> Tensor {
    attempt(input, target) { x, y throws(TensorError) in
      self([x.detach().argument, y.detach().argument] + parameters).differentiable(
        gradName, x, y,
        { g in derivative([g.argument, x.argument, y.argument] + parameters) },
        { g in derivative([g.argument, y.argument, x.argument] + parameters) })
    }
  }
}

extension F {
  /// (input - target)².
  ///
  /// - Parameter weight: of the input's shape; the mean is weighted too.
  ///
  /// Errors: `Weights and input must have the same size.`; `"mse_cpu" not implemented for 'Long'`.
  public static func mseLoss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    if weight != nil { return reduced(Operation.mseLoss(input, target), of: input, weight, reduction, as: nil) }
    let losses = Operation.mseLoss.symmetric(Operation.mseDerivative, input, target)
    return reduced(losses, of: input, nil, reduction, as: "MseLossBackward0")
  }

  /// |input - target|.
  ///
  /// - Parameter weight: of the input's shape; the mean is weighted too.
  ///
  /// Error: `Weights and input must have the same size.`
  public static func l1Loss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    reduced(Operation.l1Loss(input, target), of: input, weight, reduction, as: nil)
  }

  /// Half the squared distance divided by `beta` where the distance is less than that, else the distance less half of `beta`. For `beta` zero
  /// this is `l1Loss`.
  ///
  /// Errors: `smooth_l1_loss does not support negative values for beta.`; `"smooth_l1_cpu" not implemented for 'Long'`.
  public static func smoothL1Loss(
    _ input: Tensor, _ target: Tensor, beta: Double = 1, reduction: LossReduction = .mean
  ) -> Tensor {
    if beta == 0 { return l1Loss(input, target, reduction: reduction) }
    guard beta > 0 else { return .failure(.runtime("smooth_l1_loss does not support negative values for beta.")) }
    let losses = Operation.smoothL1Loss.symmetric(Operation.smoothL1Derivative, input, target, [beta.argument])
    return reduced(losses, of: input, nil, reduction, as: "SmoothL1LossBackward0")
  }

  /// Half the squared distance where the distance is at most `delta`, else a line of slope `delta` that continues it.
  ///
  /// - Parameter weight: of the input's shape. Here the mean is that of the weighted losses.
  ///
  /// Errors: `huber_loss does not support non-positive values for delta.`; `Weights and input must have the same size.`; `"huber_cpu" not
  /// implemented for 'Long'`.
  public static func huberLoss(
    _ input: Tensor, _ target: Tensor, delta: Double = 1, weight: Tensor? = nil, reduction: LossReduction = .mean
  ) -> Tensor {
    guard delta > 0 else { return .failure(.runtime("huber_loss does not support non-positive values for delta.")) }
    let losses = Operation.huberLoss.symmetric(Operation.huberDerivative, input, target, [delta.argument])
    guard let weight else { return reduced(losses, of: input, nil, reduction, as: "HuberLossBackward0") }
    return reduction(reduced(losses, of: input, weight, .none, as: nil))
  }

  /// - Parameter name: of the derivative, where the reduction is a part of PyTorch's operation.
  private static func reduced(
    _ losses: Tensor, of input: Tensor, _ weight: Tensor?, _ reduction: LossReduction, as name: String?
  ) -> Tensor {
    if let weight {
      guard !input.isValid || !weight.isValid || weight.shape == input.shape else {
        return .failure(.value("Weights and input must have the same size."))
      }
      return reduction(losses, weight: weight)
    }
    let result = reduction(losses)
    guard let name, reduction != .none else { return result }
    return result.recorded(as: name)
  }
}

// MARK: - Likelihoods

extension Operation {
  // log Γ(t + 1) by Stirling's formula; none for counts up to one.
  private static func poisson(isLog: Bool, isFull: Bool) -> ElementwiseOperation {
    ElementwiseOperation(
      "poisson_nll_loss", isFull ? "AddBackward0" : "SubBackward0",
      ElementwiseKernel { x, target, eps in
        let loss = isLog ? x.exp() - target * x : x - target * (x + eps).log()
        guard isFull else { return loss }
        let logFactorial = target * target.log() - target + 0.5 * (target * (2 * Double.pi)).log()
        return loss + (target .<= 1).select(0, logFactorial)
      }, rule: .floating)
  }
  fileprivate static let poissonOfLog = (poisson(isLog: true, isFull: false), full: poisson(isLog: true, isFull: true))
  fileprivate static let poissonOfRate = (poisson(isLog: false, isFull: false), full: poisson(isLog: false, isFull: true))

  fileprivate static let gaussian = ElementwiseOperation(
    "gaussian_nll_loss", "MulBackward0",
    ElementwiseKernel { x, target, variance in
      let difference = x - target
      return 0.5 * (variance.log() + difference * difference / variance)
    }, rule: .floating)

  fileprivate static let divergence = ElementwiseOperation(
    "kl_div", "SubBackward0",
    ElementwiseKernel { x, target in (target .== 0).select(0, target * target.log()) - target * x }, rule: .floating)
  // At a target of zero there is none, in PyTorch as a quotient of two zeros.
  fileprivate static let divergenceToTarget = ElementwiseOperation(
    "kl_div", "MulBackward0",
    ElementwiseKernel { g, x, target in g * ((target .== 0).select(0, target.log()) + target / target - x) })
  fileprivate static let divergenceOfLog = ElementwiseOperation(
    "kl_div", "MulBackward0", ElementwiseKernel { x, target in target.exp() * (target - x) }, rule: .floating)
}

extension F {
  /// The negative log-likelihood of counts under Poisson distributions: rate - target · log(rate), and with `full` Stirling's approximation of
  /// log(target!).
  ///
  /// - Parameters:
  ///   - logInput: whether the input is the logarithm of the rate. Otherwise `eps` is added to the rate before its logarithm is taken.
  ///   - full: adds the term that does not depend on the input.
  public static func poissonNLLLoss(
    _ input: Tensor, _ target: Tensor, logInput: Bool = true, full: Bool = false, eps: Double = 1e-8,
    reduction: LossReduction = .mean
  ) -> Tensor {
    let operations = logInput ? Operation.poissonOfLog : Operation.poissonOfRate
    return reduction((full ? operations.full : operations.0)(input.argument, target.argument, eps.argument))
  }

  /// The negative log-likelihood under normal distributions: ½ (log(var) + (input - target)² / var), and with `full` ½ log(2π).
  ///
  /// - Parameters:
  ///   - variance: of the input's shape, or one for each last dimension, with or without that dimension in its shape.
  ///   - eps: variances less than this count as this; their gradient does not know.
  ///
  /// Errors: `var has negative entry/entries`; `var is of incorrect size`. Waits for the variances.
  public static func gaussianNLLLoss(
    _ input: Tensor, _ target: Tensor, variance: Tensor, full: Bool = false, eps: Double = 1e-6,
    reduction: LossReduction = .mean
  ) -> Tensor {
    attempt(input, target, variance) { x, target, variance throws(TensorError) in
      guard try !(variance.detach() .< 0).any().element().boolValue else { throw .value("var has negative entry/entries") }
      let spread = try variance.spread(over: x.shape)
      let clamped = spread.detach().clamp(min: eps).differentiable("CloneBackward0", spread, saves: false) { g in g }
      let losses = Operation.gaussian(x.argument, target.argument, clamped.argument)
      return reduction(full ? losses + 0.9189385332046727 : losses)
    }
  }

  /// As `gaussianNLLLoss` of a tensor, with one variance for all.
  public static func gaussianNLLLoss(
    _ input: Tensor, _ target: Tensor, variance: Double, full: Bool = false, eps: Double = 1e-6,
    reduction: LossReduction = .mean
  ) -> Tensor {
    guard input.isValid else { return input.passedOn }
    guard !(variance < 0) else { return .failure(.value("var has negative entry/entries")) }
    return gaussianNLLLoss(
      input, target, variance: .full(input.shape, variance, dtype: input.dtype, device: input.device), full: full, eps: eps,
      reduction: reduction)
  }

  /// What becomes of the terms of a divergence.
  public enum DivergenceReduction: Sendable {
    case none, mean, sum
    /// The sum divided by the size of the first dimension: the mean over the samples.
    case batchMean
  }

  /// Kullback and Leibler's divergence of distributions given by their logarithms, from the targets: target · (log(target) - input).
  ///
  /// - Parameter logTarget: whether the target too is a logarithm.
  public static func klDiv(
    _ input: Tensor, _ target: Tensor, logTarget: Bool = false, reduction: DivergenceReduction = .mean
  ) -> Tensor {
    let terms =
      logTarget
      ? Operation.divergenceOfLog(input, target)
      : attempt(input, target) { x, target throws(TensorError) in
        Operation.divergence(x.detach(), target.detach()).differentiable(
          "SubBackward0", x, target, { g in -g * target },
          { g in Operation.divergenceToTarget(g.argument, x.argument, target.argument) })
      }
    switch reduction {
    case .none: return terms
    case .mean: return terms.mean()
    case .sum: return terms.sum()
    case .batchMean: return input.rank == 0 ? terms.sum() : terms.sum() / input.size(0)
    }
  }
}

extension Tensor {
  /// These variances in a shape that broadcasts over the samples.
  fileprivate func spread(over samples: [Int]) throws(TensorError) -> Tensor {
    if shape == samples { return self }
    if Array(samples.dropLast()) == shape && !samples.isEmpty { return unsqueeze(-1) }
    // One dimension alone may differ, with size one here.
    let different = zip(samples, shape).filter { $0 != $1 }.map { $1 }
    guard rank == samples.count, different.reduce(0, +) == 1 else { throw .value("var is of incorrect size") }
    return self
  }
}

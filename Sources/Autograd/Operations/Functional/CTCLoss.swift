import Devices

// Connectionist temporal classification: the probability of a sequence of labels when it is not known which moments they belong to. Source:
// Graves et al., "Connectionist Temporal Classification" (2006); the equations are numbered as there.
//
// A path through time visits the labels in order, with blanks before, between and after them where it likes, and must pass a blank between two
// equal labels. Its states are those labels and blanks: 2 · labels + 1 of them. All sums are of logarithms.

extension F {
  /// -log p(targets | input), summed over all ways to align the targets with time.
  ///
  /// - Parameters:
  ///   - logProbs: the log-softmax of a network's output, of shape [time, n, classes], or [time, classes] without a batch.
  ///   - targets: labels, of shape [n, labels], or those of all samples one after the other.
  ///   - inputLengths, targetLengths: how much time and how many labels each sample has.
  ///   - blank: the class that is no label.
  ///   - reduction: the mean is that of every loss divided by its number of labels.
  ///   - zeroInfinity: makes the loss of a target that is too long for its time zero, and its gradient too.
  ///
  /// The gradient is the one by what goes into the log-softmax; like PyTorch's, it has no gradient of its own.
  ///
  /// Errors: `blank must be in label range`; `input_lengths must be of size batch_size`; `Expected input_lengths to have value at most 5, but
  /// got value 6 (while checking arguments for ctc_loss_allocate_outputs)`; `Expected tensor to have size ...`. Waits for the lengths.
  public static func ctcLoss(
    _ logProbs: Tensor, _ targets: Tensor, inputLengths: Tensor, targetLengths: Tensor, blank: Int = 0,
    reduction: LossReduction = .mean, zeroInfinity: Bool = false
  ) -> Tensor {
    attempt([logProbs, targets, inputLengths, targetLengths]) { list throws(TensorError) in
      guard list[0].rank == 3 || list[0].rank == 2 else {
        throw .runtime("Expected a tensor of 2 or 3 dimensions but got \(list[0].rank) for argument #1 'log_probs'")
      }
      let x = list[0].rank == 3 ? list[0] : list[0].unsqueeze(1)
      let lengths = try CTCLengths(list[2], list[3], of: x.shape)
      guard blank >= 0, blank < x.shape[2] else { throw .runtime("blank must be in label range") }
      guard x.dtype == .float32 || x.dtype == .float64 else { throw .lacking("ctc_loss_cpu", x.dtype) }
      let labels = try lengths.padded(list[1].detach().to(.int64), blank: blank, on: x.device)
      let paths = noGrad { CTCPaths(x.detach(), labels: labels, lengths, blank: blank) }
      let alpha = noGrad { paths.forward() }
      let losses = noGrad { paths.loss(alpha) }
      guard losses.isValid else { return losses }
      let recorded = losses.differentiable("CtcLossBackward0", x) { g in
        let gradient = noGrad { paths.gradient(alpha, paths.backward(), losses: losses, zeroInfinity: zeroInfinity) }
        return (noGrad { gradient * g.unsqueeze(-1) }).notDifferentiable("_ctc_loss_backward", [x, g])
      }
      let finite = zeroInfinity ? Tensor.where(losses .== .infinity, 0, recorded) : recorded
      switch reduction {
      case .none: return list[0].rank == 3 ? finite : finite.squeeze(0)
      case .sum: return finite.sum()
      case .mean: return (finite / lengths.targets.clamp(min: 1).to(x.dtype)).mean()
      }
    }
  }
}

/// The lengths of samples, on the host and as columns on the device.
private struct CTCLengths {
  let targetCounts: [Int]
  let batch: Int
  /// Of shape [n].
  let inputs: Tensor
  let targets: Tensor

  init(_ inputs: Tensor, _ targets: Tensor, of shape: [Int]) throws(TensorError) {
    batch = shape[1]
    for (name, lengths) in [("input_lengths", inputs), ("target_lengths", targets)] {
      guard lengths.dtype.isIntegral else { throw .runtime("\(name) must be integral") }
      guard lengths.count == batch else { throw .runtime("\(name) must be of size batch_size") }
      for length in try lengths.elements(as: Int.self) {
        let bound = length < 0 ? ("least", 0) : ("most", shape[0])
        guard length >= 0, name == "target_lengths" || length <= shape[0] else {
          throw .runtime(
            "Expected \(name) to have value at \(bound.0) \(bound.1), but got value \(length) (while checking arguments for "
              + "ctc_loss_allocate_outputs)")
        }
      }
    }
    targetCounts = try targets.elements(as: Int.self)
    self.inputs = inputs.detach().flatten().to(.int64)
    self.targets = targets.detach().flatten().to(.int64)
  }

  /// The labels as [n, longest], filled up with blanks.
  func padded(_ labels: Tensor, blank: Int, on device: any Device) throws(TensorError) -> Tensor {
    let longest = targetCounts.max() ?? 0
    var rows: Tensor
    var columns: Tensor { Tensor.positions(longest, on: device) }
    if labels.rank == 1 {
      let total = targetCounts.reduce(0) { Int(clamping: Int128($0) + Int128($1)) }
      guard labels.count == total else { throw wrongSize(total, at: 0, labels.count) }
      let starts = targets.cumsum(dim: 0) - targets
      let places = starts.unsqueeze(1) + columns
      rows = total == 0 ? places : labels.take(places.clamp(max: total - 1))
    } else {
      guard labels.rank == 2, labels.shape[0] == batch else { throw wrongSize(batch, at: 0, labels.shape.first ?? 0) }
      guard labels.shape[1] >= longest else { throw wrongSize(longest, at: 1, labels.shape[1], orMore: true) }
      rows = labels.narrow(dim: 1, start: 0, length: longest)
    }
    return Tensor.where(columns .< targets.unsqueeze(1), rows, blank)
  }

  private func wrongSize(_ expected: Int, at dim: Int, _ size: Int, orMore: Bool = false) -> TensorError {
    .runtime(
      "Expected tensor to have size \(orMore ? "at least " : "")\(expected) at dimension \(dim), but got size \(size) for argument #2 "
        + "'targets' (while checking arguments for ctc_loss_allocate_outputs)")
  }
}

/// The paths of all samples through time and states.
private struct CTCPaths: Sendable {
  /// [time, n, classes].
  private let logProbs: Tensor
  /// The class of every state, [n, states].
  private let classes: Tensor
  /// The log-probability of every state's class, [time, n, states].
  private let emissions: Tensor
  /// Which states can be reached from two before, [n, states]: labels that differ from the one before.
  private let canSkip: Tensor
  /// The last state, and which samples have a label at all, [n, 1].
  private let last: Tensor
  private let hasLabels: Tensor
  private let inputLengths: Tensor
  private let positions: Tensor

  private var time: Int { emissions.size(0) }

  init(_ logProbs: Tensor, labels: Tensor, _ lengths: CTCLengths, blank: Int) {
    let (batch, longest) = (labels.size(0), labels.size(1))
    let blanks = labels.onesLike() * blank
    let pairs = stack([blanks, labels], dim: 2).reshape([batch, 2 * longest])
    classes = concatenate([pairs, Tensor.full([batch, 1], blank, dtype: .int64, device: labels.device)], dim: 1)
    self.logProbs = logProbs
    emissions = logProbs.gather(dim: 2, index: classes.expand([logProbs.size(0), batch, 2 * longest + 1]))
    let before = classes.pad([2, 0], value: blank).narrow(dim: 1, start: 0, length: 2 * longest + 1)
    canSkip = (classes .!= blank) .& (classes .!= before)
    last = lengths.targets.unsqueeze(1) * 2
    hasLabels = last .> 0
    inputLengths = lengths.inputs.unsqueeze(1)
    positions = Tensor.positions(2 * longest + 1, on: labels.device)
  }

  /// The sum of three logarithms' numbers, and one more factor: a step of the recursions.
  private static let step = ElementwiseKernel(inputs: [.value, .value, .value, .boolean, .value]) { v in
    let third = v[3].select(v[2], -Double.infinity)
    let greatest = v[0].maximum(v[1]).maximum(third)
    let shift = (greatest .== -.infinity).select(0, greatest)
    return [((v[0] - shift).exp() + (v[1] - shift).exp() + (third - shift).exp()).log() + shift + v[4]]
  }

  /// log α(t, s) of every moment, [time, n, states]: of all that may have happened until then (equations 6 and 7).
  func forward() -> Tensor {
    var steps: [Tensor] = []
    for t in 0..<time {
      let emission = emissions[t]
      guard let alpha = steps.last else {
        steps.append(Tensor.where(positions .<= 1, emission, -Double.infinity))
        continue
      }
      let states = positions.count
      let shifted = alpha.pad([2, 0], value: -Double.infinity)
      steps.append(
        CTCPaths.step.apply([
          alpha, shifted.narrow(dim: 1, start: 1, length: states), shifted.narrow(dim: 1, start: 0, length: states), canSkip,
          emission,
        ])[0])
    }
    return stacked(steps)
  }

  /// log β(t, s), [time, n, states]: of all that may happen from then on, this moment included (equations 9 to 11).
  func backward() -> Tensor {
    let states = positions.count
    let isEnd = (positions .== last) .| ((positions .== last - 1) .& hasLabels)
    let canSkipAfter = canSkip.pad([0, 2], value: false).narrow(dim: 1, start: 2, length: states)
    var steps: [Tensor] = []
    for t in (0..<time).reversed() {
      let emission = emissions[t]
      let beta = steps.last ?? Tensor.where(positions .< 0, emission, -Double.infinity)
      let shifted = beta.pad([0, 2], value: -Double.infinity)
      let next = CTCPaths.step.apply([
        beta, shifted.narrow(dim: 1, start: 1, length: states), shifted.narrow(dim: 1, start: 2, length: states), canSkipAfter,
        emission,
      ])[0]
      let ends = Tensor.where(isEnd, emission, -Double.infinity)
      steps.append(Tensor.where(inputLengths .== t + 1, ends, next))
    }
    return stacked(steps.reversed())
  }

  private func stacked(_ steps: [Tensor]) -> Tensor { steps.isEmpty ? emissions : stack(steps, dim: 0) }

  /// -log p: paths end in the last label or the blank after it (equation 8).
  func loss(_ alpha: Tensor) -> Tensor {
    guard time > 0 else { return unreachable }
    let end = (inputLengths - 1).clamp(min: 0)
    let final = alpha.gather(dim: 0, index: end.expand([end.size(0), positions.count]).unsqueeze(0)).squeeze(0)
    let blank = final.gather(dim: 1, index: last)
    let label = Tensor.where(hasLabels, final.gather(dim: 1, index: (last - 1).clamp(min: 0)), -Double.infinity)
    return Tensor.where(inputLengths.squeeze(1) .== 0, unreachable, -blank.logaddexp(label).squeeze(1))
  }

  /// The loss without any time: only no labels fit.
  private var unreachable: Tensor {
    Tensor.where(hasLabels.squeeze(1), Double.infinity, 0).to(emissions.dtype)
  }

  /// The probabilities less the expected share of each class in all paths (equation 16), [time, n, classes].
  func gradient(_ alpha: Tensor, _ beta: Tensor, losses: Tensor, zeroInfinity: Bool) -> Tensor {
    // States that no path visits have no share. Where there is no path at all nothing is known.
    let isVisited = (alpha + beta .> -.infinity) .| (losses .== .infinity).unsqueeze(1)
    let shares = Tensor.where(isVisited, (alpha + beta - emissions + losses.unsqueeze(1)).exp(), 0)
    let known = logProbs.zerosLike().scatterAdd(dim: 2, index: classes.expand(shares.shape), source: shares)
    let perClass = known.maskedFill((losses .== .infinity).unsqueeze(1), Double.nan)
    let moments = Tensor.positions(time, on: logProbs.device).reshape([time, 1, 1])
    var counts = moments .< inputLengths
    if zeroInfinity { counts = counts .& (losses .!= .infinity).unsqueeze(1) }
    return Tensor.where(counts, logProbs.exp() - perClass, 0)
  }
}

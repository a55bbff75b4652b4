import Autograd
import Devices
import Testing

/// What the golden cases of single calls do not show: state that changes, odd shapes, and the ends of what has a derivative.
@Suite("Normalisation, attention, embeddings") struct FunctionalTests {
  private static func variable(_ shape: [Int], seed: Int = 1) -> Tensor {
    let generator = Generator(seed: seed)
    return Tensor.randn(shape, dtype: .float64, generator: generator).requiringGrad()
  }

  // MARK: State

  @Test func runningStatistics() {
    let x = Tensor([[1.0, 10], [3, 30]], dtype: .float64)
    var mean = Tensor.zeros([2], dtype: .float64)
    var variance = Tensor.ones([2], dtype: .float64)
    let before = mean
    _ = F.batchNorm(x, &mean, &variance, training: true, momentum: 0.5)
    #expect(mean == Tensor([1.0, 10], dtype: .float64), "half way to [2, 20]")
    #expect(variance == Tensor([1.5, 100.5], dtype: .float64), "half way to the unbiased [2, 200]")
    #expect(before == .zeros([2], dtype: .float64), "a copy stays as it was")
    let (seenMean, seenVariance) = (mean, variance)
    let y = F.batchNorm(x, &mean, &variance, eps: 0)
    #expect(mean == seenMean && variance == seenVariance, "nothing is learnt while not training")
    #expect(y.allClose((x - seenMean) / seenVariance.sqrt()))
  }

  @Test func failuresLeaveStatisticsAlone() throws {
    var mean = Tensor.zeros([3])
    var variance = Tensor.ones([3])
    let error = #expect(throws: TensorError.self) {
      try checked { F.batchNorm(.ones([4, 2]), &mean, &variance, training: true) }
    }
    #expect(error?.message == "running_mean should contain 2 elements not 3")
    #expect(mean.isValid && mean == .zeros([3]) && variance == .ones([3]))
  }

  @Test func limitedRowsOfAVariable() throws {
    var table = Tensor([[3.0, 4], [0.3, 0.4], [6, 8]], dtype: .float64, requiresGrad: true)
    let rows = F.embedding(Tensor([0, 1, 0]), &table, maxNorm: 1)
    #expect(table.isLeaf && table.requiresGrad)
    #expect(table.detach().allClose(Tensor([[0.6, 0.8], [0.3, 0.4], [6, 8]], dtype: .float64)), "the third row was not picked")
    rows.sum().backward()
    #expect(try #require(table.grad) == Tensor([[2.0, 2], [1, 1], [0, 0]], dtype: .float64))
  }

  // MARK: Derivatives at shapes of their own

  @Test func derivativesOfNormalisation() throws {
    let (x, weight, bias) = (Self.variable([3, 4, 5]), Self.variable([4], seed: 2), Self.variable([4], seed: 3))
    let layerWeight = Self.variable([4, 5], seed: 4)
    try gradgradcheck([x, weight, bias]) { [F.batchNorm($0[0], weight: $0[1], bias: $0[2])] }
    try gradgradcheck([x, weight, bias]) { [F.groupNorm($0[0], 2, weight: $0[1], bias: $0[2])] }
    try gradgradcheck([x, weight, bias]) { [F.instanceNorm($0[0], weight: $0[1], bias: $0[2])] }
    try gradgradcheck([x, layerWeight]) { [F.layerNorm($0[0], [4, 5], weight: $0[1])] }
    try gradgradcheck([x, layerWeight]) { [F.rmsNorm($0[0], [4, 5], weight: $0[1], eps: 0.1)] }
  }

  @Test func derivativesOfBags() throws {
    let (table, factors) = (Self.variable([4, 3]), Self.variable([5], seed: 2))
    let (rows, offsets) = (Tensor([3, 0, 0, 2, 3]), Tensor([0, 2, 2]))
    for mode in [F.BagMode.sum, .mean, .max] {
      try gradcheck(table) { F.embeddingBag(rows, $0, offsets: offsets, mode: mode, paddingIdx: 2) }
    }
    try gradgradcheck([table, factors]) { [F.embeddingBag(rows, $0[0], offsets: offsets, mode: .sum, perSampleWeights: $0[1])] }
  }

  @Test func queriesThatSeeNothing() throws {
    let (query, key) = (Self.variable([1, 2, 4]), Self.variable([1, 3, 4], seed: 2))
    let mask = Tensor([[true, false, true], [false, false, false]])
    let result = F.scaledDotProductAttention(query, key, key, attnMask: mask)
    #expect(result[0, 1] == .zeros([4], dtype: .float64))
    result.sum().backward()
    #expect(try #require(query.grad)[0, 1] == .zeros([4], dtype: .float64))
    try gradgradcheck([query, key]) { [F.scaledDotProductAttention($0[0], $0[1], $0[1], attnMask: mask)] }
  }

  @Test func derivativesOfAttention() throws {
    let (query, key, value) = (Self.variable([2, 3, 4]), Self.variable([2, 5, 4], seed: 2), Self.variable([2, 5, 3], seed: 3))
    for isCausal in [false, true] {
      let attention = { (x: [Tensor]) in F.scaledDotProductAttention(x[0], x[1], x[2], isCausal: isCausal) }
      try gradcheck([query, key, value]) { [attention($0)] }
      try gradgradcheck([query, key, value]) { [attention($0)] }
      // The command's gradients are those of the formula.
      let inputs = [query, key, value]
      let direct = grad(of: [attention(inputs).sin().sum()], wrt: inputs)
      let formula = grad(of: [attention(inputs).sin().sum()], wrt: inputs, createGraph: true)
      for (a, b) in zip(direct, formula) { #expect((a - b).abs().max().item().doubleValue < 1e-12) }
    }
  }

  /// Queries, keys and values that one layer gives side by side: so are their gradients, and what joins them again moves nothing.
  @Test(arguments: ["cpu", "mps"])
  func attentionOfNeighbours(_ name: String) throws {
    let (device, shape) = (try device(named: name), [2, 6, 3, 2, 4])
    let packed = Self.variable(shape).detach().to(device).requiringGrad()
    func loss(_ parts: [Tensor]) -> Tensor { F.scaledDotProductAttention(parts[0], parts[1], parts[2], isCausal: true).sin().sum() }
    let joined = grad(of: [loss(packed.permute([2, 0, 3, 1, 4]).unbind())], wrt: [packed])[0]
    #expect(joined.isContiguous)
    let parts = packed.detach().permute([2, 0, 3, 1, 4]).unbind().map { $0.contiguous().requiringGrad() }
    let single = grad(of: [loss(parts)], wrt: parts)
    let difference = (joined.permute([2, 0, 3, 1, 4]) - stack(single)).abs().max()
    #expect(difference.item().doubleValue < 1e-12)
  }

  /// A stack of neighbours may be a view of them: a value like any other, and contiguous as every stack.
  @Test func stackOfNeighbours() {
    let x = Tensor.arange(24.0).view([2, 3, 4])
    for dim in 0..<3 {
      var again = stack(x.unbind(dim: dim), dim: dim)
      #expect(again == x)
      again[0, 0, 0] = 7
      #expect(x[0, 0, 0] == Tensor(0.0))
    }
    let pieces = x.unbind(dim: 1)
    #expect(stack(pieces).isContiguous && stack(pieces).view([24]) == x.transpose(0, 1).reshape([24]))
    #expect(stack([pieces[2], pieces[1], pieces[0]], dim: 1) == x.flip([1]))
    #expect(stack([pieces[0], pieces[0]]) == concatenate([pieces[0].unsqueeze(0), pieces[0].unsqueeze(0)]))
    #expect(stack([pieces[0], pieces[2]]) == x.indexSelect(dim: 1, index: Tensor([0, 2])).transpose(0, 1))
  }

  // MARK: CTC

  /// Three moments, and the label 1 alone: it may come at any one of them, or stay for some.
  @Test func alignments() throws {
    let x = Self.variable([3, 1, 2])
    let p = x.detach().softmax(dim: -1).scalars(as: Double.self)
    // 1 is the label, 0 the blank: all strings that come down to "1".
    let paths = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]]
    let total = paths.reduce(0) { $0 + p[$1[0]] * p[2 + $1[1]] * p[4 + $1[2]] }
    let loss = { @Sendable (x: Tensor) in
      F.ctcLoss(
        x.logSoftmax(dim: -1), Tensor([[1]]), inputLengths: Tensor([3]), targetLengths: Tensor([1]), reduction: .sum)
    }
    #expect(loss(x).allClose(-Tensor(total, dtype: .float64).log()))
    try gradcheck(x, loss)
    let error = #expect(throws: TensorError.self) { try gradgradcheck(x, loss) }
    #expect(error?.message.contains("_ctc_loss_backward is not implemented") == true)
  }

  // MARK: Channels

  @Test func dropoutOfChannels() {
    let line = Tensor.ones([64, 5]).dropout1d(generator: Generator(seed: 3))
    let volume = Tensor.ones([64, 2, 1, 3]).dropout3d(generator: Generator(seed: 3)).view([64, 6])
    for dropped in [line, volume] {
      #expect(dropped.amin(dim: 1) == dropped.amax(dim: 1), "a channel stays or goes as a whole")
      #expect(Set(dropped.flatten().scalars(as: Double.self)) == [0, 2])
    }
  }
}

import Autograd
import Devices
import Testing

@Suite("Losses") struct LossTests {
  private static let scores: [[Float]] = [[0.1, 0.2, 0.3], [1, -1, 0.5]]

  /// PyTorch's values and gradients of `cross_entropy`.
  private static let cases: [(target: [Int], weight: [Float]?, reduction: LossReduction, loss: [Double], gradient: [Double])] = [
    (
      [2, 0], nil, .mean, [0.7784498929977417],
      [
        0.15030479431152344, 0.16611248254776, -0.31641730666160583, -0.21295151114463806, 0.03884778916835785,
        0.17410370707511902,
      ]
    ),
    (
      [2, -100], [1, 2, 3], .mean, [1.0019428730010986],
      [0.3006095886230469, 0.33222496509552, -0.6328346133232117, 0, 0, 0]
    ),
    (
      [2, 0], [1, 2, 3], .mean, [0.8901963829994202],
      [
        0.22545719146728516, 0.24916872382164001, -0.47462594509124756, -0.10647575557231903, 0.019423894584178925,
        0.08705185353755951,
      ]
    ),
    (
      [2, 0], [1, 2, 3], .none, [3.005828619003296, 0.5549569725990295],
      [
        0.9018287658691406, 0.9966748952865601, -1.8985037803649902, -0.8518060445785522, 0.1553911566734314,
        0.6964148283004761,
      ]
    ),
  ]

  @Test(arguments: cases.indices, ["cpu", "mps"])
  func crossEntropy(_ index: Int, _ name: String) throws {
    let row = Self.cases[index]
    let device = try device(named: name)
    let x = Tensor(Self.scores, device: device, requiresGrad: true)
    let loss = F.crossEntropy(
      x, Tensor(row.target, device: device), weight: row.weight.map { Tensor($0, device: device) }, reduction: row.reduction)
    #expect(loss.gradFn?.name == "NllLossBackward0")
    loss.backward(gradient: row.reduction == .none ? Tensor([1.0, 2], device: device) : nil)
    #expect(zip(loss.scalars(as: Double.self), row.loss).allSatisfy { abs($0 - $1) < 1e-6 })
    let gradient = try #require(x.grad).scalars(as: Double.self)
    #expect(zip(gradient, row.gradient).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// Scores that are rows of one command, and their derivatives of both orders; a class that does not count may be any number.
  @Test func derivativesOfCrossEntropy() throws {
    let generator = Generator(seed: 4)
    let x = Tensor.randn([3, 4], dtype: .float64, generator: generator).requiringGrad()
    let weight = Tensor([1.0, 2, 3, 0.5]).to(.float64)
    for (target, ignored) in [(Tensor([3, 0, 1]), -100), (Tensor([3, 9, 1]), 9), (Tensor([3, 0, 1]), 0)] {
      for reduction in [LossReduction.none, .mean, .sum] {
        let loss = { (x: Tensor) in F.crossEntropy(x, target, weight: weight, ignoreIndex: ignored, reduction: reduction) }
        try gradcheck(x) { loss($0) }
        try gradgradcheck([x]) { [loss($0[0])] }
        let composed = F.nllLoss(x.logSoftmax(dim: 1), target, weight: weight, ignoreIndex: ignored, reduction: reduction)
        #expect((loss(x) - composed).abs().max().item().doubleValue < 1e-14)
        let strided = x.detach().t().contiguous().t().requiringGrad()
        let gradient = grad(of: loss(strided).sum(), wrt: strided)
        #expect((gradient - grad(of: composed.sum(), wrt: x)).abs().max().item().doubleValue < 1e-14)
      }
    }
    #expect(throws: TensorError.self) { try checked { F.crossEntropy(x, Tensor([3, 9, 1]), ignoreIndex: 8) } }
  }

  @Test func shapes() {
    let image = Tensor.zeros([2, 3, 4, 4], requiresGrad: true)
    let loss = F.crossEntropy(image, .zeros([2, 4, 4], dtype: .int64), reduction: .none)
    #expect(loss.shape == [2, 4, 4] && loss.gradFn?.name == "NllLoss2DBackward0")
    #expect(F.crossEntropy(.zeros([3]), Tensor(1)).shape == [])
    #expect(F.crossEntropy(.zeros([1, 3]), Tensor([-100])).item().doubleValue.isNaN, "the mean of nothing")
  }

  @Test func errors() {
    let x = Tensor.zeros([2, 3])
    let rows: [(String, Tensor, Tensor?)] = [
      ("Target 3 is out of bounds.", Tensor([0, 3]), nil),
      ("Target -1 is out of bounds.", Tensor([0, -1]), nil),
      ("Expected input batch_size (2) to match target batch_size (3).", Tensor([0, 1, 2]), nil),
      ("expected target dtype to be Long or Byte, but got Float", Tensor([0.0, 1]), nil),
      (
        "weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]",
        Tensor([0, 1]), Tensor.ones([2])
      ),
    ]
    for (message, target, weight) in rows {
      let error = #expect(throws: TensorError.self) { try checked { F.nllLoss(x, target, weight: weight) } }
      #expect(error?.message == message)
    }
  }
}

import Fluxion
import Testing

@testable import conformance

/// The names of the derivatives of elementwise operations, reductions and sorts, as `grad-fn-names.jsonl` has them.
@Suite struct OperationNameTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let op: String
    let name: String?
    var testDescription: String { op }
  }

  static let rows: [Row] = Fixture.lines(of: "grad-fn-names.jsonl").compactMap { row in
    guard let op = row["op"]?.text, results[op] != nil else { return nil }
    return Row(op: op, name: row["grad_fn"]?.text)
  }

  @Test(arguments: rows)
  func name(_ row: Row) { #expect(Self.results[row.op]!().gradFn?.name == row.name) }

  @Test func everyResultHasARow() { #expect(Self.rows.count == Self.results.count) }

  static let x = Tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as [Float], shape: [3, 3]).requiringGrad()
  static let y = Tensor([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1] as [Float], shape: [3, 3]).requiringGrad()

  static let results: [String: @Sendable () -> Tensor] = {
    var table: [String: @Sendable () -> Tensor] = [:]
    addOperators(to: &table)
    addFunctions(to: &table)
    addActivations(to: &table)
    addReductions(to: &table)
    addPairs(to: &table)
    addLosses(to: &table)
    addLayers(to: &table)
    return table
  }()

  private static func result(of name: String, _ operands: [Tensor]) -> Tensor {
    (try? Operations.results(of: name, operands))?.first ?? Tensor(0.0)
  }

  private static func addOperators(to table: inout [String: @Sendable () -> Tensor]) {
    table["x + y"] = { x + y }
    table["x - y"] = { x - y }
    table["x * y"] = { x * y }
    table["x / y"] = { x / y }
    table["x + 1"] = { x + 1 }
    table["1 - x"] = { 1 - x }
    table["2 * x"] = { 2 * x }
    table["1 / x"] = { 1 / x }
    table["-x"] = { -x }
    table["x ** 2"] = { x ** 2 }
    table["x ** y"] = { x ** y }
    table["2 ** x"] = { 2 ** x }
    table["positive"] = { +x }
    table["where"] = { Tensor.where(x .> 0.5, x, y) }
    table["masked_fill"] = { x.maskedFill(x .> 0.5, 0) }
    table["clamp(0,1)"] = { x.clamp(min: 0, max: 1) }
    table["clamp(min=0)"] = { x.clamp(min: 0) }
    table["clamp(max=1)"] = { x.clamp(max: 1) }
    table["clamp with tensors"] = { x.clamp(min: y, max: y + 1) }
  }

  private static func addFunctions(to table: inout [String: @Sendable () -> Tensor]) {
    let names = [
      "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "abs", "neg", "sign",
      "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "relu", "erf",
      "erfc", "erfinv", "floor", "ceil", "round", "trunc", "frac", "lgamma", "digamma", "sinc", "logit", "deg2rad", "i0",
      "nan_to_num", "sgn", "nansum",
    ]
    for name in names { table[name] = { result(of: name, [x]) } }
  }

  private static func addActivations(to table: inout [String: @Sendable () -> Tensor]) {
    let names = [
      "relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "hardtanh", "relu6",
      "hardsigmoid", "hardswish", "logsigmoid", "tanhshrink", "hardshrink", "softshrink",
    ]
    for name in names { table["F." + name] = { result(of: name, [x]) } }
    table["F.gelu(tanh)"] = { x.gelu(approximate: .tanh) }
    table["F.softmax"] = { x.softmax(dim: 0) }
    table["F.log_softmax"] = { x.logSoftmax(dim: 0) }
    table["F.softmin"] = { x.softmin(dim: 0) }
    table["F.threshold"] = { x.threshold(0, 0) }
    table["F.glu"] = { concatenate([x, x]).glu(dim: 0) }
    table["F.prelu"] = { x.prelu(Tensor([0.25], requiresGrad: true)) }
  }

  private static func addReductions(to table: inout [String: @Sendable () -> Tensor]) {
    table["x.sum()"] = { x.sum() }
    table["x.sum(0)"] = { x.sum(dim: 0) }
    table["x.mean()"] = { x.mean() }
    table["x.mean(0)"] = { x.mean(dim: 0) }
    table["x.prod()"] = { x.prod() }
    table["x.prod(0)"] = { x.prod(dim: 0) }
    table["x.max()"] = { x.max() }
    table["x.max(0).values"] = { x.max(dim: 0).values }
    table["x.min()"] = { x.min() }
    table["x.min(0).values"] = { x.min(dim: 0).values }
    table["x.amax(0)"] = { x.amax(dim: 0) }
    table["x.amin()"] = { x.amin() }
    table["aminmax().min"] = { x.aminmax().min }
    table["x.std()"] = { x.std() }
    table["x.var(0)"] = { x.var(dim: 0) }
    table["std_mean()[1]"] = { x.stdMean().mean }
    table["histc-free var_mean[0]"] = { x.varMean().variance }
    table["x.norm()"] = { x.norm() }
    table["x.norm(dim=0)"] = { x.norm(dim: 0) }
    table["linalg.vector_norm"] = { x.norm() }
    table["renorm"] = { x.renorm(p: 2, dim: 0, maxNorm: 1) }
    table["x.median()"] = { x.median() }
    table["x.median(0).values"] = { x.median(dim: 0).values }
    table["kthvalue"] = { x.kthvalue(2).values }
    table["mode"] = { x.mode().values }
    table["quantile"] = { x.quantile(0.5) }
    table["x.cumsum(0)"] = { x.cumsum(dim: 0) }
    table["x.cumprod(0)"] = { x.cumprod(dim: 0) }
    table["cummax"] = { x.cummax(dim: 0).values }
    table["x.logsumexp(0)"] = { x.logSumExp(dim: 0) }
    table["logcumsumexp"] = { x.logcumsumexp(dim: 0) }
    table["diff"] = { x.diff() }
    table["sort"] = { x.sort().values }
    table["topk"] = { x.topk(2).values }
  }

  private static func addPairs(to table: inout [String: @Sendable () -> Tensor]) {
    let names = [
      "maximum", "minimum", "fmax", "atan2", "hypot", "remainder", "fmod", "logaddexp", "xlogy", "copysign", "dist", "cdist",
    ]
    for name in names { table[name] = { result(of: name, [x, y]) } }
    table["lerp(scalar)"] = { x.lerp(y, weight: 0.5) }
    table["lerp(tensor)"] = { x.lerp(y, weight: y) }
    table["addcmul"] = { x.addcmul(x, y) }
    table["addcdiv"] = { x.addcdiv(x, y) }
    table["floor_divide scalar"] = { x.floorDivide(2) }
    table["div trunc"] = { x.div(y, roundingMode: .trunc) }
  }

  private static func addLosses(to table: inout [String: @Sendable () -> Tensor]) {
    let classes = Tensor([0, 1, 2])
    let signs = Tensor([[1.0, -1, 1], [1, 1, -1], [-1, 1, 1]])
    table["F.mse_loss"] = { F.mseLoss(x, y) }
    table["F.l1_loss"] = { F.l1Loss(x, y) }
    table["F.smooth_l1_loss"] = { F.smoothL1Loss(x, y) }
    table["F.huber_loss"] = { F.huberLoss(x, y) }
    table["F.nll_loss"] = { F.nllLoss(x, classes) }
    table["F.cross_entropy"] = { F.crossEntropy(x, classes) }
    table["F.cross_entropy (smoothing .1)"] = { F.crossEntropy(x, classes, labelSmoothing: 0.1) }
    table["F.cross_entropy (none)"] = { F.crossEntropy(x, classes, reduction: .none) }
    table["F.binary_cross_entropy"] = { F.binaryCrossEntropy(x, y) }
    table["F.binary_cross_entropy_with_logits"] = { F.binaryCrossEntropyWithLogits(x, y) }
    table["F.kl_div"] = { F.klDiv(x, y, reduction: .batchMean) }
    table["F.cosine_similarity"] = { F.cosineSimilarity(x, y) }
    table["F.margin_ranking_loss"] = { F.marginRankingLoss(x, y, signs) }
    table["F.poisson_nll_loss"] = { F.poissonNLLLoss(x, y) }
    table["F.soft_margin_loss"] = { F.softMarginLoss(x, signs) }
    table["F.multi_margin_loss"] = { F.multiMarginLoss(x, classes) }
    table["F.hinge_embedding_loss"] = { F.hingeEmbeddingLoss(x, signs) }
    table["F.triplet_margin_loss"] = { F.tripletMarginLoss(x, y, y) }
    table["F.gaussian_nll_loss"] = { F.gaussianNLLLoss(x, y, variance: y) }
    table["F.ctc_loss"] = {
      F.ctcLoss(x.unsqueeze(1), Tensor([[1, 2]]), inputLengths: Tensor([3]), targetLengths: Tensor([2]))
    }
  }

  private static func addLayers(to table: inout [String: @Sendable () -> Tensor]) {
    let image = Tensor.ones([2, 4, 3], requiresGrad: true)
    table["F.batch_norm (train)"] = { F.batchNorm(x) }
    table["F.layer_norm"] = { F.layerNorm(x, [3]) }
    table["F.group_norm"] = { F.groupNorm(image, 2) }
    table["F.instance_norm"] = { F.instanceNorm(image) }
    table["F.rms_norm"] = { F.rmsNorm(x, [3]) }
    table["F.normalize"] = { F.normalize(x) }
    table["F.embedding"] = { F.embedding(Tensor([0, 2]), x) }
    table["F.dropout (train)"] = { x.dropout() }
  }
}

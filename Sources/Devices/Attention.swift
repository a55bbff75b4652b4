/// What queries find in keys and their values: softmax(scale · query · keyᵀ) · value, or the gradients of that.
///
/// The operands are batches of heads of matrices, of one floating dtype that computes (float32, float64): query of shape
/// [batch, heads, queries, width], key [batch, heads, keys, width], value [batch, heads, keys, width of values]. There is one of everything at
/// least. The elements of a row of a result are neighbours in memory.
public struct Attention: Sendable, Hashable {
  public enum Part: Sendable {
    /// Inputs: query, key, value. Outputs: the result, of shape [batch, heads, queries, width of values]; and [2, batch, heads, queries],
    /// contiguous: of every query the greatest score, and the logarithm of its sum of exp(score - greatest). Apart, since their sum would be less
    /// accurate than they are. Where there is nothing but scores of -infinity, which count for nothing, they are zero and infinity.
    case result
    /// Inputs: the gradient of the result, query, key, value, and the two outputs above. Outputs: the gradients by query, key and value.
    case gradients
  }

  public var part: Part
  public var scale: Double
  /// Whether every query sees only as many keys as its own position, counted from one.
  public var isCausal: Bool

  public init(_ part: Part, scale: Double, isCausal: Bool) {
    self.part = part
    self.scale = scale
    self.isCausal = isCausal
  }
}

extension Device {
  public func attention(_ attention: Attention, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    let body = AttentionBody(commands: ComposedCommands(device: self, dtype: outputs[0].dtype), attention: attention)
    switch attention.part {
    case .result: try body.result(inputs, outputs)
    case .gradients: try body.gradients(inputs, outputs)
    }
  }
}

/// Attention in other commands, for a device that has none of its own. All scores are there at a time.
private struct AttentionBody {
  let commands: ComposedCommands
  let attention: Attention

  private static let scaled = ElementwiseKernel { score, scale in score * scale }
  /// Of a score, the scale, and the numbers of key and query.
  private static let masked = ElementwiseKernel(inputs: [.value, .value, .value, .value]) {
    [($0[2] .<= $0[3]).select($0[0] * $0[1], -.infinity)]
  }
  private static let finite = ElementwiseKernel { largest in (largest .== -.infinity).select(0, largest) }
  private static let exponential = ElementwiseKernel { score, shift in (score - shift).exp() }
  private static let logarithm = ElementwiseKernel { sum in (sum .== 0).select(.infinity, sum.log()) }
  private static let weight = ElementwiseKernel { score, greatest, logSum in ((score - greatest) - logSum).exp() }
  private static let product = ElementwiseKernel.instruction(.mul)
  /// Of a weight, its gradient, their mean and the scale.
  private static let slope = ElementwiseKernel(inputs: [.value, .value, .value, .value]) {
    [$0[0] * (($0[1] - $0[2]) * $0[3])]
  }

  func result(_ inputs: [Operand], _ outputs: [Operand]) throws(TensorError) {
    let (query, key, value) = (try batch(inputs[0]), try batch(inputs[1]), try batch(inputs[2]))
    let scores = try scores(query, key)
    let (greatest, logSum) = statistics(outputs[1], query)
    try commands.compute(Self.finite, [try commands.reduced(.max, scores, dim: 2)], greatest)
    let exponentials = try commands.computed(Self.exponential, [scores, greatest], scores.shape)
    try commands.compute(Self.logarithm, [try commands.reduced(.sum, exponentials, dim: 2)], logSum)
    let weights = try commands.computed(Self.weight, [scores, greatest, logSum], scores.shape)
    try store(try product(weights, value), outputs[0])
  }

  func gradients(_ inputs: [Operand], _ outputs: [Operand]) throws(TensorError) {
    let (g, query, key, value) = (try batch(inputs[0]), try batch(inputs[1]), try batch(inputs[2]), try batch(inputs[3]))
    let scores = try scores(query, key)
    let (greatest, logSum) = statistics(inputs[5], query)
    let weights = try commands.computed(Self.weight, [scores, greatest, logSum], scores.shape)
    let toWeights = try product(g, transposed(value))
    let mean = try commands.reduced(.sum, try commands.computed(Self.product, [weights, toWeights], scores.shape), dim: 2)
    let slopes = try commands.computed(Self.slope, [weights, toWeights, mean], scores.shape, [.double(attention.scale)])
    try store(try product(slopes, key), outputs[0])
    try store(try product(transposed(slopes), query), outputs[1])
    try store(try product(transposed(weights), g), outputs[2])
  }

  /// What is exponentiated: scaled, and -infinity for keys that a query does not see.
  private func scores(_ query: Operand, _ key: Operand) throws(TensorError) -> Operand {
    let products = try product(query, transposed(key))
    let scale = Scalar.double(attention.scale)
    guard attention.isCausal else { return try commands.computed(Self.scaled, [products], products.shape, [scale]) }
    let (queryCount, keyCount) = (products.shape[1], products.shape[2])
    let numbers = try counted(to: max(queryCount, keyCount))
    let places = [[0, 1], [1, 0]].map { strides in
      numbers.with(layout: Layout(shape: [queryCount, keyCount], strides: strides, offset: numbers.layout.offset))
    }
    let result = try commands.made(products.shape)
    let operands = commands.arguments([products] + places, products.shape)
    try commands.device.elementwise(
      Self.masked, dtype: commands.dtype, inputs: [operands[0], .scalar(scale), operands[1], operands[2]], outputs: [result])
    return result
  }

  /// 1, 2, …, `count`.
  private func counted(to count: Int) throws(TensorError) -> Operand {
    let (ones, numbers) = (try commands.made([count]), try commands.made([count]))
    try commands.device.fill(ones, with: .int(1))
    try commands.device.scan(.sum, ones, dim: 0, to: numbers, indices: nil)
    return numbers
  }

  /// What is kept of every query, with all heads as one batch.
  private func statistics(_ x: Operand, _ query: Operand) -> (greatest: Operand, logSum: Operand) {
    let shape = [query.shape[0], query.shape[1], 1]
    func part(_ index: Int) -> Operand {
      x.with(layout: Layout(shape: shape, strides: [shape[1], 1, 1], offset: x.layout.offset + index * shape[0] * shape[1]))
    }
    return (part(0), part(1))
  }

  /// All heads of all members as one batch.
  private func batch(_ x: Operand) throws(TensorError) -> Operand {
    let shape = [x.shape[0] * x.shape[1], x.shape[2], x.shape[3]]
    if let layout = x.layout.viewed(as: shape) { return x.with(layout: layout) }
    let copy = try commands.made(x.shape)
    try commands.device.copy(x, to: copy)
    return copy.with(layout: Layout(shape: shape))
  }

  private func store(_ x: Operand, _ output: Operand) throws(TensorError) {
    try commands.device.copy(x.with(layout: Layout(shape: output.shape)), to: output)
  }

  private func transposed(_ x: Operand) -> Operand { x.with(layout: x.layout.transposed(1, 2)) }

  private func product(_ a: Operand, _ b: Operand) throws(TensorError) -> Operand {
    let result = try commands.made([a.shape[0], a.shape[1], b.shape[2]])
    try commands.device.matrixProduct(a, b, to: result)
    return result
  }
}

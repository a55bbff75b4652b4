import Devices

extension F {
  /// softmax(query · keyᵀ · scale + mask) · value: for every query the mean of the values, weighted by how well their keys fit it.
  ///
  /// - Parameters:
  ///   - query: of shape [..., queries, width]; `key` of shape [..., keys, width] and `value` of shape [..., keys, width of values]. The leading
  ///     dimensions broadcast together.
  ///   - attnMask: broadcasts to [..., queries, keys]: what is added to the products or, boolean, which keys a query may see. A query that sees
  ///     none gives zeros.
  ///   - dropoutP: the probability with which weights are dropped.
  ///   - isCausal: lets every query see only as many keys as its own position, counted from one.
  ///   - scale: 1 / √width if nil.
  ///   - enableGQA: lets several heads of the query, which are dimension -3, share one head of key and value.
  ///
  /// Errors: `Expected query, key, and value to have the same dtype, but got query.dtype: float key.dtype: double and value.dtype: float
  /// instead.`; `_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True`; `Number of heads in key and value
  /// must divide the number of heads in query`; shapes that do not fit. Source: Vaswani et al., "Attention Is All You Need" (2017).
  public static func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, attnMask: Tensor? = nil, dropoutP: Double = 0, isCausal: Bool = false,
    scale: Double? = nil, enableGQA: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    attempt([query, key, value] + (attnMask.map { [$0] } ?? [])) { list throws(TensorError) in
      let query = list[0]
      let mask = list.count > 3 ? list[3] : nil
      try checkAttention(query, list[1], list[2], mask, isCausal: isCausal)
      let (key, value) = enableGQA ? try shared(list[1], list[2], among: query) : (list[1], list[2])
      let scale = scale ?? 1 / Double(query.shape[query.rank - 1]).squareRoot()
      if mask == nil && dropoutP == 0 && AttentionOperands.fit(query, key, value) {
        return try query.attending(key, value, scale: scale, isCausal: isCausal)
      }
      var weights = query.attentionWeights(key, scale: scale, isCausal: isCausal, mask: mask)
      guard weights.isValid else { return weights }
      if dropoutP != 0 { weights = weights.dropout(p: dropoutP, generator: generator) }
      return weights.matmul(value)
    }
  }

  /// Every head of key and value repeated for the heads of the query that share it.
  private static func shared(
    _ key: Tensor, _ value: Tensor, among query: Tensor
  ) throws(TensorError) -> (key: Tensor, value: Tensor) {
    let heads = query.shape[try wrapDimension(-3, rank: query.rank)]
    let counts = try [key, value].map { (x) throws(TensorError) -> Int in x.shape[try wrapDimension(-3, rank: x.rank)] }
    guard counts.allSatisfy({ $0 > 0 && heads % $0 == 0 }) else {
      throw .runtime("Number of heads in key and value must divide the number of heads in query")
    }
    return (key.repeatInterleave(heads / counts[0], dim: -3), value.repeatInterleave(heads / counts[1], dim: -3))
  }
}

extension Tensor {
  /// How much every key counts for every query, all of them at a time.
  fileprivate func attentionWeights(_ key: Tensor, scale: Double, isCausal: Bool, mask: Tensor? = nil) -> Tensor {
    var scores = (self * scale).matmul(key.mT)
    guard scores.isValid else { return scores }
    var isBlind: Tensor?
    if let visible = isCausal ? scores.causalMask : mask {
      scores = scores + (visible.dtype == .bool ? Tensor.where(visible, 0, -Double.infinity).to(scores.dtype) : visible)
      let nothingSeen = (scores.detach() .== -.infinity).all(dim: -1, keepDim: true)
      scores = scores.maskedFill(nothingSeen, 0)
      isBlind = nothingSeen
    }
    let weights = scores.softmax(dim: -1)
    return isBlind.map { weights.maskedFill($0, 0) } ?? weights
  }

  private var causalMask: Tensor { Tensor.ones(Array(shape.suffix(2)), dtype: .bool, device: device).tril() }

  // MARK: As one command

  /// Attention of this query as one command, which never has all scores in memory at a time. The operands fit.
  fileprivate func attending(_ key: Tensor, _ value: Tensor, scale: Double, isCausal: Bool) throws(TensorError) -> Tensor {
    let inputs = [self, key, value]
    let operands = AttentionOperands(inputs)
    let widths = (query: shape[rank - 1], value: value.shape[rank - 1])
    let output = try operands.uninitialized(like: self, width: widths.value)
    let statistics = try Tensor.uninitialized("attention", [2] + operands.shape(self).dropLast(), operands.dtype, device)
    try device.attention(
      Attention(.result, scale: scale, isCausal: isCausal), inputs.map(operands.operand),
      to: [operands.operand(output), statistics.operand])
    let name =
      switch rank {
      case 2: "MmBackward0"
      case 4 where widths.query == widths.value: "ScaledDotProductFlashAttentionForCpuBackward0"
      default: "UnsafeViewBackward0"
      }
    return Tensor.differentiable(name, results: [output.to(dtype)], inputs: inputs) {
      (gradients, results) throws(TensorError) -> [Tensor?] in
      guard let g = gradients[0] else { return [nil, nil, nil] }
      if GradientMode.isEnabled { return self.attentionGradients(g, key, value, scale: scale, isCausal: isCausal) }
      let gradients = try operands.gradients(of: inputs)
      try self.device.attention(
        Attention(.gradients, scale: scale, isCausal: isCausal),
        ([g] + inputs + [results[0]]).map(operands.operand) + [statistics.operand], to: gradients.map(operands.operand))
      return gradients
    }[0]
  }

  /// The gradients by this query, key and value in public operations, as a function of all that they depend on, for the graph of a graph.
  private func attentionGradients(_ g: Tensor, _ key: Tensor, _ value: Tensor, scale: Double, isCausal: Bool) -> [Tensor] {
    let weights = attentionWeights(key, scale: scale, isCausal: isCausal)
    let toWeights = g.matmul(value.mT)
    let slopes = weights * (toWeights - (toWeights * weights).sum(dim: -1, keepDim: true)) * scale
    return [slopes.matmul(key), slopes.mT.matmul(self), weights.mT.matmul(g)]
  }
}

/// The operands of the command: batches of heads of matrices, in the dtype that it computes in.
private struct AttentionOperands: Sendable {
  let dtype: DType

  init(_ inputs: [Tensor]) { dtype = inputs[0].dtype.computeDType }

  /// Whether there is something to compute, and no dimension is broadcast.
  static func fit(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> Bool {
    let shapes = [query, key, value].map(\.shape)
    return [query, key, value].allSatisfy { $0.count > 0 && $0.rank == query.rank && $0.device === query.device }
      && shapes.allSatisfy { $0.dropLast(2) == shapes[0].dropLast(2) } && shapes[0].last == shapes[1].last
      && shapes[1][query.rank - 2] == shapes[2][query.rank - 2]
  }

  /// [batch, heads, length, width].
  func shape(_ x: Tensor) -> [Int] {
    let (shape, rank) = (x.shape, x.rank)
    return [shape.dropLast(3).reduce(1, *), rank > 2 ? shape[rank - 3] : 1, shape[rank - 2], shape[rank - 1]]
  }

  func operand(_ x: Tensor) -> Operand {
    let x = Tensor(x.body.detached()).to(dtype)
    let shape = shape(x)
    if let layout = x.layout.viewed(as: shape) { return x.operand.with(layout: layout) }
    return x.contiguous().operand.with(layout: Layout(shape: shape))
  }

  /// A result whose rows lie in memory in the order of a tensor's, so that what was taken apart by views is put together by views.
  func uninitialized(like x: Tensor, width: Int) throws(TensorError) -> Tensor {
    var shape = x.shape
    shape[x.rank - 1] = width
    let result = try Tensor.uninitialized("attention", shape, dtype, x.device)
    let order = x.layout.memoryOrder
    guard order.last == x.rank - 1 else { return result }
    let rows = Layout(shape: order.map { shape[$0] })
    var strides = rows.strides
    for (place, dim) in order.enumerated() { strides[dim] = rows.strides[place] }
    let layout = Layout(shape: shape, strides: strides, offset: 0)
    // The command wants one dimension for the batch.
    return layout.viewed(as: self.shape(result)) == nil ? result : result.bareView(layout)
  }

  /// Memory for the gradients. Where the inputs are neighbours in one tensor, as a linear layer for all three gives them, so are the gradients.
  func gradients(of inputs: [Tensor]) throws(TensorError) -> [Tensor] {
    if inputs[0].dtype == dtype, let whole = Layout.stacked(inputs.map(\.body)), whole.strides.last == 1,
      whole.extent.count == whole.count, inputs[0].layout.viewed(as: shape(inputs[0])) != nil
    {
      let memory = try Tensor.uninitialized("attention", [whole.count], dtype, inputs[0].device)
      return inputs.map { x in
        memory.bareView(
          Layout(shape: x.shape, strides: x.layout.strides, offset: x.layout.offset - whole.extent.lowerBound))
      }
    }
    return try inputs.map { (x) throws(TensorError) in try uninitialized(like: x, width: x.shape[x.rank - 1]) }
  }
}

private func checkAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, _ mask: Tensor?, isCausal: Bool
) throws(TensorError) {
  guard query.dtype == key.dtype, query.dtype == value.dtype else {
    throw .runtime(
      "Expected query, key, and value to have the same dtype, but got query.dtype: \(query.dtype.cppName) key.dtype: \(key.dtype.cppName) "
        + "and value.dtype: \(value.dtype.cppName) instead.")
  }
  guard query.rank >= 2, key.rank >= 2, value.rank >= 2 else {
    throw .runtime(
      "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: \(query.rank) key.dim: \(key.rank) and "
        + "value.dim: \(value.rank) instead.")
  }
  guard query.isFloatingPoint else {
    throw .runtime("expected scalar type Float but found \(query.dtype.scalarTypeName)")
  }
  guard let mask else { return }
  guard mask.dtype == .bool || mask.dtype == .float32 || mask.dtype == query.dtype else {
    throw .runtime(
      "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: \(mask.dtype.cppName) and  "
        + "query.dtype: \(query.dtype.cppName) instead.")
  }
  if isCausal {
    throw .runtime("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
  }
}

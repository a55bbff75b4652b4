import Devices

extension F {
  /// How queries, keys and values are made from the input of `multiHeadAttentionForward`.
  public enum InputProjection: Sendable {
    /// One weight, of shape [3 · width, width], for queries, keys and values in this order.
    case packed(Tensor, bias: Tensor? = nil)
    /// A weight for each. The bias is that of all three.
    case separate(query: Tensor, key: Tensor, value: Tensor, bias: Tensor? = nil)
  }

  /// Attention of several heads, each in its own part of the features, between a linear layer before and one after it.
  ///
  ///     let (y, weights) = F.multiHeadAttentionForward(x, x, x, numHeads: 8, inProj: .packed(w), outProjWeight: v)
  ///
  /// - Parameters:
  ///   - query: of shape [queries, n, width], or [queries, width] without a batch; `key` and `value` of shape [keys, n, width].
  ///   - biasK, biasV: one more key and value, of shape [1, 1, width]; both or neither.
  ///   - addZeroAttn: adds a key and a value of zeros.
  ///   - dropoutP: the probability with which weights are dropped while `training`.
  ///   - keyPaddingMask: of shape [n, keys]: which keys nobody may see, or what is added to their products.
  ///   - needWeights: whether to return the weights.
  ///   - attnMask: of shape [queries, keys] or [n · heads, queries, keys]: which keys a query may not see, or what is added to their products.
  ///   - staticK, staticV: what takes the place of the projected keys and values, of shape [n · heads, keys, width / heads].
  ///   - averageAttnWeights: whether the weights are the mean over the heads.
  ///   - isCausal: says of `attnMask` that it is the causal one.
  /// - Returns: the result, of the query's shape, and the weights, of shape [n, queries, keys], or [n, heads, queries, keys] unless averaged.
  ///
  /// Errors: PyTorch's, word for word, for shapes and arguments that do not go together. Source: Vaswani et al., "Attention Is All You Need"
  /// (2017).
  public static func multiHeadAttentionForward(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, embedDimToCheck: Int? = nil, numHeads: Int, inProj: InputProjection,
    biasK: Tensor? = nil, biasV: Tensor? = nil, addZeroAttn: Bool = false, dropoutP: Double = 0, outProjWeight: Tensor,
    outProjBias: Tensor? = nil, training: Bool = true, keyPaddingMask: Tensor? = nil, needWeights: Bool = true,
    attnMask: Tensor? = nil, staticK: Tensor? = nil, staticV: Tensor? = nil, averageAttnWeights: Bool = true,
    isCausal: Bool = false, generator: Generator? = nil
  ) -> (output: Tensor, weights: Tensor?) {
    do throws(TensorError) {
      for tensor in [query, key, value] where !tensor.isValid { return (tensor.passedOn, needWeights ? tensor : nil) }
      let isBatched = try checkAttentionShapes(query, key, value, keyPaddingMask, attnMask, heads: numHeads)
      let inputs = isBatched ? [query, key, value] : [query, key, value].map { $0.unsqueeze(1) }
      let (queries, batch, width) = (inputs[0].shape[0], inputs[0].shape[1], inputs[0].shape[2])
      if let embedDimToCheck, embedDimToCheck != width {
        throw .value("was expecting embedding dimension of \(embedDimToCheck), but got \(width)")
      }
      guard numHeads > 0, width % numHeads == 0 else {
        throw .value("embed_dim \(width) not divisible by num_heads \(numHeads)")
      }
      let attention = HeadedAttention(batch: batch, heads: numHeads, width: width)
      var mask = AttentionMask(
        attention: try additive(attnMask, "attn_mask", query.dtype),
        padding: try additive(isBatched ? keyPaddingMask : keyPaddingMask?.unsqueeze(0), "key_padding_mask", query.dtype))
      let isCausalOnly = try checkCausal(isCausal, attnMask, keyPaddingMask, needWeights: needWeights)
      if isCausalOnly { mask.attention = nil }
      try mask.checkShape(queries: queries, keys: inputs[1].shape[0], attention)

      var (q, k, v) = try inProj.applied(to: inputs)
      switch (biasK, biasV) {
      case (let biasK?, let biasV?):
        guard staticK == nil, staticV == nil else { throw .value("bias cannot be added to static key.") }
        k = concatenate([k, biasK.repeat([1, batch, 1])], dim: 0)
        v = concatenate([v, biasV.repeat([1, batch, 1])], dim: 0)
        mask.addKey()
      case (nil, nil): break
      default: throw .value(biasK == nil ? "bias_v is set but bias_k is None" : "bias_k is set but bias_v is None")
      }
      q = attention.split(q)
      k = try staticK.map { (x) throws(TensorError) in try attention.checked(x, "static_k") } ?? attention.split(k)
      v = try staticV.map { (x) throws(TensorError) in try attention.checked(x, "static_v") } ?? attention.split(v)
      if addZeroAttn {
        let zeros = Tensor.zeros([batch * numHeads, 1, width / numHeads], dtype: k.dtype, device: k.device)
        (k, v) = (concatenate([k, zeros], dim: 1), concatenate([v, zeros], dim: 1))
        mask.addKey()
      }
      let merged = try mask.merged(attention, keys: k.size(1))
      let dropout = training ? dropoutP : 0
      let weights = needWeights ? attention.weights(q, k, merged).dropout(p: dropout, generator: generator) : nil
      let result =
        weights?.bmm(v)
        ?? attention.fused(q, k, v, merged, dropout, isCausal: isCausalOnly, generator)
      let joined = result.transpose(0, 1).reshape([queries * batch, width])
      let output = linear(joined, outProjWeight, bias: outProjBias).reshape([queries, batch, outProjWeight.size(0)])
      let shown = weights.map { weights in
        let perHead = weights.reshape([batch, numHeads, queries, k.size(1)])
        return averageAttnWeights ? perHead.mean(dim: 1) : perHead
      }
      return isBatched ? (output, shown) : (output.squeeze(1), shown?.squeeze(0))
    } catch {
      let failure = Tensor.failure(error)
      return (failure, needWeights ? failure : nil)
    }
  }
}

extension F.InputProjection {
  fileprivate func applied(to inputs: [Tensor]) throws(TensorError) -> (Tensor, Tensor, Tensor) {
    let weights: [Tensor]
    let bias: Tensor?
    switch self {
    case .packed(let weight, let packedBias):
      guard inputs[1].shape == inputs[2].shape else {
        throw .value(
          "key shape torch.Size(\(inputs[1].shape)) does not match value shape torch.Size(\(inputs[2].shape))")
      }
      weights = weight.chunk(3)
      bias = packedBias
    case .separate(let query, let key, let value, let sharedBias):
      let (keys, values) = (Array(inputs[1].shape.prefix(2)), Array(inputs[2].shape.prefix(2)))
      guard keys == values else {
        throw .value(
          "key's sequence and batch dims torch.Size(\(keys)) do not match value's torch.Size(\(values))")
      }
      weights = [query, key, value]
      bias = sharedBias
    }
    let biases = bias.map { $0.chunk(3) }
    guard weights.count == 3, biases?.count ?? 3 == 3 else {
      throw .runtime("the packed weight and bias of an input projection must have three parts")
    }
    let projected = (0..<3).map { F.linear(inputs[$0], weights[$0], bias: biases?[$0]) }
    return (projected[0], projected[1], projected[2])
  }
}

// MARK: - Heads

/// The sizes of an attention of several heads. Heads are numbered within their samples: [n · heads, ...].
private struct HeadedAttention {
  let batch: Int
  let heads: Int
  let width: Int

  /// [length, n, width] as [n · heads, length, width / heads].
  func split(_ x: Tensor) -> Tensor {
    x.reshape([x.size(0), batch * heads, width / heads]).transpose(0, 1)
  }

  /// - Throws: where keys or values that were given in the place of projected ones do not fit.
  func checked(_ x: Tensor, _ name: String) throws(TensorError) -> Tensor {
    for (dim, expected) in [(0, batch * heads), (2, width / heads)] where x.size(dim) != expected {
      throw .value("expecting \(name).size(\(dim)) of \(expected), but got \(x.size(dim))")
    }
    return x
  }

  func weights(_ q: Tensor, _ k: Tensor, _ mask: Tensor?) -> Tensor {
    let scaled = q * (1 / Double(width / heads)).squareRoot()
    let scores = mask?.baddbmm(scaled, k.mT) ?? scaled.bmm(k.mT)
    return scores.softmax(dim: -1)
  }

  func fused(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ mask: Tensor?, _ dropout: Double, isCausal: Bool, _ generator: Generator?
  ) -> Tensor {
    F.scaledDotProductAttention(q, k, v, attnMask: mask, dropoutP: dropout, isCausal: isCausal, generator: generator)
  }
}

/// What is added to the products of queries and keys.
private struct AttentionMask {
  /// [queries, keys] or [n · heads, queries, keys].
  var attention: Tensor?
  /// [n, keys].
  var padding: Tensor?

  func checkShape(queries: Int, keys: Int, _ sizes: HeadedAttention) throws(TensorError) {
    guard let attention else { return }
    let expected = attention.rank == 2 ? [queries, keys] : [sizes.batch * sizes.heads, queries, keys]
    guard attention.shape == expected else {
      let text = expected.map { "\($0)" }.joined(separator: ", ")
      throw .runtime(
        "The shape of the \(attention.rank)D attn_mask is torch.Size(\(attention.shape)), but should be (\(text)).")
    }
  }

  /// Lets everybody see one more key.
  mutating func addKey() {
    attention = attention.map { $0.pad([0, 1]) }
    padding = padding.map { $0.pad([0, 1]) }
  }

  /// Both as one, which broadcasts to [n · heads, queries, keys].
  func merged(_ sizes: HeadedAttention, keys: Int) throws(TensorError) -> Tensor? {
    let attention = attention.map { $0.rank == 2 ? $0.unsqueeze(0) : $0 }
    guard let padding else { return attention }
    for (dim, expected) in [(0, sizes.batch), (1, keys)] where padding.size(dim) != expected {
      throw .value("Expected key_padded_mask.shape[\(dim)] to be \(expected), but got \(padding.size(dim))")
    }
    let spread = padding.unsqueeze(1).repeatInterleave(sizes.heads, dim: 0)
    return attention.map { $0 + spread } ?? spread
  }
}

// MARK: - Rules

/// A mask as what is added: minus infinity where a boolean one hides a key.
private func additive(_ mask: Tensor?, _ name: String, _ dtype: DType) throws(TensorError) -> Tensor? {
  guard let mask, !mask.isFloatingPoint else { return mask }
  guard mask.dtype == .bool else { throw .value("only bool and floating types of \(name) are supported") }
  return Tensor.where(mask, -Double.infinity, 0).to(dtype)
}

/// Whether the keys are hidden by causality alone, so that no mask is needed.
private func checkCausal(
  _ isCausal: Bool, _ mask: Tensor?, _ padding: Tensor?, needWeights: Bool
) throws(TensorError) -> Bool {
  if isCausal && mask == nil {
    throw .runtime(
      "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method `generate_square_subsequent_mask` to "
        + "create this mask.")
  }
  return isCausal && padding == nil && !needWeights
}

/// Whether there is a batch.
private func checkAttentionShapes(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, _ padding: Tensor?, _ mask: Tensor?, heads: Int
) throws(TensorError) -> Bool {
  guard query.rank == 2 || query.rank == 3 else {
    throw .value("query should be unbatched 2D or batched 3D tensor but received \(query.rank)-D query tensor")
  }
  let isBatched = query.rank == 3
  let subject = isBatched ? "For batched (3-D) `query`" : "For unbatched (2-D) `query`"
  guard key.rank == query.rank, value.rank == query.rank else {
    throw .value(
      "\(subject), expected `key` and `value` to be \(query.rank)-D but found \(key.rank)-D and \(value.rank)-D tensors respectively"
    )
  }
  if let padding, padding.rank != query.rank - 1 {
    throw .value(
      "\(subject), expected `key_padding_mask` to be `None` or \(query.rank - 1)-D but found \(padding.rank)-D tensor instead")
  }
  if let mask {
    guard mask.rank == 2 || mask.rank == 3 else {
      throw .value("\(subject), expected `attn_mask` to be `None`, 2-D or 3-D but found \(mask.rank)-D tensor instead")
    }
    let expected = [heads, query.shape[0], key.shape[0]]
    if !isBatched && mask.rank == 3 && mask.shape != expected {
      let text = expected.map { "\($0)" }.joined(separator: ", ")
      throw .value("Expected `attn_mask` shape to be (\(text)) but got torch.Size(\(mask.shape))")
    }
  }
  return isBatched
}

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
      let factor = scale ?? 1 / Double(query.shape[query.rank - 1]).squareRoot()
      var scores = (query * factor).matmul(key.mT)
      guard scores.isValid else { return scores }
      var isBlind: Tensor?
      if let visible = isCausal ? causalMask(scores) : mask {
        scores = scores + (visible.dtype == .bool ? Tensor.where(visible, 0, -Double.infinity).to(scores.dtype) : visible)
        let nothingSeen = (scores.detach() .== -.infinity).all(dim: -1, keepDim: true)
        scores = scores.maskedFill(nothingSeen, 0)
        isBlind = nothingSeen
      }
      var weights = scores.softmax(dim: -1)
      if let isBlind { weights = weights.maskedFill(isBlind, 0) }
      if dropoutP != 0 { weights = weights.dropout(p: dropoutP, generator: generator) }
      return weights.matmul(value)
    }
  }

  private static func causalMask(_ scores: Tensor) -> Tensor {
    Tensor.ones(Array(scores.shape.suffix(2)), dtype: .bool, device: scores.device).tril()
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

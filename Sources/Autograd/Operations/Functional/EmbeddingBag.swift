import Devices

extension F {
  /// How `embeddingBag` combines the rows of a bag.
  public enum BagMode: Sendable {
    case sum, mean, max
  }

  /// The sums, means or greatest elements of bags of rows of a table: of shape [bags, width]. A bag without any row gives zeros.
  ///
  /// - Parameters:
  ///   - input: positions of rows, int64 or int32: of shape [bags, size], or [positions] with `offsets`.
  ///   - weight: the table, of shape [rows, width].
  ///   - offsets: where each bag starts in a 1-d input. It ends where the next one starts.
  ///   - scaleGradByFreq: divides the gradient of every row by how often it was picked.
  ///   - perSampleWeights: factors of the rows, of the input's shape, for sums.
  ///   - includeLastOffset: whether the last offset is that of an end.
  ///   - paddingIdx: a row that does not count; negative ones count from the back.
  ///
  /// Errors: `offsets has to be a 1D Tensor but got None`; `offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from
  /// position 0. However, got 1`; `Index 1 of input takes value 5 which is not in the valid range [0, 3)`; and those of PyTorch for arguments
  /// that do not go together. Waits for positions and offsets.
  public static func embeddingBag(
    _ input: Tensor, _ weight: Tensor, offsets: Tensor? = nil, scaleGradByFreq: Bool = false, mode: BagMode = .mean,
    perSampleWeights: Tensor? = nil, includeLastOffset: Bool = false, paddingIdx: Int? = nil
  ) -> Tensor {
    attempt([input, weight] + [offsets, perSampleWeights].compactMap(\.self)) { list throws(TensorError) in
      let table = list[1]
      let factors = perSampleWeights?.frozen
      let (flat, starts, padding) = try checkedBags(
        list, offsets: offsets, factors, mode, scaleGradByFreq: scaleGradByFreq, includeLastOffset: includeLastOffset, paddingIdx)
      let count = flat.count
      let bags = offsets != nil && includeLastOffset ? starts.count - 1 : starts.count
      // What comes after the last offset is in a bag that is thrown away.
      let marks = Tensor.zeros([count + 1], dtype: .int64, device: table.device)
        .scatterAdd(dim: 0, index: starts, source: starts.onesLike())
      let assignment = (marks.cumsum(dim: 0) - 1).narrow(dim: 0, start: 0, length: count)
      let rows = embedding(flat, table, scaleGradByFreq: scaleGradByFreq)
      let contents = BagContents(
        rows: rows, bag: assignment, bags: starts.count, counts: padding.map { flat .!= $0 }, factors: factors?.flatten())
      let all = mode == .sum ? contents.sum() : mode == .mean ? contents.mean() : contents.max()
      return all.narrow(dim: 0, start: 0, length: bags).recorded(as: "EmbeddingBagBackward0")
    }
  }

  /// As above, where every row that is picked is first scaled down to a `normType`-norm of at most `maxNorm`. This changes the table.
  public static func embeddingBag(
    _ input: Tensor, _ weight: inout Tensor, maxNorm: Double, normType: Double = 2, offsets: Tensor? = nil,
    scaleGradByFreq: Bool = false, mode: BagMode = .mean, perSampleWeights: Tensor? = nil, includeLastOffset: Bool = false,
    paddingIdx: Int? = nil
  ) -> Tensor {
    // What is wrong with the arguments is told before the table changes.
    let checked = attempt([input, weight] + [offsets, perSampleWeights].compactMap(\.self)) { list throws(TensorError) in
      _ = try checkedBags(
        list, offsets: offsets, perSampleWeights?.frozen, mode, scaleGradByFreq: scaleGradByFreq,
        includeLastOffset: includeLastOffset, paddingIdx)
      return list[1]
    }
    guard checked.isValid else { return checked }
    return limitNorms(of: &weight, at: input, maxNorm, normType, "embedding_bag")
      ?? embeddingBag(
        input, weight, offsets: offsets, scaleGradByFreq: scaleGradByFreq, mode: mode, perSampleWeights: perSampleWeights,
        includeLastOffset: includeLastOffset, paddingIdx: paddingIdx)
  }
}

/// Rows, and the bags that they belong to.
private struct BagContents {
  let rows: Tensor
  let bag: Tensor
  let bags: Int
  /// Which rows count, all if nil.
  let counts: Tensor?
  let factors: Tensor?

  private var zeros: Tensor { .zeros([bags, rows.shape[1]], dtype: rows.dtype, device: rows.device) }

  func sum() -> Tensor {
    var terms = rows
    if let factors { terms = terms * factors.unsqueeze(1) }
    if let counts { terms = terms.maskedFill(counts.logicalNot().unsqueeze(1), 0) }
    return zeros.indexAdd(dim: 0, index: bag, source: terms)
  }

  func mean() -> Tensor {
    let ones = counts?.to(rows.dtype) ?? .ones([rows.shape[0]], dtype: rows.dtype, device: rows.device)
    let sizes = Tensor.zeros([bags], dtype: rows.dtype, device: rows.device).indexAdd(dim: 0, index: bag, source: ones)
    return sum() / sizes.clamp(min: 1).unsqueeze(1)
  }

  /// Of several equal elements the first one gets the gradient.
  func max() -> Tensor {
    let count = rows.shape[0]
    if count == 0 { return zeros }
    let place = bag.unsqueeze(1).expand(rows.shape)
    var values = rows.detach()
    if let counts { values = values.maskedFill(counts.logicalNot().unsqueeze(1), -Double.infinity) }
    let greatest = (zeros - .infinity).scatterReduce(dim: 0, index: place, source: values, reduce: .amax)
    var isGreatest = values .== greatest.indexSelect(dim: 0, index: bag)
    if let counts { isGreatest = isGreatest .& counts.unsqueeze(1) }
    let candidates = Tensor.where(isGreatest, Tensor.positions(count, on: rows.device).unsqueeze(1), count)
    let winners = Tensor.full(zeros.shape, count, dtype: .int64, device: rows.device)
      .scatterReduce(dim: 0, index: place, source: candidates, reduce: .amin)
    return rows.gather(dim: 0, index: winners.clamp(max: count - 1)).maskedFill(winners .== count, 0)
  }
}

// MARK: - Rules

/// The positions as one row of int64, where each bag starts, and the row that does not count, if all arguments go together.
private func checkedBags(
  _ list: [Tensor], offsets: Tensor?, _ factors: Tensor?, _ mode: F.BagMode, scaleGradByFreq: Bool, includeLastOffset: Bool,
  _ paddingIdx: Int?
) throws(TensorError) -> (flat: Tensor, starts: Tensor, padding: Int?) {
  let (positions, table) = (list[0], list[1])
  try checkOneDevice(list)
  try checkBags(positions, table, offsets: offsets, factors, mode, scaleGradByFreq: scaleGradByFreq)
  let padding = try checkedPadding(paddingIdx, rows: table.shape[0])
  let flat = positions.flatten().to(.int64)
  if try flat.firstOutside(of: table.shape[0]) != nil {
    let values = try flat.elements(as: Int.self)
    let first = values.firstIndex { $0 < 0 || $0 >= table.shape[0] } ?? 0
    throw .runtime("Index \(first) of input takes value \(values[first]) which is not in the valid range [0, \(table.shape[0]))")
  }
  let starts =
    try offsets.map { (offsets) throws(TensorError) in
      try checkOffsets(offsets.frozen, count: flat.count, includesEnd: includeLastOffset)
    } ?? Tensor.positions(positions.shape[0], on: table.device) * positions.shape[1]
  return (flat, starts, padding)
}

private func checkBags(
  _ positions: Tensor, _ table: Tensor, offsets: Tensor?, _ factors: Tensor?, _ mode: F.BagMode, scaleGradByFreq: Bool
) throws(TensorError) {
  if let factors, factors.shape != positions.shape {
    throw .value(
      "embedding_bag: If per_sample_weights (torch.Size(\(factors.shape))) is not None, then it must have the same shape as the input "
        + "(torch.Size(\(positions.shape)))")
  }
  guard table.rank == 2 else { throw .value("weight has to be a 2D Tensor, but got Tensor of dimension \(table.rank)") }
  switch positions.rank {
  case 1:
    guard let offsets else { throw .value("offsets has to be a 1D Tensor but got None") }
    guard offsets.rank == 1 else { throw .value("offsets has to be a 1D Tensor") }
  case 2:
    if offsets != nil {
      throw .value(
        "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found offsets "
          + "of type <class 'torch.Tensor'>")
    }
  case let rank: throw .value("input has to be 1D or 2D Tensor, but got Tensor of dimension \(rank)")
  }
  if mode == .max && scaleGradByFreq {
    throw .value("max mode does not support scaling the gradient by the frequency")
  }
  if let factors {
    guard mode == .sum else {
      throw .notImplemented(
        "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='\(mode)'). Please "
          + "open a feature request on GitHub.")
    }
    guard factors.dtype == table.dtype else {
      throw .runtime(
        "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 'per_sample_weights'; but type "
          + "torch.\(table.dtype.scalarTypeName)Tensor does not equal torch.\(factors.dtype.scalarTypeName)Tensor (while checking arguments "
          + "for embedding_bag)")
    }
  }
  try F.checkTable(positions, table, "embedding_bag")
}

private func checkedPadding(_ index: Int?, rows: Int) throws(TensorError) -> Int? {
  guard let index else { return nil }
  guard index >= -rows, index < rows else {
    throw .runtime("padding_idx must be within the number of embeddings, \(-rows) through \(rows - 1), but got \(index)")
  }
  return index < 0 ? index + rows : index
}

/// The offsets as int64.
private func checkOffsets(_ offsets: Tensor, count: Int, includesEnd: Bool) throws(TensorError) -> Tensor {
  guard offsets.dtype == .int64 || offsets.dtype == .int32 else {
    throw .runtime(
      "Expected tensor for argument #1 'offsets' to have one of the following scalar types: Long, Int; but got "
        + "torch.\(offsets.dtype.scalarTypeName)Tensor instead (while checking arguments for embedding_bag)")
  }
  let values = try offsets.elements(as: Int.self)
  guard let first = values.first, let last = values.last else {
    if includesEnd { throw .runtime("include_last_offset: number of offset should be at least 1") }
    return offsets.to(.int64)
  }
  guard first == 0 else {
    throw .runtime(
      "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got \(first)")
  }
  guard last <= count else {
    throw .runtime(
      "offsets[-1] can not be greater than input's length \(count) but got offsets[-1] of \(last)")
  }
  guard zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }) else {
    throw .runtime("offsets has to be a sequence that does not decrease")
  }
  return offsets.to(.int64)
}

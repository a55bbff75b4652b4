import Devices

// The distinct elements. How many there are depends on the values, so that these wait for the device. They are outside the graph.

extension Tensor {
  /// The distinct elements in ascending order, or with `dim` the distinct parts along that dimension in lexicographic order; the place of every
  /// element or part among them, in this tensor's shape or in one dimension; and how often each occurs. The last two are int64. No NaN equals
  /// another.
  ///
  /// Errors: `Dimension specified as 0 but tensor has no dimensions`; `There are 0 sized dimensions, and they aren't selected, so unique cannot
  /// be applied`.
  public func unique(dim: Int? = nil) -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    distinct(dim) { rows throws(TensorError) in try rows.inLexicographicOrder() }
  }

  /// What is left where of equal neighbours in row-major order, or along a dimension, only the first is kept; the place of every element or part
  /// among them; and how many neighbours each stands for. Errors as for `unique`.
  public func uniqueConsecutive(dim: Int? = nil) -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    distinct(dim) { rows throws(TensorError) in (rows, nil) }
  }

  /// - Parameter order: brings equal rows of a matrix together; where they stood, nil for where they stand.
  private func distinct(
    _ dim: Int?, _ order: (Tensor) throws(TensorError) -> (rows: Tensor, places: Tensor?)
  ) -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    let results = attempt([self], results: 3) { list throws(TensorError) in
      let x = list[0].detach()
      let parts = try x.partsToCompare(dim)
      let size = parts.shape[0]
      let inverseShape = dim == nil ? x.shape : [size]
      if size == 0 {
        let none = Tensor.zeros([0], dtype: .int64, device: x.device)
        return [dim == nil ? x.reshape([0]) : x.clone(), none.reshape(inverseShape), none]
      }
      let (values, places, isNew, starts) = try x.distinctParts(dim, parts, order)
      let ends = concatenate([starts.slice(from: 1), Tensor.full([1], size, device: x.device)])
      let group = isNew.cumsum(dim: 0)
      let inverse = places.map { group.summed(at: AdvancedIndex(dims: [0], indices: [$0], shape: [size]), in: [size]) } ?? group
      let kept = values ?? x.indexSelect(dim: dim!, index: places?.indexSelect(dim: 0, index: starts) ?? starts)
      return [kept, inverse.view(inverseShape), ends - starts]
    }
    return (results[0], results[1], results[2])
  }

  /// The distinct elements, nil where a dimension is given; where the parts in order stood; which of them in order begin a new group after the
  /// first one's, which does not count; and where all groups begin.
  private func distinctParts(
    _ dim: Int?, _ parts: Tensor, _ order: (Tensor) throws(TensorError) -> (rows: Tensor, places: Tensor?)
  ) throws(TensorError) -> (values: Tensor?, places: Tensor?, isNew: Tensor, starts: Tensor) {
    let (rows, places) = try order(parts)
    let differs = rows.slice(from: 1) .!= rows.slice(to: -1)
    let isNew = concatenate([
      Tensor.full([1], false, device: device), rows.shape[1] == 1 ? differs.reshape([-1]) : differs.any(dim: 1).bool(),
    ])
    let starts = concatenate([Tensor.zeros([1], dtype: .int64, device: device), isNew.nonzero().view([-1])])
    return (dim == nil ? rows.reshape([-1]).indexSelect(dim: 0, index: starts) : nil, places, isNew, starts)
  }

  /// The elements, or the parts along a dimension, as the rows of a matrix.
  private func partsToCompare(_ dim: Int?) throws(TensorError) -> Tensor {
    guard let dim else { return reshape([count, 1]) }
    guard rank > 0 else { throw .index("Dimension specified as \(dim) but tensor has no dimensions") }
    let along = try wrapDimension(dim, rank: rank)
    let width = shape.indices.reduce(1) { $1 == along ? $0 : $0 * shape[$1] }
    guard width > 0 || shape.filter({ $0 == 0 }).count == 1 && shape[along] == 0 else {
      throw .runtime("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    }
    return movedim(along, 0).reshape([shape[along], width])
  }

  /// The rows of a matrix in order, and where they stood: sorted by the last column first, then stably by those before it.
  private func inLexicographicOrder() throws(TensorError) -> (rows: Tensor, places: Tensor) {
    if shape[1] == 1 {
      let (values, places) = try bareView(layout.selecting(0, of: 1)).ordered(0, descending: false)
      return (values.unsqueeze(1), places)
    }
    var order: Tensor?
    for column in (0..<shape[1]).reversed() {
      let keys = select(dim: 1, index: column)
      let places = try (order.map { keys.indexSelect(dim: 0, index: $0) } ?? keys).ordered(0, descending: false).indices
      order = order.map { $0.indexSelect(dim: 0, index: places) } ?? places
    }
    let places = order ?? .arange(shape[0], device: device)
    return (indexSelect(dim: 0, index: places), places)
  }
}

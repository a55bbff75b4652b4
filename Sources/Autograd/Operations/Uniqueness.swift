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
    distinct(dim) { rows throws(TensorError) in try rows.lexicographicOrder() }
  }

  /// What is left where of equal neighbours in row-major order, or along a dimension, only the first is kept; the place of every element or part
  /// among them; and how many neighbours each stands for. Errors as for `unique`.
  public func uniqueConsecutive(dim: Int? = nil) -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    distinct(dim) { rows throws(TensorError) in .arange(rows.shape[0], device: rows.device) }
  }

  /// - Parameter order: where the rows of a matrix stand in an order that brings equal ones together.
  private func distinct(
    _ dim: Int?, _ order: (Tensor) throws(TensorError) -> Tensor
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
      let places = try order(parts)
      let row = parts.indexSelect(dim: 0, index: places)
      let isNew = concatenate([
        Tensor.full([1], true, device: x.device), (row.slice(from: 1) .!= row.slice(to: -1)).any(dim: 1).bool(),
      ])
      let starts = isNew.nonzero().view([-1])
      let ends = concatenate([starts.slice(from: 1), Tensor.full([1], size, device: x.device)])
      let group = isNew.cumsum(dim: 0) - 1
      let inverse = group.zerosLike().scatter(dim: 0, index: places, source: group).view(inverseShape)
      let kept = places.indexSelect(dim: 0, index: starts)
      let values = dim == nil ? x.reshape([-1]).indexSelect(dim: 0, index: kept) : x.indexSelect(dim: dim!, index: kept)
      return [values, inverse, ends - starts]
    }
    return (results[0], results[1], results[2])
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

  /// Where the rows of a matrix stand when they are sorted: by the last column first, then stably by those before it.
  private func lexicographicOrder() throws(TensorError) -> Tensor {
    var order = Tensor.arange(shape[0], device: device)
    for column in (0..<shape[1]).reversed() {
      let keys = select(dim: 1, index: column).indexSelect(dim: 0, index: order)
      order = order.indexSelect(dim: 0, index: try keys.ordered(0, descending: false).indices)
    }
    return order
  }
}

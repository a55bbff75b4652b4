import Devices

extension Layout {
  /// The dimensions as memory has them, the slowest first.
  var memoryOrder: [Int] {
    shape.indices.sorted { a, b in
      let (first, second) = (strides[a].magnitude, strides[b].magnitude)
      return first == second ? a < b : first > second
    }
  }

  /// A layout of this shape without gaps, whose elements lie in the order of this one's: what a transposed matrix hands on to a tensor made
  /// like it.
  var dense: Layout {
    if isContiguous { return compacted }
    let order = memoryOrder
    let rows = Layout(shape: order.map { shape[$0] })
    var strides = self.strides
    for (place, dim) in order.enumerated() { strides[dim] = rows.strides[place] }
    return Layout(shape: shape, strides: strides, offset: 0)
  }

  /// The elements of a dense layout, one after another as they lie.
  var flat: Layout { Layout(shape: [count], strides: [1], offset: offset) }
}

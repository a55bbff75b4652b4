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

  /// The layout, with a new dimension `dim`, of tensors that are neighbours: views of one memory at equal distances that share no element. Nil
  /// for others.
  static func stacked(_ bodies: [TensorBody], dim: Int = 0) -> Layout? {
    guard bodies.count > 1, let first = bodies.first else { return nil }
    let (layout, step) = (first.layout, bodies[1].layout.offset - first.layout.offset)
    for (index, body) in bodies.enumerated() {
      guard body.storage === first.storage, body.dtype == first.dtype, body.layout.shape == layout.shape,
        body.layout.strides == layout.strides, body.layout.offset == layout.offset + index * step
      else { return nil }
    }
    let all = Layout(shape: [bodies.count] + layout.shape, strides: [step] + layout.strides, offset: layout.offset)
    guard step > 0, all.showsEachElementOnce else { return nil }
    var order = Array(all.shape.indices.dropFirst())
    order.insert(0, at: dim)
    return all.permuted(order)
  }
}

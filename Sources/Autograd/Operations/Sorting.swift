import Devices

// Elements in order along a dimension. NaN counts as greater than every number, and equal elements keep their order.

extension Tensor {
  /// Bare values in order and where they stood. Freeze first. A 0-d tensor is a row of one.
  func ordered(_ dim: Int, descending: Bool) throws(TensorError) -> (values: Tensor, indices: Tensor) {
    let source = operand.asRow
    let values = try Tensor.uninitialized("sort", source.shape, dtype, device)
    let indices = try Tensor.uninitialized("sort", source.shape, .int64, device)
    try device.sort(source, dim: dim, descending: descending, values: values.operand, indices: indices.operand)
    return (values, indices)
  }

  /// The elements in order, and where along `dim` each of them stood: int64.
  ///
  /// - Parameter stable: whether equal elements keep their order. They always do; PyTorch names the derivative by what was asked.
  public func sort(
    dim: Int = -1, descending: Bool = false, stable: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    picked(stable ? "SortBackward1" : "SortBackward0", dim) { x, dim throws(TensorError) in
      let (values, indices) = try x.ordered(dim, descending: descending)
      return (values.bareView(Layout(shape: x.shape)), indices.bareView(Layout(shape: x.shape)))
    }
  }

  /// The elements in order along the first dimension.
  public func msort() -> Tensor { sort(dim: 0).values }

  /// Where along `dim` the elements stand in order: int64.
  public func argsort(dim: Int = -1, descending: Bool = false, stable: Bool = false) -> Tensor {
    detach().sort(dim: dim, descending: descending, stable: stable).indices
  }

  /// The `k` greatest elements along `dim`, or the least, in order, and where they stand: int64.
  ///
  /// Errors: `selected index k out of range`; `topk does not support bool dtypes on CPU`.
  public func topk(_ k: Int, dim: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    picked("TopkBackward0", dim) { x, dim throws(TensorError) in
      guard k >= 0, k <= (x.rank == 0 ? 1 : x.shape[dim]) else { throw .runtime("selected index k out of range") }
      guard x.dtype != .bool else { throw .notImplemented("topk does not support bool dtypes on CPU") }
      var shape = x.shape
      if x.rank > 0 { shape[dim] = k } else if k == 0 { shape = [0] }
      let values = try Tensor.uninitialized("topk", shape, x.dtype, x.device)
      let indices = try Tensor.uninitialized("topk", shape, .int64, x.device)
      try x.device.select(
        .first(descending: largest), of: x.operand.asRow, dim: dim, values: values.operand.asRow,
        indices: indices.operand.asRow)
      return (values, indices)
    }
  }

  /// Records elements that were picked along a dimension, as many as there are places for them: each passes its gradient to where it stood.
  private func picked(
    _ name: String, _ dim: Int, _ body: (Tensor, Int) throws(TensorError) -> (values: Tensor, indices: Tensor)
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      let dim = try wrapDimension(dim, rank: x.rank)
      let (values, indices) = try body(x, dim)
      return Tensor.differentiable(name, results: [values, indices], inputs: [x]) { gradients in
        [gradients[0].map { g in g.summed(along: dim, at: indices, in: x.shape, "ScatterBackward0") }]
      }
    }
    return (results[0], results[1])
  }
}

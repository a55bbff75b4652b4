import Devices

// One element of each row along a dimension, picked by its rank or its value; it alone gets the gradient.

extension Tensor {
  /// Picks along a dimension and records it.
  ///
  /// - Parameter body: gives the value and the place of each pick, with the dimension kept, in memory of their own. The tensor is at least 1-d.
  private func pick(
    _ operation: String, _ name: String, dim: Int, keepDim: Bool,
    _ body: (Tensor, Int, ReductionShape) throws(TensorError) -> (values: Tensor, indices: Tensor)
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      try shape.checkNotEmpty(operation, isWhole: false)
      let dim = shape.dims.first ?? 0
      let row = Tensor(x.operand.asRow)
      let (values, indices) = try body(row, dim, ReductionShape(of: row.shape, dim: dim, keepDim: true))
      let places = indices.bareView(shape.resultLayout)
      let picks = values.bareView(shape.resultLayout)
      return Tensor.differentiable(name, results: [picks, places], inputs: [x]) { gradients in
        [
          gradients[0].map { g in
            if x.rank == 0 { return g }
            return g.unreduced(from: shape).summed(along: dim, at: places.unreduced(from: shape), in: x.shape, "ScatterBackward0")
          }
        ]
      }
    }
    return (results[0], results[1])
  }

  // MARK: Extremes

  /// The greatest along a dimension, and where it stands: int64. Of equal ones the first is named and gets the gradient; `amax` shares it.
  ///
  /// Error: `max(): Expected reduction dim 1 to have non-zero size.`
  public func max(dim: Int, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    pick("max", "MaxBackward0", dim: dim, keepDim: keepDim) { x, _, shape throws(TensorError) in
      (try x.reduced(.max, shape, dtype: x.dtype), try x.reduced(.argMax, shape, dtype: .int64))
    }
  }

  /// The least along a dimension, and where it stands: int64. Of equal ones the first is named and gets the gradient; `amin` shares it.
  public func min(dim: Int, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    pick("min", "MinBackward0", dim: dim, keepDim: keepDim) { x, _, shape throws(TensorError) in
      (try x.reduced(.min, shape, dtype: x.dtype), try x.reduced(.argMin, shape, dtype: .int64))
    }
  }

  // MARK: By rank

  /// The k-th least along a dimension, counted from one, and where it stands: int64.
  ///
  /// Error: `kthvalue(): selected number k out of range for dimension 0`.
  public func kthvalue(_ k: Int, dim: Int = -1, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    pick("kthvalue", "KthvalueBackward0", dim: dim, keepDim: keepDim) { x, dim, shape throws(TensorError) in
      guard k >= 1, k <= x.shape[dim] else {
        throw .runtime("kthvalue(): selected number k out of range for dimension \(dim)")
      }
      guard x.dtype != .bool else { throw .lacking("kthvalue_cpu", .bool) }
      let values = try Tensor.uninitialized("kthvalue", shape.kept, x.dtype, x.device)
      let indices = try Tensor.uninitialized("kthvalue", shape.kept, .int64, x.device)
      try x.device.select(.rank(k - 1), of: x.operand, dim: dim, values: values.operand, indices: indices.operand)
      return (values, indices)
    }
  }

  /// The median along a dimension, of an even number of elements the lower one, and where it stands: int64. NaN if any element is.
  public func median(dim: Int, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    median("MedianBackward1", dim, keepDim, ignoresNaN: false)
  }

  /// The median of what is not NaN, along a dimension, and where it stands: int64.
  public func nanmedian(dim: Int, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    median("NanmedianBackward1", dim, keepDim, ignoresNaN: true)
  }

  private func median(
    _ name: String, _ dim: Int, _ keepDim: Bool, ignoresNaN: Bool
  ) -> (values: Tensor, indices: Tensor) {
    pick("median", name, dim: dim, keepDim: keepDim) { x, dim, shape throws(TensorError) in
      guard x.dtype != .bool else { throw .lacking("median_out", .bool) }
      let values = try Tensor.uninitialized("median", shape.kept, x.dtype, x.device)
      let indices = try Tensor.uninitialized("median", shape.kept, .int64, x.device)
      try x.device.select(
        .median(ignoresNaN: ignoresNaN), of: x.operand, dim: dim, values: values.operand, indices: indices.operand)
      return (values, indices)
    }
  }

  /// The median of all elements, of an even number the lower one. NaN if any element is, or there are none. Equal ones share the gradient.
  public func median() -> Tensor { median("MedianBackward0", ignoresNaN: false) }

  /// The median of all elements that are not NaN. Equal ones share the gradient.
  public func nanmedian() -> Tensor { median("NanmedianBackward0", ignoresNaN: true) }

  private func median(_ name: String, ignoresNaN: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.dtype != .bool else { throw .lacking("median_cpu", .bool) }
      let shape = try ReductionShape(of: x.shape, dim: nil, keepDim: false)
      if x.count == 0 {
        let result = try Tensor.uninitialized("median", [], x.dtype, x.device)
        try x.device.fill(result.operand, with: .double(.nan))
        return result
      }
      let all = x.detach().reshape([-1])
      let value = try Tensor.uninitialized("median", [], x.dtype, x.device)
      try x.device.select(
        .median(ignoresNaN: ignoresNaN), of: all.operand, dim: 0, values: value.operand.asRow, indices: nil)
      return value.differentiable(name, x) { g, result in x.sharing(g, among: result, shape) }
    }
  }

  // MARK: By frequency

  /// The value that is most frequent along a dimension, of several the least, and a place where it stands: int64. Of up to sixteen elements that
  /// is the last one; beyond that it is up to the device.
  public func mode(dim: Int = -1, keepDim: Bool = false) -> (values: Tensor, indices: Tensor) {
    pick("mode", "ModeBackward0", dim: dim, keepDim: keepDim) { x, dim, _ throws(TensorError) in
      // The order of equal elements, which decides about the place, is that of PyTorch's sort here.
      let values = try Tensor.uninitialized("mode", x.shape, x.dtype, x.device)
      let indices = try Tensor.uninitialized("mode", x.shape, .int64, x.device)
      try x.device.select(.all, of: x.operand, dim: dim, values: values.operand, indices: indices.operand)
      // Equal values are neighbours: each counts how many came before it since the run of its value began.
      let size = x.shape[dim]
      let place = Tensor.arange(size, device: x.device).view((0..<x.rank).map { $0 == dim ? size : 1 }).expand(x.shape)
      let begins = concatenate(
        [
          values.narrow(dim: dim, start: 0, length: 1).onesLike(dtype: .bool),
          values.narrow(dim: dim, start: 1, length: size - 1) .!= values.narrow(dim: dim, start: 0, length: size - 1),
        ], dim: dim)
      let runLength = place - Tensor.where(begins, place, 0).cummax(dim: dim).values
      let end = runLength.argmax(dim: dim, keepDim: true)
      return (values.gather(dim: dim, index: end), indices.gather(dim: dim, index: end))
    }
  }
}

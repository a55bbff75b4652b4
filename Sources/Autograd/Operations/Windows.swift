import Devices

// Views that may show an element several times. Their gradients add up.

extension Tensor {
  /// All windows of `size` positions along a dimension, one every `step`: the dimension counts the windows, and a new last one goes through
  /// each.
  ///
  /// Errors: `maximum size for tensor at dimension 1 is 3 but size is 4`; `step is 0 but must be > 0`.
  public func unfold(dim: Int, size: Int, step: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      let length = x.rank == 0 ? 1 : x.shape[dim]
      guard size >= 0 else { throw .runtime("size is \(size) but must be >= 0") }
      guard size <= length else {
        throw .runtime("maximum size for tensor at dimension \(dim) is \(length) but size is \(size)")
      }
      guard step > 0 else { throw .runtime("step is \(step) but must be > 0") }
      if x.rank == 0 {
        return x.bareView(Layout(shape: [size], strides: [1], offset: x.layout.offset))
          .differentiable("UnfoldBackward0", x, saves: false) { g in g.sum() }
      }
      let windows = (length - size) / step + 1
      var (shape, strides) = (x.shape, x.layout.strides)
      shape[dim] = windows
      if windows > 1 { strides[dim] = strides[dim] &* step }
      shape.append(size)
      strides.append(x.layout.strides[dim])
      let source = x.shape
      return x.bareView(Layout(shape: shape, strides: strides, offset: x.layout.offset))
        .differentiable("UnfoldBackward0", x, saves: false) { g in
          let device = g.device
          let starts = Tensor.positions(windows, on: device).unsqueeze(1) * step
          let places = starts + Tensor.positions(size, on: device)
          let index = AdvancedIndex(dims: [dim], indices: [places], shape: places.shape)
          return g.movedim(-1, dim + 1).summed(at: index, in: source)
        }
    }
  }

  /// The elements at `offset` + Σ iₖ · stridesₖ of the elements in row-major order.
  ///
  /// PyTorch counts in memory, where a view may lie among the elements of a larger tensor; tensors that are values have only their own. For a
  /// contiguous tensor that is not a view both are the same.
  ///
  /// Errors: `setStorage: sizes [20, 20], strides [1, 2], storage offset 0, and itemsize 4 requiring a storage size of 232 are out of bounds
  /// for storage of size 96`; `mismatch in length of strides and shape`.
  public func asStrided(_ shape: [Int], strides: [Int], offset: Int = 0) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard shape.count == strides.count else { throw .runtime("mismatch in length of strides and shape") }
      guard strides.allSatisfy({ $0 >= 0 }) else {
        throw .runtime("as_strided: Negative strides are not supported at the moment, got strides: \(strides)")
      }
      guard offset >= 0 else { throw .runtime("Tensor: invalid storage offset \(offset)") }
      _ = try Layout.checkedCount(shape)
      let layout = Layout(shape: shape, strides: strides, offset: offset)
      guard layout.reaches(atMost: x.count) else {
        let size = x.dtype.byteCount
        let last = layout.count == 0 ? 0 : zip(shape, strides).reduce(offset &+ 1) { $0 &+ ($1.0 - 1) &* $1.1 }
        throw .runtime(
          "setStorage: sizes \(shape), strides \(strides), storage offset \(offset), and itemsize \(size) requiring a storage size of "
            + "\(last &* size) are out of bounds for storage of size \(x.count * size)")
      }
      let whole = x.layout.isContiguous ? x : try x.converted(to: x.dtype)
      let view = Layout(shape: shape, strides: strides, offset: whole.layout.offset &+ layout.offset)
      let source = x.shape
      return whole.bareView(view).differentiable("AsStridedBackward0", x, saves: false) { g in
        g.summed(at: AdvancedIndex(flat: layout, on: g.device), in: [source.reduce(1, *)]).reshape(source)
      }
    }
  }
}

extension Layout {
  /// Whether all elements lie below a position.
  fileprivate func reaches(atMost bound: Int) -> Bool {
    if count == 0 { return true }
    var last = offset
    for (size, step) in zip(shape, strides) {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: step)
      let (sum, carry) = last.addingReportingOverflow(reach)
      if overflow || carry { return false }
      last = sum
    }
    return last < bound
  }
}

extension AdvancedIndex {
  /// The positions of a layout's elements in one dimension.
  fileprivate init(flat layout: Layout, on device: any Device) {
    var places = Tensor.full([], layout.offset, dtype: .int64, device: device)
    for (size, step) in zip(layout.shape, layout.strides) {
      places = places.unsqueeze(-1) + Tensor.positions(size, on: device) * step
    }
    self.init(dims: [0], indices: [places], shape: layout.shape)
  }
}

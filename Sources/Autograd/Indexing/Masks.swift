import Devices

// Boolean tensors that say which elements, and lists of index tensors.

extension Tensor {
  /// The elements where the mask is true, in row-major order; mask and tensor are broadcast together. Waits for the mask.
  ///
  /// Error: `masked_select: expected BoolTensor for mask`.
  public func maskedSelect(_ mask: Tensor) -> Tensor {
    attempt(self, mask) { x, mask throws(TensorError) in
      guard mask.dtype == .bool else { throw .runtime("masked_select: expected BoolTensor for mask") }
      let shape = try broadcastShapes(mask.shape, x.shape)
      let index = try mask.places(in: shape, device: x.device)
      let result = try Tensor.uninitialized("masked_select", index.shape, x.dtype, x.device)
      try index.gather(x.operand.with(layout: x.layout.broadcast(to: shape)).lined(shape), to: result.operand)
      return result.differentiable("MaskedSelectBackward0", x) { g in
        g.summed(at: index, in: shape.isEmpty ? [1] : shape).reshape(shape)
      }
    }
  }

  /// The elements of `source` one after the other where the mask is true, this tensor's elsewhere; mask and tensor are broadcast together.
  /// Waits for the mask.
  ///
  /// Errors: `masked_scatter_ only supports boolean masks, but got mask with dtype Long`; `masked_scatter: expected self and source to have same
  /// dtypes but gotFloat and Double`; `Number of elements of source < number of ones in mask`.
  public func maskedScatter(_ mask: Tensor, _ source: Tensor) -> Tensor {
    attempt(self, mask, source) { x, mask, source throws(TensorError) in
      let shape = try broadcastShapes(mask.shape, x.shape)
      guard x.dtype == source.dtype else {
        throw .runtime(
          "masked_scatter: expected self and source to have same dtypes but got\(x.dtype.scalarTypeName) and "
            + "\(source.dtype.scalarTypeName)")
      }
      guard mask.dtype == .bool else {
        throw .runtime("masked_scatter_ only supports boolean masks, but got mask with dtype \(mask.dtype.scalarTypeName)")
      }
      let index = try mask.places(in: shape, device: x.device)
      let count = index.shape[0]
      guard source.count >= count else { throw .runtime("Number of elements of source < number of ones in mask") }
      let result = try x.bareView(x.layout.broadcast(to: shape)).converted(to: x.dtype)
      let values = source.layout.isContiguous ? source : try source.converted(to: source.dtype)
      let used = Layout(shape: [count], strides: [1], offset: values.layout.offset)
      try index.scatter(.set, values.operand.with(layout: used), to: result.operand.lined(shape))
      let sourceShape = source.shape
      return result.differentiable(
        "MaskedScatterBackward0", x, source, { g in g.maskedFill(mask, 0) },
        { g in
          let total = sourceShape.reduce(1, *)
          return g.maskedSelect(mask).pad([0, total - count]).reshape(sourceShape)
        })
    }
  }

  /// The positions of the elements that are not zero, in row-major order: int64, a row of coordinates for each. Waits.
  public func nonzero() -> Tensor {
    attempt(self) { x throws(TensorError) in Tensor(try x.device.nonzero(x.operand)) }
  }

  /// The positions of the elements that are not zero: `nonzero` under NumPy's name.
  public func argwhere() -> Tensor { nonzero() }

  /// The first `size` rows of `nonzero`, filled up with `fillValue` where there are fewer: a shape that does not depend on the elements.
  ///
  /// Error: `nonzero_static: 'size' must be an non-negative integer`.
  public func nonzeroStatic(size: Int, fillValue: Int = -1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard size >= 0 else { throw .runtime("nonzero_static: 'size' must be an non-negative integer") }
      let found = x.nonzero()
      let count = found.size(0)
      if count >= size { return found.narrow(dim: 0, start: 0, length: size).clone() }
      return concatenate([found, .full([size - count, x.rank], fillValue, dtype: .int64, device: x.device)])
    }
  }

  /// The coordinates where a mask that is broadcast to `shape` is true; a 0-d shape counts as a line of one.
  private func places(in shape: [Int], device: any Device) throws(TensorError) -> AdvancedIndex {
    if self.device !== device { throw mixedDevices(device, self.device) }
    let whole = bareView(layout.broadcast(to: shape))
    let full = shape.isEmpty ? [1] : shape
    let mask = shape.isEmpty ? whole.bareView(Layout(shape: full, strides: [1], offset: whole.layout.offset)) : whole
    return try AdvancedIndex([(0, mask)], of: full, device: device)
  }

  /// This tensor with `values`, broadcast to what `x[indices]` would be, at the positions that the index tensors name together: nil leaves a
  /// dimension whole.
  ///
  /// - Parameter accumulate: adds to what is there, as often as a place is named, instead of replacing it.
  ///
  /// Errors: `too many indices for tensor of dimension 3 (got 4)`; `Index put requires the source and destination dtypes match, ...`; `shape
  /// mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2, 4]`.
  public func indexPut(_ indices: [Tensor?], _ values: Tensor, accumulate: Bool = false) -> Tensor {
    if let invalid = indices.lazy.compactMap({ $0 }).first(where: { !$0.isValid }) { return invalid.passedOn }
    return attempt(self, values) { x, values throws(TensorError) in
      let named = indices.reduce(0) { $0 + ($1.map { $0.isMask ? Swift.max($0.rank, 1) : 1 } ?? 1) }
      guard named <= x.rank else {
        throw .index("too many indices for tensor of dimension \(x.rank) (got \(named))")
      }
      if indices.contains(where: { $0.map { $0.isMask && $0.rank == 0 } ?? false }) {
        return try x.putting(values, underWholeMasks: indices, accumulate: accumulate)
      }
      var dim = 0
      var tensors: [(dim: Int, tensor: Tensor)] = []
      for index in indices {
        if let index { tensors.append((dim, index)) }
        dim += index.map { $0.isMask ? $0.rank : 1 } ?? 1
      }
      guard !tensors.isEmpty else { throw .index("at least one index must be provided") }
      let place = try AdvancedIndex(tensors, of: x.shape, device: x.device)
      return try x.put(values, at: place, accumulate: accumulate)
    }
  }

  /// `indexPut` where a mask is a 0-d one: it stands for a new dimension, of size one where it is true and otherwise empty. Waits for it.
  private func putting(
    _ values: Tensor, underWholeMasks indices: [Tensor?], accumulate: Bool
  ) throws(TensorError) -> Tensor {
    var wide = self
    var (dim, inserted) = (0, [Int]())
    let places = try indices.map { (index) throws(TensorError) -> Tensor? in
      guard let index else {
        dim += 1
        return nil
      }
      guard index.isMask, index.rank == 0 else {
        dim += index.isMask ? index.rank : 1
        return index
      }
      wide = wide.unsqueeze(dim)
      inserted.append(dim)
      dim += 1
      return .positions(try index.element().boolValue ? 1 : 0, on: device)
    }
    return wide.indexPut(places, values, accumulate: accumulate).squeeze(inserted)
  }

  private func put(_ values: Tensor, at place: AdvancedIndex, accumulate: Bool) throws(TensorError) -> Tensor {
    guard values.dtype == dtype else {
      throw .runtime(
        "Index put requires the source and destination dtypes match, got \(dtype.scalarTypeName) for the destination and "
          + "\(values.dtype.scalarTypeName) for the source.")
    }
    let shape = place.resultShape(of: shape)
    guard isBroadcastable(values.shape, to: shape) else {
      throw .runtime(
        "shape mismatch: value tensor of shape \(values.shape) cannot be broadcast to indexing result of shape \(shape)")
    }
    if values.device !== device { throw mixedDevices(device, values.device) }
    let result = try converted(to: dtype)
    try place.scatter(
      accumulate ? .add : .set, values.operand.with(layout: values.layout.broadcast(to: shape)), to: result.operand)
    return result.differentiable(
      "IndexPutBackward0", self, values,
      { g in
        if accumulate { return g }
        return attempt(g) { g throws(TensorError) in try g.put(try g.bareNumber(.int(0)), at: place, accumulate: false) }
      },
      { g in g.picked(by: place) })
  }
}

extension Operand {
  /// A 0-d operand as a line of one element.
  fileprivate func lined(_ shape: [Int]) -> Operand {
    shape.isEmpty ? with(layout: Layout(shape: [1], strides: [1], offset: layout.offset)) : self
  }
}

import Devices

// A 1-d index along one dimension, and flat positions of all elements.

extension Tensor {
  /// The parts of a dimension at the positions of a 1-d index, in its order.
  ///
  /// Errors: `index_select(): Index is supposed to be a vector`; `index_select(): Expected dtype int32 or int64 for index`; `INDICES element is
  /// out of DATA bounds, id=5 axis_dim=3`.
  public func indexSelect(dim: Int, index: Tensor) -> Tensor {
    attempt(self, index) { x, index throws(TensorError) in
      guard index.rank <= 1 else { throw .index("index_select(): Index is supposed to be a vector") }
      let dim = try wrapDimension(dim, rank: x.rank)
      guard index.dtype == .int64 || index.dtype == .int32 else {
        throw .runtime("index_select(): Expected dtype int32 or int64 for index")
      }
      guard x.rank > 0 || index.count == 1 else {
        throw .runtime("index_select(): Index to scalar can have only 1 value, got \(index.count) value(s)")
      }
      let size = x.rank == 0 ? 1 : x.shape[dim]
      if let position = try index.firstOutside(of: size) {
        throw .runtime("INDICES element is out of DATA bounds, id=\(position) axis_dim=\(size)")
      }
      if x.rank == 0 { return try x.converted(to: x.dtype).differentiable("IndexSelectBackward0", x, saves: false) { g in g } }
      let place = try AdvancedIndex(dim: dim, index, of: x)
      let result = try Tensor.uninitialized("index_select", place.resultShape(of: x.shape), x.dtype, x.device)
      try place.gather(x.operand, to: result.operand)
      let shape = x.shape
      return result.differentiable("IndexSelectBackward0", x) { g in g.summed(at: place, in: shape) }
    }
  }

  /// Adds `alpha` times the parts of `source` along a dimension to those of this tensor at the positions of a 1-d index.
  ///
  /// Errors: `index_add_(): Number of indices (1) should be equal to source.size(dim): (2), for dim: 0`; `index_add_(): self (Float) and source
  /// (Double) must have the same scalar type`; `source tensor shape must match self tensor shape, excluding the specified dimension. ...`;
  /// `index 5 is out of bounds for dimension 0 with size 2`.
  public func indexAdd(dim: Int, index: Tensor, source: Tensor, alpha: some ScalarConvertible = 1) -> Tensor {
    let factor: Scalar = dtype.isFloatingPoint ? alpha.scalar : .int(alpha.scalar.intValue)
    return attempt(self, index, source) { x, index, source throws(TensorError) in
      guard index.dtype == .int64 || index.dtype == .int32 else {
        throw .runtime("index_add_(): Expected dtype int32/int64 for index but got: \(index.dtype.scalarTypeName)")
      }
      guard index.rank <= 1 else {
        throw .index(
          "index_add_(): Index is supposed to be a vector, but got dim: \(index.rank) with type: \(index.dtype.scalarTypeName) and size: "
            + "\(index.shape)")
      }
      guard x.dtype == source.dtype else {
        throw .runtime(
          "index_add_(): self (\(x.dtype.scalarTypeName)) and source (\(source.dtype.scalarTypeName)) must have the same scalar type"
        )
      }
      let dim = try wrapDimension(dim, rank: x.rank)
      guard source.rank == 0 || dim < source.rank else {
        throw .runtime("index_add_(): Indexing dim \(dim) is out of bounds of the source tensor with dim \(source.rank)")
      }
      let size = source.rank == 0 ? 1 : source.shape[dim]
      guard index.count == size else {
        throw .runtime(
          "index_add_(): Number of indices (\(index.count)) should be equal to source.size(dim): (\(size)), for dim: \(dim)")
      }
      guard x.rest(without: dim) == source.rest(without: dim) else {
        throw .runtime(
          "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = \(x.shape) source.shape = "
            + "\(source.shape)")
      }
      try index.checkInside(x, dim)
      let scaled = factor == .int(1) ? source : Operation.mul(source.detach(), factor)
      let result = try x.written(.add, scaled, dim, index)
      return result.differentiable(
        "IndexAddBackward0", x, source, { g in g },
        { g in
          let part = g.indexSelect(dim: dim, index: index).reshape(source.shape)
          return factor == .int(1) ? part : Operation.mul(part, factor)
        })
    }
  }

  /// Puts the parts of `source` along a dimension in the place of those of this tensor at the positions of a 1-d index.
  ///
  /// Errors: `index_copy_(): Number of indices (1) should be equal to source.size(dim) (2)`; `index_copy_(): self and source expected to have
  /// the same dtype, but got (self) Float and (source) Double`; `index_copy_(): index 5 is out of bounds for dimension 0 with size 2`.
  public func indexCopy(dim: Int, index: Tensor, source: Tensor) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      try checkIndexCopy(x, dim, index, source)
      if let position = try index.firstOutside(of: x.rank == 0 ? 1 : x.shape[dim]) {
        throw .index(
          "index_copy_(): index \(position) is out of bounds for dimension \(dim) with size \(x.rank == 0 ? 1 : x.shape[dim])")
      }
      let result = try x.written(.set, source, dim, index)
      return result.differentiable(
        "IndexCopyBackward0", x, source, { g in g.indexFill(dim: dim, index: index, value: 0) },
        { g in g.indexSelect(dim: dim, index: index).reshape(source.shape) })
    }
  }

  /// A number in the place of the parts along a dimension at the positions of a 1-d index.
  ///
  /// Errors: `index_fill_(): Expected dtype int64 for index.`; `index 5 is out of bounds for dimension 0 with size 2`.
  public func indexFill(dim: Int, index: Tensor, value: some ScalarConvertible) -> Tensor {
    let number = value.scalar
    return attempt(self, index) { x, index throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      return try x.filled(dim, index, try x.bareNumber(number)).differentiable("IndexFillBackward0", x) { g in
        g.indexFill(dim: dim, index: index, value: 0)
      }
    }
  }

  /// The same with the number of a 0-d tensor.
  ///
  /// Error: `index_fill_ only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s).`
  public func indexFill(dim: Int, index: Tensor, value: Tensor) -> Tensor {
    attempt(self, index, value) { x, index, value throws(TensorError) in
      guard value.rank == 0 else {
        throw .runtime(
          "index_fill_ only supports a 0-dimensional value tensor, but got tensor with \(value.rank) dimension(s).")
      }
      let dim = try wrapDimension(dim, rank: x.rank)
      return try x.filled(dim, index, try value.converted(to: x.dtype)).differentiable(
        "IndexFillBackward1", x, value, { g in g.indexFill(dim: dim, index: index, value: 0) },
        { g in
          // A place that is named twice has the value once.
          let size = g.rank == 0 ? 1 : g.shape[dim]
          let places = Tensor.zeros([size], dtype: .bool, device: g.device).indexFill(dim: 0, index: index, value: true).nonzero()
          return g.indexSelect(dim: dim, index: places.view([-1])).sum()
        })
    }
  }

  // MARK: Flat positions

  /// The elements at positions in row-major order, negative ones from the back, in the shape of `index`.
  ///
  /// Errors: `take(): Expected a long tensor for index, but got Int`; `out of range: tried to access index 30 on a tensor of 24 elements.`
  public func take(_ index: Tensor) -> Tensor {
    attempt(self, index) { x, index throws(TensorError) in
      guard index.dtype == .int64 else {
        throw .runtime("take(): Expected a long tensor for index, but got \(index.dtype.scalarTypeName)")
      }
      guard x.count > 0 || index.count == 0 else { throw .index("take(): tried to take from an empty tensor") }
      try index.checkFlat(x.count)
      let flat = AdvancedIndex(dims: [0], indices: [index], shape: index.shape)
      let result = try Tensor.uninitialized("take", index.shape, x.dtype, x.device)
      try flat.gather(try x.line(), to: result.operand)
      let shape = x.shape
      return result.differentiable("TakeBackward0", x) { g in
        g.summed(at: flat, in: [shape.reduce(1, *)]).reshape(shape)
      }
    }
  }

  /// The elements of `source` at positions in row-major order, negative ones from the back, in the place of this tensor's or added to them.
  ///
  /// Errors: `put_(): Expected source and index to have the same number of elements, but got source.numel() = 4, index.numel() = 2`; `out of
  /// range: tried to access index 24 on a tensor of 24 elements.`
  public func put(_ index: Tensor, _ source: Tensor, accumulate: Bool = false) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      guard index.dtype == .int64 else {
        throw .runtime("put_(): Expected a long tensor for index, but got \(index.dtype.scalarTypeName)")
      }
      guard x.dtype == source.dtype else {
        throw .runtime(
          "put_(): self and source expected to have the same dtype, but got self.dtype = \(x.dtype.scalarTypeName) and source.dtype = "
            + "\(source.dtype.scalarTypeName)")
      }
      guard index.count == source.count else {
        throw .index(
          "put_(): Expected source and index to have the same number of elements, but got source.numel() = \(source.count), index.numel() = "
            + "\(index.count)")
      }
      try index.checkFlat(x.count)
      let flat = AdvancedIndex(dims: [0], indices: [index], shape: index.shape)
      let result = try x.converted(to: x.dtype)
      let values = try source.line()
      try flat.scatter(
        accumulate ? .add : .set, values.with(layout: values.layout.viewed(as: index.shape)!), to: try result.line())
      let shape = source.shape
      return result.differentiable(
        "PutBackward0", x, source,
        { g in accumulate ? g : g.put(index, source.zerosLike().to(g.dtype)) },
        { g in g.take(index).reshape(shape) })
    }
  }
}

// MARK: - What they are made of

extension Tensor {
  /// The sizes of the other dimensions.
  fileprivate func rest(without dim: Int) -> [Int] {
    shape.indices.filter { $0 != dim }.map { shape[$0] }
  }

  /// A bare copy into which `source` is combined at the positions of a checked 1-d index.
  fileprivate func written(
    _ mode: ScatterMode, _ source: Tensor, _ dim: Int, _ index: Tensor
  ) throws(TensorError) -> Tensor {
    let result = try converted(to: dtype)
    let target = rank == 0 ? result.bareView(Layout(shape: [1])) : result
    let values = source.rank == 0 ? source.bareView(Layout(shape: [1], strides: [1], offset: source.layout.offset)) : source
    try AdvancedIndex(dim: dim, index, of: target).scatter(mode, values.operand, to: target.operand)
    return result
  }

  /// A bare copy with a 0-d value at the positions of a 1-d index.
  fileprivate func filled(_ dim: Int, _ index: Tensor, _ value: Tensor) throws(TensorError) -> Tensor {
    guard index.dtype == .int64 else { throw .index("index_fill_(): Expected dtype int64 for index.") }
    guard index.rank <= 1 else { throw .runtime("Index has to be a vector/scalar") }
    let result = try converted(to: dtype)
    let target = rank == 0 ? result.bareView(Layout(shape: [1])) : result
    let place = try AdvancedIndex(dim: dim, index, of: target)
    let spread = value.layout.broadcast(to: place.resultShape(of: target.shape))
    try place.scatter(.set, value.operand.with(layout: spread), to: target.operand)
    return result
  }

  fileprivate func checkInside(_ x: Tensor, _ dim: Int) throws(TensorError) {
    let size = x.rank == 0 ? 1 : x.shape[dim]
    if let position = try firstOutside(of: size) {
      throw .runtime("index \(position) is out of bounds for dimension \(dim) with size \(size)")
    }
  }

  fileprivate func checkFlat(_ count: Int) throws(TensorError) {
    let shifted = self + count
    if let position = try shifted.firstOutside(of: 2 * count) {
      throw .index("out of range: tried to access index \(position &- count) on a tensor of \(count) elements.")
    }
  }

  /// All elements in row-major order as one dimension.
  fileprivate func line() throws(TensorError) -> Operand {
    let whole = layout.isContiguous ? self : try converted(to: dtype)
    return whole.operand.with(layout: whole.layout.viewed(as: [count])!)
  }
}

extension AdvancedIndex {
  /// A 1-d or 0-d index along one dimension.
  fileprivate init(dim: Int, _ index: Tensor, of x: Tensor) throws(TensorError) {
    if index.device !== x.device { throw mixedDevices(x.device, index.device) }
    let line = index.rank == 0 ? index.bareView(index.layout.inserting(0)) : index
    self.init(dims: [dim], indices: [line.detach().to(.int64)], shape: line.shape)
  }
}

private func checkIndexCopy(_ x: Tensor, _ dim: Int, _ index: Tensor, _ source: Tensor) throws(TensorError) {
  guard index.dtype == .int64 else {
    throw .runtime("index_copy_(): Expected a long tensor for index, but got \(index.dtype.scalarTypeName)")
  }
  guard x.dtype == source.dtype else {
    throw .runtime(
      "index_copy_(): self and source expected to have the same dtype, but got (self) \(x.dtype.scalarTypeName) and (source) "
        + "\(source.dtype.scalarTypeName)")
  }
  guard index.rank <= 1 else {
    throw .index("index_copy_(): Index should have dimension 1 or 0 (got \(index.rank))")
  }
  guard source.rank == x.rank || source.rank == 0 || x.rank == 0 else {
    throw .index(
      "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source dimensionality (\(source.rank)), "
        + "destination dimensionality (\(x.rank))")
  }
  let (own, other) = (x.rest(without: dim), source.rest(without: dim))
  guard own == other || x.rank == 0 || source.rank == 0 && own.isEmpty else {
    func list(_ shape: [Int]) -> String { shape.map { "\($0)" }.joined(separator: " ") }
    throw .runtime(
      "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: \(list(own)) at dimension \(dim) and "
        + "source slice shape: \(list(other)) at dimension \(source.rank == 0 ? 0 : dim).")
  }
  let size = source.rank == 0 ? 1 : source.shape[dim]
  guard index.count == size else {
    throw .index(
      "index_copy_(): Number of indices (\(index.count)) should be equal to source.size(dim) (\(size))")
  }
}

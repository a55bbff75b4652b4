import Devices

// Along one dimension an index tensor says where; the other coordinates are the same on both sides:
//
//     gather:  result[i, j, k] = x[index[i, j, k], j, k]     for dim 0
//     scatter: x[index[i, j, k], j, k] = source[i, j, k]

extension Tensor {
  /// Picks along a dimension: result[i, j, k] = self[index[i, j, k], j, k] for `dim` 0. The result has the index's shape, which may be smaller
  /// than this tensor in the other dimensions.
  ///
  /// Errors: `gather(): Expected dtype int32/int64 for index`; `Index tensor must have the same number of dimensions as input tensor`; `Size
  /// does not match at dimension 1 expected index [2, 4] to be no larger than self [2, 3] apart from dimension 0`; `index 5 is out of bounds
  /// for dimension 0 with size 2`.
  public func gather(dim: Int, index: Tensor) -> Tensor {
    attempt(self, index) { x, index throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      if index.count > 0 {
        try index.checkIsPositions("gather()")
        guard Swift.max(x.rank, 1) == Swift.max(index.rank, 1) else {
          throw .runtime("Index tensor must have the same number of dimensions as input tensor")
        }
        for i in index.shape.indices where i != dim && index.shape[i] > x.shape[i] {
          throw .runtime(
            "Size does not match at dimension \(i) expected index \(index.shape) to be no larger than self \(x.shape) apart from dimension "
              + "\(dim)")
        }
      }
      let result = try Tensor.uninitialized("gather", index.shape, x.dtype, x.device)
      if index.count > 0 {
        let along = try AdvancedIndex(along: dim, index, of: x)
        try along.gather(x.lined.operand, to: result.lined.operand)
      }
      return result.differentiable("GatherBackward0", x) { g in
        g.summed(along: dim, at: index, in: x.shape)
      }
    }
  }

  /// Puts along a dimension: result[index[i, j, k], j, k] = source[i, j, k] for `dim` 0, and this tensor's elements elsewhere. Where a place
  /// is named more than once, the last one stays.
  ///
  /// - Parameter combining: `.add` or `.multiply` combine with what is there, without a derivative; `scatterAdd` and `scatterReduce` have one.
  ///
  /// Errors: those of `gather`, for `scatter()`; `scatter(): Expected self.dtype to be equal to src.dtype`.
  public func scatter(dim: Int, index: Tensor, source: Tensor, combining: ScatterMode = .set) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      guard [.set, .add, .multiply].contains(combining) else {
        throw .runtime("reduce argument must be either add or multiply.")
      }
      let dim = try wrapDimension(dim, rank: x.rank)
      let result = try x.scattered(combining, dim, index, source)
      guard combining == .set else { return result.notDifferentiable("scatter", [x, source]) }
      return result.differentiable(
        "ScatterBackward0", x, source,
        { g in g.scatter(dim: dim, index: index, value: 0) },
        { g in g.gathered(dim, index, in: source.shape) })
    }
  }

  /// As `scatter` of a tensor, with one number for all places.
  public func scatter(
    dim: Int, index: Tensor, value: some ScalarConvertible, combining: ScatterMode = .set
  ) -> Tensor {
    attempt(self, index) { x, index throws(TensorError) in
      guard [.set, .add, .multiply].contains(combining) else {
        throw .runtime("reduce argument must be either add or multiply.")
      }
      let dim = try wrapDimension(dim, rank: x.rank)
      let source = try x.bareNumber(value.scalar)
      let spread = source.bareView(source.layout.broadcast(to: index.shape))
      let result = try x.scattered(combining, dim, index, spread)
      guard combining == .set else { return result.notDifferentiable("scatter", [x]) }
      return result.differentiable("ScatterBackward1", x) { g in g.scatter(dim: dim, index: index, value: 0) }
    }
  }

  /// As `scatter`, adding to what is there.
  public func scatterAdd(dim: Int, index: Tensor, source: Tensor) -> Tensor {
    attempt(self, index, source) { x, index, source throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      return try x.scattered(.add, dim, index, source).differentiable(
        "ScatterAddBackward0", x, source, { g in g }, { g in g.gathered(dim, index, in: source.shape) })
    }
  }

  /// The elements along a dimension at the places that `indices` names, as `argsort` and `argmax` with `keepDim` give them, modulo the
  /// dimension's size; the other dimensions are broadcast. Without a dimension, of all elements in row-major order.
  ///
  /// Error: `torch.take_along_dim(): dtype of indices should be Long but got Int`.
  public func takeAlongDim(_ indices: Tensor, dim: Int? = nil) -> Tensor {
    attempt(self, indices) { x, indices throws(TensorError) in
      guard indices.dtype == .int64 else {
        throw .runtime("torch.take_along_dim(): dtype of indices should be Long but got \(indices.dtype.scalarTypeName)")
      }
      guard let dim else { return x.reshape([-1]).gather(dim: 0, index: indices.reshape([-1])) }
      guard x.rank == indices.rank else {
        throw .runtime(
          "torch.take_along_dim(): input and indices should have the same number of dimensions, but got \(x.rank) dimensions for input, and "
            + "\(indices.rank) dimensions for indices")
      }
      let along = try wrapDimension(dim, rank: x.rank)
      if x.rank == 0 { return x.gather(dim: 0, index: indices) }
      var common = x.shape
      var places = indices.shape
      common[along] = 1
      places[along] = 1
      common = try broadcastShapes(common, places)
      var (wide, picked) = (common, common)
      wide[along] = x.shape[along]
      picked[along] = indices.shape[along]
      let inside = wide[along] > 0 ? indices.remainder(wide[along]) : indices
      return x.expand(wide).gather(dim: along, index: inside.expand(picked))
    }
  }
}

// MARK: - What they are made of

extension Tensor {
  /// The derivative by a source that may be larger than the index: zero where no index reached.
  func gathered(_ dim: Int, _ index: Tensor, in shape: [Int]) -> Tensor {
    if index.count == 0 { return .zeros(shape, dtype: dtype, device: device) }
    let picked = gather(dim: dim, index: index)
    if picked.shape == shape { return picked }
    let steps = index.shape.enumerated().map { ViewStep.slice(dim: $0.offset, start: 0, count: $0.element, step: 1) }
    return picked.placed(at: steps, in: shape)
  }

  /// Zeros of a shape, with this tensor's elements added along a dimension at the places of a checked index: the derivative of picking them.
  func summed(along dim: Int, at index: Tensor, in shape: [Int], _ name: String = "ScatterAddBackward0") -> Tensor {
    attempt(self, index) { x, index throws(TensorError) in
      let result = try Tensor.uninitialized("zeros", shape, x.dtype, x.device)
      if index.count == 0 {
        try x.device.fill(result.operand, with: .int(0))
      } else {
        try AdvancedIndex(along: dim, index, of: result).scatter(.sum, x.lined.operand, to: result.lined.operand)
      }
      return result.differentiable(name, x, saves: false) { g in g.gather(dim: dim, index: index) }
    }
  }

  /// A bare copy with the source combined into it. `dim` is wrapped.
  func scattered(_ mode: ScatterMode, _ dim: Int, _ index: Tensor, _ source: Tensor) throws(TensorError) -> Tensor {
    guard source.dtype == dtype else { throw .runtime("scatter(): Expected self.dtype to be equal to src.dtype") }
    let result = try converted(to: dtype)
    guard index.count > 0 else { return result }
    try index.checkIsPositions("scatter()")
    try checkScatter(dim, index, source)
    let along = try AdvancedIndex(along: dim, index, of: self)
    let used = source.lined.layout.shape.indices.reduce(source.lined.layout) {
      $0.slicing($1, from: 0, count: along.shape[$1])
    }
    try along.scatter(mode, source.operand.with(layout: used), to: result.lined.operand)
    return result
  }

  private func checkScatter(_ dim: Int, _ index: Tensor, _ source: Tensor) throws(TensorError) {
    guard Swift.max(index.rank, 1) == Swift.max(rank, 1) else {
      throw .runtime("Index tensor must have the same number of dimensions as self tensor")
    }
    guard Swift.max(index.rank, 1) == Swift.max(source.rank, 1) else {
      throw .runtime("Index tensor must have the same number of dimensions as src tensor")
    }
    let (own, places, values) = (lined.shape, index.lined.shape, source.lined.shape)
    let fits = places.indices.allSatisfy { ($0 == dim || places[$0] <= own[$0]) && places[$0] <= values[$0] }
    guard fits else {
      throw .runtime(
        "Expected index \(index.shape) to be no larger than self \(shape) apart from dimension \(dim) and to be no larger size than src "
          + "\(source.shape)")
    }
  }

  /// A 0-d tensor as a bare line of one element.
  fileprivate var lined: Tensor { rank == 0 ? bareView(Layout(shape: [1], strides: [1], offset: layout.offset)) : self }

  /// A bare 0-d tensor of this tensor's dtype.
  func bareNumber(_ value: Scalar) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("full", [], dtype, device)
    try device.fill(result.operand, with: value)
    return result
  }

  fileprivate func checkIsPositions(_ operation: String) throws(TensorError) {
    guard dtype == .int64 || dtype == .int32 else {
      throw .runtime("\(operation): Expected dtype int32/int64 for index")
    }
  }

  private static let isOutside = ElementwiseKernel { position, size in (position .< 0) .| (position .>= size) }
  private static let isOutsideAndCounts = ElementwiseKernel { position, size, ignored in
    ((position .< 0) .| (position .>= size)) .& (position .!= ignored)
  }

  /// The first of these positions that is negative or not below `size`, if there is one. Waits for the device.
  ///
  /// - Parameter ignored: may stand anywhere.
  func firstOutside(of size: Int, ignoring ignored: Int? = nil) throws(TensorError) -> Int? {
    if count > 4096, ignored == nil, dtype.isIntegral {
      // Of many the least and the greatest tell, without a list of answers.
      let whole = try ReductionShape(of: shape, dim: nil, keepDim: false)
      let (least, greatest) = (try reduced(.min, whole, dtype: dtype), try reduced(.max, whole, dtype: dtype))
      if try least.element().intValue >= 0, try greatest.element().intValue < Int64(size) { return nil }
    }
    let numbers = [size] + (ignored.map { [$0] } ?? [])
    let outside = try Elementwise.apply(
      ignored == nil ? Tensor.isOutside : Tensor.isOutsideAndCounts, "", dtype: .int64,
      [.tensor(body)] + numbers.map { .scalar(.int(Int64($0))) }, .notRecording)[0]
    guard try outside.any().element().boolValue else { return nil }
    let places = Tensor(try device.nonzero(outside.contiguous().bareView(Layout(shape: [count])).operand))
    return Int(contiguous().bareView(Layout(shape: [count]))[Int(places[0, 0])])
  }
}

extension AdvancedIndex {
  /// The coordinates of a gather or scatter: the index along `dim`, and each place's own coordinates otherwise.
  fileprivate init(along dim: Int, _ index: Tensor, of x: Tensor) throws(TensorError) {
    if index.device !== x.device { throw mixedDevices(x.device, index.device) }
    let places = index.lined
    let size = x.lined.shape[dim]
    if let position = try places.firstOutside(of: size) {
      throw .runtime("index \(position) is out of bounds for dimension \(dim) with size \(size)")
    }
    let indices = places.shape.indices.map { axis -> Tensor in
      if axis == dim { return places.to(.int64) }
      var own = [Int](repeating: 1, count: places.rank)
      own[axis] = places.shape[axis]
      let line = Tensor.positions(places.shape[axis], on: x.device)
      return line.bareView(Layout(shape: own).broadcast(to: places.shape))
    }
    self.init(dims: Array(places.shape.indices), indices: indices, shape: places.shape)
  }
}

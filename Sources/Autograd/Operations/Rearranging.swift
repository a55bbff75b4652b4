import Devices

// The elements in another order, or several times.

extension Tensor {
  // MARK: Another order

  /// The elements in the reverse order along each of the dimensions.
  ///
  /// Error: `dim 0 appears multiple times in the list of dims`.
  public func flip(_ dims: any Dimensions) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dims = try uniqueDimensions(dims.dimensions, rank: x.rank)
      let reversed = x.rank == 0 ? x : x.bareView(x.layout.reversing(dims))
      return try reversed.converted(to: x.dtype).differentiable("FlipBackward0", x, saves: false) { g in g.flip(dims) }
    }
  }

  /// The columns of a matrix in the reverse order: the second dimension.
  ///
  /// Error: `Input must be >= 2-d.`
  public func fliplr() -> Tensor {
    guard !isValid || rank >= 2 else { return .failure(.runtime("Input must be >= 2-d.")) }
    return flip(1)
  }

  /// The rows of a matrix in the reverse order: the first dimension.
  ///
  /// Error: `Input must be >= 1-d.`
  public func flipud() -> Tensor {
    guard !isValid || rank >= 1 else { return .failure(.runtime("Input must be >= 1-d.")) }
    return flip(0)
  }

  /// The elements moved on along each of the dimensions by its shift, those at the end back to the start. Without dimensions all elements
  /// are moved on in row-major order.
  ///
  /// Errors: `shifts and dimensions must align. shifts: 2, dims:1`; `` `shifts` required ``.
  public func roll(_ shifts: any Dimensions, dim: any Dimensions = [Int]()) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let (shifts, dims) = (shifts.dimensions, dim.dimensions)
      guard !shifts.isEmpty else { throw .runtime("`shifts` required") }
      let isFlat = dims.isEmpty && shifts.count == 1
      guard isFlat || shifts.count == dims.count else {
        throw .runtime("shifts and dimensions must align. shifts: \(shifts.count), dims:\(dims.count)")
      }
      if x.rank == 0, let dim = dims.first {
        throw .index("Dimension specified as \(dim) but tensor has no dimensions")
      }
      let wrapped = try wrapDimensions(dims, rank: x.rank)
      var result = x
      if isFlat {
        let flat = try x.converted(to: x.dtype)
        let line = flat.bareView(Layout(shape: [x.count]))
        result = try line.rolled(shifts[0], dim: 0).bareView(Layout(shape: x.shape))
      } else if x.rank > 0 {
        for (shift, dim) in zip(shifts, wrapped) { result = try result.rolled(shift, dim: dim) }
      } else {
        result = try x.converted(to: x.dtype)
      }
      let back = shifts.map { 0 &- $0 }
      return result.differentiable("RollBackward0", x, saves: false) { g in g.roll(back, dim: wrapped) }
    }
  }

  private func rolled(_ shift: Int, dim: Int) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("roll", shape, dtype, device)
    let size = shape[dim]
    guard count > 0 else { return result }
    let start = (shift % size + size) % size
    func copy(from: Int, to: Int, count: Int) throws(TensorError) {
      if count == 0 { return }
      try device.copy(
        operand.with(layout: layout.slicing(dim, from: from, count: count)),
        to: result.operand.with(layout: result.layout.slicing(dim, from: to, count: count)))
    }
    try copy(from: 0, to: start, count: size - start)
    try copy(from: size - start, to: 0, count: start)
    return result
  }

  /// Turned by `k` quarter turns in the plane of two dimensions, from the first towards the second.
  ///
  /// Errors: `expected total rotation dims == 2, but got dims = 1`; `expected rotation dims to be different, but got dim0 = 0 and dim1 = 0`.
  public func rot90(_ k: Int = 1, dims: [Int] = [0, 1]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard dims.count == 2 else {
        throw .runtime("expected total rotation dims == 2, but got dims = \(dims.count)")
      }
      guard x.rank >= 2 else { throw .runtime("expected total dims >= 2, but got total dims = \(x.rank)") }
      let (a, b) = (try wrapDimension(dims[0], rank: x.rank), try wrapDimension(dims[1], rank: x.rank))
      guard a != b else {
        throw .runtime("expected rotation dims to be different, but got dim0 = \(dims[0]) and dim1 = \(dims[1])")
      }
      let turns = (k % 4 + 4) % 4
      let turned: Layout =
        switch turns {
        case 1: x.layout.reversing([b]).transposed(a, b)
        case 2: x.layout.reversing([a, b])
        case 3: x.layout.reversing([a]).transposed(a, b)
        default: x.layout
        }
      return try x.bareView(turned).converted(to: x.dtype).differentiable("Rot90Backward0", x, saves: false) { g in
        g.rot90(4 - turns, dims: [a, b])
      }
    }
  }

  // MARK: Several times

  /// Copies of this tensor side by side, as many along each dimension as `counts` says; more counts than dimensions give new ones in front.
  ///
  /// Error: `Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor`.
  public func `repeat`(_ counts: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard counts.count >= x.rank else {
        throw .runtime("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
      }
      let source = x.shape
      let padded = [Int](repeating: 1, count: counts.count - x.rank) + source
      let shape = zip(counts, padded).map { $0 &* $1 }
      if let negative = zip(counts, shape).first(where: { $0.0 < 0 }) {
        throw .runtime("Trying to create tensor with negative dimension \(negative.1): \(shape)")
      }
      _ = try Layout.checkedCount(counts + padded)
      // A dimension of copies before every dimension of the source.
      let copies = zip(counts, padded).flatMap { [$0, $1] }
      let apart = padded.flatMap { [1, $0] }
      let result = try Tensor.uninitialized("repeat", shape, x.dtype, x.device)
      if result.count > 0 {
        try x.device.copy(
          x.operand.with(layout: x.layout.viewed(as: apart)!.broadcast(to: copies)),
          to: result.operand.with(layout: Layout(shape: copies)))
      }
      return result.differentiable("RepeatBackward0", x, saves: false) { g in
        let dims = Swift.stride(from: 0, to: copies.count, by: 2).map { $0 }
        return dims.isEmpty ? g : g.reshape(copies).sum(dim: dims).sum(to: source)
      }
    }
  }

  /// As `repeat`; fewer counts than dimensions speak of the last ones.
  public func tile(_ counts: [Int]) -> Tensor {
    self.repeat([Int](repeating: 1, count: Swift.max(rank - counts.count, 0)) + counts)
  }

  /// Each element, or with `dim` each position of a dimension, `count` times in a row.
  ///
  /// Error: `Repeats must be non-negative`.
  public func repeatInterleave(_ count: Int, dim: Int? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard count >= 0 else { throw .runtime("Repeats must be non-negative") }
      let flat = dim == nil ? x.flattened : x.atLeast1D()
      let dim = try wrapDimension(dim ?? 0, rank: flat.rank)
      var shape = flat.shape
      shape.insert(count, at: dim + 1)
      _ = try Layout.checkedCount(shape)
      let apart = flat.unsqueeze(dim + 1).expand(shape).clone()
      shape.replaceSubrange(dim...(dim + 1), with: [shape[dim] * count])
      return apart.view(shape)
    }
  }

  /// Each element, or with `dim` each position of a dimension, as often as the element of `counts` for it says. Waits for the counts.
  ///
  /// Errors: `repeats must have the same size as input along dim, but got repeats.size(0) = 3 and input.size(0) = 2`; `repeats can not be
  /// negative`.
  public func repeatInterleave(_ counts: Tensor, dim: Int? = nil) -> Tensor {
    attempt(self, counts) { x, counts throws(TensorError) in
      guard counts.rank <= 1 else { throw .runtime("repeats must be 0-dim or 1-dim tensor") }
      guard counts.dtype == .int64 || counts.dtype == .int32 else {
        throw .notImplemented("\"repeat_interleave_cpu\" not implemented for '\(counts.dtype.scalarTypeName)'")
      }
      let flat = dim == nil ? x.flattened : x.atLeast1D()
      let dim = try wrapDimension(dim ?? 0, rank: flat.rank)
      let size = flat.shape[dim]
      let times = try counts.elements(as: Int.self)
      guard times.count == size || times.count == 1 else {
        throw .runtime(
          "repeats must have the same size as input along dim, but got repeats.size(0) = \(times.count) and input.size(\(dim)) = \(size)"
        )
      }
      guard times.allSatisfy({ $0 >= 0 }) else { throw .runtime("repeats can not be negative") }
      return flat.indexSelect(dim: dim, index: try Tensor.repeatedPositions(size, times, on: x.device))
    }
  }

  private var flattened: Tensor { rank == 1 ? self : reshape([-1]) }

  /// 0, 1, ..., `size` of them, each as often as `times` says: with a number for each, or one for all.
  private static func repeatedPositions(_ size: Int, _ times: [Int], on device: any Device) throws(TensorError) -> Tensor {
    let isOne = times.count == 1
    let total = isOne ? Int128(times[0]) * Int128(size) : times.reduce(0) { $0 + Int128($1) }
    guard let count = Int(exactly: total) else { throw .runtime("Storage size calculation overflowed with sizes=[\(total)]") }
    return try made(shape: [count], dtype: .int64, device: device, requiresGrad: false) { memory, _ in
      var place = 0
      for position in 0..<(count == 0 ? 0 : size) {
        for _ in 0..<times[isOne ? 0 : position] {
          memory.storeBytes(of: Int64(position), toByteOffset: place * 8, as: Int64.self)
          place += 1
        }
      }
    }
  }
}

// MARK: - Grids

/// How the first two tensors of a grid lie in it: as its rows and columns (`ij`, of matrices) or as its columns and rows (`xy`, of plots).
public enum GridIndexing: Sendable { case ij, xy }

/// The coordinates of a grid over some 1-d tensors: result k has in every place the element of tensor k there.
///
/// Errors: `torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ...`; `meshgrid expects all tensors to have the same dtype`.
public func meshgrid(_ tensors: [Tensor], indexing: GridIndexing = .ij) -> [Tensor] {
  attempt(tensors, results: tensors.count) { axes throws(TensorError) in
    guard let first = axes.first else { throw .runtime("meshgrid expects a non-empty TensorList") }
    for x in axes {
      guard x.rank <= 1 else {
        throw .runtime("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: \(x.rank)D")
      }
      guard x.dtype == first.dtype else { throw .runtime("meshgrid expects all tensors to have the same dtype") }
    }
    let swaps = indexing == .xy && axes.count >= 2
    let order = swaps ? [1, 0] + Array(axes.indices.dropFirst(2)) : Array(axes.indices)
    let shape = order.map { axes[$0].count }
    return axes.indices.map { index in
      var own = [Int](repeating: 1, count: axes.count)
      own[order[index]] = axes[index].count
      return axes[index].view(own).expand(shape)
    }
  }
}

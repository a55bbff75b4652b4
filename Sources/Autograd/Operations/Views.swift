import Devices

// Views: the elements of a tensor in another arrangement, without a copy. Tensors are values, so nobody can tell; a copy is made when one of
// them is changed.

extension Tensor {
  // MARK: Order of dimensions

  /// Exchanges two dimensions.
  public func transpose(_ dim0: Int, _ dim1: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let a = try wrapDimension(dim0, rank: x.rank)
      let b = try wrapDimension(dim1, rank: x.rank)
      let layout = x.rank == 0 ? x.layout : x.layout.transposed(a, b)
      return x.bareView(layout).differentiable("TransposeBackward0", x, saves: false) { g in g.transpose(a, b) }
    }
  }

  /// The transpose of a matrix; a vector or a 0-d tensor as it is.
  ///
  /// Error: `t() expects a tensor with <= 2 dimensions, but self is 3D`.
  public func t() -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank <= 2 else {
        throw .runtime("t() expects a tensor with <= 2 dimensions, but self is \(x.rank)D")
      }
      let layout = x.rank < 2 ? x.layout : x.layout.transposed(0, 1)
      let result = x.bareView(layout)
      return Tensor.isRecording(x.body) ? result.differentiable("TBackward0", x, saves: false) { g in g.t() } : result
    }
  }

  /// All dimensions in the reverse order: of a matrix its transpose.
  public var T: Tensor { permute(Array((0..<rank).reversed())) }

  /// The transpose of the last two dimensions, a matrix or a batch of matrices.
  ///
  /// Error: `tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.`
  public var mT: Tensor {
    if isValid && rank == 1 {
      return .failure(
        .runtime("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor."))
    }
    return rank == 0 ? self : transpose(-2, -1)
  }

  /// The dimensions in another order: dimension i of the result is dimension `dims[i]` of this tensor.
  ///
  /// Errors: a list of another length than the rank; `permute(): duplicate dims are not allowed.`
  public func permute(_ dims: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard dims.count == x.rank else {
        throw .runtime(
          "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions "
            + "i.e. input.dim() = \(x.rank) is not equal to len(dims) = \(dims.count)")
      }
      var order: [Int] = []
      for dim in dims { order.append(try wrapDimension(dim, rank: x.rank)) }
      guard Set(order).count == order.count else { throw .runtime("permute(): duplicate dims are not allowed.") }
      let inverse = order.inversePermutation
      return x.bareView(x.layout.permuted(order)).differentiable("PermuteBackward0", x, saves: false) { g in
        g.permute(inverse)
      }
    }
  }

  /// Moves a dimension to another place; the others keep their order.
  public func movedim(_ source: Int, _ destination: Int) -> Tensor { movedim([source], [destination]) }

  /// Moves dimensions to other places; the others keep their order.
  ///
  /// Errors: lists of different lengths; ``movedim: repeated dim in `source` ([0, 0])``, or in `destination`.
  public func movedim(_ source: [Int], _ destination: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard source.count == destination.count else {
        throw .runtime(
          "movedim: Invalid source or destination dims: source (\(source) dims) should contain the same number of dims as destination "
            + "(\(destination) dims)")
      }
      let from = try wrapDimensions(source, rank: x.rank)
      let to = try wrapDimensions(destination, rank: x.rank)
      guard Set(from).count == from.count else { throw .runtime("movedim: repeated dim in `source` (\(source))") }
      guard Set(to).count == to.count else { throw .runtime("movedim: repeated dim in `destination` (\(destination))") }
      if x.rank == 0 { return x.alias() }
      var order = [Int](repeating: -1, count: x.rank)
      for (a, b) in zip(from, to) { order[b] = a }
      var rest = (0..<x.rank).filter { !from.contains($0) }.makeIterator()
      for i in order.indices where order[i] == -1 { order[i] = rest.next()! }
      return x.permute(order)
    }
  }

  /// This tensor again, as the result of an operation.
  func alias() -> Tensor {
    attempt(self) { x throws(TensorError) in
      x.bareView(x.layout).differentiable("AliasBackward0", x, saves: false) { g in g }
    }
  }

  // MARK: Dimensions of size one

  /// Without the dimensions of size one.
  public func squeeze() -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dims = x.shape.indices.filter { x.shape[$0] == 1 }
      return x.squeezed(dims, "SqueezeBackward0")
    }
  }

  /// Without the dimension, if its size is one.
  public func squeeze(_ dim: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      return x.squeezed(x.rank > 0 && x.shape[dim] == 1 ? [dim] : [], "SqueezeBackward1")
    }
  }

  /// Without those of the dimensions whose size is one.
  ///
  /// Error: `dim 0 appears multiple times in the list of dims`.
  public func squeeze(_ dims: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dims = try uniqueDimensions(dims, rank: x.rank)
      return x.squeezed(dims.filter { x.rank > 0 && x.shape[$0] == 1 }, "SqueezeBackward2")
    }
  }

  private func squeezed(_ dims: [Int], _ name: String) -> Tensor {
    let source = shape
    return bareView(layout.removing(dims)).differentiable(name, self, saves: false) { g in g.reshape(source) }
  }

  /// With a new dimension of size one before dimension `dim`; -1 puts it last.
  public func unsqueeze(_ dim: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      x.stepped(.insert(dim: try wrapDimension(dim, rank: x.rank + 1)))
    }
  }

  // MARK: Parts

  /// The part at one position of a dimension, without that dimension. Negative positions count from the back.
  ///
  /// Errors: `select(): index 2 out of range for tensor of size [2, 3, 4] at dimension 0`; `select() cannot be applied to a 0-dim tensor.`
  public func select(dim: Int, index: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank > 0 else { throw .index("select() cannot be applied to a 0-dim tensor.") }
      let dim = try wrapDimension(dim, rank: x.rank)
      let size = x.shape[dim]
      guard index >= -size, index < size else {
        throw .index("select(): index \(index) out of range for tensor of size \(x.shape) at dimension \(dim)")
      }
      return x.stepped(.select(dim: dim, index: index < 0 ? index + size : index))
    }
  }

  /// Every `step`th position of a dimension from `start` up to `end`. Negative positions count from the back, and positions beyond the
  /// dimension stand for its ends.
  ///
  /// Error: `slice step must be positive`.
  public func slice(dim: Int = 0, from start: Int? = nil, to end: Int? = nil, by step: Int = 1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank > 0 else { throw .runtime("slice() cannot be applied to a 0-dim tensor.") }
      guard step > 0 else { throw .runtime("slice step must be positive") }
      let dim = try wrapDimension(dim, rank: x.rank)
      return x.stepped(.slice(dim, of: x.shape[dim], from: start, to: end, by: step))
    }
  }

  /// `length` positions of a dimension from `start`. A negative start counts from the back.
  ///
  /// Errors: `start (1) + length (2) exceeds dimension size (2).`; `start out of range (expected to be in range of [-2, 2], but got 5)`.
  public func narrow(dim: Int, start: Int, length: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank > 0 else { throw .runtime("narrow() cannot be applied to a 0-dim tensor.") }
      guard length >= 0 else { throw .runtime("narrow(): length must be non-negative.") }
      let dim = try wrapDimension(dim, rank: x.rank)
      let size = x.shape[dim]
      guard start >= -size, start <= size else {
        throw .index("start out of range (expected to be in range of [\(-size), \(size)], but got \(start))")
      }
      let first = start < 0 ? start + size : start
      guard first <= size - length else {
        throw .runtime("start (\(first)) + length (\(length)) exceeds dimension size (\(size)).")
      }
      return x.stepped(.slice(dim: dim, start: first, count: length, step: 1))
    }
  }

  /// `narrow` from the position that a 0-d tensor holds. Waits for it.
  ///
  /// Error: `start must be an 0-dim integral Tensor.`
  public func narrow(dim: Int, start: Tensor, length: Int) -> Tensor {
    attempt(start) { start throws(TensorError) in
      guard start.rank == 0, start.dtype.category == .integer else {
        throw .runtime("start must be an 0-dim integral Tensor.")
      }
      return narrow(dim: dim, start: Int(start), length: length)
    }
  }

  /// The diagonal of two dimensions, as the last dimension of the result. A positive offset is above the main diagonal, a negative one below.
  ///
  /// Error: `diagonal dimensions cannot be identical 1, 1`.
  public func diagonal(offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let a = try wrapDimension(dim1, rank: x.rank)
      let b = try wrapDimension(dim2, rank: x.rank)
      guard a != b else { throw .runtime("diagonal dimensions cannot be identical \(dim1), \(dim2)") }
      // Beyond the matrix all diagonals are empty.
      let offset = Swift.min(Swift.max(offset, -x.shape[a]), x.shape[b])
      return x.stepped(.diagonal(offset: offset, dim1: a, dim2: b))
    }
  }
}

extension ViewStep {
  /// A slice by Python's rules for its bounds.
  static func slice(_ dim: Int, of size: Int, from start: Int?, to end: Int?, by step: Int) -> ViewStep {
    func position(_ bound: Int) -> Int { min(max(bound < 0 ? bound + size : bound, 0), size) }
    let first = position(start ?? 0)
    let length = max(position(end ?? size) - first, 0)
    let count = length == 0 ? 0 : (length - 1) / step + 1
    // A step that is never made may be of any size.
    return .slice(dim: dim, start: first, count: count, step: count > 1 ? step : 1)
  }
}

// MARK: - Dimensions

/// As `wrapDimension`, for several.
func wrapDimensions(_ dims: [Int], rank: Int) throws(TensorError) -> [Int] {
  var wrapped: [Int] = []
  for dim in dims { wrapped.append(try wrapDimension(dim, rank: rank)) }
  return wrapped
}

/// As `wrapDimensions`, for dimensions that have to differ.
///
/// - Throws: `dim 0 appears multiple times in the list of dims`.
func uniqueDimensions(_ dims: [Int], rank: Int) throws(TensorError) -> [Int] {
  var wrapped: [Int] = []
  for dim in try wrapDimensions(dims, rank: rank) {
    if wrapped.contains(dim) { throw .runtime("dim \(dim) appears multiple times in the list of dims") }
    wrapped.append(dim)
  }
  return wrapped
}

extension [Int] {
  /// The permutation that undoes this one.
  var inversePermutation: [Int] {
    var inverse = self
    for (place, dim) in enumerated() { inverse[dim] = place }
    return inverse
  }
}

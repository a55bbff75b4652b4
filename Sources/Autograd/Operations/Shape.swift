import Devices

extension Tensor {
  // MARK: Another shape of as many elements

  /// The same elements in another shape, without a copy; one size may be -1, which stands for what is left.
  ///
  /// Errors: `shape '[4]' is invalid for input of size 6`; `only one dimension can be inferred`; `view size is not compatible with input
  /// tensor's size and stride (...)` where it would take a copy: `reshape` makes one.
  public func view(_ shape: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let target = try inferShape(shape, count: x.count)
      guard let layout = x.layout.viewed(as: target) else {
        throw .runtime(
          "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). "
            + "Use .reshape(...) instead.")
      }
      return x.viewed(layout)
    }
  }

  /// The same elements in another shape, copied only where the order of the elements in memory does not serve; one size may be -1, which
  /// stands for what is left.
  ///
  /// Errors: as for `view`, but the last.
  public func reshape(_ shape: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let target = try inferShape(shape, count: x.count)
      if let layout = x.layout.viewed(as: target) { return x.viewed(layout) }
      let copy = x.clone()
      let source = x.shape
      return copy.bareView(Layout(shape: target)).differentiable("UnsafeViewBackward0", copy, saves: false) { g in
        g.reshape(source)
      }
    }
  }

  /// `view` in the shape of another tensor.
  public func viewAs(_ other: Tensor) -> Tensor {
    attempt(other) { other throws(TensorError) in view(other.shape) }
  }

  /// `reshape` in the shape of another tensor.
  public func reshapeAs(_ other: Tensor) -> Tensor {
    attempt(other) { other throws(TensorError) in reshape(other.shape) }
  }

  private func viewed(_ layout: Layout) -> Tensor {
    let source = shape
    return bareView(layout).differentiable("ViewBackward0", self, saves: false) { g in g.reshape(source) }
  }

  /// The dimensions from `startDim` to `endDim` as one.
  ///
  /// Error: `flatten() has invalid args: start_dim cannot come after end_dim`.
  public func flatten(startDim: Int = 0, endDim: Int = -1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let first = try wrapDimension(startDim, rank: x.rank)
      let last = try wrapDimension(endDim, rank: x.rank)
      guard first <= last else {
        throw .runtime("flatten() has invalid args: start_dim cannot come after end_dim")
      }
      if x.rank == 0 { return x.reshape([1]) }
      // A copy of a variable is that variable.
      if first == last { return self }
      let middle = try Layout.checkedCount(Array(x.shape[first...last]))
      return x.reshape(x.shape[..<first] + [middle] + x.shape[(last + 1)...])
    }
  }

  /// One dimension as several, whose sizes multiply to its own; one of them may be -1.
  ///
  /// Errors: `unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1 (3) in the input tensor`.
  public func unflatten(dim: Int, _ sizes: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      guard !sizes.isEmpty else { throw .runtime("unflatten: sizes must be non-empty") }
      let size = x.rank == 0 ? 1 : x.shape[dim]
      guard let inferred = try? inferShape(sizes, count: size) else {
        throw .runtime(
          "unflatten: Provided sizes \(sizes) don't multiply up to the size of dim \(dim) (\(size)) in the input tensor")
      }
      return x.view(x.shape[..<dim] + inferred + x.shape.dropFirst(dim + 1))
    }
  }

  /// All elements in one dimension, in row-major order.
  public func ravel() -> Tensor { contiguous().view([-1]) }

  // MARK: Repetition

  /// This tensor seen in a larger shape; -1 keeps a dimension's size.
  ///
  /// Error: `The expanded size of the tensor (4) must match the existing size (2) at non-singleton dimension 1. ...`
  public func expand(_ target: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let source = x.shape
      return x.bareView(try x.layout.expanded(to: target)).differentiable("ExpandBackward0", x, saves: false) { g in
        g.sum(to: source)
      }
    }
  }

  /// This tensor seen in the shape of another.
  public func expandAs(_ other: Tensor) -> Tensor {
    attempt(other) { other throws(TensorError) in expand(other.shape) }
  }

  /// This tensor seen in a larger shape to which it can be broadcast.
  public func broadcast(to shape: [Int]) -> Tensor { expand(shape) }
}

/// All tensors in their common shape.
///
/// Error: `The size of tensor a (4) must match the size of tensor b (3) at non-singleton dimension 0`.
public func broadcastTensors(_ tensors: [Tensor]) -> [Tensor] {
  attempt(tensors, results: tensors.count) { frozen throws(TensorError) in
    var common: [Int] = []
    for x in frozen { common = try broadcastShapes(common, x.shape) }
    return zip(tensors, frozen).map { tensor, x in x.shape == common ? tensor : x.expand(common) }
  }
}

/// The shape that a user asked for, with -1 replaced by what is left.
func inferShape(_ shape: [Int], count: Int) throws(TensorError) -> [Int] {
  var known = 1
  var open: Int?
  var overflows = false
  for (index, size) in shape.enumerated() {
    if size == -1 {
      guard open == nil else { throw .runtime("only one dimension can be inferred") }
      open = index
      continue
    }
    guard size >= 0 else { throw .runtime("invalid shape dimension \(size) at index \(index) of shape \(shape)") }
    let (product, overflow) = known.multipliedReportingOverflow(by: size)
    known = product
    overflows = overflows || overflow
  }
  if let open, known > 0, !overflows, count % known == 0 {
    var inferred = shape
    inferred[open] = count / known
    _ = try Layout.checkedCount(inferred)
    return inferred
  }
  guard !overflows, known == count else {
    throw .runtime("shape '\(shape)' is invalid for input of size \(count)")
  }
  if open != nil {
    throw .runtime(
      "cannot reshape tensor of 0 elements into shape \(shape) because the unspecified dimension size -1 can be any value and is ambiguous"
    )
  }
  _ = try Layout.checkedCount(shape)
  return shape
}

extension Layout {
  func expanded(to target: [Int]) throws(TensorError) -> Layout {
    guard target.count >= rank else {
      throw .runtime(
        "expand(torch.FloatTensor{\(shape)}, size=\(target)): the number of sizes provided (\(target.count)) must be greater or equal to "
          + "the number of dimensions in the tensor (\(rank))")
    }
    var full = target
    let lead = target.count - rank
    for i in target.indices.reversed() {
      let size = i < lead ? 1 : shape[i - lead]
      if target[i] == -1 {
        guard i >= lead else {
          throw .runtime(
            "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension \(i)")
        }
        full[i] = size
      } else if target[i] < 0 || size != 1 && size != target[i] {
        throw .runtime(
          "The expanded size of the tensor (\(target[i])) must match the existing size (\(size)) at non-singleton dimension \(i).  "
            + "Target sizes: \(target).  Tensor sizes: \(shape)")
      }
    }
    _ = try Layout.checkedCount(full)
    return broadcast(to: full)
  }
}

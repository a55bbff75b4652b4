import Devices

// Products that come down to matrix products or to elementwise ones.

extension Tensor {
  /// The products of all pairs of elements of two vectors.
  ///
  /// Error: `outer: Expected 1-D argument self, but got 2-D`.
  public func outer(_ vec2: Tensor) -> Tensor {
    attempt(self, vec2) { x, y throws(TensorError) in
      guard x.rank == 1 else { throw .runtime("outer: Expected 1-D argument self, but got \(x.rank)-D") }
      guard y.rank == 1 else { throw .runtime("outer: Expected 1-D argument vec2, but got \(y.rank)-D") }
      return x.view([-1, 1]) * y
    }
  }

  /// The sum of products over the last dimension of both; with a 0-d operand, the elementwise product.
  ///
  /// Error: `inner() the last dimension must match on both input tensors but got shapes [2, 3] and [2, 2]`.
  public func inner(_ other: Tensor) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      if x.rank == 0 || y.rank == 0 { return x * y }
      guard x.size(-1) == y.size(-1) else {
        throw .runtime(
          "inner() the last dimension must match on both input tensors but got shapes \(x.shape) and \(y.shape)")
      }
      return x.tensordot(y, dims: [-1], [-1])
    }
  }

  /// Sums products over the last `dims` dimensions of this tensor and the first of the other.
  ///
  /// Errors: `tensordot expects dims < ndim_a or ndim_b, but got dims=3`, and those of the other form.
  public func tensordot(_ other: Tensor, dims: Int = 2) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      guard dims >= 0 else { throw .runtime("tensordot expects dims >= 0, but got dims=\(dims)") }
      guard dims <= Swift.min(x.rank, y.rank) else {
        throw .runtime("tensordot expects dims < ndim_a or ndim_b, but got dims=\(dims)")
      }
      return x.tensordot(y, dims: Array(-dims..<0), Array(0..<dims))
    }
  }

  /// Sums products over pairs of dimensions, one of each tensor. The others follow in order, this tensor's first.
  ///
  /// A dimension of size one pairs with one of any size, over which its partner is summed.
  ///
  /// Errors: `contracted dimensions need to match, but first has size 3 in dim -1 and second has size 2 in dim 0`; `both dimension lists should
  /// have same length`; `both inputs should have same dtype`; `dim 0 appears multiple times in the list of dims`.
  public func tensordot(_ other: Tensor, dims first: [Int], _ second: [Int]) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      guard first.count == second.count else { throw .runtime("both dimension lists should have same length") }
      guard x.dtype == y.dtype else { throw .runtime("both inputs should have same dtype") }
      var (a, b) = (x, y)
      let left = try uniqueDimensions(first, rank: x.rank)
      let right = try uniqueDimensions(second, rank: y.rank)
      for index in left.indices {
        let (p, q) = (x.size(left[index]), y.size(right[index]))
        if q == 1 {
          a = a.sum(dim: left[index], keepDim: true, dtype: a.dtype)
        } else if p == 1 {
          b = b.sum(dim: right[index], keepDim: true, dtype: b.dtype)
        } else if p != q {
          throw .runtime(
            "contracted dimensions need to match, but first has size \(p) in dim \(first[index]) and second has size \(q) in dim "
              + "\(second[index])")
        }
      }
      let freeLeft = x.shape.indices.filter { !left.contains($0) }
      let freeRight = y.shape.indices.filter { !right.contains($0) }
      let inner = left.reduce(1) { $0 * a.size($1) }
      let rows = freeLeft.reduce(1) { $0 * x.shape[$1] }
      let columns = freeRight.reduce(1) { $0 * y.shape[$1] }
      let product = a.permute(freeLeft + left).reshape([rows, inner])
        .mm(b.permute(right + freeRight).reshape([inner, columns]))
      return product.view(freeLeft.map { x.shape[$0] } + freeRight.map { y.shape[$0] })
    }
  }

  /// The Kronecker product: every element of this tensor times the whole of the other, laid out as blocks.
  public func kron(_ other: Tensor) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      let rank = Swift.max(x.rank, y.rank)
      let p = [Int](repeating: 1, count: rank - x.rank) + x.shape
      let q = [Int](repeating: 1, count: rank - y.rank) + y.shape
      let spread = (0..<rank).flatMap { [p[$0], q[$0]] }
      let product =
        x.reshape(p.flatMap { [$0, 1] }) * y.reshape(q.flatMap { [1, $0] })
      return Tensor(product.operand.with(layout: Layout(shape: zip(p, q).map { $0 * $1 })))
        .differentiable("UnsafeViewBackward0", product, saves: false) { g in g.reshape(spread) }
    }
  }

  /// The sum of a matrix's diagonal.
  ///
  /// Error: `trace: expected a matrix, but got tensor with dim 1`.
  public func trace() -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank == 2 else { throw .runtime("trace: expected a matrix, but got tensor with dim \(x.rank)") }
      if x.dtype == .bool { throw .notImplemented("\"trace\" not implemented for 'Bool'") }
      let (rows, columns, dtype, device) = (x.shape[0], x.shape[1], x.dtype, x.device)
      return noGrad { x.diagonal().sum() }.differentiable("TraceBackward0", x, saves: false) { g in
        g * Tensor.eye(rows, columns, dtype: dtype, device: device)
      }
    }
  }

  /// The cross product of the vectors of length 3 along a dimension; the other dimensions broadcast.
  ///
  /// Errors: `linalg.cross: inputs dimension 1 must have length 3. Got 2 and 2`; `linalg.cross: inputs must have the same number of
  /// dimensions.`
  public func cross(_ other: Tensor, dim: Int = -1) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      guard x.rank == y.rank else { throw .runtime("linalg.cross: inputs must have the same number of dimensions.") }
      let along = try wrapDimension(dim, rank: x.rank)
      guard x.size(along) == 3, y.size(along) == 3 else {
        throw .runtime(
          "linalg.cross: inputs dimension \(dim) must have length 3. Got \(x.size(along)) and \(y.size(along))")
      }
      guard x.dtype == y.dtype else {
        throw .runtime("expected scalar type \(x.dtype.scalarTypeName) but found \(y.dtype.scalarTypeName)")
      }
      if x.dtype == .bool { throw .notImplemented("\"cross\" not implemented for 'Bool'") }
      return try crossProduct(x, y, dim: along)
        .differentiable("LinalgCrossBackward0", x, y, { g in y.cross(g, dim: along) }, { g in g.cross(x, dim: along) })
    }
  }
}

private let differenceOfProducts = ElementwiseKernel(inputs: [.value, .value, .value, .value]) {
  [$0[0] * $0[1] - $0[2] * $0[3]]
}

private func crossProduct(_ x: Tensor, _ y: Tensor, dim: Int) throws(TensorError) -> Tensor {
  guard x.device === y.device else { throw mixedDevices(x.device, y.device) }
  let result = try Tensor.uninitialized("cross", try broadcastShapes(x.shape, y.shape), x.dtype, x.device)
  func part(_ tensor: Tensor, _ index: Int) -> Operand {
    let layout = tensor.layout.broadcast(to: result.shape)
    var shape = layout.shape
    shape[dim] = 1
    let offset = layout.offset + index * layout.strides[dim]
    return tensor.operand.with(layout: Layout(shape: shape, strides: layout.strides, offset: offset))
  }
  for i in 0..<3 {
    let (j, k) = ((i + 1) % 3, (i + 2) % 3)
    try x.device.elementwise(
      differenceOfProducts, dtype: x.dtype,
      inputs: [part(x, j), part(y, k), part(x, k), part(y, j)].map { .operand($0) }, outputs: [part(result, i)])
  }
  return result
}

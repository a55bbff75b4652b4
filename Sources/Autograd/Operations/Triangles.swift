import Devices

// Diagonals and triangles of matrices, and of batches of them.

extension Tensor {
  /// The diagonal of a matrix, or the matrix whose diagonal is this vector. A positive offset is above the main diagonal.
  ///
  /// Error: `diag(): Supports 1D or 2D tensors. Got 3D`.
  public func diag(offset: Int = 0) -> Tensor {
    attempt(self) { x throws(TensorError) in
      switch x.rank {
      case 1: return x.diagEmbed(offset: offset)
      case 2:
        let shape = x.shape
        let offset = Swift.min(Swift.max(offset, -shape[0]), shape[1])
        return try x.bareView(x.layout.diagonal(offset: offset, 0, 1)).converted(to: x.dtype)
          .differentiable("DiagonalBackward0_copy", x, saves: false) { g in
            g.placed(at: [.diagonal(offset: offset, dim1: 0, dim2: 1)], in: shape)
          }
      default: throw .runtime("diag(): Supports 1D or 2D tensors. Got \(x.rank)D")
      }
    }
  }

  /// Matrices, in the dimensions `dim1` and `dim2` of the result, that have the last dimension of this tensor as their diagonals and zeros
  /// elsewhere.
  ///
  /// Error: `diagonal dimensions cannot be identical 1, 1`.
  public func diagEmbed(offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let a = try wrapDimension(dim1, rank: x.rank + 1)
      let b = try wrapDimension(dim2, rank: x.rank + 1)
      guard a != b else { throw .runtime("diagonal dimensions cannot be identical \(dim1), \(dim2)") }
      let (size, overflow) = x.shape[x.rank - 1].addingReportingOverflow(Int(clamping: offset.magnitude))
      guard !overflow else { throw .runtime("Storage size calculation overflowed with sizes=\(x.shape)") }
      var shape = Array(x.shape.dropLast())
      shape.insert(size, at: Swift.min(a, b))
      shape.insert(size, at: Swift.max(a, b))
      let result = try Tensor.uninitialized("diag_embed", shape, x.dtype, x.device)
      try x.device.fill(result.operand, with: .int(0))
      try x.device.copy(x.operand, to: result.operand.with(layout: result.layout.diagonal(offset: offset, a, b)))
      return result.differentiable("DiagEmbedBackward0", x, saves: false) { g in
        g.diagonal(offset: offset, dim1: a, dim2: b)
      }
    }
  }

  /// The matrix whose diagonal are the elements of this tensor in row-major order.
  public func diagflat(offset: Int = 0) -> Tensor { contiguous().view([-1]).diagEmbed(offset: offset) }

  /// The elements of a matrix on and below a diagonal, zero elsewhere. A positive diagonal is above the main one.
  ///
  /// Error: `tril: input tensor must have at least 2 dimensions`.
  public func tril(diagonal: Int = 0) -> Tensor {
    triangle("tril", "TrilBackward0", { row, column in column - row .<= diagonal }) { g in g.tril(diagonal: diagonal) }
  }

  /// The elements of a matrix on and above a diagonal, zero elsewhere. A positive diagonal is above the main one.
  ///
  /// Error: `triu: input tensor must have at least 2 dimensions`.
  public func triu(diagonal: Int = 0) -> Tensor {
    triangle("triu", "TriuBackward0", { row, column in column - row .>= diagonal }) { g in g.triu(diagonal: diagonal) }
  }

  private func triangle(
    _ name: String, _ gradName: String, _ isInside: (_ row: Tensor, _ column: Tensor) -> Tensor,
    _ formula: @escaping @Sendable (Tensor) -> Tensor
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank >= 2 else { throw .runtime("\(name): input tensor must have at least 2 dimensions") }
      if x.count == 0 { return try x.converted(to: x.dtype).differentiable(gradName, x, saves: false, formula) }
      let rows = Tensor.positions(x.shape[x.rank - 2], on: x.device).unsqueeze(1)
      let columns = Tensor.positions(x.shape[x.rank - 1], on: x.device)
      let inside = isInside(rows, columns)
      let result = try Tensor.uninitialized(name, x.shape, x.dtype, x.device)
      try x.device.elementwise(
        .instruction(.select), dtype: x.dtype,
        inputs: [
          .operand(inside.operand.with(layout: inside.layout.broadcast(to: x.shape))), .operand(x.operand), .scalar(.int(0)),
        ], outputs: [result.operand])
      return result.differentiable(gradName, x, saves: false, formula)
    }
  }
}

import Devices

// A copy of a tensor in which other values stand where a view of it would look: what assigning to the view does, as a value.

extension Tensor {
  /// A copy in which `source` stands at one position of a dimension.
  ///
  /// Errors of all of these: those of the view; `expected src to have a size equal to the slice of self. src size = [2], slice size = [3]`.
  public func selectScatter(_ source: Tensor, dim: Int, index: Int) -> Tensor {
    replacing("SelectScatterBackward0", source) { x in x.select(dim: dim, index: index) }
  }

  /// A copy in which `source` stands at every `step`th position of a dimension from `start` up to `end`, as `slice` reads them.
  public func sliceScatter(
    _ source: Tensor, dim: Int = 0, from start: Int? = nil, to end: Int? = nil, by step: Int = 1
  ) -> Tensor {
    replacing("SliceScatterBackward0", source) { x in x.slice(dim: dim, from: start, to: end, by: step) }
  }

  /// A copy in which `source` stands on a diagonal of two dimensions, as `diagonal` reads it: as the last dimension.
  public func diagonalScatter(_ source: Tensor, offset: Int = 0, dim1: Int = 0, dim2: Int = 1) -> Tensor {
    replacing("DiagonalScatterBackward0", source) { x in x.diagonal(offset: offset, dim1: dim1, dim2: dim2) }
  }

  /// A copy in which `source` stands where `asStrided` reads; of several values for one place any one may stay.
  ///
  /// The derivative by this tensor is PyTorch's, which is the gradient in the part that was replaced and zero outside of it: the reverse of what
  /// it is for the other operations here, and of what is right. `x * mask + ...` has the right one.
  public func asStridedScatter(_ source: Tensor, _ shape: [Int], strides: [Int], offset: Int = 0) -> Tensor {
    let view = { @Sendable (x: Tensor) in x.asStrided(shape, strides: strides, offset: offset) }
    return replacing("AsStridedScatterBackward0", source, view) { g in
      g.zerosLike().asStridedScatter(view(g), shape, strides: strides, offset: offset)
    }
  }

  private func replacing(_ name: String, _ source: Tensor, _ view: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
    replacing(name, source, view) { g in g.replacing(name, view(g).zerosLike(), view) }
  }

  /// - Parameter view: shows a part of a tensor without a copy, where that is in row-major order.
  private func replacing(
    _ name: String, _ source: Tensor, _ view: @escaping @Sendable (Tensor) -> Tensor,
    toSelf: @escaping @Sendable (_ g: Tensor) -> Tensor
  ) -> Tensor {
    attempt(self, source) { x, source throws(TensorError) in
      let result = try x.converted(to: x.dtype)
      let part = view(result)
      guard part.isValid else { return part }
      guard part.shape == source.shape else {
        throw .runtime(
          "expected src to have a size equal to the slice of self. src size = \(source.shape), slice size = \(part.shape)")
      }
      if x.device !== source.device { throw mixedDevices(x.device, source.device) }
      try result.device.copy(source.operand, to: part.operand)
      let dtype = source.dtype
      return result.differentiable(
        name, x, source, saves: false, toSelf, { g in view(g).to(dtype) })
    }
  }
}

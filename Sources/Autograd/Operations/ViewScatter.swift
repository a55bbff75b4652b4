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
  public func asStridedScatter(_ source: Tensor, _ size: [Int], _ stride: [Int], storageOffset: Int = 0) -> Tensor {
    let view = { @Sendable (x: Tensor) in x.asStrided(size, stride, storageOffset: storageOffset) }
    return replacing("AsStridedScatterBackward0", source, view) { g in
      g.zerosLike().asStridedScatter(view(g), size, stride, storageOffset: storageOffset)
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

  /// The elements at the places offset + Σ index · stride of this tensor's elements in row-major order. It shows places as often as the
  /// strides lead there.
  ///
  /// PyTorch counts in the memory that a tensor happens to lie in; for a tensor in row-major order that fills its memory, as all new ones do,
  /// this is the same.
  ///
  /// Errors: `mismatch in length of strides and shape`; `as_strided: Negative strides are not supported at the moment, got strides: [-1]`;
  /// `setStorage: sizes [3], strides [2], storage offset 0, and itemsize 4 requiring a storage size of 20 are out of bounds for storage of size
  /// 16`.
  public func asStrided(_ size: [Int], _ stride: [Int], storageOffset: Int = 0) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let places = try StridedPlaces(size, stride, storageOffset)
      try places.check(against: x)
      let line = x.layout.isContiguous ? x : try x.converted(to: x.dtype)
      let layout = Layout(shape: size, strides: stride, offset: line.layout.offset + storageOffset)
      let shape = x.shape
      return line.bareView(layout).differentiable("AsStridedBackward0", x, saves: false) { g in
        let index = AdvancedIndex(dims: [0], indices: [places.index(on: g.device)], shape: [places.count])
        return g.reshape([-1]).summed(at: index, in: [shape.reduce(1, *)]).reshape(shape)
      }
    }
  }
}

/// Where the elements of `asStrided` stand among those of a tensor.
private struct StridedPlaces: Sendable {
  let size: [Int]
  let stride: [Int]
  let offset: Int
  let count: Int

  init(_ size: [Int], _ stride: [Int], _ offset: Int) throws(TensorError) {
    guard size.count == stride.count else { throw .runtime("mismatch in length of strides and shape") }
    guard !stride.contains(where: { $0 < 0 }) else {
      throw .runtime("as_strided: Negative strides are not supported at the moment, got strides: \(stride)")
    }
    guard !size.contains(where: { $0 < 0 }) else {
      throw .runtime("Storage size calculation overflowed with sizes=\(size) and strides=\(stride)")
    }
    guard offset >= 0 else { throw .runtime("Tensor: invalid storage offset \(offset)") }
    (self.size, self.stride, self.offset) = (size, stride, offset)
    count = try Layout.checkedCount(size)
  }

  func check(against x: Tensor) throws(TensorError) {
    if count == 0 { return }
    var reach = Int128(offset) + 1
    for (size, stride) in zip(size, stride) { reach += Int128(size - 1) * Int128(stride) }
    guard reach <= x.count else {
      let itemSize = Int128(x.dtype.byteCount)
      throw .runtime(
        "setStorage: sizes \(size), strides \(stride), storage offset \(offset), and itemsize \(itemSize) requiring a storage size of "
          + "\(reach * itemSize) are out of bounds for storage of size \(Int128(x.count) * itemSize)")
    }
  }

  /// The places in row-major order, as one dimension.
  func index(on device: any Device) -> Tensor {
    var places = Tensor.full([], offset, dtype: .int64, device: device)
    for (size, stride) in zip(size, stride) {
      places = places.unsqueeze(-1) + Tensor.positions(size, on: device) * stride
    }
    return places.reshape([-1])
  }
}

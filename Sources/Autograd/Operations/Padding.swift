import Devices

/// What `pad` puts around the elements.
public enum PaddingMode: String, Sendable {
  /// A number.
  case constant
  /// The elements mirrored at the outermost one, which is not repeated.
  case reflect
  /// The outermost element.
  case replicate
  /// The elements from the other end.
  case circular
}

extension Tensor {
  /// With further elements before and after those there are: `padding` has the counts before and after for the last dimension, then for the
  /// one before it, and so on. Negative counts take elements away.
  ///
  /// - Parameter value: what a constant padding consists of; 0 if nil.
  ///
  /// Errors: `Padding length must be divisible by 2`; other modes than the constant one pad 1 to 3 dimensions of tensors with one or two more,
  /// and `reflect` by less than a dimension has.
  public func pad(
    _ padding: [Int], mode: PaddingMode = .constant, value: (any ScalarConvertible)? = nil
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard padding.count % 2 == 0 else { throw .runtime("Padding length must be divisible by 2") }
      guard padding.count / 2 <= x.rank else {
        throw .runtime(
          "Padding length should be less than or equal to two times the input dimension but got padding length \(padding.count) and input "
            + "of dimension \(x.rank)")
      }
      for size in padding where size.magnitude > UInt(Int.max / 16) {
        throw .runtime("Storage size calculation overflowed with sizes=\(padding)")
      }
      if mode == .constant { return try x.constantPadded(padding, value?.scalar ?? .int(0)) }
      guard value == nil || value?.scalar == .int(0) else {
        throw .runtime("Padding mode \"\(mode.rawValue)\" doesn't take in value argument")
      }
      return try x.edgePadded(padding, mode)
    }
  }

  private func constantPadded(_ padding: [Int], _ value: Scalar) throws(TensorError) -> Tensor {
    var shape = shape
    var inner = layout
    // Where the elements that stay lie in the result.
    var places: [(dim: Int, start: Int, count: Int)] = []
    for pair in 0..<(padding.count / 2) {
      let dim = rank - 1 - pair
      let (before, after) = (padding[2 * pair], padding[2 * pair + 1])
      let kept = shape[dim] + Swift.min(before, 0) + Swift.min(after, 0)
      guard kept >= 0 else { throw .runtime("narrow(): length must be non-negative.") }
      inner = inner.slicing(dim, from: Swift.max(-before, 0), count: kept)
      places.append((dim, Swift.max(before, 0), kept))
      shape[dim] += before + after
    }
    let result = try Tensor.uninitialized("constant_pad_nd", shape, dtype, device)
    try device.fill(result.operand, with: value)
    let place = places.reduce(result.layout) { $0.slicing($1.dim, from: $1.start, count: $1.count) }
    try device.copy(operand.with(layout: inner), to: result.operand.with(layout: place))
    let back = padding.map { -$0 }
    return result.differentiable("ConstantPadNdBackward0", self, saves: false) { g in g.pad(back) }
  }

  private func edgePadded(_ padding: [Int], _ mode: PaddingMode) throws(TensorError) -> Tensor {
    let pairs = padding.count / 2
    guard 1...3 ~= pairs, rank == pairs + 1 || rank == pairs + 2 else {
      throw .notImplemented(
        """
        Padding size \(padding.count) is not supported for \(rank)D input tensor.
        Supported combinations for non-constant padding:
          - 2D or 3D input: padding size = 2 (pads last dimension)
          - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
          - 4D or 5D input: padding size = 6 (pads last 3 dimensions)
        """)
    }
    let dims = Array((rank - pairs)..<rank)
    var indices: [Tensor] = []
    var shape: [Int] = []
    for dim in dims {
      let pair = rank - 1 - dim
      let sources = try PaddedDimension(
        size: self.shape[dim], before: padding[2 * pair], after: padding[2 * pair + 1], dim: dim, argument: 2 * pair + 4
      ).sources(mode, shape: self.shape, on: device)
      shape.append(sources.count)
      var own = [Int](repeating: 1, count: pairs)
      own[indices.count] = sources.count
      indices.append(sources.bareView(Layout(shape: own)))
    }
    let index = AdvancedIndex(
      dims: dims, indices: indices.map { $0.bareView($0.layout.broadcast(to: shape)) }, shape: shape)
    let name =
      switch mode {
      case .reflect: "ReflectionPad\(pairs)DBackward0"
      case .replicate: "ReplicationPad\(pairs)DBackward0"
      default: "CopySlices"
      }
    return picked(by: index, name)
  }
}

/// A dimension to be padded with its own elements.
private struct PaddedDimension {
  let size: Int
  let before: Int
  let after: Int
  let dim: Int
  /// Its number in PyTorch's message.
  let argument: Int

  /// For every position of the result the position it is taken from.
  func sources(_ mode: PaddingMode, shape: [Int], on device: any Device) throws(TensorError) -> Tensor {
    guard size > 0 else {
      throw .runtime(
        "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: \(shape)"
      )
    }
    switch mode {
    case .reflect where before >= size || after >= size:
      throw .runtime(
        "Argument #\(argument): Padding size should be less than the corresponding input dimension, but got: padding (\(before), \(after)) "
          + "at dimension \(dim) of input \(shape)")
    case .circular where before > size || after > size:
      throw .runtime("Padding value causes wrapping around more than once.")
    case .circular where size + before + after < 0:
      throw .runtime("Negative padding value is resulting in an empty dimension")
    default: break
    }
    let width = size + before + after
    guard width > 0 || mode == .circular else {
      throw .runtime("input (W: \(size)) is too small. Calculated output W: \(width)")
    }
    return try Tensor.made(shape: [width], dtype: .int64, device: device, requiresGrad: false) { memory, _ in
      for place in 0..<width {
        memory.storeBytes(of: Int64(source(of: place - before, mode)), toByteOffset: place * 8, as: Int64.self)
      }
    }
  }

  private func source(of position: Int, _ mode: PaddingMode) -> Int {
    switch mode {
    case .reflect: return position < 0 ? -position : position < size ? position : 2 * (size - 1) - position
    case .circular:
      // What negative counts take away is gone before the rest goes round.
      let (start, kept) = (max(-before, 0), size + min(before, 0) + min(after, 0))
      return kept <= 0 ? 0 : start + ((position - start) % kept + kept) % kept
    default: return min(max(position, 0), size - 1)
    }
  }
}

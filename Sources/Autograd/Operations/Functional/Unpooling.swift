import Devices

extension F {
  /// The partial inverse of `maxPool1d`; see `maxUnpool2d`.
  public static func maxUnpool1d(
    _ input: Tensor, _ indices: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0,
    outputSize: [Int]? = nil
  ) -> Tensor {
    attempt(input, indices) { x, indices throws(TensorError) in
      let size = try unpooledSize(x.shape, 1, kernelSize, stride, padding, outputSize)
      return try unpooled(x.unsqueeze(-1), indices.unsqueeze(-1), size + [1]).squeeze(-1)
    }
  }

  /// The partial inverse of `maxPool2d`: every element goes to the position in the last two dimensions that `indices` has for it; all others
  /// are zero.
  ///
  /// - Parameters:
  ///   - indices: int64, as `maxPool2dWithIndices` gives them.
  ///   - kernelSize, stride, padding: those of the pooling.
  ///   - outputSize: the size of the result's last two dimensions, or its shape; nil for the least that the pooling makes this input of.
  ///
  /// Errors: `Found an invalid max index: 100 (output volumes are of size 4x4)`; `invalid output_size "[9, 9]" (dim 0 must be between 2 and
  /// 6)`; `elements in indices should be type int64 but got: Int`; `Expected shape of indices to be same as that of the input tensor ...`.
  public static func maxUnpool2d(
    _ input: Tensor, _ indices: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0,
    outputSize: [Int]? = nil
  ) -> Tensor {
    attempt(input, indices) { x, indices throws(TensorError) in
      try unpooled(x, indices, unpooledSize(x.shape, 2, kernelSize, stride, padding, outputSize))
    }
  }

  /// The partial inverse of `maxPool3d`; see `maxUnpool2d`.
  public static func maxUnpool3d(
    _ input: Tensor, _ indices: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0,
    outputSize: [Int]? = nil
  ) -> Tensor {
    attempt(input, indices) { x, indices throws(TensorError) in
      let size = try unpooledSize(x.shape, 3, kernelSize, stride, padding, outputSize)
      let step = stride?.expanded(to: 3) ?? [1]
      guard step.allSatisfy({ $0 > 0 }) else { throw .runtime("strides should be greater than zero, but got stride: \(step)") }
      return try unpooled(x, indices, size)
    }
  }

  private static func unpooled(_ x: Tensor, _ indices: Tensor, _ size: [Int]) throws(TensorError) -> Tensor {
    let rank = size.count
    guard indices.dtype == .int64 else {
      throw .runtime("elements in indices should be type int64 but got: \(indices.dtype.scalarTypeName)")
    }
    guard x.rank == rank + 1 || x.rank == rank + 2 else {
      throw .runtime(
        "Input to max_unpooling\(rank)d should be a \(rank + 1)d or \(rank + 2)d Tensor, but got a tensor with \(x.rank) dimensions."
      )
    }
    guard x.shape == indices.shape else {
      throw .runtime(
        "Expected shape of indices to be same as that of the input tensor (\(x.shape)) but got indices tensor with shape: \(indices.shape)"
      )
    }
    if x.device !== indices.device { throw mixedDevices(x.device, indices.device) }
    if let empty = x.shape.indices.dropFirst(x.rank - rank - 1).first(where: { x.shape[$0] == 0 }) {
      throw .emptyPlanes("max_unpooling\(rank)d_forward_out_cpu", x.shape, dim: empty)
    }
    let shape = x.shape.dropLast(rank) + size
    _ = try Layout.checkedCount(Array(shape))
    if x.count > 0, let place = try indices.firstOutside(of: size.reduce(1, *)) {
      let list = size.map { "\($0)" }.joined(separator: "x")
      throw .runtime("Found an invalid max index: \(place) (output volumes are of size \(list))")
    }
    return try Places(indices, in: Array(shape), rank: rank).placed(x, "MaxUnpool\(rank)DBackward0")
  }

  /// The size of the last dimensions of a pooling's input, from that of its output.
  private static func unpooledSize(
    _ x: [Int], _ rank: Int, _ kernel: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ wanted: [Int]?
  ) throws(TensorError) -> [Int] {
    let step = if let stride, !stride.extents.isEmpty { stride } else { kernel }
    guard let kernel = kernel.expanded(to: rank), let step = step.expanded(to: rank), let padding = padding.expanded(to: rank)
    else {
      throw .index("tuple index out of range")
    }
    guard x.count >= rank else {
      throw .runtime(
        "Input to max_unpooling\(rank)d should be a \(rank + 1)d or \(rank + 2)d Tensor, but got a tensor with \(x.count) dimensions."
      )
    }
    var sizes: [Int128] = []
    for dim in 0..<rank {
      let steps = Int128(x[x.count - rank + dim]) - 1
      sizes.append(steps * Int128(step[dim]) + Int128(kernel[dim]) - 2 * Int128(padding[dim]))
    }
    guard var wanted else {
      if let dim = sizes.firstIndex(where: { $0 < 0 }) {
        throw .value(
          "max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[\(dim)]=\(sizes[dim])")
      }
      return sizes.map { Int(clamping: $0) }
    }
    if wanted.count == rank + 2 { wanted.removeFirst(2) }
    guard wanted.count == rank else {
      throw .value(
        "output_size should be a sequence containing \(rank) or \(rank + 2) elements, but it has a length of '\(wanted.count)'")
    }
    for dim in 0..<rank {
      let (least, most) = (sizes[dim] - Int128(step[dim]), sizes[dim] + Int128(step[dim]))
      guard least < wanted[dim], wanted[dim] < most else {
        throw .value("invalid output_size \"\(wanted)\" (dim \(dim) must be between \(least) and \(most))")
      }
      guard wanted[dim] >= 0 else {
        throw .value(
          "max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[\(dim)]=\(wanted[dim])")
      }
    }
    return wanted
  }
}

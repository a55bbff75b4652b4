import Devices

// The greatest elements of windows, and where they stood.

extension F {
  /// The greatest elements of windows along the last dimension; see `maxPool2d`.
  ///
  /// Errors: `max_pool1d() padding should be at most half of kernel size, but got padding=2 and kernel_size=2`; `max_pool1d() Invalid computed
  /// output size: 0`; ...
  public static func maxPool1d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      try checkMaxPool1d(x.shape, kernelSize, stride, padding, dilation, ceilMode)
      return maxPool1dWithIndices(
        x, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode
      ).values
    }
  }

  /// As `maxPool1d`, with the positions in the last dimension: int64.
  public static func maxPool1dWithIndices(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    func line(_ value: any Extents, _ other: Int) -> [Int] { value.extents.count == 1 ? [other] + value.extents : value.extents }
    let results = attempt([input], results: 2) { list throws(TensorError) in
      try checkLine(list[0], "max_pool1d")
      return try maxPooled(
        list[0].unsqueeze(-2), rank: 2, line(kernelSize, 1), stride.map { $0.extents.isEmpty ? [] : line($0, 1) }, line(padding, 0),
        line(dilation, 1), ceilMode)
    }
    return (results[0].squeeze(-2), results[1].squeeze(-2))
  }

  /// The greatest elements of windows of the last two dimensions. Padding is less than every element; NaN is greater. The gradient goes to the
  /// first of equal elements.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or without a batch.
  ///   - stride: from one window to the next; the kernel's size if nil or empty.
  ///   - padding: on both sides, half of the window's reach at most.
  ///   - dilation: from one element of a window to the next.
  ///   - ceilMode: whether a last window may reach beyond the padding.
  ///
  /// Errors: `pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and dilation=1`; `Given input size: (3x8x8).
  /// Calculated output size: (3x0x0). Output size is too small`; a window that lies in the padding alone; ...
  public static func maxPool2d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> Tensor {
    maxPool2dWithIndices(
      input, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode
    ).values
  }

  /// As `maxPool2d`, with the positions in row-major order of the last two dimensions: int64.
  public static func maxPool2dWithIndices(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input], results: 2) { list throws(TensorError) in
      try maxPooled(list[0], rank: 2, kernelSize, stride, padding, dilation, ceilMode)
    }
    return (results[0], results[1])
  }

  /// The greatest elements of windows of the last three dimensions; see `maxPool2d`.
  public static func maxPool3d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> Tensor {
    maxPool3dWithIndices(
      input, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode
    ).values
  }

  /// As `maxPool3d`, with the positions in row-major order of the last three dimensions: int64.
  public static func maxPool3dWithIndices(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, dilation: any Extents = 1,
    ceilMode: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input], results: 2) { list throws(TensorError) in
      try maxPooled(list[0], rank: 3, kernelSize, stride, padding, dilation, ceilMode)
    }
    return (results[0], results[1])
  }

  private static func maxPooled(
    _ x: Tensor, rank: Int, _ kernel: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ dilation: any Extents,
    _ ceilMode: Bool
  ) throws(TensorError) -> [Tensor] {
    let windows = try PoolingWindows(
      "max_pool\(rank)d", rank: rank, of: x.shape, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      ceilMode: ceilMode)
    _ = try Layout.checkedCount(x.shape.dropLast(rank) + windows.output)
    return try x.maxPooled(windows.windows(), "max_pool\(rank)d", "MaxPool\(rank)DWithIndicesBackward0")
  }

  // MARK: A given number of windows

  /// The greatest elements of `outputSize` windows that together cover the last dimension; see `adaptiveAvgPool2d` for the windows.
  public static func adaptiveMaxPool1d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    adaptiveMaxPool1dWithIndices(input, outputSize: outputSize).values
  }

  /// As `adaptiveMaxPool1d`, with the positions in the last dimension: int64.
  public static func adaptiveMaxPool1dWithIndices(
    _ input: Tensor, outputSize: any AdaptiveExtents
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input], results: 2) { list throws(TensorError) in
      let x = list[0]
      try checkLine(x, "adaptive_max_pool1d")
      let size = try oneOutputSize(outputSize, "adaptive_max_pool1d")
      if let empty = x.shape.indices.dropFirst(x.rank - 2).first(where: { x.shape[$0] == 0 }) {
        throw .emptyPlanes("adaptive_max_pool1d", x.shape, dim: empty)
      }
      return try adaptiveMaxPooled(x.unsqueeze(-2), 2, [1, size])
    }
    return (results[0].squeeze(-2), results[1].squeeze(-2))
  }

  /// The greatest elements of so many windows along each of the last two dimensions, as together cover them; see `adaptiveAvgPool2d` for the
  /// windows, and `maxPool2d` for the rest.
  public static func adaptiveMaxPool2d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    adaptiveMaxPool2dWithIndices(input, outputSize: outputSize).values
  }

  /// As `adaptiveMaxPool2d`, with the positions in row-major order of the last two dimensions: int64.
  public static func adaptiveMaxPool2dWithIndices(
    _ input: Tensor, outputSize: any AdaptiveExtents
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input], results: 2) { list throws(TensorError) in try adaptiveMaxPooled(list[0], 2, outputSize) }
    return (results[0], results[1])
  }

  /// The greatest elements of so many windows along each of the last three dimensions; see `adaptiveMaxPool2d`.
  public static func adaptiveMaxPool3d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    adaptiveMaxPool3dWithIndices(input, outputSize: outputSize).values
  }

  /// As `adaptiveMaxPool3d`, with the positions in row-major order of the last three dimensions: int64.
  public static func adaptiveMaxPool3dWithIndices(
    _ input: Tensor, outputSize: any AdaptiveExtents
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input], results: 2) { list throws(TensorError) in try adaptiveMaxPooled(list[0], 3, outputSize) }
    return (results[0], results[1])
  }

  private static func adaptiveMaxPooled(_ x: Tensor, _ rank: Int, _ outputSize: any AdaptiveExtents) throws(TensorError) -> [Tensor]
  {
    let name = "adaptive_max_pool\(rank)d"
    let sizes = try outputSize.sizes(
      in: x.shape, rank: rank, lengthError: "\(name)(): internal error: output_size.size() must be \(rank)")
    return try x.maxPooled(adaptiveWindows(x, name, sizes), name, "AdaptiveMaxPool\(rank)DBackward0")
  }
}

extension Tensor {
  /// The greatest elements of windows of the last dimensions, and their positions in row-major order there.
  fileprivate func maxPooled(_ windows: [WindowPositions], _ operation: String, _ gradName: String) throws(TensorError) -> [Tensor]
  {
    guard dtype != .bool else { throw .notImplemented("\"\(operation)\" not implemented for 'Bool'") }
    let shape = self.shape.dropLast(windows.count) + windows.map(\.starts.count)
    let values = try Tensor.uninitialized(operation, shape, dtype, device)
    let indices = try Tensor.uninitialized(operation, shape, .int64, device)
    if values.count > 0 {
      try device.maxPool(operand, windows: windows, values: values.operand, indices: indices.operand)
    }
    let places = Places(indices, in: self.shape, rank: windows.count)
    return Tensor.differentiable(gradName, results: [values, indices], inputs: [self]) { gradients in
      [gradients[0].map { places.sums(of: $0) }]
    }
  }
}

/// What `max_pool1d` says of its arguments where it is not asked for positions.
private func checkMaxPool1d(
  _ x: [Int], _ kernel: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ dilation: any Extents, _ ceilMode: Bool
) throws(TensorError) {
  guard x.count == 2 || x.count == 3, x.suffix(2).allSatisfy({ $0 > 0 }) else {
    throw .runtime("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:\(x)")
  }
  func one(_ value: any Extents, _ name: String, _ kinds: String) throws(TensorError) -> Int {
    guard value.extents.count == 1 else {
      throw .runtime("max_pool1d() \(name) must be \(kinds) tuple of ints of size 1 but got size \(value.extents.count)")
    }
    return value.extents[0]
  }
  let kernel = try one(kernel, "kernel_size", "an int, list of ints or")
  let step = if let stride, !stride.extents.isEmpty { try one(stride, "stride", "None, an int, list of ints, or") } else { kernel }
  let margin = try one(padding, "padding", "an int, list of ints, or")
  let dilation = try one(dilation, "dilation", "an int, list of ints or")
  for (name, value) in [("stride", step), ("kernel_size", kernel)] where value <= 0 && (name != "stride" || kernel > 0) {
    throw .runtime("max_pool1d() \(name) must be greater than zero, but got \(value)")
  }
  guard margin >= 0 else { throw .runtime("max_pool1d() padding must be non-negative, but got \(margin)") }
  guard margin <= kernel / 2 else {
    throw .runtime(
      "max_pool1d() padding should be at most half of kernel size, but got padding=\(margin) and kernel_size=\(kernel)")
  }
  guard dilation > 0 else { throw .runtime("max_pool1d() dilation must be greater than zero, but got \(dilation)") }
  let reach = Int128(kernel - 1) * Int128(dilation) + 1
  guard reach <= Int.max else {
    throw .runtime("effective kernel size overflows, but got kernel_size=\(kernel) and dilation=\(dilation)")
  }
  let free = Int128(x[x.count - 1]) + 2 * Int128(margin) - reach + (ceilMode ? Int128(step) - 1 : 0)
  guard free >= 0 else {
    // Rounded down.
    throw .runtime("max_pool1d() Invalid computed output size: \((free + 1) / Int128(step))")
  }
}

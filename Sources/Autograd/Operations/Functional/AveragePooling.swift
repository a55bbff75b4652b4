import Devices

// Averages of windows.

extension F {
  /// The averages of windows along the last dimension; see `avgPool2d`.
  public static func avgPool1d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, ceilMode: Bool = false,
    countIncludePad: Bool = true
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      try checkLine(x, "avg_pool1d")
      func one(_ value: any Extents, _ name: String) throws(TensorError) -> Int {
        guard value.extents.count == 1 else {
          throw .runtime("avg_pool1d() argument '\(name)' should contain one int (got \(value.extents.count))")
        }
        return value.extents[0]
      }
      let kernel = try one(kernelSize, "kernel_size")
      let step = if let stride, !stride.extents.isEmpty { try one(stride, "stride") } else { kernel }
      let margin = try one(padding, "padding")
      return avgPool2d(
        x.unsqueeze(-2), kernelSize: [1, kernel], stride: [1, step], padding: [0, margin], ceilMode: ceilMode,
        countIncludePad: countIncludePad
      ).squeeze(-2)
    }
  }

  /// The averages of windows of the last two dimensions.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or without a batch.
  ///   - stride: from one window to the next; the kernel's size if nil or empty.
  ///   - padding: zeros on both sides, half of the kernel's size at most.
  ///   - ceilMode: whether a last window may reach beyond the padding.
  ///   - countIncludePad: whether the padding counts among the elements of a window.
  ///   - divisorOverride: by what the sums are divided, in the place of the number of elements.
  ///
  /// Errors: `pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and dilation=1`; `Given input size: (2x8x8).
  /// Calculated output size: (2x0x0). Output size is too small`; `divisor must be not zero`; ...
  public static func avgPool2d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, ceilMode: Bool = false,
    countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      let windows = try PoolingWindows(
        "avg_pool2d", rank: 2, of: x.shape, kernel: kernelSize, stride: stride, padding: padding, ceilMode: ceilMode)
      return try Averaging(windows, includesPadding: countIncludePad, divisor: divisorOverride).applied(to: x, "AvgPool2DBackward0")
    }
  }

  /// The averages of windows of the last three dimensions; see `avgPool2d`.
  public static func avgPool3d(
    _ input: Tensor, kernelSize: any Extents, stride: (any Extents)? = nil, padding: any Extents = 0, ceilMode: Bool = false,
    countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      let windows = try PoolingWindows(
        "avg_pool3d", rank: 3, of: x.shape, kernel: kernelSize, stride: stride, padding: padding, ceilMode: ceilMode)
      return try Averaging(windows, includesPadding: countIncludePad, divisor: divisorOverride).applied(to: x, "AvgPool3DBackward0")
    }
  }

  // MARK: A given number of windows

  /// The averages of `outputSize` windows that together cover the last dimension; see `adaptiveAvgPool2d`.
  public static func adaptiveAvgPool1d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    attempt(input) { x throws(TensorError) in
      try checkLine(x, "adaptive_avg_pool1d")
      let size = try oneOutputSize(outputSize, "adaptive_avg_pool1d")
      return adaptiveAvgPool2d(x.unsqueeze(-2), outputSize: [1, size]).squeeze(-2)
    }
  }

  /// The averages of so many windows along each of the last two dimensions, as together cover them: window i of n along a dimension of size s
  /// reaches from ⌊i · s / n⌋ to ⌈(i + 1) · s / n⌉.
  ///
  /// - Parameter outputSize: one number or one for each dimension; nil leaves a dimension as it is.
  ///
  /// Errors: `adaptive_avg_pool2d: output_size must be 2`; `adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [3, 3]`;
  /// `adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but received {-1, -1}`; ...
  public static func adaptiveAvgPool2d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    attempt(input) { x throws(TensorError) in try adaptiveAverage(x, 2, outputSize) }
  }

  /// The averages of so many windows along each of the last three dimensions; see `adaptiveAvgPool2d`.
  public static func adaptiveAvgPool3d(_ input: Tensor, outputSize: any AdaptiveExtents) -> Tensor {
    attempt(input) { x throws(TensorError) in try adaptiveAverage(x, 3, outputSize) }
  }

  private static func adaptiveAverage(_ x: Tensor, _ rank: Int, _ outputSize: any AdaptiveExtents) throws(TensorError) -> Tensor {
    let name = "adaptive_avg_pool\(rank)d"
    let sizes = try outputSize.sizes(in: x.shape, rank: rank, lengthError: "\(name): output_size must be \(rank)")
    guard sizes.allSatisfy({ $0 >= 0 }) else {
      let list = sizes.map { "\($0)" }.joined(separator: ", ")
      throw .runtime("\(name): elements of output_size must be greater than or equal to 0 but received {\(list)}")
    }
    if x.rank >= rank && sizes.allSatisfy({ $0 == 1 }) {
      return x.mean(dim: Array(-rank...(-1)), keepDim: true)
    }
    let windows = try adaptiveWindows(x, name, sizes)
    guard x.isFloatingPoint else {
      throw .notImplemented("\"\(rank == 2 ? name : name + "_cpu")\" not implemented for '\(x.dtype.scalarTypeName)'")
    }
    return try Averaging(adaptive: windows, in: x.shape).applied(to: x, "AdaptiveAvgPool\(rank)DBackward0")
  }

  // MARK: Powers

  /// The p-norms of windows along the last dimension; see `lpPool2d`.
  public static func lpPool1d(
    _ input: Tensor, normType: Double, kernelSize: Int, stride: Int? = nil, ceilMode: Bool = false
  ) -> Tensor {
    let sums = avgPool1d(input.pow(normType), kernelSize: kernelSize, stride: stride, ceilMode: ceilMode)
    return root(of: sums, normType, count: kernelSize)
  }

  /// The p-norms of windows of the last two dimensions: (Σ xᵖ)^(1/p), with the sign of the sum taken as it is.
  ///
  /// Errors: those of `avgPool2d`.
  public static func lpPool2d(
    _ input: Tensor, normType: Double, kernelSize: any Extents, stride: (any Extents)? = nil, ceilMode: Bool = false
  ) -> Tensor {
    let sums = avgPool2d(input.pow(normType), kernelSize: kernelSize, stride: stride, ceilMode: ceilMode)
    return root(of: sums, normType, count: (kernelSize.expanded(to: 2) ?? []).reduce(1, &*))
  }

  /// The p-norms of windows of the last three dimensions; see `lpPool2d`.
  public static func lpPool3d(
    _ input: Tensor, normType: Double, kernelSize: any Extents, stride: (any Extents)? = nil, ceilMode: Bool = false
  ) -> Tensor {
    let sums = avgPool3d(input.pow(normType), kernelSize: kernelSize, stride: stride, ceilMode: ceilMode)
    return root(of: sums, normType, count: (kernelSize.expanded(to: 3) ?? []).reduce(1, &*))
  }

  private static func root(of means: Tensor, _ p: Double, count: Int) -> Tensor {
    ((means.sign() * means.abs().relu()) * count).pow(1 / p)
  }

  /// x / (k + α · m)^β, where m is the average of the squares of `size` neighbouring channels.
  ///
  /// - Parameter input: of shape [batch, channels, ...].
  ///
  /// Errors: `Expected 3D or higher dimensionality input (got 2 dimensions)`; those of `avgPool2d`.
  public static func localResponseNorm(
    _ input: Tensor, size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank >= 3 else {
        throw .value("Expected 3D or higher dimensionality                          input (got \(x.rank) dimensions)")
      }
      if x.count == 0 { return x }
      let lines = (x * x).reshape([x.shape[0], 1, x.shape[1], -1])
      let padded = size > 0 ? lines.pad([0, 0, size / 2, (size - 1) / 2]) : lines
      let means = avgPool2d(padded, kernelSize: [size, 1], stride: 1).reshape(x.shape)
      return x / (means * alpha + k).pow(beta)
    }
  }
}

// MARK: - Averages as linear maps

/// Sums of windows, and by what they are divided.
private struct Averaging: Sendable {
  let sums: Resampling
  let divisor: Divisor

  enum Divisor: Sendable {
    case one(Int)
    /// Along each dimension its own; their product holds.
    case each([[Int]])
  }

  init(_ windows: PoolingWindows, includesPadding: Bool, divisor: Int?) throws(TensorError) {
    if divisor == 0 { throw .runtime("divisor must be not zero") }
    let parts = try windows.windows()
    for part in parts { try Bands.checkRoom(weights: part.counts.reduce(0, +)) }
    sums = Resampling(summing: parts, in: windows.input)
    if let divisor {
      self.divisor = .one(divisor)
    } else if includesPadding {
      self.divisor = Divisor(
        windows.kernel.indices.map { dim in
          let end = windows.input[dim] + windows.padding[dim]
          return (0..<windows.output[dim]).map { place in
            let start = place * windows.stride[dim] - windows.padding[dim]
            return Swift.min(start + windows.kernel[dim], end) - start
          }
        })
    } else {
      self.divisor = Divisor(parts.map(\.counts))
    }
  }

  init(adaptive windows: [WindowPositions], in shape: [Int]) {
    sums = Resampling(summing: windows, in: Array(shape.suffix(windows.count)))
    divisor = Divisor(windows.map(\.counts))
  }

  func applied(to x: Tensor, _ gradName: String) throws(TensorError) -> Tensor {
    guard x.dtype != .bool else { throw .notImplemented("\"avg_pool\" not implemented for 'Bool'") }
    let result = divided(try sums.bare(x))
    return result.differentiable(gradName, x, saves: false) { g in
      attempt(divided(g)) { g throws(TensorError) in
        try sums.applied(to: g, isTransposed: true, gradName.ofDerivative)
      }
    }
  }

  private func divided(_ sums: Tensor) -> Tensor {
    switch divisor {
    case .one(1): sums
    case .one(let count): sums.isFloatingPoint ? sums / count : sums.div(count, roundingMode: .trunc)
    case .each(let counts):
      attempt(sums) { sums throws(TensorError) in
        let product = counts.reduce(Tensor.full([], 1, dtype: sums.dtype, device: sums.device)) { product, counts in
          product.unsqueeze(-1) * Tensor(counts, dtype: sums.dtype, device: sums.device)
        }
        return sums.isFloatingPoint ? sums / product : sums.div(product, roundingMode: .trunc)
      }
    }
  }
}

extension Averaging.Divisor {
  fileprivate init(_ counts: [[Int]]) {
    let isUniform = counts.allSatisfy { counts in counts.allSatisfy { $0 == counts[0] } }
    let product = counts.reduce(Int128(1)) { $0.multipliedReportingOverflow(by: Int128($1.first ?? 1)).partialValue }
    self = isUniform && product <= Int.max && product > 0 ? .one(Int(product)) : .each(counts)
  }
}

extension Resampling {
  /// The sums of windows.
  fileprivate init(summing windows: [WindowPositions], in sizes: [Int]) {
    bands = zip(windows, sizes).map { windows, size in
      if windows.starts == Array(0..<size) && windows.counts.allSatisfy({ $0 == 1 }) { return nil }
      return Bands(
        columns: size, rows: zip(windows.starts, windows.counts).lazy.map { ($0, [Double](repeating: 1, count: $1)) })
    }
  }
}

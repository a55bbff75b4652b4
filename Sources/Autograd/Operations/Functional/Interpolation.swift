import Devices

/// How `F.interpolate` finds the values between the elements.
public enum InterpolationMode: String, Sendable, CaseIterable {
  /// The element whose cell begins at the position or before.
  case nearest
  /// The element whose cell the position's middle lies in.
  case nearestExact = "nearest-exact"
  /// On lines between the elements: of signals.
  case linear
  /// The same in two dimensions.
  case bilinear
  /// By cubic convolution (Keys, 1981), with a = −0.75: in two dimensions.
  case bicubic
  /// As linear in three dimensions.
  case trilinear
  /// Averages of the elements that a cell of the result covers.
  case area
}

/// By how much `F.interpolate` enlarges: one number for all spatial dimensions, or one for each.
public protocol ScaleFactors: Sendable {
  var scaleFactors: [Double] { get }
}

extension Int: ScaleFactors {
  public var scaleFactors: [Double] { [Double(self)] }
}

extension Double: ScaleFactors {
  public var scaleFactors: [Double] { [self] }
}

extension [Double]: ScaleFactors {
  public var scaleFactors: [Double] { self }
}

extension F {
  /// The input in another size, along all dimensions after the first two.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, ...] with one to three spatial dimensions.
  ///   - size: of the spatial dimensions; or else
  ///   - scaleFactor: by which they are multiplied, and rounded down.
  ///   - alignCorners: whether the outermost elements keep their places; otherwise the outermost edges of the elements' cells do.
  ///   - recomputeScaleFactor: whether positions follow from the sizes, and not from `scaleFactor` as it was given.
  ///   - antialias: whether a filter is widened where the result is smaller: bilinear and bicubic.
  ///
  /// Errors: `only one of size or scale_factor should be defined`; `Got 3D input, but bilinear mode needs 4D input`; `align_corners option can
  /// only be set with the interpolating modes: linear | bilinear | bicubic | trilinear`; `Input and output sizes should be greater than 0, but
  /// got input (H: 4, W: 4) output (H: 0, W: 0)`; ...
  public static func interpolate(
    _ input: Tensor, size: (any Extents)? = nil, scaleFactor: (any ScaleFactors)? = nil, mode: InterpolationMode = .nearest,
    alignCorners: Bool? = nil, recomputeScaleFactor: Bool? = nil, antialias: Bool = false
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      let isArea = mode == .nearest || mode == .nearestExact || mode == .area
      if isArea && alignCorners != nil {
        throw .value("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
      }
      let recomputes = recomputeScaleFactor ?? false
      let plan = try Interpolation(
        x.shape, size: size?.extents, scales: scaleFactor?.scaleFactors, mode: mode, alignsCorners: alignCorners ?? false,
        recomputesScales: recomputes, isSmoothed: antialias)
      if mode == .area {
        switch x.rank {
        case 3: return adaptiveAvgPool1d(x, outputSize: plan.output)
        case 4: return adaptiveAvgPool2d(x, outputSize: plan.output)
        default: return adaptiveAvgPool3d(x, outputSize: plan.output)
        }
      }
      try plan.check(x)
      return try plan.resampling(as: x.dtype).applied(to: x, plan.gradName)
    }
  }
}

/// An interpolation of the spatial dimensions of a shape.
private struct Interpolation {
  let mode: InterpolationMode
  let alignsCorners: Bool
  let isSmoothed: Bool
  let input: [Int]
  let output: [Int]
  /// As they were given, where positions follow from them.
  private let scales: [Double]?

  init(
    _ x: [Int], size: [Int]?, scales: [Double]?, mode: InterpolationMode, alignsCorners: Bool, recomputesScales: Bool,
    isSmoothed: Bool
  ) throws(TensorError) {
    self.mode = mode
    self.alignsCorners = alignsCorners
    self.isSmoothed = isSmoothed
    let rank = x.count - 2
    let space = Array(x.dropFirst(2))
    input = space
    func fitting<Number>(_ values: [Number], _ name: String, _ kind: String, _ form: String) throws(TensorError) -> [Number] {
      guard values.count == 1 || values.count == rank else {
        throw .value(
          "Input and \(name) must have the same number of spatial dimensions, but got input with spatial dimensions of \(space) and \(kind) of "
            + "\(form) \(values). Please provide input tensor in (N, C, d1, d2, ...,dK) format and \(kind) in \(form)")
      }
      return values.count == 1 ? [Number](repeating: values[0], count: max(rank, 0)) : values
    }
    switch (size, scales) {
    case (_?, _?): throw .value("only one of size or scale_factor should be defined")
    case (nil, nil): throw .value("either size or scale_factor should be defined")
    case (let size?, nil):
      if recomputesScales { throw .value("recompute_scale_factor is not meaningful with an explicit size.") }
      output = try fitting(size, "output", "output size", "(o1, o2, ...,oK) format.")
      self.scales = nil
    case (nil, let scales?):
      let factors = try fitting(scales, "scale_factor", "scale_factor", "(s1, s2, ...,sK) format.")
      var sizes: [Int] = []
      for (size, factor) in zip(space, factors) {
        guard let scaled = Int(exactly: (Double(size) * factor).rounded(recomputesScales || mode == .area ? .down : .towardZero))
        else {
          throw .runtime("value cannot be converted to type int64_t without overflow")
        }
        sizes.append(scaled)
      }
      output = sizes
      self.scales = recomputesScales ? nil : factors
    }
    if isSmoothed && !(rank == 2 && (mode == .bilinear || mode == .bicubic)) {
      throw .value("Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input")
    }
    let needed: Int? =
      switch mode {
      case .linear: 1
      case .bilinear: 2
      case .trilinear: 3
      default: nil
      }
    guard 1...3 ~= rank, mode != .bicubic || rank == 2 else {
      throw .notImplemented(
        "Input Error: Only 3D, 4D and 5D input Tensors supported (got \(x.count)D) for the modes: nearest | linear | bilinear | bicubic | "
          + "trilinear | lanczos | area | nearest-exact (got \(mode.rawValue))")
    }
    if let needed, rank != needed {
      throw .notImplemented("Got \(x.count)D input, but \(mode.rawValue) mode needs \(needed + 2)D input")
    }
  }

  /// What the modes other than area ask of their operand.
  func check(_ x: Tensor) throws(TensorError) {
    func listed(_ sizes: [Int]) -> String {
      zip(["D", "H", "W"].suffix(sizes.count), sizes).map { "\($0): \($1)" }.joined(separator: ", ")
    }
    guard (input + output).allSatisfy({ $0 > 0 }) else {
      throw .runtime(
        "Input and output sizes should be greater than 0, but got input (\(listed(input))) output (\(listed(output)))")
    }
    guard x.shape[1] > 0 else {
      throw .runtime("Non-empty \(x.rank)D data tensor expected but got a tensor with sizes \(x.shape)")
    }
    let isNearest = mode == .nearest || mode == .nearestExact
    guard isNearest && x.dtype != .bool || x.isFloatingPoint else {
      throw .notImplemented("\"upsample_\(mode.rawValue)\(input.count)d\" not implemented for '\(x.dtype.scalarTypeName)'")
    }
    _ = try Layout.checkedCount(Array(x.shape.prefix(2)) + output)
    for size in output { try Bands.checkRoom(rows: size) }
  }

  var gradName: String {
    let name =
      switch mode {
      case .nearest, .area: "Nearest"
      case .nearestExact: "NearestExact"
      case .linear: "Linear"
      case .bilinear: "Bilinear"
      case .bicubic: "Bicubic"
      case .trilinear: "Trilinear"
      }
    return "Upsample\(name)\(input.count)D\(isSmoothed ? "Aa" : "")Backward0"
  }

  // MARK: Weights

  func resampling(as dtype: DType) -> Resampling {
    Resampling(
      bands: input.indices.map { dim in
        let (size, count) = (input[dim], output[dim])
        let scale = scale(dim)
        let isLinear = mode == .linear || mode == .bilinear || mode == .trilinear
        if size == count && (isLinear || isSmoothed || scale == 1) { return nil }
        return Bands(
          columns: size,
          rows: (0..<count).lazy.map { place in
            if isSmoothed { return smoothed(place, scale, size) }
            switch mode {
            case .nearest, .area: return (nearest(place, scale, size, shift: 0, dtype), [1])
            case .nearestExact: return (nearest(place, scale, size, shift: 0.5, dtype), [1])
            case .linear, .bilinear, .trilinear: return linear(place, scale, size)
            case .bicubic: return cubic(place, scale, size)
            }
          })
      })
  }

  /// From one position of the result to the next, in positions of the input.
  private func scale(_ dim: Int) -> Double {
    // PyTorch's kernel for images takes these sizes as the scale, whatever was given; those for signals and volumes do not.
    let isPlain = output[dim] == input[dim] || output[dim] == 2 * input[dim]
    if mode == .nearest && input.count == 2 && isPlain { return Double(input[dim]) / Double(output[dim]) }
    if alignsCorners { return output[dim] > 1 ? Double(input[dim] - 1) / Double(output[dim] - 1) : 0 }
    if let scales, scales[dim] > 0 { return 1 / scales[dim] }
    return Double(input[dim]) / Double(output[dim])
  }

  private func source(_ place: Int, _ scale: Double) -> Double {
    alignsCorners ? scale * Double(place) : scale * (Double(place) + 0.5) - 0.5
  }

  /// PyTorch counts in float32 here, whatever the dtype.
  private func nearest(_ place: Int, _ scale: Double, _ size: Int, shift: Float, _ dtype: DType) -> Int {
    min(Int(((Float(place) + shift) * Float(scale)).rounded(.down)), size - 1)
  }

  private func linear(_ place: Int, _ scale: Double, _ size: Int) -> (start: Int, weights: [Double]) {
    let position = max(source(place, scale), 0)
    let start = min(Int(position), size - 1)
    let part = min(max(position - Double(start), 0), 1)
    return start + 1 < size ? (start, [1 - part, part]) : (start, [1])
  }

  private func cubic(_ place: Int, _ scale: Double, _ size: Int) -> (start: Int, weights: [Double]) {
    let position = source(place, scale)
    let middle = min(Int(position.rounded(.down)), size - 1)
    let part = min(max(position - Double(middle), 0), 1)
    func clamped(_ index: Int) -> Int { min(max(index, 0), size - 1) }
    // What lies outside is the outermost element.
    let start = clamped(middle - 1)
    var weights = [Double](repeating: 0, count: clamped(middle + 2) - start + 1)
    for tap in -1...2 { weights[clamped(middle + tap) - start] += cubicWeight(Double(tap) - part, a: -0.75) }
    return (start, weights)
  }

  /// The filter as wide as a cell of the result where that is wider than one of the input, of weights that sum to one.
  private func smoothed(_ place: Int, _ scale: Double, _ size: Int) -> (start: Int, weights: [Double]) {
    let width = max(scale, 1)
    let support = (mode == .bicubic ? 2 : 1) * width
    let center = scale * (Double(place) + 0.5)
    let start = min(max(Int(center - support + 0.5), 0), size - 1)
    let end = max(min(Int(center + support + 0.5), size), start + 1)
    let weights = (start..<end).map { index in
      let distance = (Double(index) - center + 0.5) / width
      return mode == .bicubic ? cubicWeight(distance, a: -0.5) : max(1 - distance.magnitude, 0)
    }
    let sum = weights.reduce(0, +)
    return (start, sum == 0 ? weights : weights.map { $0 / sum })
  }
}

/// The kernel of cubic convolution (Keys, 1981).
private func cubicWeight(_ distance: Double, a: Double) -> Double {
  let x = distance.magnitude
  if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0
}

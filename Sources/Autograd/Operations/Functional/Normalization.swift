import Devices

// Normalisation of every sample by its own mean and variance: (x - mean) / √(variance + eps) · weight + bias. Halves are computed in float32 and
// rounded once.

extension Operation {
  fileprivate static let standardized = ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { v in
    let (x, mean, inverse, weight, bias) = (v[0], v[1], v[2], v[3], v[4])
    return [(x - mean) * inverse * weight + bias]
  }
  fileprivate static let rescaled = ElementwiseKernel { x, inverse, weight in x * inverse * weight }
}

/// What a normalisation gives: the result, and the mean and the inverse of the standard deviation that it found.
public typealias Normalized = (output: Tensor, mean: Tensor, rstd: Tensor)

extension F {
  /// Normalises over the last dimensions, and scales and shifts every element of them.
  ///
  /// - Parameters:
  ///   - normalizedShape: the sizes of these dimensions.
  ///   - weight, bias: of that shape.
  ///
  /// Errors: `Given normalized_shape=[3], expected input with shape [*, 3], but got input of size[3, 4]`; `Expected weight to be of same shape
  /// as normalized_shape, but got weight of shape [3] and normalized_shape = [4]`; `Expected normalized_shape to be at least 1-dimensional,
  /// ...`; integers are refused. Source: Ba, Kiros, Hinton, "Layer Normalization" (2016).
  public static func layerNorm(
    _ input: Tensor, _ normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Tensor {
    nativeLayerNorm(input, normalizedShape, weight: weight, bias: bias, eps: eps).output
  }

  /// `layerNorm` along with the statistics, which are outside the graph.
  public static func nativeLayerNorm(
    _ input: Tensor, _ normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Normalized {
    let results = attempt([input] + [weight, bias].compactMap(\.self), results: 3) { list throws(TensorError) in
      let x = list[0]
      let (weight, bias) = (weight?.frozen, bias?.frozen)
      for (name, tensor) in [("weight", weight), ("bias", bias)] {
        if let tensor, tensor.shape != normalizedShape, !normalizedShape.isEmpty {
          throw .runtime(
            "Expected \(name) to be of same shape as normalized_shape, but got \(name) of shape \(tensor.shape) and normalized_shape = "
              + "\(normalizedShape)")
        }
      }
      try checkNormalizedShape(normalizedShape, of: x.shape, separator: ", ")
      try x.checkNormalization("LayerNormKernelImpl", [weight, bias])
      if x.count > 0 {
        let parts = try x.layerNormalized(normalizedShape.reduce(1, *), weight: weight, bias: bias, eps: eps)
        let statistics = x.shape.dropLast(normalizedShape.count) + [Int](repeating: 1, count: normalizedShape.count)
        return [parts[0], parts[1].view(Array(statistics)).to(x.dtype), parts[2].view(Array(statistics)).to(x.dtype)]
      }
      let (mean, inverse) = x.statistics(Array(x.rank - normalizedShape.count..<x.rank), eps)
      let output = x.standardized(mean, inverse, weight, bias, "NativeLayerNormBackward0")
      return [output, mean.detach().to(x.dtype), inverse.detach().to(x.dtype)]
    }
    return (results[0], results[1], results[2])
  }

  /// Normalises every group of channels of a sample, and scales and shifts every channel.
  ///
  /// - Parameters:
  ///   - input: of shape [n, channels, ...].
  ///   - weight, bias: one number for each channel.
  ///
  /// Errors: `Expected number of channels in input to be divisible by num_groups, but got input of shape [3, 4] and num_groups=3`; `Expected
  /// weight to be a vector of size equal to the number of channels in input, but got weight of shape [3] and input of shape [3, 4]`; `Expected
  /// number of channels to be greater than 0, got 0`; `Expected
  /// HxW to be greater than 0, got 0`; `Expected more than 1 value per channel when training, got input size [1, 4]`; integers are refused.
  /// Source: Wu, He, "Group Normalization" (2018).
  public static func groupNorm(
    _ input: Tensor, _ numGroups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      try checkGroups(numGroups, of: x.shape)
      let sizes = [x.shape[0] * x.shape[1] / numGroups, numGroups] + x.shape.dropFirst(2)
      if sizes[0] * sizes.dropFirst(2).reduce(1, *) == 1 {
        throw .value("Expected more than 1 value per channel when training, got input size \(sizes)")
      }
      return nativeGroupNorm(x, numGroups, weight: weight, bias: bias, eps: eps).output
    }
  }

  /// `groupNorm`, of a single value too, along with the statistics, of shape [n, groups].
  public static func nativeGroupNorm(
    _ input: Tensor, _ numGroups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Normalized {
    let results = attempt([input] + [weight, bias].compactMap(\.self), results: 3) { list throws(TensorError) in
      let x = list[0]
      let (weight, bias) = (weight?.frozen, bias?.frozen)
      try checkGroups(numGroups, of: x.shape)
      let (samples, channels) = (x.shape[0], x.shape[1])
      for (name, tensor) in [("weight", weight), ("bias", bias)] {
        if let tensor, tensor.shape != [channels] {
          throw .runtime(
            "Expected \(name) to be a vector of size equal to the number of channels in input, but got \(name) of shape \(tensor.shape) and "
              + "input of shape \(x.shape)")
        }
      }
      let area = x.shape.dropFirst(2).reduce(1, *)
      guard channels > 0 else { throw .runtime("Expected number of channels to be greater than 0, got \(channels)") }
      guard area > 0 else { throw .runtime("Expected HxW to be greater than 0, got \(area)") }
      try x.checkNormalization("GroupNormKernelImpl", [weight, bias])
      let (mean, inverse) = x.reshape([samples, numGroups, channels / numGroups * area]).statistics([2], eps)
      // The statistics of a group as those of each of its channels.
      let perChannel = [samples, channels] + [Int](repeating: 1, count: x.rank - 2)
      let spread = [mean, inverse].map { $0.expand([samples, numGroups, channels / numGroups]).reshape(perChannel) }
      let output = x.standardized(
        spread[0], spread[1], weight?.channels(of: x), bias?.channels(of: x), "NativeGroupNormBackward0")
      return [output, mean.squeeze(2), inverse.squeeze(2)]
    }
    return (results[0], results[1], results[2])
  }

  /// Divides by the root of the mean of squares over the last dimensions, and scales every element of them.
  ///
  /// - Parameters:
  ///   - normalizedShape: the sizes of these dimensions.
  ///   - weight: of that shape.
  ///   - eps: is added to the mean of squares; nil for the distance from one to the next number of the dtype, or of float32 for halves.
  ///
  /// Errors: those of `layerNorm`. Source: Zhang, Sennrich, "Root Mean Square Layer Normalization" (2019).
  public static func rmsNorm(
    _ input: Tensor, _ normalizedShape: [Int], weight: Tensor? = nil, eps: Double? = nil
  ) -> Tensor {
    attempt([input] + (weight.map { [$0] } ?? [])) { list throws(TensorError) in
      let x = list[0]
      if list.count > 1, list[1].shape != normalizedShape, !normalizedShape.isEmpty {
        throw .runtime(
          "Expected weight to be of same shape as normalized_shape, but got weight of shape \(list[1].shape) and normalized_shape = "
            + "\(normalizedShape)")
      }
      try checkNormalizedShape(normalizedShape, of: x.shape, separator: "")
      guard x.isFloatingPoint else { throw .lacking("rms_norm", x.dtype) }
      let compute = x.dtype.computeDType
      let dims = Array(x.rank - normalizedShape.count..<x.rank)
      let square = x.to(compute).square().mean(dim: dims, keepDim: true)
      let inverse = (square + (eps ?? (compute == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)))).rsqrt()
      let weight = list.count > 1 ? list[1].argument : 1.argument
      return try Elementwise.apply(
        Operation.rescaled, "MulBackward0", dtype: compute, [x.argument, inverse.argument, weight])[0].to(x.dtype)
    }
  }

  /// Divides by the p-norm along one or several dimensions, or by `eps` where the norm is less.
  public static func normalize(_ input: Tensor, p: Double = 2, dim: some Dimensions = 1, eps: Double = 1e-12) -> Tensor {
    attempt(input) { x throws(TensorError) in
      x / x.norm(p, dim: dim, keepDim: true).clamp(min: eps).expand(x.shape)
    }
  }
}

// MARK: - Their common parts

extension Tensor {
  /// The mean and 1 / √(variance + eps) over dimensions, which stay with size one.
  func statistics(_ dims: [Int], _ eps: Double) -> (mean: Tensor, inverse: Tensor) {
    let (variance, mean) = to(dtype.computeDType).varMean(dim: dims, correction: 0, keepDim: true)
    return (mean, (variance + eps).rsqrt())
  }

  /// (self - mean) · inverse · weight + bias; all of them broadcast over this tensor.
  func standardized(_ mean: Tensor, _ inverse: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ name: String) -> Tensor {
    attempt([self, mean, inverse]) { list throws(TensorError) in
      try Elementwise.apply(
        Operation.standardized, name, dtype: dtype.computeDType,
        list.map(\.argument) + [weight?.argument ?? 1.argument, bias?.argument ?? 0.argument])[0].to(dtype)
    }
  }

  /// A line of one number for each channel, in a shape that broadcasts over samples.
  func channels(of samples: Tensor) -> Tensor {
    var shape = [Int](repeating: 1, count: samples.rank)
    shape[1] = count
    return reshape(shape)
  }

  /// - Throws: for a dtype that has no normalisation, and for parameters of another one. Those of halves may be float32.
  func checkNormalization(_ kernel: String, _ parameters: [Tensor?]) throws(TensorError) {
    guard isFloatingPoint else { throw .lacking(kernel, dtype) }
    for case let parameter? in parameters where parameter.dtype != dtype && parameter.dtype != dtype.computeDType {
      throw .runtime("mixed dtype (CPU): expect parameter to have scalar type of \(dtype.computeDType.scalarTypeName)")
    }
  }
}

private func checkNormalizedShape(_ normalized: [Int], of shape: [Int], separator: String) throws(TensorError) {
  guard !normalized.isEmpty else {
    throw .runtime(
      "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []"
    )
  }
  guard shape.count >= normalized.count, Array(shape.suffix(normalized.count)) == normalized else {
    let sizes = normalized.map { separator + "\($0)" }.joined(separator: separator.isEmpty ? ", " : "")
    throw .runtime(
      "Given normalized_shape=\(normalized), expected input with shape [*\(sizes)], but got input of size\(shape)")
  }
}

private func checkGroups(_ groups: Int, of shape: [Int]) throws(TensorError) {
  guard shape.count >= 2 else {
    throw .runtime("Expected at least 2 dimensions for input tensor but received \(shape.count)")
  }
  guard groups > 0 else { throw .runtime("Expected num groups to be greater than 0, got \(groups)") }
  guard shape[1] % groups == 0 else {
    throw .runtime(
      "Expected number of channels in input to be divisible by num_groups, but got input of shape \(shape) and num_groups=\(groups)"
    )
  }
}

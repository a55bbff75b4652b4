import Devices

// Max pooling by windows at random steps (Graham, "Fractional max-pooling", 2015).

extension F {
  /// The greatest elements of windows of the last two dimensions that begin at steps drawn at random for every image and channel.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or without a batch.
  ///   - outputSize: how many windows there are along each dimension; or else
  ///   - outputRatio: their number by that of the input's elements, below one.
  ///   - randomSamples: numbers from 0 to 1 of shape [batch, channels, 2], one for each dimension from the last on, in the place of random
  ///     ones.
  ///
  /// Errors: `fractional_max_pool2d requires specifying either an output_size or an output_ratio`; `fractional_max_pool2d(): pool height 9 too
  /// large relative to input height 8`; ...
  public static func fractionalMaxPool2d(
    _ input: Tensor, kernelSize: any Extents, outputSize: (any Extents)? = nil, outputRatio: (any ScaleFactors)? = nil,
    randomSamples: Tensor? = nil, generator: Generator? = nil
  ) -> Tensor {
    fractionalMaxPool2dWithIndices(
      input, kernelSize: kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
      generator: generator
    ).values
  }

  /// As `fractionalMaxPool2d`, with the positions in row-major order of the last two dimensions: int64.
  public static func fractionalMaxPool2dWithIndices(
    _ input: Tensor, kernelSize: any Extents, outputSize: (any Extents)? = nil, outputRatio: (any ScaleFactors)? = nil,
    randomSamples: Tensor? = nil, generator: Generator? = nil
  ) -> (values: Tensor, indices: Tensor) {
    fractionalMaxPool(2, input, kernelSize, outputSize, outputRatio, randomSamples, generator)
  }

  /// As `fractionalMaxPool2d` in three dimensions; the numbers of `randomSamples` are for depth, height and width.
  public static func fractionalMaxPool3d(
    _ input: Tensor, kernelSize: any Extents, outputSize: (any Extents)? = nil, outputRatio: (any ScaleFactors)? = nil,
    randomSamples: Tensor? = nil, generator: Generator? = nil
  ) -> Tensor {
    fractionalMaxPool3dWithIndices(
      input, kernelSize: kernelSize, outputSize: outputSize, outputRatio: outputRatio, randomSamples: randomSamples,
      generator: generator
    ).values
  }

  /// As `fractionalMaxPool3d`, with the positions in row-major order of the last three dimensions: int64.
  public static func fractionalMaxPool3dWithIndices(
    _ input: Tensor, kernelSize: any Extents, outputSize: (any Extents)? = nil, outputRatio: (any ScaleFactors)? = nil,
    randomSamples: Tensor? = nil, generator: Generator? = nil
  ) -> (values: Tensor, indices: Tensor) {
    fractionalMaxPool(3, input, kernelSize, outputSize, outputRatio, randomSamples, generator)
  }

  private static func fractionalMaxPool(
    _ rank: Int, _ input: Tensor, _ kernel: any Extents, _ outputSize: (any Extents)?, _ outputRatio: (any ScaleFactors)?,
    _ samples: Tensor?, _ generator: Generator?
  ) -> (values: Tensor, indices: Tensor) {
    let results = attempt([input] + (samples.map { [$0] } ?? []), results: 2) { list throws(TensorError) in
      let x = list[0]
      let windows = try FractionalWindows(
        rank, of: x.shape, kernel: kernel, outputSize: outputSize?.extents, ratio: outputRatio?.scaleFactors)
      guard x.isFloatingPoint else {
        throw .notImplemented("\"fractional_max_pool\(rank)d\" not implemented for '\(x.dtype.scalarTypeName)'")
      }
      let batch = x.rank == rank + 2 ? x.shape[0] : 1
      let channels = x.shape[x.rank - rank - 1]
      var samples: Tensor
      if list.count > 1 {
        samples = list[1].detach()
        try checkSamples(samples, x, batch: batch, channels: channels, rank: rank)
        samples = samples.narrow(dim: 0, start: 0, length: batch)
      } else {
        samples = .rand([batch, channels, rank], dtype: x.dtype, device: x.device, generator: generator)
      }
      let planes = batch * channels
      let indices: Tensor
      if planes == 0 || windows.output.contains(0) {
        indices = .zeros(x.shape.dropLast(rank) + windows.output, dtype: .int64, device: x.device)
      } else {
        // [planes, windows, elements of a window]
        let places = windows.places(samples.reshape([planes, rank]))
        let volume = windows.input.reduce(1, *)
        let lines = x.detach().reshape([planes, volume])
        let greatest = Places(places, in: [planes, volume], rank: 1).elements(of: lines).argmax(dim: -1, keepDim: true)
        indices = places.gather(dim: -1, index: greatest).reshape(x.shape.dropLast(rank) + windows.output)
      }
      guard indices.isValid else { return [indices, indices] }
      let found = Places(indices, in: x.shape, rank: rank)
      let values = found.elements(of: x.detach())
      return Tensor.differentiable("FractionalMaxPool\(rank)DBackward0", results: [values, indices], inputs: [x]) { gradients in
        [gradients[0].map { found.sums(of: $0) }]
      }
    }
    return (results[0], results[1])
  }

  private static func checkSamples(
    _ samples: Tensor, _ x: Tensor, batch: Int, channels: Int, rank: Int
  ) throws(TensorError) {
    if samples.device !== x.device { throw mixedDevices(x.device, samples.device) }
    guard samples.dtype == x.dtype else { throw .runtime("Expect _random_samples to have the same dtype as input") }
    guard samples.rank == 3 else {
      throw .runtime("Expect _random_samples to have 3 dimensions, got \(samples.rank)")
    }
    guard samples.shape[0] >= batch else {
      throw .runtime("Expect _random_samples.size(0) no less then input batch size.")
    }
    guard samples.shape[1] == channels else {
      throw .runtime("Expect _random_samples.size(1) equals to input channel size.")
    }
    guard samples.shape[2] == rank else {
      throw .runtime("Expect _random_samples.size(2) equals to \(rank); got \(samples.shape[2]).")
    }
  }
}

/// Windows of one size at random steps along the last dimensions.
private struct FractionalWindows {
  let input: [Int]
  let output: [Int]
  let kernel: [Int]

  init(
    _ rank: Int, of x: [Int], kernel: any Extents, outputSize: [Int]?, ratio: [Double]?
  ) throws(TensorError) {
    let name = "fractional_max_pool\(rank)d"
    guard x.count == rank + 1 || x.count == rank + 2 else {
      throw .index("Expected \(rank + 1)D or \(rank + 2)D tensor, but got: \(x)")
    }
    input = Array(x.suffix(rank))
    guard let kernel = kernel.expanded(to: rank) else {
      throw .runtime("\(name): kernel_size must either be a single Int or tuple of Ints")
    }
    self.kernel = kernel
    if let outputSize {
      guard let sizes = outputSize.expanded(to: rank) else {
        throw .runtime("\(name): output_size must either be a single Int or tuple of Ints")
      }
      output = sizes
    } else if let ratio {
      guard ratio.count == rank || ratio.count == 1 else {
        throw .value("\(name) requires output_ratio to either be a single Int or tuple of Ints.")
      }
      output = x.suffix(rank).enumerated().map { dim, size in
        Int(exactly: (Double(size) * ratio[ratio.count == 1 ? 0 : dim]).rounded(.towardZero)) ?? -1
      }
    } else {
      throw .value("\(name) requires specifying either an output_size or an output_ratio")
    }
    try check(name, x)
  }

  private func check(_ name: String, _ x: [Int]) throws(TensorError) {
    let rank = kernel.count
    guard kernel.allSatisfy({ $0 > 0 }) else {
      throw .runtime("\(name)(): kernel size should be greater than zero, but got \(kernel.map { "\($0)" }.joined(separator: "x"))")
    }
    if let empty = x.indices.dropFirst(x.count - rank - 1).first(where: { x[$0] == 0 }) {
      throw .runtime(
        "\(name)(): Expected input to have non-zero size for non-batch dimensions, but got\(x) with dimension \(empty) being empty."
      )
    }
    for size in output where size < 0 {
      throw .runtime("Trying to create tensor with negative dimension \(size): \(x.dropLast(rank) + output)")
    }
    for (label, dim) in zip(["time", "height", "width"].suffix(rank), 0..<rank)
    where Int128(output[dim]) + Int128(kernel[dim]) - (rank == 2 ? 1 : 0) > input[dim] {
      throw .runtime(
        "\(name)\(rank == 3 ? "_out" : "")(): pool \(label) \(kernel[dim]) too large relative to input \(label) \(input[dim])")
    }
  }

  /// The positions of the elements of all windows, in row-major order: [planes, windows, elements of a window].
  func places(_ samples: Tensor) -> Tensor {
    let rank = kernel.count
    let planes = samples.shape[0]
    var places = Tensor.zeros([planes, 1, 1], dtype: .int64, device: samples.device)
    for dim in 0..<rank {
      let starts = starts(samples.select(dim: 1, index: rank == 2 ? 1 - dim : dim), dim)
      let along = starts.unsqueeze(-1) + Tensor.positions(kernel[dim], on: samples.device)
      // Windows along this dimension beside those along the ones before, and so their elements.
      let all =
        places.view([planes, -1, 1, places.shape[2], 1]) * input[dim] + along.view([planes, 1, output[dim], 1, kernel[dim]])
      places = all.reshape([planes, places.shape[1] * output[dim], places.shape[2] * kernel[dim]])
    }
    return places
  }

  /// Where the windows along a dimension begin: at steps of the same length on average, the last at the end.
  private func starts(_ samples: Tensor, _ dim: Int) -> Tensor {
    let (count, last) = (output[dim], input[dim] - kernel[dim])
    let end = Tensor.full([samples.shape[0], 1], last, dtype: .int64, device: samples.device)
    if count == 1 { return end }
    let step = Tensor.full([], Double(last), dtype: samples.dtype, device: samples.device) / Double(count - 1)
    let sample = samples.unsqueeze(1)
    let steps = ((Tensor.positions(count - 1, on: samples.device).to(samples.dtype) + sample) * step).to(.int64)
    return concatenate([steps - (sample * step).to(.int64), end], dim: 1)
  }
}

import Fluxion

extension Operations {
  /// Convolution, pooling, interpolation: what looks at neighbours in space.
  static let spatial = [convolutions, pooling, resizing].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  private static let convolutions: [String: Operation] = [
    "conv1d": convolution(F.conv1d),
    "conv2d": convolution(F.conv2d),
    "conv3d": convolution(F.conv3d),
    "conv_transpose1d": transposedConvolution(F.convTranspose1d),
    "conv_transpose2d": transposedConvolution(F.convTranspose2d),
    "conv_transpose3d": transposedConvolution(F.convTranspose3d),
  ]

  private static let pooling: [String: Operation] = [
    "adaptive_avg_pool1d": { .tensor(F.adaptiveAvgPool1d(try $0.receiver, outputSize: try $0.outputSize)) },
    "adaptive_avg_pool2d": { .tensor(F.adaptiveAvgPool2d(try $0.receiver, outputSize: try $0.outputSize)) },
    "adaptive_avg_pool3d": { .tensor(F.adaptiveAvgPool3d(try $0.receiver, outputSize: try $0.outputSize)) },
    "adaptive_max_pool1d": adaptiveMaxPool(F.adaptiveMaxPool1d, F.adaptiveMaxPool1dWithIndices),
    "adaptive_max_pool2d": adaptiveMaxPool(F.adaptiveMaxPool2d, F.adaptiveMaxPool2dWithIndices),
    "adaptive_max_pool3d": adaptiveMaxPool(F.adaptiveMaxPool3d, F.adaptiveMaxPool3dWithIndices),
    "avg_pool1d": { call in
      .tensor(
        F.avgPool1d(
          try call.receiver, kernelSize: try call.kernelSize, stride: try call.ints(2, "stride"),
          padding: try call.ints(3, "padding") ?? [0], ceilMode: try call.bool(4, "ceil_mode") ?? false,
          countIncludePad: try call.bool(5, "count_include_pad") ?? true))
    },
    "avg_pool2d": averagePool(F.avgPool2d),
    "avg_pool3d": averagePool(F.avgPool3d),
    "fractional_max_pool2d": fractionalMaxPool(F.fractionalMaxPool2d, F.fractionalMaxPool2dWithIndices),
    "fractional_max_pool3d": fractionalMaxPool(F.fractionalMaxPool3d, F.fractionalMaxPool3dWithIndices),
    "local_response_norm": { call in
      .tensor(
        F.localResponseNorm(
          try call.receiver, size: try call.required(call.int(1, "size"), "size"), alpha: try call.double(2, "alpha") ?? 1e-4,
          beta: try call.double(3, "beta") ?? 0.75, k: try call.double(4, "k") ?? 1))
    },
    "lp_pool1d": { call in
      .tensor(
        F.lpPool1d(
          try call.receiver, normType: try call.normType, kernelSize: try call.required(call.int(2, "kernel_size"), "kernel_size"),
          stride: try call.int(3, "stride"), ceilMode: try call.bool(4, "ceil_mode") ?? false))
    },
    "lp_pool2d": powerPool(F.lpPool2d),
    "lp_pool3d": powerPool(F.lpPool3d),
    "max_pool1d": maxPool(F.maxPool1d, F.maxPool1dWithIndices),
    "max_pool2d": maxPool(F.maxPool2d, F.maxPool2dWithIndices),
    "max_pool3d": maxPool(F.maxPool3d, F.maxPool3dWithIndices),
    "max_unpool1d": maxUnpool(F.maxUnpool1d),
    "max_unpool2d": maxUnpool(F.maxUnpool2d),
    "max_unpool3d": maxUnpool(F.maxUnpool3d),
  ]

  /// Other sizes, and elements elsewhere.
  private static let resizing: [String: Operation] = [
    "channel_shuffle": { .tensor(F.channelShuffle(try $0.receiver, groups: try $0.required($0.int(1, "groups"), "groups"))) },
    "constant_pad_nd": { call in
      .tensor(try call.receiver.pad(call.required(call.ints(1, "pad"), "pad"), value: call.scalar(2, "value")))
    },
    "fold": { call in
      .tensor(
        F.fold(
          try call.receiver, outputSize: try call.required(call.ints(1, "output_size"), "output_size"),
          kernelSize: try call.required(call.ints(2, "kernel_size"), "kernel_size"), dilation: try call.ints(3, "dilation") ?? [1],
          padding: try call.ints(4, "padding") ?? [0], stride: try call.ints(5, "stride") ?? [1]))
    },
    "grid_sample": { call in
      guard let mode = GridSampling(rawValue: try call.string(2, "mode") ?? "bilinear"),
        let padding = GridPadding(rawValue: try call.string(3, "padding_mode") ?? "zeros")
      else { throw Unfit("mode") }
      return .tensor(
        F.gridSample(
          try call.receiver, try call.tensor(1, "grid"), mode: mode, paddingMode: padding,
          alignCorners: try call.bool(4, "align_corners") ?? false))
    },
    "grid_sampler_2d": gridSampler,
    "grid_sampler_3d": gridSampler,
    "interpolate": { call in
      let name = try call.string(3, "mode") ?? "nearest"
      guard let mode = InterpolationMode(rawValue: name) else { throw Unfit("mode \(name)") }
      return .tensor(
        F.interpolate(
          try call.receiver, size: try call.ints(1, "size"), scaleFactor: try call.scaleFactor, mode: mode,
          alignCorners: try call.bool(4, "align_corners"), recomputeScaleFactor: try call.bool(5, "recompute_scale_factor"),
          antialias: try call.bool(6, "antialias") ?? false))
    },
    "nn.functional.unfold": { call in
      .tensor(
        F.unfold(
          try call.receiver, kernelSize: try call.kernelSize, dilation: try call.ints(2, "dilation") ?? [1],
          padding: try call.ints(3, "padding") ?? [0], stride: try call.ints(4, "stride") ?? [1]))
    },
    "pixel_shuffle": { call in
      .tensor(
        F.pixelShuffle(try call.receiver, upscaleFactor: try call.required(call.int(1, "upscale_factor"), "upscale_factor")))
    },
    "pixel_unshuffle": { call in
      .tensor(
        F.pixelUnshuffle(
          try call.receiver, downscaleFactor: try call.required(call.int(1, "downscale_factor"), "downscale_factor")))
    },
    "upsample_bilinear": { call in
      .tensor(
        F.interpolate(
          try call.receiver, size: try call.ints(1, "size"), scaleFactor: try call.scaleFactor, mode: .bilinear, alignCorners: true)
      )
    },
    "upsample_nearest": { call in
      .tensor(F.interpolate(try call.receiver, size: try call.ints(1, "size"), scaleFactor: try call.scaleFactor))
    },
  ]

  private static func convolution(
    _ operation:
      @escaping @Sendable (
        Tensor, Tensor, Tensor?, _ stride: any Extents, _ padding: ConvolutionMargin, _ dilation: any Extents, _ groups: Int
      ) -> Tensor
  ) -> Operation {
    { call in
      let padding: ConvolutionMargin =
        switch call[4, "padding"] {
        case .string("same")?: .same
        case .string("valid")?: .valid
        default: .sizes(try call.ints(4, "padding") ?? [0])
        }
      return .tensor(
        operation(
          try call.receiver, try call.tensor(1, "weight"), try call.optionalTensor(2, "bias"), try call.ints(3, "stride") ?? [1],
          padding,
          try call.ints(5, "dilation") ?? [1], try call.int(6, "groups") ?? 1))
    }
  }

  private static func transposedConvolution(
    _ operation:
      @escaping @Sendable (
        Tensor, Tensor, Tensor?, _ stride: any Extents, _ padding: any Extents, _ outputPadding: any Extents, _ groups: Int,
        _ dilation: any Extents
      ) -> Tensor
  ) -> Operation {
    { call in
      .tensor(
        operation(
          try call.receiver, try call.tensor(1, "weight"), try call.optionalTensor(2, "bias"), try call.ints(3, "stride") ?? [1],
          try call.ints(4, "padding") ?? [0], try call.ints(5, "output_padding") ?? [0], try call.int(6, "groups") ?? 1,
          try call.ints(7, "dilation") ?? [1]))
    }
  }

  private static func averagePool(
    _ operation:
      @escaping @Sendable (
        Tensor, _ kernelSize: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ ceilMode: Bool,
        _ countIncludePad: Bool,
        _ divisorOverride: Int?
      ) -> Tensor
  ) -> Operation {
    { call in
      .tensor(
        operation(
          try call.receiver, try call.kernelSize, try call.ints(2, "stride"), try call.ints(3, "padding") ?? [0],
          try call.bool(4, "ceil_mode") ?? false, try call.bool(5, "count_include_pad") ?? true, try call.int(6, "divisor_override")
        ))
    }
  }

  private typealias MaxPool<Result> =
    @Sendable (
      Tensor, _ kernelSize: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ dilation: any Extents, _ ceilMode: Bool
    ) -> Result

  private static func maxPool(
    _ operation: @escaping MaxPool<Tensor>, _ withIndices: @escaping MaxPool<(values: Tensor, indices: Tensor)>
  ) -> Operation {
    { call in
      let (x, kernel, stride) = (try call.receiver, try call.kernelSize, try call.ints(2, "stride"))
      let (padding, dilation) = (try call.ints(3, "padding") ?? [0], try call.ints(4, "dilation") ?? [1])
      let ceilMode = try call.bool(5, "ceil_mode") ?? false
      guard try call.bool(6, "return_indices") ?? false else {
        return .tensor(operation(x, kernel, stride, padding, dilation, ceilMode))
      }
      let (values, indices) = withIndices(x, kernel, stride, padding, dilation, ceilMode)
      return .tensors([values, indices])
    }
  }

  private typealias FractionalMaxPool<Result> =
    @Sendable (
      Tensor, _ kernelSize: any Extents, _ outputSize: (any Extents)?, _ outputRatio: (any ScaleFactors)?, _ samples: Tensor?,
      Generator?
    ) -> Result

  private static func fractionalMaxPool(
    _ operation: @escaping FractionalMaxPool<Tensor>,
    _ withIndices: @escaping FractionalMaxPool<(values: Tensor, indices: Tensor)>
  ) -> Operation {
    { call in
      let (x, kernel, size) = (try call.receiver, try call.kernelSize, try call.ints(2, "output_size"))
      let (ratio, samples) = (try call.factors(3, "output_ratio"), try call.optionalTensor(5, "_random_samples"))
      guard try call.bool(4, "return_indices") ?? false else { return .tensor(operation(x, kernel, size, ratio, samples, nil)) }
      let (values, indices) = withIndices(x, kernel, size, ratio, samples, nil)
      return .tensors([values, indices])
    }
  }

  private static func powerPool(
    _ operation:
      @escaping @Sendable (
        Tensor, _ normType: Double, _ kernelSize: any Extents, _ stride: (any Extents)?, _ ceilMode: Bool
      ) -> Tensor
  ) -> Operation {
    { call in
      .tensor(
        operation(
          try call.receiver, try call.normType, try call.required(call.ints(2, "kernel_size"), "kernel_size"),
          try call.ints(3, "stride"),
          try call.bool(4, "ceil_mode") ?? false))
    }
  }

  /// Numbers in the place of names.
  private static let gridSampler: Operation = { call in
    let (mode, padding) = (try call.int(2, "interpolation_mode") ?? 0, try call.int(3, "padding_mode") ?? 0)
    guard GridSampling.allCases.indices.contains(mode), GridPadding.allCases.indices.contains(padding) else { throw Unfit("mode") }
    return .tensor(
      F.gridSample(
        try call.receiver, try call.tensor(1, "grid"), mode: GridSampling.allCases[mode],
        paddingMode: GridPadding.allCases[padding],
        alignCorners: try call.bool(4, "align_corners") ?? false))
  }

  private static func adaptiveMaxPool(
    _ operation: @escaping @Sendable (Tensor, any AdaptiveExtents) -> Tensor,
    _ withIndices: @escaping @Sendable (Tensor, any AdaptiveExtents) -> (values: Tensor, indices: Tensor)
  ) -> Operation {
    { call in
      let (x, size) = (try call.receiver, try call.outputSize)
      guard try call.bool(2, "return_indices") ?? false else { return .tensor(operation(x, size)) }
      let (values, indices) = withIndices(x, size)
      return .tensors([values, indices])
    }
  }

  private static func maxUnpool(
    _ operation:
      @escaping @Sendable (
        Tensor, Tensor, _ kernelSize: any Extents, _ stride: (any Extents)?, _ padding: any Extents, _ outputSize: [Int]?
      ) -> Tensor
  ) -> Operation {
    { call in
      .tensor(
        operation(
          try call.receiver, try call.tensor(1, "indices"), try call.required(call.ints(2, "kernel_size"), "kernel_size"),
          try call.ints(3, "stride"), try call.ints(4, "padding") ?? [0], try call.ints(5, "output_size")))
    }
  }
}

extension Call {
  fileprivate var kernelSize: [Int] { get throws { try required(ints(1, "kernel_size"), "kernel_size") } }

  fileprivate var normType: Double { get throws { try required(double(1, "norm_type"), "norm_type") } }

  fileprivate var scaleFactor: [Double]? { get throws { try factors(2, "scale_factor") } }

  /// One number or several.
  fileprivate func factors(_ index: Int, _ name: String) throws -> [Double]? {
    guard let value = given(index, name) else { return nil }
    return try (value.elements ?? [value]).map { try required($0.scalar, name).doubleValue }
  }

  /// One size or several, None for those that stay.
  fileprivate var outputSize: any AdaptiveExtents {
    get throws {
      guard let list = self[1, "output_size"]?.elements else {
        return try required(int(1, "output_size"), "output_size")
      }
      return list.map { $0.scalar.map { Int($0.intValue) } }
    }
  }
}

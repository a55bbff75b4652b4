import Fluxion

extension Operations {
  /// Convolution, pooling, interpolation: what looks at neighbours in space.
  static let spatial: [String: Operation] = [
    "conv1d": convolution(F.conv1d),
    "conv2d": convolution(F.conv2d),
    "conv3d": convolution(F.conv3d),
    "conv_transpose1d": transposedConvolution(F.convTranspose1d),
    "conv_transpose2d": transposedConvolution(F.convTranspose2d),
    "conv_transpose3d": transposedConvolution(F.convTranspose3d),
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
}

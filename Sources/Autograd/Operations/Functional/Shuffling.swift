import Devices

// Elements exchanged between channels and space.

extension F {
  /// Channels laid out in space: [..., c · r², h, w] becomes [..., c, h · r, w · r].
  ///
  /// Errors: `pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=7 is
  /// not divisible by 4`; `pixel_shuffle expects a positive upscale_factor, but got 0`; ...
  public static func pixelShuffle(_ input: Tensor, upscaleFactor: Int) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank >= 3 else {
        throw .runtime("pixel_shuffle expects input to have at least 3 dimensions, but got input with \(x.rank) dimension(s)")
      }
      guard upscaleFactor > 0 else { throw .runtime("pixel_shuffle expects a positive upscale_factor, but got \(upscaleFactor)") }
      let (square, overflow) = upscaleFactor.multipliedReportingOverflow(by: upscaleFactor)
      if overflow {
        throw .value("upscale factor is too large, (upscale_factor)^2 overflowed: upscale_factor=\(upscaleFactor)")
      }
      let (channels, height, width) = (x.size(-3), x.size(-2), x.size(-1))
      guard channels % square == 0 else {
        throw .runtime(
          "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)="
            + "\(channels) is not divisible by \(square)")
      }
      let (r, lead) = (upscaleFactor, Array(x.shape.dropLast(3)))
      let size = lead + [channels / square, height &* r, width &* r]
      _ = try Layout.checkedCount(size)
      return x.detach().reshape(lead + [channels / square, r, r, height, width]).movedim([-2, -1], [-4, -2]).reshape(size)
        .differentiable("PixelShuffleBackward0", x, saves: false) { g in pixelUnshuffle(g, downscaleFactor: r) }
    }
  }

  /// Space laid out in channels, the reverse of `pixelShuffle`: [..., c, h · r, w · r] becomes [..., c · r², h, w].
  ///
  /// Errors: `pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=3 is not divisible by 2`; ...
  public static func pixelUnshuffle(_ input: Tensor, downscaleFactor: Int) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank >= 3 else {
        throw .runtime("pixel_unshuffle expects input to have at least 3 dimensions, but got input with \(x.rank) dimension(s)")
      }
      let r = downscaleFactor
      guard r > 0 else { throw .runtime("pixel_unshuffle expects a positive downscale_factor, but got \(r)") }
      for (name, dim) in [("height", -2), ("width", -1)] where x.size(dim) % r != 0 {
        throw .runtime(
          "pixel_unshuffle expects \(name) to be divisible by downscale_factor, but input.size(\(dim))=\(x.size(dim)) is not divisible by "
            + "\(r)")
      }
      let (channels, height, width) = (x.size(-3), x.size(-2) / r, x.size(-1) / r)
      let lead = Array(x.shape.dropLast(3))
      let more = Int128(channels) * Int128(r) * Int128(r)
      let size = lead + [Int(clamping: more), height, width]
      _ = try Layout.checkedCount(size)
      return x.detach().reshape(lead + [channels, height, r, width, r]).movedim([-4, -2], [-2, -1]).reshape(size)
        .differentiable("PixelUnshuffleBackward0", x, saves: false) { g in pixelShuffle(g, upscaleFactor: r) }
    }
  }

  /// The channels of `groups` groups in turn, the first of each before the second of each.
  ///
  /// - Parameter input: of shape [batch, channels, ...].
  ///
  /// Errors: `Number of channels must be divisible by groups. Got 4 channels and 3 groups.`; `channel_shuffle expects input with > 2 dims, but
  /// got input with sizes [1, 4]`; ...
  public static func channelShuffle(_ input: Tensor, groups: Int) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank > 2 else { throw .runtime("channel_shuffle expects input with > 2 dims, but got input with sizes \(x.shape)") }
      guard groups > 0 else {
        throw .runtime("Number of groups to divide channels in must be positive. Value of groups:\(groups)")
      }
      let channels = x.shape[1]
      guard channels % groups == 0 else {
        throw .runtime("Number of channels must be divisible by groups. Got \(channels) channels and \(groups) groups.")
      }
      let parts = [x.shape[0], groups, channels / groups] + x.shape.dropFirst(2)
      return x.detach().reshape(parts).transpose(1, 2).reshape(x.shape)
        .differentiable("ChannelShuffleBackward0", x, saves: false) { g in
          channels == 0 ? g : channelShuffle(g, groups: channels / groups)
        }
    }
  }
}

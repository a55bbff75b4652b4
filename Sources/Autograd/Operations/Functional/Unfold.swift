import Devices

// Blocks of an image as columns, and the reverse.

extension F {
  /// All blocks of the last two dimensions as columns: [batch, channels, height, width] becomes [batch, channels · kernel, blocks].
  ///
  /// - Parameters:
  ///   - input: an image or a batch of them.
  ///   - dilation: from one element of a block to the next.
  ///   - padding: zeros on both sides of each dimension.
  ///   - stride: from one block to the next.
  ///
  /// Errors: `Given input with spatial size (4, 4), kernel_size=(5, 5), dilation=(1, 1), padding=(0, 0), calculated shape of the array of
  /// sliding blocks as (0, 0), but its components must be at least one.`; ...
  public static func unfold(
    _ input: Tensor, kernelSize: any Extents, dilation: any Extents = 1, padding: any Extents = 0, stride: any Extents = 1
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank == 3 || x.rank == 4, x.shape.dropFirst(x.rank - 3).allSatisfy({ $0 > 0 }) else {
        throw .runtime(
          "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: \(x.shape)"
        )
      }
      let blocks = try Blocks(Array(x.shape.suffix(2)), kernelSize, dilation, padding, stride)
      guard blocks.counts.allSatisfy({ $0 >= 1 }) else {
        throw .runtime(
          "Given input with spatial size \(listed(blocks.image)), \(blocks.arguments), calculated shape of the array of sliding blocks as "
            + "\(listed(blocks.counts)), but its components must be at least one.")
      }
      return x.rank == 4 ? try blocks.unfolded(x) : try blocks.unfolded(x.unsqueeze(0)).squeeze(0)
    }
  }

  /// The sums of blocks given as columns, [batch, channels · kernel, blocks], at their places in an image of `outputSize`: the transpose of
  /// `unfold`.
  ///
  /// Errors: `Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=7 and kernel_size=(2,
  /// 2).`; a number of blocks other than `unfold` gives for that image; ...
  public static func fold(
    _ input: Tensor, outputSize: any Extents, kernelSize: any Extents, dilation: any Extents = 1, padding: any Extents = 0,
    stride: any Extents = 1
  ) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard let image = outputSize.expanded(to: 2) else {
        throw .runtime("It is expected output_size equals to 2, but got size \(outputSize.extents.count)")
      }
      guard x.rank == 2 || x.rank == 3, x.shape.suffix(2).allSatisfy({ $0 > 0 }) else {
        throw .runtime(
          "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: \(x.shape)"
        )
      }
      let blocks = try Blocks(image, kernelSize, dilation, padding, stride)
      let rows = x.shape[x.rank - 2]
      // A product that does not fit an Int divides no number of rows.
      let (volume, overflow) = blocks.kernel[0].multipliedReportingOverflow(by: blocks.kernel[1])
      guard !overflow, rows % volume == 0 else {
        throw .runtime(
          "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=\(rows) and "
            + "kernel_size=\(listed(blocks.kernel)).")
      }
      guard image.allSatisfy({ $0 > 0 }), blocks.counts.allSatisfy({ $0 >= 0 }),
        Int128(blocks.counts[0]) * Int128(blocks.counts[1]) == x.shape[x.rank - 1]
      else {
        let counts = blocks.counts.map { max($0, 0) }
        throw .runtime(
          "Given output_size=\(listed(image)), \(blocks.arguments), stride=\(listed(blocks.stride)), expected size of input's dimension 2 to "
            + "match the calculated number of sliding blocks \(counts[0]) * \(counts[1]) = \(counts[0] &* counts[1]), but got "
            + "input.size(2)=\(x.shape[x.rank - 1]).")
      }
      return x.rank == 3 ? try blocks.folded(x) : try blocks.folded(x.unsqueeze(0)).squeeze(0)
    }
  }
}

/// The blocks of an image, in two dimensions.
private struct Blocks: Sendable {
  let image: [Int]
  let kernel: [Int]
  let dilation: [Int]
  let padding: [Int]
  let stride: [Int]
  /// How many there are along each dimension, none or less where the kernel is larger than the image.
  let counts: [Int]

  init(
    _ image: [Int], _ kernel: any Extents, _ dilation: any Extents, _ padding: any Extents, _ stride: any Extents
  ) throws(TensorError) {
    func two(_ value: any Extents, _ name: String) throws(TensorError) -> [Int] {
      guard let both = value.expanded(to: 2) else {
        throw .runtime("It is expected \(name) equals to 2, but got size \(value.extents.count)")
      }
      return both
    }
    self.image = image
    self.kernel = try two(kernel, "kernel_size")
    self.dilation = try two(dilation, "dilation")
    self.padding = try two(padding, "padding")
    self.stride = try two(stride, "stride")
    let positive = [
      ("kernel size", "kernel", self.kernel), ("dilation", "dilation", self.dilation), ("stride", "stride", self.stride),
    ]
    for (name, label, values) in positive where values.contains(where: { $0 <= 0 }) {
      throw .runtime("\(name) should be greater than zero, but got \(label)_height: \(values[0]) \(label)_width: \(values[1])")
    }
    guard self.padding.allSatisfy({ $0 >= 0 }) else {
      throw .runtime("padding should be non-negative, but got pad_height: \(self.padding[0]) pad_width: \(self.padding[1])")
    }
    var counts: [Int] = []
    for dim in 0..<2 {
      let padded = Int128(image[dim]) + 2 * Int128(self.padding[dim])
      let free = padded - Int128(self.dilation[dim]) * Int128(self.kernel[dim] - 1) - 1
      guard padded <= Int.max / 16 else { throw .runtime("Storage size calculation overflowed with sizes=\(image)") }
      counts.append(free < 0 ? 0 : Int(free / Int128(self.stride[dim])) + 1)
    }
    self.counts = counts
  }

  var arguments: String {
    "kernel_size=\(listed(kernel)), dilation=\(listed(dilation)), padding=\(listed(padding))"
  }

  private var margins: [Int] { [padding[1], padding[1], padding[0], padding[0]] }

  /// The elements of a padded image that stand in every block at the kernel's place, for all places or one.
  private func windows(of layout: Layout, at place: (y: Int, x: Int)? = nil) -> Layout {
    let (shape, strides) = (layout.shape, layout.strides)
    // A step that is never taken may be anything.
    let steps = (0..<2).map { counts[$0] > 1 ? stride[$0] * strides[$0 + 2] : 0 }
    let gaps = (0..<2).map { kernel[$0] > 1 ? dilation[$0] * strides[$0 + 2] : 0 }
    if let place {
      return Layout(
        shape: [shape[0], shape[1]] + counts, strides: [strides[0], strides[1]] + steps,
        offset: layout.offset + place.y * gaps[0] + place.x * gaps[1])
    }
    return Layout(
      shape: [shape[0], shape[1]] + kernel + counts, strides: [strides[0], strides[1]] + gaps + steps, offset: layout.offset)
  }

  func unfolded(_ x: Tensor) throws(TensorError) -> Tensor {
    let (batch, channels) = (x.shape[0], x.shape[1])
    _ = try Layout.checkedCount([batch, channels] + kernel + counts)
    let shape = [batch, channels * kernel[0] * kernel[1], counts[0] * counts[1]]
    let result = try Tensor.uninitialized("im2col", shape, x.dtype, x.device)
    if result.count > 0 {
      let padded = x.detach().pad(margins).operand
      let columns = Layout(shape: [batch, channels] + kernel + counts)
      try x.device.copy(padded.with(layout: windows(of: padded.layout)), to: result.operand.with(layout: columns))
    }
    return result.differentiable("Im2ColBackward0", x, saves: false) { g in
      attempt(g) { g throws(TensorError) in try folded(g) }
    }
  }

  private static let sum = ElementwiseKernel { a, b in a + b }

  func folded(_ columns: Tensor) throws(TensorError) -> Tensor {
    let (batch, channels) = (columns.shape[0], columns.shape[1] / (kernel[0] * kernel[1]))
    let sizes = zip(image, padding).map { $0 + 2 * $1 }
    let padded = Tensor.zeros([batch, channels] + sizes, dtype: columns.dtype, device: columns.device)
    guard padded.isValid else { return padded }
    if columns.count > 0 {
      // For each place in the kernel, which the blocks have at different places of the image.
      let parts = columns.detach().contiguous().operand
      let all = Layout(
        shape: [batch, channels] + kernel + counts, strides: Layout(shape: [batch, channels] + kernel + counts).strides,
        offset: parts.layout.offset)
      for y in 0..<kernel[0] {
        for x in 0..<kernel[1] {
          let target = padded.operand.with(layout: windows(of: padded.layout, at: (y, x)))
          let source = parts.with(layout: all.selecting(y, of: 2).selecting(x, of: 2))
          try columns.device.elementwise(
            Blocks.sum, dtype: columns.dtype, inputs: [.operand(target), .operand(source)], outputs: [target])
        }
      }
    }
    return padded.pad(margins.map { -$0 }).differentiable("Col2ImBackward0", columns, saves: false) { g in
      attempt(g) { g throws(TensorError) in try unfolded(g) }
    }
  }
}

private func listed(_ values: [Int]) -> String { "(" + values.map { "\($0)" }.joined(separator: ", ") + ")" }

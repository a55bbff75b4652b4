import Devices

// Convolutions in one to three dimensions, and their transposes: one command of the device for all of them.

/// What is put around the input of a convolution: numbers of zeros on both sides of each spatial dimension, or `.same` or `.valid`.
public protocol ConvolutionPadding: Sendable {
  var margin: ConvolutionMargin { get }
}

/// See `ConvolutionPadding`.
public enum ConvolutionMargin: ConvolutionPadding, Hashable {
  case sizes([Int])
  /// As much as gives the output the input's size; where that is odd, the larger part behind.
  case keepingSize

  public var margin: ConvolutionMargin { self }
}

extension Int: ConvolutionPadding {
  public var margin: ConvolutionMargin { .sizes([self]) }
}

extension [Int]: ConvolutionPadding {
  public var margin: ConvolutionMargin { .sizes(self) }
}

extension ConvolutionPadding where Self == ConvolutionMargin {
  /// As much as gives the output the input's size.
  public static var same: ConvolutionMargin { .keepingSize }
  /// Nothing.
  public static var valid: ConvolutionMargin { .sizes([0]) }
}

extension F {
  /// The cross-correlation of the input with every filter, along one spatial dimension; see `conv2d`.
  public static func conv1d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: some ConvolutionPadding = 0,
    dilation: any Extents = 1, groups: Int = 1
  ) -> Tensor {
    convolved("conv1d", rank: 1, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(x, w, bias, stride, padding.margin, dilation, groups)
    }
  }

  /// The cross-correlation of the input with every filter, along two spatial dimensions:
  ///
  ///     result[n, o, p] = bias[o] + Σ weight[o, c, k] · input[n, c, p · stride − padding + k · dilation]
  ///
  /// with zeros outside the input.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or without a batch.
  ///   - weight: of shape [filters, channels / groups, height, width].
  ///   - bias: of shape [filters].
  ///   - padding: zeros on both sides of each dimension, or `.same` or `.valid`.
  ///   - groups: into how many parts the channels and filters are divided; a filter sees the channels of its part.
  ///
  /// Errors: `Given groups=1, weight of size [1, 1, 2, 2], expected input[1, 2, 4, 4] to have 1 channels, but got 2 channels instead`;
  /// `Calculated padded input size per channel: (4 x 4). Kernel size: (5 x 2). Kernel size can't be greater than actual input size`;
  /// `padding='same' is not supported for strided convolutions`; ...
  public static func conv2d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: some ConvolutionPadding = 0,
    dilation: any Extents = 1, groups: Int = 1
  ) -> Tensor {
    convolved("conv2d", rank: 2, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(x, w, bias, stride, padding.margin, dilation, groups)
    }
  }

  /// The cross-correlation of the input with every filter, along three spatial dimensions; see `conv2d`.
  public static func conv3d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: some ConvolutionPadding = 0,
    dilation: any Extents = 1, groups: Int = 1
  ) -> Tensor {
    convolved("conv3d", rank: 3, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(x, w, bias, stride, padding.margin, dilation, groups)
    }
  }

  /// The transpose of `conv1d`; see `convTranspose2d`.
  public static func convTranspose1d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: any Extents = 0,
    outputPadding: any Extents = 0, groups: Int = 1, dilation: any Extents = 1
  ) -> Tensor {
    convolved("conv_transpose1d", rank: 1, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(transposing: x, w, bias, stride, padding, outputPadding, groups, dilation)
    }
  }

  /// The transpose of `conv2d`, its derivative by its input: every element of the input is multiplied with the kernel and added where `conv2d`
  /// would read it.
  ///
  /// - Parameters:
  ///   - input: of shape [batch, channels, height, width], or without a batch.
  ///   - weight: of shape [channels, filters / groups, height, width].
  ///   - bias: of shape [filters].
  ///   - outputPadding: how many positions more the result has at its end: several sizes of `conv2d`'s input give one of its output.
  ///
  /// Errors: `Given transposed=1, weight of size [3, 1, 2, 2], expected input[1, 2, 4, 4] to have 3 channels, but got 2 channels instead`;
  /// `output padding must be smaller than either stride or dilation, but got ...`; `Given input size per channel: (4 x 4). Calculated output
  /// size per channel: (-1 x -1). Output size is too small`; ...
  public static func convTranspose2d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: any Extents = 0,
    outputPadding: any Extents = 0, groups: Int = 1, dilation: any Extents = 1
  ) -> Tensor {
    convolved("conv_transpose2d", rank: 2, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(transposing: x, w, bias, stride, padding, outputPadding, groups, dilation)
    }
  }

  /// The transpose of `conv3d`; see `convTranspose2d`.
  public static func convTranspose3d(
    _ input: Tensor, _ weight: Tensor, bias: Tensor? = nil, stride: any Extents = 1, padding: any Extents = 0,
    outputPadding: any Extents = 0, groups: Int = 1, dilation: any Extents = 1
  ) -> Tensor {
    convolved("conv_transpose3d", rank: 3, input, weight, bias) { x, w, bias throws(TensorError) in
      try ConvolutionShape(transposing: x, w, bias, stride, padding, outputPadding, groups, dilation)
    }
  }

  private static func convolved(
    _ name: String, rank: Int, _ input: Tensor, _ weight: Tensor, _ bias: Tensor?,
    _ shape: (_ input: [Int], _ weight: [Int], _ bias: [Int]?) throws(TensorError) -> ConvolutionShape
  ) -> Tensor {
    attempt([input, weight] + (bias.map { [$0] } ?? [])) { list throws(TensorError) in
      let (x, w, bias) = (list[0], list[1], list.count > 2 ? list[2] : nil)
      guard x.rank == rank + 1 || x.rank == rank + 2 else {
        throw .runtime(
          "Expected \(rank + 1)D (unbatched) or \(rank + 2)D (batched) input to \(name), but got input of size: \(x.shape)")
      }
      let isBatched = x.rank == rank + 2
      let images = isBatched ? x : x.unsqueeze(0)
      let shape = try shape(images.shape, w.shape, bias?.shape)
      for other in [w, bias].compactMap(\.self) where other.device !== x.device { throw mixedDevices(x.device, other.device) }
      if let bias, bias.dtype != x.dtype {
        throw .runtime("Input type (\(x.dtype.cppName)) and bias type (\(bias.dtype.cppName)) should be the same")
      }
      guard x.dtype == w.dtype else {
        throw .runtime("expected scalar type \(x.dtype.scalarTypeName) but found \(w.dtype.scalarTypeName)")
      }
      let result = try shape.made(shape.result, of: images, w, bias: bias, "ConvolutionBackward0")
      return isBatched ? result : result.squeeze(0)
    }
  }
}

// MARK: - The three arrays of a convolution

/// A convolution with the shapes of its input, weight and output; in a transposed one, the input is what it makes.
struct ConvolutionShape: Sendable {
  private var convolution: Convolution
  private var input: [Int]
  private var weight: [Int]
  private var output: [Int]
  /// Which of them the operation makes.
  let result: Convolution.Product

  /// The array that `product` names, of the other two. As any of the three is a sum of products of the others, so are its derivatives.
  func made(
    _ product: Convolution.Product, of a: Tensor, _ b: Tensor, bias: Tensor? = nil, _ gradName: String
  ) throws(TensorError) -> Tensor {
    let shape =
      switch product {
      case .output: output
      case .input: input
      case .weight: weight
      }
    let result = try Tensor.uninitialized("convolution", shape, a.dtype, a.device)
    try a.device.convolution(product, a.operand, b.operand, bias: bias?.operand, convolution, to: result.operand)
    @Sendable func next(_ product: Convolution.Product, _ a: Tensor, _ b: Tensor) -> Tensor {
      attempt(a, b) { a, b throws(TensorError) in try made(product, of: a, b, "ConvolutionBackwardBackward0") }
    }
    var formulas: [@Sendable (Tensor) -> Tensor] =
      switch product {
      case .output: [{ g in next(.input, g, b) }, { g in next(.weight, a, g) }]
      case .input: [{ g in next(.output, g, b) }, { g in next(.weight, g, a) }]
      case .weight: [{ g in next(.input, b, g) }, { g in next(.output, a, g) }]
      }
    guard let bias else { return result.differentiable(gradName, [a, b], formulas) }
    let others = [0] + Array(2..<shape.count)
    formulas.append { g in g.sum(dim: others) }
    return result.differentiable(gradName, [a, b, bias], formulas)
  }
}

// MARK: - Rules

extension ConvolutionShape {
  /// - Throws: PyTorch's texts where shapes and arguments do not fit.
  fileprivate init(
    _ x: [Int], _ weight: [Int], _ bias: [Int]?, _ stride: any Extents, _ padding: ConvolutionMargin, _ dilation: any Extents,
    _ groups: Int
  ) throws(TensorError) {
    var arguments = try ConvolutionArguments(weight, stride, dilation, groups)
    if case .sizes(let sizes) = padding { arguments.padding = try arguments.extents(sizes, "padding") }
    let channels = Int(clamping: Int128(weight[1]) * Int128(groups))
    try arguments.check(x, weight, bias, channels: channels, filters: weight[0], isTransposed: false)
    let kernel = arguments.reach.map { $0 + 1 }
    if padding == .keepingSize {
      guard arguments.stride.allSatisfy({ $0 == 1 }) else {
        throw .runtime("padding='same' is not supported for strided convolutions")
      }
      arguments.padding = arguments.reach.map { Int(clamping: $0 / 2) }
    }
    let padded = zip(x.dropFirst(2), arguments.padding).map { Int128($0) + 2 * Int128($1) }
    if padding != .keepingSize {
      guard zip(padded, kernel).allSatisfy({ $0 >= $1 }) else {
        throw .runtime(
          "Calculated padded input size per channel: \(crossed(padded)). Kernel size: \(crossed(kernel)). Kernel size can't be greater than "
            + "actual input size")
      }
    }
    for size in padded where size > Int.max / 4 { throw .runtime("Storage size calculation overflowed with sizes=\(padded)") }
    var sizes: [Int] = []
    for dim in padded.indices {
      let size = padding == .keepingSize ? Int128(x[dim + 2]) : (padded[dim] - kernel[dim]) / Int128(arguments.stride[dim]) + 1
      sizes.append(Int(size))
    }
    self.init(
      convolution: arguments.convolution(kernel: weight, output: sizes), input: x, weight: weight,
      output: [x[0], weight[0]] + sizes, result: .output)
  }

  fileprivate init(
    transposing x: [Int], _ weight: [Int], _ bias: [Int]?, _ stride: any Extents, _ padding: any Extents,
    _ outputPadding: any Extents, _ groups: Int, _ dilation: any Extents
  ) throws(TensorError) {
    var arguments = try ConvolutionArguments(weight, stride, dilation, groups)
    arguments.padding = try arguments.extents(padding.extents, "padding")
    let more = try arguments.extents(outputPadding.extents, "output_padding")
    for size in more where size < 0 { throw .runtime("negative output_padding is not supported") }
    let filters = Int(clamping: Int128(weight[1]) * Int128(groups))
    try arguments.check(x, weight, bias, channels: weight[0], filters: filters, isTransposed: true)
    for dim in more.indices where more[dim] >= arguments.stride[dim] && more[dim] >= arguments.dilation[dim] {
      throw .runtime(
        "output padding must be smaller than either stride or dilation, but got "
          + "\(named("output_padding", more)) \(named("stride", arguments.stride)) \(named("dilation", arguments.dilation))")
    }
    guard x.dropFirst(2).allSatisfy({ $0 > 0 }) else {
      throw .runtime("Only zero batch or zero channel inputs are supported, but got input shape: \(x)")
    }
    var wide: [Int128] = []
    for dim in more.indices {
      let whole = Int128(x[dim + 2] - 1) * Int128(arguments.stride[dim]) + arguments.reach[dim] + Int128(more[dim]) + 1
      if whole > Int.max / 4 { throw .runtime("Storage size calculation overflowed with sizes=\([whole])") }
      wide.append(whole - 2 * Int128(arguments.padding[dim]))
    }
    guard wide.allSatisfy({ $0 >= 1 }) else {
      throw .runtime(
        "Given input size per channel: \(crossed(x.dropFirst(2))). Calculated output size per channel: \(crossed(wide)). Output size is too "
          + "small")
    }
    self.init(
      convolution: arguments.convolution(kernel: weight, output: Array(x.dropFirst(2))),
      input: [x[0], filters] + wide.map { Int($0) }, weight: weight, output: x, result: .input)
  }
}

/// The numbers of a convolution, one for each spatial dimension of its weight.
private struct ConvolutionArguments {
  let stride: [Int]
  var padding: [Int]
  let dilation: [Int]
  let groups: Int
  /// From the first to the last position of a window.
  let reach: [Int128]

  init(_ weight: [Int], _ stride: any Extents, _ dilation: any Extents, _ groups: Int) throws(TensorError) {
    guard weight.count > 2 else { throw .runtime("weight should have at least three dimensions") }
    guard groups > 0 else { throw .runtime("non-positive groups is not supported") }
    let rank = weight.count - 2
    self.stride = try Self.extents(stride.extents, "stride", rank)
    self.dilation = try Self.extents(dilation.extents, "dilation", rank)
    self.groups = groups
    padding = [Int](repeating: 0, count: rank)
    reach = zip(self.dilation, weight.dropFirst(2)).map { Int128($0) * Int128($1 - 1) }
  }

  func extents(_ values: [Int], _ name: String) throws(TensorError) -> [Int] { try Self.extents(values, name, stride.count) }

  private static func extents(_ values: [Int], _ name: String, _ rank: Int) throws(TensorError) -> [Int] {
    guard let all = values.expanded(to: rank) else {
      throw .runtime(
        "expected \(name) to be a single integer value or a list of \(rank) values to match the convolution dimensions, but got "
          + "\(name)=\(values)")
    }
    return all
  }

  /// What holds for a convolution and its transpose alike.
  func check(
    _ x: [Int], _ weight: [Int], _ bias: [Int]?, channels: Int, filters: Int, isTransposed: Bool
  ) throws(TensorError) {
    guard padding.allSatisfy({ $0 >= 0 }) else { throw .runtime("negative padding is not supported") }
    guard stride.allSatisfy({ $0 > 0 }) else { throw .runtime("non-positive stride is not supported") }
    guard dilation.allSatisfy({ $0 > 0 }) else { throw .runtime("dilation should be greater than zero, but got \(dilation)") }
    guard weight.count == x.count else {
      throw .runtime(
        "Expected \(weight.count)-dimensional input for \(weight.count)-dimensional weight \(weight), but got \(x.count)-dimensional input "
          + "of size \(x) instead")
    }
    guard weight[0] >= groups else {
      throw .runtime(
        "Given groups=\(groups), expected weight to be at least \(groups) at dimension 0, but got weight of size \(weight) instead")
    }
    guard weight[0] % groups == 0 else {
      throw .runtime(
        "Given groups=\(groups), expected weight to be divisible by \(groups) at dimension 0, but got weight of size [\(weight)] instead"
      )
    }
    guard x[1] == channels else {
      throw .runtime(
        "Given \(isTransposed ? "transposed=1" : "groups=\(groups)"), weight of size \(weight), expected input\(x) to have \(channels) "
          + "channels, but got \(x[1]) channels instead")
    }
    if let bias, bias != [filters] {
      throw .runtime(
        "Given weight of size \(weight), expected bias to be 1-dimensional with \(filters) elements, but got bias of size \(bias) instead"
      )
    }
    guard weight.dropFirst(2).allSatisfy({ $0 > 0 }) else {
      throw .runtime("kernel size should be greater than zero, but got \(named("kernel", Array(weight.dropFirst(2))))")
    }
  }

  /// For the device. A step that is never taken is one, so that no product of it overflows.
  func convolution(kernel: [Int], output: [Int]) -> Convolution {
    Convolution(
      stride: zip(stride, output).map { $1 > 1 ? $0 : 1 }, padding: padding,
      dilation: zip(dilation, kernel.dropFirst(2)).map { $1 > 1 ? $0 : 1 }, groups: groups)
  }
}

/// Sizes as PyTorch's messages have them: `(4 x 4)`.
private func crossed(_ sizes: some Sequence<some BinaryInteger>) -> String {
  "(" + sizes.map { "\($0)" }.joined(separator: " x ") + ")"
}

/// `stride_height: 1 stride_width: 2`.
private func named(_ name: String, _ sizes: [Int]) -> String {
  zip(["depth", "height", "width"].suffix(sizes.count), sizes).map { "\(name)_\($0): \($1)" }.joined(separator: " ")
}

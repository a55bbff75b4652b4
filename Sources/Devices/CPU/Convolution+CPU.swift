import CKernels
import Synchronization

/// Convolutions on the host: a block of the images at a time is laid out with zeros around it, and its windows are multiplied where they lie
/// by a panel of filters, `WindowElement.windowProduct`.
enum CPUConvolution {
  static func run(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand,
    on device: CPUDevice
  ) throws(TensorError) {
    guard output.dtype != .bool else {
      throw .notImplemented("\"slow_conv\(a.layout.rank - 2)d_\(device.type)\" not implemented for 'Bool'")
    }
    guard output.count > 0 else { return }
    let dtype = output.dtype.windowDType
    let a = try device.compact(a, as: dtype)
    let b = try device.compact(b, as: dtype)
    var start: Operand?
    if let bias { start = try device.compact(bias, as: dtype) }
    try device.writing(output, as: dtype) { result throws(TensorError) in
      let (input, weight, output) =
        switch product {
        case .output: (a, b, result)
        case .input: (result, b, a)
        case .weight: (a, result, b)
        }
      switch dtype {
      case .float32: try run(Float.self, product, convolution, input, weight, output, start)
      case .float64: try run(Double.self, product, convolution, input, weight, output, start)
      default: try run(Int64.self, product, convolution, input, weight, output, start)
      }
    }
  }

  private static func run<T: WindowElement>(
    _: T.Type, _ product: Convolution.Product, _ convolution: Convolution, _ input: Operand, _ weight: Operand, _ output: Operand,
    _ bias: Operand?
  ) throws(TensorError) {
    let shape = ConvolutionSizes(convolution, input: input.shape, weight: weight.shape, output: output.shape)
    let x = input.address.assumingMemoryBound(to: T.self)
    let w = weight.address.assumingMemoryBound(to: T.self)
    let y = output.address.assumingMemoryBound(to: T.self)
    let bias = bias.map { UnsafePointer($0.address.assumingMemoryBound(to: T.self)) }
    switch product {
    case .output:
      let weights = WeightOrder(filterStep: shape.channels * shape.kernelCount, channelStep: shape.kernelCount)
      try Correlation(
        shape, source: x, channels: shape.channels, target: y, filters: shape.filters, targetSizes: shape.output, weight: w,
        weights, bias: bias
      ).run(shape.windows)
    case .input:
      let parts = (0..<3).map { shape.transposed($0) }
      let elements = parts.reduce(1.0) { $0 * $1.reduce(0) { $0 + Double($1.positions) * Double($1.taps) } }
      let scatter = InputScatter(shape, input: x, output: y, weight: w, bias: bias)
      if scatter.pays(against: elements) { return try scatter.run() }
      let weights = WeightOrder(filterStep: shape.kernelCount, channelStep: shape.channels * shape.kernelCount)
      let correlation = Correlation(
        shape, source: UnsafePointer(y), channels: shape.filters, target: x, filters: shape.channels, targetSizes: shape.input,
        weight: w, weights, bias: bias)
      // Elements that no window reaches, between the windows or behind them, are in none of the parts.
      let covered = zip(parts, shape.input).allSatisfy { parts, size in parts.reduce(0) { $0 + $1.positions } == size }
      if !covered { correlation.fill() }
      for z in parts[0] {
        for y in parts[1] {
          for x in parts[2] { try correlation.run(Windows(z: z, y: y, x: x)) }
        }
      }
    case .weight: try WeightGradient(shape, input: x, output: y, weight: w).run()
    }
  }
}

/// The sizes of a convolution's three arrays, in row-major order. The dimensions that it lacks come first and have one place.
struct ConvolutionSizes {
  let batch: Int
  let groups: Int
  /// Channels of the input and of the output in a group.
  let channels: Int
  let filters: Int
  let input: [Int]
  let kernel: [Int]
  let output: [Int]
  private let stride: [Int]
  private let padding: [Int]
  private let dilation: [Int]

  init(_ convolution: Convolution, input: [Int], weight: [Int], output: [Int]) {
    batch = input[0]
    groups = convolution.groups
    channels = weight[1]
    filters = weight[0] / convolution.groups
    func three(_ values: some Collection<Int>, _ filler: Int) -> [Int] {
      [Int](repeating: filler, count: 3 - values.count) + values
    }
    self.input = three(input.dropFirst(2), 1)
    kernel = three(weight.dropFirst(2), 1)
    self.output = three(output.dropFirst(2), 1)
    stride = three(convolution.stride, 1)
    padding = three(convolution.padding, 0)
    dilation = three(convolution.dilation, 1)
  }

  var kernelCount: Int { kernel.reduce(1, *) }

  /// The windows of the output's elements in the input.
  var windows: Windows {
    func axis(_ dim: Int) -> WindowAxis {
      WindowAxis(
        input: input[dim], kernel: kernel[dim], output: output[dim], stride: stride[dim], padding: padding[dim],
        dilation: dilation[dim])
    }
    return Windows(z: axis(0), y: axis(1), x: axis(2))
  }

  /// The windows of the input's elements in the output along one dimension.
  func transposed(_ dim: Int) -> [WindowAxis] {
    WindowAxis.transposed(
      input: input[dim], kernel: kernel[dim], output: output[dim], stride: stride[dim], padding: padding[dim],
      dilation: dilation[dim])
  }
}

/// Filters side by side in the lanes of a panel: as many as a vector holds, the last ones in a shorter one if they are few.
struct LaneBlocks<T: WindowElement> {
  let filters: Int

  static var lanes: Int { Int(FX_WINDOW_BYTES) / MemoryLayout<T>.stride }
  var count: Int { (filters + Self.lanes - 1) / Self.lanes }
  func range(_ block: Int) -> Range<Int> { block * Self.lanes..<min(filters, (block + 1) * Self.lanes) }

  /// The lanes that so many filters take.
  static func width(_ filters: Int) -> Int { filters * 4 <= lanes ? lanes / 4 : filters * 2 <= lanes ? lanes / 2 : lanes }
}

/// Where a block's windows lie: in a copy, or in the images themselves where every window is one element.
struct WindowSource<T: WindowElement> {
  let source: UnsafePointer<T>
  let windows: Windows
  let groups: Int
  let channels: Int
  private var planeCount: Int { windows.z.size * windows.y.size * windows.x.size }

  /// The elements that a copy of a block takes.
  func copyCount(_ block: WindowBlock) -> Int {
    windows.areWhole ? 0 : WindowLayout(windows, block).imageCount(channels: channels) * block.images.count
  }

  /// Writes the places of all positions and of all taps.
  func placeAll(_ block: WindowBlock, positions: UnsafeMutablePointer<Int>, taps: UnsafeMutablePointer<Int>) {
    let layout = WindowLayout(windows, block)
    let imageStep = windows.areWhole ? groups * channels * planeCount : layout.imageCount(channels: channels)
    layout.placePositions(block, imageStep: imageStep, positions)
    layout.placeTaps(windows, channels: channels, channelStep: windows.areWhole ? planeCount : layout.channelStep, taps)
  }

  /// The start of what those places count from, in `memory` if the block is copied.
  func laidOut(_ block: WindowBlock, group: Int, in memory: UnsafeMutablePointer<T>) -> UnsafePointer<T> {
    let start = source + (block.images.lowerBound * groups + group) * channels * planeCount
    if windows.areWhole {
      return start + (block.z.lowerBound * windows.y.size + block.y.lowerBound) * windows.x.size + block.x.lowerBound
    }
    let layout = WindowLayout(windows, block)
    for image in 0..<block.images.count {
      for channel in 0..<channels {
        layout.copy(
          start + (image * groups * channels + channel) * planeCount,
          to: memory + (image * channels + channel) * layout.channelStep)
      }
    }
    return UnsafePointer(memory)
  }
}

/// An array of images that a block's positions are written to or read from.
struct WindowTarget {
  let windows: Windows
  let sizes: [Int]

  var planeCount: Int { sizes[0] * sizes[1] * sizes[2] }

  /// Calls `body` with the runs of a block's positions that lie along a line: the first of them, its image and its place in a plane, and
  /// their number. They are `windows.x.targetStep` apart.
  func forEachRun(_ block: WindowBlock, _ body: (_ position: Int, _ image: Int, _ place: Int, _ count: Int) -> Void) {
    let (z, y, x) = (windows.z, windows.y, windows.x)
    let isLineWhole = block.x.count == sizes[2] && y.targetStep == 1
    let isPlaneWhole = isLineWhole && block.y.count == sizes[1] && z.targetStep == 1
    let lines = isLineWhole ? block.y.count : 1
    let planes = isPlaneWhole ? block.z.count : 1
    let count = planes * lines * block.x.count
    var position = 0
    for image in block.images {
      for pz in Swift.stride(from: block.z.lowerBound, to: block.z.upperBound, by: planes) {
        for py in Swift.stride(from: block.y.lowerBound, to: block.y.upperBound, by: lines) {
          let line = (z.targetStart + pz * z.targetStep) * sizes[1] + y.targetStart + py * y.targetStep
          body(position, image, line * sizes[2] + x.targetStart + block.x.lowerBound * x.targetStep, count)
          position += count
        }
      }
    }
  }
}

// MARK: - Sharing the work

enum ConvolutionWork {
  /// The least work worth a thread of its own, in multiplications.
  private static let grain = 1 << 18
  /// A block's positions, whose sums stay in the first-level cache, and the bytes of its layout, which stays in the second-level one.
  static let positions = 256
  static let blockByteCount = 1 << 18
  /// So many taps at a time are multiplied, for the panel to stay in the cache.
  static let taps = 512

  /// Pieces enough for those threads that there may be. What the pieces are depends on the sizes alone, and so does the result.
  static let wantedPieces = 8

  /// Runs `body` over ranges of so many pieces, with memory for so many elements.
  static func share<T>(
    _ count: Int, work: Int, scratch: Int, of _: T.Type, _ body: (Range<Int>, UnsafeMutablePointer<T>) -> Void
  ) throws(TensorError) {
    let failed = Atomic(false)
    let byteCount = max(scratch * MemoryLayout<T>.stride, 64)
    ThreadPool.shared.parallel(count: count, grain: max(1, grain / max(work, 1))) { range in
      do throws(TensorError) {
        let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
        defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
        body(range, memory.assumingMemoryBound(to: T.self))
      } catch {
        failed.store(true, ordering: .relaxed)
      }
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: byteCount) }
  }

  /// Memory for the duration of `body`.
  static func withMemory<T>(
    _ count: Int, of _: T.Type, _ body: (UnsafeMutablePointer<T>) throws(TensorError) -> Void
  ) throws(TensorError) {
    let byteCount = max(count * MemoryLayout<T>.stride, 64)
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    try body(memory.assumingMemoryBound(to: T.self))
  }
}

import Synchronization

/// Convolutions on the host: a block of the input at a time is laid out as a matrix, a column for each window, and multiplied by OpenBLAS.
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
      let plan = ConvolutionPlan(convolution, input: input, weight: weight, output: output, bias: start)
      switch dtype {
      case .float32: try plan.run(product, Float.self)
      case .float64: try plan.run(product, Double.self)
      default: try plan.run(product, Int64.self)
      }
    }
  }
}

/// The three arrays in memory, in row-major order, and how they are cut into pieces for the threads.
private struct ConvolutionPlan {
  let dtype: DType
  let batch: Int
  let groups: Int
  /// Channels of the input and of the output in a group.
  let channels: Int
  let filters: Int
  let windows: UnfoldedWindows
  let input: UnsafeMutableRawPointer
  let weight: UnsafeMutableRawPointer
  let output: UnsafeMutableRawPointer
  let bias: UnsafeRawPointer?

  init(_ convolution: Convolution, input: Operand, weight: Operand, output: Operand, bias: Operand?) {
    dtype = input.dtype
    batch = input.shape[0]
    groups = convolution.groups
    channels = weight.shape[1]
    filters = weight.shape[0] / convolution.groups
    windows = UnfoldedWindows(convolution, input: input.shape, kernel: weight.shape, output: output.shape)
    self.input = input.address
    self.weight = weight.address
    self.output = output.address
    self.bias = bias.map { UnsafeRawPointer($0.address) }
  }

  /// Rows of the matrix of all windows, one for each channel and place in the kernel, and its columns.
  private var depth: Int { channels * windows.kernelCount }
  private var positions: Int { windows.outputCount }
  private var size: Int { dtype.byteCount }

  func run<T: WindowElement>(_ product: Convolution.Product, _: T.Type) throws(TensorError) {
    switch product {
    case .output: try makeOutput(T.self)
    case .input: try makeInput(T.self)
    case .weight: try makeWeight(T.self)
    }
  }

  // MARK: Output

  private func makeOutput<T: WindowElement>(_: T.Type) throws(TensorError) {
    let members = batch * groups
    let blocks = Pieces(of: positions, atMost: blockLength(rows: depth), least: wantedPieces(members))
    let matrixCount = windows.areWhole ? 0 : depth * blocks.length
    try share(members * blocks.count, work: filters * depth * blocks.length, scratch: matrixCount) {
      index, matrix throws(TensorError) in
      let (member, block) = index.quotientAndRemainder(dividingBy: blocks.count)
      let group = member % groups
      let range = blocks[block]
      var product = MatrixProduct(
        dtype: dtype, m: filters, n: range.count, k: depth,
        a: .init(start: weight + group * filters * depth * size, rowStride: depth, columnStride: 1),
        b: columns(T.self, image: member, rows: 0..<depth, range, matrix),
        c: .init(start: output + (member * filters * positions + range.lowerBound) * size, rowStride: positions))
      if let bias {
        for filter in 0..<filters {
          let target = (product.c.start + filter * positions * size).assumingMemoryBound(to: T.self)
          let start = bias.assumingMemoryBound(to: T.self)[group * filters + filter]
          target.update(repeating: start, count: range.count)
        }
        product.beta = .int(1)
      }
      try multiply(product)
    }
  }

  /// Columns of the matrix of windows: copied together, or the image itself where every window is one element.
  private func columns<T: WindowElement>(
    _: T.Type, image member: Int, rows: Range<Int>, _ range: Range<Int>, _ matrix: UnsafeMutableRawPointer
  ) -> MatrixProduct.Operand {
    let image = input + member * channels * windows.inputCount * size
    if windows.areWhole {
      return .init(
        start: image + (rows.lowerBound * positions + range.lowerBound) * size, rowStride: positions, columnStride: 1)
    }
    windows.unfold(T.self, rows: rows, positions: range, of: image, into: matrix)
    return .init(start: matrix, rowStride: range.count, columnStride: 1)
  }

  // MARK: Input

  /// Channels are the pieces: the windows of neighbouring positions overlap.
  private func makeInput<T: WindowElement>(_: T.Type) throws(TensorError) {
    let members = batch * groups
    let pieces = Pieces(of: channels, atMost: channels, least: wantedPieces(members))
    let blocks = Pieces(of: positions, atMost: blockLength(rows: pieces.length * windows.kernelCount), least: 1)
    let matrixCount = windows.areWhole ? 0 : pieces.length * windows.kernelCount * blocks.length
    let work = pieces.length * windows.kernelCount * filters * positions
    try share(members * pieces.count, work: work, scratch: matrixCount) { index, matrix throws(TensorError) in
      let (member, piece) = index.quotientAndRemainder(dividingBy: pieces.count)
      let group = member % groups
      let channels = pieces[piece]
      let rows = channels.lowerBound * windows.kernelCount..<channels.upperBound * windows.kernelCount
      let image = input + member * self.channels * windows.inputCount * size
      for channel in channels {
        let target = (image + channel * windows.inputCount * size).assumingMemoryBound(to: T.self)
        let start = bias.map { $0.assumingMemoryBound(to: T.self)[group * self.channels + channel] }
        target.update(repeating: start ?? .zero, count: windows.inputCount)
      }
      for block in 0..<blocks.count {
        let range = blocks[block]
        var product = MatrixProduct(
          dtype: dtype, m: rows.count, n: range.count, k: filters,
          a: .init(start: weight + (group * filters * depth + rows.lowerBound) * size, rowStride: 1, columnStride: depth),
          b: .init(
            start: output + (member * filters * positions + range.lowerBound) * size, rowStride: positions, columnStride: 1),
          c: .init(start: matrix, rowStride: range.count))
        if windows.areWhole {
          product.c = .init(start: image + (rows.lowerBound * positions + range.lowerBound) * size, rowStride: positions)
          product.beta = .int(1)
        }
        try multiply(product)
        if !windows.areWhole { windows.fold(T.self, rows: rows, positions: range, of: matrix, into: image) }
      }
    }
  }

  // MARK: Weight

  private func makeWeight<T: WindowElement>(_: T.Type) throws(TensorError) {
    if batch * positions == 0 {
      return weight.assumingMemoryBound(to: T.self).update(repeating: .zero, count: groups * filters * depth)
    }
    let pieces = Pieces(of: depth, atMost: max(64, depth / 4), least: wantedPieces(groups))
    let blocks = Pieces(of: positions, atMost: blockLength(rows: pieces.length), least: 1)
    let matrixCount = windows.areWhole ? 0 : pieces.length * blocks.length
    let work = pieces.length * filters * positions * batch
    try share(groups * pieces.count, work: work, scratch: matrixCount) { index, matrix throws(TensorError) in
      let (group, piece) = index.quotientAndRemainder(dividingBy: pieces.count)
      let rows = pieces[piece]
      for step in 0..<batch * blocks.count {
        let (image, block) = step.quotientAndRemainder(dividingBy: blocks.count)
        let member = image * groups + group
        let range = blocks[block]
        let columns = columns(T.self, image: member, rows: rows, range, matrix)
        var product = MatrixProduct(
          dtype: dtype, m: filters, n: rows.count, k: range.count,
          a: .init(
            start: output + (member * filters * positions + range.lowerBound) * size, rowStride: positions, columnStride: 1),
          b: .init(start: columns.start, rowStride: 1, columnStride: columns.rowStride),
          c: .init(start: weight + (group * filters * depth + rows.lowerBound) * size, rowStride: depth))
        product.beta = .int(step == 0 ? 0 : 1)
        try multiply(product)
      }
    }
  }

  // MARK: Sharing the work

  /// So many bytes of windows are laid out at a time: they stay in the second-level cache with what they are multiplied by.
  private static let blockByteCount = 1 << 18
  /// The least work worth a thread of its own, in multiplications.
  private static let grain = 1 << 17

  private func blockLength(rows: Int) -> Int {
    windows.areWhole ? max(positions, 1) : max(16, Self.blockByteCount / max(1, rows * size))
  }

  /// Into how many pieces each of `members` is cut at least, for all threads to have some.
  private func wantedPieces(_ members: Int) -> Int {
    let threads = ThreadPool.shared.threadCount
    return members >= 2 * threads ? 1 : (2 * threads + members - 1) / max(members, 1)
  }

  /// Runs `body` for every index, with memory for a matrix of so many elements.
  private func share(
    _ count: Int, work: Int, scratch: Int, _ body: (Int, UnsafeMutableRawPointer) throws(TensorError) -> Void
  ) throws(TensorError) {
    let failed = Atomic(false)
    let byteCount = max(scratch * size, 64)
    ThreadPool.shared.parallel(count: count, grain: max(1, Self.grain / max(work, 1))) { range in
      do throws(TensorError) {
        let matrix = try CachingAllocator.shared.allocate(byteCount: byteCount)
        defer { CachingAllocator.shared.deallocate(matrix, byteCount: byteCount) }
        for index in range { try body(index, matrix) }
      } catch {
        failed.store(true, ordering: .relaxed)
      }
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: byteCount) }
  }

  private func multiply(_ product: MatrixProduct) throws(TensorError) {
    if ThreadPool.shared.isInsideJob { try piece(product) } else { try product.run() }
  }
}

/// A range in pieces of one length, but for the last.
private struct Pieces {
  let total: Int
  let length: Int
  let count: Int

  /// Pieces no longer than `atMost`, and `least` of them where there are enough to make them of sixteen.
  init(of total: Int, atMost: Int, least: Int) {
    self.total = total
    let even = (total + least - 1) / max(least, 1)
    length = max(1, min(total, atMost, max(even, min(16, total))))
    count = (total + length - 1) / length
  }

  subscript(_ index: Int) -> Range<Int> { index * length..<min(total, (index + 1) * length) }
}

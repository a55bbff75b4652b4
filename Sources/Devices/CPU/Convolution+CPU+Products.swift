import CKernels

/// How a weight is walked: the steps from one filter to the next and from one of the source's channels to the next, whichever of the two
/// come first in memory.
struct WeightOrder {
  let filterStep: Int
  let channelStep: Int
}

/// target[n, f, p] = bias[f] + Σ weight[f, c, k] · source[n, c, p · stride + k · dilation + origin], which makes an output of an input and an input
/// of an output.
struct Correlation<T: WindowElement> {
  private let batch: Int
  private let groups: Int
  private let source: UnsafePointer<T>
  private let channels: Int
  private let target: UnsafeMutablePointer<T>
  private let targetSizes: [Int]
  private let lanes: LaneBlocks<T>
  private let weight: UnsafePointer<T>
  private let weights: WeightOrder
  private let kernel: [Int]
  private let bias: UnsafePointer<T>?

  /// - Parameters:
  ///   - channels: the source's in a group.
  ///   - filters: the target's in a group.
  init(
    _ shape: ConvolutionSizes, source: UnsafePointer<T>, channels: Int, target: UnsafeMutablePointer<T>, filters: Int,
    targetSizes: [Int], weight: UnsafePointer<T>, _ weights: WeightOrder, bias: UnsafePointer<T>?
  ) {
    batch = shape.batch
    groups = shape.groups
    self.source = source
    self.channels = channels
    self.target = target
    self.targetSizes = targetSizes
    lanes = LaneBlocks(filters: filters)
    self.weight = weight
    self.weights = weights
    kernel = shape.kernel
    self.bias = bias
  }

  /// Writes the bias everywhere.
  func fill() {
    let (count, filters) = (targetSizes.reduce(1, *), groups * lanes.filters)
    for plane in 0..<batch * filters {
      (target + plane * count).update(repeating: bias?[plane % filters] ?? .zero, count: count)
    }
  }

  func run(_ windows: Windows) throws(TensorError) {
    let depth = channels * windows.tapCount
    let panelCount = depth * LaneBlocks<T>.lanes
    try ConvolutionWork.withMemory(groups * lanes.count * panelCount, of: T.self) { panels throws(TensorError) in
      ThreadPool.shared.parallel(count: groups * lanes.count, grain: max(1, (1 << 14) / max(panelCount, 1))) { range in
        for index in range {
          let (group, block) = index.quotientAndRemainder(dividingBy: lanes.count)
          pack(windows, group, lanes.range(block), panels + index * panelCount)
        }
      }
      try multiply(windows, depth: depth, panels)
    }
  }

  /// A row of the panel for every tap of every channel, with an element of each filter.
  private func pack(_ windows: Windows, _ group: Int, _ filters: Range<Int>, _ panel: UnsafeMutablePointer<T>) {
    let width = LaneBlocks<T>.width(filters.count)
    let taps = windows.tapCount
    let size = Int32(MemoryLayout<T>.stride)
    // The larger of the steps goes around the whole group.
    let groupStep = max(weights.filterStep * lanes.filters, weights.channelStep * channels)
    let start = weight + group * groupStep + filters.lowerBound * weights.filterStep
    if taps == kernel.reduce(1, *) {
      // All of the kernel, in order; and all channels at once where they follow each other.
      let count = weights.channelStep == taps ? channels : 1
      for channel in stride(from: 0, to: channels, by: max(count, 1)) {
        fx_pack_panel(
          panel + channel * taps * width, width, start + channel * weights.channelStep, weights.filterStep, filters.count,
          count * taps, size)
      }
      return
    }
    var next = panel
    for channel in 0..<channels {
      for kz in 0..<windows.z.taps {
        for ky in 0..<windows.y.taps {
          let line =
            (windows.z.kernelStart + kz * windows.z.kernelStep) * kernel[1] + windows.y.kernelStart + ky * windows.y.kernelStep
          for kx in 0..<windows.x.taps {
            let place = line * kernel[2] + windows.x.kernelStart + kx * windows.x.kernelStep
            fx_pack_panel(
              next, width, start + channel * weights.channelStep + place, weights.filterStep, filters.count, 1, size)
            next += width
          }
        }
      }
    }
  }

  private func multiply(_ windows: Windows, depth: Int, _ panels: UnsafePointer<T>) throws(TensorError) {
    let full = LaneBlocks<T>.lanes
    let wanted = ConvolutionWork.wantedPieces
    let blocks = WindowBlocks(
      windows, images: batch, channels: channels,
      positions: min(ConvolutionWork.positions, max(48, batch * windows.positionCount * groups / wanted)),
      elements: ConvolutionWork.blockByteCount / MemoryLayout<T>.stride)
    // Where these are too few for all threads, each takes a part of the filters.
    let pieces = min(lanes.count, max(1, (wanted + blocks.count * groups - 1) / (blocks.count * groups)))
    let from = WindowSource(source: source, windows: windows, groups: groups, channels: channels)
    let to = WindowTarget(windows: windows, sizes: targetSizes)
    let largest = blocks[0]
    let copyCount = from.copyCount(largest) + full
    let sumCount = largest.positionCount * full
    let tableCount = (largest.positionCount + depth) * MemoryLayout<Int>.stride / MemoryLayout<T>.stride
    let work = largest.positionCount * depth * min(lanes.filters, full) * lanes.count / pieces
    // Sums and copies first: they are aligned then.
    try ConvolutionWork.share(
      blocks.count * groups * pieces, work: work, scratch: sumCount + full + tableCount + copyCount, of: T.self
    ) { range, memory in
      let (sums, first) = (memory, memory + sumCount)
      let positions = UnsafeMutableRawPointer(first + full).assumingMemoryBound(to: Int.self)
      let taps = positions + largest.positionCount
      let copy = memory + sumCount + full + tableCount
      var placed: SIMD4<Int>?
      for index in range {
        let (member, piece) = index.quotientAndRemainder(dividingBy: pieces)
        let (number, group) = member.quotientAndRemainder(dividingBy: groups)
        let block = blocks[number]
        if placed != block.sizes { from.placeAll(block, positions: positions, taps: taps) }
        placed = block.sizes
        let start = from.laidOut(block, group: group, in: copy)
        for lane in lanes.count * piece / pieces..<lanes.count * (piece + 1) / pieces {
          let filters = lanes.range(lane)
          let width = LaneBlocks<T>.width(filters.count)
          let channel = group * lanes.filters + filters.lowerBound
          first.update(repeating: .zero, count: full)
          if let bias { first.update(from: bias + channel, count: filters.count) }
          let panel = panels + (group * lanes.count + lane) * depth * full
          for tap in stride(from: 0, to: max(depth, 1), by: ConvolutionWork.taps) {
            T.windowProduct(
              sums, tap == 0 ? UnsafePointer(first) : nil, panel + tap * width, start, positions, block.positionCount, taps + tap,
              min(ConvolutionWork.taps, depth - tap), width)
          }
          to.forEachRun(block) { position, image, place, count in
            fx_unpack_panel(
              target + (image * groups * lanes.filters + channel) * to.planeCount + place, to.planeCount, windows.x.targetStep,
              sums + position * width, width, filters.count, count, Int32(MemoryLayout<T>.stride))
          }
        }
      }
    }
  }
}

/// weight[f, c, k] = Σ output[n, f, p] · input[n, c, p · stride + k · dilation − padding], where a panel has a row for every position, and
/// the sums one for every channel and place in the kernel. Parts of the sum that are made at the same time are added up at the end; what they are
/// depends on the sizes alone, and so does the result.
struct WeightGradient<T: WindowElement> {
  private let shape: ConvolutionSizes
  private let windows: Windows
  private let source: WindowSource<T>
  private let output: UnsafePointer<T>
  private let weight: UnsafeMutablePointer<T>
  private let lanes: LaneBlocks<T>
  private let depth: Int

  init(_ shape: ConvolutionSizes, input: UnsafePointer<T>, output: UnsafePointer<T>, weight: UnsafeMutablePointer<T>) {
    self.shape = shape
    windows = shape.windows
    source = WindowSource(source: input, windows: windows, groups: shape.groups, channels: shape.channels)
    self.output = output
    self.weight = weight
    lanes = LaneBlocks(filters: shape.filters)
    depth = shape.channels * windows.tapCount
  }

  /// The least positions of a part, the bytes that all parts' sums may take in any case, and how many pieces of work are enough.
  private static var partPositions: Int { 512 }
  private static var partsByteCount: Int { 1 << 21 }
  private static var pieces: Int { 16 }

  func run() throws(TensorError) {
    let full = LaneBlocks<T>.lanes
    let groups = shape.groups
    if shape.batch * windows.positionCount == 0 {
      weight.update(repeating: .zero, count: groups * shape.filters * depth)
      return
    }
    let blocks = WindowBlocks(
      windows, images: shape.batch, channels: shape.channels, positions: ConvolutionWork.positions,
      elements: ConvolutionWork.blockByteCount / MemoryLayout<T>.stride)
    let panels = groups * lanes.count
    let size = depth * full
    let room = max(4, Self.partsByteCount / (panels * size * MemoryLayout<T>.stride))
    let positions = shape.batch * windows.positionCount
    let parts = max(1, min(Self.pieces / panels, room, blocks.count, positions / Self.partPositions))
    try ConvolutionWork.withMemory(parts == 1 ? 0 : parts * panels * size, of: T.self) { partial throws(TensorError) in
      try multiply(blocks, parts: parts) { part, panel, sums in
        if parts == 1 {
          store(sums, panel)
        } else {
          (partial + (part * panels + panel) * size).update(from: sums, count: depth * width(panel))
        }
      }
      if parts == 1 { return }
      ThreadPool.shared.parallel(count: panels, grain: max(1, (1 << 14) / (parts * size))) { range in
        for panel in range {
          let sums = partial + panel * size
          for part in 1..<parts {
            let others = partial + (part * panels + panel) * size
            for i in 0..<depth * width(panel) { sums[i] = T.sum(sums[i], others[i]) }
          }
          store(sums, panel)
        }
      }
    }
  }

  private func width(_ panel: Int) -> Int { LaneBlocks<T>.width(lanes.range(panel % lanes.count).count) }

  /// Writes a panel of sums to the weight.
  private func store(_ sums: UnsafePointer<T>, _ panel: Int) {
    let (group, lane) = panel.quotientAndRemainder(dividingBy: lanes.count)
    let filters = lanes.range(lane)
    fx_unpack_panel(
      weight + (group * shape.filters + filters.lowerBound) * depth, depth, 1, sums, width(panel), filters.count, depth,
      Int32(MemoryLayout<T>.stride))
  }

  /// Calls `body` with every part of every panel's sums, from several threads.
  private func multiply(
    _ blocks: WindowBlocks, parts: Int, _ body: (_ part: Int, _ panel: Int, _ sums: UnsafeMutablePointer<T>) -> Void
  ) throws(TensorError) {
    let full = LaneBlocks<T>.lanes
    let panels = shape.groups * lanes.count
    let largest = blocks[0]
    let target = WindowTarget(windows: windows, sizes: shape.output)
    let copyCount = source.copyCount(largest) + full
    let (sumCount, panelCount) = (depth * full, largest.positionCount * full)
    let tableCount = (largest.positionCount + depth) * MemoryLayout<Int>.stride / MemoryLayout<T>.stride
    let work = blocks.count * largest.positionCount / parts * depth * min(shape.filters, full)
    try ConvolutionWork.share(
      parts * panels, work: work, scratch: sumCount + panelCount + full + tableCount + copyCount, of: T.self
    ) { range, memory in
      let (sums, rows, zeros) = (memory, memory + sumCount, memory + sumCount + panelCount)
      zeros.update(repeating: .zero, count: full)
      let positions = UnsafeMutableRawPointer(zeros + full).assumingMemoryBound(to: Int.self)
      let taps = positions + largest.positionCount
      let copy = zeros + full + tableCount
      var placed: SIMD4<Int>?
      for index in range {
        let (part, panel) = index.quotientAndRemainder(dividingBy: panels)
        let (group, lane) = panel.quotientAndRemainder(dividingBy: lanes.count)
        let filters = lanes.range(lane)
        let width = width(panel)
        let numbers = blocks.count * part / parts..<blocks.count * (part + 1) / parts
        for number in numbers {
          let block = blocks[number]
          if placed != block.sizes { source.placeAll(block, positions: positions, taps: taps) }
          placed = block.sizes
          let start = source.laidOut(block, group: group, in: copy)
          target.forEachRun(block) { position, image, place, count in
            let member = (image * shape.groups + group) * shape.filters + filters.lowerBound
            fx_pack_panel(
              rows + position * width, width, output + member * target.planeCount + place, target.planeCount, filters.count, count,
              Int32(MemoryLayout<T>.stride))
          }
          T.windowProduct(
            sums, number == numbers.lowerBound ? UnsafePointer(zeros) : nil, rows, start, taps, depth, positions,
            block.positionCount, width)
        }
        body(part, panel, sums)
      }
    }
  }
}

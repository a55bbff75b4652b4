import CKernels

/// An input of an output the other way round: every element of the output, times the kernel, is added where the windows read. What is added
/// is made first, input[n, c, k, p] = Σ weight[f, c, k] · output[n, f, p], by panels with a row for every filter.
///
/// It multiplies nothing that a window has outside the input, and so is the faster way where that is most of it: where a kernel is almost as
/// large as what it moves over.
struct InputScatter<T: WindowElement> {
  private let shape: ConvolutionSizes
  private let windows: Windows
  private let input: UnsafeMutablePointer<T>
  private let output: UnsafePointer<T>
  private let weight: UnsafePointer<T>
  private let bias: UnsafePointer<T>?

  init(
    _ shape: ConvolutionSizes, input: UnsafeMutablePointer<T>, output: UnsafePointer<T>, weight: UnsafePointer<T>,
    bias: UnsafePointer<T>?
  ) {
    self.shape = shape
    windows = shape.windows
    self.input = input
    self.output = output
    self.weight = weight
    self.bias = bias
  }

  /// Whether this way takes less time than to multiply all windows, of which there are so many elements. A sum is stored, loaded and added in
  /// the time of some 48 multiplications.
  func pays(against elements: Double) -> Bool {
    let added = Double(windows.positionCount) * Double(windows.tapCount)
    return elements * Double(shape.filters) > added * Double(shape.filters + 48)
  }

  func run() throws(TensorError) {
    let full = LaneBlocks<T>.lanes
    let (groups, filters, channels) = (shape.groups, shape.filters, shape.channels)
    let (positions, taps) = (windows.positionCount, windows.tapCount)
    let wanted = ConvolutionWork.wantedPieces
    // Images of few positions go together, and channels are divided where there are few images.
    let images = max(1, min(64 / max(positions, 1), shape.batch * groups / wanted))
    let members = (shape.batch + images - 1) / images
    let pieces = min(channels, max(1, (wanted + members * groups - 1) / (members * groups)))
    func channelRange(_ piece: Int) -> Range<Int> { channels * piece / pieces..<channels * (piece + 1) / pieces }
    func lanes(_ piece: Int) -> LaneBlocks<T> { LaneBlocks(filters: channelRange(piece).count * taps) }
    // Of the largest piece, which is as large as any.
    let panelCount = LaneBlocks<T>(filters: (channels + pieces - 1) / pieces * taps).count * filters * full
    try ConvolutionWork.withMemory(groups * pieces * panelCount, of: T.self) { panels throws(TensorError) in
      ThreadPool.shared.parallel(count: groups * pieces, grain: max(1, (1 << 14) / max(panelCount, 1))) { range in
        for index in range {
          let (group, piece) = index.quotientAndRemainder(dividingBy: pieces)
          pack(group, channelRange(piece), lanes(piece), panels + index * panelCount)
        }
      }
      let rowCount = min(ConvolutionWork.positions, images * positions)
      let tableCount = (rowCount + filters) * MemoryLayout<Int>.stride / MemoryLayout<T>.stride
      let work = images * positions * filters * taps * (channels / pieces)
      try ConvolutionWork.share(
        members * groups * pieces, work: work, scratch: rowCount * full + full + tableCount, of: T.self
      ) { range, memory in
        let (sums, zeros) = (memory, memory + rowCount * full)
        zeros.update(repeating: .zero, count: full)
        let rows = UnsafeMutableRawPointer(zeros + full).assumingMemoryBound(to: Int.self)
        let filterPlaces = rows + rowCount
        for filter in 0..<filters { filterPlaces[filter] = filter * positions }
        for index in range {
          let (member, part) = index.quotientAndRemainder(dividingBy: groups * pieces)
          let (group, piece) = part.quotientAndRemainder(dividingBy: pieces)
          let chosen = member * images..<min(shape.batch, (member + 1) * images)
          let lanes = lanes(piece)
          let first = group * channels + channelRange(piece).lowerBound
          fill(chosen, first..<first + channelRange(piece).count)
          let start = output + (chosen.lowerBound * groups + group) * filters * positions
          for position in stride(from: 0, to: chosen.count * positions, by: max(rowCount, 1)) {
            let block = position..<min(position + rowCount, chosen.count * positions)
            for (row, position) in block.enumerated() {
              rows[row] = position / positions * groups * filters * positions + position % positions
            }
            for lane in 0..<lanes.count {
              let range = lanes.range(lane)
              let width = LaneBlocks<T>.width(range.count)
              T.windowProduct(
                sums, UnsafePointer(zeros), panels + (group * pieces + piece) * panelCount + lane * filters * full, start, rows,
                block.count, filterPlaces, filters, width)
              for column in range {
                add(
                  sums + (column - range.lowerBound), step: width, positions: block, image: chosen.lowerBound,
                  channel: first + column / taps, tap: column % taps)
              }
            }
          }
        }
      }
    }
  }

  /// A row of the panel for every filter, with elements of the kernels of these channels.
  private func pack(_ group: Int, _ channels: Range<Int>, _ lanes: LaneBlocks<T>, _ panel: UnsafeMutablePointer<T>) {
    let depth = shape.channels * windows.tapCount
    let start = weight + group * shape.filters * depth + channels.lowerBound * windows.tapCount
    for lane in 0..<lanes.count {
      let range = lanes.range(lane)
      let width = LaneBlocks<T>.width(range.count)
      var next = panel + lane * shape.filters * LaneBlocks<T>.lanes
      for filter in 0..<shape.filters {
        next.update(from: start + filter * depth + range.lowerBound, count: range.count)
        (next + range.count).update(repeating: .zero, count: width - range.count)
        next += width
      }
    }
  }

  private var planeCount: Int { windows.z.size * windows.y.size * windows.x.size }

  private func fill(_ images: Range<Int>, _ channels: Range<Int>) {
    for image in images {
      for channel in channels {
        let plane = input + (image * shape.groups * shape.channels + channel) * planeCount
        plane.update(repeating: bias?[channel] ?? .zero, count: planeCount)
      }
    }
  }

  /// Adds what every `step`-th of the sums holds to where a tap meets these positions, counted from an image's first.
  private func add(
    _ sums: UnsafePointer<T>, step: Int, positions: Range<Int>, image: Int, channel: Int, tap: Int
  ) {
    let (z, y, x) = (windows.z, windows.y, windows.x)
    let (line, kx) = tap.quotientAndRemainder(dividingBy: x.taps)
    let (kz, ky) = line.quotientAndRemainder(dividingBy: y.taps)
    let shift = kx * x.dilation + x.origin
    // Which of a line's positions this tap takes into the input.
    let low = shift >= 0 ? 0 : (-shift + x.stride - 1) / x.stride
    let high = shift >= x.size ? 0 : (x.size - shift + x.stride - 1) / x.stride
    var position = positions.lowerBound
    while position < positions.upperBound {
      let (line, px) = position.quotientAndRemainder(dividingBy: x.positions)
      let count = min(x.positions - px, positions.upperBound - position)
      let (plane, py) = line.quotientAndRemainder(dividingBy: y.positions)
      let (offset, pz) = plane.quotientAndRemainder(dividingBy: z.positions)
      let placeZ = pz * z.stride + kz * z.dilation + z.origin
      let placeY = py * y.stride + ky * y.dilation + y.origin
      let (begin, end) = (max(low, px), min(high, px + count))
      if placeZ >= 0 && placeZ < z.size && placeY >= 0 && placeY < y.size && begin < end {
        let target =
          input + ((image + offset) * shape.groups * shape.channels + channel) * planeCount
          + (placeZ * y.size + placeY) * x.size + shift
        let source = sums + (position - positions.lowerBound - px) * step
        for p in begin..<end { target[p * x.stride] = T.sum(target[p * x.stride], source[p * step]) }
      }
      position += count
    }
  }
}

/// A convolution's windows along one dimension, from the side of what is summed: at position p, tap k meets the source's element at
/// p · stride + k · dilation + origin, and zero where there is none. Taps that are reversed run against the source: k counts from the last.
struct WindowAxis {
  /// The source's elements.
  let size: Int
  let positions: Int
  let stride: Int
  let taps: Int
  let dilation: Int
  let isReversed: Bool
  let origin: Int
  /// Of the result's elements every `step`-th, of the kernel's every `kernelStep`-th is meant.
  let targetStart: Int
  let targetStep: Int
  let kernelStart: Int
  let kernelStep: Int

  /// The windows of the output's elements in the input.
  init(input: Int, kernel: Int, output: Int, stride: Int, padding: Int, dilation: Int) {
    size = input
    positions = output
    self.stride = output > 1 ? stride : 1
    taps = kernel
    self.dilation = kernel > 1 ? dilation : 1
    isReversed = false
    origin = -padding
    (targetStart, targetStep, kernelStart, kernelStep) = (0, 1, 0, 1)
  }

  /// The windows of the input's elements in the output, a part for each of the kernel's elements within a period: an element of the input is
  /// met by every so manieth of the kernel, so that those a stride apart are met by the same, in outputs next to each other.
  static func transposed(
    input: Int, kernel: Int, output: Int, stride: Int, padding: Int, dilation: Int
  ) -> [WindowAxis] {
    let dilation = kernel > 1 ? dilation : 1
    let common = greatestCommonDivisor(stride, dilation)
    let period = stride / common
    var parts: [WindowAxis] = []
    for tap in 0..<min(kernel, period) {
      // The first of the input's elements that this tap takes to an output.
      let start = remainder(tap * dilation - padding, stride)
      if start >= input { continue }
      let taps = (kernel - 1 - tap) / period + 1
      let shift = dilation / common
      parts.append(
        WindowAxis(
          size: output, positions: (input - 1 - start) / stride + 1, taps: taps, dilation: shift,
          origin: (start + padding - tap * dilation) / stride - (taps - 1) * shift, targetStart: start, targetStep: stride,
          kernelStart: tap, kernelStep: period))
    }
    return parts
  }

  private init(
    size: Int, positions: Int, taps: Int, dilation: Int, origin: Int, targetStart: Int, targetStep: Int, kernelStart: Int,
    kernelStep: Int
  ) {
    self.size = size
    self.positions = positions
    stride = 1
    self.taps = taps
    self.dilation = taps > 1 ? dilation : 1
    isReversed = true
    self.origin = origin
    self.targetStart = targetStart
    self.targetStep = positions > 1 ? targetStep : 1
    self.kernelStart = kernelStart
    self.kernelStep = taps > 1 ? kernelStep : 1
  }

  /// Whether every window is one element, and they are all of them in order.
  var isWhole: Bool { taps == 1 && stride == 1 && origin == 0 && positions == size }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

/// The remainder that has the divisor's sign.
private func remainder(_ a: Int, _ b: Int) -> Int {
  let remainder = a % b
  return remainder < 0 ? remainder + b : remainder
}

/// Windows in three dimensions. Those that a convolution lacks come first and have one place.
struct Windows {
  let z: WindowAxis
  let y: WindowAxis
  let x: WindowAxis

  var tapCount: Int { z.taps * y.taps * x.taps }
  var positionCount: Int { z.positions * y.positions * x.positions }
  var areWhole: Bool { z.isWhole && y.isWhole && x.isWhole }
}

/// Some images' positions, in a box.
struct WindowBlock {
  let images: Range<Int>
  let z: Range<Int>
  let y: Range<Int>
  let x: Range<Int>

  var sizes: SIMD4<Int> { SIMD4(images.count, z.count, y.count, x.count) }
  var positionCount: Int { images.count * z.count * y.count * x.count }
}

/// The positions of all images in blocks: along one dimension some, along those within it all, and along those around it one at a time.
struct WindowBlocks {
  private let counts: [Int]
  private let lengths: [Int]
  private static let small = 64

  /// - Parameters:
  ///   - positions: the most in a block.
  ///   - elements: the most elements in the layout of a block, but for small ones: a panel of filters is read again for every block.
  init(_ windows: Windows, images: Int, channels: Int, positions most: Int, elements: Int) {
    counts = [images, windows.z.positions, windows.y.positions, windows.x.positions]
    var lengths = [1, 1, 1, 1]
    func fits() -> Bool {
      let positions = lengths.reduce(1, *)
      if positions > most { return false }
      if windows.areWhole || positions <= Self.small { return true }
      let block = WindowBlock(images: 0..<lengths[0], z: 0..<lengths[1], y: 0..<lengths[2], x: 0..<lengths[3])
      return WindowLayout(windows, block).imageCount(channels: channels) * lengths[0] <= elements
    }
    for dim in [3, 2, 1, 0] {
      lengths[dim] = counts[dim]
      if fits() { continue }
      while lengths[dim] > 1 && !fits() { lengths[dim] = (lengths[dim] + 1) / 2 }
      // Blocks of nearly one size.
      let blocks = (counts[dim] + lengths[dim] - 1) / lengths[dim]
      lengths[dim] = (counts[dim] + blocks - 1) / blocks
      break
    }
    self.lengths = lengths
  }

  private func blocks(_ dim: Int) -> Int { (counts[dim] + lengths[dim] - 1) / lengths[dim] }
  var count: Int { blocks(0) * blocks(1) * blocks(2) * blocks(3) }

  subscript(_ index: Int) -> WindowBlock {
    var rest = index
    func next(_ dim: Int) -> Range<Int> {
      let (quotient, place) = rest.quotientAndRemainder(dividingBy: blocks(dim))
      rest = quotient
      return place * lengths[dim]..<min((place + 1) * lengths[dim], counts[dim])
    }
    let (x, y, z) = (next(3), next(2), next(1))
    return WindowBlock(images: next(0), z: z, y: y, x: x)
  }
}

/// How a block of the source is laid out, so that the place of a window's element is the sum of one number for the position and one for the
/// tap. What lies outside the source is zero there.
struct WindowLayout {
  let z: Axis
  let y: Axis
  let x: Axis

  init(_ windows: Windows, _ block: WindowBlock) {
    z = Axis(windows.z, block.z)
    y = Axis(windows.y, block.y)
    x = Axis(windows.x, block.x)
  }

  /// One dimension: a run of neighbouring elements where windows overlap; else a run for every tap, of what the positions meet with it.
  struct Axis {
    let size: Int
    let runs: Int
    let length: Int
    /// The source's place of the first run's first element, and the steps from run to run and from element to element.
    let first: Int
    let runStep: Int
    let step: Int
    /// What a position and a tap add to the place in the layout. Taps may run backward.
    let positionStep: Int
    let tapStep: Int
    let firstTap: Int

    init(_ axis: WindowAxis, _ positions: Range<Int>) {
      let (count, taps) = (positions.count, axis.taps)
      let overlapping = (count - 1) * axis.stride + (taps - 1) * axis.dilation + 1
      size = axis.size
      first = positions.lowerBound * axis.stride + axis.origin
      let forward: Int
      if overlapping <= count * taps {
        (runs, length, runStep, step) = (1, overlapping, 0, 1)
        (positionStep, forward) = (axis.stride, axis.dilation)
      } else {
        (runs, length, runStep, step) = (taps, count, axis.dilation, axis.stride)
        (positionStep, forward) = (1, count)
      }
      tapStep = axis.isReversed ? -forward : forward
      firstTap = axis.isReversed ? (taps - 1) * forward : 0
    }

    var extent: Int { runs * length }

    /// Which of a run's elements are in the source.
    func inside(_ run: Int) -> Range<Int> {
      let start = first + run * runStep
      let low = start >= 0 ? 0 : min(length, (-start + step - 1) / step)
      let high = start >= size ? 0 : min(length, (size - start + step - 1) / step)
      return low..<max(low, high)
    }
  }

  private var planeCount: Int { z.extent * y.extent * x.extent }
  /// From one channel to the next. Planes that begin a power of two apart would share few places of the cache.
  var channelStep: Int { planeCount % 128 == 0 ? planeCount + 16 : planeCount }
  func imageCount(channels: Int) -> Int { channels * channelStep }

  func placePositions(_ block: WindowBlock, imageStep: Int, _ places: UnsafeMutablePointer<Int>) {
    var next = places
    for image in 0..<block.images.count {
      for pz in 0..<block.z.count {
        for py in 0..<block.y.count {
          let line = image * imageStep + (pz * z.positionStep * y.extent + py * y.positionStep) * x.extent
          for px in 0..<block.x.count { next[px] = line + px * x.positionStep }
          next += block.x.count
        }
      }
    }
  }

  func placeTaps(_ windows: Windows, channels: Int, channelStep: Int, _ places: UnsafeMutablePointer<Int>) {
    var next = places
    for channel in 0..<channels {
      for kz in 0..<windows.z.taps {
        for ky in 0..<windows.y.taps {
          let slab = (z.firstTap + kz * z.tapStep) * y.extent + y.firstTap + ky * y.tapStep
          let line = channel * channelStep + slab * x.extent + x.firstTap
          for kx in 0..<windows.x.taps { next[kx] = line + kx * x.tapStep }
          next += windows.x.taps
        }
      }
    }
  }

  /// Lays one channel of an image out. May write some elements behind it.
  func copy<T: WindowElement>(_ plane: UnsafePointer<T>, to target: UnsafeMutablePointer<T>) {
    let slab = y.extent * x.extent
    for rz in 0..<z.runs {
      let inside = z.inside(rz)
      for iz in 0..<z.length {
        let start = target + (rz * z.length + iz) * slab
        if inside.contains(iz) {
          copySlab(plane + (z.first + rz * z.runStep + iz * z.step) * y.size * x.size, to: start)
        } else {
          start.update(repeating: .zero, count: slab)
        }
      }
    }
  }

  private func copySlab<T: WindowElement>(_ slab: UnsafePointer<T>, to target: UnsafeMutablePointer<T>) {
    let width = x.extent
    for ry in 0..<y.runs {
      let inside = y.inside(ry)
      let start = target + ry * y.length * width
      start.update(repeating: .zero, count: inside.lowerBound * width)
      if x.runs == 1 {
        let first = y.first + ry * y.runStep + inside.lowerBound * y.step
        copyLines(slab, first, rows: inside.count, run: 0, to: start + inside.lowerBound * width)
      } else {
        for iy in inside {
          let line = y.first + ry * y.runStep + iy * y.step
          for rx in 0..<x.runs { copyLines(slab, line, rows: 1, run: rx, to: start + iy * width + rx * x.length) }
        }
      }
      (start + inside.upperBound * width).update(repeating: .zero, count: (y.length - inside.upperBound) * width)
    }
  }

  private func copyLines<T: WindowElement>(
    _ slab: UnsafePointer<T>, _ line: Int, rows: Int, run: Int, to target: UnsafeMutablePointer<T>
  ) {
    if rows == 0 { return }
    let inside = x.inside(run)
    let start = inside.isEmpty ? 0 : line * x.size + x.first + run * x.runStep + inside.lowerBound * x.step
    T.padRows(target, x.length, inside.lowerBound, slab + start, y.step * x.size, x.step, rows, inside.count)
  }
}

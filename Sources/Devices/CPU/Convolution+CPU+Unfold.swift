/// A convolution's windows over one image as a matrix: a row for each channel and place in the kernel, a column for each of the output's
/// positions.
struct UnfoldedWindows {
  /// Sizes and steps in three dimensions. Those that the convolution lacks come first and have one place.
  private let input: Steps
  private let kernel: Steps
  private let output: Steps
  private let stride: Steps
  private let padding: Steps
  private let dilation: Steps

  /// The positions of a channel, of a kernel, and of an output's channel.
  let inputCount: Int
  let kernelCount: Int
  let outputCount: Int
  /// Whether every window is one element, and the matrix the image itself.
  let areWhole: Bool

  init(_ convolution: Convolution, input: [Int], kernel: [Int], output: [Int]) {
    self.input = Steps(input.dropFirst(2), filler: 1)
    self.kernel = Steps(kernel.dropFirst(2), filler: 1)
    self.output = Steps(output.dropFirst(2), filler: 1)
    stride = Steps(convolution.stride, filler: 1)
    padding = Steps(convolution.padding, filler: 0)
    dilation = Steps(convolution.dilation, filler: 1)
    inputCount = self.input.product
    kernelCount = self.kernel.product
    outputCount = self.output.product
    areWhole =
      kernelCount == 1 && convolution.stride.allSatisfy { $0 == 1 } && convolution.padding.allSatisfy { $0 == 0 }
      && input.dropFirst(2) == output.dropFirst(2)
  }

  /// One number for each of three dimensions.
  private struct Steps {
    let depth: Int
    let height: Int
    let width: Int

    init(_ values: some Collection<Int>, filler: Int) {
      let all = [Int](repeating: filler, count: 3 - values.count) + values
      (depth, height, width) = (all[0], all[1], all[2])
    }

    var product: Int { depth * height * width }
  }

  /// Copies a block of the matrix out of an image. What lies outside the image is zero.
  func unfold<T: WindowElement>(
    _: T.Type, rows: Range<Int>, positions: Range<Int>, of image: UnsafeRawPointer, into matrix: UnsafeMutableRawPointer
  ) {
    let image = image.assumingMemoryBound(to: T.self)
    let matrix = matrix.assumingMemoryBound(to: T.self)
    forEachRun(rows, positions) { run in
      let target = matrix + run.column
      target.update(repeating: .zero, count: run.inside.lowerBound)
      (target + run.inside.upperBound).update(repeating: .zero, count: run.count - run.inside.upperBound)
      let length = run.inside.count
      if length == 0 { return }
      let (places, source) = (target + run.inside.lowerBound, image + run.start)
      if stride.width == 1 {
        places.update(from: source, count: length)
      } else {
        for i in 0..<length { places[i] = source[i &* stride.width] }
      }
    }
  }

  /// Adds a block of the matrix to an image, every element to the place where `unfold` reads it.
  func fold<T: WindowElement>(
    _: T.Type, rows: Range<Int>, positions: Range<Int>, of matrix: UnsafeRawPointer, into image: UnsafeMutableRawPointer
  ) {
    let image = image.assumingMemoryBound(to: T.self)
    let matrix = matrix.assumingMemoryBound(to: T.self)
    forEachRun(rows, positions) { run in
      let source = matrix + run.column + run.inside.lowerBound
      let target = image + run.start
      if stride.width == 1 {
        for i in 0..<run.inside.count { target[i] = T.sum(target[i], source[i]) }
      } else {
        for i in 0..<run.inside.count { target[i &* stride.width] = T.sum(target[i &* stride.width], source[i]) }
      }
    }
  }

  /// Neighbouring columns of one row of the matrix whose positions lie in one line of the output.
  private struct Run {
    /// The place of the first in the matrix, and their number.
    let column: Int
    let count: Int
    /// Those that lie in the image, and the place there of the first of them.
    let inside: Range<Int>
    let start: Int
  }

  @inline(__always)
  private func forEachRun(_ rows: Range<Int>, _ positions: Range<Int>, _ body: (Run) -> Void) {
    for row in rows {
      let (channel, place) = row.quotientAndRemainder(dividingBy: kernelCount)
      let (line, kx) = place.quotientAndRemainder(dividingBy: kernel.width)
      let (kz, ky) = line.quotientAndRemainder(dividingBy: kernel.height)
      // Which of a line's positions are inside does not depend on the line.
      let shift = kx * dilation.width - padding.width
      let first = shift >= 0 ? 0 : (-shift + stride.width - 1) / stride.width
      let last = shift >= input.width ? 0 : (input.width - shift + stride.width - 1) / stride.width
      var column = (row - rows.lowerBound) * positions.count
      var position = positions.lowerBound
      while position < positions.upperBound {
        let (line, x) = position.quotientAndRemainder(dividingBy: output.width)
        let (oz, oy) = line.quotientAndRemainder(dividingBy: output.height)
        let count = min(output.width - x, positions.upperBound - position)
        let z = oz * stride.depth - padding.depth + kz * dilation.depth
        let y = oy * stride.height - padding.height + ky * dilation.height
        var inside = 0..<0
        if z >= 0 && z < input.depth && y >= 0 && y < input.height {
          let low = min(max(first - x, 0), count)
          inside = low..<max(low, min(last - x, count))
        }
        let start =
          inside.isEmpty
          ? 0 : ((channel * input.depth + z) * input.height + y) * input.width + (x + inside.lowerBound) * stride.width + shift
        body(Run(column: column, count: count, inside: inside, start: start))
        column += count
        position += count
      }
    }
  }
}

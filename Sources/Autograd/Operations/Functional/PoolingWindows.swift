import Devices

/// How the windows of a pooling lie in the last two or three dimensions of its input.
struct PoolingWindows: Sendable {
  /// One number for each of these dimensions.
  let kernel: [Int]
  let stride: [Int]
  let padding: [Int]
  let dilation: [Int]
  /// The sizes of these dimensions, and how many windows there are along each.
  let input: [Int]
  private(set) var output: [Int] = []

  /// - Parameters:
  ///   - operation: PyTorch's name.
  ///   - stride: nil or an empty list for windows side by side.
  /// - Throws: PyTorch's texts where the arguments do not fit.
  init(
    _ operation: String, rank: Int, of x: [Int], kernel: any Extents, stride: (any Extents)?, padding: any Extents,
    dilation: any Extents = 1, ceilMode: Bool
  ) throws(TensorError) {
    let number = rank == 2 ? "two" : "three"
    // The one that words it otherwise.
    let must = operation == "avg_pool3d" ? "must" : "must either"
    func expanded(_ value: any Extents, _ name: String, _ must: String) throws(TensorError) -> [Int] {
      guard let all = value.expanded(to: rank) else {
        throw .runtime("\(operation): \(name) \(must) a single int, or a tuple of \(number) ints")
      }
      return all
    }
    self.kernel = try expanded(kernel, "kernel_size", "\(must) be")
    let isOmitted = stride?.extents.isEmpty ?? true
    self.stride = isOmitted ? self.kernel : try expanded(stride ?? 1, "stride", "\(must) be omitted,")
    self.padding = try expanded(padding, "padding", "\(must) be")
    self.dilation = try expanded(dilation, "dilation", "must be either")
    guard x.count == rank + 1 || x.count == rank + 2 else {
      throw .runtime("non-empty \(rank + 1)D or \(rank + 2)D (batch mode) tensor expected for input")
    }
    input = Array(x.suffix(rank))

    try check(operation, x)
    var sizes: [Int128] = []
    for dim in 0..<rank {
      let reach = Int128(self.dilation[dim]) * Int128(self.kernel[dim] - 1) + 1
      let free = Int128(input[dim]) + 2 * Int128(self.padding[dim]) - reach
      let step = Int128(self.stride[dim])
      var size = floorDivided(free + (ceilMode ? step - 1 : 0), step) + 1
      // The last window has to begin in the input or in the padding before it.
      if ceilMode && (size - 1) * step >= Int128(input[dim]) + Int128(self.padding[dim]) { size -= 1 }
      sizes.append(size)
    }
    guard sizes.allSatisfy({ $0 >= 1 }) else {
      let planes = x[x.count - rank - 1]
      throw .runtime(
        "Given input size: (\(joined([planes] + input, by: "x"))). Calculated output size: (\(planes)x\(joined(sizes, by: "x"))). Output size "
          + "is too small")
    }
    output = sizes.map { Int(clamping: $0) }
  }

  private func check(_ operation: String, _ x: [Int]) throws(TensorError) {
    let rank = kernel.count
    func listed(_ prefix: String, _ values: [Int]) -> String {
      zip(["T", "H", "W"].suffix(rank), values).map { "\(prefix)\($0): \($1)" }.joined(separator: " ")
    }
    guard stride.allSatisfy({ $0 != 0 }) else { throw .runtime("stride should not be zero") }
    for dim in 0..<rank {
      guard padding[dim] >= 0 else { throw .runtime("pad must be non-negative, but got pad: \(padding[dim])") }
      let reach = (Int128(kernel[dim]) - 1) * Int128(dilation[dim]) + 1
      guard reach <= Int.max else {
        throw .runtime("effective kernel size overflows, but got kernel_size=\(kernel[dim]) and dilation=\(dilation[dim])")
      }
      guard kernel[dim] <= 0 || dilation[dim] <= 0 || padding[dim] <= reach / 2 else {
        throw .runtime(
          "pad should be at most half of effective kernel size, but got pad=\(padding[dim]), kernel_size=\(kernel[dim]) and "
            + "dilation=\(dilation[dim])")
      }
    }
    guard kernel.allSatisfy({ $0 > 0 }) else {
      throw .runtime("kernel size should be greater than zero, but got \(listed("k", kernel))")
    }
    guard stride.allSatisfy({ $0 > 0 }) else {
      throw .runtime("stride should be greater than zero, but got \(listed("d", stride))")
    }
    guard dilation.allSatisfy({ $0 > 0 }) else {
      throw .runtime("dilation should be greater than zero, but got \(listed("dilation", dilation))")
    }
    if let empty = x.indices.dropFirst(x.count - rank - 1).first(where: { x[$0] == 0 }) {
      if rank == 2 {
        throw .runtime("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:\(x)")
      }
      throw .emptyPlanes(operation == "max_pool3d" ? "max_pool3d_with_indices_out_cpu_template" : operation, x, dim: empty)
    }
    if operation == "avg_pool3d", zip(input, kernel).contains(where: { $0 < $1 }) {
      throw .runtime("input image (\(listed("", input))) smaller than kernel size (\(listed("k", kernel)))")
    }
    guard zip(padding, kernel).allSatisfy({ $0 <= $1 / 2 }) else {
      throw .runtime(
        "pad should be smaller than or equal to half of kernel size, but got \(listed("pad", padding)) \(listed("k", kernel))")
    }
  }

  /// The positions of every window along each dimension, without those in the padding.
  func windows() throws(TensorError) -> [WindowPositions] {
    for size in output { try Bands.checkRoom(rows: size) }
    var all: [WindowPositions] = []
    for dim in kernel.indices {
      let step = kernel[dim] > 1 ? dilation[dim] : 1
      var (starts, counts): ([Int], [Int]) = ([], [])
      for place in 0..<output[dim] {
        let first = place * stride[dim] - padding[dim]
        let start = first >= 0 ? first : first + (-first + step - 1) / step * step
        let end = Swift.min(first + (kernel[dim] - 1) * step + 1, input[dim])
        guard end > start else { throw .runtime("a window of the pooling lies in the padding alone") }
        starts.append(start)
        counts.append((end - start + step - 1) / step)
      }
      all.append(WindowPositions(starts: starts, counts: counts, step: step))
    }
    return all
  }
}

extension TensorError {
  /// - Parameter dim: the dimension without elements.
  static func emptyPlanes(_ operation: String, _ shape: [Int], dim: Int) -> TensorError {
    .runtime(
      "\(operation)(): Expected input to have non-zero size for non-batch dimensions, but input has sizes \(shape) with dimension \(dim) "
        + "being empty")
  }
}

private func floorDivided(_ a: Int128, _ b: Int128) -> Int128 {
  let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
  return remainder < 0 ? quotient - 1 : quotient
}

private func joined(_ sizes: [some BinaryInteger], by separator: String) -> String {
  sizes.map { "\($0)" }.joined(separator: separator)
}

/// How a tensor's elements lie in its storage: shape, strides and offset, counted in elements.
public struct Layout: Sendable, Hashable {
  public let shape: [Int]
  public let strides: [Int]
  public let offset: Int
  /// The product of the shape.
  public let count: Int
  /// Whether the elements lie in row-major order without gaps; the offset may be anything.
  public let isContiguous: Bool

  /// Row-major order from the storage's start.
  public init(shape: [Int]) {
    let (strides, count) = Layout.rowMajor(shape)
    self.shape = shape
    self.strides = strides
    self.offset = 0
    self.count = count
    self.isContiguous = true
  }

  public init(shape: [Int], strides: [Int], offset: Int) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
    var expected = 1
    var contiguous = true
    var count = 1
    for i in stride(from: shape.count - 1, through: 0, by: -1) {
      if shape[i] != 1 {
        if strides[i] != expected { contiguous = false }
        expected = expected &* shape[i]
      }
      count = count &* shape[i]
    }
    self.count = count
    self.isContiguous = contiguous || count == 0
  }

  private init(shape: [Int], strides: [Int], count: Int) {
    self.shape = shape
    self.strides = strides
    self.offset = 0
    self.count = count
    self.isContiguous = true
  }

  public static let scalar = Layout(shape: [])

  public var rank: Int { shape.count }

  /// The same shape in row-major order from the start of a storage of its own. Allocates nothing where it already is.
  public var compacted: Layout {
    guard isContiguous else { return Layout(shape: shape) }
    return offset == 0 && !hasLooseStrides ? self : Layout(shape: shape)
  }

  /// Contiguous layouts may carry any stride on dimensions of size one; a fresh tensor has the canonical ones.
  private var hasLooseStrides: Bool {
    var expected = 1
    for i in stride(from: shape.count - 1, through: 0, by: -1) {
      if strides[i] != expected { return true }
      expected = expected &* max(shape[i], 1)
    }
    return false
  }

  private static func rowMajor(_ shape: [Int]) -> (strides: [Int], count: Int) {
    var strides = shape
    var step = 1
    var count = 1
    for i in stride(from: shape.count - 1, through: 0, by: -1) {
      strides[i] = step
      step = step &* max(shape[i], 1)
      count = count &* shape[i]
    }
    return (strides, count)
  }

  /// The number of elements of a shape that a user asked for.
  ///
  /// - Throws: where a size is negative or the count does not fit an Int.
  public static func checkedCount(_ shape: [Int], operation: String) throws(TensorError) -> Int {
    var count = 1
    for size in shape {
      guard size >= 0 else { throw .runtime("\(operation): Dimension size must be non-negative.") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      // The byte count of the widest dtype has to fit as well.
      guard !overflow, product <= Int.max / 16 else {
        throw .runtime("\(operation): the number of elements of shape \(shape) overflows")
      }
      count = product
    }
    return count
  }
}

// MARK: - Views

extension Layout {
  public func permuted(_ dims: [Int]) -> Layout {
    Layout(shape: dims.map { shape[$0] }, strides: dims.map { strides[$0] }, offset: offset)
  }

  public func transposed(_ a: Int, _ b: Int) -> Layout {
    var shape = shape
    var strides = strides
    shape.swapAt(a, b)
    strides.swapAt(a, b)
    return Layout(shape: shape, strides: strides, offset: offset)
  }

  /// This layout seen in a larger shape: new and size-one dimensions repeat with stride zero. The shape must be broadcastable.
  public func broadcast(to target: [Int]) -> Layout {
    if target == shape { return self }
    var strides = [Int](repeating: 0, count: target.count)
    let lead = target.count - shape.count
    for i in 0..<shape.count where shape[i] == target[lead + i] {
      strides[lead + i] = self.strides[i]
    }
    return Layout(shape: target, strides: strides, offset: offset)
  }

  /// The range of storage positions that the elements occupy, empty for an empty tensor.
  public var extent: Range<Int> {
    if count == 0 { return offset..<offset }
    var low = offset
    var high = offset
    for (size, step) in zip(shape, strides) {
      if step < 0 { low += (size - 1) * step } else { high += (size - 1) * step }
    }
    return low..<(high + 1)
  }

  /// This layout in another shape of as many elements without moving any, or nil where that takes a copy.
  public func viewed(as target: [Int]) -> Layout? {
    if count == 0 { return Layout(shape: target, strides: Layout(shape: target).strides, offset: offset) }
    if isContiguous { return Layout(shape: target, strides: Layout(shape: target).strides, offset: offset) }
    var strides = [Int](repeating: 0, count: target.count)
    // Walk both shapes from the right; every run of source dimensions that is one block can be cut anew.
    var targetIndex = target.count - 1
    var blockCount = 1
    var viewCount = 1
    var blockStride = self.strides.last ?? 1
    for i in Swift.stride(from: shape.count - 1, through: 0, by: -1) {
      blockCount *= shape[i]
      if i == 0 || (shape[i - 1] != 1 && self.strides[i - 1] != blockCount * blockStride) {
        while targetIndex >= 0 && (viewCount < blockCount || target[targetIndex] == 1) {
          strides[targetIndex] = viewCount * blockStride
          viewCount *= target[targetIndex]
          targetIndex -= 1
        }
        if viewCount != blockCount { return nil }
        if i > 0 {
          blockStride = self.strides[i - 1]
          blockCount = 1
          viewCount = 1
        }
      }
    }
    return targetIndex == -1 ? Layout(shape: target, strides: strides, offset: offset) : nil
  }
}

// MARK: - Rules of shape

/// The common shape of two operands.
///
/// - Throws: PyTorch's message where a dimension differs and neither size is one.
public func broadcastShapes(_ a: [Int], _ b: [Int]) throws(TensorError) -> [Int] {
  if a == b { return a }
  let rank = max(a.count, b.count)
  var result = [Int](repeating: 1, count: rank)
  for i in 0..<rank {
    let left = i < rank - a.count ? 1 : a[i - (rank - a.count)]
    let right = i < rank - b.count ? 1 : b[i - (rank - b.count)]
    guard left == right || left == 1 || right == 1 else {
      throw .runtime(
        "The size of tensor a (\(left)) must match the size of tensor b (\(right)) at non-singleton dimension \(i)")
    }
    result[i] = left == 1 ? right : left
  }
  return result
}

/// A dimension counted from the front, where negative ones count from the back. A 0-d tensor accepts 0 and -1.
public func wrapDimension(_ dim: Int, rank: Int) throws(TensorError) -> Int {
  let bound = max(rank, 1)
  guard dim >= -bound, dim < bound else {
    throw .index("Dimension out of range (expected to be in range of [\(-bound), \(bound - 1)], but got \(dim))")
  }
  return dim < 0 ? dim + bound : dim
}

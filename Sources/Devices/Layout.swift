/// How a tensor's elements lie in its storage: shape, strides and offset, counted in elements.
///
/// Layouts are shared far more often than made: a copy is one reference.
public struct Layout: Sendable, Hashable {
  @usableFromInline let content: Content

  @usableFromInline
  final class Content: Sendable {
    @usableFromInline let shape: [Int]
    @usableFromInline let strides: [Int]
    @usableFromInline let offset: Int
    @usableFromInline let count: Int
    @usableFromInline let isContiguous: Bool
    @usableFromInline let isUniform: Bool
    @usableFromInline let isCompact: Bool

    /// A matrix with its dimensions exchanged.
    let transpose = LazyReference<Content>()

    init(shape: [Int], strides: [Int], offset: Int) {
      var expected = 1
      var contiguous = true
      var uniform = true
      var compact = offset == 0
      var count = 1
      for i in stride(from: shape.count - 1, through: 0, by: -1) {
        if strides[i] != expected { compact = false }
        if shape[i] != 1 {
          if strides[i] != expected { contiguous = false }
          if strides[i] != 0 { uniform = false }
        }
        expected = expected &* max(shape[i], 1)
        count = count &* shape[i]
      }
      self.shape = shape
      self.strides = strides
      // What has no elements may begin anywhere, and nobody has to compute where.
      self.offset = count == 0 ? 0 : offset
      self.count = count
      isContiguous = contiguous || count == 0
      isUniform = uniform && count != 0
      isCompact = compact
    }
  }

  /// Row-major order from the storage's start.
  public init(shape: [Int]) {
    if shape.count == 2, let known = MatrixLayouts.content(shape[0], shape[1]) {
      content = known
    } else {
      content = Content(shape: shape, strides: Layout.rowMajorStrides(shape), offset: 0)
    }
  }

  /// A matrix in row-major order from the storage's start. Of sizes that were asked for before it makes nothing.
  public init(rows: Int, columns: Int) {
    content = MatrixLayouts.content(rows, columns) ?? Content(shape: [rows, columns], strides: [max(columns, 1), 1], offset: 0)
  }

  public init(shape: [Int], strides: [Int], offset: Int) {
    content = Content(shape: shape, strides: strides, offset: offset)
  }

  private init(_ content: Content) { self.content = content }

  public static let scalar = Layout(shape: [])

  /// All elements at the start of the storage.
  public init(repeatedIn shape: [Int]) {
    self.init(shape: shape, strides: [Int](repeating: 0, count: shape.count), offset: 0)
  }

  @inlinable public var shape: [Int] { content.shape }
  @inlinable public var strides: [Int] { content.strides }
  @inlinable public var offset: Int { content.offset }
  @inlinable public var rank: Int { content.shape.count }
  /// The product of the shape.
  @inlinable public var count: Int { content.count }
  /// Whether the elements lie in row-major order without gaps; the offset may be anything.
  @inlinable public var isContiguous: Bool { content.isContiguous }
  /// Whether all elements are one and the same place in memory: a number, expanded or not.
  @inlinable public var isUniform: Bool { content.isUniform }

  /// The same shape in row-major order from the start of a storage of its own. Makes nothing where it already is.
  @inlinable public var compacted: Layout { content.isCompact ? self : Layout(shape: shape) }

  public static func == (a: Layout, b: Layout) -> Bool {
    a.content === b.content || (a.shape == b.shape && a.strides == b.strides && a.offset == b.offset)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(strides)
    hasher.combine(offset)
  }

  /// Whether both have one shape.
  @inlinable @inline(__always)
  public func hasShape(of other: Layout) -> Bool { content === other.content || shape == other.shape }

  private static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = shape
    var step = 1
    for i in stride(from: shape.count - 1, through: 0, by: -1) {
      strides[i] = step
      step = step &* max(shape[i], 1)
    }
    return strides
  }

  /// The number of elements of a shape that a user asked for.
  ///
  /// - Throws: where a size is negative, or where the count or a stride does not fit an Int: also of a tensor without elements, whose other sizes
  ///   are multiplied as well.
  public static func checkedCount(_ shape: [Int]) throws(TensorError) -> Int {
    var count = 1
    var reach = 1
    for size in shape {
      guard size >= 0 else { throw .runtime("Trying to create tensor with negative dimension \(size): \(shape)") }
      let (product, overflow) = reach.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else {
        throw .runtime(
          count == 0 ? "Stride calculation overflowed" : "Storage size calculation overflowed with sizes=\(shape)")
      }
      reach = product
      count = count &* size
    }
    // The byte count of the widest dtype has to fit as well.
    guard count <= Int.max / 16 else { throw .runtime("Storage size calculation overflowed with sizes=\(shape)") }
    return count
  }
}

/// The layouts of small matrices in row-major order, which programs ask for again and again: the first of those that share a place.
private enum MatrixLayouts {
  private static let places = (0..<256).map { _ in Place() }

  private final class Place: Sendable {
    let content = LazyReference<Layout.Content>()
  }

  /// nil where another has the place.
  static func content(_ rows: Int, _ columns: Int) -> Layout.Content? {
    guard 0..<4096 ~= rows, 0..<4096 ~= columns else { return nil }
    let known = places[(rows &* 37 &+ columns) & 255].content.get {
      Layout.Content(shape: [rows, columns], strides: [max(columns, 1), 1], offset: 0)
    }
    return known.shape[0] == rows && known.shape[1] == columns ? known : nil
  }
}

// MARK: - Views

extension Layout {
  public func permuted(_ dims: [Int]) -> Layout {
    Layout(shape: dims.map { shape[$0] }, strides: dims.map { strides[$0] }, offset: offset)
  }

  /// A matrix with rows and columns exchanged. Of one in row-major order it is made once.
  public var transposedMatrix: Layout {
    func made() -> Content { Content(shape: [shape[1], shape[0]], strides: [strides[1], strides[0]], offset: offset) }
    // What is kept must not keep another in turn, and so on.
    if !content.isCompact { return Layout(made()) }
    return shape[0] == shape[1] && strides[0] == strides[1] ? self : Layout(content.transpose.get(made))
  }

  public func transposed(_ a: Int, _ b: Int) -> Layout {
    if rank == 2 { return a == b ? self : transposedMatrix }
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
/// - Throws: PyTorch's message where a dimension differs and neither size is one; where the common shape has more elements than can be.
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
  _ = try Layout.checkedCount(result)
  return result
}

/// The common shape of any number of shapes.
///
/// - Throws: `Attempting to broadcast a dimension of length 4 at -1! Mismatching argument at index 1 had (4,); but expected shape should be
///   broadcastable to [2, 3]`; for negative sizes.
public func broadcastShapes(_ shapes: [[Int]]) throws(TensorError) -> [Int] {
  var result = [Int](repeating: 1, count: shapes.map(\.count).max() ?? 0)
  for (number, shape) in shapes.enumerated() {
    for (back, size) in shape.reversed().enumerated() where size != 1 {
      guard size >= 0 else { throw .value("Attempting to broadcast a dimension with negative length!") }
      let place = result.count - 1 - back
      guard result[place] == 1 || result[place] == size else {
        let own = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        throw .runtime(
          "Attempting to broadcast a dimension of length \(size) at \(-1 - back)! Mismatching argument at index \(number) had (\(own)); but "
            + "expected shape should be broadcastable to \(result)")
      }
      result[place] = size
    }
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

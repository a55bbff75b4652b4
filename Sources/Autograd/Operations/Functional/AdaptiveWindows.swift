import Devices

/// How many windows an adaptive pooling has: one number for all spatial dimensions, or one for each, nil for as many as there are positions.
///
///     F.adaptiveAvgPool2d(x, outputSize: 7)
///     F.adaptiveAvgPool2d(x, outputSize: [7, nil])
public protocol AdaptiveExtents: Sendable {
  var adaptiveExtents: [Int?] { get }
}

/// An element of `AdaptiveExtents`: a number or nil.
public protocol AdaptiveExtent: Sendable {
  var adaptiveExtent: Int? { get }
}

extension Int: AdaptiveExtent {
  public var adaptiveExtent: Int? { self }
}

extension Int?: AdaptiveExtent {
  public var adaptiveExtent: Int? { self }
}

extension Int: AdaptiveExtents {
  public var adaptiveExtents: [Int?] { [self] }
}

extension Array: AdaptiveExtents where Element: AdaptiveExtent {
  public var adaptiveExtents: [Int?] { map(\.adaptiveExtent) }
}

extension AdaptiveExtents {
  /// A size for each of the last dimensions.
  ///
  /// - Parameter lengthError: PyTorch's text for neither one number nor that many.
  func sizes(in shape: [Int], rank: Int, lengthError: String) throws(TensorError) -> [Int] {
    let given = adaptiveExtents
    if given.count > 1 && shape.count <= given.count {
      throw .value("Input dimension should be at least \(given.count + 1)")
    }
    guard given.count == rank || given.count == 1 else { throw .runtime(lengthError) }
    return (0..<rank).map { dim in
      let place = shape.count - rank + dim
      return (given.count == 1 ? given[0] : given[dim]) ?? (place >= 0 ? shape[place] : 1)
    }
  }
}

/// The windows of an adaptive pooling along each of the last dimensions.
func adaptiveWindows(_ x: Tensor, _ operation: String, _ sizes: [Int]) throws(TensorError) -> [WindowPositions] {
  let rank = sizes.count
  guard x.rank == rank + 1 || x.rank == rank + 2 else {
    let colon = operation.contains("max") ? ":" : ""
    throw .runtime("\(operation)(): Expected \(rank + 1)D or \(rank + 2)D tensor, but got\(colon) \(x.shape)")
  }
  // PyTorch lets an average of no channels pass in two dimensions.
  let first = operation == "adaptive_avg_pool2d" ? x.rank - rank : x.rank - rank - 1
  if let empty = x.shape.indices.dropFirst(first).first(where: { x.shape[$0] == 0 }) {
    throw .emptyPlanes(operation, x.shape, dim: empty)
  }
  for size in sizes where size < 0 {
    throw .runtime("Trying to create tensor with negative dimension \(size): \(x.shape.dropLast(rank) + sizes)")
  }
  _ = try Layout.checkedCount(x.shape.dropLast(rank) + sizes)
  for size in sizes { try Bands.checkRoom(rows: size) }
  return zip(sizes, x.shape.suffix(rank)).map { count, size in
    let starts = (0..<count).map { Int(Int128($0) * Int128(size) / Int128(count)) }
    let ends = (0..<count).map { Int((Int128($0 + 1) * Int128(size) + Int128(count) - 1) / Int128(count)) }
    return WindowPositions(starts: starts, counts: zip(starts, ends).map { $1 - $0 })
  }
}

/// - Throws: unless the input of a pooling along one dimension has two or three.
func checkLine(_ x: Tensor, _ operation: String) throws(TensorError) {
  guard x.rank == 2 || x.rank == 3 else {
    throw .runtime(
      "Expected 2 to 3 dimensions, but got \(x.rank)-dimensional tensor for argument #1 'self' (while checking arguments for \(operation))"
    )
  }
}

/// The one number of a pooling along one dimension.
func oneOutputSize(_ size: any AdaptiveExtents, _ operation: String) throws(TensorError) -> Int? {
  guard size.adaptiveExtents.count == 1 else {
    throw .runtime("\(operation)() argument 'output_size' should contain one int (got \(size.adaptiveExtents.count))")
  }
  return size.adaptiveExtents[0]
}

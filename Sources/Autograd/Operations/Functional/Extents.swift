import Devices

/// One number for every spatial dimension, or one for each of them: a kernel's size, a stride, a padding.
///
///     F.conv2d(x, weight, stride: 2)
///     F.conv2d(x, weight, stride: [2, 1])
public protocol Extents: Sendable {
  var extents: [Int] { get }
}

extension Int: Extents {
  public var extents: [Int] { [self] }
}

extension [Int]: Extents {
  public var extents: [Int] { self }
}

extension Extents {
  /// One number for each of `rank` dimensions, or nil where there are neither one nor that many.
  func expanded(to rank: Int) -> [Int]? {
    switch extents.count {
    case rank: extents
    case 1: [Int](repeating: extents[0], count: rank)
    default: nil
    }
  }
}

/// The sizes of a matrix product, [batch, m, k] by [batch, k, n], whatever the ranks of its operands.
public struct ProductSizes: Sendable {
  public let batch: Int
  public let m: Int
  public let n: Int
  public let k: Int

  public init(_ a: Layout, _ b: Layout) {
    let (left, right) = (a.shape, b.shape)
    batch = left.count == 3 ? left[0] : 1
    m = left.count == 1 ? 1 : left[left.count - 2]
    k = left[left.count - 1]
    n = right.count == 1 ? 1 : right[right.count - 1]
  }
}

/// How the matrices of an operand or a result of a product lie in memory.
public struct ProductStrides: Sendable {
  public let batch: Int
  public let row: Int
  public let column: Int

  /// - Parameter isRow: whether a layout of one dimension is a row; else it is a column.
  public init(_ layout: Layout, isRow: Bool) {
    let strides = layout.strides
    switch strides.count {
    case 0: (batch, row, column) = (0, 0, 1)
    case 1: (batch, row, column) = isRow ? (0, 0, strides[0]) : (0, strides[0], 1)
    case 2: (batch, row, column) = (0, strides[0], strides[1])
    default: (batch, row, column) = (strides[0], strides[1], strides[2])
    }
  }
}

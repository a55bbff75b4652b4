import Devices

extension Collection where Element == Tensor {
  /// The sum of the tensors, broadcast against each other: Python's `sum(list)`, `0 + first + second + ...`, and the integer 0 of none.
  ///
  ///     let loss = [x, y].map { ($0 ** 2).mean() }.sum()
  public func sum() -> Tensor {
    guard let first else { return Tensor(0) }
    return dropFirst().reduce(0 + first) { $0 + $1 }
  }
}

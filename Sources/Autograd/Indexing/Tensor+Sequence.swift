import Devices

/// The parts of the first dimension, one after the other: `for row in matrix { ... }`, `zip(inputs, targets)`, `x.enumerated()`.
///
/// They are the results of `unbind()`, so backward puts their gradients together at once.
///
/// Error: `iteration over a 0-d tensor`, and no parts. A failed tensor has as many failed parts as it shows.
extension Tensor: Sequence {
  public func makeIterator() -> IndexingIterator<[Tensor]> {
    guard isValid else { return unbind().makeIterator() }
    guard rank > 0 else {
      _ = Tensor.failure(.type("iteration over a 0-d tensor"))
      return [].makeIterator()
    }
    return unbind().makeIterator()
  }

  // There are none where it fails.
  public var underestimatedCount: Int { 0 }
}

import Devices

/// What stands between the brackets of a tensor's subscript, for one dimension or several:
///
/// | | |
/// |---|---|
/// | `x[0]`, `x[-1]` | an integer: one position, negative ones from the back; the dimension goes |
/// | `x[1..<3]`, `x[-2...]`, `x[...2]` | a range; beyond the dimension it ends where the dimension does |
/// | `x[.slice(from: 1, to: -1, by: 2)]` | Python's `1:-1:2`; each part may be left out |
/// | `x[.all, 1]` | Python's `:`, a whole dimension |
/// | `x[..., 0]` | as many whole dimensions as there are left |
/// | `x[.newAxis]` | Python's `None`: a new dimension of size one |
/// | `x[[2, 0]]`, `x[indices]` | an array or tensor of integers: these positions, in its shape |
/// | `x[x .> 0]` | a boolean tensor: the elements where it is true, in one dimension |
///
/// Several tensors (and arrays) are broadcast together and pick positions together. Their shape takes the place of their dimensions where
/// these are neighbours, and comes first in the result where they are not.
public protocol TensorIndex: Sendable {
  var indexTerm: IndexTerm { get }
}

/// One index of a subscript, whatever it was written as.
public struct IndexTerm: TensorIndex {
  enum Kind: Sendable {
    case position(Int)
    case slice(from: Int?, to: Int?, by: Int)
    case ellipsis
    case newAxis
    case tensor(Tensor)
  }

  let kind: Kind

  init(_ kind: Kind) { self.kind = kind }

  public var indexTerm: IndexTerm { self }
}

extension TensorIndex where Self == IndexTerm {
  /// A whole dimension: Python's `:`.
  public static var all: IndexTerm { IndexTerm(.slice(from: nil, to: nil, by: 1)) }
  /// As many whole dimensions as there are left; `...` at the start of a subscript or after its first indices says the same.
  public static var ellipsis: IndexTerm { IndexTerm(.ellipsis) }
  /// A new dimension of size one: Python's `None`.
  public static var newAxis: IndexTerm { IndexTerm(.newAxis) }
  /// Every `step`th position from `start` up to, not including, `end`, by Python's rules: negative bounds count from the back, and what lies
  /// beyond the dimension is left out.
  ///
  /// Error: `step must be greater than zero`.
  public static func slice(from start: Int? = nil, to end: Int? = nil, by step: Int = 1) -> IndexTerm {
    IndexTerm(.slice(from: start, to: end, by: step))
  }
}

extension Int: TensorIndex {
  public var indexTerm: IndexTerm { IndexTerm(.position(self)) }
}

extension Range: TensorIndex where Bound == Int {
  public var indexTerm: IndexTerm { IndexTerm(.slice(from: lowerBound, to: upperBound, by: 1)) }
}

extension ClosedRange: TensorIndex where Bound == Int {
  public var indexTerm: IndexTerm { IndexTerm(.slice(from: lowerBound, to: endIncluding(upperBound), by: 1)) }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
  public var indexTerm: IndexTerm { IndexTerm(.slice(from: lowerBound, to: nil, by: 1)) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public var indexTerm: IndexTerm { IndexTerm(.slice(from: nil, to: upperBound, by: 1)) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  public var indexTerm: IndexTerm { IndexTerm(.slice(from: nil, to: endIncluding(upperBound), by: 1)) }
}

/// The end of a slice whose last position is `last`; nothing follows the position -1.
private func endIncluding(_ last: Int) -> Int? { last == -1 || last == .max ? nil : last + 1 }

extension Tensor: TensorIndex {
  public var indexTerm: IndexTerm { IndexTerm(.tensor(self)) }
}

extension Array: TensorIndex where Element: Devices.Element {
  /// Positions, or a mask of booleans.
  public var indexTerm: IndexTerm {
    // The elements of an empty list have no type to tell: they pick nothing.
    IndexTerm(.tensor(isEmpty ? Tensor([Int]()) : Tensor(self)))
  }
}

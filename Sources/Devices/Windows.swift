/// The windows of a pooling along one dimension: of each some neighbouring positions, or positions `step` apart.
public struct Windows: Sendable, Hashable {
  public let starts: [Int]
  public let counts: [Int]
  public let step: Int

  public init(starts: [Int], counts: [Int], step: Int = 1) {
    self.starts = starts
    self.counts = counts
    self.step = step
  }
}

/// A matrix whose rows are zero but for a run of neighbouring columns each: what averages windows along a dimension, or interpolates.
public struct Bands: Sendable, Hashable {
  /// The matrix's columns: the size of the dimension it is applied to.
  public let columns: Int
  /// Where each row's run begins.
  public let starts: [Int]
  /// The runs, one after the other.
  public let weights: [Double]
  /// Where each row's run begins among the weights, and where the last one ends.
  public let offsets: [Int]

  /// - Parameter rows: where each row's run begins, and its weights. All runs lie within the columns.
  public init(columns: Int, rows: [(start: Int, weights: [Double])]) {
    self.columns = columns
    starts = rows.map(\.start)
    weights = rows.flatMap(\.weights)
    offsets = rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.weights.count) }
  }

  public var rows: Int { starts.count }
}

/// The windows of a pooling along one dimension: of each some neighbouring positions, or positions `step` apart.
public struct WindowPositions: Sendable, Hashable {
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
  public init(columns: Int, rows: some Sequence<(start: Int, weights: [Double])>) {
    self.columns = columns
    var (starts, weights, offsets): ([Int], [Double], [Int]) = ([], [], [0])
    for row in rows {
      starts.append(row.start)
      weights += row.weights
      offsets.append(weights.count)
    }
    (self.starts, self.weights, self.offsets) = (starts, weights, offsets)
  }

  public var rows: Int { starts.count }

  /// Windows and bands are made in the host's memory, whatever the device.
  ///
  /// - Throws: where so many rows or windows, or weights, would not fit there.
  public static func checkRoom(weights: Int) throws(TensorError) {
    // An array that grows is copied, and takes up to three times its elements meanwhile.
    try HostMemory.check(count: weights, stride: 3 * MemoryLayout<Double>.stride)
  }

  public static func checkRoom(rows: Int) throws(TensorError) {
    try HostMemory.check(count: rows, stride: 256)
  }
}

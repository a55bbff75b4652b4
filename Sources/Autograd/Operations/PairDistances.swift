import Devices

// Distances of all pairs of rows. The differences are never all there: there are as many as rows and rows and columns together, and they are
// made and reduced in blocks, forward and backward.

extension Tensor {
  /// The p-norms of the differences of all rows of this tensor, [..., m, d], and all rows of the other, [..., n, d]: a tensor [..., m, n].
  ///
  /// Errors: `cdist only supports at least 2D tensors, X1 got: 1D`; `X1 and X2 must have the same number of columns. X1: 3 X2: 2`; `cdist only
  /// supports non-negative p values`; `cdist only supports floating-point dtypes, X1 got: Long`.
  public func cdist(_ other: Tensor, p: Double = 2) -> Tensor {
    attempt(self, other) { x, y throws(TensorError) in
      for (name, tensor) in [("X1", x), ("X2", y)] {
        guard tensor.isFloatingPoint else {
          throw .runtime("cdist only supports floating-point dtypes, \(name) got: \(tensor.dtype.scalarTypeName)")
        }
        guard tensor.rank >= 2 else {
          throw .runtime("cdist only supports at least 2D tensors, \(name) got: \(tensor.rank)D")
        }
      }
      let (m, n) = (x.shape[x.rank - 1], y.shape[y.rank - 1])
      guard m == n else {
        throw .runtime("X1 and X2 must have the same number of columns. X1: \(m) X2: \(n)")
      }
      guard p >= 0 else { throw .runtime("cdist only supports non-negative p values") }
      if x.device !== y.device { throw mixedDevices(x.device, y.device) }
      let (rows, others) = (x.unsqueeze(-2), y.unsqueeze(-3))
      let pairs = try ReductionShape(of: broadcastShapes(rows.shape, others.shape), dim: -1, keepDim: false)
      let dtype = resultType(x, y)
      // Rows without columns are all one.
      if pairs.count == 0 {
        return Tensor.zeros(pairs.result, dtype: dtype, device: x.device).differentiable(
          "CdistBackward0", x, y, saves: false, { _ in x.zerosLike() }, { _ in y.zerosLike() })
      }
      let result = try PowerSum(p, count: pairs.count, ofDifference: true).norm(
        [rows.operand, others.operand], pairs, dtype: dtype, on: x.device)
      return result.differentiable(
        "CdistBackward0", x, y,
        { g in
          if Tensor.isRecorded(g, x, y) { return (rows - others).distanceGradient(g, p, pairs).sum(dim: -2) }
          return attempt(g) { g throws(TensorError) in
            try PairGradient(p, g, of: result).sums(rows.operand, others.operand, over: -2, pairs.full)
          }
        },
        { g in
          if Tensor.isRecorded(g, x, y) { return (others - rows).distanceGradient(g, p, pairs).sum(dim: -3) }
          return attempt(g) { g throws(TensorError) in
            try PairGradient(p, g, of: result).sums(others.operand, rows.operand, over: -3, pairs.full)
          }
        })
    }
  }

  /// Whether a formula of these is recorded, to be differentiated again.
  fileprivate static func isRecorded(_ tensors: Tensor...) -> Bool { tensors.contains { isRecording($0.body) } }

  /// The gradient by differences that are there, of the p-norm along the last dimension.
  fileprivate func distanceGradient(_ g: Tensor, _ p: Double, _ shape: ReductionShape) -> Tensor {
    switch p {
    case 0: zerosLike()
    case .infinity: Tensor.where(abs() .== norm(p, dim: -1, keepDim: true), sgn() * g.unsqueeze(-1), 0)
    default: normGradient(g, norm(p, dim: -1), p, shape)
    }
  }
}

/// The gradient of distances by the rows of which they are. Every difference gets its direction, weighted by what all differences of a pair have
/// in common: sgn(d) |d|^(p-1) · g / distance^(p-1), where zero is taken for what is undefined at a distance of zero.
private struct PairGradient {
  private let p: Double
  private let weights: Tensor
  private let distances: Tensor

  private static let signs = ElementwiseKernel { x, y, weight in (x - y).sign() * weight }
  private static let differences = ElementwiseKernel { x, y, weight in (x - y) * weight }
  private static let greatest = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
    let difference = v[0] - v[1]
    return [(difference.abs() .== v[3]).select(difference.sign() * v[2], 0)]
  }
  private static let powers = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
    let difference = v[0] - v[1]
    return [(difference .== 0).select(0, difference.sign() * difference.abs().pow(v[3]) * v[2])]
  }

  init(_ p: Double, _ g: Tensor, of distances: Tensor) {
    self.p = p
    let g = g.detach()
    weights =
      switch p {
      case 0: distances.zerosLike()
      case 1, .infinity: g
      case 2: (g / distances).maskedFill(distances .== 0, 0)
      default: (g / distances.pow(p - 1)).maskedFill(distances .== 0, 0)
      }
    self.distances = distances
  }

  /// Some pairs of them.
  private init(_ p: Double, weights: Tensor, distances: Tensor) {
    (self.p, self.weights, self.distances) = (p, weights, distances)
  }

  /// The sums of the gradients by `rows`, along the dimension of the pairs in which the others lie.
  func sums(_ rows: Operand, _ others: Operand, over dim: Int, _ pairs: [Int]) throws(TensorError) -> Tensor {
    guard weights.isValid else { return weights }
    let kernel =
      switch p {
      case 0, 1: Self.signs
      case 2: Self.differences
      case .infinity: Self.greatest
      default: Self.powers
      }
    var inputs: [KernelArgument] = [.operand(rows), .operand(others), .operand(weights.unsqueeze(-1).operand)]
    if p == .infinity { inputs.append(.operand(distances.unsqueeze(-1).operand)) }
    if kernel.inputs.count > inputs.count { inputs.append(.scalar(.double(p - 1))) }
    return try Tensor.reduced(
      .sum, of: kernel, inputs, ReductionShape(of: pairs, dim: dim, keepDim: false), compute: distances.dtype.computeDType,
      dtype: distances.dtype, on: distances.device)
  }
}

// MARK: - Within one matrix

extension F {
  /// The p-norms of the differences of all pairs of rows of a matrix: of the first with the second, third, ..., then of the second with the
  /// third, ...
  ///
  /// Errors: `pdist only supports 2D tensors, got: 1D`; `pdist only supports floating-point dtypes`; `pdist only supports non-negative p
  /// values`.
  public static func pdist(_ input: Tensor, p: Double = 2) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.rank == 2 else { throw .runtime("pdist only supports 2D tensors, got: \(x.rank)D") }
      guard x.isFloatingPoint else { throw .runtime("pdist only supports floating-point dtypes") }
      guard p >= 0 else { throw .runtime("pdist only supports non-negative p values") }
      let triangle = try Triangle(size: x.shape[0])
      let result = try Tensor.uninitialized("pdist", [triangle.count], x.dtype, x.device)
      for rows in triangle.blocks {
        let block = x.rows(rows).cdist(x.rows(rows.lowerBound..<triangle.size), p: p)
        guard block.isValid else { return block }
        try triangle.copy(rows, block, to: result, isBack: false)
      }
      return result.differentiable("PdistBackward0", x) { g, distances in
        if result.count == 0 { return x.zerosLike() }
        if Tensor.isRecorded(g, x) { return x.recordedPairGradient(g, p) }
        return attempt(g) { g throws(TensorError) in try x.pairGradient(g, distances.detach(), p, triangle) }
      }
    }
  }
}

/// The pairs of so many rows, the first of each before the second: what stands right of the diagonal of a square, row by row.
private struct Triangle: Sendable {
  let size: Int
  let count: Int

  init(size: Int) throws(TensorError) {
    self.size = size
    count = (try Layout.checkedCount([size, size]) - size) / 2
  }

  /// Rows that are worked on together: as many as make a matrix of moderate size with those that follow.
  var blocks: [Range<Int>] {
    let height = Swift.max(1, (1 << 18) / Swift.max(size, 1))
    return stride(from: 0, to: Swift.max(size - 1, 0), by: height).map { $0..<Swift.min($0 + height, size) }
  }

  /// Copies the pairs of some rows from a matrix of these rows and those from the first of them on, or back to it.
  func copy(_ rows: Range<Int>, _ matrix: Tensor, to list: Tensor, isBack: Bool) throws(TensorError) {
    for row in rows where row + 1 < size {
      let length = size - row - 1
      let start = row * (2 * size - row - 1) / 2
      let part = matrix.layout.selecting(row - rows.lowerBound, of: 0).slicing(
        0, from: row + 1 - rows.lowerBound, count: length)
      let (inMatrix, inList) = (
        matrix.operand.with(layout: part), list.operand.with(layout: list.layout.slicing(0, from: start, count: length))
      )
      try matrix.device.copy(isBack ? inList : inMatrix, to: isBack ? inMatrix : inList)
    }
  }
}

extension Tensor {
  /// Some rows of a matrix, bare.
  fileprivate func rows(_ range: Range<Int>) -> Tensor {
    detach().bareView(layout.slicing(0, from: range.lowerBound, count: range.count))
  }

  /// The gradient of `pdist` by this matrix, block by block.
  fileprivate func pairGradient(
    _ g: Tensor, _ distances: Tensor, _ p: Double, _ triangle: Triangle
  ) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("pdist_backward", shape, dtype, device)
    try device.fill(result.operand, with: .int(0))
    for rows in triangle.blocks {
      // Where there is no pair the gradient is zero.
      func matrix(of list: Tensor) throws(TensorError) -> Tensor {
        let matrix = try Tensor.uninitialized("pdist_backward", [rows.count, triangle.size - rows.lowerBound], dtype, device)
        try device.fill(matrix.operand, with: .int(0))
        try triangle.copy(rows, matrix, to: list, isBack: true)
        return matrix
      }
      let gradient = PairGradient(p, try matrix(of: g), of: try matrix(of: distances))
      let (first, second) = (rows.lowerBound..<rows.upperBound, rows.lowerBound..<triangle.size)
      let (x, y) = (self.rows(first).unsqueeze(-2), self.rows(second).unsqueeze(-3))
      let pairs = [first.count, second.count, shape[1]]
      for (part, sum) in [
        (first, try gradient.sums(x.operand, y.operand, over: 1, pairs)),
        (second, try gradient.sums(y.operand, x.operand, over: 0, pairs)),
      ] {
        let target = result.operand.with(layout: result.layout.slicing(0, from: part.lowerBound, count: part.count))
        try device.elementwise(
          .instruction(.add), dtype: dtype.computeDType, inputs: [.operand(target), .operand(sum.operand)], outputs: [target])
      }
    }
    return result
  }

  /// The same in public operations, to be differentiated again.
  fileprivate func recordedPairGradient(_ g: Tensor, _ p: Double) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let size = x.shape[0]
      let places = Tensor.ones([size, size], dtype: .bool, device: x.device).triu(diagonal: 1).nonzero()
      let (rows, others) = (places.select(dim: 1, index: 0), places.select(dim: 1, index: 1))
      let differences = x.indexSelect(dim: 0, index: rows) - x.indexSelect(dim: 0, index: others)
      let toRows = differences.distanceGradient(g, p, try ReductionShape(of: differences.shape, dim: 1, keepDim: false))
      return x.zerosLike().indexAdd(dim: 0, index: rows, source: toRows).indexAdd(dim: 0, index: others, source: -toRows)
    }
  }
}

import Devices

// Counts of values and of intervals. PyTorch has no derivatives: the results are no part of the graph.

extension Tensor {
  /// How often each of the numbers 0, 1, 2, ... occurs in a 1-d tensor of integers, or the sum of the weights that go with them. As many as
  /// the greatest one needs, and at least `minLength`. int64, or of weights float32 where they are that and else float64.
  ///
  /// Errors: `bincount only supports 1-d non-negative integral inputs.`; `minlength should be >= 0`; `weights should be 1-d and have the same
  /// length as input`; `"bincount_cpu" not implemented for 'Float'`.
  public func bincount(weights: Tensor? = nil, minLength: Int = 0) -> Tensor {
    attempt([self] + (weights.map { [$0] } ?? [])) { list throws(TensorError) in
      let x = list[0].detach()
      let weights = list.count > 1 ? list[1].detach() : nil
      guard x.dtype.isIntegral && x.dtype != .bool else { throw .lacking("bincount_cpu", x.dtype) }
      guard minLength >= 0 else { throw .runtime("minlength should be >= 0") }
      if x.rank == 1 && x.count == 0 { return .zeros([minLength], dtype: .int64, device: x.device) }
      guard x.rank == 1, try x.min().element().intValue >= 0 else {
        throw .runtime("bincount only supports 1-d non-negative integral inputs.")
      }
      if let weights, weights.shape != x.shape {
        throw .runtime("weights should be 1-d and have the same length as input")
      }
      let size = Swift.max(Int(try x.max().element().intValue) &+ 1, minLength)
      let dtype = weights.map { $0.dtype == .float32 ? .float32 : .float64 } ?? DType.int64
      let amounts = weights.map { $0.to(dtype) } ?? .ones(x.shape, dtype: dtype, device: x.device)
      return Tensor.zeros([size], dtype: dtype, device: x.device).indexAdd(dim: 0, index: x.long(), source: amounts)
    }
  }

  /// How many elements are in each of `bins` intervals of the same width from `min` to `max`, or if these are equal from the least element to
  /// the greatest. The last interval includes its end. In this tensor's dtype.
  ///
  /// Errors: `torch.histogram(): bins must be > 0, but got 0 for dimension 0`; `torch.histc: max must be larger than min`; `torch.histc: range of
  /// [0, inf] is not finite`; `"histogram_cpu" not implemented for 'Long'`.
  public func histc(bins: Int = 100, min: Double = 0, max: Double = 0) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let x = x.detach().reshape([-1])
      guard x.isFloatingPoint else { throw .lacking("histogram_cpu", x.dtype) }
      try checkBins([bins])
      var (low, high) = (min, max)
      if low == high && x.count > 0 { (low, high) = (Double(x.min()), Double(x.max())) }
      if low == high { (low, high) = (low - 1, high + 1) }
      guard low.isFinite && high.isFinite else {
        throw .runtime("torch.histc: range of [\(low.streamText), \(high.streamText)] is not finite")
      }
      guard low < high else { throw .runtime("torch.histc: max must be larger than min") }
      let places = ((x - low) * Double(bins) / (high - low)).floor().clamp(max: bins - 1)
      return try x.counts([places], [(x .>= low) .& (x .<= high)], sizes: [bins], weight: nil)
    }
  }

  /// How many elements are between each edge and the next, or the sum of their weights: `bins` intervals of the same width, from the least
  /// element to the greatest unless a range is given. An interval begins with its edge, and the last one includes its end.
  ///
  /// - Parameters:
  ///   - weight: in this tensor's shape and dtype, what each element counts for.
  ///   - density: whether the counts are divided by their sum and the intervals' lengths.
  ///
  /// Errors: as those of `histogramdd`.
  public func histogram(
    bins: Int, range: (Double, Double)? = nil, weight: Tensor? = nil, density: Bool = false
  ) -> (hist: Tensor, binEdges: Tensor) {
    let (hist, edges) = reshape([-1, 1])
      .histogramdd(bins: [bins], range: range.map { [$0.0, $0.1] }, weight: weight?.reshape([-1]), density: density)
    return (hist, edges[0])
  }

  /// The same for given edges, in ascending order.
  public func histogram(bins: Tensor, weight: Tensor? = nil, density: Bool = false) -> (hist: Tensor, binEdges: Tensor) {
    let (hist, edges) = reshape([-1, 1]).histogramdd(bins: [bins], weight: weight?.reshape([-1]), density: density)
    return (hist, edges[0])
  }

  /// How many points, the rows of the last dimension, are in each box of a grid, or the sum of their weights. In each coordinate the grid has
  /// so many intervals of the same width, from the least element to the greatest unless a range is given.
  ///
  /// - Parameters:
  ///   - range: the least and the greatest edge for each coordinate, one after the other.
  ///   - weight: in this tensor's shape without the last dimension, and its dtype, what each point counts for.
  ///   - density: whether the counts are divided by their sum and the boxes' volumes.
  ///
  /// Errors: `histogramdd: The size of bins must be equal to the innermost dimension of the input.`; `torch.histogramdd: input tensor should have
  /// at least 2 dimensions`; `"histogramdd" not implemented for 'Long'`; `torch.histogram(): bins must be > 0, but got 0 for dimension 0`; those
  /// of the range and the weights.
  public func histogramdd(
    bins: [Int], range: [Double]? = nil, weight: Tensor? = nil, density: Bool = false
  ) -> (hist: Tensor, binEdges: [Tensor]) {
    histogram(bins.count, weight, density) { x throws(TensorError) in
      guard bins.count == x.size(-1) else {
        throw .runtime("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
      }
      try checkBins(bins)
      let bounds = try x.outerEdges(range)
      return zip(bins, bounds).map { bins, bounds in
        Tensor.linspace(bounds.0, bounds.1, steps: bins &+ 1, dtype: x.dtype, device: x.device)
      }
    }
  }

  /// The same for given edges of each coordinate, in ascending order.
  public func histogramdd(
    bins: [Tensor], weight: Tensor? = nil, density: Bool = false
  ) -> (hist: Tensor, binEdges: [Tensor]) {
    if let invalid = bins.first(where: { !$0.isValid }) { return (invalid.passedOn, bins) }
    return histogram(bins.count, weight, density) { x throws(TensorError) in
      let count = x.size(-1)
      guard bins.count == count else {
        throw .runtime(
          "torch.histogramdd: expected \(count) sequences of bin edges for a \(count)-dimensional histogram but got \(bins.count)")
      }
      for (dim, edges) in bins.enumerated() { try x.check(edges, dim) }
      return bins.map { $0.detach() }
    }
  }

  // MARK: The grid

  private func histogram(
    _ count: Int, _ weight: Tensor?, _ density: Bool, edges makeEdges: (Tensor) throws(TensorError) -> [Tensor]
  ) -> (hist: Tensor, binEdges: [Tensor]) {
    let results = attempt([self] + (weight.map { [$0] } ?? []), results: 1 + count) { list throws(TensorError) in
      let x = list[0].detach()
      guard x.rank >= 2 else { throw .runtime("torch.histogramdd: input tensor should have at least 2 dimensions") }
      let weight = list.count > 1 ? list[1].detach() : nil
      if let weight { try x.checkWeight(weight) }
      let edges = try makeEdges(x)
      guard x.dtype == .float32 || x.dtype == .float64 else { throw .lacking("histogramdd", x.dtype) }
      guard !edges.isEmpty else {
        // A grid of no dimensions, which nothing is counted in.
        let hist = Tensor.zeros([], dtype: x.dtype, device: x.device)
        return [density ? hist / hist.sum() : hist]
      }
      for edges in edges where !edges.isValid { return [Tensor](repeating: edges, count: 1 + count) }
      let coordinates = x.reshape([-1, x.size(-1)]).unbind(dim: 1)
      let sizes = edges.map { $0.count - 1 }
      var places: [Tensor] = []
      var isInside: [Tensor] = []
      for (coordinate, edges) in zip(coordinates, edges) {
        let (first, last) = (edges.select(dim: 0, index: 0), edges.select(dim: 0, index: -1))
        places.append((edges.searchsorted(coordinate.contiguous(), side: .right) - 1).clamp(max: edges.count - 2))
        isInside.append((coordinate .>= first) .& (coordinate .<= last))
      }
      var hist = try coordinates[0].counts(places, isInside, sizes: sizes, weight: weight?.reshape([-1]))
      if density {
        hist = hist / hist.sum()
        for (dim, edges) in edges.enumerated() {
          let lengths = edges.diff()
          hist = hist / lengths.reshape(sizes.indices.map { $0 == dim ? sizes[dim] : 1 })
        }
      }
      return [hist] + edges
    }
    return (results[0], Array(results.dropFirst()))
  }

  /// Counts this tensor's elements, or their weights, by their place in a grid.
  private func counts(_ places: [Tensor], _ isInside: [Tensor], sizes: [Int], weight: Tensor?) throws(TensorError) -> Tensor {
    // What is outside counts for nothing, in any place.
    let inside = isInside.dropFirst().reduce(isInside[0]) { $0 .& $1 }
    let amounts = Tensor.where(inside, weight ?? onesLike(), 0.0)
    var index = Tensor.zeros([], dtype: .int64, device: device)
    for (place, size) in zip(places, sizes) {
      index = index * size + place.maskedFill(.!inside, 0).long()
    }
    return Tensor.zeros([try Layout.checkedCount(sizes)], dtype: dtype, device: device)
      .indexAdd(dim: 0, index: index, source: amounts).reshape(sizes)
  }

  /// The least and the greatest edge of each coordinate; apart by one where they would be the same.
  private func outerEdges(_ range: [Double]?) throws(TensorError) -> [(Double, Double)] {
    let count = size(-1)
    if let range, range.count != 2 * count {
      throw .runtime(
        "torch.histogramdd: for a \(count)-dimensional histogram range should have \(2 * count) elements, but got \(range.count)")
    }
    if count == 0 { return [] }
    let rows = reshape([-1, count])
    let (least, greatest) = rows.count == 0 || range != nil ? (rows, rows) : (rows.amin(dim: 0), rows.amax(dim: 0))
    let bounds: [(Double, Double)] =
      if let range {
        (0..<count).map { (range[2 * $0], range[2 * $0 + 1]) }
      } else if rows.count == 0 {
        [(Double, Double)](repeating: (0, 1), count: count)
      } else {
        Array(zip(try least.elements(as: Double.self), try greatest.elements(as: Double.self)))
      }
    return try bounds.enumerated().map { (dim, bounds) throws(TensorError) in
      let (low, high) = bounds
      guard low.isFinite && high.isFinite else {
        throw .runtime("torch.histogramdd: dimension \(dim)'s range [\(low.streamText), \(high.streamText)] is not finite")
      }
      guard low <= high else {
        throw .runtime(
          "torch.histogramdd: min should not exceed max, but got min \(low.streamText) max \(high.streamText) for dimension \(dim)")
      }
      return low == high ? (low - 0.5, high + 0.5) : bounds
    }
  }

  private func check(_ edges: Tensor, _ dim: Int) throws(TensorError) {
    guard dtype == edges.dtype else {
      throw .runtime(
        "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype \(dtype.cppName) "
          + "and bins for dimension \(dim) with dtype \(edges.dtype.cppName)")
    }
    guard edges.rank == 1 else {
      throw .runtime(
        "torch.histogramdd: bins tensor should have one dimension, but got \(edges.rank) dimensions in the bins tensor for "
          + "dimension \(dim)")
    }
    guard edges.count > 0 else {
      throw .runtime(
        "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for dimension \(dim)")
    }
    try checkBins([Int](repeating: 1, count: dim) + [edges.count - 1])
  }

  private func checkWeight(_ weight: Tensor) throws(TensorError) {
    guard weight.dtype == dtype else {
      throw .runtime(
        "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, but got "
          + "input(\(dtype.cppName)), and weight(\(weight.dtype.cppName))")
    }
    guard weight.shape == Array(shape.dropLast()) else {
      throw .runtime(
        "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding its innermost "
          + "dimension, but got input with shape \(shape) and weight with shape \(weight.shape)")
    }
  }
}

private func checkBins(_ bins: [Int]) throws(TensorError) {
  for (dim, count) in bins.enumerated() where count <= 0 {
    throw .runtime("torch.histogram(): bins must be > 0, but got \(count) for dimension \(dim)")
  }
}

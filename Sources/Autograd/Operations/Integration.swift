import Devices

// Calculus on samples: integrals by the trapezoidal rule, derivatives by finite differences.

extension Tensor {
  /// The integral along a dimension over samples at the distance `dx`: of neighbours the mean, times the distance.
  ///
  /// Error: `trapezoid: received a bool input for `y`, but bool is not supported`.
  public func trapezoid(dx: some ScalarConvertible = 1, dim: Int = -1) -> Tensor {
    attempt(self) { y throws(TensorError) in
      try y.checkSamples("trapezoid", nil)
      let dim = try y.sampleDimension(dim)
      if y.shape[dim] == 0 { return y.emptyIntegral(dim) }
      // The samples, the two outer ones counted half.
      let ends = y.select(dim: dim, index: 0) + y.select(dim: dim, index: -1)
      return (y.sum(dim: dim) - ends * 0.5) * dx.scalar.doubleValue
    }
  }

  /// The integral along a dimension over samples at the places `x`: as many as there are samples, the same for all rows or of this tensor's
  /// shape.
  ///
  /// Error: `trapezoid: There must be one `x` value for each sample point`.
  public func trapezoid(x: Tensor, dim: Int = -1) -> Tensor {
    attempt(self, x) { y, x throws(TensorError) in
      try y.checkSamples("trapezoid", x)
      let dim = try y.sampleDimension(dim)
      if y.shape[dim] == 0 { return y.emptyIntegral(dim) }
      let distances = try y.distances(x, "trapezoid", dim)
      return (y.neighbourSums(dim) * distances).sum(dim: dim) * 0.5
    }
  }

  /// The integrals along a dimension from the first sample to each of the others, over samples at the distance `dx`. Errors as for `trapezoid`.
  public func cumulativeTrapezoid(dx: some ScalarConvertible = 1, dim: Int = -1) -> Tensor {
    attempt(self) { y throws(TensorError) in
      try y.checkSamples("cumulative_trapezoid", nil)
      let dim = try y.sampleDimension(dim, isCumulative: true)
      return (y.neighbourSums(dim) * (dx.scalar.doubleValue / 2)).cumsum(dim: dim)
    }
  }

  /// The integrals along a dimension from the first sample to each of the others, over samples at the places `x`. Errors as for `trapezoid`.
  public func cumulativeTrapezoid(x: Tensor, dim: Int = -1) -> Tensor {
    attempt(self, x) { y, x throws(TensorError) in
      try y.checkSamples("cumulative_trapezoid", x)
      let dim = try y.sampleDimension(dim, isCumulative: true)
      return (try y.distances(x, "cumulative_trapezoid", dim) * y.neighbourSums(dim) * 0.5).cumsum(dim: dim)
    }
  }

  private func checkSamples(_ name: String, _ x: Tensor?) throws(TensorError) {
    guard dtype != .bool, x?.dtype != .bool else {
      let what = x == nil ? "`y`" : "`x` or `y`"
      throw .notImplemented("\(name): received a bool input for \(what), but bool is not supported")
    }
  }

  private func sampleDimension(_ dim: Int, isCumulative: Bool = false) throws(TensorError) -> Int {
    guard rank > 0 else {
      throw .index(
        isCumulative
          ? "slice() cannot be applied to a 0-dim tensor." : "Dimension specified as \(dim) but tensor has no dimensions")
    }
    return try wrapDimension(dim, rank: rank)
  }

  private func emptyIntegral(_ dim: Int) -> Tensor {
    .zeros(shape.indices.filter { $0 != dim }.map { shape[$0] }, dtype: dtype, device: device)
  }

  /// Each sample plus the next.
  private func neighbourSums(_ dim: Int) -> Tensor {
    slice(dim: dim, from: 1) + slice(dim: dim, to: -1)
  }

  private func distances(_ x: Tensor, _ name: String, _ dim: Int) throws(TensorError) -> Tensor {
    if x.rank != 1 {
      let missing = [Int](repeating: 1, count: Swift.max(rank - x.rank, 0))
      return x.reshape(missing + x.shape).diff(dim: dim)
    }
    guard x.shape[0] == shape[dim] else {
      throw .runtime("\(name): There must be one `x` value for each sample point")
    }
    return x.diff().reshape(shape.indices.map { $0 == dim ? -1 : 1 })
  }
}

// MARK: - Finite differences

/// Where the samples are that `gradient` differentiates.
public enum SampleSpacing: Sendable {
  /// At this distance from each other in every dimension.
  case uniform(any ScalarConvertible)
  /// At a distance of its own for each dimension.
  case distances([any ScalarConvertible])
  /// At these coordinates, a 1-d tensor for each dimension.
  case coordinates([Tensor])
}

extension Tensor {
  /// The derivative by each of the dimensions of a function that this tensor has samples of: inside by central differences of second order, at
  /// the ends by one-sided ones.
  ///
  /// - Parameters:
  ///   - dim: by which to differentiate; all if nil.
  ///   - edgeOrder: the order of the differences at the ends, 1 or 2.
  ///
  /// Errors: `torch.gradient only supports edge_order=1 and edge_order=2.`; `torch.gradient expected each dimension size to be at least
  /// edge_order+1`; a list of spacings that does not fit the dimensions.
  public func gradient(
    spacing: SampleSpacing = .uniform(1), dim: (any Dimensions)? = nil, edgeOrder: Int = 1
  ) -> [Tensor] {
    attempt([self], results: dim?.dimensions.count ?? rank) { list throws(TensorError) in
      let x = list[0]
      let dims = try x.gradientDimensions(dim, spacing, edgeOrder)
      return try dims.enumerated().map { (index, dim) throws(TensorError) in
        switch spacing {
        case .uniform(let distance): x.differences(dim, distance, edgeOrder)
        case .distances(let list): x.differences(dim, list[index], edgeOrder)
        case .coordinates(let list): try x.differences(dim, at: list[index], edgeOrder)
        }
      }
    }
  }

  private func gradientDimensions(
    _ dim: (any Dimensions)?, _ spacing: SampleSpacing, _ edgeOrder: Int
  ) throws(TensorError) -> [Int] {
    guard dtype != .uint8 else { throw .notImplemented("torch.gradient does not support uint8 input.") }
    let given =
      switch spacing {
      case .uniform: Int?.none
      case .distances(let list): list.count
      case .coordinates(let list): list.count
      }
    if let given {
      if let dim, dim.dimensions.count != given {
        throw .runtime(
          "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same length, but got a "
            + "spacing argument of length \(given) and a dim argument of length \(dim.dimensions.count).")
      }
      if dim == nil, given != rank {
        throw .runtime(
          "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = \(rank)', since dim "
            + "argument was not given, but got a list of length \(given)")
      }
    }
    guard edgeOrder == 1 || edgeOrder == 2 else {
      throw .runtime("torch.gradient only supports edge_order=1 and edge_order=2.")
    }
    if case .coordinates(let list) = spacing {
      for element in list where element.rank != 1 {
        throw .runtime(
          "torch.gradient expected each element of spacing to have one dimension, but got an element with \(element.rank) dimensions!"
        )
      }
    }
    let dims = try dim.map { (dim) throws(TensorError) in try uniqueDimensions(dim.dimensions, rank: rank) } ?? Array(shape.indices)
    for dim in dims where rank == 0 || shape[dim] <= edgeOrder {
      throw .runtime("torch.gradient expected each dimension size to be at least edge_order+1")
    }
    return dims
  }

  private func part(_ dim: Int, _ start: Int, _ end: Int?) -> Tensor { slice(dim: dim, from: start, to: end) }

  private func differences(_ dim: Int, _ distance: any ScalarConvertible, _ edgeOrder: Int) -> Tensor {
    let h = distance.scalar.doubleValue
    let center = (part(dim, 2, nil) - part(dim, 0, -2)) / (2 * h)
    let head: Tensor
    let tail: Tensor
    if edgeOrder == 1 {
      head = (part(dim, 1, 2) - part(dim, 0, 1)) / h
      tail = (part(dim, -1, nil) - part(dim, -2, -1)) / h
    } else {
      head = (-1.5 * part(dim, 0, 1) + 2 * part(dim, 1, 2) - 0.5 * part(dim, 2, 3)) / h
      tail = (1.5 * part(dim, -1, nil) - 2 * part(dim, -2, -1) + 0.5 * part(dim, -3, -2)) / h
    }
    return concatenate([head, center, tail], dim: dim)
  }

  private func differences(_ dim: Int, at coordinates: Tensor, _ edgeOrder: Int) throws(TensorError) -> Tensor {
    guard coordinates.isValid else { return coordinates.passedOn }
    guard coordinates.count == shape[dim] else {
      throw .runtime(
        "torch.gradient expected as many coordinates as dimension \(dim) has samples, \(shape[dim]), but got \(coordinates.count)")
    }
    let steps = coordinates.diff()
    func along(_ weights: Tensor) -> Tensor { weights.reshape(shape.indices.map { $0 == dim ? -1 : 1 }) }
    // The parabola through three neighbours, differentiated at its middle point.
    let (left, right) = (along(steps.slice(to: -1)), along(steps.slice(from: 1)))
    let center =
      -right / (left * (left + right)) * part(dim, 0, -2) + (right - left) / (left * right) * part(dim, 1, -1)
      + left / (right * (left + right)) * part(dim, 2, nil)
    let first = along(steps.slice(to: 1))
    let last = along(steps.slice(from: -1))
    let head: Tensor
    let tail: Tensor
    if edgeOrder == 1 {
      head = (part(dim, 1, 2) - part(dim, 0, 1)) / first
      tail = (part(dim, -1, nil) - part(dim, -2, -1)) / last
    } else {
      // The same parabola at its outer points.
      let second = along(steps.slice(from: 1, to: 2))
      let previous = along(steps.slice(from: -2, to: -1))
      head =
        -(2 * first + second) / (first * (first + second)) * part(dim, 0, 1) + (first + second) / (first * second) * part(dim, 1, 2)
        - first / (second * (first + second)) * part(dim, 2, 3)
      tail =
        last / (previous * (last + previous)) * part(dim, -3, -2) - (last + previous) / (last * previous) * part(dim, -2, -1)
        + (2 * last + previous) / (last * (last + previous)) * part(dim, -1, nil)
    }
    return concatenate([head, center, tail], dim: dim)
  }
}

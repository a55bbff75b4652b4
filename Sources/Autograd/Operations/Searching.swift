import Devices

// Finding values among others.

/// Where `searchsorted` puts a value that equals one that is there.
public enum SearchSide: String, Sendable {
  case left, right
}

extension Tensor {
  /// The place that each of `values` would take in this sequence of ascending elements: how many of them are less, or from the right less or
  /// equal. In the shape of `values`, int64 or
  /// with `outInt32` int32.
  ///
  /// The sequences lie along the last dimension, one for each row of `values`, or there is a single 1-d one for all values.
  ///
  /// - Parameter sorter: brings the elements into ascending order, as `argsort` gives it.
  ///
  /// Errors: `torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value
  /// tensor must match, ...`; `torch.searchsorted(): boundary and sorter must have the same size, ...`; `torch.searchsorted(): sorter index out
  /// of range`.
  public func searchsorted(
    _ values: Tensor, outInt32: Bool = false, side: SearchSide = .left, sorter: Tensor? = nil
  ) -> Tensor {
    if let sorter, !sorter.isValid { return sorter.passedOn }
    return attempt(self, values) { x, values throws(TensorError) in
      try x.checkSearch(values, sorter)
      return try x.places(of: values.detach(), side, sorter).to(outInt32 ? .int32 : .int64)
    }
  }

  /// The place of one number in a 1-d sequence.
  public func searchsorted(
    _ value: some ScalarConvertible, outInt32: Bool = false, side: SearchSide = .left, sorter: Tensor? = nil
  ) -> Tensor {
    searchsorted(Tensor.full([], value, device: device), outInt32: outInt32, side: side, sorter: sorter)
  }

  /// The number of the interval between ascending boundaries into which each element falls: how many boundaries are less than it, or with
  /// `right` less or equal. int64.
  ///
  /// Error: `boundaries tensor must be 1 dimension, but got dim(2)`.
  public func bucketize(_ boundaries: Tensor, outInt32: Bool = false, right: Bool = false) -> Tensor {
    guard !boundaries.isValid || boundaries.rank == 1 else {
      return .failure(.runtime("boundaries tensor must be 1 dimension, but got dim(\(boundaries.rank))"))
    }
    return boundaries.searchsorted(self, outInt32: outInt32, side: right ? .right : .left)
  }

  private func checkSearch(_ values: Tensor, _ sorter: Tensor?) throws(TensorError) {
    let name = "torch.searchsorted():"
    guard rank == 1 || values.rank > 0 else {
      throw .runtime(
        "\(name) input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor dim(\(rank)) and input "
          + "value's dim(\(values.rank)) numel(\(values.count))")
    }
    guard rank > 0 else { throw .runtime("\(name) boundaries tensor should have positive dimension, but got 0 dimension") }
    guard rank == 1 || rank == values.rank && shape.dropLast() == values.shape.dropLast() else {
      throw .runtime(
        "\(name) boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, "
          + "but we got boundaries tensor \(shape) and input value tensor \(values.shape)")
    }
    if let sorter {
      guard sorter.shape == shape else {
        throw .runtime(
          "\(name) boundary and sorter must have the same size, but got boundary tensor \(shape)and got sorter tensor \(sorter.shape)"
        )
      }
      guard sorter.dtype == .int64 else {
        throw .runtime("\(name) sorter must be a tensor of long dtype but got dtype \(sorter.dtype.scalarTypeName)")
      }
      guard try sorter.firstOutside(of: shape[rank - 1]) == nil else { throw .runtime("\(name) sorter index out of range") }
    }
    let dtype = resultType(self, values)
    guard dtype != .bool else { throw .lacking("searchsorted_out_cpu", .bool) }
    if device !== values.device { throw mixedDevices(device, values.device) }
  }

  /// Bisects all intervals at once.
  private func places(of values: Tensor, _ side: SearchSide, _ sorter: Tensor?) throws(TensorError) -> Tensor {
    let size = shape[rank - 1]
    let rows = rank == 1 ? values.reshape([-1]) : values
    var low = rows.zerosLike(dtype: .int64)
    if size == 0 || values.count == 0 { return low.reshape(values.shape) }
    let row = detach()
    let sorted = sorter.map { row.gather(dim: -1, index: $0) } ?? row
    var high = low.fullLike(size)
    var width = size
    while width > 0 {
      let middle = (low + high) >> 1
      let element = sorted.gather(dim: -1, index: middle.clamp(max: size - 1))
      // NaN is greater than every number: it compares as such where these comparisons fail.
      let isBefore = (side == .left ? element .>= rows : element .> rows).logicalNot() .& (low .< high)
      let isAfter = isBefore.logicalNot() .& (low .< high)
      (low, high) = (Tensor.where(isBefore, middle + 1, low), Tensor.where(isAfter, middle, high))
      width /= 2
    }
    return low.reshape(values.shape)
  }

  // MARK: Membership

  /// Which elements are among `elements`. No NaN is.
  ///
  /// - Parameters:
  ///   - assumeUnique: PyTorch's promise that no element comes twice, which is not needed here.
  ///   - invert: which ones are not.
  ///
  /// Error: `Unsupported input type encountered for isin(): Bool`.
  public func isIn(_ elements: Tensor, assumeUnique: Bool = false, invert: Bool = false) -> Tensor {
    attempt(self, elements) { x, elements throws(TensorError) in
      guard x.dtype != .bool, elements.dtype != .bool else {
        throw .notImplemented("Unsupported input type encountered for isin(): Bool")
      }
      guard elements.count > 0 else { return .full(x.shape, invert, device: x.device) }
      let dtype = resultType(x, elements)
      let values = x.detach().to(dtype)
      var others = elements.detach().to(dtype).reshape([-1])
      // No search finds its way by what is no number.
      if dtype.isFloatingPoint { others = others.maskedSelect(others.isNaN().logicalNot()) }
      guard others.count > 0 else { return .full(x.shape, invert, device: x.device) }
      let sorted = others.sort().values
      let found = sorted.take(sorted.searchsorted(values).clamp(max: sorted.count - 1))
      return invert ? values .!= found : values .== found
    }
  }

  /// Which elements equal a number.
  public func isIn(_ element: some ScalarConvertible, assumeUnique: Bool = false, invert: Bool = false) -> Tensor {
    isIn(Tensor.full([], element, device: device), assumeUnique: assumeUnique, invert: invert)
  }

  // MARK: Places

  /// The coordinates, one tensor for each dimension of `shape`, of elements given by their positions in row-major order: int64.
  ///
  /// Errors: `expected 'indices' to be integer dtype, but got torch.float32`; `'shape' cannot have negative values, but got (2, -2)`.
  public func unravelIndex(_ shape: [Int]) -> [Tensor] {
    attempt([self], results: shape.count) { list throws(TensorError) in
      let positions = list[0]
      guard positions.dtype.category == .integer else {
        throw .type("expected 'indices' to be integer dtype, but got \(positions.dtype)")
      }
      guard !shape.contains(where: { $0 < 0 }) else {
        throw .value("'shape' cannot have negative values, but got (\(shape.map { "\($0)" }.joined(separator: ", ")))")
      }
      let wide = positions.long()
      if positions.count == 0 { return shape.map { _ in wide } }
      _ = try Layout.checkedCount(shape)
      let strides = Layout(shape: shape).strides
      return zip(shape, strides).map { size, stride in
        size == 0 ? wide.zerosLike() : wide.div(stride, roundingMode: .floor).remainder(size)
      }
    }
  }
}

import Devices

/// A linear map of the last dimensions of a tensor, along each by a matrix of bands: averages of windows, and interpolation.
struct Resampling: Sendable {
  /// One for each of the last dimensions, nil where nothing changes.
  let bands: [Bands?]

  /// The map, or its transpose, as an operation of that name. The derivative of either is the other.
  func applied(to x: Tensor, isTransposed: Bool = false, _ gradName: String) throws(TensorError) -> Tensor {
    try bare(x, isTransposed: isTransposed).differentiable(gradName, x, saves: false) { g in
      attempt(g) { g throws(TensorError) in
        try applied(to: g, isTransposed: !isTransposed, gradName.ofDerivative)
      }
    }
  }

  /// Outside the graph.
  func bare(_ x: Tensor, isTransposed: Bool = false) throws(TensorError) -> Tensor {
    var result = x.detach()
    for (position, bands) in bands.enumerated() {
      guard let bands else { continue }
      let dim = x.rank - self.bands.count + position
      var shape = result.shape
      shape[dim] = isTransposed ? bands.columns : bands.rows
      let next = try Tensor.uninitialized("resample", shape, x.dtype, x.device)
      try x.device.resample(result.operand, dim: dim, bands, isTransposed: isTransposed, to: next.operand)
      result = next
    }
    return result
  }
}

extension String {
  /// PyTorch's name of the derivative of the derivative that this names.
  var ofDerivative: String { hasSuffix("BackwardBackward0") ? self : dropLast("Backward0".count) + "BackwardBackward0" }
}

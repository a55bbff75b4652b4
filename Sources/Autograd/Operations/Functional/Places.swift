import Devices

/// Positions in the last dimensions of a tensor, counted in row-major order: where the elements stood that a pooling took.
struct Places: Sendable {
  /// int64, with the same dimensions before as the tensor.
  private let indices: Tensor
  private let shape: [Int]
  private let planes: Int
  private let volume: Int
  private let rank: Int

  /// - Parameters:
  ///   - shape: the tensor's shape.
  ///   - rank: how many of its last dimensions the positions count.
  init(_ indices: Tensor, in shape: [Int], rank: Int) {
    self.indices = indices.detach()
    self.shape = shape
    planes = shape.dropLast(rank).reduce(1, *)
    volume = shape.suffix(rank).reduce(1, *)
    self.rank = rank
  }

  /// The same positions in all elements of the tensor.
  private func index() -> AdvancedIndex {
    let lines = indices.reshape([planes, planes == 0 ? 0 : indices.count / planes])
    let flat = lines + Tensor.positions(planes, on: indices.device).unsqueeze(1) * volume
    return AdvancedIndex(dims: [0], indices: [flat.reshape([-1])], shape: [indices.count])
  }

  /// The elements at these places.
  func elements(of x: Tensor) -> Tensor {
    x.reshape([-1]).picked(by: index()).reshape(indices.shape)
  }

  /// Zeros, with values added at these places: the derivative of `elements`.
  func sums(of values: Tensor) -> Tensor {
    attempt(values) { values throws(TensorError) in
      let result = try Tensor.uninitialized("zeros", shape, values.dtype, values.device)
      try values.device.maxPoolGradient(values.operand, indices: indices.operand, rank: rank, to: result.operand)
      return result.differentiable("MaxPoolBackwardBackward0", values) { g in elements(of: g) }
    }
  }

  /// Zeros, but for values at these places; of several for one place the last.
  func placed(_ values: Tensor, _ gradName: String) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("zeros", shape, values.dtype, values.device)
    try values.device.fill(result.operand, with: .int(0))
    let line = values.detach().reshape([-1])
    try index().scatter(.set, line.operand, to: result.operand.with(layout: Layout(shape: [planes * volume])))
    return result.differentiable(gradName, values, saves: true) { g in elements(of: g) }
  }
}

import Devices

// Layer normalisation as one command on rows, forward and backward.

extension Tensor {
  /// (self - mean) · rstd · weight + bias over the last dimensions, `columns` elements of them, with the mean and rstd of each row.
  ///
  /// Freeze first. The tensor is not empty.
  func layerNormalized(
    _ columns: Int, weight: Tensor?, bias: Tensor?, eps: Double
  ) throws(TensorError) -> [Tensor] {
    let compute = dtype.computeDType
    let rows = count / columns
    let parts = LayerNormalization(rows: rows, columns: columns, dtype: compute)
    let output = try Tensor.uninitialized("layer_norm", shape, compute, device)
    let statistics = [
      try Tensor.uninitialized("layer_norm", [rows], compute, device),
      try Tensor.uninitialized("layer_norm", [rows], compute, device),
    ]
    let (scale, shift) = (
      weight ?? .ones([columns], dtype: compute, device: device), bias ?? .zeros([columns], dtype: compute, device: device)
    )
    try device.rows(
      .normalization(epsilon: eps), [parts.matrix(self), parts.row(scale), parts.row(shift)],
      to: [parts.matrix(output)] + statistics.map(\.operand))
    let inputs = [self] + [weight, bias].compactMap(\.self)
    let result = Tensor.differentiable("NativeLayerNormBackward0", results: [output.to(dtype)], inputs: inputs) { gradients in
      guard let g = gradients[0] else { return inputs.map { _ in nil } }
      let all =
        GradientMode.isEnabled
        ? self.layerNormGradients(g, columns, weight, eps)
        : attempt([g], results: 3) { list throws(TensorError) in
          try self.layerNormGradients(list[0], parts, statistics, scale)
        }
      return [all[0]] + (weight.map { [all[1].reshape($0.shape)] } ?? []) + (bias.map { [all[2].reshape($0.shape)] } ?? [])
    }
    return result + statistics
  }

  /// The gradients by this tensor, the weight and the bias.
  private func layerNormGradients(
    _ g: Tensor, _ parts: LayerNormalization, _ statistics: [Tensor], _ scale: Tensor
  ) throws(TensorError) -> [Tensor] {
    let gradients = [
      try Tensor.uninitialized("layer_norm", shape, parts.dtype, device),
      try Tensor.uninitialized("layer_norm", [parts.columns], parts.dtype, device),
      try Tensor.uninitialized("layer_norm", [parts.columns], parts.dtype, device),
    ]
    try device.rows(
      .normalizationGradient, [parts.matrix(g), parts.matrix(self)] + statistics.map(\.operand) + [parts.row(scale)],
      to: [parts.matrix(gradients[0]), gradients[1].operand, gradients[2].operand])
    return gradients
  }

  /// The same in public operations, as a function of all that it reads, for the graph of a graph.
  private func layerNormGradients(_ g: Tensor, _ columns: Int, _ weight: Tensor?, _ eps: Double) -> [Tensor] {
    let compute = dtype.computeDType
    let x = to(compute).reshape([count / columns, columns])
    let g = g.to(compute).reshape(x.shape)
    let (mean, rstd) = x.statistics([1], eps)
    let standardized = (x - mean) * rstd
    let weighted = weight.map { g * $0.to(compute).reshape([columns]) } ?? g
    let slope = (weighted * standardized).mean(dim: 1, keepDim: true)
    let gradient = (weighted - weighted.mean(dim: 1, keepDim: true) - standardized * slope) * rstd
    return [gradient.reshape(shape), (g * standardized).sum(dim: 0), g.sum(dim: 0)]
  }
}

/// The operands of the command.
private struct LayerNormalization: Sendable {
  let rows: Int
  let columns: Int
  let dtype: DType

  func matrix(_ x: Tensor) throws(TensorError) -> Operand { try operand(x, [rows, columns]) }
  func row(_ x: Tensor) throws(TensorError) -> Operand { try operand(x, [columns]) }

  private func operand(_ x: Tensor, _ shape: [Int]) throws(TensorError) -> Operand {
    let x = try Tensor(x.body.detached()).to(dtype).contiguous().valid()
    return x.operand.with(layout: x.layout.viewed(as: shape)!)
  }
}

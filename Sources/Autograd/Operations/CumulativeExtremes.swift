import Devices

extension Tensor {
  /// The greatest of each element and all before it, and where along `dim` it stands: of equal ones the last. NaN wins.
  public func cummax(dim: Int) -> (values: Tensor, indices: Tensor) { cumulativeExtreme(.max, "CummaxBackward0", dim) }

  /// The least of each element and all before it, and where along `dim` it stands: of equal ones the last. NaN wins.
  public func cummin(dim: Int) -> (values: Tensor, indices: Tensor) { cumulativeExtreme(.min, "CumminBackward0", dim) }

  private func cumulativeExtreme(_ scan: Scan, _ name: String, _ dim: Int) -> (values: Tensor, indices: Tensor) {
    let results = attempt([self], results: 2) { list throws(TensorError) in
      let x = list[0]
      let dim = try wrapDimension(dim, rank: x.rank)
      let values = try Tensor.uninitialized(scan.rawValue, x.shape, x.dtype, x.device)
      let indices = try Tensor.uninitialized(scan.rawValue, x.shape, .int64, x.device)
      try x.device.scan(scan, x.operand.asRow, dim: dim, to: values.operand.asRow, indices: indices.operand.asRow)
      return Tensor.differentiable(name, results: [values, indices], inputs: [x]) { gradients in
        [gradients[0].map { g in g.summed(along: dim, at: indices, in: g.shape) }]
      }
    }
    return (results[0], results[1])
  }
}

import Devices

// The distinct elements. How many there are depends on the values, so that these wait for the device. They are outside the graph.

extension Tensor {
  /// The distinct elements in ascending order, the place of every element among them, in this tensor's shape, and how often each occurs; both
  /// int64. No NaN equals another.
  public func unique() -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    distinct { x throws(TensorError) in try x.ordered(0, descending: false) }
  }

  /// What is left where of equal neighbours in row-major order only the first is kept, the place of every element among them, and how many
  /// neighbours each stands for; both int64.
  public func uniqueConsecutive() -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    distinct { x throws(TensorError) in (x, .arange(x.count, device: x.device)) }
  }

  /// - Parameter order: brings equal elements together, and says where each of them stood.
  private func distinct(
    _ order: (Tensor) throws(TensorError) -> (values: Tensor, indices: Tensor)
  ) -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    let results = attempt([self], results: 3) { list throws(TensorError) in
      let x = list[0].detach()
      let size = x.count
      if size == 0 {
        let none = Tensor.zeros([0], dtype: .int64, device: x.device)
        return [x.reshape([0]), x.zerosLike(dtype: .int64), none]
      }
      let (row, places) = try order(x.reshape([-1]))
      let isNew = concatenate([
        Tensor.full([1], true, device: x.device),
        row.narrow(dim: 0, start: 1, length: size - 1) .!= row.narrow(dim: 0, start: 0, length: size - 1),
      ])
      let starts = isNew.nonzero().view([-1])
      let ends = concatenate([
        starts.narrow(dim: 0, start: 1, length: starts.count - 1), Tensor.full([1], size, device: x.device),
      ])
      let group = isNew.cumsum(dim: 0) - 1
      let inverse = group.zerosLike().scatter(dim: 0, index: places, source: group).view(x.shape)
      return [row.indexSelect(dim: 0, index: starts), inverse, ends - starts]
    }
    return (results[0], results[1], results[2])
  }
}

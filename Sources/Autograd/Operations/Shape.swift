import Devices

extension Tensor {
  /// This tensor seen in a larger shape; -1 keeps a dimension's size.
  ///
  /// Error: `The expanded size of the tensor (4) must match the existing size (2) at non-singleton dimension 1. ...`
  public func expand(_ target: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let source = x.shape
      return Tensor(x.operand.with(layout: try x.layout.expanded(to: target)))
        .differentiable("ExpandBackward0", x, saves: false) { g in g.sum(to: source) }
    }
  }
}

extension Layout {
  func expanded(to target: [Int]) throws(TensorError) -> Layout {
    guard target.count >= rank else {
      throw .runtime(
        "expand(torch.FloatTensor{\(shape)}, size=\(target)): the number of sizes provided (\(target.count)) must be greater or equal to "
          + "the number of dimensions in the tensor (\(rank))")
    }
    var full = target
    let lead = target.count - rank
    for i in target.indices {
      let size = i < lead ? 1 : shape[i - lead]
      if target[i] == -1 {
        guard i >= lead else {
          throw .runtime(
            "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension \(i)")
        }
        full[i] = size
      } else if size != 1 && size != target[i] {
        throw .runtime(
          "The expanded size of the tensor (\(target[i])) must match the existing size (\(size)) at non-singleton dimension \(i).  "
            + "Target sizes: \(target).  Tensor sizes: \(shape)")
      }
    }
    return broadcast(to: full)
  }
}

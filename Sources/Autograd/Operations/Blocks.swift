import Devices

// Tensors put together from all of their combinations, or along a diagonal.

/// A matrix with the given ones along its diagonal and zeros elsewhere, in their common dtype; a vector is a matrix of one row.
///
/// Error: `torch.block_diag: Input tensors must have 2 or fewer dimensions. Input 0 has 3 dimensions`.
public func blockDiag(_ tensors: [Tensor]) -> Tensor {
  if tensors.isEmpty { return .empty([1, 0]) }
  return attempt(tensors) { tensors throws(TensorError) in
    for (number, x) in tensors.enumerated() where x.rank > 2 {
      throw .runtime("torch.block_diag: Input tensors must have 2 or fewer dimensions. Input \(number) has \(x.rank) dimensions")
    }
    let shapes = tensors.map { $0.rank == 2 ? $0.shape : [1, $0.count] }
    let size = [shapes.reduce(0) { $0 &+ $1[0] }, shapes.reduce(0) { $0 &+ $1[1] }]
    let result = try Tensor.uninitialized("block_diag", size, commonDType(tensors), try commonDevice(tensors))
    try result.device.fill(result.operand, with: .int(0))
    var corner = (row: 0, column: 0)
    var formulas: [(@Sendable (Tensor) -> Tensor)?] = []
    for (x, shape) in zip(tensors, shapes) {
      let steps = [
        ViewStep.slice(dim: 0, start: corner.row, count: shape[0], step: 1),
        ViewStep.slice(dim: 1, start: corner.column, count: shape[1], step: 1),
      ]
      try result.device.copy(
        x.operand.with(layout: x.rank == 2 ? x.layout : x.layout.viewed(as: shape)!),
        to: result.operand.with(layout: result.layout.applying(steps)))
      let own = x.shape
      formulas.append { g in g.stepped(steps).reshape(own) }
      corner = (corner.row &+ shape[0], corner.column &+ shape[1])
    }
    return result.differentiable("BlockDiagBackward0", tensors, saves: false, formulas)
  }
}

/// All combinations of one element of each of some 1-d tensors, a row for each; of a single tensor the tensor itself.
///
/// Errors: `Expect a 1D vector, but got shape [2, 2]`; those of `meshgrid`.
public func cartesianProd(_ tensors: [Tensor]) -> Tensor {
  attempt(tensors) { frozen throws(TensorError) in
    for x in frozen where x.rank != 1 { throw .runtime("Expect a 1D vector, but got shape \(x.shape)") }
    if frozen.count == 1 { return tensors[0] }
    let axes = meshgrid(tensors)
    if let invalid = axes.first(where: { !$0.isValid }) { return invalid.passedOn }
    return axes.isEmpty ? .invalid.passedOn : stack(axes.map { $0.reshape([-1]) }, dim: 1)
  }
}

extension Tensor {
  /// The combinations of `r` elements of a 1-d tensor in the order of their positions, a row for each.
  ///
  /// - Parameter withReplacement: whether an element may come several times in one combination.
  ///
  /// Errors: `Expect a 1D vector, but got shape [2, 2]`; `Expect a non-negative number, but got -1`.
  public func combinations(_ r: Int = 2, withReplacement: Bool = false) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.rank == 1 else { throw .runtime("Expect a 1D vector, but got shape \(x.shape)") }
      guard r >= 0 else { throw .runtime("Expect a non-negative number, but got \(r)") }
      if r == 0 { return try Tensor.uninitialized("combinations", [0], x.dtype, x.device) }
      let positions = try Tensor.combinations(of: x.count, r, withReplacement, on: x.device)
      return x.indexSelect(dim: 0, index: positions).reshape([-1, r])
    }
  }

  /// The positions of all combinations, one after the other.
  private static func combinations(
    of count: Int, _ r: Int, _ withReplacement: Bool, on device: any Device
  ) throws(TensorError) -> Tensor {
    // With replacement, positions that may repeat are as many as distinct ones among r - 1 more.
    let kinds = withReplacement && count > 0 ? Int128(count) + Int128(r) - 1 : Int128(count)
    let rows = kinds < r ? 0 : try binomial(kinds, Int128(r))
    let total = try Layout.checkedCount([rows, r])
    return try made(shape: [total], dtype: .int64, device: device, requiresGrad: false) { memory, _ in
      let places = memory.bindMemory(to: Int64.self)
      var row = (0..<(rows == 0 ? 0 : r)).map { withReplacement ? 0 : $0 }
      for start in stride(from: 0, to: total, by: r) {
        for (column, position) in row.enumerated() { places[start + column] = Int64(position) }
        // The last position that can move on does, and those behind it start again next to it.
        guard let moving = row.indices.last(where: { row[$0] < (withReplacement ? count - 1 : count - r + $0) }) else { break }
        let next = row[moving] + 1
        for column in moving..<r { row[column] = withReplacement ? next : next + column - moving }
      }
    }
  }

  private static func binomial(_ n: Int128, _ k: Int128) throws(TensorError) -> Int {
    var result: Int128 = 1
    for i in 0..<Swift.min(k, n - k) {
      result = result * (n - i) / (i + 1)
      guard result <= Int128(Int.max) else { throw .runtime("Storage size calculation overflowed with sizes=[\(n), \(k)]") }
    }
    return Int(result)
  }
}

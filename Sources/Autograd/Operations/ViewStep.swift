import Devices

/// One step from a tensor to a view of it that shows each element at most once: what basic subscripts are made of.
enum ViewStep: Sendable, Hashable {
  case select(dim: Int, index: Int)
  case slice(dim: Int, start: Int, count: Int, step: Int)
  case insert(dim: Int)
  case diagonal(offset: Int, dim1: Int, dim2: Int)

  /// PyTorch's name of its derivative.
  var gradName: String {
    switch self {
    case .select: "SelectBackward0"
    case .slice: "SliceBackward0"
    case .insert: "UnsqueezeBackward0"
    case .diagonal: "DiagonalBackward0"
    }
  }

  /// PyTorch's name of the derivative's derivative.
  var secondGradName: String {
    switch self {
    case .select: "SelectBackwardBackward0"
    case .slice: "SliceBackwardBackward0"
    case .insert: "SqueezeBackward1"
    case .diagonal: "DiagonalBackwardBackward0"
    }
  }
}

extension Layout {
  func applying(_ step: ViewStep) -> Layout {
    switch step {
    case .select(let dim, let index): selecting(index, of: dim)
    case .slice(let dim, let start, let count, let step): slicing(dim, from: start, count: count, step: step)
    case .insert(let dim): inserting(dim)
    case .diagonal(let offset, let dim1, let dim2): diagonal(offset: offset, dim1, dim2)
    }
  }

  func applying(_ steps: [ViewStep]) -> Layout { steps.reduce(self) { $0.applying($1) } }

  func selecting(_ index: Int, of dim: Int) -> Layout {
    var shape = shape
    var strides = strides
    shape.remove(at: dim)
    let step = strides.remove(at: dim)
    return Layout(shape: shape, strides: strides, offset: offset &+ index &* step)
  }

  func slicing(_ dim: Int, from start: Int, count: Int, step: Int = 1) -> Layout {
    var shape = shape
    var strides = strides
    shape[dim] = count
    strides[dim] = strides[dim] &* step
    // An empty slice may start where the dimension ends.
    return Layout(shape: shape, strides: strides, offset: count == 0 ? offset : offset &+ start &* self.strides[dim])
  }

  func inserting(_ dim: Int) -> Layout {
    var shape = shape
    var strides = strides
    strides.insert(dim < shape.count ? shape[dim] &* strides[dim] : 1, at: dim)
    shape.insert(1, at: dim)
    return Layout(shape: shape, strides: strides, offset: offset)
  }

  /// Without the dimensions given, each of which has size one.
  func removing(_ dims: [Int]) -> Layout {
    let kept = shape.indices.filter { !dims.contains($0) }
    return Layout(shape: kept.map { shape[$0] }, strides: kept.map { strides[$0] }, offset: offset)
  }

  /// The diagonal of two dimensions, as a new last dimension in the place of both.
  func diagonal(offset diagonal: Int, _ dim1: Int, _ dim2: Int) -> Layout {
    let rows = shape[dim1] + min(diagonal, 0)
    let columns = shape[dim2] - max(diagonal, 0)
    let count = max(min(rows, columns), 0)
    let kept = shape.indices.filter { $0 != dim1 && $0 != dim2 }
    let start = count == 0 ? 0 : diagonal >= 0 ? diagonal &* strides[dim2] : -diagonal &* strides[dim1]
    return Layout(
      shape: kept.map { shape[$0] } + [count], strides: kept.map { strides[$0] } + [strides[dim1] &+ strides[dim2]],
      offset: offset &+ start)
  }

  /// The same elements in the reverse order along some dimensions.
  func reversing(_ dims: [Int]) -> Layout {
    guard count > 0 else { return self }
    var strides = strides
    var offset = offset
    for dim in dims {
      offset += (shape[dim] - 1) * strides[dim]
      strides[dim] = -strides[dim]
    }
    return Layout(shape: shape, strides: strides, offset: offset)
  }

  /// Whether no two places of this layout can share an element. Decided by the strides alone, so a no may be wrong.
  var showsEachElementOnce: Bool {
    if isContiguous { return true }
    var reach = 0
    for (step, size) in zip(strides, shape).map({ (abs($0), $1) }).sorted(by: { $0.0 < $1.0 }) where size > 1 {
      if step <= reach { return false }
      reach += step * (size - 1)
    }
    return true
  }
}

// MARK: - Reading a part, and the reverse

extension Tensor {
  /// The same elements through another layout, outside the graph.
  func bareView(_ layout: Layout) -> Tensor {
    Tensor(
      TensorBody(
        storage: body.storage, layout: layout, dtype: body.dtype, flags: body.flags.intersection(.inference)))
  }

  /// One step, whose arguments have been checked.
  func stepped(_ step: ViewStep) -> Tensor {
    let x = frozen
    let result = x.bareView(x.layout.applying(step))
    guard Tensor.isRecording(x.body) else { return result }
    if case .insert(let dim) = step {
      return result.differentiable(step.gradName, x, saves: false) { g in g.squeeze(dim) }
    }
    let shape = x.shape
    return result.differentiable(step.gradName, x, saves: false) { g in g.placed(at: [step], in: shape) }
  }

  func stepped(_ steps: [ViewStep]) -> Tensor {
    if Tensor.isRecording(body) { return steps.reduce(self) { $0.stepped($1) } }
    let x = frozen
    return x.bareView(x.layout.applying(steps))
  }

  /// Zeros of a shape, with this tensor as the part that the steps lead to: the derivative of reading that part.
  func placed(at steps: [ViewStep], in shape: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let result = try Tensor.uninitialized("zeros", shape, x.dtype, x.device)
      try x.device.fill(result.operand, with: .int(0))
      try x.device.copy(x.operand, to: result.operand.with(layout: result.layout.applying(steps)))
      return result.differentiable(steps.last?.secondGradName ?? "AliasBackward0", x, saves: false) { g in
        g.stepped(steps)
      }
    }
  }
}

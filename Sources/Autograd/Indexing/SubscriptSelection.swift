import Devices

/// What a subscript names in a tensor of some shape: the part that some view steps lead to, and of that perhaps what index tensors pick.
struct Selection: Sendable {
  var steps: [ViewStep] = []
  var index: Index?

  enum Index: Sendable {
    /// A boolean tensor over the dimensions from `dim` on.
    case mask(Tensor, dim: Int)
    case positions(AdvancedIndex)
  }

  init(steps: [ViewStep]) { self.steps = steps }

  /// Interprets the terms of a subscript, from left to right as PyTorch does.
  ///
  /// - Parameter keepsWhole: whether a slice of a whole dimension is a step too, which shows in the graph.
  init(_ terms: [IndexTerm], of source: Layout, device: any Device, keepsWhole: Bool) throws(TensorError) {
    let named = terms.reduce(0) { $0 + $1.dimensionCount }
    guard named <= source.rank else {
      throw .index("too many indices for tensor of dimension \(source.rank)")
    }
    var layout = source
    var dim = 0
    var hasEllipsis = false
    var tensors: [(dim: Int, tensor: Tensor)] = []
    func take(_ step: ViewStep) {
      steps.append(step)
      layout = layout.applying(step)
    }
    for (number, term) in terms.enumerated() {
      switch term.kind {
      case .position(let position):
        take(try .position(position, of: layout, dim: dim, number: number))
      case .slice(let start, let end, let step):
        guard step != 0 else { throw .value("slice step cannot be zero") }
        guard step > 0 else { throw .value("step must be greater than zero") }
        let slice = ViewStep.slice(dim, of: layout.shape[dim], from: start, to: end, by: step)
        if keepsWhole || layout.applying(slice).shape[dim] != layout.shape[dim] { take(slice) }
        dim += 1
      case .ellipsis:
        guard !hasEllipsis else { throw .index("an index can only have a single ellipsis ('...')") }
        hasEllipsis = true
        dim += source.rank - named
      case .newAxis:
        take(.insert(dim: dim))
        dim += 1
      case .tensor(let tensor) where tensor.rank > 0:
        tensors.append((dim, tensor))
        dim += term.dimensionCount
      case .tensor(let tensor) where tensor.isMask:
        take(.insert(dim: dim))
        tensors.append((dim, .positions(try tensor.element().boolValue ? 1 : 0, on: device)))
        dim += 1
      case .tensor(let tensor):
        try tensor.checkIsIndex()
        take(try .position(Int(tensor.element().intValue), of: layout, dim: dim, number: number))
      }
    }
    if tensors.count == 1, tensors[0].tensor.isMask {
      let mask = tensors[0].tensor.to(.bool).to(device)
      try mask.checkMask(dim: tensors[0].dim, of: layout.shape)
      index = .mask(mask, dim: tensors[0].dim)
    } else if !tensors.isEmpty {
      index = .positions(try AdvancedIndex(tensors, of: layout.shape, device: device))
    }
  }

  /// The index tensors as positions; asking for those of a mask waits for the device.
  func positions(in shape: [Int], device: any Device) throws(TensorError) -> AdvancedIndex? {
    switch index {
    case nil: return nil
    case .positions(let positions): return positions
    case .mask(let mask, let dim): return try AdvancedIndex([(dim, mask)], of: shape, device: device)
    }
  }
}

extension IndexTerm {
  /// How many dimensions of the tensor the term speaks of.
  fileprivate var dimensionCount: Int {
    switch kind {
    case .position, .slice: 1
    case .ellipsis, .newAxis: 0
    case .tensor(let tensor): tensor.isMask ? tensor.rank : 1
    }
  }
}

extension ViewStep {
  /// - Parameter number: which index of the subscript it is, for the message.
  static func position(_ position: Int, of layout: Layout, dim: Int, number: Int) throws(TensorError) -> ViewStep {
    let size = layout.shape[dim]
    guard position >= -size, position < size else {
      throw .index("index \(position) is out of bounds for dimension \(number) with size \(size)")
    }
    return .select(dim: dim, index: position < 0 ? position + size : position)
  }
}

extension Tensor {
  /// Whether it selects by true and false. Bytes do so too, of old.
  var isMask: Bool { dtype == .bool || dtype == .uint8 }

  func checkIsIndex() throws(TensorError) {
    guard dtype == .int64 || dtype == .int32 || isMask else {
      throw .index("tensors used as indices must be long, int, byte or bool tensors")
    }
  }

  /// A mask has to have the sizes of the dimensions it is laid over.
  fileprivate func checkMask(dim: Int, of target: [Int]) throws(TensorError) {
    for (place, size) in shape.enumerated() where target[dim + place] != size {
      throw .index(
        "The shape of the mask \(shape) at index \(place) does not match the shape of the indexed tensor \(target) at index \(dim + place)"
      )
    }
  }
}

// MARK: - Index tensors

/// Index tensors over some dimensions, all of one shape: the positions that they pick together.
struct AdvancedIndex: Sendable {
  /// The indexed dimensions, rising.
  let dims: [Int]
  /// An int64 tensor for each, broadcast to `shape`.
  let indices: [Tensor]
  let shape: [Int]
  /// Where `shape` stands among the other dimensions.
  let place: Int

  /// - Parameter place: where the positions' shape stands in the result; nil for where the subscript rules put it.
  init(dims: [Int], indices: [Tensor], shape: [Int], place: Int? = nil) {
    self.dims = dims
    self.indices = indices
    self.shape = shape
    let areNeighbours = dims.last! - dims[0] == dims.count - 1
    self.place = place ?? (areNeighbours ? dims[0] : 0)
  }

  /// Index tensors as users give them, masks among them, for a tensor of the shape `source`.
  init(
    _ tensors: [(dim: Int, tensor: Tensor)], of source: [Int], device: any Device
  ) throws(TensorError) {
    var dims: [Int] = []
    var indices: [Tensor] = []
    for (dim, tensor) in tensors {
      try tensor.checkIsIndex()
      let tensor = tensor.detach().to(device)
      if tensor.isMask {
        try tensor.checkMask(dim: dim, of: source)
        let positions = Tensor(try device.nonzero(tensor.operand))
        for column in 0..<tensor.rank {
          dims.append(dim + column)
          indices.append(positions.bareView(positions.layout.selecting(column, of: 1)))
        }
      } else {
        dims.append(dim)
        indices.append(tensor.to(.int64))
      }
    }
    var shape = indices[0].shape
    for index in indices.dropFirst() {
      guard let common = try? broadcastShapes(shape, index.shape) else {
        let shapes = indices.map { "\($0.shape)" }.joined(separator: ", ")
        throw .index("shape mismatch: indexing tensors could not be broadcast together with shapes \(shapes)")
      }
      shape = common
    }
    if shape.reduce(1, *) > 0, dims.contains(where: { source[$0] == 0 }) {
      throw .index("index is out of bounds for dimension with size 0")
    }
    if indices.count > 1 { indices = indices.map { $0.bareView($0.layout.broadcast(to: shape)) } }
    self.init(dims: dims, indices: indices, shape: shape)
  }

  /// The shape of what is picked from a tensor of the shape `source`.
  func resultShape(of source: [Int]) -> [Int] {
    var result = source.indices.filter { !dims.contains($0) }.map { source[$0] }
    result.insert(contentsOf: shape, at: place)
    return result
  }

  /// The source's layout in the order of the device's command: the indexed dimensions first.
  private func indexedFirst(_ source: Layout) -> Layout {
    if dims.last == dims.count - 1 { return source }
    return source.permuted(dims + source.shape.indices.filter { !dims.contains($0) })
  }

  /// The result's layout in that order: the positions' dimensions first.
  private func positionsFirst(_ result: Layout) -> Layout {
    if place == 0 { return result }
    let positions = place..<(place + shape.count)
    return result.permuted(Array(positions) + result.shape.indices.filter { !positions.contains($0) })
  }

  /// Picks from `source` into `result`. An error counts the index tensors, as PyTorch's does, and not the dimensions.
  func gather(_ source: Operand, to result: Operand) throws(TensorError) {
    guard result.count > 0 else { return }
    try source.device.gather(
      source.with(layout: indexedFirst(source.layout)),
      indices: indices.map(\.operand), dimensions: Array(dims.indices),
      to: result.with(layout: positionsFirst(result.layout)))
  }

  /// Puts `values`, of the result's shape, to the positions in `target`.
  ///
  /// - Parameter numbering: what an error calls the index tensors; their order if nil.
  func scatter(
    _ mode: ScatterMode, _ values: Operand, to target: Operand, numbering: [Int]? = nil
  ) throws(TensorError) {
    guard values.count > 0 else { return }
    try target.device.scatter(
      mode, values.with(layout: positionsFirst(values.layout)),
      indices: indices.map(\.operand), dimensions: numbering ?? Array(dims.indices),
      to: target.with(layout: indexedFirst(target.layout)))
  }
}

extension Tensor {
  /// 0, 1, ... up to `count`, as int64.
  static func positions(_ count: Int, on device: any Device) -> Tensor {
    attempt { () throws(TensorError) in
      try made(shape: [count], dtype: .int64, device: device, requiresGrad: false) { memory, _ in
        for index in 0..<count { memory.storeBytes(of: Int64(index), toByteOffset: index * 8, as: Int64.self) }
      }
    }
  }

  /// What the index picks.
  func picked(by index: AdvancedIndex, _ name: String = "IndexBackward0") -> Tensor {
    attempt(self) { x throws(TensorError) in
      let result = try Tensor.uninitialized("index", index.resultShape(of: x.shape), x.dtype, x.device)
      try index.gather(x.operand, to: result.operand)
      let shape = x.shape
      return result.differentiable(name, x) { g in g.summed(at: index, in: shape) }
    }
  }

  /// Zeros of a shape, with this tensor added at the positions of the index: the derivative of picking.
  func summed(at index: AdvancedIndex, in shape: [Int]) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let result = try Tensor.uninitialized("zeros", shape, x.dtype, x.device)
      if x.count == 0 {
        try x.device.fill(result.operand, with: .int(0))
      } else {
        try index.scatter(.sum, x.operand, to: result.operand)
      }
      return result.differentiable("IndexPutBackward0", x) { g in g.picked(by: index) }
    }
  }
}

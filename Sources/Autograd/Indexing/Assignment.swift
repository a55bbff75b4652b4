import Devices

// Writing into a part of a tensor.

/// What is assigned to a part.
enum AssignedValue: Sendable {
  case number(Scalar)
  case tensor(Tensor)
}

extension Tensor {
  /// Writes a value into a part of this tensor. Its memory is written where nobody else holds it, and copied first where somebody does.
  ///
  /// The derivative: what was there before gets the gradient with zeros in the part, the value gets the gradient of the part.
  ///
  /// - Parameter keepsValue: whether this tensor has its old value after an error that a device tells later; otherwise it has none.
  mutating func write(_ value: consuming AssignedValue, at selection: Selection, keepsValue: Bool = true) {
    do throws(TensorError) {
      try checkValid()
      if isUnchanged(value, at: selection) { return }
      let write = try Write(value, at: selection, in: self)
      try apply(write, keepsValue: keepsValue)
    } catch {
      Tensor.report(error)
    }
  }

  /// Whether the value is the part itself, as it comes back where the change failed in `x[0] += y`.
  private func isUnchanged(_ value: borrowing AssignedValue, at selection: Selection) -> Bool {
    guard ErrorScope.hasFailed, case .tensor(let part) = copy value, part.isValid, selection.index == nil else { return false }
    let whole = body.value
    return part.body.storage === whole.storage && part.layout == whole.layout.applying(selection.steps)
  }

  private mutating func apply(_ write: Write, keepsValue: Bool) throws(TensorError) {
    let mode = GradientMode.current
    if let variable = body.node?.variable {
      if mode == .recording { throw write.leafError }
      try variable.update { (state) throws(TensorError) in
        if state.value.storage.isPending { state.value.storage.compute() }
        let isOwner = Storage.isHeldAlone(&state.value.storage)
        var target = state.value
        if !isOwner { target = try target.copied(keepsValue: keepsValue) }
        try write.run(on: keepsValue ? target.updated : target)
        state.value = target
      }
      return
    }
    if isInference && mode != .inference { throw .inferenceUpdate }
    var node = body.node
    var outputIndex = body.outputIndex
    if mode == .recording, let recorded = write.node(of: self) {
      node = recorded
      outputIndex = 0
    }
    let isOwner = isSoleOwner && body.layout.showsEachElementOnce
    var target = body.operand
    if !isOwner { target = try target.copied(keepsValue: keepsValue) }
    try write.run(on: keepsValue ? target.updated : target)
    if isOwner && node === body.node { return }
    become(
      Tensor(
        TensorBody(
          storage: target.storage, layout: target.layout, dtype: target.dtype, node: node, outputIndex: Int(outputIndex),
          flags: body.flags)))
  }

  /// Whether nobody else holds this tensor's memory, whose elements are there then. Hold no operand of it when asking.
  private var isSoleOwner: Bool {
    mutating get {
      if body.storage.isPending { body.storage.compute() }
      return isKnownUniquelyReferenced(&body) && Storage.isHeldAlone(&body.storage)
    }
  }
}

extension Operand {
  /// A copy in row-major order, in memory of its own.
  ///
  /// - Parameter keepsValue: whether the copy takes this one's place as a value: see `Device.keepValue`.
  func copied(keepsValue: Bool = false) throws(TensorError) -> Operand {
    let copy = Operand(
      storage: try device.allocate(byteCount: count * dtype.byteCount), layout: Layout(shape: shape), dtype: dtype)
    try device.copy(self, to: copy)
    if keepsValue { try device.keepValue(of: self, in: copy) }
    return copy
  }
}

// MARK: - One write

/// One write into a part of a tensor, checked against the tensor's shape, dtype and device, so that only the device can still fail.
private struct Write {
  let selection: Selection
  let number: Scalar?
  /// The value, on the tensor's device and of no higher rank than the part.
  private(set) var value: Tensor?
  private let partShape: [Int]
  private let positions: AdvancedIndex?

  init(_ assigned: consuming AssignedValue, at selection: Selection, in target: borrowing Tensor) throws(TensorError) {
    self.selection = selection
    let device = target.device
    let stepped = target.layout.applying(selection.steps).shape
    switch consume assigned {
    case .number(let number):
      self.number = number
      if case .positions(let index) = selection.index { positions = index } else { positions = nil }
      partShape = positions?.resultShape(of: stepped) ?? stepped
    case .tensor(let tensor):
      number = nil
      positions = try selection.positions(in: stepped, device: device)
      partShape = positions?.resultShape(of: stepped) ?? stepped
      value = try fitted(tensor.valid().frozen, to: target)
    }
  }

  /// The value without the leading dimensions of size one that are too many, and apart from the target's memory.
  private func fitted(_ tensor: Tensor, to target: borrowing Tensor) throws(TensorError) -> Tensor {
    var value = tensor
    if value.rank > partShape.count {
      let spare = min(value.shape.prefix { $0 == 1 }.count, value.rank - partShape.count)
      if spare > 0 { value = try value.reshape(Array(value.shape.dropFirst(spare))).valid() }
    }
    if positions == nil {
      _ = try value.layout.expanded(to: partShape)
    } else {
      try checkPut(value, original: tensor, into: target)
    }
    if value.device !== target.device { value = try value.to(target.device).valid() }
    // A view of the same memory would force a copy of the whole of it, and could change while it is read.
    if value.body.storage === target.body.frozen.storage {
      let copy = try value.converted(to: value.dtype).body
      value = Tensor(
        TensorBody(
          storage: copy.storage, layout: copy.layout, dtype: copy.dtype, node: value.body.node,
          outputIndex: value.outputIndex, flags: copy.flags))
    }
    return value
  }

  private func checkPut(_ value: Tensor, original: Tensor, into target: borrowing Tensor) throws(TensorError) {
    if value.device !== target.device && value.rank > 0 { throw mixedDevices(target.device, value.device) }
    var fillsMask = false
    if case .mask = selection.index { fillsMask = value.count == 1 }
    guard value.dtype == target.dtype || fillsMask else {
      throw .runtime(
        "Index put requires the source and destination dtypes match, got \(target.dtype.scalarTypeName) for the destination and "
          + "\(value.dtype.scalarTypeName) for the source.")
    }
    guard value.rank <= partShape.count, isBroadcastable(value.shape, to: partShape) else {
      throw .runtime(
        "shape mismatch: value tensor of shape \(original.shape) cannot be broadcast to indexing result of shape \(partShape)")
    }
  }

  // MARK: Doing it

  func run(on target: Operand) throws(TensorError) {
    let part = target.with(layout: target.layout.applying(selection.steps))
    switch selection.index {
    case nil:
      if let number { try target.device.fill(part, with: number) }
      if let value { try target.device.copy(value.operand.with(layout: value.layout.broadcast(to: partShape)), to: part) }
    case .mask(let mask, let dim) where number != nil:
      try MaskedFill.run(on: part, mask: mask, dim: dim, with: number!)
    default:
      var source: Operand
      if let number {
        source = Operand(
          storage: try target.device.allocate(byteCount: target.dtype.byteCount), layout: .scalar, dtype: target.dtype)
        try target.device.fill(source, with: number)
      } else {
        source = value!.dtype == target.dtype ? value!.operand : try value!.converted(to: target.dtype).operand
      }
      source = source.with(layout: source.layout.broadcast(to: partShape))
      let isFill = number != nil && positions!.dims.count == 1
      try positions!.scatter(.set, source, to: part, numbering: isFill ? positions!.dims : nil)
    }
  }

  // MARK: Its place in the graph

  /// The operation's node, if it is to be recorded.
  func node(of target: borrowing Tensor) -> Node? {
    let x = copy target
    guard x.dtype.isFloatingPoint, x.requiresGrad || value?.requiresGrad == true else { return nil }
    let selection = resolved
    var formulas: [(@Sendable (Tensor) -> Tensor)?] = [
      { g in
        var rest = g
        rest.write(.number(.int(0)), at: selection, keepsValue: false)
        return rest
      }
    ]
    if value != nil {
      formulas.append { g in attempt(g) { g throws(TensorError) in try g.part(selection) } }
    }
    return Node(
      name, edges: value.map { Edges(x.body, $0.body) } ?? Edges(x.body), results: Results(x.layout, x.dtype),
      pullback: .formulas(formulas, saves: selection.index != nil))
  }

  /// The selection with its positions known, where they had to be found.
  private var resolved: Selection {
    var resolved = selection
    if let positions, value != nil { resolved.index = .positions(positions) }
    return resolved
  }

  private var name: String {
    if !selection.steps.isEmpty { return "CopySlices" }
    switch selection.index {
    case nil: return number == nil ? "CopyBackwards" : "FillBackward2"
    case .mask where number != nil: return "MaskedFillBackward0"
    case .positions(let index) where number != nil && index.dims.count == 1: return "IndexFillBackward0"
    default: return "IndexPutBackward0"
    }
  }

  var leafError: TensorError {
    let what = selection.steps.isEmpty ? "a leaf Variable" : "a view of a leaf Variable"
    return .runtime("\(what) that requires grad is being used in an in-place operation.")
  }
}

/// Puts a number where a mask is true.
enum MaskedFill {
  /// - Parameter dim: the first of the dimensions over which the mask lies.
  static func run(on part: Operand, mask: Tensor, dim: Int, with number: Scalar) throws(TensorError) {
    var layout = mask.layout
    for _ in (dim + mask.rank)..<max(part.layout.rank, dim + mask.rank) { layout = layout.inserting(layout.rank) }
    try part.device.elementwise(
      .instruction(.select), dtype: part.dtype,
      inputs: [.operand(mask.operand.with(layout: layout.broadcast(to: part.shape))), .scalar(number), .operand(part)],
      outputs: [part])
  }
}

import Devices

// A kernel whose results take the place of its first operands: an optimiser's step in one pass over memory.
//
//     static let momentum = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { x in
//       let velocity = 0.9 * x[1] + x[2]
//       return [x[0] - x[3] * velocity, velocity]
//     }
//     noGrad { momentum.update(&weight, &velocity, with: weight.grad!, learningRate) }

extension ElementwiseKernel {
  /// Replaces `x` by the kernel's one result.
  ///
  /// The kernel's inputs are `x`, then `operands`: tensors that broadcast to its shape, and numbers.
  ///
  /// Errors, after which nothing is changed: `a leaf Variable that requires grad is being used in an in-place operation.` while recording; a
  /// result of another shape, or of a dtype that does not convert; another number of operands or results than the kernel has.
  public func update(_ x: inout Tensor, with operands: any TensorConvertible...) {
    var others: [Tensor] = []
    update(&x, &others, operands)
  }

  /// Replaces `x` and `y` by the kernel's two results; its inputs are `x`, `y`, then `operands`.
  public func update(_ x: inout Tensor, _ y: inout Tensor, with operands: any TensorConvertible...) {
    // Moved, not copied: memory that two hold is not written in place.
    var others = [y]
    y = .invalid
    update(&x, &others, operands)
    y = others[0]
  }

  /// Replaces `x`, `y` and `z` by the kernel's three results; its inputs are `x`, `y`, `z`, then `operands`.
  public func update(_ x: inout Tensor, _ y: inout Tensor, _ z: inout Tensor, with operands: any TensorConvertible...) {
    var others = [y, z]
    (y, z) = (.invalid, .invalid)
    update(&x, &others, operands)
    (y, z) = (others[0], others[1])
  }

  private func update(_ x: inout Tensor, _ others: inout [Tensor], _ operands: [any TensorConvertible]) {
    if replaceDirectly(&x, &others, operands) { return }
    let arguments = operands.map(\.elementwiseArgument)
    do throws(TensorError) {
      try x.checkValid()
      for index in others.indices { try others[index].checkValid() }
      for case .tensor(let body) in arguments where body.flags.contains(.invalid) { throw body.useError }
      let plan = try Plan(self, [x] + others, arguments)
      if plan.isRecorded {
        try replaceRecorded(&x, &others, arguments, plan.dtype)
      } else {
        try replace(&x, &others, plan)
      }
    } catch {
      Tensor.report(error)
    }
  }

  /// What holds whether or not memory is written in place.
  private struct Plan {
    let dtype: DType
    let shape: [Int]
    let operands: [KernelArgument]
    let isRecorded: Bool

    init(_ kernel: ElementwiseKernel, _ targets: [Tensor], _ arguments: [ElementwiseArgument]) throws(TensorError) {
      guard kernel.outputs.count == targets.count, kernel.inputs.count == targets.count + arguments.count else {
        throw .type(
          "the kernel replaces \(kernel.outputs.count) of \(kernel.inputs.count) operands, not \(targets.count) of "
            + "\(targets.count + arguments.count)")
      }
      let mode = GradientMode.current
      if mode != .inference, targets.contains(where: \.isInference) { throw .inferenceUpdate }
      isRecorded = mode == .recording && (targets.map(\.body) + arguments.compactMap(\.body)).contains { $0.node != nil }
      var promotion = Promotion()
      for (target, kind) in zip(targets, kernel.inputs) where kind == .value { promotion.add(target.dtype, rank: target.rank) }
      for (argument, kind) in zip(arguments, kernel.inputs.dropFirst(targets.count)) where kind == .value {
        switch argument {
        case .tensor(let body): promotion.add(body.dtype, rank: body.layout.rank)
        case .scalar(let value): promotion.add(value)
        }
      }
      dtype = promotion.result
      var shape = targets[0].shape
      for case .tensor(let body) in targets.map(\.argument) + arguments { shape = try broadcastShapes(shape, body.layout.shape) }
      self.shape = shape
      let device = targets[0].device
      for (index, target) in targets.enumerated() {
        try checkInPlace(of: shape, kernel.outputKind(index) == .boolean ? .bool : dtype, in: target.shape, target.dtype)
        guard target.device === device else { throw mixedDevices(device, target.device) }
      }
      var operands: [KernelArgument] = []
      for argument in arguments {
        switch argument {
        case .scalar(let value): operands.append(.scalar(value))
        case .tensor(let body):
          guard body.storage.device === device else { throw mixedDevices(device, body.storage.device) }
          operands.append(.operand(body.frozen.operand.with(layout: body.layout.broadcast(to: shape))))
        }
      }
      self.operands = operands
    }
  }

  /// Runs the kernel on the targets' own memory where nobody else holds it.
  private func replace(
    _ x: inout Tensor, _ others: inout [Tensor], _ plan: Plan
  ) throws(TensorError) {
    let variable = x.body.node?.variable
    var rest: [(old: Operand, new: Operand)] = []
    for index in others.indices {
      let isOwner = others[index].ownsPresentMemory
      let old = others[index].body.frozen.operand
      rest.append((old, try target(old, overwrites: isOwner)))
    }
    func run(_ old: Operand, overwrites: Bool) throws(TensorError) -> Operand {
      let new = try target(old, overwrites: overwrites)
      let all: [(old: Operand, new: Operand)] = [(old, new)] + rest
      try new.device.elementwise(
        self, dtype: plan.dtype, inputs: [.operand(old)] + rest.map { .operand($0.old) } + plan.operands,
        outputs: all.map { $0.old.storage === $0.new.storage ? $0.new.updated : $0.new })
      for (old, new) in all where old.storage !== new.storage { try new.device.keepValue(of: old, in: new) }
      return new
    }
    if let variable {
      try variable.update { (state) throws(TensorError) in
        let isOwner = Storage.isHeldAlone(&state.value.storage)
        state.value = try run(state.value, overwrites: isOwner)
      }
    } else {
      let isOwner = x.ownsPresentMemory
      let old = x.body.operand
      let new = try run(old, overwrites: isOwner)
      if new.storage !== old.storage { x = Tensor(new) }
    }
    for index in others.indices where rest[index].new.storage !== rest[index].old.storage {
      if let variable = others[index].body.node?.variable {
        try variable.update { (state) throws(TensorError) in state.value = rest[index].new }
      } else {
        others[index] = Tensor(rest[index].new)
      }
    }
  }

  private func target(_ old: Operand, overwrites: Bool) throws(TensorError) -> Operand {
    if overwrites && old.layout.isContiguous { return old }
    return Operand(
      storage: try old.device.allocate(byteCount: old.count * old.dtype.byteCount), layout: Layout(shape: old.shape),
      dtype: old.dtype)
  }

  /// As an operation of the graph.
  private func replaceRecorded(
    _ x: inout Tensor, _ others: inout [Tensor], _ arguments: [ElementwiseArgument], _ dtype: DType
  ) throws(TensorError) {
    let targets = [x] + others
    guard !targets.contains(where: { $0.body.node?.variable != nil }) else {
      throw .runtime("a leaf Variable that requires grad is being used in an in-place operation.")
    }
    let results = try Elementwise.apply(self, gradName, dtype: dtype, targets.map(\.argument) + arguments)
    // All or none.
    var values: [Tensor] = []
    for (result, target) in zip(results, targets) { values.append(try result.to(target.dtype).valid()) }
    x = values[0]
    for index in others.indices { others[index] = values[1 + index] }
  }
}

// MARK: - Small operands

extension ElementwiseKernel {
  private static let directOperands = 16
  private static let directResults = 4

  /// Runs the kernel here and now, if nothing is recorded and all operands are small, of one dtype, and lie in memory as the kernel wants
  /// them. Says whether it did; errors are left to the general case.
  private func replaceDirectly(_ x: inout Tensor, _ others: inout [Tensor], _ operands: [any TensorConvertible]) -> Bool {
    let count = 1 + others.count
    guard GradientMode.current == .notRecording, !x.isInference, x.isValid, x.dtype.isFloatingPoint, runsDirectly(in: x.dtype),
      outputs.count == count, count <= ElementwiseKernel.directResults, inputs.count == count + operands.count,
      inputs.count <= ElementwiseKernel.directOperands, kinds.allSatisfy({ $0 == .value })
    else { return false }
    return withUnsafeTemporaryAllocation(of: DirectArgument.self, capacity: ElementwiseKernel.directOperands) { arguments in
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: ElementwiseKernel.directResults) { results in
        replaceDirectly(&x, &others, operands, arguments, results)
      }
    }
  }

  private func replaceDirectly(
    _ x: inout Tensor, _ others: inout [Tensor], _ operands: [any TensorConvertible],
    _ arguments: UnsafeMutableBufferPointer<DirectArgument>, _ results: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>
  ) -> Bool {
    let (layout, dtype) = (x.layout, x.dtype)
    // The values of variables, which nobody else may hold.
    var held: [TensorBody] = []
    for (index, operand) in operands.enumerated() {
      let argument: DirectArgument
      switch operand.tensorOrNumber {
      case .number(let number): argument = DirectArgument(number, dtype: dtype)
      case .tensor(let tensor):
        let body = tensor.body.value
        guard body.dtype == dtype, body.isDense && body.layout.hasShape(of: layout) || body.isNumber,
          let known = body.directArgument(count: layout.count)
        else { return false }
        argument = known
        if body !== tensor.body { held.append(body) }
      }
      arguments.initializeElement(at: 1 + others.count + index, to: argument)
    }
    for index in others.indices {
      guard others[index].dtype == dtype, others[index].layout.hasShape(of: layout), others[index].ownsPresentMemory,
        others[index].body.isDense, let address = others[index].body.address
      else { return false }
      arguments.initializeElement(at: 1 + index, to: DirectArgument(address))
      results.initializeElement(at: 1 + index, to: UnsafeMutableRawPointer(mutating: address))
    }
    /// Runs the kernel on a first operand, in its own memory if there is nobody else who holds it.
    func run(_ value: inout Operand, isOwner: Bool) -> Bool {
      guard value.layout.isContiguous, value.count <= ElementwiseKernel.directLimit, let start = value.storage.directAddress else {
        return false
      }
      let offset = value.layout.offset * dtype.byteCount
      if !isOwner {
        guard let storage = try? value.storage.sibling(byteCount: value.count * dtype.byteCount) else { return false }
        results.initializeElement(at: 0, to: storage.handle)
        arguments.initializeElement(at: 0, to: DirectArgument(start + offset))
        finish(value.count)
        value = Operand(storage: storage, layout: value.layout.compacted, dtype: dtype)
      } else {
        results.initializeElement(at: 0, to: start + offset)
        arguments.initializeElement(at: 0, to: DirectArgument(start + offset))
        finish(value.count)
      }
      return true
    }
    func finish(_ count: Int) {
      runDirect(
        dtype: dtype, count: count, arguments: UnsafeBufferPointer(rebasing: arguments[..<inputs.count]),
        outputs: UnsafeBufferPointer(rebasing: results[..<outputs.count]), isInPlace: outputs.count > 1)
    }
    return withExtendedLifetime(held) {
      if let variable = x.body.node?.variable {
        return variable.updateSmall { value in
          let isOwner = Storage.isHeldAlone(&value.storage)
          return run(&value, isOwner: isOwner)
        }
      }
      guard x.body.node == nil else { return false }
      let isOwner = x.ownsPresentMemory
      var value = x.body.operand
      let old = value.storage
      guard run(&value, isOwner: isOwner) else { return false }
      if value.storage !== old { x = Tensor(value) }
      return true
    }
  }
}

extension Tensor {
  /// Whether nobody else holds this tensor's memory, whose elements must be known to be there. Never of a variable, whose value has a lock of its
  /// own.
  var ownsMemory: Bool {
    mutating get {
      body.node?.variable == nil && isKnownUniquelyReferenced(&body) && isKnownUniquelyReferenced(&body.storage)
    }
  }

  /// Whether the elements are there and nobody else holds the memory: see `Storage.isHeldAlone`.
  fileprivate var ownsPresentMemory: Bool {
    mutating get { !body.storage.isPending && ownsMemory }
  }
}

extension TensorConvertible {
  fileprivate var elementwiseArgument: ElementwiseArgument {
    switch tensorOrNumber {
    case .tensor(let tensor): .tensor(tensor.body)
    case .number(let number): .scalar(number)
    }
  }
}

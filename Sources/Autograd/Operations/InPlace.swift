import Devices

// Changing a tensor in place: its memory is written where nobody else holds it, and replaced where somebody does.

extension ElementwiseOperation {
  /// x = self(x, y), in x's dtype and shape.
  ///
  /// Errors, after which x is unchanged: `a leaf Variable that requires grad is being used in an in-place operation.` while recording; `output
  /// with shape [2] doesn't match the broadcast shape [3, 2]`; `result type Float can't be cast to the desired output type Long`.
  ///
  /// - Parameter keepsValue: whether x has its old value after an error that a device tells later; otherwise it has none.
  func assign(to x: inout Tensor, _ y: ElementwiseArgument, keepsValue: Bool = true) {
    do throws(TensorError) { try update(&x, y, keepsValue: keepsValue) } catch { Tensor.report(error) }
  }

  /// As `assign`.
  func update(_ x: inout Tensor, _ y: ElementwiseArgument, keepsValue: Bool = true) throws(TensorError) {
    try x.checkValid()
    var other = y
    if case .tensor(let body) = y {
      guard body.flags.isDisjoint(with: .invalid) else { throw body.useError }
      other = .tensor(body.frozen)
    }
    let mode = GradientMode.current
    if let variable = x.body.node?.variable {
      if mode == .recording {
        throw .runtime("a leaf Variable that requires grad is being used in an in-place operation.")
      }
      let isDone = variable.updateSmall { value in
        Storage.isHeldAlone(&value.storage)
          && overwrite(TensorBody(storage: value.storage, layout: value.layout, dtype: value.dtype), other, mode)
      }
      if isDone { return }
      try variable.update { (state) throws(TensorError) in
        let isOwner = Storage.isHeldAlone(&state.value.storage)
        state.value = try compute(state.value, other, overwrites: isOwner, keepsValue: keepsValue)
      }
      return
    }
    if x.isInference && mode != .inference { throw .inferenceUpdate }
    let isRecorded: Bool = if case .tensor(let body) = other { body.node != nil } else { false }
    if mode == .recording && (x.requiresGrad || isRecorded) {
      let result = try callAsFunction(.tensor(x.body), other).valid()
      try checkStore(of: result.shape, result.dtype, in: x)
      x.become(try result.to(x.dtype).valid())
      return
    }
    let isOwner = isKnownUniquelyReferenced(&x.body) && Storage.isHeldAlone(&x.body.storage)
    if isOwner && overwrite(x.body, other, mode) { return }
    let result = try compute(x.body.operand, other, overwrites: isOwner, keepsValue: keepsValue)
    x = Tensor(
      TensorBody(
        storage: result.storage, layout: result.layout, dtype: result.dtype,
        flags: mode == .inference ? .inference : x.body.flags))
  }

  /// Runs the kernel on `x`'s own memory where it is small and the operands lie as the kernel wants them.
  private func overwrite(_ x: TensorBody, _ y: ElementwiseArgument, _ mode: GradientMode) -> Bool {
    guard mode != .inference, runsDirectly(in: x.dtype), x.isDense, kernel.outputKind(0) == .value,
      let address = x.address
    else { return false }
    let argument: DirectArgument
    switch y {
    case .scalar(let value):
      guard value.category <= x.dtype.category else { return false }
      argument = DirectArgument(value, dtype: x.dtype)
    case .tensor(let body):
      guard body.dtype == x.dtype, TensorBody.shaped(x, body) === x, let known = body.directArgument(count: x.layout.count) else {
        return false
      }
      argument = known
    }
    kernel.runDirect(
      dtype: x.dtype, count: x.layout.count, DirectArgument(address), argument, to: UnsafeMutableRawPointer(mutating: address))
    return true
  }

  private func checkStore(of shape: [Int], _ dtype: DType, in x: Tensor) throws(TensorError) {
    try checkInPlace(of: shape, dtype, in: x.shape, x.dtype)
  }

  /// - Parameter overwrites: whether `x`'s memory may hold the result.
  private func compute(
    _ x: Operand, _ y: ElementwiseArgument, overwrites: Bool, keepsValue: Bool
  ) throws(TensorError) -> Operand {
    var promotion = Promotion()
    promotion.add(x.dtype, rank: x.layout.rank)
    var shape = x.shape
    let argument: KernelArgument
    switch y {
    case .scalar(let value):
      promotion.add(value)
      argument = .scalar(value)
    case .tensor(let body):
      promotion.add(body.dtype, rank: body.layout.rank)
      shape = try broadcastShapes(shape, body.layout.shape)
      if body.storage.device === x.device {
        argument = .operand(body.operand.with(layout: body.layout.broadcast(to: shape)))
      } else if body.layout.rank == 0 && body.storage.device === CPUDevice.shared {
        argument = .scalar(try Tensor(body).element())
      } else {
        throw mixedDevices(x.device, body.storage.device)
      }
    }
    var dtype = promotion.result
    if let refusal = check?.refusal(of: dtype, for: [x.dtype, y.dtype]) { throw refusal }
    if rule == .floating && !dtype.isFloatingPoint { dtype = DefaultDType.current }
    try checkInPlace(of: shape, kernel.outputKind(0) == .boolean ? .bool : dtype, in: x.shape, x.dtype)
    // The change joins a kernel that waits, in the place of writing what was only on the way.
    if overwrites && x.layout.isContiguous && !argument.isPending {
      try x.device.elementwise(kernel, dtype: dtype, inputs: [.operand(x), argument], outputs: [keepsValue ? x.updated : x])
      return x
    }
    let result = Operand(
      storage: try x.device.allocate(byteCount: x.count * x.dtype.byteCount), layout: Layout(shape: x.shape), dtype: x.dtype)
    try x.device.deferredElementwise(kernel, dtype: dtype, inputs: [.operand(x), argument], outputs: [result])
    if keepsValue { try x.device.keepValue(of: x, in: result) }
    return result
  }
}

extension KernelArgument {
  fileprivate var isPending: Bool {
    if case .operand(let operand) = self { return operand.storage.isPending }
    return false
  }
}

/// The rule of all in-place operations: the result keeps the shape and dtype of what it replaces.
func checkInPlace(of shape: [Int], _ dtype: DType, in target: [Int], _ targetDType: DType) throws(TensorError) {
  guard shape == target else {
    throw .runtime("output with shape \(target) doesn't match the broadcast shape \(shape)")
  }
  guard dtype.canCast(to: targetDType) else {
    throw .runtime(
      "result type \(dtype.scalarTypeName) can't be cast to the desired output type \(targetDType.scalarTypeName)")
  }
}

import Devices

// Giving a tensor new values in place. The errors are those of every in-place operation, and leave the tensor as it was.

extension Tensor {
  /// Sets every element to a number.
  public mutating func fill(_ value: some ScalarConvertible) {
    let scalar = value.scalar
    overwrite("FillBackward2") { x throws(TensorError) in
      try scalar.checkConversion(to: x.dtype)
      return try x.filled(with: scalar)
    }
  }

  /// Sets every element to the number that a 0-d tensor holds.
  ///
  /// Error: `fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions.`
  public mutating func fill(_ value: Tensor) {
    overwrite("FillBackward3", value) { x, value throws(TensorError) in try x.filled(with: value) }
  }

  /// A tensor like this one with a number in every place, to which no gradient of this one's elements flows.
  public func filled(_ value: some ScalarConvertible) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try value.scalar.checkConversion(to: x.dtype)
      return try x.filled(with: value.scalar).differentiable("FillBackward0", x, saves: false) { g in g.zerosLike() }
    }
  }

  /// A tensor like this one with the number that a 0-d tensor holds in every place.
  ///
  /// Error: as for `fill`.
  public func filled(_ value: Tensor) -> Tensor {
    attempt(self, value) { x, value throws(TensorError) in
      let device = value.device
      return try x.filled(with: value).differentiable(
        "FillBackward1", x, value, saves: false, { g in g.zerosLike() }, { g in g.sum().to(device) })
    }
  }

  /// Sets every element to zero.
  public mutating func zero() {
    overwrite("ZeroBackward0") { x throws(TensorError) in try x.filled(with: .int(0)) }
  }

  /// Takes over the values of another tensor, of any dtype and device and of a shape that broadcasts to this one's.
  ///
  /// Error: `The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0. ...`
  public mutating func copy(from source: Tensor) {
    overwrite("CopyBackwards", source) { x, source throws(TensorError) in
      let moved = try source.to(x.device).valid()
      let result = try Tensor.uninitialized("copy", x.shape, x.dtype, x.device)
      try x.device.copy(moved.operand.with(layout: try moved.layout.expanded(to: x.shape)), to: result.operand)
      return result
    }
  }

  /// Replaces this tensor by what `operation` makes of it, under the rules of in-place operations: `x.update { $0.relu() }` is PyTorch's
  /// `x.relu_()`.
  ///
  /// Swift allows no other access to a mutable property meanwhile: where the function reads `model.w`, update a copy of the variable, which is that
  /// variable too (`var w = model.w; w.update { $0 - 0.1 * model.w.grad! }`).
  ///
  /// Errors, after which the tensor is unchanged: the function changes the variable itself; it is a variable while operations are recorded; the result has another shape, or a dtype
  /// that does not convert to this one's.
  public mutating func update(_ operation: (Tensor) -> Tensor) {
    do throws(TensorError) {
      let variable = try writableVariable()
      for _ in 0..<Self.mostUpdates {
        let old = frozen
        let result = try operation(old).valid()
        try checkInPlace(of: result.shape, result.dtype, in: shape, dtype)
        let new = try old.keepingValue(in: result.to(dtype).valid(), isShared: true)
        guard let variable else {
          become(new)
          return
        }
        // Where another thread has changed the variable meanwhile, this is done again with what it is now.
        if variable.replace(old.operand, by: new.operand) { return }
      }
      throw .runtime("update: the variable has been changed every time that its new value was computed, as by the function itself")
    } catch {
      Tensor.report(error)
    }
  }

  /// Other threads get in between a few times; a function that changes the variable itself, each time.
  private static let mostUpdates = 10_000

  // MARK: Their common parts

  private func filled(with value: Tensor) throws(TensorError) -> Tensor {
    guard value.rank == 0 else {
      throw .runtime("fill_ only supports 0-dimension value tensor but got tensor with \(value.rank) dimensions.")
    }
    let result = try Tensor.uninitialized("fill", shape, dtype, device)
    let value = try value.to(device).valid()
    try device.copy(value.operand.with(layout: value.layout.broadcast(to: shape)), to: result.operand)
    return result
  }

  private func filled(with value: Scalar) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("fill", shape, dtype, device)
    try device.fill(result.operand, with: value)
    return result
  }

  /// The variable that this is, where it may be changed now.
  private func writableVariable() throws(TensorError) -> Variable? {
    try checkValid()
    let variable = body.node?.variable
    if variable != nil && GradientMode.isEnabled {
      throw .runtime("a leaf Variable that requires grad is being used in an in-place operation.")
    }
    if isInference && !GradientMode.isInference { throw .inferenceUpdate }
    return variable
  }

  /// - Parameter result: nobody else holds it.
  private mutating func store(_ result: Tensor, in variable: Variable?) throws(TensorError) {
    try result.checkValid()
    let result = try keepingValue(in: result, isShared: false)
    if let variable {
      try variable.update { (state) throws(TensorError) in state.value = result.operand }
    } else {
      become(result)
    }
  }

  /// New values that do not depend on the old ones: the gradient ends here.
  mutating func overwrite(_ name: String, _ values: (Tensor) throws(TensorError) -> Tensor) {
    do throws(TensorError) {
      let variable = try writableVariable()
      let x = frozen
      try store(values(x).differentiable(name, x, saves: false) { g in g.zerosLike() }, in: variable)
    } catch {
      Tensor.report(error)
    }
  }

  /// New values that another tensor gives: the gradient goes to it alone.
  private mutating func overwrite(
    _ name: String, _ source: Tensor, _ values: (Tensor, Tensor) throws(TensorError) -> Tensor
  ) {
    do throws(TensorError) {
      let variable = try writableVariable()
      let x = frozen
      let y = try source.valid().frozen
      let device = y.device
      let result = try values(x, y).differentiable(
        name, x, y, saves: false, { g in g.zerosLike() }, { g in g.to(device) })
      try store(result, in: variable)
    } catch {
      Tensor.report(error)
    }
  }
}

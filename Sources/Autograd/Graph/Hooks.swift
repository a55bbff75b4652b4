import Devices

/// Functions in the order of registration, each of which can be taken away.
struct HookList<Hook: Sendable>: Sendable {
  private var hooks: [(id: Int, hook: Hook)] = []
  private var next = 0

  var isEmpty: Bool { hooks.isEmpty }
  var all: [Hook] { hooks.map(\.hook) }

  mutating func add(_ hook: Hook) -> Int {
    next += 1
    hooks.append((next, hook))
    return next
  }

  mutating func remove(_ id: Int) { hooks.removeAll { $0.id == id } }
}

/// What a registration returns: `remove()` ends it.
public struct HookHandle: Sendable {
  let removal: @Sendable () -> Void
  public func remove() { removal() }
}

/// The hooks of one node.
struct NodeHooks: Sendable {
  /// By result: called with its whole gradient before the node runs; may replace it.
  var gradient: [Int: HookList<@Sendable (Tensor) -> Tensor?>] = [:]
  /// Called after the node ran, with the gradients of its inputs and of its results; may replace those of the inputs.
  var node = HookList<@Sendable (_ gradInputs: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?]?>()
  /// Results whose gradient is kept, and what was kept.
  var retained: [Int: Tensor?] = [:]
}

extension Tensor {
  /// Calls `hook` with this tensor's gradient whenever one has been computed; what it returns takes the gradient's place.
  ///
  /// Error: `cannot register a hook on a tensor that doesn't require gradient`.
  @discardableResult
  public func registerHook(_ hook: @escaping @Sendable (Tensor) -> Tensor?) -> HookHandle {
    guard let node = body.node else {
      Tensor.report(isValid ? .runtime("cannot register a hook on a tensor that doesn't require gradient") : body.useError)
      return HookHandle {}
    }
    let index = outputIndex
    let id = node.withHooks { $0.gradient[index, default: HookList()].add(hook) }
    return HookHandle { node.withHooks { $0.gradient[index]?.remove(id) } }
  }

  /// Calls `hook` with this variable whenever `backward` has added to its gradient.
  ///
  /// Error: `post accumulate grad hooks cannot be registered on non-leaf tensors`.
  @discardableResult
  public func registerPostAccumulateGradHook(_ hook: @escaping @Sendable (Tensor) -> Void) -> HookHandle {
    guard let variable = body.node?.variable else {
      Tensor.report(isValid ? .runtime("post accumulate grad hooks cannot be registered on non-leaf tensors") : body.useError)
      return HookHandle {}
    }
    let id = variable.postAccumulateHooks { $0.add(hook) }
    return HookHandle { variable.postAccumulateHooks { $0.remove(id) } }
  }

  /// Keeps the gradient of a computed tensor too, to be read from `grad`. A leaf keeps its own anyway.
  ///
  /// Error: `can't retain_grad on Tensor that has requires_grad=False`.
  public func retainGrad() {
    guard let node = body.node else {
      Tensor.report(isValid ? .runtime("can't retain_grad on Tensor that has requires_grad=False") : body.useError)
      return
    }
    let index = outputIndex
    if node.variable == nil { node.withHooks { if $0.retained[index] == nil { $0.retained[index] = .some(nil) } } }
  }

  /// Whether a computed tensor keeps its gradient.
  public var retainsGrad: Bool {
    guard let node = gradFn else { return false }
    let index = outputIndex
    return node.withHooks { $0.retained[index] != nil }
  }

  /// The gradient that `backward` accumulated: of a variable, or of a computed tensor after `retainGrad()`.
  ///
  /// nil where there is none; in a `checked` scope in which an operation has failed an invalid tensor then. Setting it checks that it has the
  /// tensor's shape, dtype and device.
  public var grad: Tensor? {
    get {
      guard isValid else { return passedOn }
      guard let node = body.node else { return .missing }
      if let variable = node.variable { return variable.grad ?? .missing }
      let index = outputIndex
      return node.withHooks { $0.retained[index].flatMap { $0 } } ?? .missing
    }
    nonmutating set {
      for tensor in [self, newValue].compactMap(\.self) where !tensor.isValid { return tensor.reportUse() }
      guard let node = body.node else { return }
      if let newValue {
        if newValue.body.node === node && node.variable != nil {
          _ = Tensor.failure(.runtime("can't assign Variable as its own grad"))
          return
        }
        if newValue.dtype != dtype {
          _ = Tensor.failure(
            .runtime(
              "attempting to assign a gradient with dtype '\(newValue.dtype.cppName)' to a tensor with grad_dtype "
                + "'\(dtype.scalarTypeName)'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can "
                + "set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. "
                + "Diverging the dtypes of a tensor and its gradient may break downstream systems that assume they match."))
          return
        }
        if newValue.device !== device {
          _ = Tensor.failure(
            .runtime(
              "attempting to assign a gradient with device type '\(newValue.device.type)' to a tensor with device type '\(device.type)'. "
                + "Please ensure that the gradient and the tensor are on the same device"))
          return
        }
        if newValue.shape != shape {
          _ = Tensor.failure(
            .runtime(
              "attempting to assign a gradient of size '\(newValue.shape)' to a tensor of size '\(shape)'. "
                + "Please ensure that the gradient and the tensor are the same size"))
          return
        }
      }
      if let variable = node.variable {
        variable.grad = newValue
      } else {
        let index = outputIndex
        node.withHooks { $0.retained[index] = .some(newValue) }
      }
    }
  }
}

extension Variable {
  func postAccumulateHooks<Result: Sendable>(
    _ body: (inout HookList<@Sendable (Tensor) -> Void>) -> Result
  ) -> Result {
    do { return try update { (state) throws(TensorError) in body(&state.postAccumulateHooks) } } catch { fatalError("\(error)") }
  }
}

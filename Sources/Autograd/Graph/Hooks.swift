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

  /// Gives back what was removed, to be released where no lock is held.
  mutating func remove(_ id: Int) -> Hook? {
    hooks.firstIndex { $0.id == id }.map { hooks.remove(at: $0).hook }
  }
}

/// What a registration returns: `remove()` ends it. To hold it keeps nothing in memory.
public struct HookHandle: Sendable {
  let removal: @Sendable () -> Void
  public func remove() { removal() }
}

/// The hooks of one node.
struct NodeHooks: Sendable {
  /// By result: called with its whole gradient and the node before this runs; may replace the gradient.
  var gradient: [Int: HookList<@Sendable (Tensor, Node) -> Tensor?>] = [:]
  /// Called after the node ran, with the gradients of its inputs and of its results; may replace those of the inputs.
  var node = HookList<@Sendable (_ gradInputs: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?]?>()
  /// By result: what was kept of its gradients, where they are.
  var retained: [Int: AccumulatedGradient] = [:]
}

// A hook lives as long as what it is registered on: a node of the graph, which the tensor holds. A hook that holds the tensor in turn closes a
// circle, and neither is ever released. So hooks are handed what they need.

extension Tensor {
  /// Calls `hook` with this tensor's gradient whenever one has been computed; what it returns takes the gradient's place.
  ///
  /// Passes that run at the same time may call it at the same time.
  ///
  /// A hook that captures this tensor keeps it, and all that it was computed from, in memory until the hook is removed. One that needs the
  /// tensor takes it as its first argument; one that needs its values alone captures `detach()`:
  ///
  ///     y.registerHook { y, g in g * y }                         // nothing is captured
  ///     y.registerHook { [y = y.detach()] g in g.clamp(max: y) }   // values outside the graph
  ///
  /// Error: `cannot register a hook on a tensor that doesn't require gradient`.
  @discardableResult
  public func registerHook(_ hook: @escaping @Sendable (_ gradient: Tensor) -> Tensor?) -> HookHandle {
    register { gradient, _ in hook(gradient) }
  }

  /// As the form with one argument, for a hook that needs the tensor itself: it gets this tensor, in its place in the graph, and then the
  /// gradient. To capture the tensor would keep both in memory.
  @discardableResult
  public func registerHook(_ hook: @escaping @Sendable (_ tensor: Tensor, _ gradient: Tensor) -> Tensor?) -> HookHandle {
    guard isLeaf else {
      let (value, index) = (body.detached(), outputIndex)
      return register { gradient, node in
        let tensor = TensorBody(
          storage: value.storage, layout: value.layout, dtype: value.dtype, node: node, outputIndex: index, flags: value.flags)
        return hook(Tensor(tensor), gradient)
      }
    }
    return register { gradient, node in hook(node.asTensor, gradient) }
  }

  private func register(_ hook: @escaping @Sendable (_ gradient: Tensor, _ node: Node) -> Tensor?) -> HookHandle {
    guard let node = body.node else {
      Tensor.report(isValid ? .runtime("cannot register a hook on a tensor that doesn't require gradient") : body.useError)
      return HookHandle {}
    }
    let index = outputIndex
    let id = node.withHooks { $0.gradient[index, default: HookList()].add(hook) }
    return HookHandle { [weak node] in _ = node?.withHooks { $0.gradient[index]?.remove(id) } }
  }

  /// Calls `hook` with this variable whenever `backward` has added to its gradient. The hook may change the variable and its `grad`, and run
  /// other passes; passes that run at the same time may call it at the same time.
  ///
  /// To capture the variable would keep it in memory for good.
  ///
  /// Error: `post accumulate grad hooks cannot be registered on non-leaf tensors`.
  @discardableResult
  public func registerPostAccumulateGradHook(_ hook: @escaping @Sendable (_ variable: Tensor) -> Void) -> HookHandle {
    guard let variable = body.node?.variable else {
      Tensor.report(isValid ? .runtime("post accumulate grad hooks cannot be registered on non-leaf tensors") : body.useError)
      return HookHandle {}
    }
    let id = variable.postAccumulateHooks { $0.add(hook) }
    return HookHandle { [weak variable] in _ = variable?.postAccumulateHooks { $0.remove(id) } }
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
    if node.variable == nil { _ = node.retained(index) }
  }

  /// Takes the result of an operation in place. In PyTorch the tensor is the same object then, and goes on keeping its gradient.
  mutating func become(_ result: Tensor) {
    let keepsGradient = body.node != nil && retainsGrad
    self = result
    if keepsGradient && result.requiresGrad { retainGrad() }
  }

  /// Whether a computed tensor keeps its gradient.
  public var retainsGrad: Bool {
    gradFn?.hooks?.retained[outputIndex] != nil
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
      return node.hooks?.retained[outputIndex]?.grad ?? .missing
    }
    nonmutating set {
      if !isValid { return reportUse() }
      if let newValue, !newValue.isValid { return newValue.reportUse() }
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
      // Taking a gradient away is no wish to keep the next one.
      if newValue == nil && node.variable == nil && !retainsGrad { return }
      (node.variable ?? node.retained(outputIndex)).grad = newValue
    }
  }
}

extension Node {
  /// Where the gradient of a result is kept, from now on.
  fileprivate func retained(_ index: Int) -> AccumulatedGradient {
    withHooks { hooks in
      if let known = hooks.retained[index] { return known }
      let made = AccumulatedGradient()
      hooks.retained[index] = made
      return made
    }
  }
}

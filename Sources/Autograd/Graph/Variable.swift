import Devices

/// A leaf that requires gradients: it has an identity, a value that `noGrad` code may change, and a gradient.
final class Variable: @unchecked Sendable {
  // Sendable because the state is touched within the lock alone. What that excludes needs no further check of exclusive access.

  struct State: Sendable {
    var value: Operand
    /// `value` as a body outside the graph, for the operations until the next update.
    var snapshot: TensorBody?
    var grad: Tensor?
    var postAccumulateHooks = HookList<@Sendable (Tensor) -> Void>()
  }

  private let lock = LockWord()
  @exclusivity(unchecked) private var state: State

  init(_ body: TensorBody) { state = State(value: body.operand) }

  var value: Operand { lock.withLock { state.value } }

  /// The value of this moment, outside the graph.
  var snapshot: TensorBody {
    lock.lock()
    defer { lock.unlock() }
    if let known = state.snapshot { return known }
    let made = TensorBody(storage: state.value.storage, layout: state.value.layout, dtype: state.value.dtype)
    state.snapshot = made
    return made
  }

  var grad: Tensor? {
    get {
      lock.lock()
      defer { lock.unlock() }
      return state.grad
    }
    set {
      // What it replaces is released outside the lock.
      lock.lock()
      let old = state.grad.take()
      state.grad = newValue
      lock.unlock()
      withExtendedLifetime(old) {}
    }
  }

  func update<Result>(_ body: (inout State) throws(TensorError) -> Result) throws(TensorError) -> Result {
    try lock.withLock { () throws(TensorError) in
      // The value is its own again, unless a graph has saved it.
      state.snapshot = nil
      return try body(&state)
    }
  }

  /// Changes the value without asking for a device.
  func updateSmall(_ body: (inout Operand) -> Bool) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    state.snapshot = nil
    return body(&state.value)
  }

  /// Keeps a gradient where there is none yet and no hook waits for it.
  private func keep(_ gradient: Tensor) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    guard state.grad == nil, state.postAccumulateHooks.isEmpty else { return false }
    state.grad = gradient
    return true
  }

  /// Adds a gradient to what is there, in place where nobody else holds it, and calls the hooks of `node`, this variable's.
  func accumulate(_ gradient: Tensor, of node: Node) {
    // One number repeated becomes memory that can be added to. And the pass leaves nothing to be done that would hold on to what the graph
    // saved.
    let gradient = gradient.layout.isUniform ? gradient.contiguous() : gradient
    guard gradient.isValid else { return }
    let mode = GradientMode.current
    if mode == .notRecording && keep(gradient) {
      gradient.evaluate()
      return
    }
    // The sum runs outside the lock: it is an operation like any other, and may wait for a device.
    var (sum, hooks) = lock.withLock { (state.grad.take(), state.postAccumulateHooks) }
    if sum != nil {
      sum! += gradient
    } else if mode == .recording {
      // What the graph goes on from is a copy, as in PyTorch.
      sum = gradient.detach()
      sum!.copy(from: gradient)
    } else {
      sum = gradient
    }
    sum!.evaluate()
    grad = sum
    if !hooks.isEmpty { for hook in hooks.all { hook(node.asTensor) } }
  }
}

extension Node {
  /// A leaf as a tensor. The variable alone holds its value, so that it can be updated in place.
  var asTensor: Tensor {
    let value = variable!.value
    // Memory of one byte stands for the device.
    let place = (try? value.device.allocate(byteCount: 1)) ?? value.storage
    return Tensor(
      TensorBody(storage: place, layout: Layout(shape: value.shape), dtype: value.dtype, node: self, flags: .live))
  }
}

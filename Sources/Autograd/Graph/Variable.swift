import Devices
import Synchronization

/// A leaf that requires gradients: it has an identity, a value that `noGrad` code may change, and a gradient.
final class Variable: AccumulatedGradient, @unchecked Sendable {
  // Sendable because the state is touched within the lock alone. What that excludes needs no further check of exclusive access.

  struct State: Sendable {
    var value: Operand
    /// `value` as a body outside the graph, for the operations until the next update.
    var snapshot: TensorBody?
    var postAccumulateHooks = HookList<@Sendable (Tensor) -> Void>()
  }

  @exclusivity(unchecked) private var state: State
  /// Whether there ever were any hooks, so that the others need no lock to see that there are none.
  private let hasHooks = Atomic<Bool>(false)

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

  /// Changes the state, the value most of all. Other updates and readers wait, so an update that makes the new value of the old one loses none.
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

  /// Puts a value in the place of one that it was made of, if that still is the value. A value that somebody holds is never changed in place,
  /// so it is the same as long as it has the same memory.
  func replace(_ old: Operand, by new: Operand) -> Bool {
    // What it replaces is released outside the lock.
    var replaced: (Operand, TensorBody?)?
    lock.withLock {
      guard state.value.storage === old.storage else { return }
      replaced = (state.value, state.snapshot.take())
      state.value = new
    }
    return replaced != nil
  }

  /// Adds a gradient to what is there and calls the hooks of `node`, this variable's, with no lock held: they may do with the variable what they
  /// like.
  func accumulate(_ gradient: Tensor, of node: Node) {
    // One number repeated becomes memory that can be added to.
    let gradient = gradient.layout.isUniform ? gradient.contiguous() : gradient
    guard gradient.isValid else { return }
    add(gradient, copiesFirst: true)
    if hasHooks.load(ordering: .acquiring) {
      for hook in lock.withLock({ state.postAccumulateHooks }).all { hook(node.asTensor) }
    }
  }

  func postAccumulateHooks<Result: Sendable>(
    _ body: (inout HookList<@Sendable (Tensor) -> Void>) -> Result
  ) -> Result {
    lock.withLock {
      hasHooks.store(true, ordering: .releasing)
      return body(&state.postAccumulateHooks)
    }
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

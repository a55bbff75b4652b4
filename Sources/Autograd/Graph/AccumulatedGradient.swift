import CKernels
import Devices

/// A gradient that backward passes add to, from any number of threads, and none of it is lost.
///
/// An addition is an operation like any other: it may wait for a device. So it runs while no lock is held, and what it adds to is away meanwhile.
/// Whoever wants the gradient then, to read it, to replace it or to add to it in turn, waits until it is back, and so meets it as it was before
/// or as it is after. Nobody adds to two at a time and no code of a user runs during an addition, so nobody waits in a circle.
class AccumulatedGradient: @unchecked Sendable {
  // Sendable because the state is touched within the lock alone. What that excludes needs no further check of exclusive access.

  /// What heirs keep beside the gradient lies within it too.
  final let lock = LockWord()
  @exclusivity(unchecked) private final var gradient: Tensor?
  /// Whether somebody is adding to the gradient.
  @exclusivity(unchecked) private final var isAway = false

  init() {}

  /// The gradient as the last of the additions has left it.
  final var grad: Tensor? {
    get {
      lockWithGradient()
      defer { lock.unlock() }
      return gradient
    }
    set {
      // What it replaces is released outside the lock.
      lockWithGradient()
      let old = gradient.take()
      gradient = newValue
      lock.unlock()
      withExtendedLifetime(old) {}
    }
  }

  /// Adds to what is there, in place where nobody else holds it.
  ///
  /// - Parameter copiesFirst: whether, in a pass that is recorded, the first gradient is kept as a copy.
  @inline(__always)
  final func add(_ addend: Tensor, copiesFirst: Bool) {
    let mode = GradientMode.current
    lockWithGradient()
    if gradient == nil && mode != .recording {
      gradient = addend
      lock.unlock()
      // The pass leaves nothing to be done that would hold on to what the graph saved.
      addend.evaluate()
    } else {
      isAway = true
      lock.unlock()
      addAside(addend, isRecorded: mode == .recording, copiesFirst: copiesFirst)
    }
  }

  /// Adds while the gradient is away, which leaves it to this thread alone.
  @inline(never)
  private final func addAside(_ addend: Tensor, isRecorded: Bool, copiesFirst: Bool) {
    // A recorded sum is another tensor. What it replaces is released when all can go on.
    var old: Tensor?
    if gradient == nil {
      gradient = addend
      if isRecorded && copiesFirst {
        // What the graph goes on from is a copy, as in PyTorch.
        gradient = addend.detach()
        gradient!.copy(from: addend)
      }
    } else {
      if isRecorded { old = gradient }
      gradient! += addend
    }
    gradient!.evaluate()
    lock.lock()
    isAway = false
    lock.unlock()
    withExtendedLifetime(old) {}
  }

  /// Takes the lock at a moment when the gradient is there.
  @inline(__always)
  private final func lockWithGradient() {
    lock.lock()
    if isAway { waitForGradient() }
  }

  @inline(never)
  private final func waitForGradient() {
    var round: Int32 = 0
    repeat {
      lock.unlock()
      fx_wait(round)
      round &+= 1
      lock.lock()
    } while isAway
  }
}

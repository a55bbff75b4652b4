import Devices
import Synchronization

/// Keeps the first error of the operations within `checked`.
final class ErrorScope: Sendable {
  @TaskLocal static var innermost: ErrorScope?
  /// How many there are, in all tasks. To ask for a task's value takes longer than to see that none has any.
  private static let count = Atomic(0)

  private struct State: Sendable {
    var first: TensorError?
    var isOpen = true
  }

  private let state = Lock(State())
  private let outer: ErrorScope?
  /// What devices find out late is not known to the scope's code before the scope ends.
  let lateFailures = FailureScope()

  init() {
    outer = .current
    ErrorScope.count.wrappingAdd(1, ordering: .relaxed)
  }

  deinit { ErrorScope.count.wrappingSubtract(1, ordering: .relaxed) }

  /// The innermost that is still open: a task may outlive the scope in which it was started.
  static var current: ErrorScope? {
    if count.load(ordering: .relaxed) == 0 { return nil }
    var scope = innermost
    while let found = scope, !found.state.withLock({ $0.isOpen }) { scope = found.outer }
    return scope
  }

  /// Whether an operation has failed in the current scope.
  static var hasFailed: Bool { current?.error != nil }

  var error: TensorError? { state.withLock { $0.first } }

  /// Keeps an error if it is the first. Says whether the scope was open.
  func record(_ error: TensorError) -> Bool {
    state.withLock { state in
      guard state.isOpen else { return false }
      if state.first == nil { state.first = error }
      return true
    }
  }

  /// Ends the scope.
  func close() -> TensorError? {
    lateFailures.end()
    return state.withLock { state in
      state.isOpen = false
      return state.first
    }
  }
}

import CKernels

/// A command that failed: the error, and the threads that have heard of it.
final class Failure: Sendable {
  let error: TensorError
  /// The place of the command in its queue: of two failures the one with the lower number came first.
  let number: Int
  private let listeners = Lock<Set<UInt64>>([])

  init(_ error: TensorError, number: Int) {
    self.error = error
    self.number = number
  }

  func isHeard(by thread: UInt64) -> Bool { listeners.withLock { $0.contains(thread) } }

  /// The caller throws the error: its thread has heard of it then, or will have at the end of the scope that keeps errors for it.
  func tell() {
    if let scope = FailureScope.current { scope.keep(self) } else { hear() }
  }

  fileprivate func hear() {
    let thread = fx_thread_number()
    _ = listeners.withLock { $0.insert(thread) }
  }
}

/// A scope in which errors do not stop what runs: it has heard of failures when it ends and throws. What is computed in it until then is
/// computed by one who does not know.
package final class FailureScope: Sendable {
  @TaskLocal package static var current: FailureScope?

  private let failures = Lock<[Failure]>([])

  package init() {}

  fileprivate func keep(_ failure: Failure) { failures.withLock { $0.append(failure) } }

  /// The calling thread has heard of everything that was kept.
  package func end() {
    for failure in failures.withLock({ $0 }) { failure.hear() }
  }
}

/// What a block's elements are worth, after the commands that wrote them.
final class BlockState: @unchecked Sendable {
  // Sendable because the thread of the queue alone reads and changes it.

  enum Value {
    case good
    /// A command that was to compute them failed: nobody may read them.
    case lost(Failure)
    /// A change of them failed, and they are what they were before it. For a thread that has heard of the failure this is their value; one
    /// that has not takes it for the changed one.
    case kept(Failure)
  }

  var value = Value.good

  /// Why a command that a thread has given cannot use the elements.
  func failure(for thread: UInt64) -> Failure? {
    switch value {
    case .good: nil
    case .lost(let failure): failure
    case .kept(let failure): failure.isHeard(by: thread) ? nil : failure
    }
  }
}

/// The blocks that a command uses.
struct CommandBlocks: Sendable {
  private var inputs: [BlockState] = []
  private var outputs: [BlockState] = []
  /// Outputs whose elements are a value that somebody holds.
  private var updates: [BlockState] = []

  mutating func reads(_ block: BlockState) { inputs.append(block) }

  mutating func writes(_ block: BlockState, isUpdate: Bool) {
    if isUpdate { updates.append(block) } else { outputs.append(block) }
  }

  /// The first failure for which a command of a thread's cannot run.
  func failure(for thread: UInt64) -> Failure? {
    var first: Failure?
    for block in inputs + outputs + updates {
      if let failure = block.failure(for: thread), first.map({ failure.number < $0.number }) ?? true { first = failure }
    }
    return first
  }

  /// The command has not run, or not to its end.
  ///
  /// - Parameter hasWritten: whether it may have changed elements before it failed.
  func fail(_ failure: Failure, hasWritten: Bool) {
    for block in outputs {
      if case .lost = block.value { continue }
      block.value = .lost(failure)
    }
    for block in updates {
      if case .lost = block.value { continue }
      block.value = hasWritten ? .lost(failure) : .kept(failure)
    }
  }

  /// The command has run: it was given by one who knew what it read.
  func succeed() {
    for block in outputs { block.value = .good }
    for block in updates { block.value = .good }
  }
}

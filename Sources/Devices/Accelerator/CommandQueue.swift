import CKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Commands that a thread of the queue's own runs in the order they are given.
///
/// The thread starts with the first command. Once the queue is closed it runs what is left and ends.
final class CommandQueue: Sendable {
  typealias Body = @Sendable () throws(TensorError) -> Void

  /// How many commands may be waiting; who gives one more waits as well.
  static let limit = 1024

  private struct Command: Sendable {
    let name: String
    let body: Body
    var delay: UInt32 = 0
    var fault: TensorError?
  }

  private struct State: Sendable {
    var waiting: [Command] = []
    var given = 0
    var finished = 0
    /// The first error since the last time that anyone was told.
    var error: TensorError?
    var isStarted = false
    var isClosed = false
    var options = AcceleratorOptions()
    /// Commands given since the options were set.
    var number = 0
    var delays: Delays?
  }

  private let state = Monitor(State())
  /// Where the commands run, as errors name it.
  private let place: String

  init(place: String) { self.place = place }

  var options: AcceleratorOptions {
    get { state.withLock { $0.options } }
    set {
      state.withLock { state in
        state.options = newValue
        state.number = 0
        state.delays = newValue.delaySeed.map(Delays.init)
      }
    }
  }

  /// Gives a command, and returns its ticket.
  ///
  /// - Throws: where the system has no thread for the queue.
  @discardableResult
  func submit(_ name: String, _ body: @escaping Body) throws(TensorError) -> Int {
    try state.withLock(when: { $0.given - $0.finished < Self.limit }) { (state) throws(TensorError) in
      if !state.isStarted { try start() }
      state.isStarted = true
      var command = Command(name: name, body: body)
      command.fault = state.options.faults[state.number]
      command.delay = state.delays?.next() ?? 0
      state.number += 1
      state.waiting.append(command)
      state.given += 1
      return state.given
    }
  }

  /// Waits until a command has finished, and all before it.
  ///
  /// - Throws: the first error of any command, which is then forgotten.
  func wait(for ticket: Int) throws(TensorError) {
    let error = state.withLock(when: { $0.finished >= ticket }) { state in
      defer { state.error = nil }
      return state.error
    }
    if let error { throw error }
  }

  /// Waits for all commands given so far.
  func wait() throws(TensorError) { try wait(for: state.withLock { $0.given }) }

  /// Says that no more commands come. Does not wait: the last reference to a device may go on the queue's own thread.
  func close() { state.withLock { $0.isClosed = true } }

  // MARK: The thread

  private func start() throws(TensorError) {
    let queue = Unmanaged.passRetained(self)
    let isStarted = fx_start_thread(
      { queue in
        Unmanaged<CommandQueue>.fromOpaque(queue!).takeRetainedValue().work()
        return nil
      }, queue.toOpaque())
    if !isStarted {
      queue.release()
      throw .runtime("\(place): cannot start a thread for the queue")
    }
  }

  private func work() {
    while true {
      var batch = state.withLock(when: { $0.isClosed || !$0.waiting.isEmpty }) { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      if batch.isEmpty { return }
      batch.reverse()
      while !batch.isEmpty {
        let error = run(batch.removeLast())
        state.withLock { state in
          state.error = state.error ?? error
          state.finished += 1
        }
      }
    }
  }

  /// Consumes the command, so that what it holds is let go before it counts as finished.
  private func run(_ command: consuming Command) -> TensorError? {
    if command.delay > 0 { usleep(command.delay) }
    do throws(TensorError) {
      if let fault = command.fault { throw fault }
      try command.body()
      return nil
    } catch {
      return TensorError(error.kind, "\(error.message) (\(command.name) on \(place))")
    }
  }
}

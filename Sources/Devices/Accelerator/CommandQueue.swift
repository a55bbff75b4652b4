import CKernels
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Commands that a thread of the queue's own runs in the order they are given.
///
/// The thread starts with the first command. Once the queue is closed it runs what is left and ends. A command whose blocks a failed one was to
/// write does not run: it fails in turn, with the failure that it met.
final class CommandQueue: Sendable {
  typealias Body = @Sendable () throws(TensorError) -> Void

  /// How many commands may be waiting; who gives one more waits as well.
  static let limit = 1024

  /// What became of a command that the host waits for.
  private typealias Outcome = Lock<Failure?>

  private struct Command: Sendable {
    let name: String
    let blocks: CommandBlocks
    /// Whether an error of the body's comes before it has changed anything.
    let checksFirst: Bool
    let thread: UInt64
    let outcome: Outcome?
    let body: Body
    var delay: UInt32 = 0
    var fault: TensorError?
  }

  private struct State: Sendable {
    var waiting: [Command] = []
    var given = 0
    var finished = 0
    /// The first failure that nobody has heard of yet.
    var unheard: Failure?
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
  /// The process in which the queue was first used; zero before.
  private let process = Atomic<Int32>(0)

  init(place: String) { self.place = place }

  var options: AcceleratorOptions {
    get { isForeign ? AcceleratorOptions() : state.withLock { $0.options } }
    set {
      if isForeign { return }
      state.withLock { state in
        state.options = newValue
        state.number = 0
        state.delays = newValue.delaySeed.map(Delays.init)
      }
    }
  }

  // MARK: Giving commands

  /// Gives a command, and returns its ticket.
  ///
  /// - Throws: where the system has no thread for the queue, or this process is a fork of the queue's.
  @discardableResult
  func submit(
    _ name: String, using blocks: CommandBlocks = CommandBlocks(), checksFirst: Bool = false, _ body: @escaping Body
  ) throws(TensorError) -> Int {
    try add(
      Command(name: name, blocks: blocks, checksFirst: checksFirst, thread: fx_thread_number(), outcome: nil, body: body),
      isCounted: true)
  }

  /// Gives a command and waits for it, and for all before it.
  ///
  /// - Throws: its error. A failure of another command is told to those who read what it was to write, and to who waits for all.
  func finish(_ name: String, using blocks: CommandBlocks = CommandBlocks(), _ body: @escaping Body) throws(TensorError) {
    let outcome = Outcome(nil)
    let command = Command(
      name: name, blocks: blocks, checksFirst: false, thread: fx_thread_number(), outcome: outcome, body: body)
    try wait(for: try add(command, isCounted: true), outcome)
  }

  /// Runs `body` after the commands given so far. It is no command: nothing delays it, and no fault meets it.
  func after(_ body: @escaping @Sendable () -> Void) throws(TensorError) {
    let command = Command(
      name: "", blocks: CommandBlocks(), checksFirst: true, thread: 0, outcome: nil,
      body: { () throws(TensorError) in body() })
    _ = try add(command, isCounted: false)
  }

  private func add(_ command: consuming Command, isCounted: Bool) throws(TensorError) -> Int {
    try checkProcess()
    var command = command
    return try state.withLock(when: { $0.given - $0.finished < Self.limit }) { (state) throws(TensorError) in
      if !state.isStarted { try start() }
      state.isStarted = true
      if isCounted {
        command.fault = state.options.faults[state.number]
        command.delay = state.delays?.next() ?? 0
        state.number += 1
      }
      state.waiting.append(command)
      state.given += 1
      return state.given
    }
  }

  /// Waits for all commands given so far.
  ///
  /// - Throws: the first error that nobody has heard of, which is then forgotten.
  func wait() throws(TensorError) {
    try checkProcess()
    try wait(for: state.withLock { $0.given }, nil)
  }

  private func wait(for ticket: Int, _ outcome: Outcome?) throws(TensorError) {
    let failure = state.withLock(when: { $0.finished >= ticket }) { state -> Failure? in
      guard let failure = outcome.map({ $0.withLock { $0 } }) ?? state.unheard else { return nil }
      if state.unheard === failure { state.unheard = nil }
      return failure
    }
    if let failure {
      failure.tell()
      throw failure.error
    }
  }

  /// Says that no more commands come. Does not wait: the last reference to a device may go on the queue's own thread.
  func close() {
    if !isForeign { state.withLock { $0.isClosed = true } }
  }

  // MARK: Processes

  /// Whether this process is a fork of the one that uses the queue. The thread is not in it, and the lock may be taken for ever.
  var isForeign: Bool {
    let known = process.load(ordering: .acquiring)
    return known != 0 && known != getpid()
  }

  /// Claims the queue for this process.
  func checkProcess() throws(TensorError) {
    let own = getpid()
    let known = process.load(ordering: .acquiring)
    if known == own || known == 0 && process.compareExchange(expected: 0, desired: own, ordering: .acquiringAndReleasing).exchanged
    {
      return
    }
    if isForeign {
      throw .runtime(
        "Cannot use \(place) in a forked subprocess: its queue runs on a thread of the parent process. Use \(place) in the child alone, or "
          + "start a new process")
    }
  }

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
    var number = 0
    while true {
      var batch = state.withLock(when: { $0.isClosed || !$0.waiting.isEmpty }) { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      if batch.isEmpty { return }
      batch.reverse()
      while !batch.isEmpty {
        number += 1
        let unheard = run(batch.removeLast(), number)
        state.withLock { state in
          state.unheard = state.unheard ?? unheard
          state.finished += 1
        }
      }
    }
  }

  /// Consumes the command, so that what it holds is let go before it counts as finished. Returns its failure if the host has to be told by the
  /// next who waits.
  private func run(_ command: consuming Command, _ number: Int) -> Failure? {
    if command.delay > 0 { usleep(command.delay) }
    if let failure = command.blocks.failure(for: command.thread) {
      command.blocks.fail(failure, hasWritten: false)
      command.outcome?.withLock { $0 = failure }
      return nil
    }
    var hasWritten = false
    do throws(TensorError) {
      if let fault = command.fault { throw fault }
      hasWritten = !command.checksFirst
      try command.body()
      command.blocks.succeed()
      return nil
    } catch {
      let failure = Failure(TensorError(error.kind, "\(error.message) (\(command.name) on \(place))"), number: number)
      command.blocks.fail(failure, hasWritten: hasWritten)
      if let outcome = command.outcome {
        outcome.withLock { $0 = failure }
        return nil
      }
      return failure
    }
  }
}

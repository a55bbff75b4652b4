import Devices
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is no error, and yet a user should know: each said once in a process, unless `setWarnAlways` asks for every time.
final class Warning: Sendable {
  static let createGraph = Warning(
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can cause a "
      + "memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this function, make sure "
      + "to reset the .grad fields of your parameters to None after use to break the cycle and avoid the leak.")

  private static let settings = Lock<Settings>(Settings())

  fileprivate struct Settings: Sendable {
    var repeats = false
    var handler: @Sendable (String) -> Void = { writeToStandardError("UserWarning: \($0)\n") }
  }

  private let message: String
  private let isKnown = Atomic<Bool>(false)

  private init(_ message: String) { self.message = message }

  /// Hands the message to the handler, if it has not been said yet.
  func callAsFunction() {
    let settings = Warning.settings.withLock { $0 }
    if !isKnown.exchange(true, ordering: .relaxed) || settings.repeats { settings.handler(message) }
  }

  fileprivate static func change<Result: Sendable>(_ body: (inout Settings) -> Result) -> Result { settings.withLock(body) }
}

private func writeToStandardError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
}

/// Sends warnings to `handler` from now on, and returns the one that had them; at first they go to standard error. A handler that does nothing
/// silences them.
@discardableResult
public func setWarningHandler(_ handler: @escaping @Sendable (_ message: String) -> Void) -> @Sendable (_ message: String) -> Void {
  Warning.change { settings in
    let before = settings.handler
    settings.handler = handler
    return before
  }
}

/// Whether warnings are given every time and not once in a process, as `torch.set_warn_always`.
public func setWarnAlways(_ flag: Bool) { Warning.change { $0.repeats = flag } }

/// As `torch.is_warn_always_enabled`.
public var isWarnAlwaysEnabled: Bool { Warning.change { $0.repeats } }

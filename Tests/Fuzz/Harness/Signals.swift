#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Glibc's module has no header for these.
@_silgen_name("backtrace")
private func backtrace(_ addresses: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ count: Int32) -> Int32
@_silgen_name("backtrace_symbols_fd")
private func backtrace_symbols_fd(_ addresses: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ count: Int32, _ file: Int32)

/// Writes where a process was when a signal ended it. The parent turns the addresses into names.
enum Signals {
  /// What the parent sends to a call that takes too long.
  static let tooLong = SIGUSR1

  static func install() {
    // The first call loads a library, which nobody can do in a handler.
    var addresses = [UnsafeMutableRawPointer?](repeating: nil, count: 4)
    _ = backtrace(&addresses, 4)
    let size = 1 << 18
    var stack = stack_t()
    stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    stack.ss_size = size
    sigaltstack(&stack, nil)
    for signal in [SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGABRT, SIGTRAP, tooLong] {
      var action = sigaction()
      #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = handler
      #else
        action.__sigaction_u.__sa_handler = handler
      #endif
      action.sa_flags = Int32(truncatingIfNeeded: SA_ONSTACK) | Int32(truncatingIfNeeded: UInt32(SA_RESETHAND))
      sigaction(signal, &action, nil)
    }
  }

  private static let handler: @convention(c) (Int32) -> Void = { signal in
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 48) { addresses in
      let count = backtrace(addresses.baseAddress!, 48)
      backtrace_symbols_fd(addresses.baseAddress!, count, 2)
    }
    if signal == SIGUSR1 { _exit(124) }
    raise(signal)
  }
}

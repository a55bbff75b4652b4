import CKernels
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Ends the program because of an error that nobody handles, with its text and the caller's lines:
///
///     Fatal error: RuntimeError: The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0
///       at main.swift:12 in energy(_:_:)
///       at main.swift:20 in main
///
/// What was printed before appears before it. The process ends by `abort`, where a debugger stops, and without the registers and threads that
/// Swift shows of a crash.
package func stop(_ error: TensorError) -> Never {
  if isStopping.exchange(true, ordering: .acquiringAndReleasing) {
    // Another thread is at it.
    while true { pause() }
  }
  fx_flush_output()
  // Should the search for the lines go wrong, the text is there.
  for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
  writeError("Fatal error: \(error)\n")
  for caller in Caller.all().prefix(4) { writeError("  \(caller)\n") }
  abort()
}

private let isStopping = Atomic(false)

private func writeError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    var written = 0
    while written < bytes.count {
      let count = write(STDERR_FILENO, bytes.baseAddress! + written, bytes.count - written)
      if count <= 0 { return }
      written += count
    }
  }
}

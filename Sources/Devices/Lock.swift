import CKernels

/// A value that one thread at a time may use.
///
/// It is `Synchronization.Mutex` with a lock of C's atomics underneath. ThreadSanitizer understands those; on Linux it cannot see into
/// the standard library's own and reports every use of what that protects.
package final class Lock<Value: Sendable>: @unchecked Sendable {
  // Sendable because the value is touched with the lock held, and nothing but Sendable values goes in or out.
  private var value: Value
  private let word = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

  package init(_ value: Value) {
    self.value = value
    word.initialize(to: 0)
  }

  deinit { word.deallocate() }

  @inline(__always)
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    fx_lock(word)
    defer { fx_unlock(word) }
    return try body(&value)
  }
}

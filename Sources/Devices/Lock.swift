#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A value that one thread at a time may use.
///
/// It is `Synchronization.Mutex` with a POSIX mutex underneath. ThreadSanitizer knows those; on Linux it cannot see into
/// the standard library's own and reports every use of what that protects.
package final class Lock<Value: Sendable>: @unchecked Sendable {
  // Sendable because the value is touched with the mutex held, and nothing but Sendable values goes in or out.
  private var value: Value
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  package init(_ value: Value) {
    self.value = value
    // With default attributes neither this nor locking can fail.
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inline(__always)
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}

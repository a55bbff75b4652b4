import CKernels
import Synchronization

/// A lock of one word, kept beside what it protects.
///
/// ThreadSanitizer understands its atomics; on Linux it cannot see into the standard library's `Mutex`, and reports every use of what that
/// protects.
package struct LockWord: ~Copyable, Sendable {
  private let isTaken = Atomic<Bool>(false)

  package init() {}

  @inline(__always)
  package func withLock<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    lock()
    defer { unlock() }
    return try body()
  }

  /// Where no closure encloses what is protected: for several locks that are held together, and where nanoseconds count.
  @inline(__always)
  package func lock() {
    if isTaken.exchange(true, ordering: .acquiring) { wait() }
  }

  @inline(__always)
  package func unlock() {
    // Without this the compiler may move the retain of a reference that was read here behind the store, to where another thread may have
    // released the object.
    fx_before_unlock()
    isTaken.store(false, ordering: .releasing)
  }

  @inline(never)
  private func wait() {
    var round: Int32 = 0
    repeat {
      while isTaken.load(ordering: .relaxed) {
        fx_wait(round)
        round &+= 1
      }
    } while isTaken.exchange(true, ordering: .acquiring)
  }
}

/// A value that one thread at a time may use.
package final class Lock<Value: Sendable>: @unchecked Sendable {
  // Sendable because the value is touched with the lock held, and nothing but Sendable values goes in or out. What the lock excludes
  // needs no further check of exclusive access.
  @exclusivity(unchecked) private var value: Value
  private let word = LockWord()

  package init(_ value: Value) { self.value = value }

  /// Takes the lock until `unlock()`, where no closure can enclose what it protects.
  package func lock() { word.lock() }
  package func unlock() { word.unlock() }

  @inline(__always)
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try word.withLock { () throws(Failure) in try body(&value) }
  }
}

/// A reference that is made by the first who asks for it.
package struct LazyReference<Instance: AnyObject & Sendable>: ~Copyable, Sendable {
  // The address of a retained instance, or zero.
  private let address = Atomic<UInt>(0)

  package init() {}

  deinit {
    if let pointer = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) {
      Unmanaged<Instance>.fromOpaque(pointer).release()
    }
  }

  /// - Parameter make: may run more than once where several ask at the same time; all get the same instance.
  @inline(__always)
  package func get(_ make: () -> Instance) -> Instance {
    if let pointer = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) {
      return Unmanaged<Instance>.fromOpaque(pointer).takeUnretainedValue()
    }
    return store(make())
  }

  private func store(_ made: Instance) -> Instance {
    let pointer = Unmanaged.passRetained(made)
    let (stored, first) = address.compareExchange(
      expected: 0, desired: UInt(bitPattern: pointer.toOpaque()), ordering: .acquiringAndReleasing)
    if stored { return made }
    pointer.release()
    return Unmanaged<Instance>.fromOpaque(UnsafeRawPointer(bitPattern: first)!).takeUnretainedValue()
  }
}

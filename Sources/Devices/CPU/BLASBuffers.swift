import Synchronization

/// The memory that OpenBLAS takes for itself: a buffer for every thread that is inside it, kept for the next one.
///
/// Where the system refuses it OpenBLAS asks again without end. So whenever more threads are inside than ever were, memory for their buffers
/// is asked for first. What other threads take in the moment between is not seen: OpenBLAS then waits until memory is given back.
enum BLASBuffers {
  /// OpenBLAS's `BUFFER_SIZE` for 64-bit processors. Only what is used of it is taken from the machine.
  private static let byteCount = 128 << 20
  private static let inside = Atomic(0)
  private static let made = Atomic(0)

  /// Runs a body in which so many threads call OpenBLAS or LAPACK.
  ///
  /// - Throws: where there is no memory for their buffers; the body then has not run.
  @inline(__always)
  static func with<Result>(threads: Int = 1, _ body: () -> Result) throws(TensorError) -> Result {
    let count = inside.add(threads, ordering: .relaxed).newValue
    defer { inside.subtract(threads, ordering: .relaxed) }
    if count > made.load(ordering: .relaxed) { try make(count) }
    return body()
  }

  @inline(never)
  private static func make(_ count: Int) throws(TensorError) {
    try HostMemory.check(count: count - made.load(ordering: .relaxed), stride: byteCount)
    made.max(count, ordering: .relaxed)
  }
}

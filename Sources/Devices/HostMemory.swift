import CKernels

/// Memory that Swift's own arrays and objects take. They stop the program where there is none, so whoever makes as many as the input says asks
/// first.
public enum HostMemory {
  /// Less is not asked for: a process that lacks it cannot go on in any way.
  private static let leastByteCount = 256 << 10
  private static let total = CachingAllocator.totalMemory()

  /// Sees whether there is memory for `count` elements of so many bytes. Others may take it before the caller does.
  ///
  /// - Throws: `DefaultCPUAllocator: can't allocate memory: you tried to allocate 8000000000 bytes. ...`
  public static func check(count: Int, stride: Int = 1) throws(TensorError) {
    let (byteCount, overflows) = count.multipliedReportingOverflow(by: stride)
    if !overflows && byteCount < leastByteCount { return }
    guard !overflows, byteCount <= total, isThere(byteCount) else {
      throw CachingAllocator.outOfMemory(byteCount: overflows ? .max : byteCount)
    }
  }

  /// Sees whether there is memory for the elements of an array.
  @inlinable
  public static func check<T>(_ count: Int, _: T.Type) throws(TensorError) {
    try check(count: count, stride: MemoryLayout<T>.stride)
  }

  /// Objects come in small blocks, and a block's own size is known to the allocator alone.
  public static let objectByteCount = 96

  private static func isThere(_ byteCount: Int) -> Bool {
    if fx_has_memory(byteCount) { return true }
    // What is kept for reuse can be given up.
    CachingAllocator.shared.emptyCache()
    return fx_has_memory(byteCount)
  }

  /// Calls `body` with memory for so many bytes.
  public static func withBytes<Result>(
    _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    let start = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(start, byteCount: byteCount) }
    return try body(UnsafeMutableRawBufferPointer(start: start, count: byteCount))
  }
}

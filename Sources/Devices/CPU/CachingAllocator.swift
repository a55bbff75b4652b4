#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The memory of everything the CPU holds.
///
/// What is freed is kept and given to the next request of about the same size. A fresh block of many megabytes costs a
/// page fault every few kilobytes, which for an addition takes three times as long as the addition.
///
/// Blocks above ``smallByteCount`` are aligned to 64 bytes and come in eight sizes for every power of two, so that at
/// most an eighth is unused. Smaller ones are the system's, whose own cache serves them well; they are not counted.
public final class CachingAllocator: Sendable {
  public static let shared: CachingAllocator = {
    // A forked child has the forking thread alone: no other may hold the lock at that moment, or the child would wait for it for ever.
    pthread_atfork(
      { CachingAllocator.shared.state.lock() }, { CachingAllocator.shared.state.unlock() },
      { CachingAllocator.shared.state.unlock() })
    return CachingAllocator()
  }()

  /// Up to this size a block is the system allocator's, aligned to 16 bytes.
  public static let smallByteCount = 1024

  /// From this size a block is mapped on its own, in huge pages where Linux has them, and goes back to the system whole.
  private static let mappedByteCount = 1 << 20
  private static let hugePage = 2 << 20

  /// The freed blocks of one size.
  private struct Shelf: Sendable {
    /// Addresses: pointers are not Sendable.
    var blocks: [UInt] = []
    /// The clock when it was last used: what has been idle longest is given back first.
    var lastUse: UInt64 = 0
  }

  private struct State: Sendable {
    var shelves = [Shelf](repeating: Shelf(), count: SizeClass.count)
    var allocated = 0
    var peak = 0
    var cached = 0
    var limit = 0
    var clock: UInt64 = 0
  }

  private let state: Lock<State>
  private let memory: Int

  /// - Parameters:
  ///   - memory: Bytes that all blocks together may take; by default what the machine has, swap included.
  ///   - cacheLimit: See ``cacheLimit``.
  init(memory: Int = CachingAllocator.totalMemory(), cacheLimit: Int? = nil) {
    self.memory = memory
    var state = State()
    state.limit = cacheLimit ?? memory / 4
    self.state = Lock(state)
  }

  deinit { emptyCache() }
}

// MARK: - Blocks

extension CachingAllocator {
  /// A block of uninitialised memory of at least that many bytes; a valid address even for none.
  ///
  /// - Throws: where the system has no such memory, or the machine could not hold it: Linux hands out more than there
  ///   is, and ends the process that uses it.
  public func allocate(byteCount: Int) throws(TensorError) -> UnsafeMutableRawPointer {
    if byteCount <= Self.smallByteCount && byteCount >= 0 {
      if let block = malloc(byteCount == 0 ? 1 : byteCount) { return block }
      emptyCache()
      guard let block = malloc(byteCount == 0 ? 1 : byteCount) else { throw Self.outOfMemory(byteCount: byteCount) }
      return block
    }
    guard byteCount > 0, byteCount <= memory else { throw Self.outOfMemory(byteCount: byteCount) }
    let size = SizeClass(atLeast: byteCount)
    let (kept, fits) = state.withLock { state in take(size, from: &state) }
    if let block = UnsafeMutableRawPointer(bitPattern: kept) { return block }
    if fits {
      if let block = Self.obtain(size.byteCount) { return block }
      emptyCache()
      if let block = Self.obtain(size.byteCount) { return block }
      state.withLock { $0.allocated -= size.byteCount }
    }
    throw Self.outOfMemory(byteCount: byteCount)
  }

  /// Gives a block back.
  ///
  /// - Parameter byteCount: What was asked for, by which the block's kind is known.
  public func deallocate(_ block: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount <= Self.smallByteCount {
      free(block)
      return
    }
    let size = SizeClass(atLeast: byteCount)
    let address = UInt(bitPattern: block)
    let dropped = state.withLock { state in
      state.allocated -= size.byteCount
      if size.byteCount > state.limit { return [(address, size.byteCount)] }
      let dropped = trim(&state, to: state.limit - size.byteCount)
      state.clock += 1
      state.shelves[size.index].lastUse = state.clock
      state.shelves[size.index].blocks.append(address)
      state.cached += size.byteCount
      return dropped
    }
    Self.release(dropped)
  }

  /// Gives all memory that is kept for reuse back to the system.
  public func emptyCache() {
    Self.release(state.withLock { state in trim(&state, to: 0) })
  }

  static func outOfMemory(byteCount: Int) -> TensorError {
    TensorError(
      .outOfMemory,
      "DefaultCPUAllocator: can't allocate memory: you tried to allocate \(byteCount) bytes. "
        + "Error code 12 (Cannot allocate memory)")
  }

  /// Counts a block in, and takes one that is kept if there is any; otherwise the address is zero, and `fits` says
  /// whether a new one may be made.
  private func take(_ size: SizeClass, from state: inout State) -> (address: UInt, fits: Bool) {
    // What is kept can be given up, so it does not count.
    guard state.allocated + size.byteCount <= max(memory, size.byteCount) else { return (0, false) }
    let kept = state.shelves[size.index].blocks.popLast()
    state.allocated += size.byteCount
    state.peak = max(state.peak, state.allocated)
    if kept != nil { state.cached -= size.byteCount }
    state.clock += 1
    state.shelves[size.index].lastUse = state.clock
    return (kept ?? 0, true)
  }

  /// Takes blocks off the shelves, the longest unused first, until no more than `limit` bytes are kept.
  private func trim(_ state: inout State, to limit: Int) -> [(UInt, Int)] {
    if state.cached <= limit { return [] }
    var dropped: [(UInt, Int)] = []
    while state.cached > limit {
      let filled = state.shelves.indices.filter { !state.shelves[$0].blocks.isEmpty }
      guard let oldest = filled.min(by: { state.shelves[$0].lastUse < state.shelves[$1].lastUse }) else { break }
      let byteCount = SizeClass(index: oldest).byteCount
      while state.cached > limit, let block = state.shelves[oldest].blocks.popLast() {
        dropped.append((block, byteCount))
        state.cached -= byteCount
      }
    }
    return dropped
  }
}

// MARK: - Counters

extension CachingAllocator {
  /// Bytes in use, in blocks above ``smallByteCount``, their unused ends included.
  public var allocatedByteCount: Int { state.withLock { $0.allocated } }

  /// The most bytes that were in use at a time since the start or ``resetPeakByteCount()``.
  public var peakByteCount: Int { state.withLock { $0.peak } }

  /// Bytes that are kept for reuse.
  public var cachedByteCount: Int { state.withLock { $0.cached } }

  public func resetPeakByteCount() {
    state.withLock { $0.peak = $0.allocated }
  }

  /// The most bytes that are kept for reuse: a quarter of the machine's memory unless set. What exceeds it goes back to
  /// the system, the longest unused first.
  public var cacheLimit: Int {
    get { state.withLock { $0.limit } }
    set {
      Self.release(
        state.withLock { state in
          state.limit = max(newValue, 0)
          return trim(&state, to: state.limit)
        })
    }
  }
}

// MARK: - Sizes

/// One of the sizes in which blocks come.
struct SizeClass {
  let index: Int

  /// Eight for every power of two from the small size to the largest Int.
  static let count = (Int.bitWidth - 1 - firstPower) * 8 + 1
  private static let firstPower = 10

  init(index: Int) { self.index = index }

  init(atLeast byteCount: Int) {
    // The power of two below the size, and in which eighth above it the size ends.
    let last = byteCount - 1
    let power = Int.bitWidth - 1 - last.leadingZeroBitCount
    let eighth = (last >> (power - 3)) & 7
    index = (power - Self.firstPower) * 8 + eighth + 1
  }

  var byteCount: Int {
    let (power, eighth) = index.quotientAndRemainder(dividingBy: 8)
    return (8 + eighth) << (power + Self.firstPower - 3)
  }
}

// MARK: - The system

extension CachingAllocator {
  private static func obtain(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount < mappedByteCount {
      var block: UnsafeMutableRawPointer?
      return posix_memalign(&block, 64, byteCount) == 0 ? block : nil
    }
    let mapped = mapping(byteCount)
    // A huge page begins at a multiple of its size: map more, and give back what lies before and after.
    let slack = byteCount >= hugePage ? hugePage : 0
    guard let start = mmap(nil, mapped + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != MAP_FAILED
    else { return nil }
    guard slack > 0 else { return start }
    let skipped = (slack - Int(bitPattern: start) % slack) % slack
    if skipped > 0 { munmap(start, skipped) }
    if skipped < slack { munmap(start + skipped + mapped, slack - skipped) }
    #if os(Linux)
      madvise(start + skipped, mapped, MADV_HUGEPAGE)
    #endif
    return start + skipped
  }

  private static func release(_ blocks: [(UInt, Int)]) {
    for (address, byteCount) in blocks {
      guard let block = UnsafeMutableRawPointer(bitPattern: address) else { continue }
      if byteCount < mappedByteCount { free(block) } else { munmap(block, mapping(byteCount)) }
    }
  }

  /// Whole pages, of any size that a processor uses.
  private static func mapping(_ byteCount: Int) -> Int { (byteCount + 0xFFFF) & ~0xFFFF }

  /// The memory of the machine, or of the container, in bytes, swap included.
  static func totalMemory() -> Int {
    var total = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    // Linux tells in files; elsewhere they are missing, and macOS makes swap as it needs it.
    if let swap = number(after: "SwapTotal:", in: "/proc/meminfo") { total += swap * 1024 }
    // Without a limit the file says "max".
    if let limit = number(after: "", in: "/sys/fs/cgroup/memory.max") { total = min(total, limit) }
    return total
  }

  /// The first number of the first line that begins with a label.
  private static func number(after label: String, in path: String) -> Int? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix(label) { return Int(text.dropFirst(label.count).filter { ("0"..."9").contains($0) }) }
    }
    return nil
  }
}

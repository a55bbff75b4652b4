import Testing

@testable import Devices

struct CachingAllocatorTests {
  @Test func sizeClasses() {
    for byteCount in [1025, 1026, 1152, 1153, 2047, 2048, 2049, 4096, 1 << 20, (1 << 20) + 1, 40_000_000, 1 << 40, 1 << 60] {
      let size = SizeClass(atLeast: byteCount)
      #expect(size.byteCount >= byteCount)
      #expect(SizeClass(atLeast: size.byteCount).index == size.index)
      #expect(SizeClass(index: size.index - 1).byteCount < byteCount)
      #expect(size.byteCount - byteCount <= byteCount / 8)
      #expect(size.index < SizeClass.count)
    }
  }

  @Test(arguments: [0, 1, 7, 64, 1000, 1024, 1025, 4000, 1 << 16, (1 << 20) - 1, 1 << 20, (2 << 20) + 5, 40_000_000])
  func blocksAreAlignedAndWritable(byteCount: Int) throws {
    let allocator = CachingAllocator()
    let block = try allocator.allocate(byteCount: byteCount)
    let alignment = byteCount > CachingAllocator.smallByteCount ? 64 : 16
    #expect(Int(bitPattern: block) % alignment == 0)
    block.initializeMemory(as: UInt8.self, repeating: 0xA5, count: byteCount)
    if byteCount > 0 { #expect(block.load(fromByteOffset: byteCount - 1, as: UInt8.self) == 0xA5) }
    allocator.deallocate(block, byteCount: byteCount)
  }

  @Test func freedBlocksAreReused() throws {
    let allocator = CachingAllocator()
    let first = try allocator.allocate(byteCount: 1_000_000)
    let address = Int(bitPattern: first)
    #expect(allocator.cachedByteCount == 0)
    let held = allocator.allocatedByteCount
    #expect(held >= 1_000_000 && held <= 1_125_000)
    allocator.deallocate(first, byteCount: 1_000_000)
    #expect(allocator.allocatedByteCount == 0)
    #expect(allocator.cachedByteCount == held)
    #expect(allocator.peakByteCount == held)

    // Another size of the same class.
    let second = try allocator.allocate(byteCount: 999_999)
    #expect(Int(bitPattern: second) == address)
    #expect(allocator.cachedByteCount == 0)
    let third = try allocator.allocate(byteCount: 1_000_000)
    #expect(Int(bitPattern: third) != address)
    #expect(allocator.peakByteCount == 2 * held)
    allocator.deallocate(second, byteCount: 999_999)
    allocator.deallocate(third, byteCount: 1_000_000)
    allocator.resetPeakByteCount()
    #expect(allocator.peakByteCount == 0)
    allocator.emptyCache()
    #expect(allocator.cachedByteCount == 0)
  }

  @Test func smallBlocksAreNotCounted() throws {
    let allocator = CachingAllocator()
    let block = try allocator.allocate(byteCount: 1024)
    #expect(allocator.allocatedByteCount == 0)
    allocator.deallocate(block, byteCount: 1024)
    #expect(allocator.cachedByteCount == 0)
  }

  @Test func theLimitDropsWhatWasUnusedLongest() throws {
    let allocator = CachingAllocator(cacheLimit: 3 << 16)
    func use(_ byteCount: Int) throws {
      allocator.deallocate(try allocator.allocate(byteCount: byteCount), byteCount: byteCount)
    }
    try use(1 << 16)
    try use(1 << 15)
    try use(1 << 16)
    try use(1 << 17)
    // 64, 32 and 128 KiB are more than 192: the 32 were unused longest.
    #expect(allocator.cachedByteCount == 3 << 16)
    try use(1 << 20)
    #expect(allocator.cachedByteCount == 3 << 16, "a block above the limit goes straight back")
    allocator.cacheLimit = 1 << 17
    #expect(allocator.cachedByteCount == 1 << 17)
    allocator.cacheLimit = -5
    #expect(allocator.cacheLimit == 0 && allocator.cachedByteCount == 0)
    try use(2000)
    #expect(allocator.cachedByteCount == 0)
  }

  @Test(arguments: [-1, Int.min, Int.max, 1 << 50])
  func absurdSizesThrow(byteCount: Int) {
    let error = #expect(throws: TensorError.self) { _ = try CachingAllocator.shared.allocate(byteCount: byteCount) }
    #expect(error?.kind == .outOfMemory)
    #expect(
      error?.message.hasPrefix(
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate \(byteCount) bytes.") == true)
  }

  @Test func allBlocksTogetherFitTheMemory() throws {
    let allocator = CachingAllocator(memory: 1 << 20)
    let first = try allocator.allocate(byteCount: 600_000)
    #expect(throws: TensorError.self) { _ = try allocator.allocate(byteCount: 600_000) }
    let held = allocator.allocatedByteCount
    #expect(held < 1 << 20)
    allocator.deallocate(first, byteCount: 600_000)
    // What is kept makes room.
    let second = try allocator.allocate(byteCount: 900_000)
    #expect(allocator.cachedByteCount == 0)
    allocator.deallocate(second, byteCount: 900_000)
    #expect(allocator.allocatedByteCount == 0)
    #expect(CachingAllocator.totalMemory() > 1 << 26)
  }

  @Test func manyTasks() async {
    let allocator = CachingAllocator(cacheLimit: 1 << 22)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          var state = UInt64(task + 1)
          for _ in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let byteCount = 2000 << Int(state >> 60)
            guard let block = try? allocator.allocate(byteCount: byteCount) else { continue }
            let bytes = block.assumingMemoryBound(to: UInt8.self)
            (bytes[0], bytes[byteCount - 1]) = (UInt8(task), UInt8(task))
            await Task.yield()
            #expect(bytes[0] == task && bytes[byteCount - 1] == task)
            allocator.deallocate(block, byteCount: byteCount)
          }
        }
      }
    }
    #expect(allocator.allocatedByteCount == 0)
    #expect(allocator.cachedByteCount <= 1 << 22)
  }
}

import Testing

@testable import Devices

@Suite struct StorageTests {
  /// Blocks of all small sizes, within their objects and beside them, are apart from each other and keep what is written.
  @Test func smallBlocksAreApart() throws {
    let device = CPUDevice.shared
    var blocks: [Storage] = []
    for size in 0...600 {
      let block = try size % 2 == 0 ? device.allocate(byteCount: size) : blocks[0].sibling(byteCount: size)
      #expect(block.byteCount >= size && block.directAddress == block.handle)
      #expect(UInt(bitPattern: block.handle) % 8 == 0)
      block.handle.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: size), count: size)
      blocks.append(block)
    }
    for (size, block) in blocks.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: block.handle, count: size)
      #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: size) })
      #expect(block.device === device)
    }
  }

  /// A device that is not there for good lives as long as its memory.
  @Test func blocksKeepTheirDevice() throws {
    var device: ReferenceDevice? = ReferenceDevice()
    weak let observed = device
    var block: Storage? = try device?.allocate(byteCount: 8)
    let sibling = try block?.sibling(byteCount: 8)
    #expect(sibling?.directAddress == nil)
    device = nil
    #expect(observed != nil)
    #expect(sibling?.device === block?.device)
    block = nil
    #expect(observed != nil)
  }
}

import Synchronization

/// A block of a device's memory, returned to the device with the last reference.
///
/// The elements are written only by the one who allocated the block, before anyone else sees it, or by a holder who has shown
/// that nobody else holds it: this is what makes sharing it between tasks safe. They may be computed late, by a `PendingKernel`: whoever asks
/// where they lie finds them there.
public final class Storage: @unchecked Sendable {
  // Sendable because of the rule above; what is pending changes within the lock.

  public let device: any Device
  public let byteCount: Int
  /// Whether kernels may be run on the block by whoever holds it; otherwise only the device can.
  public let isDirect: Bool
  /// Where a command writes that replaces all elements: asking does not compute them.
  let destination: UnsafeMutableRawPointer

  private let isWaiting = Atomic<Bool>(false)
  private let lock = LockWord()
  /// Within the lock.
  private var producer: PendingKernel.Result?

  /// Takes over a block that `device` allocated.
  public init(device: any Device, handle: UnsafeMutableRawPointer, byteCount: Int, isDirect: Bool) {
    self.device = device
    destination = handle
    self.byteCount = byteCount
    self.isDirect = isDirect
  }

  deinit { device.deallocate(destination, byteCount: byteCount) }

  /// The device's handle of the block. An address of the host's only where the device says so.
  @inline(__always)
  public var handle: UnsafeMutableRawPointer {
    if isPending { compute() }
    return destination
  }

  /// The block's first byte where kernels may be run on it by whoever holds it, nil where only the device can.
  @inline(__always)
  public var directAddress: UnsafeMutableRawPointer? { isDirect ? handle : nil }
}

// MARK: - What is computed late

extension Storage {
  /// Whether the elements have not been computed yet.
  @inline(__always)
  public var isPending: Bool { isWaiting.load(ordering: .acquiring) }

  /// The kernel that the elements wait for.
  var pending: PendingKernel.Result? { isPending ? lock.withLock { producer } : nil }

  /// Computes the elements, if they have not been.
  @inline(never)
  public func compute() {
    if let (kernel, output) = pending { kernel.run(for: output) }
  }

  /// Leaves the elements to a kernel. For the one who allocated the block.
  func wait(for producer: PendingKernel.Result) {
    lock.withLock { self.producer = producer }
    isWaiting.store(true, ordering: .releasing)
  }

  /// The elements are there. Gives up the kernel, for the caller to release outside of any lock.
  func arrive() -> PendingKernel.Result? {
    lock.withLock {
      isWaiting.store(false, ordering: .releasing)
      return producer.take()
    }
  }
}

/// A tensor as a device sees it: some memory, and how to read it.
public struct Operand: Sendable {
  public var storage: Storage
  public let layout: Layout
  public let dtype: DType

  public init(storage: Storage, layout: Layout, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
  }

  public var device: any Device { storage.device }
  public var shape: [Int] { layout.shape }
  public var count: Int { layout.count }

  /// The same memory read in another way.
  public func with(layout: Layout) -> Operand { Operand(storage: storage, layout: layout, dtype: dtype) }
}

import Synchronization

/// A block of a device's memory, returned to the device with the last reference.
///
/// The elements are written only by the one who allocated the block, before anyone else sees it, or by a holder who has shown
/// that nobody else holds it: this is what makes sharing it between tasks safe. They may be computed late, by a `PendingKernel`: whoever asks
/// where they lie finds them there.
public class Storage: @unchecked Sendable {
  // Sendable because of the rule above; what is pending changes within the lock.

  /// Kept alive by `owner`, or with the process.
  public final unowned(unsafe) let device: any Device
  public final let byteCount: Int
  // Set before anyone sees the block.
  /// Where a command writes that replaces all elements: asking does not compute them.
  @exclusivity(unchecked) final fileprivate(set) var destination: UnsafeMutableRawPointer
  /// nil for a device that lives as long as the process: to count references to it would make all threads wait for one counter.
  private final let owner: AnyObject?
  /// Within the lock.
  @exclusivity(unchecked) private final var producer: PendingKernel.Result?
  /// Whether kernels may be run on the block by whoever holds it; otherwise only the device can.
  public final let isDirect: Bool
  /// Whether the block lies within the object.
  private final let isInline: Bool
  private final let isWaiting = Atomic<Bool>(false)
  private final let lock = LockWord()

  /// Takes over a block that `device` allocated.
  public init(device: any Device, handle: UnsafeMutableRawPointer, byteCount: Int, isDirect: Bool) {
    self.device = device
    destination = handle
    self.byteCount = byteCount
    self.isDirect = isDirect
    owner = device === CPUDevice.shared ? nil : device
    isInline = false
  }

  fileprivate init(inlineByteCount byteCount: Int) {
    device = CPUDevice.shared
    destination = UnsafeMutableRawPointer(bitPattern: 1)!
    self.byteCount = byteCount
    isDirect = true
    owner = nil
    isInline = true
  }

  deinit {
    if !isInline { device.deallocate(destination, byteCount: byteCount) }
  }

  /// The device's handle of the block. An address of the host's only where the device says so.
  @inline(__always)
  public final var handle: UnsafeMutableRawPointer {
    if isPending { compute() }
    return destination
  }

  /// The block's first byte where kernels may be run on it by whoever holds it, nil where only the device can.
  @inline(__always)
  public final var directAddress: UnsafeMutableRawPointer? { isDirect ? handle : nil }

  /// The same where the elements are there; asking does not compute them.
  public final var presentAddress: UnsafeMutableRawPointer? { isDirect && !isPending ? destination : nil }
}

// MARK: - What is computed late

extension Storage {
  /// Whether the elements have not been computed yet.
  @inline(__always)
  public final var isPending: Bool { isWaiting.load(ordering: .acquiring) }

  /// Whether nobody else holds a block whose elements are there.
  ///
  /// Never of one that waits: other kernels may wait for the same elements, and will hold the block as soon as it has been computed. So whether it
  /// waits is asked first.
  @inline(__always)
  public static func isHeldAlone(_ storage: inout Storage) -> Bool {
    !storage.isPending && isKnownUniquelyReferenced(&storage)
  }

  /// The kernel that the elements wait for.
  final var pending: PendingKernel.Result? { isPending ? lock.withLock { producer } : nil }

  /// Computes the elements, if they have not been.
  @inline(never)
  public final func compute() {
    if let (kernel, output) = pending { kernel.run(for: output) }
  }

  /// Leaves the elements to a kernel. For the one who allocated the block.
  final func wait(for producer: PendingKernel.Result) {
    lock.withLock { self.producer = producer }
    isWaiting.store(true, ordering: .releasing)
  }

  /// The elements are there. Gives up the kernel, for the caller to release outside of any lock.
  final func arrive() -> PendingKernel.Result? {
    lock.withLock {
      isWaiting.store(false, ordering: .releasing)
      return producer.take()
    }
  }
}

// MARK: - Small blocks

extension Storage {
  /// The most bytes that lie within the object.
  static let inlineLimit = 256

  /// A block of `CPUDevice.shared` that needs no memory beside its object. At most `inlineLimit` bytes.
  @inline(__always)
  static func inline(byteCount: Int) -> Storage {
    byteCount <= 64 ? InlineStorage64(byteCount) : InlineStorage256(byteCount)
  }

  /// Memory for a result on this block's device.
  package final func sibling(byteCount: Int) throws(TensorError) -> Storage {
    if byteCount <= Storage.inlineLimit && isDirect && owner == nil { return .inline(byteCount: byteCount) }
    return try device.allocate(byteCount: byteCount)
  }
}

// Stored properties of an object stay where they are, so that their address is good for as long as the object. They are of words and not of
// vectors: an object with a larger alignment than a word's takes longer to allocate.

private typealias Bytes64 = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

private final class InlineStorage64: Storage, @unchecked Sendable {
  @exclusivity(unchecked) private var bytes: Bytes64 = (0, 0, 0, 0, 0, 0, 0, 0)

  init(_ byteCount: Int) {
    super.init(inlineByteCount: byteCount)
    destination = withUnsafeMutablePointer(to: &bytes) { UnsafeMutableRawPointer($0) }
  }
}

private final class InlineStorage256: Storage, @unchecked Sendable {
  @exclusivity(unchecked) private var bytes: (Bytes64, Bytes64, Bytes64, Bytes64) = (
    (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0)
  )

  init(_ byteCount: Int) {
    super.init(inlineByteCount: byteCount)
    destination = withUnsafeMutablePointer(to: &bytes) { UnsafeMutableRawPointer($0) }
  }
}

/// A tensor as a device sees it: some memory, and how to read it.
public struct Operand: Sendable {
  public var storage: Storage
  public let layout: Layout
  public let dtype: DType
  /// Of an output: whether its elements are a value that somebody holds, and that the command changes. Where the command fails on a device
  /// that works later, they stay what they were; an output that is not an update counts for nothing then.
  public private(set) var isUpdate = false

  public init(storage: Storage, layout: Layout, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
  }

  /// The same memory as the output of a command that changes a value in place.
  public var updated: Operand {
    var result = self
    result.isUpdate = true
    return result
  }

  public var device: any Device { storage.device }
  public var shape: [Int] { layout.shape }
  public var count: Int { layout.count }

  /// The same memory read in another way.
  public func with(layout: Layout) -> Operand {
    var result = Operand(storage: storage, layout: layout, dtype: dtype)
    result.isUpdate = isUpdate
    return result
  }
}

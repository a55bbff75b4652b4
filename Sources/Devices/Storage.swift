/// A block of a device's memory, returned to the device with the last reference.
///
/// The elements are written only by the one who allocated the block, before anyone else sees it, or by a holder who has shown
/// that nobody else holds it: this is what makes sharing it between tasks safe.
public final class Storage: @unchecked Sendable {
  public let device: any Device
  public let byteCount: Int
  /// The device's handle of the block. An address of the host's only where the device says so.
  public let handle: UnsafeMutableRawPointer
  /// The block's first byte where kernels may be run on it by whoever holds it, nil where only the device can.
  public let directAddress: UnsafeMutableRawPointer?

  /// Takes over a block that `device` allocated.
  public init(device: any Device, handle: UnsafeMutableRawPointer, byteCount: Int, isDirect: Bool) {
    self.device = device
    self.handle = handle
    self.byteCount = byteCount
    self.directAddress = isDirect ? handle : nil
  }

  deinit { device.deallocate(handle, byteCount: byteCount) }
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

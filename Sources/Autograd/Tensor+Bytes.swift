import Devices

// Elements as they lie in memory, for files, the network and other libraries.

extension Tensor {
  /// Calls `body` with the bytes of the elements: row-major, without gaps, in the host's byte order, `count` times `dtype.byteCount` of them.
  ///
  /// They are the tensor's own memory where that is so laid out and within reach of the host, else a copy; both are good for the time of the
  /// call alone. Waits for the device.
  ///
  /// - Throws: what `body` throws; the device's error; the first error of the scope for the result of a failed operation.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    try checkValid()
    return try compact(as: dtype).reading { bytes in Swift.Result { try body(bytes) } }.get()
  }

  /// A tensor of the given shape from the bytes of its elements: row-major, without gaps, in the host's byte order. They are copied.
  ///
  /// A byte of a boolean counts as its truth.
  ///
  /// Errors: `buffer length (13 bytes) after offset (0 bytes) must be a multiple of element size (4)`; `shape '[2, 2]' is invalid for input of
  /// size 3`.
  public init(
    bytes: some Sequence<UInt8>, dtype: DType, shape: [Int], device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) {
    let copied: Tensor? = bytes.withContiguousStorageIfAvailable { bytes in
      .copying(UnsafeRawBufferPointer(bytes), dtype, shape, device, requiresGrad)
    }
    self =
      copied
      ?? [UInt8](bytes).withUnsafeBytes { bytes in .copying(bytes, dtype, shape, device, requiresGrad) }
  }

  private static func copying(
    _ bytes: UnsafeRawBufferPointer, _ dtype: DType, _ shape: [Int], _ device: any DeviceConvertible, _ requiresGrad: Bool
  ) -> Tensor {
    attempt { () throws(TensorError) in
      guard bytes.count.isMultiple(of: dtype.byteCount) else {
        throw .value(
          "buffer length (\(bytes.count) bytes) after offset (0 bytes) must be a multiple of element size (\(dtype.byteCount))")
      }
      guard try Layout.checkedCount(shape) == bytes.count / dtype.byteCount else {
        throw .runtime("shape '\(shape)' is invalid for input of size \(bytes.count / dtype.byteCount)")
      }
      return try made(shape: shape, dtype: dtype, device: device, requiresGrad: requiresGrad) { memory, dtype in
        memory.copyMemory(from: bytes)
        if dtype == .bool { memory.makeBooleans() }
      }
    }
  }
}

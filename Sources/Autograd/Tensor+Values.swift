import Devices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// The way back to Swift's own numbers. All of these wait for the device.

extension Tensor {
  /// Computes the elements now, where an elementwise operation on a large tensor has left them to be computed in one pass with what follows.
  ///
  /// Nothing but the time tells the difference: whatever reads elements computes them first. Code that measures times calls this.
  public func evaluate() { body.value.storage.compute() }

  /// The single element as a number.
  ///
  /// Error: `a Tensor with 2 elements cannot be converted to Scalar`.
  public func item() -> Scalar {
    guard isValid else { return .int(0) }
    guard count == 1 else {
      _ = Tensor.failure(.runtime("a Tensor with \(count) elements cannot be converted to Scalar"))
      return .int(0)
    }
    return withElements { load($0, at: 0, as: dtype) } ?? .int(0)
  }

  /// All elements in row-major order, converted to a Swift type as a tensor is cast to its dtype: a copy of the memory where that is the
  /// tensor's own.
  public func scalars<T: Devices.Element>(as type: T.Type) -> [T] {
    guard isValid else { return [] }
    do throws(TensorError) {
      let value = try compact(as: T.dtype)
      try Tensor.checkHostMemory(value.count, of: MemoryLayout<T>.stride)
      guard T.isBitwiseElement else {
        return try value.reading { bytes in (0..<value.count).map { T(load(bytes, at: $0, as: T.dtype)) } }
      }
      var failure: TensorError?
      let scalars = [T](unsafeUninitializedCapacity: value.count) { buffer, count in
        do throws(TensorError) {
          try value.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
          count = buffer.count
        } catch { failure = error }
      }
      if let failure { throw failure }
      return scalars
    } catch {
      _ = Tensor.failure(error)
      return []
    }
  }

  /// Calls `body` with the bytes of the elements in row-major order, at their start. nil where the device failed.
  func withElements<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    do { return try compact(as: dtype).reading(body) } catch {
      _ = Tensor.failure(error)
      return nil
    }
  }
}

// MARK: - Bytes in host memory

extension Tensor {
  /// This value outside the graph, in row-major order; where a device's memory is out of reach, at the start of its storage.
  func compact(as dtype: DType) throws(TensorError) -> Tensor {
    let value = Tensor(body.frozen.detached())
    value.body.storage.compute()
    let isCompact = value.layout.isContiguous && (value.layout.offset == 0 || value.body.storage.isDirect)
    if isCompact && dtype == value.dtype { return value }
    let result = try value.converted(to: dtype)
    result.body.storage.compute()
    return result
  }

  /// The bytes of a compact value: its own, or a copy where the device's memory is out of reach.
  func reading<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(TensorError) -> Result {
    let byteCount = count * dtype.byteCount
    if let address = self.body.address {
      return Swift.withExtendedLifetime(self) { body(UnsafeRawBufferPointer(start: address, count: byteCount)) }
    }
    try Tensor.checkHostMemory(byteCount, of: 1)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { bytes.deallocate() }
    try device.download(self.body.storage, to: bytes)
    return body(UnsafeRawBufferPointer(bytes))
  }

  /// Writes the elements of a compact value where there is room for all of them. Booleans are written as zeros and ones.
  fileprivate func copyBytes(to target: UnsafeMutableRawBufferPointer) throws(TensorError) {
    if let address = body.address {
      target.copyMemory(from: UnsafeRawBufferPointer(start: address, count: target.count))
      Swift.withExtendedLifetime(self) {}
    } else {
      try device.download(body.storage, to: target)
    }
    if dtype == .bool { target.makeBooleans() }
  }

  /// An array that finds no memory ends the process, so the system is asked before.
  static func checkHostMemory(_ count: Int, of byteCount: Int) throws(TensorError) {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: byteCount)
    // Blocks of this size are the system's from its own reserve.
    if !overflows && bytes < 1 << 16 { return }
    guard !overflows, let block = malloc(bytes) else {
      throw TensorError(
        .outOfMemory,
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate \(overflows ? Int.max : bytes) bytes. "
          + "Error code 12 (Cannot allocate memory)")
    }
    free(block)
  }
}

extension Devices.Element {
  /// Whether a value lies in Swift's memory as an element does in a tensor's.
  static var isBitwiseElement: Bool { MemoryLayout<Self>.stride == dtype.byteCount }
}

extension UnsafeMutableRawBufferPointer {
  /// A byte counts as its truth.
  func makeBooleans() {
    for index in indices where self[index] > 1 { self[index] = 1 }
  }
}

// MARK: - Numbers

extension Devices.Element {
  /// The element of a tensor of one, `Float(x)` or `Int32(x)`, converted as a tensor is cast.
  ///
  /// Error: `a Tensor with 2 elements cannot be converted to Scalar`.
  public init(_ tensor: Tensor) { self.init(tensor.item()) }
}

extension Bool {
  /// The truth of a tensor of one element.
  ///
  /// Errors: `Boolean value of Tensor with more than one value is ambiguous`, or with `no values`.
  public init(_ tensor: Tensor) {
    if tensor.isValid && tensor.count != 1 {
      let how = tensor.count == 0 ? "no values" : "more than one value"
      _ = Tensor.failure(.runtime("Boolean value of Tensor with \(how) is ambiguous"))
      self = false
      return
    }
    self = tensor.item().boolValue
  }
}

extension Double {
  /// The element of a tensor of one.
  public init(_ tensor: Tensor) { self = tensor.item().doubleValue }
}

extension Int {
  /// The element of a tensor of one, truncated toward zero.
  public init(_ tensor: Tensor) { self = Int(tensor.item().intValue) }
}

import Devices

// The way back to Swift's own numbers. All of these wait for the device.

extension Tensor {
  /// Computes the elements now, where an elementwise operation on a large tensor has left them to be computed in one pass with what follows.
  ///
  /// Nothing but the time tells the difference: whatever reads elements computes them first. Code that measures times calls this.
  public func evaluate() {
    if !isValid { reportUse() }
    body.value.storage.compute()
  }

  /// The single element as a number; NaN where there is none.
  ///
  /// Error: `a Tensor with 2 elements cannot be converted to Scalar`.
  public func item() -> Scalar { number ?? .double(.nan) }

  /// The single element, nil after an error.
  fileprivate var number: Scalar? {
    guard isValid else {
      reportUse()
      return nil
    }
    do { return try element() } catch {
      Tensor.report(error)
      return nil
    }
  }

  /// The single element, for what depends on it: nobody is to go on with a number that could not be read.
  func element() throws(TensorError) -> Scalar {
    try checkValid()
    guard count == 1 else { throw .runtime("a Tensor with \(count) elements cannot be converted to Scalar") }
    return try compact(as: dtype).reading { load($0, at: 0, as: dtype) }
  }

  /// All elements in row-major order, converted to a Swift type as a tensor is cast to its dtype: a copy of the memory where that is the
  /// tensor's own.
  public func scalars<T: Devices.Element>(as type: T.Type) -> [T] {
    guard isValid else {
      reportUse()
      return Tensor.noScalars(FailedBody.extent)
    }
    do { return try elements(as: T.self) } catch {
      Tensor.report(error)
      return Tensor.noScalars(count)
    }
  }

  /// As `scalars`, for what depends on them.
  func elements<T: Devices.Element>(as type: T.Type) throws(TensorError) -> [T] {
    try checkValid()
    let value = try compact(as: T.dtype)
    try HostMemory.check(value.count, T.self)
    guard T.isBitwiseElement else {
      return try value.reading { bytes in (0..<value.count).map { T(load(bytes, at: $0, as: T.dtype)) } }
    }
    var failure: TensorError?
    let elements = [T](unsafeUninitializedCapacity: value.count) { buffer, count in
      do throws(TensorError) {
        try value.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
        count = buffer.count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return elements
  }

  /// What stands for elements that could not be read: NaN, or zero where there is none.
  private static func noScalars<T: Devices.Element>(_ count: Int) -> [T] {
    [T](repeating: T(T.dtype.isFloatingPoint ? .double(.nan) : .int(0)), count: Swift.min(count, 1 << 16))
  }

  /// Calls `body` with the bytes of the elements in row-major order, at their start. nil where the device failed.
  func withElements<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    do { return try compact(as: dtype).reading(body) } catch {
      Tensor.report(error)
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
    return try HostMemory.withBytes(byteCount) { (bytes) throws(TensorError) in
      try device.download(self.body.storage, to: bytes)
      return body(UnsafeRawBufferPointer(bytes))
    }
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
    self = tensor.number?.boolValue ?? false
  }
}

extension Double {
  /// The element of a tensor of one.
  public init(_ tensor: Tensor) { self = tensor.item().doubleValue }
}

extension Int {
  /// The element of a tensor of one, truncated toward zero. One after an error, as the sizes of a failed tensor are: ranges and divisions by it
  /// do not trap.
  public init(_ tensor: Tensor) { self = tensor.number.map { Int($0.intValue) } ?? 1 }
}

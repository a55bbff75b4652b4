import Devices

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

  /// All elements in row-major order, converted to a Swift type.
  public func scalars<T: Devices.Element>(as type: T.Type) -> [T] {
    guard isValid else { return [] }
    return withElements { bytes -> [T] in
      do throws(TensorError) { try HostMemory.check(count, T.self) } catch {
        _ = Tensor.failure(error)
        return []
      }
      return (0..<count).map { T(load(bytes, at: $0, as: dtype)) }
    } ?? []
  }

  /// Calls `body` with the bytes of the elements in row-major order, at their start. nil where the device failed.
  func withElements<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    do {
      let value = Tensor(self.body.frozen.detached()).compact()
      guard value.isValid else { return nil }
      let byteCount = value.count * value.dtype.byteCount
      value.body.storage.compute()
      if let address = value.body.address {
        return Swift.withExtendedLifetime(value) { body(UnsafeRawBufferPointer(start: address, count: byteCount)) }
      }
      return try HostMemory.withBytes(byteCount) { (bytes) throws(TensorError) in
        try value.device.download(value.body.storage, to: bytes)
        return body(UnsafeRawBufferPointer(bytes))
      }
    } catch {
      _ = Tensor.failure(error)
      return nil
    }
  }

  /// This value in row-major order; where a device's memory is out of reach, at the start of its storage.
  private func compact() -> Tensor {
    if layout.isContiguous && (layout.offset == 0 || body.address != nil) { return self }
    return copied()
  }
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

import Devices

// Copies: to another dtype, to another device, to memory of one's own.

extension Tensor {
  /// The values in another dtype; this tensor itself where it has that dtype already and no copy is asked for.
  public func to(_ dtype: DType, copy: Bool = false) -> Tensor {
    if dtype == self.dtype && !copy && isValid { return self }
    return attempt(self) { x throws(TensorError) in
      let source = x.dtype
      return try x.converted(to: dtype).differentiable("ToCopyBackward0", x, saves: false) { g in g.to(source) }
    }
  }

  /// The values on another device, `x.to(.cpu)` or by its name `x.to("mps")`; this tensor itself where it is there already and no copy is
  /// asked for.
  ///
  /// Error: `Expected one of cpu, cuda, ... device type at start of device string: nope`.
  public func to(_ device: any DeviceConvertible, copy: Bool = false) -> Tensor {
    let target: any Device
    do { target = try device.tensorDevice() } catch { return .failure(error) }
    if target === self.device && !copy && isValid { return self }
    return attempt(self) { x throws(TensorError) in
      let source = x.device
      return try x.moved(to: target).differentiable("ToCopyBackward0", x, saves: false) { g in g.to(source) }
    }
  }

  /// The values in another's dtype and on its device.
  public func typeAs(_ other: Tensor) -> Tensor {
    guard other.isValid else { return other.passedOn }
    return to(other.dtype).to(other.device)
  }

  public func cpu() -> Tensor { to(.cpu) }
  public func bool() -> Tensor { to(.bool) }
  public func byte() -> Tensor { to(.uint8) }
  public func char() -> Tensor { to(.int8) }
  public func short() -> Tensor { to(.int16) }
  public func int() -> Tensor { to(.int32) }
  public func long() -> Tensor { to(.int64) }
  public func half() -> Tensor { to(.float16) }
  public func bfloat16() -> Tensor { to(.bfloat16) }
  public func float() -> Tensor { to(.float32) }
  public func double() -> Tensor { to(.float64) }

  /// A copy in memory of its own, part of the graph.
  public func clone() -> Tensor {
    attempt(self) { x throws(TensorError) in
      try x.converted(to: x.dtype).differentiable("CloneBackward0", x, saves: false) { g in g }
    }
  }

  /// The values in row-major order without gaps: this tensor itself where they are, else a clone.
  public func contiguous() -> Tensor { isContiguous && isValid ? self : clone() }

  /// A bare copy in row-major order, at the start of a new storage.
  func converted(to dtype: DType) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("to", shape, dtype, device)
    try device.copy(operand, to: result.operand)
    return result
  }

  /// A bare copy in row-major order. Freeze first.
  func copied() -> Tensor {
    do { return try converted(to: dtype) } catch { return .failure(error) }
  }

  private func moved(to target: any Device) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized("to", shape, dtype, target)
    var failure: TensorError?
    let isRead: Void? = withElements { bytes in
      do throws(TensorError) { try target.upload(bytes, to: result.body.storage) } catch { failure = error }
    }
    if let failure { throw failure }
    return isRead == nil ? .invalid : result
  }
}

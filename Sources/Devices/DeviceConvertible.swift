/// What an argument `device:` takes: a device, as `.cpu` or `x.device`, or its name as PyTorch writes it, as `"mps"`.
public protocol DeviceConvertible: Sendable {
  /// - Throws: where there is no device of that name, as `device(named:)`.
  func tensorDevice() throws(TensorError) -> any Device
}

extension Device {
  public func tensorDevice() -> any Device { self }
}

extension String: DeviceConvertible {
  public func tensorDevice() throws(TensorError) -> any Device { try device(named: self) }
}

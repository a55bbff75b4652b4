/// What went wrong, in PyTorch's words.
public struct TensorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// PyTorch's exception class.
  public enum Kind: String, Sendable {
    case runtime = "RuntimeError"
    case index = "IndexError"
    case value = "ValueError"
    case type = "TypeError"
    case notImplemented = "NotImplementedError"
    case linearAlgebra = "LinAlgError"
    case outOfMemory = "OutOfMemoryError"
    case gradcheck = "GradcheckError"
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public static func runtime(_ message: String) -> TensorError { TensorError(.runtime, message) }
  public static func index(_ message: String) -> TensorError { TensorError(.index, message) }
  public static func value(_ message: String) -> TensorError { TensorError(.value, message) }
  public static func type(_ message: String) -> TensorError { TensorError(.type, message) }
  public static func notImplemented(_ message: String) -> TensorError { TensorError(.notImplemented, message) }

  /// PyTorch's error for operands on several devices.
  public static func differentDevices(_ a: any Device, _ b: any Device) -> TensorError {
    .runtime(
      "Expected all tensors to be on the same device, but found at least two devices, \(a.description) and \(b.description)!")
  }

  public var description: String { "\(kind.rawValue): \(message)" }
}

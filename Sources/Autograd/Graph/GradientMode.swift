import Devices

/// Whether operations are recorded, for this task.
public enum GradientMode: Sendable {
  case recording, notRecording, inference

  @TaskLocal static var current = GradientMode.recording

  /// Whether operations on tensors that require gradients are recorded here.
  public static var isEnabled: Bool { current == .recording }
  /// Whether this is within `inferenceMode`.
  public static var isInference: Bool { current == .inference }
}

extension TensorError {
  /// For changing a tensor that was made in inference mode.
  static let inferenceUpdate = TensorError.runtime(
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing inplace "
      + "update.See https://github.com/pytorch/rfcs/pull/17 for more details.")
  /// For recording an operation whose derivative would read one.
  static let inferenceSaved = TensorError.runtime(
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by autograd. "
      + "To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
      + "`torch.inference_mode()`.")
}

/// Runs `body` without recording operations. Variables may be changed within.
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.$current.withValue(.notRecording, operation: body)
}

/// Runs `body` recording operations, within `noGrad` too.
public func enableGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.$current.withValue(.recording, operation: body)
}

/// `enableGrad` or `noGrad`, by a flag.
public func withGrad<Result>(enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
  try GradientMode.$current.withValue(enabled ? .recording : .notRecording, operation: body)
}

/// Runs `body` without recording; what is made within can never take part in a recorded computation.
public func inferenceMode<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.$current.withValue(.inference, operation: body)
}

/// Whether operations are recorded, for this task.
public enum GradientMode: Sendable {
  case recording, notRecording, inference

  @TaskLocal static var current = GradientMode.recording

  /// Whether operations on tensors that require gradients are recorded here.
  public static var isEnabled: Bool { current == .recording }
  /// Whether this is within `inferenceMode`.
  public static var isInference: Bool { current == .inference }
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

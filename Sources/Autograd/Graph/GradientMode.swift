import Devices
import Synchronization

/// Whether operations are recorded, for this task.
public enum GradientMode: Sendable {
  case recording, notRecording, inference

  static var current: GradientMode {
    @inline(__always) get { Scope.count.load(ordering: .relaxed) == 0 ? .recording : inScope }
  }

  private static var inScope: GradientMode { Scope.current?.mode ?? .recording }

  /// Runs `body` in this mode.
  func callAsFunction<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Scope.$current.withValue(Scope(self), operation: body)
  }

  /// What a task and those it starts remember of a mode, for as long as any of them does. To ask for a task's value takes longer than to see
  /// that none has any.
  private final class Scope: Sendable {
    @TaskLocal static var current: Scope?
    /// How many there are, in all tasks.
    static let count = Atomic(0)

    let mode: GradientMode

    init(_ mode: GradientMode) {
      self.mode = mode
      Scope.count.wrappingAdd(1, ordering: .relaxed)
    }

    deinit { Scope.count.wrappingSubtract(1, ordering: .relaxed) }
  }

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
  try GradientMode.notRecording(body)
}

/// Runs `body` recording operations, within `noGrad` too.
public func enableGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.recording(body)
}

/// `enableGrad` or `noGrad`, by a flag.
public func withGrad<Result>(enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
  try (enabled ? GradientMode.recording : .notRecording)(body)
}

/// Runs `body` without recording; what is made within can never take part in a recorded computation.
public func inferenceMode<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientMode.inference(body)
}

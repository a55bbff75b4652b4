import Devices

/// How tensors are printed; the arguments of `torch.set_printoptions` and their defaults.
public struct PrintOptions: Sendable, Hashable {
  /// Digits after the decimal point. No double has more than `greatestPrecision` that are not zero, and no more are printed.
  public var precision: Int
  static let greatestPrecision = 1074
  /// A tensor of more elements than this is summarised. `Int.max` is no limit, PyTorch's `inf`.
  public var threshold: Int
  /// How many items a summary shows at either end of each dimension.
  public var edgeItems: Int
  /// Where lines are broken.
  public var lineWidth: Int
  /// Scientific notation always or never; nil lets the values decide.
  public var sciMode: Bool?

  public init(
    precision: Int = 4, threshold: Int = 1000, edgeItems: Int = 3, lineWidth: Int = 80, sciMode: Bool? = nil
  ) {
    self.precision = precision
    self.threshold = threshold
    self.edgeItems = edgeItems
    self.lineWidth = lineWidth
    self.sciMode = sciMode
  }

  /// PyTorch's profile "default".
  public static let `default` = PrintOptions()
  /// Two digits and two edge items.
  public static let short = PrintOptions(precision: 2, edgeItems: 2)
  /// Never summarises.
  public static let full = PrintOptions(threshold: .max)

  /// The options in force here: those of the innermost `withPrintOptions`, else the process-wide ones.
  public static var current: PrintOptions {
    ScopedPrintOptions.value ?? processWide.withLock { $0 }
  }

  /// `torch.set_printoptions` on a value: the profile first, then what is given besides. Without a profile `sciMode` is
  /// set even when it is nil, so that every call which does not ask for a notation returns to the automatic choice.
  func changed(
    profile: PrintOptions?, precision: Int?, threshold: Int?, edgeItems: Int?, lineWidth: Int?, sciMode: Bool?
  ) -> PrintOptions {
    let base = profile ?? self
    return PrintOptions(
      precision: precision ?? base.precision,
      threshold: threshold ?? base.threshold,
      edgeItems: edgeItems ?? base.edgeItems,
      lineWidth: lineWidth ?? base.lineWidth,
      sciMode: sciMode ?? profile?.sciMode)
  }
}

private let processWide = Lock(PrintOptions.default)

private enum ScopedPrintOptions {
  @TaskLocal static var value: PrintOptions?
}

private func precisionError(_ precision: Int?) -> TensorError? {
  precision.flatMap { $0 > Int(Int32.max) ? .value("precision too big") : nil }
}

/// Changes the process-wide print options, as `torch.set_printoptions`.
///
/// The profile comes first, then whatever is given besides; the rest stays. Only `sciMode` does not stay: unless this
/// call gives it, the notation is chosen by the values again. Any options can be a profile, so
/// `setPrintOptions(profile: saved)` restores them.
///
/// Error: `precision too big`, for one of more than 32 bits.
public func setPrintOptions(
  profile: PrintOptions? = nil, precision: Int? = nil, threshold: Int? = nil, edgeItems: Int? = nil,
  lineWidth: Int? = nil, sciMode: Bool? = nil
) {
  if let error = precisionError(precision) {
    _ = Tensor.failure(error)
    return
  }
  processWide.withLock {
    $0 = $0.changed(
      profile: profile, precision: precision, threshold: threshold, edgeItems: edgeItems, lineWidth: lineWidth,
      sciMode: sciMode)
  }
}

/// Runs `body` with other print options, as `torch.printoptions`; the arguments are those of `setPrintOptions`.
///
/// Only the current task sees them, so code that runs at the same time prints as before. They win over a
/// `setPrintOptions` inside `body`.
public func withPrintOptions<Result>(
  profile: PrintOptions? = nil, precision: Int? = nil, threshold: Int? = nil, edgeItems: Int? = nil,
  lineWidth: Int? = nil, sciMode: Bool? = nil, _ body: () throws -> Result
) rethrows -> Result {
  let error = precisionError(precision)
  if let error { _ = Tensor.failure(error) }
  let precision = error == nil ? precision : nil
  let options = PrintOptions.current.changed(
    profile: profile, precision: precision, threshold: threshold, edgeItems: edgeItems, lineWidth: lineWidth,
    sciMode: sciMode)
  return try ScopedPrintOptions.$value.withValue(options, operation: body)
}

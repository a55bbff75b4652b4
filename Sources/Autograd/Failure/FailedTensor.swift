import Devices

// What a failed operation gives, and who is told of it.

/// The body of an invalid tensor: a placeholder that knows why.
final class FailedBody: TensorBody, @unchecked Sendable {
  let cause: TensorError

  init(_ cause: TensorError) {
    self.cause = cause
    super.init(storage: FailedBody.memory, layout: FailedBody.placeholder, dtype: .float32, flags: .invalid)
  }

  /// How many dimensions a failed value shows, and how many pieces a list has whose number is not known: more than ordinary code asks for by
  /// a number that is written in it. The dimensions are of size one, so that neither ranges nor divisions by them trap.
  static let extent = 16

  private static let placeholder = Layout(shape: [Int](repeating: 1, count: extent))
  /// Out of every device's reach, so that a command refuses an operand that its caller should have asked for `valid()`.
  private static let memory: Storage = {
    let start = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
    start.storeBytes(of: 0, as: UInt64.self)
    return Storage(device: CPUDevice.shared, handle: start, byteCount: 8, isDirect: false)
  }()
}

extension Tensor {
  /// The one place where an operation's error goes: to the scope, or the end of the program.
  static func failure(_ error: TensorError) -> Tensor {
    report(error)
    return Tensor(FailedBody(error))
  }

  /// As `failure`, for what gives no tensor.
  static func report(_ error: TensorError) {
    while let scope = ErrorScope.current {
      if scope.record(error) { return }
    }
    stop(error)
  }

  /// The place of a tensor that is elsewhere for a moment, and of one whose failure has been reported.
  static let invalid = Tensor(FailedBody(.runtime("an operation failed")))

  /// What is left for an invalid operand to be: itself, once somebody knows of it.
  var passedOn: Tensor {
    reportUse()
    return self
  }

  /// Tells of an invalid tensor that is used where no error is known: it comes from another scope.
  @inline(never)
  func reportUse() {
    if !ErrorScope.hasFailed { Tensor.report(body.useError) }
  }

  func checkValid() throws(TensorError) {
    if !isValid { throw body.useError }
  }

  /// For what isn't there because something failed before: an invalid tensor in a scope in which an operation has failed, else nil.
  static var missing: Tensor? { ErrorScope.current?.error.map { Tensor(FailedBody($0)) } }
}

extension TensorBody {
  /// Why an operation cannot go on with this operand, which is invalid: what has failed in this scope, or, where nothing has, that it comes from
  /// elsewhere.
  var useError: TensorError {
    if let error = ErrorScope.current?.error { return error }
    let what = "a tensor was used after a failed operation"
    guard let cause = (self as? FailedBody)?.cause else { return .runtime(what) }
    return cause.message.hasPrefix(what) ? cause : .runtime("\(what) (\(cause))")
  }
}

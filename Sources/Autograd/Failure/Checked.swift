import Devices

// `checked`: errors as thrown values, in the place of the program's end.

/// Runs `body` so that wrong input to an operation does not stop the program.
///
/// Outside any scope an operation on tensors that do not fit stops the program, with its message. Within this one the first error is kept,
/// and thrown when `body` returns:
///
///     let y = try checked { model(userInput) }
///
/// The operation that failed gives an invalid tensor, and `body` runs on. What an invalid tensor is:
///
/// - It passes through all further operations, and spoils nothing: a variable or tensor that is changed in place by one keeps its value, and
///   so it does where the change itself fails, for want of memory too. Of several targets all are changed or none.
/// - Its shape is a placeholder, sixteen dimensions of size one; so is a list of pieces whose number is not known, of sixteen. `y.shape[1]`,
///   `y.split(1)[1]`, `w.grad!` do not trap then. As a `Double` it is NaN, as an `Int` 0, as a `Bool` false.
/// - Code that would go astray with such values returns at the first error instead: `try y.valid()` gives `y` or throws what made it invalid,
///   `try checkErrors()` throws what has failed in this scope so far.
/// - It may leave the scope, in a variable outside. Whoever uses it there finds out: an error `used after a failed operation` in another
///   scope, the end of the program outside any.
///
/// Scopes nest. An error goes to the innermost and is thrown by it alone, so what is caught there is dealt with. The scope belongs to the task:
/// to all that `body` calls, and to the tasks that it starts, `async let`, groups and `Task { }`, as long as the scope is open; later their
/// errors go to the scope around it. It does not reach `Task.detached`, threads and dispatch queues: what fails there stops the program.
///
/// - Throws: the first `TensorError` within, or what `body` throws.
public func checked<Result>(_ body: () throws -> Result) throws -> Result {
  let scope = ErrorScope()
  let result: Result
  do {
    result = try FailureScope.$current.withValue(scope.lateFailures) { try ErrorScope.$innermost.withValue(scope, operation: body) }
  } catch {
    // The body may have stumbled over an invalid tensor: what made it invalid tells more.
    throw scope.close() ?? error
  }
  if let error = scope.close() { throw error }
  return result
}

/// As the synchronous form, for a body that waits.
public func checked<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
  let scope = ErrorScope()
  let result: Result
  do {
    result = try await FailureScope.$current.withValue(scope.lateFailures) {
      try await ErrorScope.$innermost.withValue(scope, operation: body)
    }
  } catch {
    throw scope.close() ?? error
  }
  if let error = scope.close() { throw error }
  return result
}

/// Throws the first error of this `checked` scope, if an operation has failed in it: for code that is not to run on after an error.
///
///     try checked {
///       loss(model(x), target).backward()
///       try checkErrors()
///       optimizer.step()
///     }
public func checkErrors() throws(TensorError) {
  if let error = ErrorScope.current?.error { throw error }
}

extension Tensor {
  /// Whether this is the value of a computation that went on, and not the result of one that failed within `checked`.
  public var isValid: Bool { !body.flags.contains(.invalid) }

  /// This tensor, where it is valid; else throws the error that it comes from.
  ///
  ///     let width = try model(x).valid().shape[1]
  public func valid() throws(TensorError) -> Tensor {
    try checkValid()
    return self
  }
}

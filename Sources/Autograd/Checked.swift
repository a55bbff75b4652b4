import Devices

/// Collects the first error of the operations within `checked`.
final class ErrorScope: Sendable {
  @TaskLocal static var current: ErrorScope?

  private let first = Lock<TensorError?>(nil)

  func record(_ error: TensorError) { first.withLock { if $0 == nil { $0 = error } } }
  var error: TensorError? { first.withLock { $0 } }

  /// What devices find out late is not known to the scope's code before the scope ends.
  let failures = FailureScope()
}

/// Runs `body` so that wrong input to an operation does not stop the program.
///
/// Outside any scope an operation on tensors that do not fit stops the program, with its message. Within this one the first error is kept,
/// the operation gives an invalid tensor, which passes through all further operations untouched, and the error is thrown when `body` returns.
///
///     let y = try checked { model(userInput) }
///
/// - Throws: the first `TensorError` within, or what `body` throws.
public func checked<Result>(_ body: () throws -> Result) throws -> Result {
  let scope = ErrorScope()
  defer { scope.failures.end() }
  let result: Result
  do {
    result = try FailureScope.$current.withValue(scope.failures) { try ErrorScope.$current.withValue(scope, operation: body) }
  } catch {
    // The body may have stumbled over an invalid tensor: what made it invalid tells more.
    throw scope.error ?? error
  }
  if let error = scope.error { throw error }
  return result
}

/// As the synchronous form, for a body that waits.
public func checked<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
  let scope = ErrorScope()
  defer { scope.failures.end() }
  let result: Result
  do {
    result = try await FailureScope.$current.withValue(scope.failures) {
      try await ErrorScope.$current.withValue(scope, operation: body)
    }
  } catch {
    throw scope.error ?? error
  }
  if let error = scope.error { throw error }
  return result
}

extension Tensor {
  /// The one place where an operation's error goes: to the scope, or the end of the program.
  static func failure(_ error: TensorError) -> Tensor {
    guard let scope = ErrorScope.current else { fatalError("\(error)") }
    scope.record(error)
    return invalid
  }

  static let invalid: Tensor = {
    do {
      let storage = try CPUDevice.shared.allocate(byteCount: 8)
      storage.directAddress?.storeBytes(of: 0, as: UInt64.self)
      return Tensor(TensorBody(storage: storage, layout: .scalar, dtype: .float32, flags: .invalid))
    } catch { fatalError("\(error)") }
  }()
}

/// Runs an operation on the value that a tensor has now; an error goes to `Tensor.failure`, an invalid operand goes through.
@inline(__always)
func attempt(_ x: Tensor, _ body: (Tensor) throws(TensorError) -> Tensor) -> Tensor {
  guard x.isValid else { return x }
  do { return try body(x.frozen) } catch { return .failure(error) }
}

@inline(__always)
func attempt(_ x: Tensor, _ y: Tensor, _ body: (Tensor, Tensor) throws(TensorError) -> Tensor) -> Tensor {
  guard x.isValid else { return x }
  guard y.isValid else { return y }
  do { return try body(x.frozen, y.frozen) } catch { return .failure(error) }
}

@inline(__always)
func attempt(
  _ x: Tensor, _ y: Tensor, _ z: Tensor, _ body: (Tensor, Tensor, Tensor) throws(TensorError) -> Tensor
) -> Tensor {
  guard x.isValid else { return x }
  guard y.isValid else { return y }
  guard z.isValid else { return z }
  do { return try body(x.frozen, y.frozen, z.frozen) } catch { return .failure(error) }
}

func attempt(_ list: [Tensor], _ body: ([Tensor]) throws(TensorError) -> Tensor) -> Tensor {
  for t in list where !t.isValid { return t }
  do { return try body(list.map(\.frozen)) } catch { return .failure(error) }
}

func attempt(_ body: () throws(TensorError) -> Tensor) -> Tensor {
  do { return try body() } catch { return .failure(error) }
}

/// The form for operations of several results; after an error all of them are invalid.
func attempt(
  _ list: [Tensor], results: Int, _ body: ([Tensor]) throws(TensorError) -> [Tensor]
) -> [Tensor] {
  for t in list where !t.isValid { return [Tensor](repeating: t, count: results) }
  do { return try body(list.map(\.frozen)) } catch {
    return [Tensor](repeating: .failure(error), count: results)
  }
}

import Fluxion

/// The operations by PyTorch's names without the leading `torch.`: one row an operation, for the function and for the method of that name.
///
/// `NAME_`, the form in place, needs a row only where the library has a spelling of its own for it.
enum Operations {
  typealias Operation = @Sendable (Call) throws -> Value

  static let all: [String: Operation] = {
    let families = [
      arithmetic, elementwise, activations, reductions, order, shapes, rearranging, indexing, products, creation, tensors,
      losses, normalization, functional, linearAlgebra, spatial, special, masked, windows, histograms,
    ]
    return families.reduce(into: [:]) { all, family in
      all.merge(family) { _, _ in fatalError("two rows for one operation") }
    }
  }()
}

// MARK: - Calls

extension Operations {
  static func perform(_ call: Call) throws -> Value {
    if let operation = all[call.operation] { return try operation(call) }
    if call.operation.hasSuffix("_"), !call.operation.hasSuffix("__") {
      var call = call
      call.operation.removeLast()
      return try performInPlace(call)
    }
    throw Skip("operation \(call.operation) is not there yet")
  }

  /// The form in place: the library's own where it has one, else the same operation, whose result takes the receiver's place.
  static func performInPlace(_ call: Call) throws -> Value {
    if let operation = all[call.operation + "_"] { return try operation(call) }
    return try update(call)
  }

  /// The result takes the receiver's place.
  static func update(_ call: Call) throws -> Value {
    var call = call
    guard let operation = all[call.operation], case .tensor(let reference)? = call.arguments.first else {
      throw Skip("operation \(call.operation)_ is not there yet")
    }
    let receiver = call.arguments[0]
    var failure: (any Error)?
    reference.tensor.update { x in
      call.arguments[0] = .tensor(x)
      do { return try operation(call).tensor ?? x } catch {
        failure = error
        return x
      }
    }
    if let failure { throw failure }
    return receiver
  }
}

// MARK: - Common forms

extension Operations {
  static func unary(_ operation: @escaping @Sendable (Tensor) -> () -> Tensor) -> Operation {
    { .tensor(operation(try $0.receiver)()) }
  }

  static func binary(_ operation: @escaping @Sendable (Tensor) -> (Tensor) -> Tensor) -> Operation {
    { call in .tensor(operation(try call.receiver)(try call.tensor(1, "other"))) }
  }

  /// A method whose argument is a tensor or a number.
  static func binary(
    _ operation: @escaping @Sendable (Tensor) -> (Tensor) -> Tensor,
    _ ofNumber: @escaping @Sendable (Tensor, Scalar) -> Tensor
  ) -> Operation {
    { call in
      let x = try call.receiver
      if let y = call[1, "other"]?.tensor { return .tensor(operation(x)(y)) }
      return .tensor(ofNumber(x, try call.required(call.scalar(1, "other"), "other")))
    }
  }

  /// An operator between tensors and numbers; a boolean is a 0-d tensor to it.
  static func infix(
    _ tensors: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ withInt: @escaping @Sendable (Tensor, Int) -> Tensor, _ withDouble: @escaping @Sendable (Tensor, Double) -> Tensor,
    _ ofInt: (@Sendable (Int, Tensor) -> Tensor)? = nil, _ ofDouble: (@Sendable (Double, Tensor) -> Tensor)? = nil
  ) -> Operation {
    infix(tensors, withInt, withDouble, ofInt, ofDouble) { tensors($0, Tensor($1)) }
  }

  static func infix(
    _ tensors: @escaping @Sendable (Tensor, Tensor) -> Tensor,
    _ withInt: @escaping @Sendable (Tensor, Int) -> Tensor, _ withDouble: @escaping @Sendable (Tensor, Double) -> Tensor,
    _ ofInt: (@Sendable (Int, Tensor) -> Tensor)? = nil, _ ofDouble: (@Sendable (Double, Tensor) -> Tensor)? = nil,
    withBool: @escaping @Sendable (Tensor, Bool) -> Tensor
  ) -> Operation {
    { call in
      switch (call[0, "input"], call[1, "other"] ?? call[1, "exponent"]) {
      case (.tensor(let x)?, .tensor(let y)?): return .tensor(tensors(x.tensor, y.tensor))
      case (.tensor(let x)?, .float(let y)?): return .tensor(withDouble(x.tensor, y))
      case (.tensor(let x)?, .bool(let y)?): return .tensor(withBool(x.tensor, y))
      case (.tensor(let x)?, let y?): return .tensor(withInt(x.tensor, Int(try call.required(y.scalar, "other").intValue)))
      case (.float(let x)?, .tensor(let y)?):
        guard let ofDouble else { throw Unfit("operation \(call.operation) of a number and a tensor") }
        return .tensor(ofDouble(x, y.tensor))
      case (.int(let x)?, .tensor(let y)?):
        guard let ofInt else { throw Unfit("operation \(call.operation) of a number and a tensor") }
        return .tensor(ofInt(Int(x), y.tensor))
      default: throw Unfit("operation \(call.operation) of two numbers")
      }
    }
  }

  /// An assigning operator.
  static func compound(
    _ withTensor: @escaping @Sendable (inout Tensor, Tensor) -> Void,
    _ withInt: @escaping @Sendable (inout Tensor, Int) -> Void,
    _ withDouble: @escaping @Sendable (inout Tensor, Double) -> Void
  ) -> Operation {
    { call in
      // With a weight or a rounding mode it is no operator.
      if call.arguments.count + call.keywords.count > 2 {
        var function = call
        if function.operation.hasSuffix("_") { function.operation.removeLast() }
        return try update(function)
      }
      let x = try call.reference
      switch call[1, "other"] {
      case .tensor(let y)?: withTensor(&x.tensor, y.tensor)
      case .float(let y)?: withDouble(&x.tensor, y)
      case .bool(let y)?: withTensor(&x.tensor, Tensor(y))
      case let y?: withInt(&x.tensor, Int(try call.required(y.scalar, "other").intValue))
      case nil: throw Unfit("operation \(call.operation) without an operand")
      }
      return call.arguments[0]
    }
  }
}

extension Call {
  /// The receiver, to be changed in place.
  var reference: Reference {
    get throws {
      guard case .tensor(let reference)? = arguments.first else { throw Unfit("operation \(operation) of no tensor") }
      return reference
    }
  }
}

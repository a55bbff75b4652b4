import Devices

/// What fills a part of a tensor by assignment, beside a tensor: a number or boolean of Swift's, converted to the tensor's dtype.
///
///     x[0] = 1.0
///     x[mask] = -.infinity
///     x[i, j] = Double(i) * step
///
/// Only assignments have it. What is read is a tensor, whatever stands beside it: an element that became a number because a number was
/// near would have lost its gradient without a word. So nothing is generic over this protocol, no operator takes it, and the subscripts
/// that have it as their element cannot be read.
public protocol AssignableNumber: Sendable {
  /// The value as a number of its category.
  var assignedScalar: Scalar { get }
}

extension AssignableNumber where Self: ScalarConvertible {
  public var assignedScalar: Scalar { scalar }
}

extension Bool: AssignableNumber {}
extension UInt8: AssignableNumber {}
extension Int8: AssignableNumber {}
extension Int16: AssignableNumber {}
extension Int32: AssignableNumber {}
extension Int64: AssignableNumber {}
extension Int: AssignableNumber {}
extension Half: AssignableNumber {}
extension BFloat16: AssignableNumber {}
extension Float: AssignableNumber {}
extension Double: AssignableNumber {}
extension Scalar: AssignableNumber {}

extension AssignableNumber where Self == Double {
  public static var nan: Double { Double.nan }
  public static var infinity: Double { Double.infinity }
  public static var pi: Double { Double.pi }
}

// Disfavoured, so that `x[0] = x[1]` is an assignment of tensors. That they cannot be read is known only after overloads are chosen: it is
// what stops an expression in which nothing but a number would do.

extension Tensor {
  /// Fills a part with a number, converted to the tensor's dtype. Errors: as for assigning a tensor.
  @_disfavoredOverload
  public subscript(_ indices: any TensorIndex...) -> any AssignableNumber {
    @available(
      *, unavailable, message: "an element is read as a tensor; its number is Double(x[0]), Float(x[0]), Int(x[0]) or x[0].item()"
    )
    get { part(indices.map(\.indexTerm)).item() }
    set { assign(.number(newValue.assignedScalar), to: indices.map(\.indexTerm)) }
  }

  @_disfavoredOverload
  public subscript(_ ellipsis: UnboundedRange, _ indices: any TensorIndex...) -> any AssignableNumber {
    @available(
      *, unavailable, message: "an element is read as a tensor; its number is Double(x[0]), Float(x[0]), Int(x[0]) or x[0].item()"
    )
    get { part([.ellipsis] + indices.map(\.indexTerm)).item() }
    set { assign(.number(newValue.assignedScalar), to: [.ellipsis] + indices.map(\.indexTerm)) }
  }

  @_disfavoredOverload
  public subscript(
    _ first: any TensorIndex, _ ellipsis: UnboundedRange, _ indices: any TensorIndex...
  ) -> any AssignableNumber {
    @available(
      *, unavailable, message: "an element is read as a tensor; its number is Double(x[0]), Float(x[0]), Int(x[0]) or x[0].item()"
    )
    get { part([first.indexTerm, .ellipsis] + indices.map(\.indexTerm)).item() }
    set { assign(.number(newValue.assignedScalar), to: [first.indexTerm, .ellipsis] + indices.map(\.indexTerm)) }
  }

  @_disfavoredOverload
  public subscript(
    _ first: any TensorIndex, _ second: any TensorIndex, _ ellipsis: UnboundedRange, _ indices: any TensorIndex...
  ) -> any AssignableNumber {
    @available(
      *, unavailable, message: "an element is read as a tensor; its number is Double(x[0]), Float(x[0]), Int(x[0]) or x[0].item()"
    )
    get { part([first.indexTerm, second.indexTerm, .ellipsis] + indices.map(\.indexTerm)).item() }
    set {
      assign(
        .number(newValue.assignedScalar), to: [first.indexTerm, second.indexTerm, .ellipsis] + indices.map(\.indexTerm))
    }
  }

  /// As `x[...]` with the indices of a list.
  @_disfavoredOverload
  public subscript(indices indices: [any TensorIndex]) -> any AssignableNumber {
    @available(
      *, unavailable, message: "an element is read as a tensor; its number is Double(x[0]), Float(x[0]), Int(x[0]) or x[0].item()"
    )
    get { part(indices.map(\.indexTerm)).item() }
    set { assign(.number(newValue.assignedScalar), to: indices.map(\.indexTerm)) }
  }
}

import Devices

/// A number beside a tensor in a formula, of a type other than `Int` and `Double`, which have operators of their own. It takes part in
/// promotion as they do: it never widens a tensor within its category.
///
/// What else may stand there by mistake conforms too, but the conformance is unavailable and says what to write. So the type checker takes
/// a formula with one wrong operand nearly as it takes a right one, and the answer names the operand, where otherwise it would try all
/// overloads of all operators and give up.
public protocol NumberOperand {
  var operandScalar: Scalar { get }
}

extension NumberOperand where Self: ScalarConvertible {
  public var operandScalar: Scalar { scalar }
}

extension UInt8: NumberOperand {}
extension Int8: NumberOperand {}
extension Int16: NumberOperand {}
extension Int32: NumberOperand {}
extension Int64: NumberOperand {}
extension Half: NumberOperand {}
extension BFloat16: NumberOperand {}
extension Float: NumberOperand {}
extension Scalar: NumberOperand {}

// MARK: - What is no number

/// Not a number, for `x == y` is one boolean: a formula that means `x .== y` is not to compile.
@available(*, unavailable, message: "a boolean is no number here; `.==`, `.<` and their like compare element by element")
extension Bool: NumberOperand {}

@available(*, unavailable, message: "a text is no number: convert it, as in `Double(text)!`")
extension String: NumberOperand {
  public var operandScalar: Scalar { .double(.nan) }
}

@available(*, unavailable, message: "an array is no operand: make a tensor of it, as in `Tensor(values)`")
extension Array: NumberOperand {
  public var operandScalar: Scalar { .double(.nan) }
}

@available(*, unavailable, message: "this operand may be nil: unwrap it, as in `x.grad!`")
extension Optional: NumberOperand {
  public var operandScalar: Scalar { .double(.nan) }
}

// MARK: - A number by what may be nil

/// What a number is multiplied by in `0.1 * w.grad`, where no operand is a tensor yet: an optional, whose conformance is unavailable. There
/// is no other.
public protocol OptionalOperand {}

@available(*, unavailable, message: "this operand may be nil: unwrap it, as in `x.grad!`")
extension Optional: OptionalOperand {}

extension OptionalOperand {
  @_disfavoredOverload
  public static func * (x: Double, y: Self) -> Tensor { .failure(.type("a number times an optional: unwrap it")) }
}

import Devices

/// What an elementwise function takes for either operand: a tensor, or a number, which counts as a 0-d tensor of it.
public protocol TensorConvertible: Sendable {
  var tensorOrNumber: TensorOrNumber { get }
}

public enum TensorOrNumber: Sendable {
  case tensor(Tensor)
  case number(Scalar)
}

extension Tensor: TensorConvertible {
  public var tensorOrNumber: TensorOrNumber { .tensor(self) }
}

extension TensorConvertible where Self: ScalarConvertible {
  public var tensorOrNumber: TensorOrNumber { .number(scalar) }
}

extension Int: TensorConvertible {}
extension Double: TensorConvertible {}
extension Float: TensorConvertible {}
extension Scalar: TensorConvertible {}

extension ElementwiseOperation {
  /// - Parameter isRecorded: false where PyTorch's function is constant to its graph.
  ///
  /// Error: neither operand is a tensor.
  func callAsFunction(_ x: some TensorConvertible, _ y: some TensorConvertible, isRecorded: Bool = true) -> Tensor {
    switch (x.tensorOrNumber, y.tensorOrNumber) {
    case (.tensor(let x), .tensor(let y)): isRecorded ? self(x, y) : self(x.detach(), y.detach())
    case (.tensor(let x), .number(let y)): self(isRecorded ? x : x.detach(), y)
    case (.number(let x), .tensor(let y)): self(x, isRecorded ? y : y.detach())
    case (.number, .number):
      .failure(.type("\(name)() received an invalid combination of arguments - got two numbers, but expected a Tensor"))
    }
  }
}

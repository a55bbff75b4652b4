import Devices

/// Nested Swift literals of numbers or booleans, as Python's lists: `4`, `[1.0, -.infinity]`, `[[true], [false]]`.
public struct TensorLiteral: Sendable, ExpressibleByArrayLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  var values: [Scalar]
  var shape: [Int]
  /// Why the lists form no tensor.
  var error: TensorError?

  public init(integerLiteral value: Int64) {
    values = [.int(value)]
    shape = []
  }

  public init(floatLiteral value: Double) {
    values = [.double(value)]
    shape = []
  }

  public init(booleanLiteral value: Bool) {
    values = [.bool(value)]
    shape = []
  }

  /// Not a number, among literals: `[1.0, .nan]`.
  public static var nan: TensorLiteral { TensorLiteral(floatLiteral: .nan) }
  public static var infinity: TensorLiteral { TensorLiteral(floatLiteral: .infinity) }
  public static prefix func - (x: TensorLiteral) -> TensorLiteral {
    var x = x
    x.values = x.values.map { value in
      switch value {
      case .bool(let value): .int(value ? -1 : 0)
      case .int(let value): .int(0 &- value)
      case .double(let value): .double(-value)
      }
    }
    return x
  }

  public init(arrayLiteral elements: TensorLiteral...) { self.init(elements) }

  /// The list of literals that are made at run time: what a file holds, for instance.
  public init(_ elements: [TensorLiteral]) {
    values = []
    shape = [elements.count]
    error = elements.lazy.compactMap(\.error).first
    guard let first = elements.first else { return }
    shape += first.shape
    values.reserveCapacity(elements.count * first.values.count)
    for element in elements {
      if error == nil && element.shape != first.shape { error = TensorLiteral.raggedness(first.shape, element.shape) }
      values += element.values
    }
  }

  private static func raggedness(_ expected: [Int], _ found: [Int]) -> TensorError {
    for dim in 0..<max(expected.count, found.count) {
      let want = dim < expected.count ? expected[dim] : nil
      let got = dim < found.count ? found[dim] : nil
      if want == got { continue }
      // The outermost list is dimension 0, and these are its elements.
      guard let want else { return .type("must be real number, not list") }
      guard let got else { return .type("expected a sequence of length \(want) at dim \(dim + 1), but got a number") }
      return .value("expected sequence of length \(want) at dim \(dim + 1) (got \(got))")
    }
    return .value("expected sequences of equal shape")
  }

  /// As Python: floating if any number is, else integer if any is, else boolean; the default dtype if there is none.
  var dtype: DType {
    switch values.map(\.category).max() {
    case .floating, nil: DefaultDType.current
    case .integer: .int64
    case .boolean: .bool
    }
  }
}

/// A Swift number or boolean that an operation takes where a tensor could stand: `Int`, `Double`, `Bool`, `Float` and the like.
public protocol ScalarConvertible: Sendable {
  /// The value as a number of its category.
  var scalar: Scalar { get }
}

/// A number outside any tensor, of one of the three categories that promotion knows.
///
/// It takes part in promotion as a Python number does: it never widens a tensor within its category.
public enum Scalar: Sendable, Hashable {
  case bool(Bool)
  case int(Int64)
  case double(Double)

  public var category: DType.Category {
    switch self {
    case .bool: .boolean
    case .int: .integer
    case .double: .floating
    }
  }

  public var boolValue: Bool {
    switch self {
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    }
  }

  public var doubleValue: Double {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    }
  }

  /// Truncates toward zero. What no Int64 holds (NaN, infinities, huge values) becomes the smallest Int64, as on x86-64.
  public var intValue: Int64 {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    case .double(let value): Int64(exactly: value.rounded(.towardZero)) ?? .min
    }
  }
}

extension Scalar: ScalarConvertible {
  public var scalar: Scalar { self }
}

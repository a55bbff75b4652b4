import Devices
import Synchronization

/// The dtype of floating point literals and of `zeros`, `rand` and the like.
public enum DefaultDType {
  private static let value = Atomic<UInt8>(DType.float32.rawValue)
  @TaskLocal static var scoped: DType?

  public static var current: DType { scoped ?? DType(rawValue: value.load(ordering: .relaxed))! }

  /// For the whole process.
  ///
  /// Error: `only floating-point types are supported as the default type`.
  public static func set(_ dtype: DType) throws(TensorError) {
    guard dtype.isFloatingPoint else { throw .type("only floating-point types are supported as the default type") }
    value.store(dtype.rawValue, ordering: .relaxed)
  }
}

/// Runs `body` with another default dtype, for this task alone.
///
/// Error: `only floating-point types are supported as the default type`; within `checked` the dtype then stays.
public func withDefaultDType<Result>(_ dtype: DType, _ body: () throws -> Result) rethrows -> Result {
  guard dtype.isFloatingPoint else {
    _ = Tensor.failure(.type("only floating-point types are supported as the default type"))
    return try body()
  }
  return try DefaultDType.$scoped.withValue(dtype, operation: body)
}

/// Finds the dtype of a result, as `torch.result_type`: operands with dimensions come first; 0-d tensors count only where they are of a higher
/// category, numbers only where they are of a higher one still.
struct Promotion {
  private var dimensioned: DType?
  private var zeroDimensional: DType?
  private var number: DType?

  mutating func add(_ dtype: DType, rank: Int) {
    if rank > 0 {
      dimensioned = dimensioned?.promoted(with: dtype) ?? dtype
    } else {
      zeroDimensional = zeroDimensional?.promoted(with: dtype) ?? dtype
    }
  }

  mutating func add(_ scalar: Scalar) {
    number = number?.promoted(with: scalar.dtype) ?? scalar.dtype
  }

  var result: DType {
    combine(combine(dimensioned, zeroDimensional), number) ?? DefaultDType.current
  }

  private func combine(_ high: DType?, _ low: DType?) -> DType? {
    guard let high else { return low }
    guard let low else { return high }
    return low.category > high.category ? low.promoted(with: high) : high
  }
}

extension Scalar {
  /// The dtype of a tensor of this number alone.
  var dtype: DType {
    switch self {
    case .bool: .bool
    case .int: .int64
    case .double: DefaultDType.current
    }
  }
}

/// The dtype to which a tensor operation with these operands promotes them.
public func resultType(_ tensors: Tensor..., scalars: [Scalar] = []) -> DType {
  var promotion = Promotion()
  for tensor in tensors { promotion.add(tensor.dtype, rank: tensor.rank) }
  for scalar in scalars { promotion.add(scalar) }
  return promotion.result
}

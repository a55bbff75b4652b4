/// The type of a tensor's elements, a run-time value.
///
/// The order is PyTorch's promotion order within a category; see `promoted(with:)`.
public enum DType: UInt8, Sendable, CaseIterable, Hashable {
  case bool, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64
}

extension DType {
  /// What promotion compares first: a wider category always wins.
  public enum Category: UInt8, Sendable, Comparable {
    case boolean, integer, floating

    public static func < (a: Category, b: Category) -> Bool { a.rawValue < b.rawValue }
  }

  public var category: Category {
    switch self {
    case .bool: .boolean
    case .uint8, .int8, .int16, .int32, .int64: .integer
    case .float16, .bfloat16, .float32, .float64: .floating
    }
  }

  public var isFloatingPoint: Bool { rawValue >= DType.float16.rawValue }

  /// Integers and booleans: the dtypes whose values are exact.
  public var isIntegral: Bool { !isFloatingPoint }

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// The dtype in which kernels compute: halves are widened to float32, everything else is itself.
  public var computeDType: DType {
    self == .float16 || self == .bfloat16 ? .float32 : self
  }

  /// PyTorch's name, as in `torch.float32`.
  public var name: String {
    switch self {
    case .bool: "bool"
    case .uint8: "uint8"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float32: "float32"
    case .float64: "float64"
    }
  }

  /// The name PyTorch's error messages use: `Float` for float32, `Long` for int64.
  public var scalarTypeName: String {
    switch self {
    case .bool: "Bool"
    case .uint8: "Byte"
    case .int8: "Char"
    case .int16: "Short"
    case .int32: "Int"
    case .int64: "Long"
    case .float16: "Half"
    case .bfloat16: "BFloat16"
    case .float32: "Float"
    case .float64: "Double"
    }
  }

  /// C++'s name of the type, as some of PyTorch's messages spell it.
  public var cppName: String {
    switch self {
    case .bool: "bool"
    case .uint8: "unsigned char"
    case .int8: "signed char"
    case .int16: "short int"
    case .int32: "int"
    case .int64: "long int"
    case .float16: "c10::Half"
    case .bfloat16: "c10::BFloat16"
    case .float32: "float"
    case .float64: "double"
    }
  }

  public init?(name: String) {
    guard let match = DType.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

extension DType: CustomStringConvertible {
  public var description: String { "torch.\(name)" }
}

// MARK: - Promotion

extension DType {
  /// The smallest dtype to which both can be cast, as `torch.promote_types`.
  ///
  /// uint8 with a signed integer needs one that holds both (uint8 with int8 is int16); float16 with bfloat16 is float32.
  public func promoted(with other: DType) -> DType {
    if self == other { return self }
    let (low, high) = rawValue < other.rawValue ? (self, other) : (other, self)
    switch (low, high) {
    case (.uint8, .int8): return .int16
    case (.float16, .bfloat16): return .float32
    default: return high
    }
  }

  /// Whether a result of this dtype may be stored in `target`, as `torch.can_cast`: anywhere but in a lower category.
  public func canCast(to target: DType) -> Bool { target.category >= category }
}

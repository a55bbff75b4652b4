import Devices

/// Which dtypes an elementwise operation refuses, in PyTorch's words.
struct DTypeCheck: Sendable {
  private let body: @Sendable (_ dtype: DType, _ operands: [DType]) -> TensorError?

  /// - Parameter body: the error for a dtype that promotion found, and the operands' own dtypes; nil where there is none.
  init(_ body: @escaping @Sendable (_ dtype: DType, _ operands: [DType]) -> TensorError?) { self.body = body }

  func refusal(of dtype: DType, for operands: [DType]) -> TensorError? { body(dtype, operands) }

  /// PyTorch's text for a dtype for which a kernel was never compiled.
  static func kernel(_ name: String, lacks dtypes: Set<DType>) -> DTypeCheck {
    DTypeCheck { dtype, _ in dtypes.contains(dtype) ? .lacking(name, dtype) : nil }
  }

  /// A text of its own for booleans.
  static func booleans(_ message: String) -> DTypeCheck {
    DTypeCheck { dtype, _ in dtype == .bool ? .notImplemented(message) : nil }
  }
}

extension TensorError {
  static func lacking(_ kernel: String, _ dtype: DType) -> TensorError {
    .notImplemented("\"\(kernel)\" not implemented for '\(dtype.scalarTypeName)'")
  }
}

extension Set<DType> {
  static let boolean: Set = [.bool]
  static let integral = Set(DType.allCases.filter(\.isIntegral))
  static let floating = Set(DType.allCases.filter(\.isFloatingPoint))
  static let notInteger = floating.union(boolean)
}

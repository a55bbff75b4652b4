import Fluxion

// Tensors from JSON.

extension JSON {
  /// The dtype that a row names.
  ///
  /// - Throws: `Skip` for complex dtypes, which the library does not have.
  func asDType() throws -> DType {
    let name = try asString()
    if let dtype = DType(name: name) { return dtype }
    guard name.hasPrefix("complex") || name.hasPrefix("bcomplex") else { throw FormatError("no dtype \(name)") }
    throw Skip("complex dtype")
  }

  func asShape() throws -> [Int] { try asArray().map { try $0.asInt() } }

  /// A number of the category that it is written in.
  func asScalar() throws -> Scalar {
    switch self {
    case .bool(let value): .bool(value)
    case .integer(let value): .int(value)
    default: .double(try asDouble())
    }
  }

  /// The numbers of a nested list in row-major order, and its shape.
  func asNumbers() throws -> (values: [Scalar], shape: [Int]) {
    guard let list else { return ([try asScalar()], []) }
    let rows = try list.map { try $0.asNumbers() }
    guard let first = rows.first else { return ([], [0]) }
    guard rows.allSatisfy({ $0.shape == first.shape }) else { throw FormatError("a ragged list") }
    return (rows.flatMap(\.values), [rows.count] + first.shape)
  }
}

extension Tensor {
  /// A tensor of numbers, each converted to the dtype as written: integers are not passed through Double.
  init(_ values: [Scalar], shape: [Int], dtype: DType) {
    if values.allSatisfy({ $0.category < .floating }) {
      self.init(values.map(\.intValue), shape: shape, dtype: dtype)
    } else {
      self.init(values.map(\.doubleValue), shape: shape, dtype: dtype)
    }
  }

  /// A tensor of a nested list.
  init(_ list: JSON, dtype: DType) throws {
    let (values, shape) = try list.asNumbers()
    self.init(values, shape: shape, dtype: dtype)
  }
}

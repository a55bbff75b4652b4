import Fluxion

/// What golden data says of a random tensor: `shape`, `dtype`, `bits` of floating elements or `value` of others, and `fnv1a64` over all. For a
/// long tensor `index` says which elements are listed.
struct TensorRecord {
  private let shape: [Int]
  private let dtype: DType
  private let bits: [UInt64]?
  private let positions: [Int]
  private let hash: String?

  init(_ record: JSON) throws {
    shape = try record.member("shape").asShape()
    dtype = try record.member("dtype").asDType()
    hash = record["fnv1a64"]?.text
    let count = shape.reduce(1, *)
    positions = try record["index"].map { try TensorRecord.positions($0.asString(), count: count) } ?? Array(0..<count)
    if let listed = record["bits"] {
      bits = try listed.asArray().map { item in
        guard let value = UInt64(try item.asString(), radix: 16) else { throw FormatError("\(item) are no bits") }
        return value
      }
    } else if dtype.isIntegral, let listed = record["value"] {
      let mask = UInt64.max >> UInt64(64 - 8 * dtype.byteCount)
      bits = try listed.asArray().map { UInt64(bitPattern: try $0.asScalar().intValue) & mask }
    } else {
      bits = nil
    }
    guard bits.map({ $0.count == positions.count }) ?? (hash != nil) else {
      throw FormatError("the elements listed are not those of the index")
    }
  }

  /// `first 16, last 17`
  private static func positions(_ text: String, count: Int) throws -> [Int] {
    guard let match = text.wholeMatch(of: /first (\d+), last (\d+)/), let first = Int(match.1), let last = Int(match.2),
      first <= count, last <= count
    else { throw FormatError("no index \(text)") }
    return Array(0..<first) + Array(count - last..<count)
  }

  /// - Throws: `Mismatch` where the tensor is another.
  func check(_ tensor: Tensor, _ what: String) throws {
    func expect(_ expected: String, _ got: String) throws {
      if expected != got { throw Mismatch(expected: "\(what) \(expected)", got: got) }
    }
    guard tensor.isValid else { return }  // the scope knows why
    try expect("\(dtype.name) \(shape)", "\(tensor.dtype.name) \(tensor.shape)")
    let found = tensor.elementBits
    for (position, bits) in zip(positions, bits ?? []) where found[position] != bits {
      try expect("[\(position)] bits \(hex(bits))", hex(found[position]))
    }
    if let hash {
      let width = dtype.byteCount
      let bytes = found.lazy.flatMap { bits in (0..<width).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) } }
      try expect("fnv1a64 \(hash)", "fnv1a64 \(fnv1a64(bytes))")
    }
  }

  private func hex(_ bits: UInt64) -> String { bits.hex(digits: 2 * dtype.byteCount) }
}

extension Tensor {
  /// The bit patterns of the elements in row-major order.
  fileprivate var elementBits: [UInt64] {
    switch dtype {
    case .bool, .uint8: scalars(as: UInt8.self).map(UInt64.init)
    case .int8: scalars(as: Int8.self).map { UInt64(UInt8(bitPattern: $0)) }
    case .int16: scalars(as: Int16.self).map { UInt64(UInt16(bitPattern: $0)) }
    case .int32: scalars(as: Int32.self).map { UInt64(UInt32(bitPattern: $0)) }
    case .int64: scalars(as: Int64.self).map { UInt64(bitPattern: $0) }
    case .float16: scalars(as: Half.self).map { UInt64($0.bitPattern) }
    case .bfloat16: scalars(as: BFloat16.self).map { UInt64($0.bitPattern) }
    case .float32: scalars(as: Float.self).map { UInt64($0.bitPattern) }
    case .float64: scalars(as: Double.self).map(\.bitPattern)
    }
  }
}

/// The hash of Fowler, Noll and Vo, variant 1a, as sixteen digits.
func fnv1a64(_ bytes: some Sequence<UInt8>) -> String {
  bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }.hex(digits: 16)
}

extension UInt64 {
  func hex(digits: Int) -> String {
    let text = String(self, radix: 16)
    return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
  }
}

import Devices

/// A tensor by its value: dtype, shape, elements, and whether it requires gradients. What comes back is a leaf on the CPU, with the same bits in
/// every element, those of NaN and the infinities included; gradients, hooks and the graph are not kept.
///
///     {"dtype": "float32", "shape": [2], "requiresGrad": false, "elements": "AACAPwAAAEA="}
///
/// The elements are the base64 form of their bytes, row-major and little-endian: a text that every format takes, and exact in all of them.
extension Tensor: Codable {
  private enum CodingKeys: String, CodingKey {
    case dtype, shape, requiresGrad, elements
  }

  /// - Throws: what the encoder throws; the device's error; the first error of the scope for the result of a failed operation.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(dtype.name, forKey: .dtype)
    try fields.encode(shape, forKey: .shape)
    try fields.encode(requiresGrad, forKey: .requiresGrad)
    try fields.encode(try withUnsafeBytes { Base64.encode($0) }, forKey: .elements)
  }

  /// - Throws: `DecodingError` for a dtype that is not known, a shape that is none, and elements that are not as many as the shape says;
  ///   `TensorError` where there is no memory.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let name = try fields.decode(String.self, forKey: .dtype)
    guard let dtype = DType(name: name) else {
      throw DecodingError.dataCorruptedError(forKey: .dtype, in: fields, debugDescription: "no dtype is called \(name)")
    }
    let shape = try fields.decode([Int].self, forKey: .shape)
    let requiresGrad = try fields.decode(Bool.self, forKey: .requiresGrad)
    guard let bytes = Base64.decode(try fields.decode(String.self, forKey: .elements)) else {
      throw DecodingError.dataCorruptedError(forKey: .elements, in: fields, debugDescription: "the text is not base64")
    }
    do {
      self = try checked { Tensor(bytes: bytes, dtype: dtype, shape: shape, requiresGrad: requiresGrad) }
    } catch let error as TensorError where error.kind != .outOfMemory {
      throw DecodingError.dataCorruptedError(forKey: .elements, in: fields, debugDescription: error.message)
    }
  }
}

/// RFC 4648, with padding.
private enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")
  /// The value of every digit, and 64 of what is none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 64, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
    let digits = digits
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
      var place = 0
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var group: UInt32 = 0
        for index in 0..<3 { group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
        for index in 0..<4 {
          text[place] = index <= count ? digits[Int(group >> (18 - 6 * UInt32(index)) & 63)] : padding
          place += 1
        }
      }
      return place
    }
  }

  static func decode(_ text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.count.isMultiple(of: 4) else { return nil }
    let digits = text.dropLast(text.suffix(2).count { $0 == padding })
    let values = values
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    for (index, digit) in digits.enumerated() {
      let value = values[Int(digit)]
      guard value < 64 else { return nil }
      group = group << 6 | UInt32(value)
      // Every digit but a group's first completes a byte.
      let spare = 6 - 2 * UInt32(index % 4)
      if index % 4 != 0 { bytes.append(UInt8(truncatingIfNeeded: group >> spare)) }
    }
    return bytes
  }
}

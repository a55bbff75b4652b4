import Devices

extension Scalar {
  /// Whether a tensor of a dtype can hold this number; what falls between representable values is rounded and does not count.
  ///
  /// A floating dtype holds NaN and the infinities. uint8 takes a negative integer as the byte that it is modulo 256.
  ///
  /// - Throws: `value cannot be converted to type uint8_t without overflow`.
  func checkConversion(to dtype: DType) throws(TensorError) {
    let value = doubleValue
    if dtype.isFloatingPoint && !value.isFinite { return }
    let bounds: ClosedRange<Double>
    switch dtype {
    case .bool, .float64: return
    case .uint8: bounds = (category == .floating ? 0 : -255)...255
    case .int8: bounds = -0x1p7...0x1p7 - 1
    case .int16: bounds = -0x1p15...0x1p15 - 1
    case .int32: bounds = -0x1p31...0x1p31 - 1
    case .int64:
      if category != .floating { return }
      bounds = -0x1p63...(0x1p63).nextDown
    case .float16, .bfloat16, .float32: bounds = -dtype.greatestFinite...dtype.greatestFinite
    }
    guard bounds.contains(value) else {
      throw .runtime("value cannot be converted to type \(dtype.conversionName) without overflow")
    }
  }
}

extension DType {
  /// The greatest finite number of a floating dtype.
  var greatestFinite: Double {
    switch self {
    case .float16: 65504
    case .bfloat16: 0x1.fep127
    case .float32: 0x1.fffffep127
    default: Double.greatestFiniteMagnitude
    }
  }

  fileprivate var conversionName: String {
    switch self {
    case .uint8: "uint8_t"
    case .int8: "int8_t"
    case .int16: "int16_t"
    case .int32: "int"
    case .int64: "int64_t"
    default: cppName
    }
  }
}

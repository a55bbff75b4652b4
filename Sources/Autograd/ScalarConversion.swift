import Devices

extension Scalar {
  /// Checks that a tensor of a dtype can hold this number; what falls between representable values is rounded and does not count.
  ///
  /// A floating dtype holds NaN and the infinities. uint8 takes a negative integer as the byte that it is modulo 256.
  ///
  /// - Parameter name: what the message calls the dtype; C++'s name if nil.
  /// - Throws: `value cannot be converted to type uint8_t without overflow`.
  func checkConversion(to dtype: DType, name: String? = nil) throws(TensorError) {
    let value = doubleValue
    let isHeld: Bool
    switch dtype {
    case .bool, .float64: return
    case .uint8: isHeld = value >= (category == .floating ? 0 : -255) && value < 0x1p8
    case .int8: isHeld = value >= -0x1p7 && value < 0x1p7
    case .int16: isHeld = value >= -0x1p15 && value < 0x1p15
    case .int32: isHeld = value >= -0x1p31 && value < 0x1p31
    // The largest integers round up to 2⁶³.
    case .int64: isHeld = category != .floating || value >= -0x1p63 && value < 0x1p63
    case .float16, .bfloat16, .float32: isHeld = !value.isFinite || value.magnitude <= dtype.greatestFinite
    }
    guard isHeld else {
      throw .runtime("value cannot be converted to type \(name ?? dtype.conversionName) without overflow")
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

  /// The value that an element has after a number was written to it.
  func rounded(_ value: Double) -> Double {
    switch self {
    case .float64: value
    case .float32: Double(Float(value))
    case .float16: Double(Float(Half(Float(value))))
    case .bfloat16: Double(Float(BFloat16(Float(value))))
    case .bool: value == 0 ? 0 : 1
    case .uint8, .int8, .int16, .int32, .int64: Double(Scalar.double(value).intValue)
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

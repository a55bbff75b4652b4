import Devices

// What a dtype can hold.

extension DType {
  /// The value that an element of this dtype has after a number was written to it.
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

  /// Checks that a number is within range. A fraction may be lost, infinities and NaN are floating values, everything is a boolean, and a
  /// negative number stands for its remainder in uint8, if its magnitude is one.
  ///
  /// - Parameter name: what the message calls the dtype; C++'s name of it if nil.
  /// - Throws: `value cannot be converted to type uint8_t without overflow`.
  func checkHolds(_ value: Scalar, name: String? = nil) throws(TensorError) {
    let isHeld: Bool
    switch (self, value) {
    case (.bool, _), (_, .bool): isHeld = true
    case (.uint8, .int(let value)): isHeld = value.magnitude <= 255
    case (.int8, .int(let value)), (.int16, .int(let value)), (.int32, .int(let value)), (.int64, .int(let value)):
      isHeld = integerRange.contains(value)
    case (.uint8, .double(let value)), (.int8, .double(let value)), (.int16, .double(let value)), (.int32, .double(let value)),
      (.int64, .double(let value)):
      isHeld = value >= Double(integerRange.lowerBound) && value < Double(integerRange.upperBound) + 1
    case (.float16, _), (.bfloat16, _), (.float32, _), (.float64, _):
      isHeld = !(value.doubleValue.magnitude > largestFinite) || value.doubleValue.isInfinite
    }
    guard isHeld else { throw .runtime("value cannot be converted to type \(name ?? fixedWidthName) without overflow") }
  }

  /// C++'s name of the type, with its width.
  private var fixedWidthName: String {
    switch self {
    case .uint8: "uint8_t"
    case .int8: "int8_t"
    case .int16: "int16_t"
    case .int64: "int64_t"
    default: cppName
    }
  }
}

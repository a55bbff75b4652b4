/// The elements of an operand in the host's memory, by their position in row-major order.
struct Elements {
  let operand: Operand

  init(_ operand: Operand) { self.operand = operand }

  var count: Int { operand.count }

  subscript(position: Int) -> Scalar {
    get {
      let place = address(position)
      return switch operand.dtype {
      case .bool: .bool(place.load(as: UInt8.self) != 0)
      case .uint8: place.load(as: UInt8.self).scalar
      case .int8: place.load(as: Int8.self).scalar
      case .int16: place.load(as: Int16.self).scalar
      case .int32: place.load(as: Int32.self).scalar
      case .int64: place.load(as: Int64.self).scalar
      case .float16: place.load(as: Half.self).scalar
      case .bfloat16: place.load(as: BFloat16.self).scalar
      case .float32: place.load(as: Float.self).scalar
      case .float64: place.load(as: Double.self).scalar
      }
    }
    nonmutating set {
      let place = address(position)
      let value = newValue.stored(as: operand.dtype)
      switch operand.dtype {
      case .bool, .uint8: place.storeBytes(of: UInt8(value), as: UInt8.self)
      case .int8: place.storeBytes(of: Int8(value), as: Int8.self)
      case .int16: place.storeBytes(of: Int16(value), as: Int16.self)
      case .int32: place.storeBytes(of: Int32(value), as: Int32.self)
      case .int64: place.storeBytes(of: Int64(value), as: Int64.self)
      case .float16: place.storeBytes(of: Half(value), as: Half.self)
      case .bfloat16: place.storeBytes(of: BFloat16(value), as: BFloat16.self)
      case .float32: place.storeBytes(of: Float(value), as: Float.self)
      case .float64: place.storeBytes(of: Double(value), as: Double.self)
      }
    }
  }

  private func address(_ position: Int) -> UnsafeMutableRawPointer {
    operand.storage.handle + operand.layout.storagePosition(position) * operand.dtype.byteCount
  }
}

extension Layout {
  /// Where in the storage the element stands that comes at a position of the row-major order.
  func storagePosition(_ position: Int) -> Int {
    var place = offset
    var rest = position
    for dim in stride(from: rank - 1, through: 0, by: -1) {
      place += rest % shape[dim] * strides[dim]
      rest /= shape[dim]
    }
    return place
  }
}

extension Scalar {
  /// This number as an element of a dtype: the definition of every conversion between dtypes.
  ///
  /// Integers keep their low bits. Floats are cut off towards zero; what the integer they go through cannot hold becomes its least
  /// value: Int64 for int64 and uint8, Int32 for the others. To the halves all go through float32.
  func stored(as dtype: DType) -> Scalar {
    switch dtype {
    case .bool: .bool(boolValue)
    case .uint8: .int(Int64(UInt8(truncatingIfNeeded: intValue)))
    case .int8: .int(Int64(Int8(truncatingIfNeeded: int32Value)))
    case .int16: .int(Int64(Int16(truncatingIfNeeded: int32Value)))
    case .int32: .int(Int64(int32Value))
    case .int64: .int(intValue)
    case .float16: Half(self).scalar
    case .bfloat16: BFloat16(self).scalar
    case .float32: Float(self).scalar
    case .float64: .double(doubleValue)
    }
  }

  private var int32Value: Int32 {
    switch self {
    case .double(let value): Int32(exactly: value.rounded(.towardZero)) ?? .min
    case .bool, .int: Int32(truncatingIfNeeded: intValue)
    }
  }
}

import Devices

// MARK: - From values

extension Tensor {
  /// A tensor of literal numbers or booleans, nested to any depth.
  ///
  ///     Tensor([1.0, 2])                      // float32, the default dtype
  ///     Tensor(4)                             // int64, 0-d
  ///     Tensor([[true], [false]])             // bool, of shape [2, 1]
  ///     Tensor([1, 2], dtype: .float64, requiresGrad: true)
  ///
  /// Errors: `expected sequence of length 2 at dim 1 (got 1)` for ragged lists; `value cannot be converted to type uint8 without overflow`;
  /// `Only Tensors of floating point and complex dtype can require gradients`.
  public init(
    _ literal: TensorLiteral, dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) {
    self = attempt { () throws(TensorError) in
      if let error = literal.error { throw error }
      let dtype = dtype ?? literal.dtype
      if dtype.isIntegral {
        for value in literal.values { try value.checkConversion(to: dtype, name: dtype.name) }
      }
      return try Tensor.made(shape: literal.shape, dtype: dtype, device: device, requiresGrad: requiresGrad) {
        memory, dtype in
        for (index, value) in literal.values.enumerated() { store(value, to: memory, at: index, as: dtype) }
      }
    }
  }

  /// A 0-d tensor of a Swift value, in the value's own dtype.
  @_disfavoredOverload
  public init<T: Devices.Element>(_ value: T, dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false) {
    self.init([value], shape: [], dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// A 1-d tensor of Swift values, in their own dtype: `[Double]` gives float64, `[Int32]` int32.
  @_disfavoredOverload
  public init<T: Devices.Element>(_ values: [T], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false) {
    self.init(values, shape: [values.count], dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// A 2-d tensor of Swift values.
  ///
  /// Error: `expected sequence of length 2 at dim 1 (got 1)` where the rows differ in length.
  @_disfavoredOverload
  public init<T: Devices.Element>(_ rows: [[T]], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false) {
    let width = rows.first?.count ?? 0
    if let odd = rows.first(where: { $0.count != width }) {
      self = .failure(.value("expected sequence of length \(width) at dim 1 (got \(odd.count))"))
      return
    }
    self.init(
      rows.flatMap { $0 }, shape: [rows.count, width], dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// A tensor of the given shape from its values in row-major order.
  ///
  /// Error: `shape '[2, 2]' is invalid for input of size 3`.
  public init<T: Devices.Element>(
    _ values: [T], shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) {
    self = attempt { () throws(TensorError) in
      guard try Layout.checkedCount(shape) == values.count else {
        throw .runtime("shape '\(shape)' is invalid for input of size \(values.count)")
      }
      return try Tensor.made(shape: shape, dtype: dtype ?? T.dtype, device: device, requiresGrad: requiresGrad) {
        memory, dtype in
        if dtype == T.dtype {
          values.withUnsafeBytes { memory.copyMemory(from: $0) }
        } else {
          for (index, value) in values.enumerated() { store(value.scalar, to: memory, at: index, as: dtype) }
        }
      }
    }
  }

  /// The values of another tensor, outside its graph.
  public init(_ other: Tensor, dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false) {
    let value = other.detach().to(dtype ?? other.dtype).to(device ?? other.device)
    self = attempt(value) { (value) throws(TensorError) in try value.asLeaf(requiresGrad) }
  }

  /// Makes a tensor from host memory that `fill` writes.
  static func made(
    shape: [Int], dtype: DType, device: any Device, requiresGrad: Bool,
    fill: (UnsafeMutableRawBufferPointer, DType) -> Void
  ) throws(TensorError) -> Tensor {
    try checkRequiresGrad(dtype, requiresGrad)
    _ = try Layout.checkedCount(shape)
    let layout = Layout(shape: shape)
    let byteCount = layout.count * dtype.byteCount
    let storage = try device.allocate(byteCount: byteCount)
    if let address = storage.directAddress {
      fill(UnsafeMutableRawBufferPointer(start: address, count: byteCount), dtype)
    } else {
      try HostMemory.withBytes(byteCount) { (bytes) throws(TensorError) in
        fill(bytes, dtype)
        try device.upload(UnsafeRawBufferPointer(bytes), to: storage)
      }
    }
    let tensor = Tensor(Operand(storage: storage, layout: layout, dtype: dtype))
    return requiresGrad ? tensor.variable() : tensor
  }

  static func checkRequiresGrad(_ dtype: DType, _ requiresGrad: Bool) throws(TensorError) {
    guard !requiresGrad || dtype.isFloatingPoint else {
      throw .runtime("Only Tensors of floating point and complex dtype can require gradients")
    }
  }
}

/// The constructor of old: float32 whatever it is given. One integer is a size, and the elements are then anything.
public func FloatTensor(_ size: Int) -> Tensor { .empty([size]) }
/// The constructor of old: literal numbers as float32.
public func FloatTensor(_ literal: TensorLiteral) -> Tensor { Tensor(literal, dtype: .float32) }
/// The constructor of old: values as float32.
@_disfavoredOverload
public func FloatTensor<T: Devices.Element>(_ values: [T]) -> Tensor { Tensor(values, dtype: .float32) }

// MARK: - Filled

extension Tensor {
  /// Uninitialised memory: the elements are whatever was there.
  ///
  /// Errors of all functions that take a shape: `Trying to create tensor with negative dimension -3: [2, -3]`; `Storage size calculation
  /// overflowed with sizes=[4611686018427387904, 4]`; more memory than there is.
  public static func empty(
    _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    attempt { () throws(TensorError) in
      try uninitialized("empty", shape, dtype ?? DefaultDType.current, device).asLeaf(requiresGrad)
    }
  }

  /// All elements zero.
  public static func zeros(
    _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    if shape.contains(where: { $0 < 0 }) { return .failure(.runtime("zeros: Dimension size must be non-negative.")) }
    return filled("zeros", shape, with: .int(0), dtype: dtype ?? DefaultDType.current, device, requiresGrad)
  }

  /// All elements one.
  public static func ones(
    _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    filled("ones", shape, with: .int(1), dtype: dtype ?? DefaultDType.current, device, requiresGrad)
  }

  /// All elements `value`, whose kind gives the dtype: int64 for an integer, the default dtype for a floating point number, bool.
  ///
  /// Error: `value cannot be converted to type uint8_t without overflow`.
  public static func full(
    _ shape: [Int], _ value: some ScalarConvertible, dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    let value = value.scalar
    return filled("full", shape, with: value, dtype: dtype ?? value.dtype, device, requiresGrad)
  }

  /// A 0-d tensor of a number of any kind, in the default dtype unless another is given; `Tensor(2)` is one of int64.
  public static func scalarTensor(
    _ value: some ScalarConvertible, dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    full([], value, dtype: dtype ?? DefaultDType.current, device: device, requiresGrad: requiresGrad)
  }

  static func uninitialized(
    _ operation: String, _ shape: [Int], _ dtype: DType, _ device: any Device
  ) throws(TensorError) -> Tensor {
    let count = try Layout.checkedCount(shape)
    return Tensor(
      Operand(
        storage: try device.allocate(byteCount: count * dtype.byteCount), layout: Layout(shape: shape), dtype: dtype))
  }

  private static func filled(
    _ operation: String, _ shape: [Int], with value: Scalar, dtype: DType, _ device: any Device, _ requiresGrad: Bool
  ) -> Tensor {
    attempt { () throws(TensorError) in
      try checkRequiresGrad(dtype, requiresGrad)
      let tensor = try uninitialized(operation, shape, dtype, device)
      try value.checkConversion(to: dtype)
      try device.fill(tensor.operand, with: value)
      return try tensor.asLeaf(requiresGrad)
    }
  }

  func asLeaf(_ requiresGrad: Bool) throws(TensorError) -> Tensor {
    try Tensor.checkRequiresGrad(dtype, requiresGrad)
    return requiresGrad ? variable() : self
  }
}

// MARK: - Like another

extension Tensor {
  /// Zeros of this tensor's shape, and its dtype and device unless others are given.
  public func zerosLike(dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false) -> Tensor {
    fullLike(0, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  public func onesLike(dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false) -> Tensor {
    fullLike(1, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  public func fullLike(
    _ value: some ScalarConvertible, dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    guard isValid else { return passedOn }
    return .full(shape, value, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }

  /// Uninitialised memory of another shape, with this tensor's dtype and device unless others are given.
  public func newEmpty(
    _ shape: [Int], dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    guard isValid else { return passedOn }
    return .empty(shape, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }

  /// A number in every place of another shape, with this tensor's dtype and device unless others are given.
  public func newFull(
    _ shape: [Int], _ value: some ScalarConvertible, dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    guard isValid else { return passedOn }
    return .full(shape, value, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }

  public func newOnes(
    _ shape: [Int], dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    newFull(shape, 1, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  public func newZeros(
    _ shape: [Int], dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    newFull(shape, 0, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Uninitialised memory in this tensor's order: draws into it follow a transposed matrix's columns.
  public func emptyLike(dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false) -> Tensor {
    attempt(self) { x throws(TensorError) in
      try Tensor(try x.memoryLike(dtype: dtype, device: device)).asLeaf(requiresGrad)
    }
  }

  /// Memory for a tensor of this shape, without gaps and in this one's order.
  func memoryLike(dtype: DType? = nil, device: (any Device)? = nil) throws(TensorError) -> Operand {
    let dtype = dtype ?? self.dtype
    _ = try Layout.checkedCount(shape)  // a repeated dimension may have any size
    let storage = try (device ?? self.device).allocate(byteCount: count * dtype.byteCount)
    return Operand(storage: storage, layout: layout.dense, dtype: dtype)
  }
}

// MARK: - Elements in host memory

/// Writes a number as an element of a dtype.
func store(_ value: Scalar, to memory: UnsafeMutableRawBufferPointer, at index: Int, as dtype: DType) {
  let offset = index * dtype.byteCount
  switch dtype {
  case .bool: memory.storeBytes(of: Bool(value), toByteOffset: offset, as: Bool.self)
  case .uint8: memory.storeBytes(of: UInt8(value), toByteOffset: offset, as: UInt8.self)
  case .int8: memory.storeBytes(of: Int8(value), toByteOffset: offset, as: Int8.self)
  case .int16: memory.storeBytes(of: Int16(value), toByteOffset: offset, as: Int16.self)
  case .int32: memory.storeBytes(of: Int32(value), toByteOffset: offset, as: Int32.self)
  case .int64: memory.storeBytes(of: Int64(value), toByteOffset: offset, as: Int64.self)
  case .float16: memory.storeBytes(of: Half(value), toByteOffset: offset, as: Half.self)
  case .bfloat16: memory.storeBytes(of: BFloat16(value), toByteOffset: offset, as: BFloat16.self)
  case .float32: memory.storeBytes(of: Float(value), toByteOffset: offset, as: Float.self)
  case .float64: memory.storeBytes(of: Double(value), toByteOffset: offset, as: Double.self)
  }
}

/// Reads an element of a dtype.
func load(_ memory: UnsafeRawBufferPointer, at index: Int, as dtype: DType) -> Scalar {
  let offset = index * dtype.byteCount
  switch dtype {
  case .bool: return .bool(memory.load(fromByteOffset: offset, as: UInt8.self) != 0)
  case .uint8: return memory.load(fromByteOffset: offset, as: UInt8.self).scalar
  case .int8: return memory.load(fromByteOffset: offset, as: Int8.self).scalar
  case .int16: return memory.load(fromByteOffset: offset, as: Int16.self).scalar
  case .int32: return memory.load(fromByteOffset: offset, as: Int32.self).scalar
  case .int64: return memory.load(fromByteOffset: offset, as: Int64.self).scalar
  case .float16: return memory.load(fromByteOffset: offset, as: Half.self).scalar
  case .bfloat16: return memory.load(fromByteOffset: offset, as: BFloat16.self).scalar
  case .float32: return memory.load(fromByteOffset: offset, as: Float.self).scalar
  case .float64: return memory.load(fromByteOffset: offset, as: Double.self).scalar
  }
}

/// What sums over windows are computed in on the host. Integers wrap.
protocol WindowElement: Comparable {
  static var zero: Self { get }
  init(weight: Double)
  /// a · b + c
  static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
  static func sum(_ a: Self, _ b: Self) -> Self
}

extension Float: WindowElement {
  init(weight: Double) { self.init(weight) }
  @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { a * b + c }
  @inline(__always) static func sum(_ a: Float, _ b: Float) -> Float { a + b }
}

extension Double: WindowElement {
  init(weight: Double) { self = weight }
  @inline(__always) static func multiplyAdd(_ a: Double, _ b: Double, _ c: Double) -> Double { a * b + c }
  @inline(__always) static func sum(_ a: Double, _ b: Double) -> Double { a + b }
}

extension Int64: WindowElement {
  init(weight: Double) { self.init(weight) }
  @inline(__always) static func multiplyAdd(_ a: Int64, _ b: Int64, _ c: Int64) -> Int64 { a &* b &+ c }
  @inline(__always) static func sum(_ a: Int64, _ b: Int64) -> Int64 { a &+ b }
}

extension DType {
  /// In which a command on windows computes: halves are rounded once, and integers cut off once, at the end.
  var windowDType: DType { isFloatingPoint ? computeDType : .int64 }
}

extension CPUDevice {
  /// The operand itself where its elements lie in order and have the dtype, else a copy.
  func compact(_ operand: Operand, as dtype: DType) throws(TensorError) -> Operand {
    if operand.layout.isContiguous && operand.dtype == dtype { return operand }
    let result = try room(for: operand, as: dtype)
    try copy(operand, to: result)
    return result
  }

  /// Runs `body` on the operand where its elements lie in order and have the dtype, else on memory whose elements are copied to it then.
  func writing(
    _ operand: Operand, as dtype: DType, _ body: (Operand) throws(TensorError) -> Void
  ) throws(TensorError) {
    if operand.layout.isContiguous && operand.dtype == dtype { return try body(operand) }
    let result = try room(for: operand, as: dtype)
    try body(result)
    try copy(result, to: operand)
  }

  private func room(for operand: Operand, as dtype: DType) throws(TensorError) -> Operand {
    let layout = Layout(shape: operand.shape)
    return Operand(storage: try allocate(byteCount: layout.count * dtype.byteCount), layout: layout, dtype: dtype)
  }
}

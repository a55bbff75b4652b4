import CKernels

/// What sums over windows are computed in on the host. Integers wrap.
protocol WindowElement: Comparable {
  static var zero: Self { get }
  init(weight: Double)
  /// a · b + c
  static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
  static func sum(_ a: Self, _ b: Self) -> Self
  /// See `fx_window_product_float32` and `fx_pad_rows_float32`.
  static var windowProduct: WindowProduct { get }
  static var padRows: PadRows { get }
  /// See `fx_max_windows_float32`.
  static var maxWindows: MaxWindows { get }

  typealias WindowProduct = (
    _ sums: UnsafeMutablePointer<Self>, _ first: UnsafePointer<Self>?, _ panel: UnsafePointer<Self>, _ source: UnsafePointer<Self>,
    _ rows: UnsafePointer<Int>, _ rowCount: Int, _ taps: UnsafePointer<Int>, _ tapCount: Int, _ lanes: Int
  ) -> Void
  typealias PadRows = (
    _ target: UnsafeMutablePointer<Self>, _ width: Int, _ left: Int, _ source: UnsafePointer<Self>, _ row: Int, _ step: Int,
    _ rows: Int, _ columns: Int
  ) -> Void
  typealias MaxWindows = (
    _ values: UnsafeMutablePointer<Self>, _ places: UnsafeMutablePointer<Int64>, _ source: UnsafePointer<Self>, _ start: Int,
    _ stride: Int, _ windows: Int, _ offsets: UnsafePointer<Int>, _ offsetCount: Int
  ) -> Void
}

extension Float: WindowElement {
  static var windowProduct: WindowProduct { fx_window_product_float32 }
  static var padRows: PadRows { fx_pad_rows_float32 }
  static var maxWindows: MaxWindows { fx_max_windows_float32 }
  init(weight: Double) { self.init(weight) }
  @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { a * b + c }
  @inline(__always) static func sum(_ a: Float, _ b: Float) -> Float { a + b }
}

extension Double: WindowElement {
  static var windowProduct: WindowProduct { fx_window_product_float64 }
  static var padRows: PadRows { fx_pad_rows_float64 }
  static var maxWindows: MaxWindows { fx_max_windows_float64 }
  init(weight: Double) { self = weight }
  @inline(__always) static func multiplyAdd(_ a: Double, _ b: Double, _ c: Double) -> Double { a * b + c }
  @inline(__always) static func sum(_ a: Double, _ b: Double) -> Double { a + b }
}

extension Int64: WindowElement {
  static var windowProduct: WindowProduct { fx_window_product_int64 }
  static var padRows: PadRows { fx_pad_rows_int64 }
  static var maxWindows: MaxWindows { fx_max_windows_int64 }
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

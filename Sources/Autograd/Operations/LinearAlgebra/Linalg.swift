import Devices

/// Linear algebra: what PyTorch has as `torch.linalg`, and its older functions of matrices.
///
/// A tensor of more than two dimensions is a batch of matrices; where several go in, the batch broadcasts. Factorizations and solutions exist for
/// float32 and float64. A matrix for which there is no answer is an error that names its place in the batch; the forms whose names end in `Ex`
/// give an int32 `info` for each matrix instead, zero where all went well.
public enum Linalg {}

/// A half of a matrix on one side of its diagonal, the diagonal included.
public enum MatrixTriangle: Sendable, Hashable {
  case lower, upper
}

// MARK: - Rules

extension Linalg {
  static func checkMatrix(_ name: String, _ a: Tensor, _ argument: String = "A") throws(TensorError) {
    guard a.rank >= 2 else { throw .runtime("\(name): The input tensor \(argument) must have at least 2 dimensions.") }
  }

  static func checkSquare(_ name: String, _ a: Tensor, _ argument: String = "A") throws(TensorError) {
    try checkMatrix(name, a, argument)
    guard a.rows == a.columns else {
      throw .runtime("\(name): \(argument) must be batches of square matrices, but they are \(a.rows) by \(a.columns) matrices")
    }
  }

  /// - Parameter lowPrecision: whether PyTorch refuses the halves as well, in words of its own.
  static func checkFloating(_ name: String, _ a: Tensor, lowPrecision: Bool = true) throws(TensorError) {
    guard a.isFloatingPoint else {
      throw .notImplemented("\(name): Expected a floating point or complex tensor as input. Got \(a.dtype.scalarTypeName)")
    }
    if !lowPrecision, a.dtype == .float16 || a.dtype == .bfloat16 {
      throw .notImplemented("\(name): Low precision dtypes not supported. Got \(a.dtype.scalarTypeName)")
    }
  }

  /// - Parameter kernel: what PyTorch calls the computation that a dtype lacks.
  static func checkKernel(_ kernel: String, _ a: Tensor) throws(TensorError) {
    guard a.dtype == .float32 || a.dtype == .float64 else { throw .lacking(kernel, a.dtype) }
  }

  static func checkDTypes(_ name: String, _ first: String, _ a: Tensor, _ second: String, _ b: Tensor) throws(TensorError) {
    guard a.dtype == b.dtype else {
      throw .runtime(
        "\(name): Expected \(first) and \(second) to have the same dtype, but found \(first) of type \(a.dtype.scalarTypeName) and "
          + "\(second) of type \(b.dtype.scalarTypeName) instead")
    }
  }

  /// PyTorch's older functions say it in this way.
  static func checkOldPair(_ name: String, b: Tensor, a: Tensor) throws(TensorError) {
    guard a.dtype == b.dtype else {
      throw .runtime(
        "Expected b and A to have the same dtype, but found b of type \(b.dtype.scalarTypeName) and A of type "
          + "\(a.dtype.scalarTypeName) instead.")
    }
    guard a.rows == a.columns else {
      throw .runtime("A must be batches of square matrices, but they are \(a.rows) by \(a.columns) matrices")
    }
    guard a.rows == b.rows else {
      throw .runtime(
        "Incompatible matrix sizes for \(name): each A matrix is \(a.rows) by \(a.columns) but each b matrix is \(b.rows) by \(b.columns)"
      )
    }
  }

  /// The shapes of A X = B, or of X A = B.
  static func checkEquation(_ name: String, _ a: Tensor, _ b: Tensor, left: Bool) throws(TensorError) {
    guard a.rows == (left ? b.rows : b.columns) else {
      throw .runtime(
        "\(name): Incompatible shapes of A and B for the equation \(left ? "AX = B" : "XA = B") (\(a.rows)x\(a.columns) and "
          + "\(b.rows)x\(b.columns))")
    }
  }

  /// Reads what a computation says of each matrix: waits for the device.
  ///
  /// - Parameter message: PyTorch's words for a code, without the place in the batch that comes before them.
  /// - Throws: the error of the first matrix that failed.
  static func check(
    _ info: Tensor, _ name: String, _ kind: TensorError.Kind = .linearAlgebra, _ message: (_ code: Int) -> String
  ) throws(TensorError) {
    let codes = try info.elements(as: Int.self)
    guard let item = codes.firstIndex(where: { $0 != 0 }) else { return }
    let place = info.rank == 0 ? "" : "(Batch element \(item)): "
    throw TensorError(kind, "\(name): \(place)\(message(codes[item]))")
  }
}

// MARK: - Commands

extension Linalg {
  /// Gives a device its command.
  static func run(_ operation: LinearAlgebra, _ inputs: [Tensor], to outputs: [Tensor]) throws(TensorError) {
    let device = inputs[0].device
    for x in inputs where x.device !== device { throw mixedDevices(device, x.device) }
    try device.linearAlgebra(operation, inputs: inputs.map(\.operand), outputs: outputs.map(\.operand))
  }

  /// Room for a batch of matrices that lie column by column, as LAPACK computes them.
  ///
  /// - Parameter isInternal: whether no caller sees them. Then columns may lie further apart than they are long: where the distance is a multiple
  ///   of 1024 bytes few columns fit into the first-level cache together.
  static func matrices(_ shape: [Int], like x: Tensor, isInternal: Bool = false) throws(TensorError) -> Tensor {
    let (row, column) = (shape.count - 2, shape.count - 1)
    let isCrowded = isInternal && shape[row] > 0 && shape[row] % (1024 / x.dtype.byteCount) == 0
    let lead = shape[row] + (isCrowded ? 64 / x.dtype.byteCount : 0)
    let memory = try Tensor.uninitialized("linalg", shape.dropLast(2) + [shape[column], lead], x.dtype, x.device)
    let strides = memory.layout.transposed(row, column).strides
    return memory.bareView(Layout(shape: shape, strides: strides, offset: memory.layout.offset))
  }

  static func vectors(_ shape: [Int], like x: Tensor, dtype: DType? = nil) throws(TensorError) -> Tensor {
    try .uninitialized("linalg", shape, dtype ?? x.dtype, x.device)
  }

  /// Bare matrices repeated along a batch that they broadcast to.
  static func broadcast(_ x: Tensor, batch: [Int], matrix: Int = 2) -> Tensor {
    x.bareView(x.layout.broadcast(to: batch + x.shape.suffix(matrix)))
  }
}

extension Tensor {
  /// The sizes of the matrices of a batch; at least two dimensions.
  var rows: Int { shape[rank - 2] }
  var columns: Int { shape[rank - 1] }
  /// The dimensions before those of the matrices.
  var batch: [Int] { Array(shape.dropLast(2)) }

  /// The same values outside the graph, for computations that are recorded as a whole.
  var bare: Tensor { body.node == nil ? self : bareView(layout) }

  /// The n unit matrices of a batch.
  func identity(_ n: Int) -> Tensor { .eye(n, dtype: dtype, device: device) }
}

extension DType {
  /// The distance from one to the next number.
  var epsilon: Double {
    switch self {
    case .float64: Double.ulpOfOne
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: Double(Float.ulpOfOne)
    }
  }
}

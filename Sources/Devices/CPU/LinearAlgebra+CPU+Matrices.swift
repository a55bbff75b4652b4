/// The matrices of an operand, each lying column by column, as LAPACK wants them. They are the operand's own memory where that lies so, and
/// otherwise a copy. Unless `anyLead` is given the columns follow each other without gaps.
struct Matrices<T: LAPACKElement> {
  let rows: Int32
  let columns: Int32
  /// How many matrices there are.
  let count: Int
  private let memory: Operand
  private let target: Operand?
  private let steps: ColumnSteps

  /// The matrices to be read.
  init(reading operand: Operand, anyLead: Bool = false) throws(TensorError) {
    try self.init(operand, isOutput: false, anyLead: anyLead)
    if memory.storage !== operand.storage { CPUCopy.run(operand, to: memory) }
  }

  /// Room for matrices that `store` makes the output's.
  init(writing operand: Operand) throws(TensorError) { try self.init(operand, isOutput: true, anyLead: false) }

  /// Room for matrices that LAPACK overwrites in place, filled.
  init(writing operand: Operand, from input: Operand, anyLead: Bool = false) throws(TensorError) {
    try self.init(operand, isOutput: true, anyLead: anyLead)
    CPUCopy.run(input, to: memory)
  }

  /// A copy that LAPACK may destroy.
  init(copying operand: Operand) throws(TensorError) {
    try self.init(try Operand.uninitializedColumns(operand.shape, operand.dtype), isOutput: true, anyLead: false)
    CPUCopy.run(operand, to: memory)
  }

  /// - Parameter anyLead: whether the columns may lie further apart than they are long.
  private init(_ operand: Operand, isOutput: Bool, anyLead: Bool) throws(TensorError) {
    let shape = operand.shape
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    guard let m = Int32(exactly: rows), let n = Int32(exactly: columns) else {
      throw .runtime("LAPACK takes no matrices of \(rows) by \(columns) elements")
    }
    (self.rows, self.columns) = (m, n)
    count = shape.dropLast(2).reduce(1, *)
    let dense = ColumnSteps(column: max(rows, 1), matrix: rows * columns)
    if let steps = anyLead ? operand.columnSteps : operand.liesByColumns ? dense : nil {
      (memory, target, self.steps) = (operand, nil, steps)
    } else {
      (memory, target, self.steps) = (try .uninitializedColumns(shape, operand.dtype), isOutput ? operand : nil, dense)
    }
  }

  /// From one column to the next: at least one, as LAPACK insists.
  var lead: Int32 { Int32(steps.column) }

  subscript(_ item: Int) -> UnsafeMutablePointer<T> {
    memory.address.assumingMemoryBound(to: T.self) + item * steps.matrix
  }

  /// The elements of one matrix, whose columns follow each other.
  func elements(_ item: Int) -> UnsafeMutableBufferPointer<T> {
    UnsafeMutableBufferPointer(start: self[item], count: Int(rows) * Int(columns))
  }

  /// Hands the results over.
  func store() { if let target { CPUCopy.run(memory, to: target) } }
}

/// How many elements it is from one column of a matrix to the next, and from one matrix to the next.
struct ColumnSteps {
  let column: Int
  let matrix: Int
}

/// The int32 numbers of an operand, one or a vector for each matrix.
struct MatrixIntegers {
  private let memory: Operand
  private let target: Operand?
  private let size: Int

  init(reading operand: Operand, size: Int) throws(TensorError) {
    self.size = size
    memory = operand.layout.isContiguous ? operand : try .uninitialized(operand.shape, .int32)
    target = nil
    if !operand.layout.isContiguous { CPUCopy.run(operand, to: memory) }
  }

  init(writing operand: Operand, size: Int) throws(TensorError) {
    self.size = size
    memory = operand.layout.isContiguous ? operand : try .uninitialized(operand.shape, .int32)
    target = operand.layout.isContiguous ? nil : operand
  }

  subscript(_ item: Int) -> UnsafeMutablePointer<Int32> { memory.address.assumingMemoryBound(to: Int32.self) + item * size }

  func store() { if let target { CPUCopy.run(memory, to: target) } }
}

extension Operand {
  /// A vector for each matrix, as matrices of one column.
  var asColumns: Operand {
    with(layout: Layout(shape: shape + [1], strides: layout.strides + [1], offset: layout.offset))
  }

  fileprivate static func uninitialized(_ shape: [Int], _ dtype: DType) throws(TensorError) -> Operand {
    let layout = Layout(shape: shape)
    return Operand(storage: try CPUDevice.shared.allocate(byteCount: layout.count * dtype.byteCount), layout: layout, dtype: dtype)
  }

  fileprivate static func uninitializedColumns(_ shape: [Int], _ dtype: DType) throws(TensorError) -> Operand {
    let turned = shape.dropLast(2) + [shape[shape.count - 1], shape[shape.count - 2]]
    let operand = try uninitialized(Array(turned), dtype)
    return operand.with(layout: operand.layout.transposed(shape.count - 2, shape.count - 1))
  }

  fileprivate var liesByColumns: Bool { transposed.layout.isContiguous }

  /// Each matrix transposed.
  var transposed: Operand { with(layout: layout.transposed(layout.rank - 2, layout.rank - 1)) }

  /// How far columns and matrices lie apart, where the elements of every column lie side by side and the columns of a matrix do not overlap.
  var columnSteps: ColumnSteps? {
    let (shape, strides, row) = (layout.shape, layout.strides, layout.rank - 2)
    let (rows, columns) = (shape[row], shape[row + 1])
    let column = columns <= 1 ? max(rows, 1) : strides[row + 1]
    guard rows <= 1 || strides[row] == 1, column >= max(rows, 1), column <= Int(Int32.max) else { return nil }
    var matrix: Int?
    var next = 0
    for dim in (0..<row).reversed() where shape[dim] != 1 {
      guard matrix == nil || strides[dim] == next else { return nil }
      matrix = matrix ?? strides[dim]
      next = strides[dim] * shape[dim]
    }
    return ColumnSteps(column: column, matrix: matrix ?? 0)
  }
}

import Devices

// Products of vectors, matrices and batches of matrices. The device multiplies matrices or batches of them; a transposed, expanded or sliced
// operand goes to it as a layout, uncopied.

extension Tensor {
  /// The matrix product, by the ranks of the operands.
  ///
  /// Two vectors give their inner product, a matrix and a vector a vector. Beyond two dimensions the leading ones are a batch, which
  /// broadcasts; a vector then stands for a matrix of one row on the left and of one column on the right.
  ///
  /// Errors: those of `dot`, `mv`, `mm` and `bmm`; `both arguments to matmul need to be at least 1D, but they are 0D and 1D`; batches that do
  /// not broadcast.
  public func matmul(_ other: Tensor) -> Tensor {
    switch (rank, other.rank) {
    case (2, 2): mm(other)
    case (2, 1): mv(other)
    case (1, 1): dot(other)
    default: attempt(self, other) { x, y throws(TensorError) in try batchedProduct(x, y) }
    }
  }

  /// The product of two matrices, [m, k] by [k, n].
  ///
  /// Errors: `mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)`; `mm: self must be a matrix, got 1-D tensor`; `expected m1 and m2 to
  /// have the same dtype, but got: float != double`.
  public func mm(_ mat2: Tensor) -> Tensor {
    attempt(self, mat2) { a, b throws(TensorError) in
      try checkMatrices(a.shape, b.shape, operation: "mm", first: "self")
      guard a.dtype == b.dtype else { throw mismatch("expected m1 and m2 to have the same dtype, but got: ", a, b) }
      let result = try product(a.operand, b.operand, shape: [a.shape[0], b.shape[1]], kernel: "addmm_impl_cpu_")
      // The formulas are objects, which are not made in vain.
      guard Tensor.isRecording(a.body) || Tensor.isRecording(b.body) else { return result }
      return result.differentiable("MmBackward0", a, b, { g in g.mm(b.t()) }, { g in a.t().mm(g) })
    }
  }

  /// The product of a matrix and a vector, [m, k] by [k].
  ///
  /// Errors: `size mismatch, got input (2), mat (2x3), vec (2)`; `vector + matrix @ vector expected, got 1, 1, 1`.
  public func mv(_ vec: Tensor) -> Tensor {
    attempt(self, vec) { a, v throws(TensorError) in
      try checkMatrixVector(a.shape, v.shape, input: a.shape.prefix(1).map { $0 })
      guard a.dtype == v.dtype else {
        let names = [v, a, v].map(\.dtype.scalarTypeName)
        throw .runtime("addmv input tensors must have the same dtype, but got \(names[0]), \(names[1]), and \(names[2])")
      }
      return try product(a.operand, v.operand, shape: [a.shape[0]], kernel: "addmv_impl_cpu")
        .differentiable("MvBackward0", a, v, { g in g.unsqueeze(1) * v }, { g in a.t().mv(g) })
    }
  }

  /// The inner product of two vectors, the first of them conjugated: for real ones `dot`.
  public func vdot(_ other: Tensor) -> Tensor { dot(other) }

  /// The inner product of two vectors.
  ///
  /// Errors: `inconsistent tensor size, expected tensor [3] and src [2] to have the same number of elements, but got 3 and 2 elements
  /// respectively`; `1D tensors expected, but got 2D and 1D tensors`; `dot : expected both vectors to have same dtype, but found Float and
  /// Double`.
  public func dot(_ tensor: Tensor) -> Tensor {
    attempt(self, tensor) { x, y throws(TensorError) in
      guard x.rank == 1, y.rank == 1 else {
        throw .runtime("1D tensors expected, but got \(x.rank)D and \(y.rank)D tensors")
      }
      guard x.dtype == y.dtype else {
        throw .runtime(
          "dot : expected both vectors to have same dtype, but found \(x.dtype.scalarTypeName) and \(y.dtype.scalarTypeName)")
      }
      guard x.count == y.count else {
        throw .runtime(
          "inconsistent tensor size, expected tensor [\(x.count)] and src [\(y.count)] to have the same number of elements, but got "
            + "\(x.count) and \(y.count) elements respectively")
      }
      return try product(x.operand, y.operand, shape: [], kernel: "dot")
        .differentiable("DotBackward0", x, y, { g in g * y }, { g in g * x })
    }
  }

  /// The products of the matrices of two batches of one size, [b, m, k] by [b, k, n].
  ///
  /// Errors: `Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 3].`; `batch1 must be a 3D tensor`;
  /// `expected scalar type Float but found Double`.
  public func bmm(_ mat2: Tensor) -> Tensor {
    attempt(self, mat2) { a, b throws(TensorError) in
      try checkBatches(a, b)
      return try product(a.operand, b.operand, shape: [a.shape[0], a.shape[1], b.shape[2]], kernel: "bmm")
        .differentiable("BmmBackward0", a, b, { g in g.bmm(b.mT) }, { g in a.mT.bmm(g) })
    }
  }
}

// MARK: - Any ranks

/// The product where an operand has more than two dimensions, or a row meets a matrix.
private func batchedProduct(_ x: Tensor, _ y: Tensor) throws(TensorError) -> Tensor {
  let (p, q) = (x.shape, y.shape)
  guard !p.isEmpty, !q.isEmpty else {
    throw .runtime("both arguments to matmul need to be at least 1D, but they are \(p.count)D and \(q.count)D")
  }
  let shape = try productShape(x, y)
  let name = p.count == 1 && q.count == 2 ? "mm" : "bmm"
  guard x.dtype == y.dtype else {
    if name == "mm" { throw mismatch("expected m1 and m2 to have the same dtype, but got: ", x, y) }
    throw .runtime("expected scalar type \(x.dtype.scalarTypeName) but found \(y.dtype.scalarTypeName)")
  }
  let gradName =
    switch (p.count, q.count) {
    case (1, 2): "SqueezeBackward4"
    // PyTorch lays the batch side by side here, and copies the result back.
    case (2, _) where x.requiresGrad: "CloneBackward0"
    default: "UnsafeViewBackward0"
    }
  return try product(x.operand, y.operand, shape: shape, kernel: name == "mm" ? "addmm_impl_cpu_" : "bmm")
    .differentiable(gradName, x, y, { g in gradientOfLeft(y, g, rank: p.count) }, { g in gradientOfRight(x, g, rank: q.count) })
}

/// The gradient by the left factor, for the engine to reduce where the batch was broadcast.
private func gradientOfLeft(_ y: Tensor, _ g: Tensor, rank: Int) -> Tensor {
  if y.rank == 1 { return g.unsqueeze(-1) * y }
  return rank == 1 ? y.matmul(g.unsqueeze(-1)).squeeze(-1) : g.matmul(y.mT)
}

private func gradientOfRight(_ x: Tensor, _ g: Tensor, rank: Int) -> Tensor {
  switch rank {
  case 1: return x.flatten(endDim: -2).t().mv(g.flatten())
  // A matrix shared by the whole batch: one long product, in the place of many to be summed.
  case 2 where x.rank > 2: return x.flatten(endDim: -2).t().mm(g.flatten(endDim: -2))
  default: return x.rank == 1 ? x.unsqueeze(-1) * g.unsqueeze(-2) : x.mT.matmul(g)
  }
}

/// - Throws: where the operands of `matmul` do not fit, with the text of the operation that PyTorch comes down to.
private func productShape(_ x: Tensor, _ y: Tensor) throws(TensorError) -> [Int] {
  let (p, q) = (x.shape, y.shape)
  let k = p[p.count - 1]
  if p.count == 1 && q.count == 2 {
    try checkMatrices([1, k], q, operation: "mm", first: "self")
    return [q[1]]
  }
  if q.count <= 2 {
    // The rows of the batch as those of one matrix.
    let rows = p.dropLast().reduce(1, *)
    if q.count == 1 {
      try checkMatrixVector([rows, k], q, input: [rows])
      return Array(p.dropLast())
    }
    try checkMatrices([rows, k], q, operation: "mm", first: "self")
    return p.dropLast() + [q[1]]
  }
  let batch = try broadcastShapes(Array(p.dropLast(2)), Array(q.dropLast(2)))
  guard q[q.count - 2] == k else {
    let count = batch.reduce(1, *)
    throw .runtime(
      "Expected size for first two dimensions of batch2 tensor to be: [\(count), \(k)] but got: [\(count), \(q[q.count - 2])].")
  }
  return batch + (p.count > 1 ? [p[p.count - 2]] : []) + [q[q.count - 1]]
}

// MARK: - The command

/// The bare product of two operands that fit: of vectors, matrices or batches that broadcast.
///
/// - Parameters:
///   - addend: what is added to the product, of its dtype; it is broadcast. Not for a batch of vectors.
///   - shape: the result's, in which a vector's own dimension is missing.
///   - kernel: what PyTorch's error calls the operation for a dtype that has none.
func product(
  _ x: Operand, _ y: Operand, plus addend: Operand? = nil, shape: [Int], kernel: String
) throws(TensorError) -> Tensor {
  guard x.dtype != .bool else { throw .notImplemented("\"\(kernel)\" not implemented for 'Bool'") }
  guard x.device === y.device else { throw mixedDevices(x.device, y.device) }
  if let addend, addend.device !== x.device { throw mixedDevices(addend.device, x.device) }
  let addend = try addend.map { (input) throws(TensorError) in input.with(layout: try input.layout.expanded(to: shape)) }
  let result = try Tensor.uninitialized("matmul", shape, x.dtype, x.device)
  if result.count == 0 { return result }
  let (p, q) = (x.layout.rank, y.layout.rank)
  if p <= 2 && q <= 2 || p == 3 && q == 3 && x.shape[0] == y.shape[0] {
    try x.device.matrixProduct(x, y, plus: addend, to: result.operand)
    return result
  }
  let a = p == 1 ? x.with(layout: x.layout.inserting(0)) : x
  let b = q == 1 ? y.with(layout: y.layout.inserting(1)) : y
  let rows = a.shape[a.layout.rank - 2]
  let columns = b.shape[b.layout.rank - 1]
  let members = result.count / (rows * columns)
  let batch = try broadcastShapes(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
  try x.device.matrixProduct(
    stacked(a, batch, members), stacked(b, batch, members),
    plus: try addend.map { (addend) throws(TensorError) in try stacked(addend, batch, members) },
    to: result.operand.with(layout: Layout(shape: [members, rows, columns])))
  return result
}

/// A matrix or a batch as a batch of one dimension. Copied only where a batch of several is spread unevenly in memory.
private func stacked(_ x: Operand, _ batch: [Int], _ members: Int) throws(TensorError) -> Operand {
  let layout = x.layout
  let matrix = Array(layout.shape.suffix(2))
  if layout.rank == 2 {
    return x.with(
      layout: Layout(shape: [members] + matrix, strides: [0] + layout.strides, offset: layout.offset))
  }
  let spread = layout.broadcast(to: batch + matrix)
  if spread.rank == 3 { return x.with(layout: spread) }
  if let flat = spread.viewed(as: [members] + matrix) { return x.with(layout: flat) }
  let copy = try Tensor.uninitialized("matmul", batch + matrix, x.dtype, x.device)
  try x.device.copy(x.with(layout: spread), to: copy.operand)
  return copy.operand.with(layout: Layout(shape: [members] + matrix))
}

// MARK: - Rules

/// - Throws: unless the shapes are those of two matrices that can be multiplied.
func checkMatrices(_ a: [Int], _ b: [Int], operation: String, first: String) throws(TensorError) {
  guard a.count == 2 else { throw .runtime("\(operation): \(first) must be a matrix, got \(a.count)-D tensor") }
  guard b.count == 2 else { throw .runtime("\(operation): mat2 must be a matrix, got \(b.count)-D tensor") }
  guard a[1] == b[0] else {
    throw .runtime("\(operation): mat1 and mat2 shapes cannot be multiplied (\(a[0])x\(a[1]) and \(b[0])x\(b[1]))")
  }
}

/// - Parameter input: the shape of what the product is added to.
func checkMatrixVector(_ a: [Int], _ v: [Int], input: [Int]) throws(TensorError) {
  guard a.count == 2, v.count == 1, input.count <= 1 else {
    throw .runtime("vector + matrix @ vector expected, got \(input.count), \(a.count), \(v.count)")
  }
  guard a[1] == v[0], input.isEmpty || input[0] == 1 || input[0] == a[0] else {
    throw .runtime("size mismatch, got input (\(input.first ?? 1)), mat (\(a[0])x\(a[1])), vec (\(v[0]))")
  }
}

func checkBatches(_ a: Tensor, _ b: Tensor) throws(TensorError) {
  guard a.rank == 3 else { throw .runtime("batch1 must be a 3D tensor") }
  guard b.rank == 3 else { throw .runtime("batch2 must be a 3D tensor") }
  guard b.shape[0] == a.shape[0], b.shape[1] == a.shape[2] else {
    throw .runtime(
      "Expected size for first two dimensions of batch2 tensor to be: [\(a.shape[0]), \(a.shape[2])] but got: "
        + "[\(b.shape[0]), \(b.shape[1])].")
  }
  guard a.dtype == b.dtype else {
    throw .runtime("expected scalar type \(a.dtype.scalarTypeName) but found \(b.dtype.scalarTypeName)")
  }
}

/// An error that ends in the two dtypes, as C spells them.
private func mismatch(_ text: String, _ a: Tensor, _ b: Tensor) -> TensorError {
  .runtime("\(text)\(a.dtype.cppName) != \(b.dtype.cppName)")
}

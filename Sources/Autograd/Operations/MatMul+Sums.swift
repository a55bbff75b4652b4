import Devices

// Products that are added to something: beta · self + alpha · product. With beta zero `self` is not read, so that its NaNs do not matter.
// A factor that no integer dtype can hold is truncated there, as PyTorch does.

extension Tensor {
  /// beta · self + alpha · mat1 · mat2 for matrices; `self` is broadcast.
  ///
  /// Errors: `addmm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)`; `self and mat2 must have the same dtype, but got Double and
  /// Float`; a `self` that cannot be expanded to the product's shape.
  public func addmm(_ mat1: Tensor, _ mat2: Tensor, beta: some ScalarConvertible = 1, alpha: some ScalarConvertible = 1) -> Tensor {
    let (beta, alpha) = (beta.scalar, alpha.scalar)
    return attempt(self, mat1, mat2) { input, a, b throws(TensorError) in
      try checkMatrices(a.shape, b.shape, operation: "addmm", first: "self")
      let shape = [a.shape[0], b.shape[1]]
      try checkOneDType(input, a, b)
      return try weightedSum(a.operand, b.operand, alpha, plus: input, times: beta, shape: shape, kernel: "addmm_impl_cpu_")
        .differentiable(
          "AddmmBackward0", [input, a, b],
          [
            { g in g.times(beta) }, { g in g.mm(b.t()).times(alpha) }, { g in a.t().mm(g).times(alpha) },
          ])
    }
  }

  /// beta · self + alpha · mat · vec for a matrix and a vector; `self` is broadcast.
  ///
  /// Errors: `size mismatch, got input (2), mat (2x3), vec (2)`; `addmv input tensors must have the same dtype, but got Float, Float, and
  /// Double`.
  public func addmv(_ mat: Tensor, _ vec: Tensor, beta: some ScalarConvertible = 1, alpha: some ScalarConvertible = 1) -> Tensor {
    let (beta, alpha) = (beta.scalar, alpha.scalar)
    return attempt(self, mat, vec) { input, a, v throws(TensorError) in
      try checkMatrixVector(a.shape, v.shape, input: input.shape)
      guard input.dtype == a.dtype, a.dtype == v.dtype else {
        let names = [input, a, v].map(\.dtype.scalarTypeName)
        throw .runtime("addmv input tensors must have the same dtype, but got \(names[0]), \(names[1]), and \(names[2])")
      }
      return try weightedSum(a.operand, v.operand, alpha, plus: input, times: beta, shape: [a.shape[0]], kernel: "addmv_impl_cpu")
        .differentiable(
          "AddmvBackward0", [input, a, v],
          [
            { g in g.times(beta) }, { g in (g.unsqueeze(1) * v).times(alpha) }, { g in a.t().mv(g).times(alpha) },
          ])
    }
  }

  /// beta · self + alpha · the outer product of two vectors; `self` is broadcast.
  ///
  /// Unlike matrix products it promotes dtypes.
  ///
  /// Errors: `addr: Expected 1-D argument vec1, but got 2-D`; `For integral input tensors, argument beta must not be a floating point number.`
  public func addr(_ vec1: Tensor, _ vec2: Tensor, beta: some ScalarConvertible = 1, alpha: some ScalarConvertible = 1) -> Tensor {
    let (beta, alpha) = (beta.scalar, alpha.scalar)
    return attempt(self, vec1, vec2) { input, u, v throws(TensorError) in
      guard u.rank == 1 else { throw .runtime("addr: Expected 1-D argument vec1, but got \(u.rank)-D") }
      guard v.rank == 1 else { throw .runtime("addr: Expected 1-D argument vec2, but got \(v.rank)-D") }
      let dtype = resultType(input, u, v)
      for (name, factor) in [("beta", beta), ("alpha", alpha)] where !dtype.isFloatingPoint && factor.category == .floating {
        throw .runtime("For integral input tensors, argument \(name) must not be a floating point number.")
      }
      let outer = noGrad { u.unsqueeze(1).to(dtype) * v.to(dtype) }
      return try outer.scaled(by: alpha, plus: input, times: beta)
        .differentiable(
          "AddrBackward0", [input, u, v],
          [
            { g in g.times(beta) }, { g in g.mv(v).times(alpha) }, { g in g.t().mv(u).times(alpha) },
          ])
    }
  }

  /// beta · self + alpha · batch1 · batch2 for batches of matrices; `self` is broadcast.
  ///
  /// Errors: those of `bmm`; `Input dtypes must be the same, got: input double, batch1: float, batch2: float`.
  public func baddbmm(_ batch1: Tensor, _ batch2: Tensor, beta: some ScalarConvertible = 1, alpha: some ScalarConvertible = 1)
    -> Tensor
  {
    let (beta, alpha) = (beta.scalar, alpha.scalar)
    return attempt(self, batch1, batch2) { input, a, b throws(TensorError) in
      if a.rank == 3 && b.rank == 3 { _ = try input.layout.expanded(to: [a.shape[0], a.shape[1], b.shape[2]]) }
      try checkBatches(a, b)
      let shape = [a.shape[0], a.shape[1], b.shape[2]]
      guard input.dtype == a.dtype else {
        throw .runtime(
          "Input dtypes must be the same, got: input \(input.dtype.cppName), batch1: \(a.dtype.cppName), batch2: \(b.dtype.cppName)"
        )
      }
      return try weightedSum(a.operand, b.operand, alpha, plus: input, times: beta, shape: shape, kernel: "baddbmm")
        .differentiable(
          "BaddbmmBackward0", [input, a, b],
          [
            { g in g.times(beta) }, { g in g.bmm(b.mT).times(alpha) }, { g in a.mT.bmm(g).times(alpha) },
          ])
    }
  }

  /// beta · self + alpha · the sum of the products of a batch; `self` is broadcast.
  ///
  /// Errors: `batch1 and batch2 must have same number of batches, got 2 and 3`; `Incompatible matrix sizes for bmm (3x4 and 5x4)`.
  public func addbmm(_ batch1: Tensor, _ batch2: Tensor, beta: some ScalarConvertible = 1, alpha: some ScalarConvertible = 1)
    -> Tensor
  {
    let (beta, alpha) = (beta.scalar, alpha.scalar)
    return attempt(self, batch1, batch2) { input, a, b throws(TensorError) in
      guard a.rank == 3 else { throw .runtime("batch1 must be a 3D tensor") }
      guard b.rank == 3 else { throw .runtime("batch2 must be a 3D tensor") }
      let (p, q) = (a.shape, b.shape)
      guard p[0] == q[0] else {
        throw .runtime("batch1 and batch2 must have same number of batches, got \(p[0]) and \(q[0])")
      }
      guard p[2] == q[1] else {
        throw .runtime("Incompatible matrix sizes for bmm (\(p[1])x\(p[2]) and \(q[1])x\(q[2]))")
      }
      try checkOneDType(input, a, b)
      // The sum over the batch is one long inner dimension.
      let (wide, tall) = noGrad { (a.transpose(0, 1).reshape([p[1], p[0] * p[2]]), b.reshape([q[0] * q[1], q[2]])) }
      return try weightedSum(
        wide.operand, tall.operand, alpha, plus: input, times: beta, shape: [p[1], q[2]], kernel: "addmm_impl_cpu_"
      )
      .differentiable(
        "AddbmmBackward0", [input, a, b],
        [
          { g in g.times(beta) },
          { g in g.expand([p[0], p[1], q[2]]).bmm(b.mT).times(alpha) },
          { g in a.mT.bmm(g.expand([p[0], p[1], q[2]])).times(alpha) },
        ])
    }
  }
}

// MARK: - The sum

extension ElementwiseKernel {
  /// beta · a + alpha · b.
  fileprivate static let weightedSum = ElementwiseKernel(inputs: [.value, .value, .value, .value]) {
    [$0[2] * $0[0] + $0[3] * $0[1]]
  }
}

/// beta · input + alpha · the product of two operands.
private func weightedSum(
  _ a: Operand, _ b: Operand, _ alpha: Scalar, plus input: Tensor, times beta: Scalar, shape: [Int], kernel: String
) throws(TensorError) -> Tensor {
  if alpha.doubleValue == 1 && beta.doubleValue == 1 {
    return try product(a, b, plus: input.operand, shape: shape, kernel: kernel)
  }
  return try product(a, b, shape: shape, kernel: kernel).scaled(by: alpha, plus: input, times: beta)
}

extension Tensor {
  /// This product, which nobody else has seen, scaled and added to `input`, in its own memory.
  func scaled(by alpha: Scalar, plus input: Tensor, times beta: Scalar) throws(TensorError) -> Tensor {
    guard input.device === device else { throw mixedDevices(input.device, device) }
    let other = KernelArgument.operand(input.operand.with(layout: try input.layout.expanded(to: shape)))
    switch (beta.doubleValue, alpha.doubleValue) {
    case (0, 1): break
    case (0, _):
      try device.elementwise(
        .instruction(.mul), dtype: dtype, inputs: [.operand(operand), .scalar(alpha)], outputs: [operand])
    case (1, 1):
      try device.elementwise(.instruction(.add), dtype: dtype, inputs: [.operand(operand), other], outputs: [operand])
    default:
      try device.elementwise(
        .weightedSum, dtype: dtype, inputs: [other, .operand(operand), .scalar(beta), .scalar(alpha)], outputs: [operand])
    }
    return self
  }

  /// This gradient times a factor that mostly is one.
  fileprivate func times(_ factor: Scalar) -> Tensor { factor.doubleValue == 1 ? self : self * factor.doubleValue }
}

func checkOneDType(_ input: Tensor, _ a: Tensor, _ b: Tensor) throws(TensorError) {
  for (name, other) in [("self", input), ("mat1", a)] where other.dtype != b.dtype {
    throw .runtime(
      "\(name) and mat2 must have the same dtype, but got \(other.dtype.scalarTypeName) and \(b.dtype.scalarTypeName)")
  }
}

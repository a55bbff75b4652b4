import Devices

extension F {
  /// input · weightᵀ + bias, along the input's last dimension: what a linear layer computes.
  ///
  /// - Parameters:
  ///   - weight: of shape [outputs, inputs], or [inputs] for a single output without a dimension of its own.
  ///   - bias: of shape [outputs].
  ///
  /// Errors: `mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)`, with a bias `addmm: ...`; `self and mat2 must have the same
  /// dtype, but got Double and Float`; a bias that cannot be expanded.
  public static func linear(_ input: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    if weight.rank == 2 { return fusedLinear(input, weight, bias) }
    let result = input.matmul(weight.t())
    return bias.map { result + $0 } ?? result
  }

  private static func fusedLinear(_ input: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    guard let bias else {
      return attempt(input, weight) { x, w throws(TensorError) in
        let linear = try LinearProduct(x, w, operation: "mm")
        guard x.dtype == w.dtype else {
          throw .runtime("expected m1 and m2 to have the same dtype, but got: \(x.dtype.cppName) != \(w.dtype.cppName)")
        }
        let result = try linear.product()
        guard Tensor.isRecording(x.body) || Tensor.isRecording(w.body) else { return result }
        return result.differentiable(linear.name("MmBackward0"), x, w, { g in linear.toInput(g) }, { g in linear.toWeight(g) })
      }
    }
    return attempt(bias, input, weight) { b, x, w throws(TensorError) in
      let linear = try LinearProduct(x, w, operation: "addmm")
      try checkOneDType(b, x, w)
      let result = try linear.product(plus: b.operand)
      guard Tensor.isRecording(b.body) || Tensor.isRecording(x.body) || Tensor.isRecording(w.body) else { return result }
      return result.differentiable(
        linear.name("AddmmBackward0"), b, x, w, { g in g }, { g in linear.toInput(g) }, { g in linear.toWeight(g) })
    }
  }

  /// input1ᵀ · weight[k] · input2 + bias[k] for every output k, along the last dimensions of the two inputs.
  ///
  /// - Parameters:
  ///   - input1, input2: of shapes [..., inputs1] and [..., inputs2].
  ///   - weight: of shape [outputs, inputs1, inputs2].
  ///   - bias: of shape [outputs].
  ///
  /// Errors: `bilinear(): input dimensions do not match: got 2 and 1`; `bilinear(): input batch dimensions do not match at dim 0: got 2 and 3`;
  /// `bilinear(): input1 size does not match weight size: got 2 but expected 3`, likewise for input2 and bias.
  public static func bilinear(_ input1: Tensor, _ input2: Tensor, _ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    attempt([input1, input2, weight] + (bias.map { [$0] } ?? [])) { list throws(TensorError) in
      let (x, y, w) = (list[0], list[1], list[2])
      try checkBilinear(x.shape, y.shape, w.shape, bias: list.count > 3 ? list[3].shape : nil)
      let (outputs, first, second) = (w.shape[0], w.shape[1], w.shape[2])
      let batch = Array(x.shape.dropLast())
      let rows = batch.reduce(1, *)
      // [rows, outputs, second]: what is left of every weight once the first input is multiplied in.
      let matrix = w.transpose(0, 1).reshape([first, outputs * second])
      let half = x.reshape([rows, first]).mm(matrix).view([rows, outputs, second])
      let result = half.bmm(y.reshape([rows, second, 1])).view(batch + [outputs])
      return list.count > 3 ? result + list[3] : result
    }
  }
}

/// input · weightᵀ along the input's last dimension, and its derivatives.
private struct LinearProduct: Sendable {
  let input: Tensor
  let weight: Tensor
  /// Of the input as a matrix.
  private let rows: Int

  init(_ input: Tensor, _ weight: Tensor, operation: String) throws(TensorError) {
    guard let k = input.shape.last else {
      throw .runtime("both arguments to linear need to be at least 1D, but they are 0D and 2D")
    }
    self.input = input
    self.weight = weight
    if input.rank == 2 {
      rows = input.shape[0]
    } else {
      rows = input.shape.dropLast().reduce(1, *)
    }
    let shape = weight.shape
    if k != shape[1] { try checkMatrices([rows, k], [shape[1], shape[0]], operation: operation, first: "self") }
  }

  private var isMatrix: Bool { input.rank == 2 }
  private var outputs: Int { weight.shape[0] }

  func name(_ ofMatrix: String) -> String { isMatrix ? ofMatrix : "UnsafeViewBackward0" }

  func product(plus addend: Operand? = nil) throws(TensorError) -> Tensor {
    let transposed = weight.operand.with(layout: weight.layout.transposed(0, 1))
    return try Autograd.product(
      input.operand, transposed, plus: addend,
      shape: isMatrix ? [rows, outputs] : Array(input.shape.dropLast()) + [outputs], kernel: "addmm_impl_cpu_")
  }

  func toInput(_ g: Tensor) -> Tensor { g.matmul(weight) }

  func toWeight(_ g: Tensor) -> Tensor {
    if isMatrix { return g.t().mm(input) }
    return g.reshape([rows, outputs]).t().mm(input.reshape([rows, input.shape[input.rank - 1]]))
  }
}

private func checkBilinear(_ x: [Int], _ y: [Int], _ weight: [Int], bias: [Int]?) throws(TensorError) {
  guard x.count == y.count else {
    throw .runtime("bilinear(): input dimensions do not match: got \(x.count) and \(y.count)")
  }
  for dim in x.indices.dropLast() where x[dim] != y[dim] {
    throw .runtime("bilinear(): input batch dimensions do not match at dim \(dim): got \(x[dim]) and \(y[dim])")
  }
  guard weight.count == 3, let first = x.last, let second = y.last else {
    throw .runtime("bilinear(): expected a weight of three dimensions and inputs of one at least, got \(weight) and \(x)")
  }
  for (name, size, expected) in [("input1", first, weight[1]), ("input2", second, weight[2])] where size != expected {
    throw .runtime("bilinear(): \(name) size does not match weight size: got \(size) but expected \(expected)")
  }
  if let bias, bias != [weight[0]] {
    throw .runtime("bilinear(): bias size does not match weight size: got \(bias.first ?? 0) but expected \(weight[0])")
  }
}

import Devices

// A kernel of the user's own is an operation: fused, differentiable to any order, on every device.

extension ElementwiseKernel {
  /// Applies a kernel of one input and one output. Operands broadcast and are promoted as those of `+`.
  public func callAsFunction(_ x: Tensor) -> Tensor { onlyResult([x]) }
  /// Applies a kernel of two inputs and one output.
  public func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor { onlyResult([x, y]) }
  /// Applies a kernel of three inputs and one output.
  public func callAsFunction(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor { onlyResult([x, y, z]) }

  private func onlyResult(_ operands: [Tensor]) -> Tensor {
    guard outputs.count == 1 else { return .failure(.type("the kernel gives \(outputs.count) results, not one: use apply")) }
    return apply(operands)[0]
  }

  /// Applies a kernel of any number of inputs and outputs.
  ///
  /// Errors: the wrong number of operands; shapes that do not broadcast; an instruction that has no meaning for the dtype.
  public func apply(_ operands: [Tensor]) -> [Tensor] {
    attempt(operands, results: outputs.count) { (operands) throws(TensorError) in
      guard operands.count == inputs.count else {
        throw .type("the kernel takes \(inputs.count) operands but got \(operands.count)")
      }
      var promotion = Promotion()
      for (operand, kind) in zip(operands, inputs) where kind == .value { promotion.add(operand.dtype, rank: operand.rank) }
      return try Elementwise.apply(self, gradName, dtype: promotion.result, operands.map { .tensor($0.body) })
    }
  }
}

/// Short forms of a device's commands, for bodies of commands that are made of others.
struct ComposedCommands {
  let device: any Device
  let dtype: DType

  /// A contiguous operand, uninitialised.
  func made(_ shape: [Int]) throws(TensorError) -> Operand {
    let layout = Layout(shape: shape)
    return Operand(storage: try device.allocate(byteCount: layout.count * dtype.byteCount), layout: layout, dtype: dtype)
  }

  func reduced(_ reduction: Reduction, _ operand: Operand, dim: Int) throws(TensorError) -> Operand {
    var shape = operand.shape
    shape[dim] = 1
    let result = try made(shape)
    try device.reduce(reduction, operand, dims: [dim], to: result)
    return result
  }

  func computed(
    _ kernel: ElementwiseKernel, _ operands: [Operand], _ shape: [Int], _ scalars: [Scalar] = []
  ) throws(TensorError) -> Operand {
    let result = try made(shape)
    try compute(kernel, operands, result, scalars)
    return result
  }

  /// Runs a kernel over operands that broadcast to the output, and then numbers.
  func compute(
    _ kernel: ElementwiseKernel, _ operands: [Operand], _ output: Operand, _ scalars: [Scalar] = []
  ) throws(TensorError) {
    try device.elementwise(
      kernel, dtype: dtype, inputs: arguments(operands, output.shape) + scalars.map { .scalar($0) }, outputs: [output])
  }

  func arguments(_ operands: [Operand], _ shape: [Int]) -> [KernelArgument] {
    operands.map { .operand($0.with(layout: $0.layout.broadcast(to: shape))) }
  }
}

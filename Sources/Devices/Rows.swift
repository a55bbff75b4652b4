/// An operation on each row of a matrix that reads a row several times, and wants it in the cache.
///
/// All operands are contiguous, of one floating dtype that computes (float32, float64): matrices of shape [rows, columns], one number for
/// each row of shape [rows], one for each column of shape [columns].
public enum RowOperation: Sendable, Hashable {
  /// exp(x) / Σ exp(x), or with `log` the logarithm of it. Input: x. Output: a matrix.
  case softmax(log: Bool)
  /// The gradient of that by x. Inputs: the gradient of the result, and the result. Output: a matrix.
  case softmaxGradient(log: Bool)
  /// (x - mean) · rstd · weight + bias, where rstd = 1 / √(variance + epsilon). Inputs: x, weight, bias. Outputs: a matrix; mean and rstd of
  /// every row.
  case normalization(epsilon: Double)
  /// The gradients of that. Inputs: the gradient of the result, x, mean, rstd, weight. Outputs: the gradients by x, by weight and by bias.
  case normalizationGradient
}

extension Device {
  public func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    try RowBody(device: self, shape: outputs[0].shape, dtype: outputs[0].dtype).run(operation, inputs, outputs)
  }
}

/// The operations on rows in other commands, for a device that has none of its own.
private struct RowBody {
  let device: any Device
  let shape: [Int]
  let dtype: DType

  private static let shiftedExp = ElementwiseKernel { x, shift in (x - shift).exp() }
  private static let shiftedLog = ElementwiseKernel { x, shift, sum in x - shift - sum.log() }
  private static let product = ElementwiseKernel.instruction(.mul)
  private static let quotient = ElementwiseKernel.instruction(.div)
  private static let softmaxGradient = ElementwiseKernel { g, y, sum in (g - sum) * y }
  private static let logSoftmaxGradient = ElementwiseKernel { g, y, sum in g - y.exp() * sum }
  private static let mean = ElementwiseKernel { sum, count in sum / count }
  private static let squaredDistance = ElementwiseKernel { x, mean in (x - mean) * (x - mean) }
  private static let rstd = ElementwiseKernel { sum, count, epsilon in (sum / count + epsilon).rsqrt() }
  private static let standardized = ElementwiseKernel { x, mean, rstd in (x - mean) * rstd }
  private static let scaled = ElementwiseKernel { x, weight, bias in x * weight + bias }
  private static let normalizationGradient = ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { v in
    let (g, average, x, slope, rstd) = (v[0], v[1], v[2], v[3], v[4])
    return [(g - average - x * slope) * rstd]
  }

  func run(_ operation: RowOperation, _ inputs: [Operand], _ outputs: [Operand]) throws(TensorError) {
    switch operation {
    case .softmax(let log):
      let x = inputs[0]
      let largest = try reduced(.max, x, dim: 1)
      let exponentials = try computed(Self.shiftedExp, [x, largest])
      let sum = try reduced(.sum, exponentials, dim: 1)
      if log {
        try compute(Self.shiftedLog, [x, largest, sum], outputs[0])
      } else {
        try compute(Self.quotient, [exponentials, sum], outputs[0])
      }
    case .softmaxGradient(let log):
      let (g, y) = (inputs[0], inputs[1])
      let sum = try reduced(.sum, log ? g : computed(Self.product, [g, y]), dim: 1)
      try compute(log ? Self.logSoftmaxGradient : Self.softmaxGradient, [g, y, sum], outputs[0])
    case .normalization(let epsilon):
      let x = inputs[0]
      let count = Scalar.double(Double(shape[1]))
      let (mean, rstd) = (column(outputs[1]), column(outputs[2]))
      try compute(Self.mean, [try reduced(.sum, x, dim: 1)], mean, [count])
      let squares = try reduced(.sum, try computed(Self.squaredDistance, [x, mean]), dim: 1)
      try compute(Self.rstd, [squares], rstd, [count, .double(epsilon)])
      try compute(Self.scaled, [try computed(Self.standardized, [x, mean, rstd]), row(inputs[1]), row(inputs[2])], outputs[0])
    case .normalizationGradient:
      let (g, x, mean, rstd) = (inputs[0], inputs[1], column(inputs[2]), column(inputs[3]))
      let count = Scalar.double(Double(shape[1]))
      let standardized = try computed(Self.standardized, [x, mean, rstd])
      try device.reduce(.sum, try computed(Self.product, [g, standardized]), dims: [0], to: row(outputs[1]))
      try device.reduce(.sum, g, dims: [0], to: row(outputs[2]))
      let weighted = try computed(Self.product, [g, row(inputs[4])])
      func average(_ operand: Operand) throws(TensorError) -> Operand {
        let result = try matrix([shape[0], 1])
        try compute(Self.mean, [try reduced(.sum, operand, dim: 1)], result, [count])
        return result
      }
      let slope = try average(try computed(Self.product, [weighted, standardized]))
      try compute(Self.normalizationGradient, [weighted, try average(weighted), standardized, slope, rstd], outputs[0])
    }
  }

  private func row(_ operand: Operand) -> Operand { operand.with(layout: Layout(shape: [1, shape[1]])) }
  private func column(_ operand: Operand) -> Operand { operand.with(layout: Layout(shape: [shape[0], 1])) }

  private func matrix(_ shape: [Int]) throws(TensorError) -> Operand {
    let count = shape.reduce(1, *)
    return Operand(
      storage: try device.allocate(byteCount: count * dtype.byteCount), layout: Layout(shape: shape), dtype: dtype)
  }

  private func reduced(_ reduction: Reduction, _ operand: Operand, dim: Int) throws(TensorError) -> Operand {
    var shape = shape
    shape[dim] = 1
    let result = try matrix(shape)
    try device.reduce(reduction, operand, dims: [dim], to: result)
    return result
  }

  private func computed(_ kernel: ElementwiseKernel, _ operands: [Operand]) throws(TensorError) -> Operand {
    let result = try matrix(shape)
    try compute(kernel, operands, result)
    return result
  }

  private func compute(
    _ kernel: ElementwiseKernel, _ operands: [Operand], _ output: Operand, _ scalars: [Scalar] = []
  ) throws(TensorError) {
    let inputs = operands.map { KernelArgument.operand($0.with(layout: $0.layout.broadcast(to: output.shape))) }
    try device.elementwise(kernel, dtype: dtype, inputs: inputs + scalars.map { .scalar($0) }, outputs: [output])
  }
}

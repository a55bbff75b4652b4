/// An operation on each row of a matrix that reads a row several times, and wants it in the cache.
///
/// All operands are contiguous, of one floating dtype that computes (float32, float64): matrices of shape [rows, columns], of which the first
/// input is one; one number for each row of shape [rows], one for each column of shape [columns]. Classes are int64, one for each row.
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
  /// The losses of rows of scores that predict classes: (log Σ exp(x) - x[class]) · weight[class], zero for the class `ignored`. Every other class
  /// is a column. Inputs: x, the classes, a weight for every column. Outputs for every row: loss, weight and log Σ exp(x).
  case crossEntropy(ignored: Int)
  /// The gradient by x of the sum of the rows' losses before they are weighed, each times its g. Inputs: x, the classes, g and log Σ exp(x) of
  /// every row. Output: a matrix.
  case crossEntropyGradient(ignored: Int)
}

extension Device {
  public func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError) {
    let commands = ComposedCommands(device: self, dtype: outputs[0].dtype)
    try RowBody(commands: commands, shape: inputs[0].shape).run(operation, inputs, outputs)
  }
}

/// The operations on rows in other commands, for a device that has none of its own.
private struct RowBody {
  let commands: ComposedCommands
  let shape: [Int]

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
  private static let logSum = ElementwiseKernel { sum, shift in sum.log() + shift }
  /// Whether a class, of numbers from zero on, is a column, of numbers from one on, and is not the ignored one.
  private static let isClass = ElementwiseKernel { column, number, ignored in
    (column .== number + 1) .& (number .!= ignored)
  }
  private static let picked = ElementwiseKernel(inputs: [.boolean, .value]) { [$0[0].select($0[1], 0)] }
  private static let loss = ElementwiseKernel(inputs: [.boolean, .value, .value, .value]) {
    [$0[0].select(($0[1] - $0[2]) * $0[3], 0)]
  }
  private static let lossGradient = ElementwiseKernel(inputs: [.boolean, .boolean, .value, .value, .value]) {
    let probability = ($0[2] - $0[3]).exp()
    return [$0[1].select(($0[0].select(probability - 1, probability)) * $0[4], 0)]
  }
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
      try commands.device.reduce(.sum, try computed(Self.product, [g, standardized]), dims: [0], to: row(outputs[1]))
      try commands.device.reduce(.sum, g, dims: [0], to: row(outputs[2]))
      let weighted = try computed(Self.product, [g, row(inputs[4])])
      func average(_ operand: Operand) throws(TensorError) -> Operand {
        try commands.computed(Self.mean, [try reduced(.sum, operand, dim: 1)], [shape[0], 1], [count])
      }
      let slope = try average(try computed(Self.product, [weighted, standardized]))
      try compute(Self.normalizationGradient, [weighted, try average(weighted), standardized, slope, rstd], outputs[0])
    case .crossEntropy(let ignored):
      let x = inputs[0]
      let isClass = try classes(inputs[1], ignored)
      func sum(_ operand: Operand) throws(TensorError) -> Operand {
        let operand = operand.with(layout: operand.layout.broadcast(to: shape))
        return try reduced(.sum, try computed(Self.picked, [isClass, operand]), dim: 1)
      }
      let largest = try reduced(.max, x, dim: 1)
      let total = try reduced(.sum, try computed(Self.shiftedExp, [x, largest]), dim: 1)
      try compute(Self.logSum, [total, largest], column(outputs[2]))
      try commands.device.copy(try sum(row(inputs[2])), to: column(outputs[1]))
      try compute(Self.loss, [try any(isClass), column(outputs[2]), try sum(x), column(outputs[1])], column(outputs[0]))
    case .crossEntropyGradient(let ignored):
      let isClass = try classes(inputs[1], ignored)
      try compute(
        Self.lossGradient, [isClass, try any(isClass), inputs[0], column(inputs[3]), column(inputs[2])], outputs[0])
    }
  }

  /// A matrix that says of every column whether it is the row's class.
  private func classes(_ classes: Operand, _ ignored: Int) throws(TensorError) -> Operand {
    let integers = ComposedCommands(device: commands.device, dtype: .int64)
    let (ones, numbers) = (try integers.made([1, shape[1]]), try integers.made([1, shape[1]]))
    try commands.device.fill(ones, with: .int(1))
    try commands.device.scan(.sum, ones, dim: 1, to: numbers, indices: nil)
    let result = try ComposedCommands(device: commands.device, dtype: .bool).made(shape)
    try integers.compute(Self.isClass, [numbers, column(classes)], result, [.int(Int64(ignored))])
    return result
  }

  private func any(_ matrix: Operand) throws(TensorError) -> Operand {
    try ComposedCommands(device: commands.device, dtype: .bool).reduced(.any, matrix, dim: 1)
  }

  private func row(_ operand: Operand) -> Operand { operand.with(layout: Layout(shape: [1, shape[1]])) }
  private func column(_ operand: Operand) -> Operand { operand.with(layout: Layout(shape: [shape[0], 1])) }

  private func reduced(_ reduction: Reduction, _ operand: Operand, dim: Int) throws(TensorError) -> Operand {
    try commands.reduced(reduction, operand, dim: dim)
  }

  private func computed(_ kernel: ElementwiseKernel, _ operands: [Operand]) throws(TensorError) -> Operand {
    try commands.computed(kernel, operands, shape)
  }

  private func compute(
    _ kernel: ElementwiseKernel, _ operands: [Operand], _ output: Operand, _ scalars: [Scalar] = []
  ) throws(TensorError) {
    try commands.compute(kernel, operands, output, scalars)
  }
}

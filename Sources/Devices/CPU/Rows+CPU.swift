import CKernels

/// Operations on rows, each row while it is in the cache.
enum CPURows {
  /// Elements that are worth another thread.
  private static let grain = 16_384

  static func run(_ operation: RowOperation, _ inputs: [Operand], _ outputs: [Operand]) throws(TensorError) {
    switch outputs[0].dtype {
    case .float32: try run(operation, inputs, outputs, RowLoops.float32)
    case .float64: try run(operation, inputs, outputs, RowLoops.float64)
    case let dtype: throw .notImplemented("\"rows_cpu\" not implemented for '\(dtype.scalarTypeName)'")
    }
  }

  private static func run<Value>(
    _ operation: RowOperation, _ inputs: [Operand], _ outputs: [Operand], _ loops: RowLoops<Value>
  ) throws(TensorError) {
    let (rows, columns) = (inputs[0].shape[0], inputs[0].shape[1])
    // A row for each thread, where results go past the caches.
    try HostMemory.check(columns &* min(rows, ThreadPool.shared.threadCount), Value.self)
    let input = inputs.map { UnsafePointer($0.address.assumingMemoryBound(to: Value.self)) }
    let output = outputs.map { $0.address.assumingMemoryBound(to: Value.self) }
    /// Calls `body` with a range of rows and where their result goes.
    func forRows(_ body: (Range<Int>, UnsafeMutablePointer<Value>) -> Void) {
      let isStreamed = outputs[0].count * MemoryLayout<Value>.stride >= CPUElementwise.streamedByteCount
      ThreadPool.shared.parallel(count: rows, grain: max(1, grain / max(columns, 1))) { range in
        guard isStreamed else { return body(range, output[0] + range.lowerBound * columns) }
        withUnsafeTemporaryAllocation(of: Value.self, capacity: columns) { row in
          for index in range {
            body(index..<(index + 1), row.baseAddress!)
            fx_stream(output[0] + index * columns, row.baseAddress!, columns * MemoryLayout<Value>.stride)
          }
        }
        fx_finish_streams()
      }
    }
    switch operation {
    case .softmax(let log):
      forRows { range, target in loops.softmax(target, input[0] + range.lowerBound * columns, range.count, columns, log) }
    case .softmaxGradient(let log):
      forRows { range, target in
        let start = range.lowerBound * columns
        loops.softmaxGradient(target, input[0] + start, input[1] + start, range.count, columns, log)
      }
    case .normalization(let epsilon):
      forRows { range, target in
        let first = range.lowerBound
        loops.normalize(
          target, output[1] + first, output[2] + first, input[0] + first * columns, input[1], input[2], range.count, columns,
          epsilon)
      }
    case .normalizationGradient:
      try normalizationGradient(rows, columns, input, output, loops)
    case .crossEntropy(let ignored):
      ThreadPool.shared.parallel(count: rows, grain: max(1, grain / max(columns, 1))) { range in
        let first = range.lowerBound
        loops.crossEntropy(
          output[0] + first, output[1] + first, output[2] + first, input[0] + first * columns, classes(inputs[1]) + first, input[2],
          range.count, columns, Int64(ignored))
      }
    case .crossEntropyGradient(let ignored):
      forRows { range, target in
        let first = range.lowerBound
        loops.crossEntropyGradient(
          target, input[0] + first * columns, input[2] + first, classes(inputs[1]) + first, input[3] + first, range.count, columns,
          Int64(ignored))
      }
    }
  }

  private static func classes(_ operand: Operand) -> UnsafePointer<Int64> {
    UnsafePointer(operand.address.assumingMemoryBound(to: Int64.self))
  }

  /// The sums over rows are made part by part of the rows, as many for one size whatever the number of threads, and then added up.
  private static func normalizationGradient<Value>(
    _ rows: Int, _ columns: Int, _ input: [UnsafePointer<Value>], _ output: [UnsafeMutablePointer<Value>], _ loops: RowLoops<Value>
  ) throws(TensorError) {
    let parts = max(1, min(16, rows, rows * columns / grain))
    try HostMemory.withBytes(2 * parts * columns * MemoryLayout<Value>.stride) { bytes in
      let sums = bytes.baseAddress!.bindMemory(to: Value.self, capacity: 2 * parts * columns)
      sums.initialize(repeating: loops.zero, count: 2 * parts * columns)
      ThreadPool.shared.parallel(count: parts, grain: 1) { range in
        for part in range {
          let (first, last) = (rows * part / parts, rows * (part + 1) / parts)
          let own = sums + 2 * part * columns
          let start = first * columns
          loops.normalizeGradient(
            output[0] + start, own, own + columns, input[0] + start, input[1] + start, input[2] + first, input[3] + first, input[4],
            last - first, columns)
        }
      }
      for target in 0..<2 {
        let sum = output[1 + target]
        sum.update(from: sums + target * columns, count: columns)
        for part in 1..<max(parts, 1) { loops.add(sum, sum, sums + (2 * part + target) * columns, nil, columns) }
      }
    }
  }
}

/// The loops of one dtype.
private struct RowLoops<Value> {
  typealias Input = UnsafePointer<Value>
  typealias Output = UnsafeMutablePointer<Value>

  let zero: Value
  let softmax: (Output, Input, Int, Int, Bool) -> Void
  let softmaxGradient: (Output, Input, Input, Int, Int, Bool) -> Void
  let normalize: (Output, Output, Output, Input, Input?, Input?, Int, Int, Double) -> Void
  let normalizeGradient: (Output, Output, Output, Input, Input, Input, Input, Input, Int, Int) -> Void
  let crossEntropy: (Output, Output, Output, Input, UnsafePointer<Int64>, Input, Int, Int, Int64) -> Void
  let crossEntropyGradient: (Output, Input, Input, UnsafePointer<Int64>, Input, Int, Int, Int64) -> Void
  let add: fx_loop
}

extension RowLoops<Float> {
  static var float32: RowLoops {
    RowLoops(
      zero: 0, softmax: fx_softmax_float32, softmaxGradient: fx_softmax_gradient_float32, normalize: fx_normalize_float32,
      normalizeGradient: fx_normalize_gradient_float32, crossEntropy: fx_cross_entropy_float32,
      crossEntropyGradient: fx_cross_entropy_gradient_float32, add: fx_add().float32!)
  }
}

extension RowLoops<Double> {
  static var float64: RowLoops {
    RowLoops(
      zero: 0, softmax: fx_softmax_float64, softmaxGradient: fx_softmax_gradient_float64, normalize: fx_normalize_float64,
      normalizeGradient: fx_normalize_gradient_float64, crossEntropy: fx_cross_entropy_float64,
      crossEntropyGradient: fx_cross_entropy_gradient_float64, add: fx_add().float64!)
  }
}

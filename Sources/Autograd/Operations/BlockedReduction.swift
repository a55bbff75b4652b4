import Devices

/// A reduction of what an elementwise kernel makes of operands: sums of squares, of powers of differences. The values that are reduced are
/// never all there: where there are many they are made and reduced block by block, in memory for one block.
///
/// The cut depends on shape and strides alone, never on the number of threads: so results repeat.
struct BlockedReduction {
  /// Elements of a block: few enough for the caches, enough for several threads.
  private static let block = 1 << 18
  /// Blocks whose results are brought together in one step.
  private static let fan = 16
  /// So many lanes are long enough a run of memory to be cut out of wider ones.
  private static let lanes = 4096

  private let reduction: Reduction
  private let kernel: ElementwiseKernel
  /// In which values are computed.
  private let compute: DType
  private let device: any Device
  private let scratch: Storage

  /// - Parameters:
  ///   - count: How many values there are at most in a run.
  init(
    _ reduction: Reduction, of kernel: ElementwiseKernel, compute: DType, count: Int, on device: any Device
  ) throws(TensorError) {
    self.reduction = reduction
    self.kernel = kernel
    self.compute = compute
    self.device = device
    scratch = try device.allocate(byteCount: min(count, Self.block) * compute.byteCount)
  }

  /// Reduces `dims` of the values.
  ///
  /// - Parameters:
  ///   - inputs: The kernel's; operands are of the shape of the values.
  ///   - shape: That of the values.
  ///   - output: Of the same rank, with size one where reduced.
  func run(_ inputs: [KernelArgument], shape: [Int], dims: [Int], to output: Operand) throws(TensorError) {
    let count = shape.reduce(1, *)
    if count <= Self.block {
      let values = Operand(storage: scratch, layout: Layout(shape: shape), dtype: compute)
      try device.elementwise(kernel, dtype: compute, inputs: inputs, outputs: [values])
      return try device.reduce(reduction, values, dims: dims, to: output)
    }
    let axis = axisToCut(inputs, shape, dims, output)
    let isReduced = dims.contains(axis)
    let pieces = min(shape[axis], isReduced ? Self.fan : Int.max, (count + Self.block - 1) / Self.block)
    var results = output
    if isReduced {
      let (layout, dtype) = (Layout(shape: [pieces] + output.shape), output.dtype.computeDType)
      results = Operand(storage: try device.allocate(byteCount: layout.count * dtype.byteCount), layout: layout, dtype: dtype)
    }
    for piece in 0..<pieces {
      let start = shape[axis] * piece / pieces
      let size = shape[axis] * (piece + 1) / pieces - start
      var part = shape
      part[axis] = size
      let operands = inputs.map { input -> KernelArgument in
        guard case .operand(let operand) = input else { return input }
        return .operand(operand.with(layout: operand.layout.slicing(axis, from: start, count: size)))
      }
      let target = isReduced ? results.layout.selecting(piece, of: 0) : output.layout.slicing(axis, from: start, count: size)
      try run(operands, shape: part, dims: dims, to: results.with(layout: target))
    }
    if isReduced {
      let whole = Layout(shape: [1] + output.shape, strides: [0] + output.layout.strides, offset: output.layout.offset)
      try device.reduce(reduction, results, dims: [0], to: output.with(layout: whole))
    }
  }

  /// The dimension that reaches farthest in memory. Is it one of those that are reduced, many results would have to be kept for each part of
  /// it: then the results are made few first.
  private func axisToCut(_ inputs: [KernelArgument], _ shape: [Int], _ dims: [Int], _ output: Operand) -> Int {
    let layouts = inputs.compactMap { input -> Layout? in if case .operand(let operand) = input { operand.layout } else { nil } }
    let reach = shape.indices.map { axis in layouts.map { $0.strides[axis].magnitude }.max() ?? 0 }
    let candidates = shape.indices.filter { shape[$0] > 1 }
    func farthest(_ axes: [Int]) -> Int? { axes.max { (reach[$0], -$0) < (reach[$1], -$1) } }
    let first = farthest(candidates)!
    guard dims.contains(first), output.count > Self.lanes else { return first }
    return candidates.filter { !dims.contains($0) }.max { (shape[$0], -$0) < (shape[$1], -$1) } ?? first
  }
}

extension Tensor {
  /// A bare reduction of what a kernel makes of operands, which broadcast to `shape.full`.
  static func reduced(
    _ reduction: Reduction, of kernel: ElementwiseKernel, _ inputs: [KernelArgument], _ shape: ReductionShape,
    compute: DType, dtype: DType, on device: any Device
  ) throws(TensorError) -> Tensor {
    let whole = inputs.map { input -> KernelArgument in
      guard case .operand(let operand) = input else { return input }
      return .operand(operand.with(layout: operand.layout.broadcast(to: shape.full)))
    }
    let storage = try device.allocate(byteCount: shape.keptLayout.count * dtype.byteCount)
    let count = try Layout.checkedCount(shape.full)
    try BlockedReduction(reduction, of: kernel, compute: compute, count: count, on: device).run(
      whole, shape: shape.full, dims: shape.dims, to: Operand(storage: storage, layout: shape.keptLayout, dtype: dtype))
    return Tensor(Operand(storage: storage, layout: shape.resultLayout, dtype: dtype))
  }
}

import CKernels

/// Reductions of any dimensions of any layout.
enum CPUReduce {
  static func run(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError) {
    guard output.count > 0 else { return }
    if let empty = dims.first(where: { input.shape[$0] == 0 }) {
      guard let identity = reduction.identity else {
        throw .index("\(reduction.functionName)(): Expected reduction dim \(empty) to have non-zero size.")
      }
      return try CPUDevice.shared.fill(output, with: identity)
    }
    let method = ReductionMethod(reduction, input: input.dtype, output: output.dtype)
    if reduceInPlace(method, input, dims: dims, output) { return }
    try ReductionPlan(method, input, dims: dims, output).run()
  }

  /// Reduces an operand that is worth neither a second thread nor a plan: contiguous, with its reduced dimensions side by side.
  /// Says whether it was one.
  private static func reduceInPlace(_ method: ReductionMethod, _ input: Operand, dims: [Int], _ output: Operand) -> Bool {
    guard input.count <= ReductionPlan.block, input.dtype == method.values, output.dtype == method.result,
      input.layout.isContiguous, output.layout.isContiguous
    else { return false }
    var (before, reduced, after) = (1, 1, 1)
    for (dim, size) in input.shape.enumerated() where size > 1 {
      if dims.contains(dim) {
        if after > 1 { return false }
        reduced *= size
      } else if reduced > 1 {
        after *= size
      } else {
        before *= size
      }
    }
    let size = input.dtype.byteCount
    guard after * size <= Int(fx_column_bytes) else { return false }
    let reduce = { (values: UnsafeMutableRawPointer, places: UnsafeMutablePointer<Int64>?) in
      if after == 1 { return method.rows(values, places, input.address, before, reduced, reduced, 0) }
      for i in 0..<before {
        method.columns(
          values + i * after * size, places.map { $0 + i * after }, input.address + i * reduced * after * size, reduced, after,
          after, 0)
      }
    }
    if method.findsPlaces {
      withUnsafeTemporaryAllocation(byteCount: output.count * size, alignment: 16) { values in
        reduce(values.baseAddress!, output.address.assumingMemoryBound(to: Int64.self))
      }
    } else {
      reduce(output.address, nil)
    }
    return true
  }
}

extension Reduction {
  /// The result of reducing nothing; extremes have none.
  fileprivate var identity: Scalar? {
    switch self {
    case .sum: .int(0)
    case .product: .int(1)
    case .any: .bool(false)
    case .all: .bool(true)
    case .min, .max, .argMin, .argMax: nil
    }
  }

  /// PyTorch's name.
  fileprivate var functionName: String {
    switch self {
    case .sum: "sum"
    case .product: "prod"
    case .min: "amin"
    case .max: "amax"
    case .any: "any"
    case .all: "all"
    case .argMin: "argmin"
    case .argMax: "argmax"
    }
  }
}

/// Which loops reduce, and what they read.
struct ReductionMethod {
  /// What the loops read.
  let values: DType
  let rows: fx_reducer
  let columns: fx_reducer
  let findsPlaces: Bool
  /// What they give.
  var result: DType { findsPlaces ? .int64 : values }

  init(_ reduction: Reduction, input: DType, output: DType) {
    findsPlaces = reduction == .argMin || reduction == .argMax
    switch reduction {
    case .sum, .product: values = output.computeDType
    case .min, .max: values = input.computeDType
    // Of booleans the first that is true or false is meant, not the greatest or least of their bytes: converted they are ones and zeros.
    case .argMin, .argMax: values = input == .bool ? .uint8 : input.computeDType
    case .any, .all: values = .bool
    }
    let tables: (rows: fx_reducers, columns: fx_reducers) =
      switch reduction {
      // In booleans a sum is `any` and a product is `all`.
      case .sum where values != .bool: (fx_row_sum(), fx_column_sum())
      case .product where values != .bool: (fx_row_product(), fx_column_product())
      case .sum, .any, .max: (fx_row_maximum(), fx_column_maximum())
      case .product, .all, .min: (fx_row_minimum(), fx_column_minimum())
      case .argMin: (fx_row_argmin(), fx_column_argmin())
      case .argMax: (fx_row_argmax(), fx_column_argmax())
      }
    rows = tables.rows[values]
    columns = tables.columns[values]
  }
}

extension fx_reducers {
  fileprivate subscript(dtype: DType) -> fx_reducer {
    switch dtype {
    case .bool, .uint8: uint8
    case .int8: int8
    case .int16: int16
    case .int32: int32
    case .int64: int64
    case .float16, .bfloat16, .float32: float32
    case .float64: float64
    }
  }
}

/// How a reduction is cut into tasks.
///
/// The innermost kept dimension gives `lanes`, one accumulator each; the innermost reduced dimension gives `steps`. Whichever of the two lies
/// closer in memory makes the rows of the matrices that the loops reduce. A task reduces a tile of lanes over a block of steps.
///
/// The cut depends on shape and strides alone, never on the number of threads: so results repeat.
private struct ReductionPlan {
  /// Elements that are worth another thread.
  static let block = 32_768
  /// So many tasks keep the threads busy without cutting the reduction itself.
  private static let enoughTasks = 8
  /// Bytes of converted or gathered elements.
  private static let scratchByteCount = 16_384

  private let method: ReductionMethod
  private let source: UnsafeRawPointer
  private let target: UnsafeMutableRawPointer
  private let reader: Converter
  private let writer: Converter

  /// Dimensions around the lanes (of the input, of the output) and around the steps.
  private let kept: Axes
  private let outer: Axes
  private let lanes: (size: Int, strides: [Int])
  private let steps: (size: Int, stride: Int)
  private let alongSteps: Bool

  private let tile: Int
  private let tileCount: Int
  /// A block is some steps of one position of the outer dimensions, or all steps of several positions.
  private let stepsPerBlock: Int
  private let outersPerBlock: Int
  private let blockCount: Int

  init(_ method: ReductionMethod, _ input: Operand, dims: [Int], _ output: Operand) {
    self.method = method
    source = UnsafeRawPointer(input.address)
    target = output.address
    reader = Converter(memory: input.dtype, values: method.values)
    writer = Converter(memory: output.dtype, values: method.result)

    var kept = Axes(input.shape.indices.filter { !dims.contains($0) }, of: [input.layout, output.layout])
    kept.sort()
    kept.coalesce()
    var outer = Axes(dims, of: [input.layout])
    outer.sort()
    outer.coalesce()
    let lanes = kept.popInnermost()
    let (stepCount, stepStrides) = outer.popInnermost()
    steps = (stepCount, stepStrides[0])
    let distance = { (size: Int, stride: Int) in size == 1 || stride == 0 ? Int.max : abs(stride) }
    let alongSteps = distance(steps.size, steps.stride) <= distance(lanes.size, lanes.strides[0])
    (self.kept, self.outer, self.lanes, self.alongSteps) = (kept, outer, lanes, alongSteps)

    let limit = Int(fx_column_bytes) / method.values.byteCount
    let outerCount = outer.count
    let reducedCount = outerCount * stepCount
    tile = min(lanes.size, alongSteps ? max(1, min(limit, Self.block / reducedCount)) : limit)
    tileCount = (lanes.size + tile - 1) / tile
    let blockSteps = alongSteps ? Self.block : max(64, 2 * Self.block / tile)
    if kept.count * tileCount >= Self.enoughTasks || reducedCount <= blockSteps {
      (stepsPerBlock, outersPerBlock, blockCount) = (stepCount, outerCount, 1)
    } else if stepCount > blockSteps {
      (stepsPerBlock, outersPerBlock) = (blockSteps, 1)
      blockCount = outerCount * ((stepCount + blockSteps - 1) / blockSteps)
    } else {
      (stepsPerBlock, outersPerBlock) = (stepCount, blockSteps / stepCount)
      blockCount = (outerCount + outersPerBlock - 1) / outersPerBlock
    }
  }

  /// Accumulators of some lanes.
  private struct Accumulators {
    var values: UnsafeMutableRawPointer
    var places: UnsafeMutablePointer<Int64>?
  }

  func run() throws(TensorError) {
    if blockCount == 1 {
      forEachTask { task, workspace in
        reduce(task, into: workspace.accumulators, workspace.scratch)
        store(workspace.accumulators, task)
      }
      return
    }
    // What the blocks give is a matrix with a row for every block.
    let size = method.values.byteCount
    let count = kept.count * blockCount * lanes.size
    let byteCount = count * (size + MemoryLayout<Int64>.size)
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    let places = memory.bindMemory(to: Int64.self, capacity: count)
    let partial = { (task: Task) in
      let start = (task.kept * blockCount + task.block) * lanes.size + task.lane
      return Accumulators(
        values: memory + count * MemoryLayout<Int64>.size + start * size, places: method.findsPlaces ? places + start : nil)
    }
    forEachTask { task, workspace in reduce(task, into: partial(task), workspace.scratch) }
    for kept in 0..<kept.count {
      for index in 0..<tileCount {
        let task = self.task(kept: kept, tile: index, block: 0)
        withWorkspace { workspace in
          let result = workspace.accumulators
          let first = partial(task)
          method.columns(result.values, result.places, first.values, blockCount, lanes.size, task.laneCount, 0)
          if let blocks = result.places, let places = first.places {
            for lane in 0..<task.laneCount {
              let block = Int(blocks[lane])
              blocks[lane] = places[block * lanes.size + lane] + Int64(block * stepsPerBlock)
            }
          }
          store(result, task)
        }
      }
    }
  }

  private struct Task {
    var kept: Int
    var lane: Int
    var laneCount: Int
    var block: Int
  }

  private func task(kept: Int, tile index: Int, block: Int) -> Task {
    Task(kept: kept, lane: index * tile, laneCount: min(tile, lanes.size - index * tile), block: block)
  }

  private struct Workspace {
    var accumulators: Accumulators
    var scratch: UnsafeMutableRawPointer
  }

  private func withWorkspace(_ body: (Workspace) -> Void) {
    let valueBytes = (tile * method.values.byteCount + 63) & ~63
    let placeBytes = method.findsPlaces ? tile * MemoryLayout<Int64>.size : 0
    withUnsafeTemporaryAllocation(byteCount: Self.scratchByteCount + valueBytes + placeBytes, alignment: 64) { memory in
      let scratch = memory.baseAddress!
      let values = scratch + Self.scratchByteCount
      let places = method.findsPlaces ? (values + valueBytes).bindMemory(to: Int64.self, capacity: tile) : nil
      body(Workspace(accumulators: Accumulators(values: values, places: places), scratch: scratch))
    }
  }

  private func forEachTask(_ body: (Task, Workspace) -> Void) {
    let work = tile * stepsPerBlock * outersPerBlock
    ThreadPool.shared.parallel(count: kept.count * tileCount * blockCount, grain: max(1, Self.block / work)) { range in
      withWorkspace { workspace in
        for index in range {
          let (rest, block) = index.quotientAndRemainder(dividingBy: blockCount)
          let (kept, tile) = rest.quotientAndRemainder(dividingBy: tileCount)
          body(task(kept: kept, tile: tile, block: block), workspace)
        }
      }
    }
  }

  private func store(_ result: Accumulators, _ task: Task) {
    let offset = kept.offset(of: task.kept, in: 1) + task.lane * lanes.strides[1]
    let values = result.places.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(result.values)
    writer.store(
      target + offset * writer.memory.byteCount, stride: lanes.strides[1], from: values, count: task.laneCount)
  }

  private func reduce(_ task: Task, into result: Accumulators, _ scratch: UnsafeMutableRawPointer) {
    let base = kept.offset(of: task.kept, in: 0) + task.lane * lanes.strides[0]
    let blocksPerOuter = (steps.size + stepsPerBlock - 1) / stepsPerBlock
    let (group, part) = task.block.quotientAndRemainder(dividingBy: blocksPerOuter)
    let stepRange = part * stepsPerBlock..<min(steps.size, (part + 1) * stepsPerBlock)
    var before = 0
    for index in group * outersPerBlock..<min(outer.count, (group + 1) * outersPerBlock) {
      let start = base + outer.offset(of: index, in: 0) + stepRange.lowerBound * steps.stride
      reduce(
        source + start * reader.memory.byteCount, lanes: task.laneCount, steps: stepRange.count, into: result,
        before: before, scratch)
      before += stepRange.count
    }
  }

  /// Reduces one matrix: in place where its rows lie in memory as the loops want them, in pieces that are brought together otherwise.
  private func reduce(
    _ source: UnsafeRawPointer, lanes laneCount: Int, steps stepCount: Int, into result: Accumulators, before: Int,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let laneStride = lanes.strides[0]
    let size = reader.memory.byteCount
    let capacity = Self.scratchByteCount / method.values.byteCount
    if alongSteps {
      if !reader.isNeeded && (steps.stride == 1 || stepCount == 1) {
        method.rows(result.values, result.places, source, laneCount, laneStride, stepCount, before)
        return
      }
      for step in stride(from: 0, to: stepCount, by: capacity) {
        let n = min(capacity, stepCount - step)
        for lane in stride(from: 0, to: laneCount, by: capacity / n) {
          let rows = min(capacity / n, laneCount - lane)
          load(
            scratch, from: source + (lane * laneStride + step * steps.stride) * size, rows: rows, rowStride: laneStride, n: n,
            stride: steps.stride)
          method.rows(
            result.values + lane * method.values.byteCount, result.places.map { $0 + lane }, scratch, rows, n, n,
            before + step)
        }
      }
    } else {
      if !reader.isNeeded && (laneStride == 1 || laneCount == 1) {
        method.columns(result.values, result.places, source, stepCount, steps.stride, laneCount, before)
        return
      }
      for step in stride(from: 0, to: stepCount, by: capacity / laneCount) {
        let rows = min(capacity / laneCount, stepCount - step)
        load(
          scratch, from: source + step * steps.stride * size, rows: rows, rowStride: steps.stride, n: laneCount,
          stride: laneStride)
        method.columns(result.values, result.places, scratch, rows, laneCount, laneCount, before + step)
      }
    }
  }

  private func load(
    _ target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, rows: Int, rowStride: Int, n: Int, stride: Int
  ) {
    if rowStride == n * stride {
      return reader.load(target, from: source, stride: stride, count: rows * n)
    }
    for row in 0..<rows {
      reader.load(
        target + row * n * reader.values.byteCount, from: source + row * rowStride * reader.memory.byteCount, stride: stride,
        count: n)
    }
  }
}

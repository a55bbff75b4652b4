import CKernels
import Synchronization

/// Attention head by head, in blocks of queries and keys whose scores stay in the cache. A row's greatest score and its sum of exponentials are
/// kept from block to block (Dao et al., "FlashAttention", 2022), and gradients compute the scores again.
enum CPUAttention {
  static func run(_ attention: Attention, _ inputs: [Operand], _ outputs: [Operand]) throws(TensorError) {
    switch outputs[0].dtype {
    case .float32: try run(attention, inputs, outputs, AttentionLoops.float32)
    case .float64: try run(attention, inputs, outputs, AttentionLoops.float64)
    case let dtype: throw .notImplemented("\"attention_cpu\" not implemented for '\(dtype.scalarTypeName)'")
    }
  }

  private static func run<Value: BLASElement>(
    _ attention: Attention, _ inputs: [Operand], _ outputs: [Operand], _ loops: AttentionLoops<Value>
  ) throws(TensorError) {
    let inputs = try inputs.map { (input) throws(TensorError) -> Operand in
      guard let stride = input.layout.strides.last, stride != 1, input.shape.last != 1 else { return input }
      let copy = try CPUDevice.shared.temporary(like: input)
      CPUCopy.run(input, to: copy)
      return copy
    }
    let failed = Atomic(false)
    try withExtendedLifetime(inputs) { () throws(TensorError) in
      switch attention.part {
      case .result:
        let heads = AttentionHeads(attention, inputs[0], inputs[1], inputs[2], loops)
        let (result, statistics) = (Heads<Value>(outputs[0]), QueryStatistics<Value>(outputs[1]))
        heads.forEachPart(failed) { (head, queries) throws(TensorError) in
          try heads.result(head, queries, to: result[head], statistics[head])
        }
      case .gradients:
        let heads = AttentionHeads(attention, inputs[1], inputs[2], inputs[3], loops)
        let (g, result, statistics) = (Heads<Value>(inputs[0]), Heads<Value>(inputs[4]), QueryStatistics<Value>(inputs[5]))
        let toQuery = Heads<Value>(outputs[0])
        let sums = try PartialSums(heads, key: Heads(outputs[1]), value: Heads(outputs[2]))
        heads.forEachPart(failed) { (head, queries) throws(TensorError) in
          let (key, value) = sums.targets(head, part: heads.part(of: queries))
          try heads.gradients(
            head, queries, g: g[head], result: result[head], statistics[head], to: toQuery[head], key, value)
        }
        sums.addUp(loops.add)
      }
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: Tiles.byteCount) }
  }
}

/// A matrix in memory, of which the elements of a row, or of a column, are neighbours.
struct AttentionMatrix<Value> {
  var start: UnsafeMutablePointer<Value>
  var row: Int
  var column = 1

  func rows(from first: Int) -> AttentionMatrix { AttentionMatrix(start: start + first * row, row: row, column: column) }
  var transposed: AttentionMatrix { AttentionMatrix(start: start, row: column, column: row) }
}

/// The matrices of all heads.
private struct Heads<Value> {
  private let start: UnsafeMutablePointer<Value>
  private let headCount: Int
  private let strides: [Int]

  init(_ operand: Operand) {
    start = operand.pointer(Value.self)
    headCount = operand.shape[1]
    strides = operand.layout.strides
  }

  subscript(head: Int) -> AttentionMatrix<Value> {
    let (member, own) = head.quotientAndRemainder(dividingBy: headCount)
    return AttentionMatrix(start: start + member * strides[0] + own * strides[1], row: strides[2])
  }
}

/// Of every query its greatest score and the logarithm of its sum of exponentials.
private struct QueryStatistics<Value> {
  let greatest: UnsafeMutablePointer<Value>
  let logSum: UnsafeMutablePointer<Value>
  private let queryCount: Int

  init(_ operand: Operand) {
    greatest = operand.pointer(Value.self)
    logSum = greatest + operand.count / 2
    queryCount = operand.shape[3]
  }

  private init(greatest: UnsafeMutablePointer<Value>, logSum: UnsafeMutablePointer<Value>, queryCount: Int) {
    (self.greatest, self.logSum, self.queryCount) = (greatest, logSum, queryCount)
  }

  subscript(head: Int) -> QueryStatistics {
    QueryStatistics(
      greatest: greatest + head * queryCount, logSum: logSum + head * queryCount, queryCount: queryCount)
  }
}

extension Operand {
  fileprivate func pointer<Value>(_: Value.Type) -> UnsafeMutablePointer<Value> { address.assumingMemoryBound(to: Value.self) }
}

/// What all heads have in common.
private struct AttentionHeads<Value: BLASElement> {
  /// Queries and keys at a time: their scores fit a common second-level cache.
  private static var queryBlock: Int { 64 }
  private static var keyBlock: Int { 512 }
  /// So many tasks keep the threads busy.
  private static var enoughTasks: Int { 16 }
  /// Multiplications that are worth another thread.
  private static var grain: Int { 1 << 17 }

  let attention: Attention
  let query: Heads<Value>
  let key: Heads<Value>
  let value: Heads<Value>
  let headCount: Int
  let queryCount: Int
  let keyCount: Int
  let width: Int
  let valueWidth: Int
  /// The queries of a head are cut into so many parts, by the shape alone, so that results repeat.
  let partCount: Int
  let loops: AttentionLoops<Value>

  init(_ attention: Attention, _ query: Operand, _ key: Operand, _ value: Operand, _ loops: AttentionLoops<Value>) {
    self.attention = attention
    self.query = Heads(query)
    self.key = Heads(key)
    self.value = Heads(value)
    self.loops = loops
    headCount = query.shape[0] * query.shape[1]
    (queryCount, width) = (query.shape[2], query.shape[3])
    (keyCount, valueWidth) = (key.shape[2], value.shape[3])
    partCount = max(1, min(Self.enoughTasks / headCount, queryCount / (2 * Self.queryBlock)))
  }

  func part(of queries: Range<Int>) -> Int { queries.lowerBound * partCount / queryCount }

  /// Calls `body` for some queries of every head, on all threads.
  func forEachPart(_ failed: borrowing Atomic<Bool>, _ body: (_ head: Int, _ queries: Range<Int>) throws(TensorError) -> Void) {
    let work = queryCount * keyCount * (width + valueWidth) / partCount
    ThreadPool.shared.parallel(count: headCount * partCount, grain: max(1, Self.grain / max(work, 1))) { range in
      for index in range {
        let (head, part) = index.quotientAndRemainder(dividingBy: partCount)
        // Rounded up, so that `part(of:)` is the reverse.
        let bound = { (part: Int) in (queryCount * part + partCount - 1) / partCount }
        do throws(TensorError) {
          try body(head, bound(part)..<bound(part + 1))
        } catch {
          failed.store(true, ordering: .relaxed)
        }
      }
    }
  }

  // MARK: Blocks

  /// Some queries, and the first of some keys: as many as one of these queries sees.
  private struct Block {
    let queries: Range<Int>
    let keys: Range<Int>
    /// Whether these are the first keys, and the first queries that see any of these keys.
    let isFirstOfRow: Bool
    let isFirstOfColumn: Bool
  }

  /// The elements from one row of scores to the next: more than a multiple of the cache's, whose places repeat.
  private var scoreStride: Int {
    let unit = Int(fx_scores_unit)
    return (min(Self.keyBlock, keyCount) + unit - 1) / unit * unit + unit / 2
  }

  private func keyRanges() -> StrideTo<Int> { stride(from: 0, to: keyCount, by: Self.keyBlock) }

  private func forEachBlock(
    _ queries: Range<Int>, _ keys: Range<Int>, _ body: (Block) throws(TensorError) -> Void
  ) throws(TensorError) {
    var isFirst = true
    for start in stride(from: queries.lowerBound, to: queries.upperBound, by: Self.queryBlock) {
      let end = min(start + Self.queryBlock, queries.upperBound)
      let visible = attention.isCausal ? min(keys.upperBound, end) : keys.upperBound
      if visible <= keys.lowerBound { continue }
      try body(
        Block(
          queries: start..<end, keys: keys.lowerBound..<visible, isFirstOfRow: keys.lowerBound == 0, isFirstOfColumn: isFirst))
      isFirst = false
    }
  }

  private func shape(_ block: Block) -> fx_scores {
    fx_scores(
      rows: block.queries.count, columns: block.keys.count, row_stride: scoreStride,
      visible: attention.isCausal ? block.queries.lowerBound - block.keys.lowerBound + 1 : block.keys.count,
      step: attention.isCausal ? 1 : 0, scale: attention.scale)
  }

  /// The columns of some rows of a matrix, one after another: what a product reads fast on its right side.
  private func transposed(_ matrix: AttentionMatrix<Value>, _ rows: Range<Int>, width: Int, to memory: UnsafeMutablePointer<Value>)
    -> AttentionMatrix<Value>
  {
    fx_copy_plane(
      memory, scoreStride, 1, matrix.start + rows.lowerBound * matrix.row, 1, matrix.row, width, rows.count,
      Int32(MemoryLayout<Value>.stride), 0)
    return AttentionMatrix(start: memory, row: scoreStride)
  }

  /// c = a · b, or c += a · b.
  private func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: AttentionMatrix<Value>, _ b: AttentionMatrix<Value>, to c: AttentionMatrix<Value>, adds: Bool
  ) throws(TensorError) {
    try piece(
      MatrixProduct(
        dtype: Value.dtype, m: m, n: n, k: k,
        a: MatrixProduct.Operand(start: a.start, rowStride: a.row, columnStride: a.column),
        b: MatrixProduct.Operand(start: b.start, rowStride: b.row, columnStride: b.column),
        c: MatrixProduct.Output(start: c.start, rowStride: c.row), beta: .int(adds ? 1 : 0)))
  }

  private func withMemory(
    _ count: Int, _ body: (UnsafeMutablePointer<Value>) throws(TensorError) -> Void
  ) throws(TensorError) {
    let byteCount = count * MemoryLayout<Value>.stride
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    try body(memory.bindMemory(to: Value.self, capacity: count))
  }

  // MARK: The result

  func result(
    _ head: Int, _ queries: Range<Int>, to output: AttentionMatrix<Value>, _ statistics: QueryStatistics<Value>
  ) throws(TensorError) {
    let (query, key, value) = (query[head], key[head], value[head])
    let scoreCount = Self.queryBlock * scoreStride
    let greatest = statistics.greatest + queries.lowerBound
    greatest.update(repeating: -.infinity, count: queries.count)
    try withMemory(scoreCount + width * scoreStride) { (memory) throws(TensorError) in
      let scores = AttentionMatrix(start: memory, row: scoreStride)
      var sums = [Double](repeating: 0, count: queries.count)
      try sums.withUnsafeMutableBufferPointer { (sums) throws(TensorError) in
        let sums = sums.baseAddress!
        for start in keyRanges() {
          let keys = start..<min(start + Self.keyBlock, keyCount)
          if attention.isCausal && start >= queries.upperBound { break }
          let turned = transposed(key, keys, width: width, to: memory + scoreCount)
          try forEachBlock(queries, keys) { (block) throws(TensorError) in
            let (rows, columns) = (block.queries.count, block.keys.count)
            let first = block.queries.lowerBound
            try multiply(rows, columns, width, query.rows(from: first), turned, to: scores, adds: false)
            let target = output.rows(from: first)
            var shape = shape(block)
            let place = first - queries.lowerBound
            loops.attend(
              scores.start, &shape, greatest + place, sums + place, block.isFirstOfRow ? nil : target.start, target.row, valueWidth)
            try multiply(
              rows, valueWidth, columns, scores, value.rows(from: block.keys.lowerBound), to: target, adds: !block.isFirstOfRow)
          }
        }
        let target = output.rows(from: queries.lowerBound)
        loops.attended(
          target.start, target.row, queries.count, valueWidth, greatest, statistics.logSum + queries.lowerBound, sums)
      }
    }
  }

  // MARK: The gradients

  func gradients(
    _ head: Int, _ queries: Range<Int>, g: AttentionMatrix<Value>, result: AttentionMatrix<Value>,
    _ statistics: QueryStatistics<Value>, to toQuery: AttentionMatrix<Value>, _ toKey: AttentionMatrix<Value>,
    _ toValue: AttentionMatrix<Value>
  ) throws(TensorError) {
    let (query, key, value) = (query[head], key[head], value[head])
    let scoreCount = Self.queryBlock * scoreStride
    let turnedCount = width * scoreStride
    try withMemory(2 * scoreCount + turnedCount + valueWidth * scoreStride + queries.count) { (memory) throws(TensorError) in
      let weights = AttentionMatrix(start: memory, row: scoreStride)
      let slopes = AttentionMatrix(start: memory + scoreCount, row: scoreStride)
      let turned = memory + 2 * scoreCount
      // Where all keys are one block, the means come of its weights.
      let means = keyCount > Self.keyBlock ? turned + turnedCount + valueWidth * scoreStride : nil
      if let means {
        let own = (g.rows(from: queries.lowerBound), result.rows(from: queries.lowerBound))
        loops.rowProducts(means, own.0.start, own.0.row, own.1.start, own.1.row, queries.count, valueWidth)
      }
      for start in keyRanges() {
        let keys = start..<min(start + Self.keyBlock, keyCount)
        let isSeen = !attention.isCausal || start < queries.upperBound
        let turnedKey = isSeen ? transposed(key, keys, width: width, to: turned) : slopes
        let turnedValue = isSeen ? transposed(value, keys, width: valueWidth, to: turned + turnedCount) : slopes
        // The gradients of the keys before this one have been begun.
        var seen = start
        try forEachBlock(queries, keys) { (block) throws(TensorError) in
          let (rows, columns) = (block.queries.count, block.keys.count)
          let (first, firstKey) = (block.queries.lowerBound, block.keys.lowerBound)
          var shape = shape(block)
          try multiply(rows, columns, width, query.rows(from: first), turnedKey, to: weights, adds: false)
          loops.weights(weights.start, &shape, statistics.greatest + first, statistics.logSum + first)
          try multiply(rows, columns, valueWidth, g.rows(from: first), turnedValue, to: slopes, adds: false)
          loops.slopes(slopes.start, weights.start, &shape, means.map { $0 + (first - queries.lowerBound) })
          try multiply(
            rows, width, columns, slopes, key.rows(from: firstKey), to: toQuery.rows(from: first), adds: !block.isFirstOfRow)
          if !block.isFirstOfColumn {
            clear(toKey, seen..<block.keys.upperBound, width)
            clear(toValue, seen..<block.keys.upperBound, valueWidth)
          }
          seen = block.keys.upperBound
          try multiply(
            columns, width, rows, slopes.transposed, query.rows(from: first), to: toKey.rows(from: firstKey),
            adds: !block.isFirstOfColumn)
          try multiply(
            columns, valueWidth, rows, weights.transposed, g.rows(from: first), to: toValue.rows(from: firstKey),
            adds: !block.isFirstOfColumn)
        }
        clear(toKey, seen..<keys.upperBound, width)
        clear(toValue, seen..<keys.upperBound, valueWidth)
      }
    }
  }

  private func clear(_ matrix: AttentionMatrix<Value>, _ rows: Range<Int>, _ width: Int) {
    for row in rows { (matrix.start + row * matrix.row).initialize(repeating: 0, count: width) }
  }
}

/// The gradients by keys and values of the parts of a head: the first part's go where they belong, and the others' are added to them.
private struct PartialSums<Value: BLASElement> {
  private let key: Heads<Value>
  private let value: Heads<Value>
  private let headCount: Int
  private let partCount: Int
  private let keyCount: Int
  private let widths: (key: Int, value: Int)
  private let others: Operand?

  init(_ heads: AttentionHeads<Value>, key: Heads<Value>, value: Heads<Value>) throws(TensorError) {
    (self.key, self.value) = (key, value)
    (headCount, partCount, keyCount) = (heads.headCount, heads.partCount, heads.keyCount)
    widths = (heads.width, heads.valueWidth)
    let count = headCount * (partCount - 1) * keyCount * (widths.key + widths.value)
    others =
      count == 0
      ? nil
      : Operand(
        storage: try CPUDevice.shared.allocate(byteCount: count * MemoryLayout<Value>.stride), layout: Layout(shape: [count]),
        dtype: Value.dtype)
  }

  func targets(_ head: Int, part: Int) -> (key: AttentionMatrix<Value>, value: AttentionMatrix<Value>) {
    guard part > 0, let others else { return (key[head], value[head]) }
    let start = others.pointer(Value.self) + (head * (partCount - 1) + part - 1) * keyCount * (widths.key + widths.value)
    return (
      AttentionMatrix(start: start, row: widths.key), AttentionMatrix(start: start + keyCount * widths.key, row: widths.value)
    )
  }

  func addUp(_ add: fx_loop) {
    guard partCount > 1 else { return }
    ThreadPool.shared.parallel(count: headCount * keyCount, grain: max(1, 16_384 / (widths.key + widths.value))) { range in
      for index in range {
        let (head, row) = index.quotientAndRemainder(dividingBy: keyCount)
        let first = targets(head, part: 0)
        for part in 1..<partCount {
          let other = targets(head, part: part)
          for (target, source, width) in [(first.key, other.key, widths.key), (first.value, other.value, widths.value)] {
            let place = target.rows(from: row).start
            add(place, place, source.rows(from: row).start, nil, width)
          }
        }
      }
    }
  }
}

/// The loops of one dtype.
private struct AttentionLoops<Value> {
  typealias Memory = UnsafeMutablePointer<Value>
  typealias Shape = UnsafePointer<fx_scores>

  let attend: (Memory, Shape, Memory, UnsafeMutablePointer<Double>, Memory?, Int, Int) -> Void
  let attended: (Memory, Int, Int, Int, Memory, Memory, UnsafeMutablePointer<Double>) -> Void
  let weights: (Memory, Shape, Memory, Memory) -> Void
  let slopes: (Memory, Memory, Shape, Memory?) -> Void
  let rowProducts: (Memory, Memory, Int, Memory, Int, Int, Int) -> Void
  let add: fx_loop
}

extension AttentionLoops<Float> {
  static var float32: AttentionLoops {
    AttentionLoops(
      attend: fx_attend_float32, attended: { fx_attended_float32($0, $1, $2, $3, $4, $5, $6) },
      weights: { fx_attention_weights_float32($0, $1, $2, $3) }, slopes: { fx_attention_slopes_float32($0, $1, $2, $3) },
      rowProducts: { fx_row_products_float32($0, $1, $2, $3, $4, $5, $6) }, add: fx_add().float32!)
  }
}

extension AttentionLoops<Double> {
  static var float64: AttentionLoops {
    AttentionLoops(
      attend: fx_attend_float64, attended: { fx_attended_float64($0, $1, $2, $3, $4, $5, $6) },
      weights: { fx_attention_weights_float64($0, $1, $2, $3) }, slopes: { fx_attention_slopes_float64($0, $1, $2, $3) },
      rowProducts: { fx_row_products_float64($0, $1, $2, $3, $4, $5, $6) }, add: fx_add().float64!)
  }
}

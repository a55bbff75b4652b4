import CKernels

/// Running reductions along one dimension of any layout.
enum CPUScan {
  static func run(
    _ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?
  ) throws(TensorError) {
    guard output.count > 0 else { return }
    if input.layout.rank == 0 {
      try CPUDevice.shared.copy(input, to: output)
      if let indices { try CPUDevice.shared.fill(indices, with: .int(0)) }
      return
    }
    guard let method = ScanMethod(scan, output: output.dtype) else {
      throw .notImplemented("\"logcumsumexp_out_cpu\" not implemented for '\(output.dtype.scalarTypeName)'")
    }
    ScanPlan(method, input, dim: dim, output, indices).run()
  }
}

/// Which loop scans, and what it reads and writes.
private struct ScanMethod {
  let values: DType
  let loop: fx_scanner
  let findsPlaces: Bool

  /// Nil where the dtype has no such scan.
  init?(_ scan: Scan, output: DType) {
    let loop: fx_scanner?
    switch scan {
    case .sum, .product, .logSumExp:
      findsPlaces = false
      values = output.isIntegral ? .int64 : output.computeDType
      let table = scan == .sum ? fx_scan_sum() : scan == .product ? fx_scan_product() : fx_scan_logsumexp()
      loop =
        switch output {
        case .float16, .bfloat16: table.halves
        case .float32: table.float32
        case .float64: table.float64
        case .bool, .uint8, .int8, .int16, .int32, .int64: table.int64
        }
    case .min, .max:
      findsPlaces = true
      // Booleans are converted to ones and zeros, as any byte but zero is true.
      values = output == .bool ? .uint8 : output.computeDType
      let table = scan == .min ? fx_scan_minimum() : fx_scan_maximum()
      loop =
        switch values {
        case .bool, .uint8: table.uint8
        case .int8: table.int8
        case .int16: table.int16
        case .int32: table.int32
        case .int64: table.int64
        case .float16, .bfloat16, .float32: table.float32
        case .float64: table.float64
        }
    }
    guard let loop else { return nil }
    self.loop = loop
  }
}

/// How a scan is cut into tasks: along the scanned dimension where its elements follow each other closest, and otherwise over a tile of the
/// dimension that does, so that memory is read in the order it lies in.
private struct ScanPlan {
  private static let scratchByteCount = 16_384
  /// Elements that are worth another thread.
  private static let grain = 8192

  private let method: ScanMethod
  private let input: Operand
  private let output: Operand
  private let indices: Operand?
  private let reader: Converter
  private let writer: Converter
  private let placeWriter: Converter

  /// Strides of the input, the output and the indices, in this order, everywhere.
  private let outer: Axes
  private let lanes: (size: Int, strides: [Int])
  private let steps: (size: Int, strides: [Int])
  private let tile: Int

  init(_ method: ScanMethod, _ input: Operand, dim: Int, _ output: Operand, _ indices: Operand?) {
    self.method = method
    self.input = input
    self.output = output
    self.indices = indices
    reader = Converter(memory: input.dtype, values: method.values)
    writer = Converter(memory: output.dtype, values: method.values)
    placeWriter = Converter(memory: indices?.dtype ?? .int64, values: .int64)
    let layouts = [input.layout, output.layout, (indices ?? output).layout]
    steps = (input.shape[dim], layouts.map { $0.strides[dim] })
    var outer = Axes(input.shape.indices.filter { $0 != dim }, of: layouts)
    outer.sort()
    outer.coalesce()
    if let closest = outer.strides[0].last, abs(closest) < abs(steps.strides[0]) {
      lanes = outer.popInnermost()
    } else {
      lanes = (1, [0, 0, 0])
    }
    self.outer = outer
    tile = min(lanes.size, 256)
  }

  func run() {
    let tileCount = (lanes.size + tile - 1) / tile
    ThreadPool.shared.parallel(
      count: outer.count * tileCount, grain: max(1, Self.grain / (tile * steps.size))
    ) { range in
      // Tiles of input, values and places, and the accumulators.
      let capacity = Self.scratchByteCount / 8
      withUnsafeTemporaryAllocation(byteCount: 3 * Self.scratchByteCount + 2 * tile * 8, alignment: 64) { memory in
        for index in range {
          let (position, part) = index.quotientAndRemainder(dividingBy: tileCount)
          let lane = part * tile
          scan(position, lane: lane, laneCount: min(tile, lanes.size - lane), memory.baseAddress!, capacity: capacity)
        }
      }
    }
  }

  private func scan(
    _ position: Int, lane: Int, laneCount: Int, _ memory: UnsafeMutableRawPointer, capacity: Int
  ) {
    let tiles = (0..<4).map { memory + $0 * Self.scratchByteCount }
    let start = (0..<3).map { outer.offset(of: position, in: $0) + lane * lanes.strides[$0] }
    let places = method.findsPlaces ? tiles[2].bindMemory(to: Int64.self, capacity: capacity) : nil
    let accumulatedPlaces =
      method.findsPlaces ? (tiles[3] + tile * 8).bindMemory(to: Int64.self, capacity: tile) : nil
    let rowsPerTile = capacity / laneCount
    let isDirect = !reader.isNeeded && (laneCount == 1 || lanes.strides[0] == 1)
    for step in stride(from: 0, to: steps.size, by: rowsPerTile) {
      let rows = min(rowsPerTile, steps.size - step)
      let address = { (operand: Operand, side: Int) in
        operand.address + (start[side] + step * steps.strides[side]) * operand.dtype.byteCount
      }
      var scan = fx_scan(
        out: tiles[1], places: places, acc: tiles[3], acc_places: accumulatedPlaces, in: tiles[0], rows: rows,
        row_stride: laneCount, n: laneCount, before: step)
      if isDirect {
        scan.in = UnsafeRawPointer(address(input, 0))
        scan.row_stride = steps.strides[0]
      } else {
        move(rows, laneCount, side: 0) { row, stride, done, count in
          reader.load(
            tiles[0] + done * method.values.byteCount, from: address(input, 0) + row * input.dtype.byteCount, stride: stride,
            count: count)
        }
      }
      method.loop(&scan)
      move(rows, laneCount, side: 1) { row, stride, done, count in
        writer.store(
          address(output, 1) + row * output.dtype.byteCount, stride: stride, from: tiles[1] + done * method.values.byteCount,
          count: count)
      }
      if let places, let indices {
        move(rows, laneCount, side: 2) { row, stride, done, count in
          placeWriter.store(
            address(indices, 2) + row * indices.dtype.byteCount, stride: stride, from: places + done, count: count)
        }
      }
    }
  }

  /// Calls `body` for the runs of a tile in one operand, with the offset and stride there, how many elements of the tile came before, and
  /// how many follow.
  private func move(_ rows: Int, _ laneCount: Int, side: Int, _ body: (Int, Int, Int, Int) -> Void) {
    if laneCount == 1 { return body(0, steps.strides[side], 0, rows) }
    for row in 0..<rows { body(row * steps.strides[side], lanes.strides[side], row * laneCount, laneCount) }
  }
}

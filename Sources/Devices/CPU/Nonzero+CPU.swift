import CKernels

extension CPUIndexing {
  /// Counts block by block, then writes block by block where the counts before say.
  static func nonzero(_ input: Operand, device: CPUDevice) throws(TensorError) -> Operand {
    let rank = input.layout.rank
    let finder = NonzeroFinder(input)
    let count = input.count
    let block = 16_384
    let blockCount = (count + block - 1) / block
    var starts = [Int](repeating: 0, count: blockCount + 1)
    starts.withUnsafeMutableBufferPointer { starts in
      let counts = starts.baseAddress! + 1
      ThreadPool.shared.parallel(count: blockCount, grain: 1) { range in
        for index in range {
          var found = 0
          finder.forEachTile(of: index * block..<min(count, (index + 1) * block)) { flags, _, length in
            for i in 0..<length { found &+= Int(flags[i]) }
          }
          counts[index] = found
        }
      }
    }
    for index in 0..<blockCount { starts[index + 1] += starts[index] }

    let layout = Layout(shape: [starts[blockCount], rank])
    let storage = try device.allocate(byteCount: layout.count * DType.int64.byteCount)
    let output = Operand(storage: storage, layout: layout, dtype: .int64)
    if layout.count == 0 { return output }
    let coordinates = output.address.bindMemory(to: Int64.self, capacity: layout.count)
    ThreadPool.shared.parallel(count: blockCount, grain: 1) { range in
      withUnsafeTemporaryAllocation(of: Int64.self, capacity: NonzeroFinder.tile + 1) { places in
        let places = places.baseAddress!
        for index in range {
          var next = coordinates + starts[index] * rank
          finder.forEachTile(of: index * block..<min(count, (index + 1) * block)) { flags, start, length in
            // Whether an element is kept is nothing to predict, so each is written and the next one may overwrite it.
            var found = 0
            for i in 0..<length {
              places[found] = Int64(start &+ i)
              found &+= Int(flags[i])
            }
            writeCoordinates(places, count: found, input.shape, next)
            next += found * rank
          }
        }
      }
    }
    return output
  }

  /// Writes the coordinates of rising positions in a shape. Those of all but the last dimension change from row to row only.
  private static func writeCoordinates(
    _ places: UnsafePointer<Int64>, count: Int, _ shape: [Int], _ coordinates: UnsafeMutablePointer<Int64>
  ) {
    let rank = shape.count
    if rank == 1 { return coordinates.update(from: places, count: count) }
    let inner = Int64(shape[rank - 1])
    var row: Range<Int64> = 0..<0
    var next = coordinates
    for i in 0..<count {
      let place = places[i]
      if place >= row.upperBound {
        var rest = place / inner
        row = rest * inner..<(rest + 1) * inner
        for dim in stride(from: rank - 2, through: 0, by: -1) {
          (rest, next[dim]) = rest.quotientAndRemainder(dividingBy: Int64(shape[dim]))
        }
      } else {
        for dim in 0..<(rank - 1) { next[dim] = next[dim - rank] }
      }
      next[rank - 1] = place - row.lowerBound
      next += rank
    }
  }
}

/// Reads any operand in row-major order as bytes of zero and one.
private struct NonzeroFinder {
  private let input: Operand
  private let axes: Axes
  private let reader: Converter
  static let tile = 2048

  init(_ input: Operand) {
    self.input = input
    var axes = Axes(input.shape.indices, of: [input.layout])
    axes.coalesce()
    self.axes = axes
    // The bytes are added and written by: those of booleans may be any, and are made ones and zeros as they are converted.
    reader = Converter(memory: input.dtype, values: input.dtype == .bool ? .uint8 : .bool)
  }

  /// Calls `body` with a byte for each element of a tile, zero or one, the tile's first position and its length.
  func forEachTile(of range: Range<Int>, _ body: (UnsafePointer<UInt8>, Int, Int) -> Void) {
    let inner = axes.sizes.last ?? 1
    let stride = axes.strides[0].last ?? 1
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.tile) { tile in
      let flags = tile.baseAddress!
      var start = range.lowerBound
      while start < range.upperBound {
        let length = min(Self.tile, range.upperBound - start)
        var done = 0
        while done < length {
          let position = start + done
          let run = min(inner - position % inner, length - done)
          reader.load(
            flags + done, from: input.address + axes.offset(of: position, in: 0) * input.dtype.byteCount, stride: stride,
            count: run)
          done += run
        }
        body(flags, start, length)
        start += length
      }
    }
  }
}

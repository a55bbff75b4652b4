import Synchronization

/// Pooling and interpolation on the host.
enum CPUPooling {
  /// The least work worth a thread of its own, in elements read.
  private static let grain = 1 << 14

  // MARK: The greatest of a window

  static func maxPool(
    _ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand, on device: CPUDevice
  ) throws(TensorError) {
    guard values.count > 0 else { return }
    let dtype = values.dtype.windowDType
    let x = try device.compact(input, as: dtype)
    try device.writing(values, as: dtype) { values throws(TensorError) in
      try device.writing(indices, as: .int64) { indices throws(TensorError) in
        switch dtype {
        case .float32: maxPool(Float.self, x, windows, values, indices)
        case .float64: maxPool(Double.self, x, windows, values, indices)
        default: maxPool(Int64.self, x, windows, values, indices)
        }
      }
    }
  }

  private static func maxPool<T: WindowElement>(
    _: T.Type, _ input: Operand, _ windows: [WindowPositions], _ values: Operand, _ indices: Operand
  ) {
    // The dimensions that a pooling lacks come first and have one place.
    let alone = WindowPositions(starts: [0], counts: [1])
    let all = [WindowPositions](repeating: alone, count: 3 - windows.count) + windows
    let (deep, high, wide) = (all[0], all[1], all[2])
    let sizes = [Int](repeating: 1, count: 3 - windows.count) + input.shape.suffix(windows.count)
    let (height, width) = (sizes[1], sizes[2])
    let planeCount = sizes.reduce(1, *)
    let lines = deep.starts.count * high.starts.count
    let lineCount = wide.starts.count
    let runs = WindowRun.all(of: wide)
    let x = input.address.assumingMemoryBound(to: T.self)
    let values = values.address.assumingMemoryBound(to: T.self)
    let indices = indices.address.assumingMemoryBound(to: Int64.self)
    let windowCount = all.reduce(1) { $0 * ($1.counts.max() ?? 1) }
    let total = input.count / planeCount * lines
    ThreadPool.shared.parallel(count: total, grain: max(1, grain / (lineCount * windowCount))) { range in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: windowCount) { offsets in
        let offsets = offsets.baseAddress!
        // Of the windows whose elements the offsets lead to.
        var sizes = (0, 0, 0)
        for line in range {
          let (plane, place) = line.quotientAndRemainder(dividingBy: lines)
          let (oz, oy) = place.quotientAndRemainder(dividingBy: high.starts.count)
          let start = (deep.starts[oz] * height + high.starts[oy]) * width
          for run in runs {
            if sizes != (deep.counts[oz], high.counts[oy], run.elements) {
              sizes = (deep.counts[oz], high.counts[oy], run.elements)
              var next = offsets
              for dz in 0..<sizes.0 {
                for dy in 0..<sizes.1 {
                  let row = (dz * deep.step * height + dy * high.step) * width
                  for dx in 0..<sizes.2 { next[dx] = row + dx * wide.step }
                  next += sizes.2
                }
              }
            }
            let target = line * lineCount + run.first
            T.maxWindows(
              values + target, indices + target, x + plane * planeCount, start + run.start, run.stride, run.count, offsets,
              sizes.0 * sizes.1 * sizes.2)
          }
        }
      }
    }
  }

  /// Neighbouring windows along a line of as many elements each, at equal distances.
  private struct WindowRun {
    let first: Int
    let count: Int
    let start: Int
    let stride: Int
    /// Of each window.
    let elements: Int

    static func all(of windows: WindowPositions) -> [WindowRun] {
      let (starts, counts) = (windows.starts, windows.counts)
      var runs: [WindowRun] = []
      var first = 0
      while first < starts.count {
        var end = first + 1
        while end < starts.count && counts[end] == counts[first]
          && starts[end] - starts[end - 1] == starts[first + 1] - starts[first]
        {
          end += 1
        }
        let stride = end > first + 1 ? starts[first + 1] - starts[first] : 1
        runs.append(
          WindowRun(first: first, count: end - first, start: starts[first], stride: stride, elements: counts[first]))
        first = end
      }
      return runs
    }
  }

  // MARK: Back to the places of the greatest

  static func maxPoolGradient(
    _ input: Operand, indices: Operand, rank: Int, to output: Operand, on device: CPUDevice
  ) throws(TensorError) {
    guard output.count > 0 else { return }
    let dtype = output.dtype.windowDType
    let values = try device.compact(input, as: dtype)
    let places = try device.compact(indices, as: .int64)
    try device.writing(output, as: dtype) { result throws(TensorError) in
      switch dtype {
      case .float32: try maxPoolGradient(Float.self, values, places, rank, result)
      case .float64: try maxPoolGradient(Double.self, values, places, rank, result)
      default: try maxPoolGradient(Int64.self, values, places, rank, result)
      }
    }
  }

  private static func maxPoolGradient<T: WindowElement>(
    _: T.Type, _ input: Operand, _ indices: Operand, _ rank: Int, _ output: Operand
  ) throws(TensorError) {
    let volume = output.shape.suffix(rank).reduce(1, *)
    let planes = output.count / volume
    let count = input.count / planes
    let values = input.address.assumingMemoryBound(to: T.self)
    let places = indices.address.assumingMemoryBound(to: Int64.self)
    let result = output.address.assumingMemoryBound(to: T.self)
    let failed = Atomic(false)
    ThreadPool.shared.parallel(count: planes, grain: max(1, grain / (volume + 2 * count))) { range in
      for plane in range {
        let target = result + plane * volume
        target.update(repeating: .zero, count: volume)
        for i in plane * count..<(plane + 1) * count {
          let place = Int(places[i])
          guard UInt(bitPattern: place) < UInt(bitPattern: volume) else { return failed.store(true, ordering: .relaxed) }
          target[place] = T.sum(target[place], values[i])
        }
      }
    }
    if failed.load(ordering: .relaxed) {
      let place = (0..<input.count).first { places[$0] < 0 || places[$0] >= Int64(volume) }.map { places[$0] } ?? 0
      throw .index("index \(place) is out of bounds for dimension \(output.shape.count - rank) with size \(volume)")
    }
  }

  // MARK: Bands along a dimension

  static func resample(
    _ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand, on device: CPUDevice
  ) throws(TensorError) {
    guard output.count > 0 else { return }
    let dtype = output.dtype.windowDType
    let x = try device.compact(input, as: dtype)
    try device.writing(output, as: dtype) { result throws(TensorError) in
      switch dtype {
      case .float32: resample(Float.self, x, dim, bands, isTransposed, result)
      case .float64: resample(Double.self, x, dim, bands, isTransposed, result)
      default: resample(Int64.self, x, dim, bands, isTransposed, result)
      }
    }
  }

  private static func resample<T: WindowElement>(
    _: T.Type, _ input: Operand, _ dim: Int, _ bands: Bands, _ isTransposed: Bool, _ output: Operand
  ) {
    let inner = output.shape.dropFirst(dim + 1).reduce(1, *)
    let outer = output.shape.prefix(dim).reduce(1, *)
    let x = input.address.assumingMemoryBound(to: T.self)
    let result = output.address.assumingMemoryBound(to: T.self)
    let (inputSize, outputSize) = (input.shape[dim], output.shape[dim])
    let weights = bands.weights.map { T(weight: $0) }
    // What lies side by side behind the dimension is cut into pieces too, so that a line stays in the cache.
    let length = min(inner, 512)
    let pieces = (inner + length - 1) / length
    let work = max(bands.weights.count, outputSize) * length
    ThreadPool.shared.parallel(count: outer * pieces, grain: max(1, grain / work)) { range in
      for index in range {
        let (block, piece) = index.quotientAndRemainder(dividingBy: pieces)
        let start = piece * length
        let count = min(length, inner - start)
        let source = x + block * inputSize * inner + start
        let target = result + block * outputSize * inner + start
        for place in 0..<outputSize { (target + place * inner).update(repeating: .zero, count: count) }
        for row in 0..<bands.rows {
          let first = bands.offsets[row]
          for tap in first..<bands.offsets[row + 1] {
            let column = bands.starts[row] + tap - first
            let from = source + (isTransposed ? row : column) * inner
            let to = target + (isTransposed ? column : row) * inner
            let weight = weights[tap]
            for i in 0..<count { to[i] = T.multiplyAdd(weight, from[i], to[i]) }
          }
        }
      }
    }
  }
}

// Reductions, running reductions, sorting and products: what looks along dimensions.

extension ReferenceDevice {
  public func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError) {
    try begin([input, output], bytesPerElement: Layout.laneByteCount)
    let values = Elements(input)
    let results = Elements(output)
    for (i, lane) in input.layout.lanes(along: dims).enumerated() {
      let lane = lane.map { values[$0] }
      switch reduction {
      case .any: results[i] = .bool(lane.contains { $0.boolValue })
      case .all: results[i] = .bool(lane.allSatisfy { $0.boolValue })
      case .sum: results[i] = fold(lane, from: .int(0), .add, in: output.dtype)
      case .product: results[i] = fold(lane, from: .int(1), .mul, in: output.dtype)
      case .min, .max, .argMin, .argMax:
        guard var best = lane.first else { throw Self.emptyReduction(reduction, dim: dims.first ?? 0) }
        var place = 0
        for (position, value) in lane.enumerated() where isMoreExtreme(value, than: best, reduction) {
          (best, place) = (value, position)
        }
        results[i] = reduction == .min || reduction == .max ? best : .int(Int64(place))
      }
    }
  }

  private static func emptyReduction(_ reduction: Reduction, dim: Int) -> TensorError {
    let names: [Reduction: String] = [.min: "amin", .max: "amax", .argMin: "argmin", .argMax: "argmax"]
    return .index("\(names[reduction]!)(): Expected reduction dim \(dim) to have non-zero size.")
  }

  /// Whether a value takes the place of an earlier one; NaN is more extreme than any number, and the first of equal values stays.
  private func isMoreExtreme(_ value: Scalar, than best: Scalar, _ reduction: Reduction) -> Bool {
    if best.isNaN || value.isNaN { return !best.isNaN }
    return reduction == .min || reduction == .argMin ? value.isLess(than: best) : best.isLess(than: value)
  }

  /// Sums and products: in 64 bits from the first element to the last.
  private func fold(_ lane: [Scalar], from start: Scalar, _ opcode: Opcode, in dtype: DType) -> Scalar {
    let wide: DType = dtype == .bool ? .bool : dtype.isFloatingPoint ? .float64 : .int64
    return lane.reduce(start.stored(as: wide)) { result, value in
      opcode.value(result, value.stored(as: dtype.computeDType).stored(as: wide), result, in: wide)!
    }
  }

  public func scan(_ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?) throws(TensorError) {
    try begin([input, output] + (indices.map { [$0] } ?? []), bytesPerElement: Layout.laneByteCount)
    if scan == .logSumExp && output.dtype.isIntegral {
      throw .notImplemented("\"logcumsumexp_out_\(type)\" not implemented for '\(output.dtype.scalarTypeName)'")
    }
    let values = Elements(input)
    let results = Elements(output)
    for lane in input.layout.lanes(along: [dim]) {
      for (length, position) in lane.enumerated() {
        let prefix = lane[...length].map { values[$0] }
        switch scan {
        case .sum: results[position] = fold(prefix, from: .int(0), .add, in: output.dtype)
        case .product: results[position] = fold(prefix, from: .int(1), .mul, in: output.dtype)
        case .logSumExp: results[position] = fold(prefix, from: .double(-.infinity), .logaddexp, in: output.dtype)
        case .min, .max:
          // The last of equal values, and the last NaN.
          var place = 0
          for (candidate, value) in prefix.enumerated() {
            let best = prefix[place]
            let isBehind = scan == .min ? best.isLess(than: value) : value.isLess(than: best)
            if value.isNaN || !best.isNaN && !isBehind { place = candidate }
          }
          results[position] = prefix[place]
          if let indices { Elements(indices)[position] = .int(Int64(place)) }
        }
      }
    }
  }

  public func sort(_ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError) {
    try begin([input, values, indices], bytesPerElement: Layout.laneByteCount)
    let elements = Elements(input)
    for lane in input.layout.lanes(along: [dim]) {
      let row = lane.map { elements[$0] }
      let order = row.indices.sorted { i, j in
        let (first, second) = descending ? (row[j], row[i]) : (row[i], row[j])
        if first.isLessInOrder(than: second) { return true }
        return !second.isLessInOrder(than: first) && i < j
      }
      for (position, source) in zip(lane, order) {
        Elements(values)[position] = row[source]
        Elements(indices)[position] = .int(Int64(source))
      }
    }
  }

  public func matrixProduct(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError) {
    try begin([a, b, output] + (addend.map { [$0] } ?? []), bytesPerElement: MemoryLayout<Double>.stride)
    guard output.dtype != .bool else { throw .notImplemented("\"matmul_\(type)\" not implemented for 'Bool'") }
    let sizes = ProductSizes(a.layout, b.layout)
    let (batch, m, n, k) = (sizes.batch, sizes.m, sizes.n, sizes.k)
    let results = Elements(output)
    let addends = addend.map { Elements($0.with(layout: $0.layout.broadcast(to: output.shape))) }
    // Read once, so that the loops are those of any book.
    if output.dtype.isFloatingPoint {
      let left = (0..<a.count).map { Elements(a)[$0].doubleValue }
      let right = (0..<b.count).map { Elements(b)[$0].doubleValue }
      for l in 0..<batch {
        for i in 0..<m {
          for j in 0..<n {
            var sum = addends?[(l * m + i) * n + j].doubleValue ?? 0
            for p in 0..<k { sum += left[(l * m + i) * k + p] * right[(l * k + p) * n + j] }
            results[(l * m + i) * n + j] = .double(sum)
          }
        }
      }
    } else {
      let left = (0..<a.count).map { Elements(a)[$0].intValue }
      let right = (0..<b.count).map { Elements(b)[$0].intValue }
      for l in 0..<batch {
        for i in 0..<m {
          for j in 0..<n {
            var sum = addends?[(l * m + i) * n + j].intValue ?? 0
            for p in 0..<k { sum &+= left[(l * m + i) * k + p] &* right[(l * k + p) * n + j] }
            results[(l * m + i) * n + j] = .int(sum)
          }
        }
      }
    }
  }
}

extension Layout {
  /// The bytes that `lanes` takes for an element at most, with the lists that callers make of them.
  fileprivate static var laneByteCount: Int { 160 }

  /// The positions, in row-major order, of the elements that differ in these dimensions alone: one list for each choice of the
  /// others. A number has one element along any dimension.
  func lanes(along dims: [Int]) -> [[Int]] {
    var kept = shape
    for dim in dims where dim < rank { kept[dim] = 1 }
    let starts = Layout(shape: kept)
    var lanes = [[Int]](repeating: [], count: starts.count)
    for position in 0..<count {
      var lane = 0
      var rest = position
      for dim in stride(from: rank - 1, through: 0, by: -1) {
        if !dims.contains(dim) { lane += rest % shape[dim] * starts.strides[dim] }
        rest /= shape[dim]
      }
      lanes[lane].append(position)
    }
    return lanes
  }
}

extension Scalar {
  var isNaN: Bool {
    if case .double(let value) = self { return value.isNaN }
    return false
  }

  /// As numbers are compared; false where either is NaN.
  func isLess(than other: Scalar) -> Bool {
    if case .double(let a) = self, case .double(let b) = other { return a < b }
    return intValue < other.intValue
  }

  /// As they are sorted: NaN is greater than everything else.
  func isLessInOrder(than other: Scalar) -> Bool { isNaN ? false : other.isNaN || isLess(than: other) }
}

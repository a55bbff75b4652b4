// Convolution, pooling and interpolation: what looks at neighbouring elements.

extension ReferenceDevice {
  public func convolution(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand
  ) throws(TensorError) {
    try begin([a, b, output] + (bias.map { [$0] } ?? []), bytesPerElement: Layout.coordinatesByteCount)
    guard output.dtype != .bool else {
      throw .notImplemented("\"slow_conv\(a.layout.rank - 2)d_\(type)\" not implemented for 'Bool'")
    }
    let (input, weight, result) =
      switch product {
      case .output: (a.shape, b.shape, output.shape)
      case .input: (output.shape, b.shape, a.shape)
      case .weight: (a.shape, output.shape, b.shape)
      }
    var sums = (0..<output.count).map { position -> Scalar in
      guard let bias else { return .int(0) }
      let channel = position / output.shape.dropFirst(2).reduce(1, *) % output.shape[1]
      return Elements(bias)[channel]
    }
    convolution.forEachProduct(input: Layout(shape: input), weight: Layout(shape: weight), output: Layout(shape: result)) {
      x, w, y in
      switch product {
      case .output: sums[y] = sums[y].adding(Elements(a)[x], Elements(b)[w], in: output.dtype)
      case .input: sums[x] = sums[x].adding(Elements(a)[y], Elements(b)[w], in: output.dtype)
      case .weight: sums[w] = sums[w].adding(Elements(a)[x], Elements(b)[y], in: output.dtype)
      }
    }
    for (position, sum) in sums.enumerated() { Elements(output)[position] = sum }
  }

  public func maxPool(_ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand) throws(TensorError) {
    try begin([input, values, indices], bytesPerElement: Layout.coordinatesByteCount)
    let elements = Elements(input)
    let space = Array(input.shape.suffix(windows.count))
    let spaceCount = space.reduce(1, *)
    let places = Layout(shape: windows.map(\.starts.count)).coordinates
    for (position, place) in (0..<values.count).map({ ($0, places[$0 % places.count]) }) {
      let plane = position / places.count * spaceCount
      let counts = zip(windows, place).map { $0.counts[$1] }
      var best: (value: Scalar, place: Int)?
      for offset in Layout(shape: counts).coordinates {
        var index = 0
        for dim in space.indices {
          index = index * space[dim] + windows[dim].starts[place[dim]] + offset[dim] * windows[dim].step
        }
        let value = elements[plane + index]
        if best == nil || value.isNaN || best!.value.isLess(than: value) { best = (value, index) }
      }
      Elements(values)[position] = best!.value
      Elements(indices)[position] = .int(Int64(best!.place))
    }
  }

  public func maxPoolGradient(_ values: Operand, indices: Operand, rank: Int, to output: Operand) throws(TensorError) {
    try begin([values, indices, output], bytesPerElement: MemoryLayout<Scalar>.stride)
    let volume = output.shape.suffix(rank).reduce(1, *)
    let windows = values.shape.suffix(rank).reduce(1, *)
    var sums = [Scalar](repeating: .int(0), count: output.count)
    for position in 0..<values.count {
      let place = Int(Elements(indices)[position].intValue)
      guard place >= 0 && place < volume else {
        throw .index("index \(place) is out of bounds for dimension \(output.shape.count - rank) with size \(volume)")
      }
      let target = position / windows * volume + place
      sums[target] = sums[target].adding(Elements(values)[position], .int(1), in: output.dtype)
    }
    for (position, sum) in sums.enumerated() { Elements(output)[position] = sum }
  }

  public func resample(_ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand) throws(TensorError) {
    try begin([input, output], bytesPerElement: Layout.coordinatesByteCount)
    let (sources, targets) = (input.layout.lanes(along: [dim]), output.layout.lanes(along: [dim]))
    for (source, target) in zip(sources, targets) {
      var sums = [Scalar](repeating: .int(0), count: target.count)
      for row in 0..<bands.rows {
        for tap in bands.offsets[row]..<bands.offsets[row + 1] {
          let column = bands.starts[row] + tap - bands.offsets[row]
          let (from, to) = isTransposed ? (row, column) : (column, row)
          sums[to] = sums[to].adding(Elements(input)[source[from]], .double(bands.weights[tap]), in: output.dtype)
        }
      }
      for (position, sum) in zip(target, sums) { Elements(output)[position] = sum }
    }
  }
}

extension Convolution {
  /// Calls `body` with the places, in row-major order, of every three elements that meet: of the input, the weight and the output.
  fileprivate func forEachProduct(input: Layout, weight: Layout, output: Layout, _ body: (Int, Int, Int) -> Void) {
    let (channels, filters) = (weight.shape[1], weight.shape[0] / groups)
    for y in output.coordinates {
      let group = y[1] / filters
      for k in Layout(shape: [channels] + weight.shape.dropFirst(2)).coordinates {
        var x = [y[0], group * channels + k[0]]
        for dim in stride.indices { x.append(y[dim + 2] * stride[dim] - padding[dim] + k[dim + 1] * dilation[dim]) }
        if zip(x, input.shape).contains(where: { $0 < 0 || $0 >= $1 }) { continue }
        body(input.place(of: x), weight.place(of: [y[1]] + k), output.place(of: y))
      }
    }
  }
}

extension Layout {
  /// The bytes of a list of coordinates, and of what it was made from.
  fileprivate static var coordinatesByteCount: Int { 256 }

  /// The coordinates of all elements in row-major order.
  fileprivate var coordinates: [[Int]] {
    shape.reduce([[]]) { lists, size in lists.flatMap { list in (0..<size).map { list + [$0] } } }
  }

  /// The place in row-major order of the element at some coordinates.
  fileprivate func place(of coordinates: [Int]) -> Int { zip(shape, coordinates).reduce(0) { $0 * $1.0 + $1.1 } }
}

extension Scalar {
  /// This sum, kept in 64 bits, and one product more.
  fileprivate func adding(_ a: Scalar, _ b: Scalar, in dtype: DType) -> Scalar {
    dtype.isFloatingPoint ? .double(doubleValue + a.doubleValue * b.doubleValue) : .int(intValue &+ a.intValue &* b.intValue)
  }
}

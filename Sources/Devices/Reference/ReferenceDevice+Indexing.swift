extension ReferenceDevice {
  public func gather(_ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError) {
    try begin([input, output] + indices, bytesPerElement: 3 * MemoryLayout<Int>.stride)
    let places = try input.layout.places(of: indices, dimensions: dimensions)
    for (i, place) in places.enumerated() { Elements(output)[i] = Elements(input)[place] }
  }

  public func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    try begin([source, output] + indices, bytesPerElement: 3 * MemoryLayout<Int>.stride)
    let places = try output.layout.places(of: indices, dimensions: dimensions)
    let results = Elements(output)
    if mode == .sum {
      for i in 0..<output.count { results[i] = Scalar.int(0).stored(as: output.dtype) }
    }
    for (i, place) in places.enumerated() {
      let value = Elements(source)[i].stored(as: output.dtype)
      let old = results[place]
      switch mode {
      case .set: results[place] = value
      case .add, .sum: results[place] = Opcode.add.value(old, value, old, in: output.dtype)!
      case .multiply: results[place] = Opcode.mul.value(old, value, old, in: output.dtype)!
      case .min: results[place] = Opcode.minimum.value(old, value, old, in: output.dtype)!
      case .max: results[place] = Opcode.maximum.value(old, value, old, in: output.dtype)!
      }
    }
  }

  public func nonzero(_ input: Operand) throws(TensorError) -> Operand {
    try begin([input], bytesPerElement: 3 * MemoryLayout<Int>.stride)
    let found = (0..<input.count).filter { Elements(input)[$0].boolValue }
    let shape = [found.count, input.layout.rank]
    let output = Operand(
      storage: try allocate(byteCount: found.count * input.layout.rank * 8), layout: Layout(shape: shape), dtype: .int64)
    for (row, position) in found.enumerated() {
      var rest = position
      for dim in stride(from: input.layout.rank - 1, through: 0, by: -1) {
        Elements(output)[row * input.layout.rank + dim] = .int(Int64(rest % input.shape[dim]))
        rest /= input.shape[dim]
      }
    }
    return output
  }
}

extension Layout {
  /// The positions, in row-major order, of the elements whose first indices are in the lists: for each entry of the lists those of
  /// all further dimensions.
  fileprivate func places(of lists: [Operand], dimensions: [Int]) throws(TensorError) -> [Int] {
    let inner = shape[lists.count...].reduce(1, *)
    var places: [Int] = []
    for i in 0..<lists[0].count {
      var row = 0
      for (dim, list) in lists.enumerated() {
        let index = Int(Elements(list)[i].intValue)
        guard index >= -shape[dim], index < shape[dim] else {
          throw .index("index \(index) is out of bounds for dimension \(dimensions[dim]) with size \(shape[dim])")
        }
        row = row * shape[dim] + (index < 0 ? index + shape[dim] : index)
      }
      places += (0..<inner).map { row * inner + $0 }
    }
    return places
  }
}

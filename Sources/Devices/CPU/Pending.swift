enum CPUReduce { static func run(_ r: Reduction, _ i: Operand, dims: [Int], to o: Operand) throws(TensorError) {} }
enum CPUScan { static func run(_ s: Scan, _ i: Operand, dim: Int, to o: Operand, indices: Operand?) throws(TensorError) {} }
enum CPUSort { static func run(_ i: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError) {} }
enum CPUIndexing {
  static func gather(_ i: Operand, indices: [Operand], dimensions: [Int], to o: Operand) throws(TensorError) {}
  static func scatter(_ m: ScatterMode, _ s: Operand, indices: [Operand], dimensions: [Int], to o: Operand) throws(TensorError) {}
  static func nonzero(_ i: Operand, device: CPUDevice) throws(TensorError) -> Operand { i }
}
enum CPURandom { static func run(_ d: Distribution, engine: inout MersenneTwister, to o: Operand) throws(TensorError) {} }

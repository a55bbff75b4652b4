/// Draws into operands.
enum CPURandom {
  static func run(
    _ distribution: Distribution, engine: inout MersenneTwister, to output: Operand
  ) throws(TensorError) {
    try distribution.validate(for: output.dtype)
    if output.layout.isContiguous {
      engine.fill(distribution, dtype: output.dtype, into: output.address, count: output.count)
      return
    }
    let dense = try CPUDevice.shared.temporary(like: output)
    engine.fill(distribution, dtype: output.dtype, into: dense.address, count: output.count)
    try CPUDevice.shared.copy(dense, to: output)
  }
}

import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#else
  import Darwin
#endif

// Normal values by the transform of G. E. P. Box and M. E. Muller (1958): two uniforms make two independent normals.

// MARK: - One by one

extension MersenneTwister {
  /// A standard normal value in float64: the cached one if there is one, else the first of a new pair, whose second is cached.
  /// Four words or none.
  public mutating func normal() -> Double {
    if let value = cachedNormal {
      cachedNormal = nil
      return value
    }
    let u1 = unitDouble()
    let u2 = unitDouble()
    let r = (-2 * log1p(-u2)).squareRoot()
    let t = 2 * Double.pi * u1
    cachedNormal = r * sin(t)
    return r * cos(t)
  }

  @inline(__always)
  mutating func normal(mean: Double, std: Double) -> Double { mean.addingProduct(normal(), std) }
}

// MARK: - In blocks

// A block is 16 units; elements j and j + 8 make a pair. The last block ends at the last element and has units of its own, so
// it replaces some of the block before it where the count is not a multiple of 16.

extension MersenneTwister {
  mutating func fillNormalBlocks(_ out: UnsafeMutablePointer<Double>, _ count: Int, _ mean: Double, _ std: Double) {
    func draw(_ out: UnsafeMutablePointer<Double>, _ count: Int) {
      drawState(out, count, block: 16, grain: 32) { values, count in
        fx_unit_float64(values, count)
        for i in stride(from: 0, to: count, by: 16) { Self.transform(values + i, mean, std) }
      }
    }
    draw(out, count)
    if count % 16 != 0 { draw(out + (count - 16), 16) }
  }

  mutating func fillNormalBlocks(_ out: UnsafeMutablePointer<Float>, _ count: Int, _ mean: Double, _ std: Double) {
    let (mean, std) = (Float(mean), Float(std))
    func draw(_ out: UnsafeMutablePointer<Float>, _ count: Int) {
      drawState(out, count, block: 16, grain: 1024) { values, count in
        fx_unit_float32(values, count)
        fx_normal_blocks_float32(values, count / 16, mean, std)
      }
    }
    draw(out, count)
    if count % 16 != 0 { draw(out + (count - 16), 16) }
  }

  /// Halves draw block by block: where the count is not a multiple of 16 they take fewer words than float32, and other ones at the end.
  mutating func fillNormalBlocks<T: ReducedFloat>(
    _ out: UnsafeMutablePointer<T>, _ count: Int, _ mean: Double, _ std: Double
  ) {
    let (mean, std) = (Float(mean), Float(std))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { block in
      let block = block.baseAddress!
      func fillBlock(at start: Int) {
        drawWords(16) { block[$0] = Self.unitFloat($1) }
        fx_normal_blocks_float32(block, 1, mean, std)
        for j in 0..<16 { out[start + j] = T(block[j]) }
      }
      for start in stride(from: 0, through: count - 16, by: 16) { fillBlock(at: start) }
      if count % 16 != 0 { fillBlock(at: count - 16) }
    }
  }

  private static func transform(_ block: UnsafeMutablePointer<Double>, _ mean: Double, _ std: Double) {
    for j in 0..<8 {
      let u1 = 1 - block[j]
      let r = (-2 * log(u1)).squareRoot()
      let t = 2 * Double.pi * block[j + 8]
      block[j] = mean.addingProduct(r * cos(t), std)
      block[j + 8] = mean.addingProduct(r * sin(t), std)
    }
  }
}

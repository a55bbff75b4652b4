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
    drawPairs(count) { out[$0] = Self.unitDouble($1) }
    for i in stride(from: 0, through: count - 16, by: 16) { Self.transform(out + i, mean, std) }
    if count % 16 != 0 {
      let tail = out + (count - 16)
      drawPairs(16) { tail[$0] = Self.unitDouble($1) }
      Self.transform(tail, mean, std)
    }
  }

  mutating func fillNormalBlocks(_ out: UnsafeMutablePointer<Float>, _ count: Int, _ mean: Double, _ std: Double) {
    let (mean, std) = (Float(mean), Float(std))
    drawWords(count) { out[$0] = Self.unitFloat($1) }
    for i in stride(from: 0, through: count - 16, by: 16) { Self.transform(out + i, mean, std) }
    if count % 16 != 0 {
      let tail = out + (count - 16)
      drawWords(16) { tail[$0] = Self.unitFloat($1) }
      Self.transform(tail, mean, std)
    }
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
        Self.transform(block, mean, std)
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

  private static func transform(_ block: UnsafeMutablePointer<Float>, _ mean: Float, _ std: Float) {
    for j in 0..<8 {
      let u1 = 1 - block[j]
      let r = (-2 * cephesLog(u1)).squareRoot()
      let (sine, cosine) = cephesSinCos(6.28318530717958647692 * block[j + 8])
      block[j] = mean.addingProduct(r * cosine, std)
      block[j + 8] = mean.addingProduct(r * sine, std)
    }
  }
}

// MARK: - float32 functions

// S. L. Moshier's Cephes `logf`, `sinf` and `cosf` as PyTorch's vectorised kernel evaluates them (after J. Pommier's sse_mathfun),
// with the fused multiply-adds its compiler forms. A more accurate function would give other bits. On x86-64 each `fma` is a call:
// Swift has no way to compile one function for several processors.

@inline(__always)
private func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

/// The natural logarithm of a number in (0, 1].
@inline(__always)
private func cephesLog(_ argument: Float) -> Float {
  let bits = max(argument, .leastNormalMagnitude).bitPattern
  var exponent = Float(Int32(truncatingIfNeeded: bits >> 23) - 126)
  let mantissa = Float(bitPattern: bits & 0x7F_FFFF | 0x3F00_0000)
  var f = mantissa - 1
  if mantissa < 0.707106781186547524 {
    exponent -= 1
    f += mantissa
  }
  let z = f * f
  var y: Float = 7.0376836292E-2
  y = fma(y, f, -1.1514610310E-1)
  y = fma(y, f, 1.1676998740E-1)
  y = fma(y, f, -1.2420140846E-1)
  y = fma(y, f, 1.4249322787E-1)
  y = fma(y, f, -1.6668057665E-1)
  y = fma(y, f, 2.0000714765E-1)
  y = fma(y, f, -2.4999993993E-1)
  y = fma(y, f, 3.3333331174E-1)
  y *= f
  y = fma(y, z, exponent * -2.12194440e-4)
  y = fma(-z, 0.5, y)
  return fma(exponent, 0.693359375, f + y)
}

/// Sine and cosine of an angle in [0, 2π].
@inline(__always)
private func cephesSinCos(_ t: Float) -> (sine: Float, cosine: Float) {
  // The octant, made even; then t minus that multiple of π/4, taken off in three parts.
  let j = (Int32(t * 1.27323954473516) + 1) & ~1
  let y = Float(j)
  var x = fma(y, -0.78515625, t)
  x = fma(y, -2.4187564849853515625e-4, x)
  x = fma(y, -3.77489497744594108e-8, x)
  let z = x * x

  var c: Float = 2.443315711809948E-5
  c = fma(c, z, -1.388731625493765E-3)
  c = fma(c, z, 4.166664568298827E-2)
  c *= z
  c = fma(c, z, -(z * 0.5))
  c += 1

  var s: Float = -1.9515295891E-4
  s = fma(s, z, 8.3321608736E-3)
  s = fma(s, z, -1.6666654611E-1)
  s *= z
  s = fma(s, x, x)

  let swapped = j & 2 != 0
  let sine = swapped ? c : s
  let cosine = swapped ? s : c
  return (j & 4 != 0 ? -sine : sine, ~(j - 2) & 4 != 0 ? -cosine : cosine)
}

import Devices

// Powers and the exponential function of square matrices.

extension Linalg {
  /// The n-th power of square matrices, of their inverses where n is negative; the unit matrix for zero.
  ///
  /// Errors: `linalg.matrix_power: A must be batches of square matrices, but they are 2 by 3 matrices`; those of `inv`.
  public static func matrixPower(_ a: Tensor, _ n: Int) -> Tensor {
    attempt(a) { a throws(TensorError) in
      try checkSquare("linalg.matrix_power", a)
      if n == 0 { return a.identity(a.rows).expand(a.shape).clone() }
      if n == 1 { return a.clone() }
      let base = n > 0 ? a : inv(a)
      guard base.isValid else { return base }
      // By the bits of the exponent, from the least on.
      var (power, rest, result) = (base, n.magnitude, Tensor?.none)
      while true {
        if rest & 1 == 1 { result = result.map { $0.matmul(power) } ?? power }
        rest >>= 1
        guard rest > 0, let known = result ?? Optional(power) else { break }
        guard known.isValid else { return known }
        power = power.matmul(power)
      }
      return result ?? power
    }
  }

  /// The exponential function of square matrices, Σ Aᵏ / k!.
  ///
  /// By scaling and squaring with the Padé approximant of degree 13: Higham, The scaling and squaring method for the matrix exponential
  /// revisited, 2005. The derivative is a block of the exponential of a matrix of twice the size: Najfeld, Havel, Derivatives of the matrix exponential
  /// and their computation, 1995.
  ///
  /// Error: `linalg.matrix_exp: A must be batches of square matrices, but they are 2 by 3 matrices`.
  public static func matrixExp(_ a: Tensor) -> Tensor {
    attempt(a) { a throws(TensorError) in
      try checkFloating("linalg.matrix_exp", a)
      try checkSquare("linalg.matrix_exp", a)
      if a.count == 0 { return a.clone() }
      let wide = a.bare.to(a.dtype == .float64 ? .float64 : .float32)
      return exponential(wide).to(a.dtype).differentiable("LinalgMatrixExpBackward0", a) { g in
        let n = a.rows
        let turned = a.mT
        let upper = concatenate([turned, g], dim: -1)
        let lower = concatenate([turned.zerosLike(), turned], dim: -1)
        return matrixExp(concatenate([upper, lower], dim: -2))
          .narrow(dim: -2, start: 0, length: n).narrow(dim: -1, start: n, length: n)
      }
    }
  }

  private static func exponential(_ a: Tensor) -> Tensor {
    // Up to this 1-norm the approximant is exact to rounding.
    let reach = 5.371920351148152
    let norms = matrixNorm(a, 1)
    let ratio = (norms / reach).log2().ceil().clamp(min: 0)
    // Of a matrix that is not finite nothing is left anyway.
    let squarings = Tensor.where(ratio.isFinite(), ratio, 0)
    let scaled = a * (-squarings).exp2().unsqueeze(-1).unsqueeze(-1)
    let a2 = scaled.matmul(scaled)
    let a4 = a2.matmul(a2)
    let a6 = a4.matmul(a2)
    let unit = a.identity(a.rows)
    let b = padeCoefficients
    /// The terms of the coefficients from one on, every other one, times A⁰, A², ...
    func terms(from first: Int, _ powers: Tensor...) -> Tensor {
      let products = powers.enumerated().map { $1 * b[first + 2 * $0] }
      return products.dropFirst().reduce(products[0]) { $0 + $1 }
    }
    let odd = scaled.matmul(a6.matmul(terms(from: 9, a2, a4, a6)) + terms(from: 1, unit, a2, a4, a6))
    let even = a6.matmul(terms(from: 8, a2, a4, a6)) + terms(from: 0, unit, a2, a4, a6)
    var result = solveEx(even - odd, even + odd).result
    for step in 0..<Int(squarings.max()) {
      result = .where((squarings .> step).unsqueeze(-1).unsqueeze(-1), result.matmul(result), result)
    }
    return result
  }

  /// Of the approximant's numerator, divided by the last: the quotients themselves do not fit a float32 product.
  private static let padeCoefficients: [Double] = [
    64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800, 129_060_195_264_000,
    10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920, 40_840_800, 960_960, 16_380, 182, 1,
  ].map { $0 / 64_764_752_532_480_000 }

  /// The Vandermonde matrices of vectors: the powers 0, 1, ..., N - 1 of the elements of the last dimension, in a dimension of their own.
  ///
  /// Integers become int64.
  ///
  /// Errors: `N must be greater than 1.`; `linalg.vander supports floating point, complex, and integer tensors, but got Bool`.
  public static func vander(_ x: Tensor, n: Int? = nil) -> Tensor {
    attempt(x) { x throws(TensorError) in
      guard x.dtype.isIntegral && x.dtype != .bool || x.dtype == .float32 || x.dtype == .float64 else {
        throw .notImplemented(
          "linalg.vander supports floating point, complex, and integer tensors, but got \(x.dtype.scalarTypeName)")
      }
      let x = x.rank == 0 ? x.unsqueeze(0) : x
      let n = n ?? x.size(-1)
      guard n > 1 else { throw .runtime("N must be greater than 1.") }
      let powers = x.unsqueeze(-1).expand(x.shape + [n - 1]).cumprod(dim: -1)
      guard powers.isValid else { return powers }
      return concatenate([.ones(x.shape + [1], dtype: powers.dtype, device: x.device), powers], dim: -1)
    }
  }

  /// The diagonals of matrices: `Tensor.diagonal` of the last two dimensions.
  public static func diagonal(_ a: Tensor, offset: Int = 0, dim1: Int = -2, dim2: Int = -1) -> Tensor {
    a.diagonal(offset: offset, dim1: dim1, dim2: dim2)
  }
}

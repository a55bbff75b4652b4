import Devices

/// Below which a singular value counts as zero: one number for all matrices, or a tensor that broadcasts with the batch.
public protocol Tolerance: Sendable {
  /// The tolerance as a tensor beside values of this dtype and device.
  func toleranceTensor(dtype: DType, device: any Device) -> Tensor
}

extension Double: Tolerance {
  public func toleranceTensor(dtype: DType, device: any Device) -> Tensor { .full([], self, dtype: dtype, device: device) }
}

extension Tensor: Tolerance {
  public func toleranceTensor(dtype: DType, device: any Device) -> Tensor { detach().to(dtype) }
}

extension Linalg {
  /// The Moore-Penrose inverses of matrices [m, n]: [n, m].
  ///
  /// - Parameters:
  ///   - atol: singular values count as zero at or below this, zero if nil;
  ///   - rtol: or at or below this times the greatest of the matrix: if nil, max(m, n) times the distance from one to the next number of the
  ///     dtype, or zero where `atol` is given.
  ///   - hermitian: whether `a` is symmetric; its lower triangle alone is read then.
  ///
  /// The derivative, where the rank does not change: Golub, Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems
  /// whose variables separate, 1973.
  ///
  /// Errors: `linalg.pinv(Float{[3]}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble types`; those of `svd`, or of
  /// `eigh`.
  public static func pinv(
    _ a: Tensor, atol: (any Tolerance)? = nil, rtol: (any Tolerance)? = nil, hermitian: Bool = false
  ) -> Tensor {
    attempt(a) { a throws(TensorError) in
      guard a.rank >= 2, a.dtype == .float32 || a.dtype == .float64 else {
        throw .runtime(
          "linalg.pinv(\(a.dtype.scalarTypeName){\(a.shape)}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble "
            + "types")
      }
      if a.count == 0 { return a.mT.zerosLike() }
      let spectrum = try Spectrum(a, hermitian: hermitian)
      let isCounted = spectrum.isCounted(atol, rtol, rows: a.rows, columns: a.columns)
      let inverses = Tensor.where(isCounted, spectrum.values.reciprocal(), 0)
      let result = (spectrum.right.mT * inverses.unsqueeze(-2)).matmul(spectrum.left.mT)
      guard result.isValid else { return result }
      return result.differentiable("LinalgPinvBackward0", a) { g, pinv in gradientOfPseudoInverse(g, pinv, a) }
    }
  }

  /// How many singular values count: int64. The tolerances are those of `pinv`.
  ///
  /// Error: `torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.`
  public static func matrixRank(
    _ a: Tensor, atol: (any Tolerance)? = nil, rtol: (any Tolerance)? = nil, hermitian: Bool = false
  ) -> Tensor {
    attempt(a) { a throws(TensorError) in
      try checkMatrix("torch.linalg.matrix_rank", a, "input")
      guard a.dtype == .float32 || a.dtype == .float64 else {
        throw .runtime("This function doesn't handle types other than float and double")
      }
      if hermitian { try checkSquare("linalg.eigh", a) }
      if a.count == 0 { return .zeros(a.batch, dtype: .int64, device: a.device) }
      let values = hermitian ? try bareEigenvalues(a.bare, uplo: .lower) : svdvals(a.bare)
      guard values.isValid else { return values }
      return Spectrum(values: values).isCounted(atol, rtol, rows: a.rows, columns: a.columns).sum(dim: -1)
    }
  }

  static func gradientOfPseudoInverse(_ g: Tensor, _ pinv: Tensor, _ a: Tensor) -> Tensor {
    let (turned, gradient) = (pinv.mT, g.mT)
    // The products in the order that keeps them small.
    if a.rows <= a.columns {
      let k = gradient.matmul(pinv)
      let kp = k.matmul(turned)
      return kp - pinv.matmul(k).mT - a.matmul(pinv).matmul(kp) + turned.matmul(pinv).matmul(gradient - k.matmul(a))
    }
    let k = pinv.matmul(gradient)
    let pk = turned.matmul(k)
    return pk - k.matmul(pinv).mT + (gradient - a.matmul(k)).matmul(pinv).matmul(turned) - pk.matmul(pinv).matmul(a)
  }
}

/// The singular values of a matrix, or the eigenvalues of a symmetric one, and the vectors on either side.
private struct Spectrum {
  let values: Tensor
  private(set) var left = Tensor.invalid
  /// In the rows.
  private(set) var right = Tensor.invalid

  init(values: Tensor) { self.values = values }

  init(_ a: Tensor, hermitian: Bool) throws(TensorError) {
    if hermitian {
      (values, left) = try Linalg.bareEigen(a, uplo: .lower)
      right = left.mT
    } else {
      (left, values, right) = try Linalg.bareSVD(a, fullMatrices: false)
    }
  }

  func isCounted(_ atol: (any Tolerance)?, _ rtol: (any Tolerance)?, rows: Int, columns: Int) -> Tensor {
    let magnitudes = values.abs()
    let (dtype, device) = (values.dtype, values.device)
    let absolute = atol?.toleranceTensor(dtype: dtype, device: device)
    let usual = Double(Swift.max(rows, columns)) * dtype.epsilon
    let relative =
      rtol?.toleranceTensor(dtype: dtype, device: device)
      // Where there is an absolute one, that alone holds.
      ?? absolute.map { .where($0 .> 0, 0, $0.fullLike(usual)) } ?? usual.toleranceTensor(dtype: dtype, device: device)
    let least = relative * magnitudes.amax(dim: -1)
    return magnitudes .> (absolute.map { $0.maximum(least) } ?? least).unsqueeze(-1)
  }
}

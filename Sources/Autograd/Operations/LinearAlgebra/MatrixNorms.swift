import Devices

/// Which norm: a number, of a vector the exponent of its elements; or one that only matrices have.
///
///     Linalg.norm(a, 2)
///     Linalg.norm(a, .fro)
public enum NormOrder: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// The root of the sum of squares.
  case fro
  /// The sum of the singular values.
  case nuc
  /// Of a matrix: ±2 the greatest or least singular value, ±1 the greatest or least sum of magnitudes of a column, ±infinity of a row.
  case number(Double)

  public static let inf = NormOrder.number(.infinity)

  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }

  fileprivate var text: String {
    switch self {
    case .fro: "fro"
    case .nuc: "nuc"
    case .number(let value): value.streamText
    }
  }
}

extension Linalg {
  /// A norm of matrices, if `ord` is given and there are two dimensions to go along, otherwise of vectors: the 2-norm of all elements if
  /// nothing is given.
  ///
  /// Errors: `linalg.norm: If dim is specified, it must be of length 1 or 2. Got [0, 1, 2]`; `linalg.norm: If dim is not specified but ord is,
  /// the input must be 1D or 2D. Got 3D.`; those of `matrixNorm` and `vectorNorm`.
  public static func norm(
    _ a: Tensor, _ ord: NormOrder? = nil, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil
  ) -> Tensor {
    attempt(a) { a throws(TensorError) in
      let dims = dim?.dimensions
      if let dims, dims.count != 1 && dims.count != 2 {
        throw .runtime("linalg.norm: If dim is specified, it must be of length 1 or 2. Got \(dims)")
      }
      if dims == nil && ord != nil && a.rank != 1 && a.rank != 2 {
        throw .runtime("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got \(a.rank)D.")
      }
      switch ord {
      case .number(let p)? where (dims?.count ?? a.rank) == 1:
        return vectorNorm(a, ord: p, dim: dims, keepDim: keepDim, dtype: dtype)
      case let ord?: return matrixNorm(a, ord, dim: dims ?? [-2, -1], keepDim: keepDim, dtype: dtype)
      case nil: return vectorNorm(a, dim: dims, keepDim: keepDim, dtype: dtype)
      }
    }
  }

  /// The p-norm of the elements along one or several dimensions, or of all, whatever their number: `Tensor.norm`.
  public static func vectorNorm(
    _ x: Tensor, ord: Double = 2, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil
  ) -> Tensor {
    x.norm(ord, dim: dim, keepDim: keepDim, dtype: dtype)
  }

  /// A norm of the matrices in two dimensions.
  ///
  /// Errors: `linalg.matrix_norm: Order 3 not supported.`; `linalg.matrix_norm: dim must be a 2-tuple. Got 0`; `linalg.matrix_norm: dims must be
  /// different. Got (0, 0)`.
  public static func matrixNorm(
    _ a: Tensor, _ ord: NormOrder = .fro, dim: [Int] = [-2, -1], keepDim: Bool = false, dtype: DType? = nil
  ) -> Tensor {
    attempt(a) { a throws(TensorError) in
      let (rows, columns) = try matrixDimensions(a, dim)
      let a = try converted(a, dtype)
      switch ord {
      case .fro: return a.norm(2, dim: [rows, columns], keepDim: keepDim)
      case .nuc, .number(2), .number(-2):
        try checkFloating("linalg.matrix_norm", a, lowPrecision: false)
        let values = svdvals(a.movedim([rows, columns], [-2, -1]))
        let norm =
          switch ord {
          case .number(let p): extreme(values, isGreatest: p > 0, dim: -1, keepDim: false)
          default: values.sum(dim: -1)
          }
        guard keepDim, norm.isValid else { return norm }
        return norm.unsqueeze(Swift.min(rows, columns)).unsqueeze(Swift.max(rows, columns))
      case .number(let p) where p.magnitude == 1 || p.isInfinite:
        let (along, over) = p.isInfinite ? (columns, rows) : (rows, columns)
        let sums = a.norm(1, dim: along, keepDim: keepDim)
        return extreme(sums, isGreatest: p > 0, dim: keepDim || over < along ? over : over - 1, keepDim: keepDim)
      case .number: throw .runtime("linalg.matrix_norm: Order \(ord.text) not supported.")
      }
    }
  }

  /// The condition number ‖A‖ ‖A⁻¹‖ in a norm; by default the quotient of the greatest and the least singular value, for any matrix.
  ///
  /// Infinite for a singular matrix in the norms that take the inverse.
  ///
  /// Errors: `linalg.cond: The input tensor must have at least 2 dimensions.`; `linalg.cond(ord=1): A must be batches of square matrices, but they
  /// are 3 by 2 matrices`; `linalg.cond got an invalid norm type: 3`.
  public static func cond(_ a: Tensor, _ p: NormOrder? = nil) -> Tensor {
    attempt(a) { a throws(TensorError) in
      guard a.rank >= 2 else { throw .runtime("linalg.cond: The input tensor must have at least 2 dimensions.") }
      switch p {
      case nil, .number(2)?, .number(-2)?:
        let values = svdvals(a)
        guard values.isValid else { return values }
        guard values.size(-1) > 0 else { return .zeros(a.batch, dtype: a.dtype, device: a.device) }
        let greatest = values.narrow(dim: -1, start: 0, length: 1)
        let least = values.narrow(dim: -1, start: values.size(-1) - 1, length: 1)
        return (p == .number(-2) ? least / greatest : greatest / least).squeeze(-1)
      case .fro?, .nuc?: break
      case .number(let order)?:
        guard order.magnitude == 1 || order.isInfinite else {
          throw .value("linalg.cond got an invalid norm type: \(p?.text ?? "")")
        }
      }
      let p = p ?? .fro
      try checkSquare("linalg.cond(ord=\(p.text))", a)
      if a.count == 0 { return .zeros(a.batch, dtype: a.dtype, device: a.device) }
      let (inverse, info) = invEx(a)
      guard inverse.isValid else { return inverse }
      let filled = inverse.maskedFill((info .> 0).unsqueeze(-1).unsqueeze(-1), Double.infinity)
      let product = matrixNorm(a, p) * matrixNorm(filled, p)
      return product.nanToNum(nan: .infinity, posInf: .infinity, negInf: -.infinity)
    }
  }

  private static func matrixDimensions(_ a: Tensor, _ dim: [Int]) throws(TensorError) -> (rows: Int, columns: Int) {
    let name = "linalg.matrix_norm"
    try checkMatrix(name, a)
    try checkFloating(name, a)
    guard dim.count == 2 else {
      throw .runtime("\(name): dim must be a 2-tuple. Got \(dim.map(String.init).joined(separator: ", "))")
    }
    let (rows, columns) = (try wrapDimension(dim[0], rank: a.rank), try wrapDimension(dim[1], rank: a.rank))
    guard rows != columns else { throw .runtime("\(name): dims must be different. Got (\(dim[0]), \(dim[1]))") }
    return (rows, columns)
  }

  private static func converted(_ a: Tensor, _ dtype: DType?) throws(TensorError) -> Tensor {
    guard let dtype else { return a }
    let name = "linalg.matrix_norm"
    guard dtype.isFloatingPoint else {
      throw .runtime("\(name): dtype should be floating point or complex, but got \(dtype.scalarTypeName)")
    }
    guard a.dtype.promoted(with: dtype) == dtype else {
      throw .runtime(
        "\(name): the dtype of the input (\(a.dtype.scalarTypeName)) should be convertible without narrowing to the specified dtype "
          + "(\(dtype.scalarTypeName))")
    }
    return a.to(dtype)
  }

  /// The greatest of nothing is zero here, as a norm is not less.
  private static func extreme(_ values: Tensor, isGreatest: Bool, dim: Int, keepDim: Bool) -> Tensor {
    guard values.isValid else { return values }
    guard isGreatest else { return values.amin(dim: dim, keepDim: keepDim) }
    if values.size(dim) == 0 { return values.sum(dim: dim, keepDim: keepDim) }
    return values.amax(dim: dim, keepDim: keepDim)
  }
}

import Devices

/// Operations on the elements that a mask admits, PyTorch's `torch.masked`: those where it is false are as if they were not there.
///
/// Arguments of all of them:
///
///     dim      one dimension or a list of them; all if nil or empty
///     keepDim  leaves the reduced dimensions in the result, with size one
///     dtype    that of the result; that of the input if nil
///     mask     of booleans, or to be read as such, of a shape that broadcasts to the input's; without it all elements take part
///
/// Where the mask admits no element, the result is what the operation makes of nothing: 0, 1, an infinity, NaN.
///
/// Error: `_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)`.
public enum Masked {}

/// What an operation is not changed by, so that masked elements may be given that value.
private enum Identity {
  case number(Int)
  case least, greatest, nan

  func value(of dtype: DType, _ operation: String) throws(TensorError) -> Scalar {
    let isFloating = dtype.isFloatingPoint
    switch self {
    case .number(let value): return .int(Int64(value))
    case .nan: return .double(.nan)
    case .least where isFloating: return .double(-.infinity)
    case .greatest where isFloating: return .double(.infinity)
    case .least, .greatest:
      guard let bounds = dtype.integerBounds else {
        throw .notImplemented("identity of \(operation) on torch.\(dtype.name) input")
      }
      if case .least = self { return .int(bounds.lowerBound) }
      return .int(bounds.upperBound)
    }
  }
}

extension DType {
  fileprivate var integerBounds: ClosedRange<Int64>? {
    switch self {
    case .uint8: 0...255
    case .int8: -0x80...0x7F
    case .int16: -0x8000...0x7FFF
    case .int32: -0x8000_0000...0x7FFF_FFFF
    case .int64: .min ... .max
    default: nil
    }
  }
}

extension Masked {
  /// The mask as booleans in the input's shape.
  private static func admitted(_ x: Tensor, _ mask: Tensor) -> Tensor {
    guard x.isValid else { return x.passedOn }
    guard mask.isValid else { return mask.passedOn }
    guard mask.rank <= x.rank else {
      return .failure(
        .value("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)"))
    }
    return mask.to(.bool).expand(x.shape)
  }

  /// The input with the identity in the place of what is masked out.
  private static func filled(_ x: Tensor, _ mask: Tensor?, _ identity: Identity, _ operation: String) -> Tensor {
    guard let mask else { return x }
    let admitted = admitted(x, mask)
    return attempt(x, admitted) { x, admitted throws(TensorError) in
      x.maskedFill(.!admitted, try identity.value(of: x.dtype, operation))
    }
  }

  /// How many elements take part in each result.
  private static func count(_ x: Tensor, _ dim: (any Dimensions)?, _ keepDim: Bool, _ mask: Tensor?) -> Tensor {
    let all = Tensor.full([], true, device: x.device)
    return admitted(x, mask ?? all).sum(dim: dim, keepDim: keepDim)
  }
}

// MARK: - Reductions

extension Masked {
  /// The sum. Integers and booleans give int64.
  public static func sum(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, .number(0), "sum").sum(dim: dim ?? [], keepDim: keepDim, dtype: dtype)
  }

  /// The product. Integers and booleans give int64.
  public static func prod(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    let factors = filled(x, mask, .number(1), "prod")
    return attempt(factors) { (factors) throws(TensorError) in
      let shape = try ReductionShape(of: factors.shape, dim: dim, keepDim: keepDim)
      let start = factors.to(dtype ?? factors.dtype.sum)
      return shape.dims.reversed().reduce(start) { $0.prod(dim: $1, keepDim: keepDim, dtype: start.dtype) }
    }
  }

  /// The greatest element; -∞ or the least integer where there is none.
  public static func amax(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, .least, "amax").amax(dim: dim, keepDim: keepDim).to(dtype ?? x.dtype)
  }

  /// The least element; ∞ or the greatest integer where there is none.
  public static func amin(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, .greatest, "amin").amin(dim: dim, keepDim: keepDim).to(dtype ?? x.dtype)
  }

  /// The position of the greatest element along a dimension, or in row-major order, in the dtype of the input unless another is given.
  public static func argmax(
    _ x: Tensor, dim: Int? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, .least, "argmax").argmax(dim: dim, keepDim: keepDim).to(dtype ?? x.dtype)
  }

  /// The position of the least element along a dimension, or in row-major order, in the dtype of the input unless another is given.
  public static func argmin(
    _ x: Tensor, dim: Int? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, .greatest, "argmin").argmin(dim: dim, keepDim: keepDim).to(dtype ?? x.dtype)
  }

  /// The mean; NaN of nothing.
  ///
  /// Error: `mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: torch.int64`.
  public static func mean(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    guard !x.isValid || (dtype ?? x.dtype).isFloatingPoint else {
      let source = dtype == nil ? "Input" : "Optional"
      return .failure(
        .value(
          "mean(): Could not infer output dtype. \(source) dtype must be either a floating point or complex dtype. "
            + "Got: torch.\((dtype ?? x.dtype).name)"))
    }
    let total = sum(x, dim: dim, keepDim: keepDim, dtype: dtype ?? x.dtype, mask: mask)
    return total / count(x, dim, keepDim, mask)
  }

  /// The lower median along a dimension; NaN of nothing.
  ///
  /// Error: `masked median expects no fully masked out rows if dtype is not floating point`.
  public static func median(
    _ x: Tensor, dim: Int = -1, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    guard x.isValid else { return x.passedOn }
    if x.isFloatingPoint { return filled(x, mask, .nan, "median").nanmedian(dim: dim, keepDim: keepDim).values }
    let values = filled(x.float(), mask, .nan, "median").nanmedian(dim: dim, keepDim: keepDim).values
    guard values.isValid, !Bool(values.isNaN().any()) else {
      return values.isValid
        ? .failure(.value("masked median expects no fully masked out rows if dtype is not floating point")) : values
    }
    return values.to(dtype ?? x.dtype)
  }

  /// The logarithm of the sum of exponentials; -∞ of nothing.
  public static func logSumExp(
    _ x: Tensor, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    let terms = filled(x, mask, .least, "logsumexp")
    let dims = dim?.dimensions ?? []
    return terms.logSumExp(dim: dims.isEmpty ? Array(0..<terms.rank) : dims, keepDim: keepDim).to(dtype ?? x.dtype)
  }

  /// The norm of order `ord`; zero of nothing, or ∞ for the order -∞.
  public static func norm(
    _ x: Tensor, ord: Double = 2, dim: (any Dimensions)? = nil, keepDim: Bool = false, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    filled(x, mask, ord == -.infinity ? .greatest : .number(0), "norm")
      .norm(ord, dim: dim ?? [], keepDim: keepDim, dtype: dtype)
  }

  /// The variance; NaN where `correction` leaves nothing to divide by.
  ///
  /// - Parameter correction: what is taken off the number of elements.
  public static func `var`(
    _ x: Tensor, dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false, dtype: DType? = nil,
    mask: Tensor? = nil
  ) -> Tensor {
    guard x.isValid else { return x.passedOn }
    let dtype = dtype ?? (x.isFloatingPoint ? x.dtype : .float32)
    let compute = dtype.isFloatingPoint ? dtype : .float32
    let mean = sum(x, dim: dim, keepDim: true, dtype: dtype, mask: mask) / count(x, dim, true, mask)
    let deviation = x - mean
    let total = sum(deviation * deviation, dim: dim, keepDim: keepDim, dtype: compute, mask: mask)
    let divisor = count(x, dim, keepDim, mask).to(compute) - correction
    return (total / divisor.clamp(min: 0)).to(dtype)
  }

  /// The standard deviation, the root of the variance.
  public static func std(
    _ x: Tensor, dim: (any Dimensions)? = nil, correction: Double = 1, keepDim: Bool = false, dtype: DType? = nil,
    mask: Tensor? = nil
  ) -> Tensor {
    `var`(x, dim: dim, correction: correction, keepDim: keepDim, dtype: dtype, mask: mask).sqrt()
  }
}

// MARK: - Of the input's shape

extension Masked {
  /// The running sum along a dimension.
  public static func cumsum(_ x: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
    filled(x, mask, .number(0), "cumsum").cumsum(dim: dim, dtype: dtype ?? x.dtype)
  }

  /// The running product along a dimension.
  public static func cumprod(_ x: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
    filled(x, mask, .number(1), "cumprod").cumprod(dim: dim, dtype: dtype ?? x.dtype)
  }

  /// The softmax along a dimension, zero where masked out; NaN of nothing.
  public static func softmax(_ x: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
    filled(x, mask, .least, "amax").softmax(dim: dim, dtype: dtype ?? x.dtype)
  }

  /// The logarithm of the softmax along a dimension, -∞ where masked out; NaN of nothing.
  public static func logSoftmax(_ x: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
    filled(x, mask, .least, "amax").logSoftmax(dim: dim, dtype: dtype ?? x.dtype)
  }

  /// The softmax of the negated input along a dimension, zero where masked out; NaN of nothing.
  public static func softmin(_ x: Tensor, dim: Int, dtype: DType? = nil, mask: Tensor? = nil) -> Tensor {
    filled(x, mask, .greatest, "amin").softmin(dim: dim, dtype: dtype ?? x.dtype)
  }

  /// The input, zero where masked out, divided by its norm of order `ord` along a dimension, or by `eps` where the norm is less.
  public static func normalize(
    _ x: Tensor, ord: Double, dim: Int, eps: Double = 1e-12, dtype: DType? = nil, mask: Tensor? = nil
  ) -> Tensor {
    let norm = norm(x, ord: ord, dim: dim, keepDim: true, dtype: dtype, mask: mask)
    return filled(x, mask, .number(0), "sum") / norm.maximum(Tensor.full([], eps, dtype: norm.dtype, device: norm.device))
  }

  /// log(eˣ + eʸ) of two inputs with a mask each.
  public static func logaddexp(
    _ x: Tensor, _ y: Tensor, dtype: DType? = nil, inputMask: Tensor? = nil, otherMask: Tensor? = nil
  ) -> Tensor {
    filled(x, inputMask, .least, "logaddexp").logaddexp(filled(y, otherMask, .least, "logaddexp")).to(dtype ?? x.dtype)
  }
}

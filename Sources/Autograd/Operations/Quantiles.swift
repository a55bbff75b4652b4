import Devices

/// What a quantile is that falls between two elements.
public enum QuantileInterpolation: Sendable {
  /// On the straight line between them.
  case linear
  case lower, higher, midpoint, nearest
}

extension Tensor {
  /// The value below which lies the part `q`, from 0 to 1, of the elements along a dimension, or of all. NaN if any element is.
  ///
  /// - Parameter interpolation: what it is between two elements.
  ///
  /// Errors: `quantile() q must be in the range [0, 1] but got 2`; `quantile() input tensor must be either float or double dtype`;
  /// `quantile() input tensor must be non-empty`.
  public func quantile(
    _ q: Double, dim: Int? = nil, keepDim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    quantile(q, dim, keepDim, interpolation, ignoresNaN: false)
  }

  /// Several quantiles at once, along a new first dimension, for a 1-d tensor `q` of this tensor's dtype; for a 0-d one as for a number.
  ///
  /// Errors: `quantile() q must be a scalar or 1D tensor`; `quantile() q tensor must be same dtype as the input tensor`; `quantile() q values
  /// must be in the range [0, 1]`.
  public func quantile(
    _ q: Tensor, dim: Int? = nil, keepDim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    quantile(q, dim, keepDim, interpolation, ignoresNaN: false)
  }

  /// The quantile of what is not NaN.
  public func nanquantile(
    _ q: Double, dim: Int? = nil, keepDim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    quantile(q, dim, keepDim, interpolation, ignoresNaN: true)
  }

  /// Several quantiles of what is not NaN.
  public func nanquantile(
    _ q: Tensor, dim: Int? = nil, keepDim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    quantile(q, dim, keepDim, interpolation, ignoresNaN: true)
  }

  private func quantile(
    _ q: Double, _ dim: Int?, _ keepDim: Bool, _ interpolation: QuantileInterpolation, ignoresNaN: Bool
  ) -> Tensor {
    guard q >= 0 && q <= 1 else {
      return .failure(.runtime("quantile() q must be in the range [0, 1] but got \(q.streamText)"))
    }
    let q = Tensor.full([], q, dtype: isFloatingPoint ? dtype : nil, device: device)
    return quantile(q, dim, keepDim, interpolation, ignoresNaN: ignoresNaN)
  }

  private func quantile(
    _ q: Tensor, _ dim: Int?, _ keepDim: Bool, _ interpolation: QuantileInterpolation, ignoresNaN: Bool
  ) -> Tensor {
    attempt(self, q) { x, q throws(TensorError) in
      guard x.count > 0 else { throw .runtime("quantile() input tensor must be non-empty") }
      guard q.rank <= 1 else { throw .runtime("quantile() q must be a scalar or 1D tensor") }
      guard x.dtype == .float32 || x.dtype == .float64 else {
        throw .runtime("quantile() input tensor must be either float or double dtype")
      }
      guard q.dtype == x.dtype else { throw .runtime("quantile() q tensor must be same dtype as the input tensor") }
      guard try ((q .>= 0) .& (q .<= 1)).all().element().boolValue else {
        throw .runtime("quantile() q values must be in the range [0, 1]")
      }
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      // Rows along the last dimension, each in order.
      let rows = dim == nil || x.rank == 0 ? x.reshape([-1]) : x.movedim(shape.dims[0], -1)
      let picked = rows.sort(dim: -1).values.interpolated(at: q.reshape([-1]), interpolation, ignoresNaN: ignoresNaN)
      // [rows..., q] becomes [q, result...], or [result...] of a single q.
      let result = picked.movedim(-1, 0).reshape((q.rank == 1 ? [q.count] : []) + shape.result)
      let source = picked.shape
      let bare = result.detach()
      return bare.differentiable("SqueezeBackward4", picked, saves: false) { g in
        g.reshape([q.count] + source.dropLast()).movedim(0, -1)
      }
    }
  }

  /// The values at the places q · (n - 1) of rows in order, n being how many of a row count.
  private func interpolated(
    at q: Tensor, _ interpolation: QuantileInterpolation, ignoresNaN: Bool
  ) -> Tensor {
    let size = shape[rank - 1]
    let numbers = isNaN().logicalNot().sum(dim: -1, keepDim: true)
    // NaN are last in order: the last element is one if any is.
    let place =
      ignoresNaN
      ? (q * (numbers - 1)).clamp(min: 0)
      : Tensor.where(numbers .== size, q * (size - 1), size - 1)
    switch interpolation {
    case .lower: return gather(dim: -1, index: place.floor().long())
    case .higher: return gather(dim: -1, index: place.ceil().long())
    case .nearest: return gather(dim: -1, index: place.round().long())
    case .linear, .midpoint:
      let below = place.floor()
      let weight = interpolation == .midpoint ? below.fullLike(0.5) : place - below
      return gather(dim: -1, index: below.long()).lerp(gather(dim: -1, index: place.ceil().long()), weight: weight)
    }
  }
}

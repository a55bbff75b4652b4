import Devices

// Running sums, products and extremes along a dimension: as many results as elements.

extension Layout {
  /// The same elements, along one dimension from the last to the first.
  fileprivate func reversed(_ dim: Int) -> Layout {
    if shape[dim] == 0 { return self }
    var strides = strides
    strides[dim] = -strides[dim]
    return Layout(shape: shape, strides: strides, offset: offset + (shape[dim] - 1) * self.strides[dim])
  }
}

extension Tensor {
  /// A bare scan, from the back if `reversed`. Freeze first.
  private func scanned(_ scan: Scan, _ dim: Int, dtype: DType, reversed: Bool = false) throws(TensorError) -> Tensor {
    let result = try Tensor.uninitialized(scan.rawValue, shape, dtype, device)
    let (source, target) = (operand.asRow, result.operand.asRow)
    try device.scan(
      scan, reversed ? source.with(layout: source.layout.reversed(dim)) : source, dim: dim,
      to: reversed ? target.with(layout: target.layout.reversed(dim)) : target, indices: nil)
    return result
  }
}

// MARK: - Sums

extension Tensor {
  /// The sum of each element and all before it. Integers and booleans give int64.
  ///
  /// - Parameter dtype: to which the tensor is converted first.
  public func cumsum(dim: Int, dtype: DType? = nil) -> Tensor { cumsum(dim: dim, dtype: dtype, reversed: false) }

  /// - Parameter reversed: sums each element and all after it: the derivative of the other direction.
  fileprivate func cumsum(dim: Int, dtype: DType? = nil, reversed: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      return try x.scanned(.sum, dim, dtype: dtype ?? x.dtype.sum, reversed: reversed)
        .differentiable("CumsumBackward0", x, saves: false) { g in g.cumsum(dim: dim, reversed: !reversed) }
    }
  }
}

extension Tensor {
  /// The differences of neighbours along a dimension, one less than there are elements; `n` times over. Booleans give booleans: whether two
  /// differ.
  ///
  /// - Parameters:
  ///   - prepend: what is put before the elements first.
  ///   - append: what is put behind them.
  ///
  /// Errors: `diff expects input to be at least one-dimensional`; `order must be non-negative but got -1`; `diff expects prepend or append to be
  /// the same dimension as input`, and of its shape but for the dimension.
  public func diff(n: Int = 1, dim: Int = -1, prepend: Tensor? = nil, append: Tensor? = nil) -> Tensor {
    let parts = [prepend, self, append].compactMap { $0 }
    return attempt(parts) { parts throws(TensorError) in
      guard rank > 0 else { throw .runtime("diff expects input to be at least one-dimensional") }
      guard n >= 0 else { throw .runtime("order must be non-negative but got \(n)") }
      let dim = try wrapDimension(dim, rank: rank)
      for other in parts { try checkExtension(other, dim) }
      if n == 0 { return clone() }
      let x = parts.count == 1 ? parts[0] : concatenate(parts, dim: dim)
      guard x.isValid else { return x }
      var result = x
      for _ in 0..<Swift.min(n, x.shape[dim]) {
        let length = Swift.max(result.shape[dim] - 1, 0)
        let next = result.narrow(dim: dim, start: Swift.min(1, result.shape[dim]), length: length)
        let last = result.narrow(dim: dim, start: 0, length: length)
        result = x.dtype == .bool ? next .^ last : next - last
      }
      return result
    }
  }

  private func checkExtension(_ other: Tensor, _ dim: Int) throws(TensorError) {
    guard other.rank == rank else {
      throw .runtime("diff expects prepend or append to be the same dimension as input")
    }
    for i in shape.indices where i != dim && other.shape[i] != shape[i] {
      throw .runtime(
        "diff expects the shape of tensor to prepend or append to match that of input except along the differencing dimension; input.size(\(i)) "
          + "= \(shape[i]), but got tensor.size(\(i)) = \(other.shape[i])")
    }
  }
}

// MARK: - Products

extension Tensor {
  /// The product of all elements, or along a dimension. Integers and booleans give int64. The derivative is right where elements are zero.
  public func prod(dtype: DType? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: nil, keepDim: false)
      return try x.reduced(.product, shape, dtype: dtype ?? x.dtype.sum).differentiable("ProdBackward0", x) { g in
        g * x.reshape([-1]).productsOfOthers(dim: 0).reshape(x.shape)
      }
    }
  }
  public func prod(dim: Int, keepDim: Bool = false, dtype: DType? = nil) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let shape = try ReductionShape(of: x.shape, dim: dim, keepDim: keepDim)
      return try x.reduced(.product, shape, dtype: dtype ?? x.dtype.sum).differentiable("ProdBackward1", x) { g in
        g.expand(from: shape) * x.productsOfOthers(dim: shape.dims.first ?? 0)
      }
    }
  }

  /// For each element the product of the others along a dimension: of those before it and those after it, without a division.
  private func productsOfOthers(dim: Int) -> Tensor {
    productsBefore(dim: dim, reversed: false) * productsBefore(dim: dim, reversed: true)
  }

  /// For each element the product of those before it along a dimension, or of those after it if `reversed`.
  private func productsBefore(dim: Int, reversed: Bool) -> Tensor {
    if rank == 0 || shape[dim] == 0 { return onesLike() }
    let one = narrow(dim: dim, start: 0, length: 1).onesLike()
    let others = narrow(dim: dim, start: reversed ? 1 : 0, length: shape[dim] - 1).cumprod(dim: dim, reversed: reversed)
    return concatenate(reversed ? [others, one] : [one, others], dim: dim)
  }

  /// The product of each element and all before it. Integers and booleans give int64. The derivative is right where elements are zero.
  ///
  /// - Parameter dtype: to which the tensor is converted first.
  public func cumprod(dim: Int, dtype: DType? = nil) -> Tensor { cumprod(dim: dim, dtype: dtype, reversed: false) }

  fileprivate func cumprod(dim: Int, dtype: DType? = nil, reversed: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      return try x.scanned(.product, dim, dtype: dtype ?? x.dtype.sum, reversed: reversed)
        .differentiable("CumprodBackward0", x) { g, result in
          if x.rank == 0 || x.count == 0 { return g }
          // The short formula is no derivable function of x where x is zero.
          return GradientMode.isEnabled
            ? x.cumprodGradient(g, dim, reversed) : x.cumprodGradient(g, result, dim, reversed)
        }
    }
  }

  /// The derivative by values, in the scan's direction: Σ over k ≥ i of g_k · result_k / x_i before the first zero; at it the same with the
  /// zero left out of the products; nothing after it.
  private func cumprodGradient(_ g: Tensor, _ result: Tensor, _ dim: Int, _ reversed: Bool) -> Tensor {
    let isZero = self .== 0
    let zerosSoFar = isZero.cumsum(dim: dim, reversed: reversed)
    let isFirstZero = isZero .& (zerosSoFar .== 1)
    let before = (g * result).cumsum(dim: dim, reversed: !reversed) / self
    let withoutIt = maskedFill(isFirstZero, 1).cumprod(dim: dim, reversed: reversed)
    let atFirstZero = (g * withoutIt).cumsum(dim: dim, reversed: !reversed)
    return Tensor.where(isFirstZero, atFirstZero, Tensor.where(zerosSoFar .== 0, before, 0))
  }

  /// The derivative as a function that can be differentiated anywhere: Σ over k ≥ i of g_k · Π over j ≤ k, j ≠ i of x_j. It takes the square
  /// of the dimension's size in memory.
  private func cumprodGradient(_ g: Tensor, _ dim: Int, _ reversed: Bool) -> Tensor {
    let size = shape[dim]
    let place = Tensor.arange(size, device: device)
    let row = place.view([size, 1])
    let x = movedim(dim, -1)
    // products[i, k] is the product of what comes after i, up to k.
    let isAfter = reversed ? place .< row : place .> row
    let products = Tensor.where(isAfter, x.unsqueeze(-2), 1).cumprod(dim: -1, reversed: reversed)
    let weighted = products * g.movedim(dim, -1).unsqueeze(-2)
    let after = Tensor.where(isAfter .| (place .== row), weighted, 0).sum(dim: -1)
    return (x.productsBefore(dim: x.rank - 1, reversed: reversed) * after).movedim(-1, dim)
  }
}

// MARK: - Logarithms of sums

extension Tensor {
  /// log Σ exp of each element and all before it, without overflow on the way.
  ///
  /// Error: integers are refused.
  public func logcumsumexp(dim: Int) -> Tensor { logcumsumexp(dim: dim, reversed: false) }

  fileprivate func logcumsumexp(dim: Int, reversed: Bool) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let dim = try wrapDimension(dim, rank: x.rank)
      guard x.isFloatingPoint else { throw .lacking("logcumsumexp_out_cpu", x.dtype) }
      return try x.scanned(.logSumExp, dim, dtype: x.dtype, reversed: reversed)
        .differentiable("LogcumsumexpBackward0", x) { g, result in
          if g.rank == 0 { return g }
          // Σ over k ≥ i of g_k · exp(x_i - result_k), with the sum taken in logarithms for each sign of g.
          let contribution = { (logarithm: Tensor) in
            ((logarithm - result).logcumsumexp(dim: dim, reversed: !reversed) + x).exp()
          }
          // The least number stands for the logarithm of nothing: from -∞ the next derivative would be NaN.
          let nothing = -x.dtype.greatestFinite
          let positive = Tensor.where(g .> 0, g.log(), nothing)
          let negative = Tensor.where(g .< 0, (-g).log(), nothing)
          return contribution(positive) - contribution(negative)
        }
    }
  }
}

extension Operand {
  /// A single element as a row of one: what goes along a dimension needs one.
  var asRow: Operand {
    layout.rank > 0 ? self : with(layout: Layout(shape: [1], strides: [1], offset: layout.offset))
  }
}

import Devices

// The gamma function's derivatives, the incomplete and the multivariate one, and the zeta function.

extension Operation {
  fileprivate static let polygamma = ElementwiseOperation(.polygamma, rule: .floating)
  fileprivate static let igamma = ElementwiseOperation(.igamma, rule: .floating)
  fileprivate static let igammac = ElementwiseOperation(.igammac, rule: .floating)
  fileprivate static let zeta = ElementwiseOperation(
    "special_zeta", "SpecialZetaBackward0", .instruction(.zeta), rule: .floating)
}

extension Special {
  /// Hurwitz's zeta function, Σ (q + k)^-s over k ≥ 0 (DLMF 25.11.1). NaN for s < 1, and infinite at its poles.
  ///
  /// Running backward to s is PyTorch's error `the derivative for 'zeta' is not implemented.`
  public static func zeta(_ s: some TensorConvertible, _ q: some TensorConvertible) -> Tensor { Operation.zeta(s, q) }
}

extension Tensor {
  /// The derivative of `digamma` of order n (DLMF 5.15).
  ///
  /// Error: `polygamma(n, x) does not support negative n.`
  public func polygamma(_ n: Int) -> Tensor {
    guard n >= 0 else { return .failure(.runtime("polygamma(n, x) does not support negative n.")) }
    return Operation.polygamma(n.scalar, self)
  }

  /// The regularized lower incomplete gamma function P(self, x), the part of Γ's integral below x (DLMF 8.2.4). NaN for a negative parameter
  /// or x.
  ///
  /// Running backward to the parameter is PyTorch's error `the derivative for 'igamma: input' is not implemented.`
  public func igamma(_ x: Tensor) -> Tensor { Operation.igamma(self, x) }

  /// The regularized upper incomplete gamma function Q(self, x), the part of Γ's integral above x: 1 - P, accurate where it is small.
  ///
  /// Running backward to the parameter is PyTorch's error `the derivative for 'igammac: input' is not implemented.`
  public func igammac(_ x: Tensor) -> Tensor { Operation.igammac(self, x) }

  /// The logarithm of the multivariate gamma function of dimension p (DLMF 35.3.4): Σ log Γ(self - i/2) over 0 ≤ i < p, plus
  /// p (p - 1) / 4 · log π.
  ///
  /// Errors: `p has to be greater than or equal to 1`; `The input tensor may not be a boolean tensor.`
  public func mvlgamma(_ p: Int) -> Tensor {
    attempt(self) { x throws(TensorError) in
      guard x.dtype != .bool else { throw .runtime("The input tensor may not be a boolean tensor.") }
      guard p >= 1 else { throw .runtime("p has to be greater than or equal to 1") }
      let x = x.isFloatingPoint ? x : x.to(DefaultDType.current)
      let shifts = 0 - Tensor.positions(p, on: x.device).to(x.dtype) * 0.5
      let constant = Double(p) * Double(p - 1) / 4 * 1.1447298858494002
      return ((x.detach().unsqueeze(-1) + shifts).lgamma().sum(dim: -1) + constant)
        .differentiable("MvlgammaBackward0", x) { g in g * (x.unsqueeze(-1) + shifts).digamma().sum(dim: -1) }
    }
  }
}

import Devices

// Functions of `torch.special` by PyTorch's names, and those that are methods here.

extension Special {
  @available(*, unavailable, renamed: "airyAi")
  public static var airy_ai: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "besselJ0")
  public static var bessel_j0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "besselJ1")
  public static var bessel_j1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "besselY0")
  public static var bessel_y0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "besselY1")
  public static var bessel_y1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "chebyshevPolynomialT")
  public static var chebyshev_polynomial_t: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "chebyshevPolynomialU")
  public static var chebyshev_polynomial_u: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "chebyshevPolynomialV")
  public static var chebyshev_polynomial_v: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "chebyshevPolynomialW")
  public static var chebyshev_polynomial_w: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "hermitePolynomialH")
  public static var hermite_polynomial_h: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "hermitePolynomialHe")
  public static var hermite_polynomial_he: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "laguerrePolynomialL")
  public static var laguerre_polynomial_l: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "legendrePolynomialP")
  public static var legendre_polynomial_p: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logNdtr")
  public static var log_ndtr: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "modifiedBesselK0")
  public static var modified_bessel_k0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "modifiedBesselK1")
  public static var modified_bessel_k1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "scaledModifiedBesselK0")
  public static var scaled_modified_bessel_k0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "scaledModifiedBesselK1")
  public static var scaled_modified_bessel_k1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "shiftedChebyshevPolynomialT")
  public static var shifted_chebyshev_polynomial_t: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "shiftedChebyshevPolynomialU")
  public static var shifted_chebyshev_polynomial_u: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "shiftedChebyshevPolynomialV")
  public static var shifted_chebyshev_polynomial_v: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "shiftedChebyshevPolynomialW")
  public static var shifted_chebyshev_polynomial_w: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "sphericalBesselJ0")
  public static var spherical_bessel_j0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "i1")
  public static var modified_bessel_i1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.i0()`")
  public static var modified_bessel_i0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.i0()`")
  public static var i0: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.erf()`")
  public static var erf: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.erfc()`")
  public static var erfc: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.erfinv()`")
  public static var erfinv: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.digamma()`")
  public static var digamma: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.digamma()`")
  public static var psi: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.lgamma()`")
  public static var gammaln: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.sigmoid()`")
  public static var expit: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logit()`")
  public static var logit: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.exp2()`")
  public static var exp2: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.expm1()`")
  public static var expm1: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.log1p()`")
  public static var log1p: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.sinc()`")
  public static var sinc: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.xlogy(y)`")
  public static var xlogy: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.mvlgamma(p)`")
  public static var multigammaln: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.polygamma(n)`")
  public static var polygamma: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logSumExp(dim: 1)`")
  public static var logsumexp: Misspelled<Tensor> { Misspelled() }
}

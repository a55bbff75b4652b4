import Fluxion

extension Operations {
  static let special: [String: Operation] = [
    "igamma": binary(Tensor.igamma),
    "igammac": binary(Tensor.igammac),
    "mvlgamma": { .tensor(try $0.receiver.mvlgamma($0.required($0.int(1, "p"), "p"))) },
    "polygamma": polygamma,
    "special.polygamma": polygamma,
    "special.airy_ai": function(Special.airyAi),
    "special.bessel_j0": function(Special.besselJ0),
    "special.bessel_j1": function(Special.besselJ1),
    "special.bessel_y0": function(Special.besselY0),
    "special.bessel_y1": function(Special.besselY1),
    "special.entr": function(Special.entr),
    "special.erfcx": function(Special.erfcx),
    "special.i0e": function(Special.i0e),
    "special.i1": function(Special.i1),
    "special.i1e": function(Special.i1e),
    "special.log_ndtr": function(Special.logNdtr),
    "special.modified_bessel_i0": unary(Tensor.i0),
    "special.modified_bessel_i1": function(Special.i1),
    "special.modified_bessel_k0": function(Special.modifiedBesselK0),
    "special.modified_bessel_k1": function(Special.modifiedBesselK1),
    "special.ndtr": function(Special.ndtr),
    "special.ndtri": function(Special.ndtri),
    "special.scaled_modified_bessel_k0": function(Special.scaledModifiedBesselK0),
    "special.scaled_modified_bessel_k1": function(Special.scaledModifiedBesselK1),
    "special.spherical_bessel_j0": function(Special.sphericalBesselJ0),
    "special.xlog1py": { call in
      if let y = call[1, "other"]?.tensor {
        if let x = call[0, "input"]?.tensor { return .tensor(Special.xlog1py(x, y)) }
        return .tensor(Special.xlog1py(try call.number(0, "input"), y))
      }
      return .tensor(Special.xlog1py(try call.receiver, try call.number(1, "other")))
    },
    "special.zeta": { .tensor(Special.zeta(try $0.tensorOrNumber(0, "input"), try $0.tensorOrNumber(1, "other"))) },

    "special.chebyshev_polynomial_t": polynomial { Special.chebyshevPolynomialT($0, $1) },
    "special.chebyshev_polynomial_u": polynomial { Special.chebyshevPolynomialU($0, $1) },
    "special.chebyshev_polynomial_v": polynomial { Special.chebyshevPolynomialV($0, $1) },
    "special.chebyshev_polynomial_w": polynomial { Special.chebyshevPolynomialW($0, $1) },
    "special.hermite_polynomial_h": polynomial { Special.hermitePolynomialH($0, $1) },
    "special.hermite_polynomial_he": polynomial { Special.hermitePolynomialHe($0, $1) },
    "special.laguerre_polynomial_l": polynomial { Special.laguerrePolynomialL($0, $1) },
    "special.legendre_polynomial_p": polynomial { Special.legendrePolynomialP($0, $1) },
    "special.shifted_chebyshev_polynomial_t": polynomial { Special.shiftedChebyshevPolynomialT($0, $1) },
    "special.shifted_chebyshev_polynomial_u": polynomial { Special.shiftedChebyshevPolynomialU($0, $1) },
    "special.shifted_chebyshev_polynomial_v": polynomial { Special.shiftedChebyshevPolynomialV($0, $1) },
    "special.shifted_chebyshev_polynomial_w": polynomial { Special.shiftedChebyshevPolynomialW($0, $1) },
  ]

  private static let polygamma: Operation = { call in
    // PyTorch's function has the order first and the method last.
    let order = call[0, "n"]?.tensor == nil ? 0 : 1
    return .tensor(try call.tensor(1 - order, "input").polygamma(call.required(call.int(order, "n"), "n")))
  }

  private static func polynomial(
    _ operation: @escaping @Sendable (any TensorConvertible, any TensorConvertible) -> Tensor
  ) -> Operation {
    { .tensor(operation(try $0.tensorOrNumber(0, "x"), try $0.tensorOrNumber(1, "n"))) }
  }

  /// A function of one tensor.
  static func function(_ operation: @escaping @Sendable (Tensor) -> Tensor) -> Operation {
    { .tensor(operation(try $0.receiver)) }
  }
}

extension Call {
  func number(_ index: Int, _ name: String) throws -> Scalar { try required(scalar(index, name), name) }

  func tensorOrNumber(_ index: Int, _ name: String) throws -> any TensorConvertible {
    if let tensor = self[index, name]?.tensor { return tensor }
    return try number(index, name)
  }
}

import Devices

// Orthogonal polynomials. The degree is a number or a tensor of numbers, each cut to an integer; of a negative degree there is none, and the
// result is zero. As in PyTorch the results are no part of the graph.

extension Operation {
  private static func polynomial(_ name: String, _ opcode: Opcode, isShifted: Bool = false) -> ElementwiseOperation {
    ElementwiseOperation(
      "special_\(name)", "",
      isShifted ? ElementwiseKernel { x, n in (x + x - 1).callInstruction(opcode, n) } : .instruction(opcode), rule: .floating)
  }

  fileprivate static let chebyshevPolynomialT = polynomial("chebyshev_polynomial_t", .chebyshevT)
  fileprivate static let chebyshevPolynomialU = polynomial("chebyshev_polynomial_u", .chebyshevU)
  fileprivate static let chebyshevPolynomialV = polynomial("chebyshev_polynomial_v", .chebyshevV)
  fileprivate static let chebyshevPolynomialW = polynomial("chebyshev_polynomial_w", .chebyshevW)
  fileprivate static let shiftedChebyshevPolynomialT = polynomial("shifted_chebyshev_polynomial_t", .chebyshevT, isShifted: true)
  fileprivate static let shiftedChebyshevPolynomialU = polynomial("shifted_chebyshev_polynomial_u", .chebyshevU, isShifted: true)
  fileprivate static let shiftedChebyshevPolynomialV = polynomial("shifted_chebyshev_polynomial_v", .chebyshevV, isShifted: true)
  fileprivate static let shiftedChebyshevPolynomialW = polynomial("shifted_chebyshev_polynomial_w", .chebyshevW, isShifted: true)
  fileprivate static let hermitePolynomialH = polynomial("hermite_polynomial_h", .hermiteH)
  fileprivate static let hermitePolynomialHe = polynomial("hermite_polynomial_he", .hermiteHe)
  fileprivate static let laguerrePolynomialL = polynomial("laguerre_polynomial_l", .laguerreL)
  fileprivate static let legendrePolynomialP = polynomial("legendre_polynomial_p", .legendreP)
}

extension Special {
  /// Chebyshev's polynomial of the first kind, T_n(x) (DLMF 18.5.1).
  public static func chebyshevPolynomialT(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.chebyshevPolynomialT(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the second kind, U_n(x) (DLMF 18.5.2).
  public static func chebyshevPolynomialU(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.chebyshevPolynomialU(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the third kind, V_n(x) (DLMF 18.5.3).
  public static func chebyshevPolynomialV(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.chebyshevPolynomialV(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the fourth kind, W_n(x) (DLMF 18.5.4).
  public static func chebyshevPolynomialW(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.chebyshevPolynomialW(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the first kind moved to [0, 1], T_n(2x - 1).
  public static func shiftedChebyshevPolynomialT(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.shiftedChebyshevPolynomialT(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the second kind moved to [0, 1], U_n(2x - 1).
  public static func shiftedChebyshevPolynomialU(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.shiftedChebyshevPolynomialU(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the third kind moved to [0, 1], V_n(2x - 1).
  public static func shiftedChebyshevPolynomialV(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.shiftedChebyshevPolynomialV(x, n, isRecorded: false)
  }
  /// Chebyshev's polynomial of the fourth kind moved to [0, 1], W_n(2x - 1).
  public static func shiftedChebyshevPolynomialW(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.shiftedChebyshevPolynomialW(x, n, isRecorded: false)
  }
  /// The physicist's polynomial of Hermite, H_n(x) (DLMF 18.5.13).
  public static func hermitePolynomialH(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.hermitePolynomialH(x, n, isRecorded: false)
  }
  /// The probabilist's polynomial of Hermite, He_n(x) (DLMF 18.5.14).
  public static func hermitePolynomialHe(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.hermitePolynomialHe(x, n, isRecorded: false)
  }
  /// Laguerre's polynomial L_n(x) (DLMF 18.5.12). It takes n steps for every element, so the degrees are looked at first.
  ///
  /// Error: `laguerre_polynomial_l(): a degree of 1e+09 for 3 elements takes too many steps`.
  public static func laguerrePolynomialL(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.laguerrePolynomialL.ofDegree(n, x)
  }
  /// Legendre's polynomial P_n(x) (DLMF 18.5.7). It takes n steps for every element, so the degrees are looked at first.
  ///
  /// Error: `legendre_polynomial_p(): a degree of 1e+09 for 3 elements takes too many steps`.
  public static func legendrePolynomialP(_ x: some TensorConvertible, _ n: some TensorConvertible) -> Tensor {
    Operation.legendrePolynomialP.ofDegree(n, x)
  }
}

extension ElementwiseOperation {
  /// Steps of a recurrence that a call may take in all: some seconds.
  private static let longest = 0x1p29

  /// A polynomial by its recurrence, unless that would run for minutes.
  fileprivate func ofDegree(_ n: some TensorConvertible, _ x: some TensorConvertible) -> Tensor {
    do throws(TensorError) { try checkDegree(n, x) } catch { return .failure(error) }
    return self(x, n, isRecorded: false)
  }

  private func checkDegree(_ n: some TensorConvertible, _ x: some TensorConvertible) throws(TensorError) {
    // Shapes that do not fit are the operation's error.
    let count = (try? broadcastShapes(x.shape, n.shape))?.reduce(1, *) ?? 0
    let degree: Double
    switch n.tensorOrNumber {
    case .number(let number): degree = number.doubleValue
    case .tensor(let tensor):
      // Waits for the device. A degree beyond the integers is none.
      let degrees = tensor.detach().to(.float64)
      degree = tensor.count == 0 ? 0 : try Tensor.where(degrees .< 0x1p63, degrees, 0).max().element().doubleValue
    }
    guard !(degree < 0x1p63) || degree * Double(count) <= Self.longest else {
      throw .runtime(
        "\(name.dropFirst("special_".count))(): a degree of \(degree.streamText) for \(count) elements takes too many steps")
    }
  }
}

extension TensorConvertible {
  fileprivate var shape: [Int] {
    if case .tensor(let x) = tensorOrNumber, x.isValid { return x.shape }
    return []
  }
}

import Devices

/// Windows that taper the ends of a signal, PyTorch's `torch.signal.windows`.
///
/// Arguments of all of them:
///
///     m             how many points there are, of which none or one are all right
///     sym           whether the window is symmetric; if not it is a period of a longer one, for spectra
///     dtype         float32 or float64; the default dtype if nil
///     device        where the result lives
///     requiresGrad  whether it is a variable
///
/// Errors: `hann requires non-negative window length, got M=-1`; `hann expects float32 or float64 dtypes, got: torch.int64`. A window that is a
/// sum of cosines is called `general_cosine` in them, as in PyTorch.
public enum SignalWindows {}

extension SignalWindows {
  /// Two straight lines, from zero to one and back.
  public static func bartlett(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    let step = 2 / period(m, sym)
    return window("bartlett", m, from: -1, step: step, dtype, device, requiresGrad) { 1 - $0.abs() }
  }

  /// 0.42 - 0.5 cos t + 0.08 cos 2t.
  public static func blackman(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    generalCosine(m, a: [0.42, 0.5, 0.08], sym: sym, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Half a period of the sine.
  public static func cosine(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    let step = Double.pi / (sym ? Double(m) : Double(m) + 1)
    return window("cosine", m, from: 0.5 * step, step: step, dtype, device, requiresGrad) { $0.sin() }
  }

  /// e^(-|t - center| / tau), of which the center may be given where the window is not symmetric.
  ///
  /// Errors: `Tau must be positive, got: 0.0 instead.`; `Center must be None for symmetric windows`.
  public static func exponential(
    _ m: Int, center: Double? = nil, tau: Double = 1, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    guard tau > 0 else { return .failure(.value("Tau must be positive, got: \(tau) instead.")) }
    guard center == nil || !sym else { return .failure(.value("Center must be None for symmetric windows")) }
    let center = center ?? middle(m, sym)
    return window("exponential", m, from: -center / tau, step: 1 / tau, dtype, device, requiresGrad) { (-$0.abs()).exp() }
  }

  /// e^(-½ ((t - center) / std)²).
  ///
  /// Error: `Standard deviation must be positive, got: 0.0 instead.`
  public static func gaussian(
    _ m: Int, std: Double = 1, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    guard std > 0 else { return .failure(.value("Standard deviation must be positive, got: \(std) instead.")) }
    let step = 1 / (std * 2.0.squareRoot())
    return window("gaussian", m, from: -middle(m, sym) * step, step: step, dtype, device, requiresGrad) { (-$0 * $0).exp() }
  }

  /// A sum of cosines, a₀ - a₁ cos t + a₂ cos 2t - ..., t from zero to 2π.
  ///
  /// Error: `Coefficients cannot be empty`.
  public static func generalCosine(
    _ m: Int, a: [Double], sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    guard let first = a.first else { return .failure(.value("Coefficients cannot be empty")) }
    let step = 2 * Double.pi / period(m, sym)
    return window("general_cosine", m, from: 0, step: step, dtype, device, requiresGrad) { t in
      var sum = Tensor.full(t.shape, first, dtype: t.dtype, device: t.device)
      for (k, coefficient) in a.enumerated().dropFirst() {
        sum = sum + (t * Double(k)).cos() * (k % 2 == 0 ? coefficient : -coefficient)
      }
      return sum
    }
  }

  /// alpha - (1 - alpha) cos t.
  public static func generalHamming(
    _ m: Int, alpha: Double = 0.54, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    generalCosine(m, a: [alpha, 1 - alpha], sym: sym, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// 0.54 - 0.46 cos t.
  public static func hamming(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    generalHamming(m, sym: sym, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// ½ - ½ cos t.
  public static func hann(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    generalHamming(m, alpha: 0.5, sym: sym, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// I₀(√(beta² - t²)) / I₀(beta), t from -beta to beta.
  ///
  /// Error: `beta must be non-negative, got: -1.0 instead.`
  public static func kaiser(
    _ m: Int, beta: Double = 12, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    guard beta >= 0 else { return .failure(.value("beta must be non-negative, got: \(beta) instead.")) }
    let step = 2 * beta / period(m, sym)
    return window("kaiser", m, from: -beta, step: step, dtype, device, requiresGrad) { t in
      let end = Tensor.full([], beta, dtype: t.dtype, device: t.device)
      return (end * end - t * t).clamp(min: 0).sqrt().i0() / end.i0()
    }
  }

  /// 0.3635819 - 0.4891775 cos t + 0.1365995 cos 2t - 0.0106411 cos 3t.
  public static func nuttall(
    _ m: Int, sym: Bool = true, dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    generalCosine(
      m, a: [0.3635819, 0.4891775, 0.1365995, 0.0106411], sym: sym, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  // MARK: Common form

  /// From the first point to where the window begins anew.
  private static func period(_ m: Int, _ sym: Bool) -> Double { Double(sym ? m &- 1 : m) }

  /// The point of symmetry, in steps from the first point.
  private static func middle(_ m: Int, _ sym: Bool) -> Double { Double(sym || m <= 1 ? m &- 1 : m) / 2 }

  /// A window's values at evenly spaced points. A single point is the window's top.
  private static func window(
    _ name: String, _ m: Int, from start: Double, step: Double, _ dtype: DType?, _ device: any DeviceConvertible,
    _ requiresGrad: Bool,
    _ value: (Tensor) -> Tensor
  ) -> Tensor {
    let dtype = dtype ?? DefaultDType.current
    guard dtype == .float32 || dtype == .float64 else {
      return .failure(.value("\(name) expects float32 or float64 dtypes, got: torch.\(dtype.name)"))
    }
    guard m >= 0 else { return .failure(.value("\(name) requires non-negative window length, got M=\(m)")) }
    if m <= 1 { return .ones([m], dtype: dtype, device: device, requiresGrad: requiresGrad) }
    let points = Tensor.linspace(start, start + Double(m - 1) * step, steps: m, dtype: dtype, device: device)
    return Tensor(value(points), requiresGrad: requiresGrad)
  }
}

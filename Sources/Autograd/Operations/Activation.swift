import Devices

// The activation functions of neural networks: each is one kernel, and so is its derivative.

extension Operation {
  static let relu = ElementwiseOperation(
    "relu", "ReluBackward0", ElementwiseKernel { x in x.relu() },
    check: .booleans("Boolean inputs not supported for relu"))
  static let leakyRelu = activation("leaky_relu", "LeakyReluBackward0", "leaky_relu_cpu") { x, slope in
    (x .> 0).select(x, x * slope)
  }
  static let threshold = ElementwiseOperation(
    "threshold", "ThresholdBackward0", ElementwiseKernel { x, threshold, value in (x .<= threshold).select(value, x) },
    check: .kernel("threshold_cpu", lacks: .boolean))
  // The derivative is zero at the bounds.
  static let hardtanh = ElementwiseOperation(
    "hardtanh", "HardtanhBackward0",
    ElementwiseKernel { x, low, high in (x .<= low).select(low, (x .>= high).select(high, x)) },
    check: .booleans("Bool inputs not supported for hardtanh"))

  // x where it is positive, else alpha (exp(x / scale) - 1); at zero the derivative is that of the exponential.
  static let elu = activation("elu", "", "elu_cpu") { x, alpha in (x .<= 0).select(alpha * x.expm1(), x) }
  static let selu = activation("selu", "", "elu_cpu") { x in
    (x .<= 0).select(x.expm1() * (seluAlpha * seluScale), x * seluScale)
  }
  // Klambauer et al., Self-Normalizing Neural Networks (2017): the fixed point is mean 0 and variance 1.
  static let seluAlpha = 1.6732632423543772
  static let seluScale = 1.0507009873554805

  static let gelu = activation("gelu", "GeluBackward0", "GeluKernelImpl") { x in
    x * 0.5 * (1 + (x * 0.7071067811865476).erf())
  }
  static let geluTanh = activation("gelu", "GeluBackward0", "GeluKernelImpl") { x in
    let rootTwoOverPi = 0.7978845608028654
    return 0.5 * x * (1 + (rootTwoOverPi * (x + 0.044715 * (x * x * x))).tanh())
  }
  static let silu = activation("silu", "SiluBackward0", "silu_cpu") { x in x.silu() }
  static let mish = activation("mish", "", "mish_cpu") { x in x * x.softplus().tanh() }
  static let mishDerivative = ElementwiseOperation(
    "mish", "MulBackward0",
    ElementwiseKernel { g, x in
      let inner = x.softplus().tanh()
      return g * (inner + x * x.sigmoid() * (1 - inner * inner))
    })
  // Beyond the threshold the function is the identity, to the last bit or nearly.
  static let softplus = activation("softplus", "", "softplus_cpu") { x, beta, threshold in
    (x * beta .> threshold).select(x, (x * beta).softplus() / beta)
  }
  static let softplusDerivative = ElementwiseOperation(
    "softplus", "SoftplusBackwardBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
      let (g, x, beta, threshold) = (v[0], v[1], v[2], v[3])
      return [(x * beta .> threshold).select(g, g * (x * beta).sigmoid())]
    })
  static let logSigmoid = activation("log_sigmoid", "LogSigmoidBackward0", "log_sigmoid_cpu") { x in 0 - (-x).softplus() }
  static let softsign = ElementwiseOperation(
    "softsign", "DivBackward0", ElementwiseKernel { x in x / (1 + x.abs()) }, rule: .floating,
    check: .kernel("abs_cpu", lacks: .boolean))
  static let tanhshrink = ElementwiseOperation(
    "tanhshrink", "SubBackward0", ElementwiseKernel { x in x - x.tanh() }, rule: .floating, check: numericDifference)

  static let hardswish = activation("hardswish", "", "hardswish_cpu") { x in
    x * (x .<= -3).select(0, (x .>= 3).select(6, x + 3)) / 6
  }
  static let hardswishDerivative = ElementwiseOperation(
    "hardswish", "HardswishBackwardBackward0",
    ElementwiseKernel { g, x in (x .<= -3).select(0, (x .< 3).select(g * (x / 3 + 0.5), g)) })
  static let hardshrink = activation("hardshrink", "HardshrinkBackward0", "hardshrink_cpu") { x, lambda in
    ((x .>= -lambda) .& (x .<= lambda)).select(0, x)
  }
  static let softshrink = activation("softshrink", "SoftshrinkBackward0", "softshrink_check") { x, lambda in
    // NaN lies outside, and a zero inside has the sign of x.
    ((x .>= -lambda) .& (x .<= lambda)).select(
      x.constant(0).callInstruction(.copysign, x), (x .> 0).select(x - lambda, x + lambda))
  }

  private static func activation(
    _ name: String, _ gradName: String, _ kernel: String, _ body: (Expression) -> Expression
  ) -> ElementwiseOperation {
    ElementwiseOperation(name, gradName, ElementwiseKernel(body), check: .kernel(kernel, lacks: .integral))
  }

  private static func activation(
    _ name: String, _ gradName: String, _ kernel: String, _ body: (Expression, Expression) -> Expression
  ) -> ElementwiseOperation {
    ElementwiseOperation(name, gradName, ElementwiseKernel(body), check: .kernel(kernel, lacks: .integral))
  }

  private static func activation(
    _ name: String, _ gradName: String, _ kernel: String, _ body: (Expression, Expression, Expression) -> Expression
  ) -> ElementwiseOperation {
    ElementwiseOperation(name, gradName, ElementwiseKernel(body), check: .kernel(kernel, lacks: .integral))
  }
}

/// How `gelu` computes the normal distribution.
public enum GELUApproximation: Sendable {
  case none, tanh
}

extension Tensor {
  /// max(self, 0). The derivative at zero is zero.
  public func relu() -> Tensor { Operation.relu(self) }
  /// Within [0, 6].
  public func relu6() -> Tensor { hardtanh(min: 0, max: 6) }
  /// self, or `negativeSlope` · self where that is negative.
  public func leakyRelu(negativeSlope: Double = 0.01) -> Tensor { Operation.leakyRelu(self, negativeSlope.scalar) }
  /// self where it exceeds `threshold`, else `value`.
  public func threshold(_ threshold: Double, _ value: Double) -> Tensor {
    Operation.threshold(self, parameter(threshold), parameter(value))
  }

  /// Within [min, max]; the derivative is one between them, and zero at both.
  ///
  /// Error: `min_val cannot be greater than max_val`.
  public func hardtanh(min: Double = -1, max: Double = 1) -> Tensor {
    guard min <= max else { return .failure(.value("min_val cannot be greater than max_val")) }
    do throws(TensorError) {
      let (low, high) = try bounds(parameter(min), parameter(max))
      return Operation.hardtanh(self, low!, high!)
    } catch { return .failure(error) }
  }

  /// self where it is positive, else alpha · (exp(self) - 1).
  public func elu(alpha: Double = 1) -> Tensor {
    exponentialUnit(.init(negative: alpha)) { Operation.elu($0, alpha.scalar) }
  }
  /// elu with the constants for which activations keep mean 0 and variance 1.
  public func selu() -> Tensor {
    exponentialUnit(.init(negative: Operation.seluAlpha * Operation.seluScale, positive: Operation.seluScale)) {
      Operation.selu($0)
    }
  }
  /// self where it is positive, else alpha · (exp(self / alpha) - 1).
  ///
  /// Error: `ZeroDivisionError: alpha cannot be 0 for CELU`.
  public func celu(alpha: Double = 1) -> Tensor {
    guard alpha != 0 else { return .failure(.runtime("ZeroDivisionError: alpha cannot be 0 for CELU")) }
    // PyTorch's derivative has alpha in float32 for every dtype.
    let slope = 1 / Double(Float(alpha))
    return exponentialUnit(.init(negative: slope * alpha, inner: slope), "CeluBackward0") {
      Operation.celu($0, alpha.scalar, (1 / alpha).scalar)
    }
  }

  /// self · Φ(self), where Φ is the normal distribution, exact or by the usual formula with tanh.
  public func gelu(approximate: GELUApproximation = .none) -> Tensor {
    approximate == .none ? Operation.gelu(self) : Operation.geluTanh(self)
  }
  /// self · sigmoid(self).
  public func silu() -> Tensor { Operation.silu(self) }
  /// self · tanh(softplus(self)).
  public func mish() -> Tensor {
    attempt(self) { x throws(TensorError) in
      Operation.mish(x.detach()).differentiable("MishBackward0", x) { g in Operation.mishDerivative(g, x) }
    }
  }
  /// log(1 + exp(beta · self)) / beta, and self where beta · self exceeds `threshold`.
  public func softplus(beta: Double = 1, threshold: Double = 20) -> Tensor {
    attempt(self) { x throws(TensorError) in
      Operation.softplus(x.detach(), beta.scalar, threshold.scalar).differentiable("SoftplusBackward0", x) { g in
        Operation.softplusDerivative(g.argument, x.argument, beta.argument, threshold.argument)
      }
    }
  }
  /// log(sigmoid(self)).
  public func logSigmoid() -> Tensor { Operation.logSigmoid(self) }
  /// self / (1 + |self|).
  public func softsign() -> Tensor { Operation.softsign(self) }
  /// self - tanh(self).
  public func tanhshrink() -> Tensor { Operation.tanhshrink(self) }
  /// self · relu6(self + 3) / 6.
  public func hardswish() -> Tensor {
    attempt(self) { x throws(TensorError) in
      Operation.hardswish(x.detach()).differentiable("HardswishBackward0", x) { g in Operation.hardswishDerivative(g, x) }
    }
  }
  /// self, but zero within [-lambda, lambda].
  public func hardshrink(lambda: Double = 0.5) -> Tensor { Operation.hardshrink(self, lambda.scalar) }
  /// self moved toward zero by lambda, zero within [-lambda, lambda].
  ///
  /// Error: `lambda must be in range [0, 3.40282e+38] for input dtype Float, but found -1`.
  public func softshrink(lambda: Double = 0.5) -> Tensor {
    guard lambda >= 0 else {
      return .failure(
        .runtime(
          "lambda must be in range [0, \(dtype.greatestFiniteText)] for input dtype \(dtype.scalarTypeName), but found "
            + lambda.streamText))
    }
    return Operation.softshrink(self, lambda.scalar)
  }

  /// A number as PyTorch hands it to a kernel of integers.
  private func parameter(_ value: Double) -> Scalar { isFloatingPoint ? .double(value) : .int(Scalar.double(value).intValue) }
}

extension DType {
  fileprivate var greatestFiniteText: String {
    switch self {
    case .float16: "65504"
    case .bfloat16: "3.38953e+38"
    case .float32: "3.40282e+38"
    default: "1.79769e+308"
    }
  }
}

// MARK: - With derivatives of their own

extension Operation {
  fileprivate static let celu = ElementwiseOperation(
    "celu", "", ElementwiseKernel { x, alpha, inverse in (x .<= 0).select(alpha * (x * inverse).expm1(), x) },
    check: .kernel("elu_cpu", lacks: .integral))
  // An exponential of its own: expm1(x) + 1 would have no digit left of a small one.
  fileprivate static let exponentialSlope = ElementwiseOperation(
    "elu_backward", "",
    ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { v in
      let (g, x, negative, inner, positive) = (v[0], v[1], v[2], v[3], v[4])
      return [(x .<= 0).select(g * negative * (x * inner).exp(), g * positive)]
    })
  fileprivate static let exponentialCurvature = ElementwiseOperation(
    "elu_backward", "MulBackward0",
    ElementwiseKernel(inputs: [.value, .value, .value, .value]) { v in
      let (g, x, negative, inner) = (v[0], v[1], v[2], v[3])
      return [(x .< 0).select(g * negative * (x * inner).exp(), 0)]
    })

  fileprivate static let hardsigmoid = ElementwiseOperation(
    "hardsigmoid", "",
    ElementwiseKernel { x in (x .<= -3).select(0, (x .>= 3).select(1, (x + 3) / 6)) },
    check: .kernel("hardsigmoid_cpu", lacks: .integral))
  // PyTorch's sixth is a float32 in every dtype.
  fileprivate static let hardsigmoidDerivative = ElementwiseOperation(
    "hardsigmoid", "MulBackward0",
    ElementwiseKernel { g, x in ((x .> -3) .& (x .< 3)).select(g * Double(Float(1) / 6), 0) })
}

/// The derivative of an exponential linear unit: negative · exp(inner · x) up to zero, and positive beyond.
private struct ExponentialSlopes {
  var negative: Double
  var inner = 1.0
  var positive = 1.0
}

extension Tensor {
  private func exponentialUnit(
    _ slopes: ExponentialSlopes, _ name: String = "EluBackward0", _ value: (Tensor) -> Tensor
  ) -> Tensor {
    attempt(self) { x throws(TensorError) in
      value(x.detach()).differentiable(name, x) { g in x.exponentialSlope(g, slopes) }
    }
  }

  private func exponentialSlope(_ g: Tensor, _ slopes: ExponentialSlopes) -> Tensor {
    attempt(g, self) { g, x throws(TensorError) in
      let (negative, inner, positive) = (slopes.negative.argument, slopes.inner.argument, slopes.positive.argument)
      return Operation.exponentialSlope(g.detach().argument, x.detach().argument, negative, inner, positive).differentiable(
        "EluBackwardBackward0", g, x, { h in x.exponentialSlope(h, slopes) },
        { h in
          Operation.exponentialCurvature(
            (h * g).argument, x.argument, (slopes.negative * slopes.inner).argument, inner)
        })
    }
  }

  /// relu6(self + 3) / 6.
  public func hardsigmoid() -> Tensor {
    attempt(self) { x throws(TensorError) in
      Operation.hardsigmoid(x.detach()).differentiable("HardsigmoidBackward0", x) { g in Operation.hardsigmoidDerivative(g, x) }
    }
  }
}

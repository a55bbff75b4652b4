import Autograd
import Devices
import Testing

/// Operands of two dtypes: values and gradients are those of the common dtype, and what goes to the other operand is rounded once.
@Suite struct MixedDTypeTests {
  private static let functions: [(name: String, apply: @Sendable (Tensor, Tensor) -> Tensor)] = [
    ("atan2", { $0.atan2($1) }), ("logaddexp", { $0.logaddexp($1) }), ("logaddexp2", { $0.logaddexp2($1) }),
    ("xlogy", { $0.xlogy($1) }), ("xlog1py", { Special.xlog1py($0, $1) }), ("hypot", { $0.hypot($1) }), ("pow", { $0.pow($1) }),
    ("+", { $0 + $1 }), ("-", { $0 - $1 }), ("*", { $0 * $1 }), ("/", { $0 / $1 }), ("fmod", { $0.fmod($1) }),
    ("remainder", { $0 % $1 }), ("copysign", { $0.copysign($1) }), ("ldexp", { $0.ldexp($1) }), ("maximum", { $0.maximum($1) }),
    ("minimum", { $0.minimum($1) }), ("fmax", { $0.fmax($1) }), ("floatPower", { $0.floatPower($1) }),
    ("where", { Tensor.where($0 .> $1, $0, $1) }), ("addcmul", { $0.addcmul($1, $1) }), ("addcdiv", { $0.addcdiv($0, $1) }),
    ("mse", { F.mseLoss($0, $1) }), ("l1", { F.l1Loss($0, $1) }), ("smoothL1", { F.smoothL1Loss($0, $1) }),
    ("klDiv", { F.klDiv($0, $1) }), ("poisson", { F.poissonNLLLoss($0, $1, full: true) }), ("dist", { $0.dist($1) }),
    ("pairwise", { F.pairwiseDistance($0, $1) }),
  ]
  private static let values = ([0.7312345678, 1.9123456789, 2.3123456], [1.1345678912, 0.6123456789, 2.9876543])

  @Test(arguments: functions.indices, ["cpu", "mps"])
  func gradientsAreRoundedOnce(_ index: Int, name: String) throws {
    let (function, apply) = Self.functions[index]
    let device = try device(named: name)
    for dtypes in [(DType.float32, DType.float64), (.float64, .float32)] {
      let x = Tensor(Self.values.0, dtype: .float64, device: device).to(dtypes.0).detach().requiringGrad()
      let y = Tensor(Self.values.1, dtype: .float64, device: device).to(dtypes.1).detach().requiringGrad()
      let exact = (x.detach().to(.float64).requiringGrad(), y.detach().to(.float64).requiringGrad())
      let (result, wanted) = (apply(x, y), apply(exact.0, exact.1))
      #expect(result.dtype == .float64)
      #expect(near(result, wanted, 1e-14), "\(function): \(result)")
      let gradients = grad(of: [result.sum()], wrt: [x, y], createGraph: true)
      let wantedGradients = grad(of: [wanted.sum()], wrt: [exact.0, exact.1], createGraph: true)
      for (gradient, (wanted, input)) in zip(gradients, zip(wantedGradients, [x, y])) {
        #expect(gradient.dtype == input.dtype)
        #expect(near(gradient, wanted.to(input.dtype), input.dtype == .float64 ? 1e-14 : 1e-7), "\(function): \(gradient)")
      }
    }
  }

  private func near(_ x: Tensor, _ y: Tensor, _ tolerance: Double) -> Bool {
    zip(x.detach().scalars(as: Double.self), y.detach().scalars(as: Double.self)).allSatisfy {
      ($0 - $1).magnitude <= tolerance * Swift.max($1.magnitude, 1e-3)
    }
  }
}

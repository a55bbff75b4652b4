import Autograd
import Devices
import Testing

/// The derivative of a branch that is not taken counts for nothing, even where it is infinite.
@Suite struct BranchDerivativeTests {
  private static func devices() -> [any Device] { [CPUDevice.cpu, AcceleratorDevice.accelerator, ReferenceDevice.reference] }

  private static let activations: [@Sendable (Tensor) -> Tensor] = [
    { $0.selu() }, { $0.elu() }, { $0.elu(alpha: 0.5) }, { $0.celu() }, { $0.celu(alpha: 2) },
  ]

  /// Beyond 709 the exponential of a float64 is infinite, and 0 · ∞ is NaN.
  @Test(arguments: activations.indices, [DType.float32, .float64])
  func exponentialsBeyondTheirRange(_ index: Int, dtype: DType) throws {
    for device in Self.devices() {
      let x = Tensor([-1001.0, -0.5, 0.5, 1001, 1e20, .infinity]).to(dtype).to(device).requiringGrad()
      let g = grad(of: Self.activations[index](x).sum(), wrt: x, createGraph: true)
      let second = grad(of: g.sum(), wrt: x)
      let slopes = g.detach().scalars(as: Double.self)
      #expect(slopes.allSatisfy { $0.isFinite }, "\(slopes) on \(device.description)")
      #expect(slopes[3] == slopes[2] && slopes[5] == slopes[2] && slopes[0] < 1e-200)
      let curvatures = second.scalars(as: Double.self)
      #expect(curvatures[3...] == [0, 0, 0] && curvatures[1] > 0, "\(curvatures) on \(device.description)")
    }
  }

  /// The exponential itself, where expm1(x) + 1 has no digit left.
  @Test func smallDerivatives() {
    let x = Tensor([-100.0, -20], dtype: .float64).requiringGrad()
    for slope in grad(of: x.elu().sum(), wrt: x).scalars(as: Double.self).enumerated() {
      #expect((slope.element / [3.720075976020836e-44, 2.061153622438558e-09][slope.offset] - 1).magnitude < 1e-14)
    }
  }

  private static let kernels: [(name: String, kernel: ElementwiseKernel)] = [
    ("select", ElementwiseKernel { x in (x .< 1).select(x.exp(), x) }),
    ("select twice", ElementwiseKernel { x in (x .< 1).select((x .< 0).select(1 / x, x.exp()), 3 * x) }),
    ("maximum", ElementwiseKernel { x in (-x).log1p().maximum(-100) }),
    ("minimum", ElementwiseKernel { x in x.exp().minimum(5) }),
    ("relu", ElementwiseKernel { x in (1 - x.exp()).relu() }),
    ("two of one", ElementwiseKernel { x in (x .< 1).select(x * x.exp(), x * 2) }),
  ]

  /// A kernel of the user's own is no different: numbers where its branches have them, to both orders.
  @Test(arguments: kernels.indices)
  func kernelsOfAnybody(_ index: Int) throws {
    let (name, kernel) = Self.kernels[index]
    for device in Self.devices() {
      let x = Tensor([-2.0, -0.0, 0.5, 1, 1001, 1e300], dtype: .float64, device: device).requiringGrad()
      let g = grad(of: kernel(x).sum(), wrt: x, createGraph: true)
      let second = grad(of: g.sum(), wrt: x)
      #expect(g.detach().scalars(as: Double.self)[4...].allSatisfy { $0.isFinite }, "\(name): \(g)")
      #expect(second.scalars(as: Double.self)[4...].allSatisfy { $0.isFinite }, "\(name): \(second)")
    }
  }

  @Test func gradientsOfBothBranchesOfOneChoice() {
    let kernel = ElementwiseKernel { x, y in (x .> 0).select(x * y, x + y) }
    let (x, y) = (Tensor([2.0, -2], requiresGrad: true), Tensor([3.0, 5], requiresGrad: true))
    kernel(x, y).sum().backward()
    #expect(x.grad == Tensor([3.0, 1]) && y.grad == Tensor([2.0, 1]))
    #expect(kernel.pullback(mask: 1).kernel.instructions.filter { $0.opcode == .select }.count == 1)
  }

  /// The third power of the reciprocal, with its sign: not 0 · ∞.
  @Test func inverseSquareAtZero() {
    let x = Tensor([0.0, -0.0, 2], dtype: .float64).requiringGrad()
    let y = x ** -2
    let g = grad(of: y.sum(), wrt: x, createGraph: true)
    #expect(y.detach().scalars(as: Double.self) == [.infinity, .infinity, 0.25])
    #expect(g.detach().scalars(as: Double.self) == [-.infinity, .infinity, -0.25])
    #expect(grad(of: g.sum(), wrt: x).scalars(as: Double.self) == [.infinity, .infinity, 0.375])
  }

  /// Of two zeros the first, in every place of a vector; NaN wins.
  @Test(arguments: [1, 4, 9, 33, 1500], [DType.float32, .float64, .float16, .bfloat16])
  func extremesOfEqualsAreTheFirst(count: Int, dtype: DType) {
    for device in Self.devices() where count < 100 || device === CPUDevice.cpu {
      let zero = Tensor.zeros([count], dtype: dtype, device: device)
      let minus = -zero
      for operation in [Tensor.maximum, Tensor.minimum, Tensor.fmax, Tensor.fmin] {
        #expect(!Bool(operation(zero)(minus).signBit().any()) && Bool(operation(minus)(zero).signBit().all()))
      }
      let nan = zero + Double.nan
      #expect(Bool(zero.maximum(nan).isNaN().all()) && Bool(nan.minimum(zero).isNaN().all()))
    }
  }
}

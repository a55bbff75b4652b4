import Fluxion
import Foundation
import Testing

/// What is changed in place keeps its value, dtype and identity where the change fails.
@Suite struct FailedTargetTests {
  typealias Change = @Sendable (_ target: inout Tensor, _ other: Tensor) -> Void

  static let scaled = ElementwiseKernel(inputs: [.value, .value]) { x in [x[0] * x[1]] }

  /// With a right side or an index that is no good.
  static let changes: [(name: String, change: Change)] = [
    ("+=", { $0 += $1 }), ("-=", { $0 -= $1 }), ("*=", { $0 *= $1 }), ("/=", { $0 /= $1 }),
    ("x[0] =", { $0[0] = $1 }), ("x[0] +=", { $0[0] += $1 }), ("x[1..., ...] =", { $0[1..., ...] = $1 }),
    ("x[mask] =", { $0[Tensor([true, false])] = $1 }), ("x[positions] =", { $0[Tensor([1])] = $1 }),
    ("fill", { $0.fill($1) }), ("copy", { $0.copy(from: $1) }), ("update", { x, other in x.update { $0 + other } }),
    ("fillBernoulli", { $0.fillBernoulli($1) }), ("kernel", { scaled.update(&$0, with: $1) }),
    ("function", { Scale().update(&$0, $1) }),
  ]

  struct Scale: DifferentiableFunction {
    func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] { [inputs[0] * inputs[1]] }
    func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] { [nil, nil] }
  }

  /// Runs a change on a plain tensor, a shared one, a computed one and a variable.
  private func check(_ name: String, _ change: (inout Tensor) throws -> Void, by message: String? = nil) {
    func expectUnchanged(_ x: Tensor, _ what: Comment) {
      #expect(x.isValid && x.dtype == .float32 && x.shape == [2, 3], what)
      #expect(x.scalars(as: Double.self) == [1, 2, 3, 4, 5, 6], what)
    }
    for kind in ["alone", "shared", "computed", "variable"] {
      var x = Tensor([[1.0, 2, 3], [4, 5, 6]], requiresGrad: kind == "variable" || kind == "computed")
      let leaf = x
      if kind == "computed" { x = x.clone() }
      let shared = kind == "shared" ? x : nil
      let error = #expect(throws: TensorError.self, "\(name) of a tensor \(kind)") {
        try checked { try kind == "variable" ? noGrad { try change(&x) } : change(&x) }
      }
      if let message, let error { #expect(error.message.contains(message), "\(name): \(error)") }
      expectUnchanged(x, "\(name) of a tensor \(kind)")
      if let shared { expectUnchanged(shared, "\(name) of a tensor \(kind)") }
      #expect(x.requiresGrad == leaf.requiresGrad)
      if kind == "variable" {
        // It is the same variable.
        (x * 2).sum().backward()
        #expect(leaf.grad == Tensor.full([2, 3], 2.0))
      }
      if kind == "computed" { #expect(x.gradFn?.name == "CloneBackward0", "\(name)") }
    }
  }

  @Test(arguments: changes.indices)
  func failedRightSide(_ index: Int) {
    let (name, change) = FailedTargetTests.changes[index]
    check(name, { change(&$0, failedSum()) }, by: "The size of tensor a (2)")
    let leaked = leakedTensor()
    check(name, { change(&$0, leaked) }, by: "used after a failed operation")
  }

  @Test func wrongShapes() {
    let wide = Tensor.ones([5])
    for (name, change) in FailedTargetTests.changes { check(name, { change(&$0, wide) }) }
    check("kernel", { x in FailedTargetTests.scaled.update(&x, with: 2.0, 3.0) })
    check("x[9] =", { $0[9] = 1 })
    check("x[bad] =", { $0[failedSum()] = 1 }, by: "The size of tensor a (2)")
    check("fill", { $0.fill(1e300) })
  }

  @Test func settersAndGradients() {
    let leaked = leakedTensor()
    let w = Tensor([1.0, 2], requiresGrad: true)
    w.grad = Tensor([3.0, 4])
    #expect(throws: TensorError.self) { try checked { w.grad = failedSum() } }
    #expect(throws: TensorError.self) { try checked { w.grad = leaked } }
    #expect(w.grad == Tensor([3.0, 4]))
    var bad = leaked
    #expect(throws: TensorError.self) { try checked { bad.requiresGrad = true } }
  }

  /// Of several targets all or none.
  @Test func severalTargets() {
    let adam = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { x in
      let first = 0.9 * x[1] + 0.1 * x[3]
      let second = 0.999 * x[2] + 0.001 * x[3] * x[3]
      return [x[0] - 0.1 * first / second.sqrt(), first, second]
    }
    let leaked = leakedTensor()
    for operand in [leaked, Tensor.ones([3]), Tensor.ones([2, 2])] {
      var (p, m, v) = (Tensor([1.0, 2], requiresGrad: true), Tensor([3.0, 4]), Tensor([5.0, 6]))
      #expect(throws: TensorError.self) { try checked { noGrad { adam.update(&p, &m, &v, with: operand) } } }
      #expect(throws: TensorError.self) { try checked { noGrad { adam.update(&p, &m, &v, with: failedSum()) } } }
      #expect(p.detach() == Tensor([1.0, 2]) && m == Tensor([3.0, 4]) && v == Tensor([5.0, 6]))
      // Of the three targets one is no good.
      var bad = leaked
      #expect(throws: TensorError.self) { try checked { noGrad { adam.update(&p, &m, &bad, with: 1.0) } } }
      #expect(p.detach() == Tensor([1.0, 2]) && m == Tensor([3.0, 4]) && !bad.isValid)
    }
    // The running statistics of a normalisation that fails.
    var (mean, variance) = (Tensor.zeros([3]), Tensor.ones([3]))
    let x = Tensor.rand([4, 3])
    #expect(throws: TensorError.self) {
      try checked { F.batchNorm(x, &mean, &variance, weight: failedSum(), training: true) }
    }
    #expect(mean == .zeros([3]) && variance == .ones([3]))
  }

  #if os(Linux)
    /// Memory that suffices for one of three results.
    @Test func outOfMemory() async {
      await #expect(processExitsWith: .success) {
        let adam = ElementwiseKernel(inputs: [.value, .value, .value, .value]) { x in
          [x[0] - 0.5 * x[3], 0.5 * x[1] + x[3], x[2] + x[3]]
        }
        let count = 1 << 23
        var w = Tensor.full([count], 1.0, requiresGrad: true)
        var (m, v) = (Tensor.full([count], 2.0), Tensor.full([count], 3.0))
        let gradient = Tensor.full([count], 4.0)
        // What is held elsewhere is not written in place.
        let saved = [w.detach(), m, v]
        for tensor in saved + [gradient] { tensor.evaluate() }
        CachingAllocator.shared.emptyCache()
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let before = limit
        let pages = try! String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[0]
        limit.rlim_cur = rlim_t(Int(pages)! * sysconf(Int32(_SC_PAGESIZE)) + 44 << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        var failures = 0
        func expectFailure(_ body: () -> Void) {
          do { try checked(body) } catch { if (error as? TensorError)?.kind == .outOfMemory { failures += 1 } }
        }
        expectFailure { noGrad { adam.update(&w, &m, &v, with: gradient) } }
        expectFailure { noGrad { w.update { $0 * 2 + gradient.exp() } } }
        expectFailure { noGrad { w -= gradient.to(.float64) * 2 } }
        limit = before
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let isKept = zip([w.detach(), m, v], [1.0, 2, 3]).allSatisfy { Bool(($0 .== $1).all()) }
        exit(isKept && failures == 3 ? EXIT_SUCCESS : Int32(10 + failures))
      }
    }
  #endif
}

/// Fails: two elements and three.
func failedSum() -> Tensor { Tensor([1.0, 2]) + Tensor([1.0, 2, 3]) }

/// An invalid tensor that has left the scope in which it failed.
func leakedTensor() -> Tensor {
  var result = Tensor(0.0)
  _ = try? checked { result = failedSum() }
  return result
}

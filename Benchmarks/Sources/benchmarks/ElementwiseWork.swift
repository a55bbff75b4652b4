import CLoops
import Fluxion

/// Addition, exp, tanh and a fused gelu, from a thousand elements to ten million.
func elementwiseWorkloads() -> [WorkloadRecipe] {
  let gelu = ElementwiseKernel { x in
    0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * x.pow(3))).tanh())
  }
  var recipes: [WorkloadRecipe] = []
  for exponent in 3...7 {
    let n = (0..<exponent).reduce(1) { count, _ in count * 10 }
    recipes.append(
      WorkloadRecipe(name: "add_1e\(exponent)") {
        binary("add", n, exponent, { $0 + $1 }) { out, a, b, count in plain_add(out, a, b, count) }
      })
    recipes.append(
      WorkloadRecipe(name: "exp_1e\(exponent)") {
        unary("exp", n, exponent, { $0.exp() }) { out, a, count in plain_exp(out, a, count) }
      })
    recipes.append(
      WorkloadRecipe(name: "tanh_1e\(exponent)") {
        unary("tanh", n, exponent, { $0.tanh() }) { out, a, count in plain_tanh(out, a, count) }
      })
    recipes.append(
      WorkloadRecipe(name: "gelu_1e\(exponent)") {
        unary("gelu", n, exponent, { gelu($0) }) { out, a, count in plain_gelu(out, a, count) }
      })
  }
  return recipes
}

/// Memory that the plain loops work on, and tensors of the same values.
private struct Inputs {
  let out, a, b: UnsafeMutablePointer<Float>
  let x, y: Tensor

  init(_ n: Int) {
    let values = (0..<n).map { Float($0 % 1000) * 0.01 - 5 }
    out = .allocate(capacity: n)
    a = .allocate(capacity: n)
    b = .allocate(capacity: n)
    out.initialize(repeating: 0, count: n)
    a.initialize(from: values, count: n)
    b.initialize(from: values, count: n)
    x = Tensor(values)
    y = Tensor(values)
  }
}

private let grain = 32_768

private func binary(
  _ name: String, _ n: Int, _ exponent: Int, _ library: @escaping (Tensor, Tensor) -> Tensor,
  _ loop: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Void
) -> Workload {
  let inputs = Inputs(n)
  var workload = Workload(
    name: "\(name)_1e\(exponent)", work: Double(n), unit: .elements, library: { _ = library(inputs.x, inputs.y) })
  workload.direct = {
    ThreadPool.shared.parallel(count: n, grain: grain) { range in
      let start = range.lowerBound
      loop(inputs.out + start, inputs.a + start, inputs.b + start, range.count)
    }
  }
  workload.naive = naive(inputs, n) { library($0, $1) }
  return workload
}

private func unary(
  _ name: String, _ n: Int, _ exponent: Int, _ library: @escaping (Tensor) -> Tensor,
  _ loop: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
) -> Workload {
  let inputs = Inputs(n)
  var workload = Workload(
    name: "\(name)_1e\(exponent)", work: Double(n), unit: .elements, library: { _ = library(inputs.x) })
  workload.direct = {
    ThreadPool.shared.parallel(count: n, grain: grain) { range in
      loop(inputs.out + range.lowerBound, inputs.a + range.lowerBound, range.count)
    }
  }
  workload.naive = naive(inputs, n) { x, _ in library(x) }
  return workload
}

/// The Reference device's loops, which nobody would wait for beyond a million elements.
private func naive(_ inputs: Inputs, _ n: Int, _ operation: @escaping (Tensor, Tensor) -> Tensor) -> (() -> Void)? {
  guard n <= 1_000_000 else { return nil }
  let x = inputs.x.to(.reference)
  let y = inputs.y.to(.reference)
  return { _ = operation(x, y) }
}

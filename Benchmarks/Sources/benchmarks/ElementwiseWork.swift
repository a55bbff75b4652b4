import CLoops
import Fluxion
import Foundation

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
        binary("add", n, exponent, { $0 + $1 }, naive: { scalarLoop($0) { $0 + $1 } }) { plain_add($0, $1, $2, $3) }
      })
    recipes.append(
      WorkloadRecipe(name: "exp_1e\(exponent)") {
        unary("exp", n, exponent, { $0.exp() }, naive: { scalarLoop($0) { x, _ in exp(x) } }) { plain_exp($0, $1, $2) }
      })
    recipes.append(
      WorkloadRecipe(name: "tanh_1e\(exponent)") {
        unary("tanh", n, exponent, { $0.tanh() }, naive: { scalarLoop($0) { x, _ in tanh(x) } }) { plain_tanh($0, $1, $2) }
      })
    recipes.append(
      WorkloadRecipe(name: "gelu_1e\(exponent)") {
        unary("gelu", n, exponent, { gelu($0) }, naive: { scalarLoop($0) { x, _ in scalarGelu(x) } }) { plain_gelu($0, $1, $2) }
      })
  }
  return recipes
}

/// Memory that the plain loops work on, and tensors of the same values.
private struct Inputs {
  let count: Int
  let out, a, b: UnsafeMutablePointer<Float>
  let x, y: Tensor

  init(_ n: Int) {
    let values = (0..<n).map { Float($0 % 1000) * 0.01 - 5 }
    count = n
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
  _ name: String, _ n: Int, _ exponent: Int, _ library: @escaping (Tensor, Tensor) -> Tensor, naive: @escaping (Inputs) -> Void,
  _ loop: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Void
) -> Workload {
  let inputs = Inputs(n)
  var workload = Workload(
    name: "\(name)_1e\(exponent)", work: Double(n), unit: .elements, library: { library(inputs.x, inputs.y).evaluate() })
  workload.direct = {
    ThreadPool.shared.parallel(count: n, grain: grain) { range in
      let start = range.lowerBound
      loop(inputs.out + start, inputs.a + start, inputs.b + start, range.count)
    }
  }
  workload.naive = { naive(inputs) }
  return workload
}

private func unary(
  _ name: String, _ n: Int, _ exponent: Int, _ library: @escaping (Tensor) -> Tensor, naive: @escaping (Inputs) -> Void,
  _ loop: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
) -> Workload {
  let inputs = Inputs(n)
  var workload = Workload(
    name: "\(name)_1e\(exponent)", work: Double(n), unit: .elements, library: { library(inputs.x).evaluate() })
  workload.direct = {
    ThreadPool.shared.parallel(count: n, grain: grain) { range in
      loop(inputs.out + range.lowerBound, inputs.a + range.lowerBound, range.count)
    }
  }
  workload.naive = { naive(inputs) }
  return workload
}

/// A loop as anybody would write it in Swift.
@inline(__always)
private func scalarLoop(_ inputs: Inputs, _ function: (Float, Float) -> Float) {
  for i in 0..<inputs.count { inputs.out[i] = function(inputs.a[i], inputs.b[i]) }
}

@inline(__always)
private func scalarGelu(_ x: Float) -> Float { 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x))) }

import Fluxion

/// Five elements: what an operation costs beside its arithmetic. The names are those of `peers/torch_small.py`.
func smallWorkloads() -> [WorkloadRecipe] {
  let a = Tensor([1.0, 2, 3, 4, 5])
  let b = Tensor([5.0, 4, 3, 2, 1])
  let x = Tensor([1.0, 2, 3, 4, 5], requiresGrad: true)
  let y = Tensor([5.0, 4, 3, 2, 1], requiresGrad: true)
  return [
    small("small_mul") { _ = a * b },
    small("small_mul_grad") { _ = x * y },
    small("article_cubes") {
      x.grad = nil
      (2 * x ** 3).sum().backward()
    },
  ]
}

private func small(_ name: String, _ library: @escaping () -> Void) -> WorkloadRecipe {
  WorkloadRecipe(name: name) { Workload(name: name, work: 1, unit: .calls, library: library) }
}

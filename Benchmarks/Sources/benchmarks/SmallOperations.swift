import Fluxion

/// Five elements: what an operation costs beside its arithmetic. The names are those of `peers/torch_small.py`.
func smallWorkloads() -> [Workload] {
  let a = Tensor([1.0, 2, 3, 4, 5])
  let b = Tensor([5.0, 4, 3, 2, 1])
  let x = Tensor([1.0, 2, 3, 4, 5], requiresGrad: true)
  let y = Tensor([5.0, 4, 3, 2, 1], requiresGrad: true)
  return [
    Workload(name: "small_mul", work: 1, unit: .calls, library: { _ = a * b }),
    Workload(name: "small_mul_grad", work: 1, unit: .calls, library: { _ = x * y }),
    Workload(
      name: "article_cubes", work: 1, unit: .calls,
      library: {
        x.grad = nil
        (2 * x ** 3).sum().backward()
      }),
  ]
}

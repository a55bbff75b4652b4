import Foundation
import Fluxion

// Names of PyTorch that a user gives to things of his own, and right formulas beside them: all of it compiles.

func relu(_ x: Tensor) -> Tensor { x.relu() }
func softmax(_ x: Tensor) -> Tensor { x.softmax(dim: -1) }
func cat(_ words: [String]) -> String { words.joined() }
let mean = 3.0
enum torch { static func zeros(_ shape: [Int]) -> Tensor { .zeros(shape) } }

extension Tensor {
  var numel: Int { count }
  func twice() -> Tensor { concatenate([self, self]) + stack([self, self]).sum() + einsum("i->", self) }
  func masked_fill(_ mask: Tensor, _ value: Double) -> Tensor { maskedFill(mask, value) }
}

struct Linear {
  var data: Tensor
  var dim = 1
  func sum(_ x: Tensor) -> Tensor { (x * data).sum(dim: dim) }
}

func rightOnes(_ x: Tensor, _ y: Tensor, _ mask: Tensor, _ index: Int, _ scale: Double) -> [Tensor] {
  let a = relu(x) + softmax(y)
  let count: Int = x.numel + cat(["a", "b"]).count
  let b = x.masked_fill(mask, mean) + torch.zeros([count])
  let isSame = x == y && x != a
  let isGreater = index > 0 && scale <= 1 && Bool((x .> 0).all()) && max(scale, 2) > abs(scale) && min(index, 3) == 2
  let c = isSame || isGreater ? x.sum() : x.sum(dim: 1).mean(dim: [0], keepDim: true)
  let (values, indices) = x.max(dim: 1)
  let d = x.max() + y.min() + values + indices
  let e = exp(scale) * x.exp() - sqrt(scale) * y.sqrt() + pow(scale, 2) * x.pow(2) + Tensor(hypot(scale, 1))
  let f = x.view([-1]).reshape([2, -1]).permute([1, 0]).expand([2, 2]).repeat([1, 2]).add(y, alpha: 2)
  let g = Tensor.zeros([2, 3], dtype: .float32, device: "mps") + Tensor.randn([2], device: x.device).to(.cpu).to(.float64)
  let h = Linear(data: x).sum(y) + [x, y].sum() + [x, y].map { $0 * 2 }.sum()
  let i = (x .== y) .& (x .> 0) .| .!mask
  let j = concatenate([x, y], dim: 1) + stack([x, y]).sum(to: [2]) + x.std(dim: 1, correction: 0) + x.var()
  let names = Set([x, y]).count + ([x, y].firstIndex(of: x) ?? 0)
  var k = x
  k += Tensor([0.5, names > 0 ? 1 : 2] as [Double])
  k.requiresGrad = true
  return [a, b, c, d, e, f, g, h, i, j, k]
}

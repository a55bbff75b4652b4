// the compiler is unable to type-check this expression in reasonable time
import Fluxion

func tupleOperand(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  0.9 * x + 0.1 * y * y - 3 * (x - z.max(dim: 0)) / 2
}

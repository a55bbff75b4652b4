// this operand may be nil: unwrap it
import Fluxion

func optionalOperand(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  x - 0.1 * y.grad / (z ** 0.5 + 1e-8) - 0.01 * x * z
}

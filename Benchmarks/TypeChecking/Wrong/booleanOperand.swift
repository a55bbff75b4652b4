// conformance of 'Bool' to 'NumberOperand' is unavailable
import Fluxion

func booleanOperand(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  0.9 * x + 0.1 * y * (y == z) - 3 * (x - z) / 2
}

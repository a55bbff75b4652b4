// conformance of 'String' to 'NumberOperand' is unavailable
import Fluxion

func textOperand(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x ** 3 - 3 * y + "4" * z - 1 / x
}

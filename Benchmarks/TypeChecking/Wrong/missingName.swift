// cannot find 'w' in scope
import Fluxion

func missingName(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x ** 3 - 3 * w ** 2 + 4 * z - 1 / y
}

// extra argument 'axis' in call
import Fluxion

func wrongLabel(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x ** 3 - 3 * y.sum(axis: 1) ** 2 + 4 * z - x
}

// the compiler is unable to type-check this expression in reasonable time
import Fluxion

func integerTimesDouble(_ x: Tensor, _ y: Tensor, _ z: Tensor, _ n: Int, _ k: Double) -> Tensor {
  (1 - x) ** 2 + n * k * (y - x ** 2) ** 2 + z
}

// the compiler is unable to type-check this expression in reasonable time
import Fluxion

func numberAsResult(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Double {
  2 * x ** 3 - 3 * y ** 2 + 4 * z - 1 / x
}

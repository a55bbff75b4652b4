// Long formulas of mixed operators and literals, as numerical code has them. `type-check` times the compiler on each.
import Fluxion

func geluByHand(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  0.5 * x * (1 + y * 0.7978 * (x + 0.044715 * x ** 3)) - z / 2 + 1
}

func polynomial(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x ** 3 - 3 * y ** 2 + 4 * z - 1 / x + 2.5 * y / (z + 1e-5)
}

func mixed(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  -x + 2 * (y - 1) * (z + 2) / 3 - 0.5 * (x * y) ** 2 + 1 - y
}

func rosenbrock(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  (1 - x) ** 2 + 100 * (y - x ** 2) ** 2 + 1e-3 * z * z - 2 * x * y + 1
}

func weighted(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  x * 1 + y * 2 + z * 3 + x * 4.0 + y * 5.0 + z * 6.0 + x * 7 + y * 8 - z
}

func continuedFraction(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  1 / (1 + 2 / (3 + 4 / (x + 5 / (y + 6 / (z + 7)))))
}

func adamStep(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  x - 0.1 * y / (z ** 0.5 + 1e-8) - 0.01 * 0.1 * x + (1 - 0.9) * y - 2 * z
}

func rational(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  ((x + 1) * (x - 1) + (y + 2) * (y - 2)) / ((z + 3) * (z - 3) + 1) + x * y * z
}

func averages(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  0.9 * x + 0.1 * y * y - 3 * (x - y) / (2 + z) * 1.5 + 2 ** z - x % 3
}

func bilinear(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x + 3 * y + 4 * z - 5 * x * y + 6 * y * z - 7 * x * z + 8 * x * y * z - 9
}

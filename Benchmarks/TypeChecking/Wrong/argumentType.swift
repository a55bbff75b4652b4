// cannot convert value of type 'String' to expected argument type
import Fluxion

func argumentType(_ x: Tensor, _ y: Tensor, _ z: Tensor) -> Tensor {
  2 * x + 3 * y + 4 * z.softmax(dim: "a") - 5 * x * y
}

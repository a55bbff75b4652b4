// conformance of 'Array<Element>' to 'NumberOperand' is unavailable
import Fluxion

func arrayOperand(_ x: Tensor, _ y: Tensor, _ z: Tensor, _ a: [Int]) -> Tensor {
  2 * (y - 1) * (a + x) / 3 - 0.5 * (x * y) ** 2
}

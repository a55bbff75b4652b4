import Fluxion
import GenericFormulas
import Testing

/// One function for numbers and tensors.
@Suite struct GenericFormulaTests {
  private func cubic<Number: ScalarOrTensor>(_ x: Number, _ y: Number) -> Number {
    let square = 3 * x ** 2 - x * y / 2 + 1.5
    return square - -y + (1 - x) / 4 + 2 / y
  }

  @Test func numbersAndTensorsGiveTheSame() {
    let expected = 28.0
    #expect(cubic(3.0, 2.0) == expected)
    #expect(cubic(Float(3), Float(2)) == Float(expected))
    #expect(Double(cubic(Tensor(3.0), Tensor(2.0))) == expected)
  }

  @Test func gradientsFlow() {
    let x = Tensor(3.0, dtype: .float64, requiresGrad: true)
    let y = Tensor(2.0, dtype: .float64, requiresGrad: true)
    cubic(x, y).backward()
    #expect(Double(x.grad!) == 6 * 3 - 1 - 0.25)
    #expect(Double(y.grad!) == -1.5 + 1 - 0.5)
  }
}

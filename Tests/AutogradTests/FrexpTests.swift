import Autograd
import Devices
import Testing

@Suite struct FrexpTests {
  /// Nothing is rounded: of every power of two, its neighbours, and what is too small to be normal.
  @Test(arguments: [DType.float64, .float32, .float16, .bfloat16])
  func partsAreExact(dtype: DType) {
    let powers = (-1074...1023).map { Double(sign: .plus, exponent: $0, significand: 1) }
    let numbers = Tensor(powers.flatMap { [$0, -$0.nextUp, $0.nextDown, 1.7 * $0] }).to(dtype)
    let finite = numbers.maskedSelect(numbers.isFinite() .& (numbers .!= 0))
    let (mantissa, exponent) = finite.frexp()
    #expect(mantissa.dtype == dtype && exponent.dtype == .int32)
    let parts = zip(mantissa.scalars(as: Double.self), exponent.scalars(as: Int.self))
    for (number, (mantissa, exponent)) in zip(finite.scalars(as: Double.self), parts) {
      #expect(0.5..<1 ~= mantissa.magnitude)
      #expect(Double(sign: .plus, exponent: exponent, significand: mantissa) == number, "\(mantissa) · 2^\(exponent)")
    }
  }
}

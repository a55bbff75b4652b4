import Fluxion
import Testing

/// The middle element of rows that are long enough to be counted digit by digit, and of those that are just too short.
@Suite struct MedianTests {
  @Test(arguments: DType.allCases.filter { $0 != .bool }, [65_535, 65_541])
  func middleOfLongRows(dtype: DType, length: Int) {
    manualSeed(3)
    let x = (Tensor.randn([length]) * 100).to(dtype)
    let middle = Double(x.sort().values[(length - 1) / 2])
    #expect(Double(x.median()) == middle)
    // Every other element of a longer row.
    let spread = stack([x, Tensor.full([length], 7, dtype: dtype)], dim: 1)[0..., 0]
    #expect(!spread.isContiguous && Double(spread.median()) == middle)
    guard dtype.isFloatingPoint else { return }
    let missing = concatenate([x, Tensor.full([3], Double.nan, dtype: dtype)])
    #expect(Double(missing.median()).isNaN)
    #expect(Double(missing.nanmedian()) == middle)
  }
}

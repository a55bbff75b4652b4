import Fluxion
import Testing

/// Bounds that an element's dtype does not hold, bounds that meet, and numbers that are none, as in PyTorch.
@Suite struct ClampTests {
  @Test func boundsBeyondTheDType() throws {
    let bytes = Tensor([1, 250] as [UInt8])
    let small = Tensor([1, -120] as [Int8])
    #expect(small.clamp(min: -1000, max: 1000) == small)
    #expect(bytes.clamp(max: 300) == bytes)
    #expect(bytes.clamp(min: -1, max: 3) == Tensor([1, 3] as [UInt8]))
    #expect(bytes.hardtanh(min: -1, max: 6) == Tensor([1, 6] as [UInt8]))
    #expect(Tensor([1, -2] as [Int32]).clamp(min: -(1 << 40), max: 1 << 40) == Tensor([1, -2] as [Int32]))
    #expect(throws: TensorError.runtime("Clamp min value 200 is outside the representable range of Char")) {
      try checked { small.clamp(min: 200) }
    }
    #expect(throws: TensorError.runtime("Clamp max value -1 is outside the representable range of Byte")) {
      try checked { bytes.clamp(max: -1) }
    }
  }

  /// x, low, high; then the gradients.
  static let rows: [([Double], [Double])] = [
    ([1, 1, 1], [1, 0, 0]), ([0, 1, 1], [0, 1, 0]), ([2, 1, 1], [0, 0, 1]), ([.nan, 0, 1], [1, 0, 0]),
    ([0.5, .nan, 1], [1, 0, 0]),
    ([0.5, 0, .nan], [1, 0, 0]), ([0, 2, 1], [0, 0, 1]), ([3, 2, 1], [0, 0, 1]), ([0, 0, 1], [0.5, 0.5, 0]),
    ([1, 0, 1], [0.5, 0, 0.5]),
    ([2, 2, 1], [0, 0, 1]),
  ]

  @Test(arguments: rows.indices)
  func gradientsOfTensorBounds(index: Int) {
    let (values, gradients) = Self.rows[index]
    let leaves = values.map { Tensor($0, requiresGrad: true) }
    let y = leaves[0].clamp(min: leaves[1], max: leaves[2])
    y.backward()
    #expect(leaves.map { Double($0.grad!) } == gradients)
    let isNumber = !values.contains(where: \.isNaN)
    #expect(Double(y).isNaN == !isNumber && (!isNumber || Double(y) == min(max(values[0], values[1]), values[2])))
  }

  @Test func membershipAmongWhatIsNoNumber() {
    #expect(Bool(Tensor([0.0]).isIn(Tensor([.nan, 0.0])).all()))
    #expect(!Bool(Tensor([Double.nan]).isIn(Tensor([.nan, 0.0])).any()))
    #expect(Tensor([1.0]).isIn(Tensor([Double.nan]), invert: true).scalars(as: Bool.self) == [true])
    let many = concatenate([Tensor([-0.0]), Tensor.full([30], Double.nan)])
    #expect(Tensor.arange(300).isIn(many).scalars(as: Bool.self).filter { $0 }.count == 1)
  }
}

import Fluxion
import Foundation
import Testing

/// Tensors as whole values: equal, in sets, in files.
@Suite("Equality") struct EqualityTests {
  @Test func equalityIsOneBooleanOfShapeAndNumbers() {
    #expect(Tensor([1.0, 2]) == Tensor([1, 2]) && Tensor([true]) == Tensor([1]))
    #expect(Tensor([1.0, 2]) != Tensor([[1.0, 2]]) && Tensor([1.0]) != Tensor([1.5]))
    #expect(Tensor([Float.nan]) != Tensor([Float.nan]) && Tensor([0.0]) == Tensor([-0.0]))
    #expect(Tensor.zeros([0, 2]) == Tensor.ones([0, 2]) && Tensor.zeros([0, 2]) != Tensor.zeros([2, 0]))
    #expect(Tensor([1.0, 2]).to("mps") == Tensor([1.0, 2]))
    #expect(Tensor([1.0, 2], requiresGrad: true) * 2 == Tensor([2.0, 4]))
  }

  /// PyTorch's `equal` rounds the integer first, and then two integers equal one number without being equal.
  @Test func equalityIsTransitive() {
    let (large, larger, rounded) = (Tensor(16_777_216), Tensor(16_777_217), Tensor(16_777_216.0))
    #expect(large == rounded && larger != rounded && large != larger)
    #expect(Tensor(Int64.max) != Tensor(0x1p63 as Double) && Tensor(Int64.min) == Tensor(-0x1p63 as Double))
    #expect(Tensor(1 << 53 + 1) != Tensor(0x1p53 as Double))
  }

  @Test func equalTensorsHaveEqualHashes() {
    for dtype in DType.allCases {
      for device in ["cpu", "mps"] {
        let x = Tensor([[1, 0], [1, 1]], dtype: dtype, device: device)
        #expect(x == Tensor([[1, 0], [1, 1]]) && x.hashValue == Tensor([[1, 0], [1, 1]]).hashValue, "\(dtype)")
        #expect(x.T.T.hashValue == x.hashValue && x.T.hashValue == x.T.contiguous().hashValue)
      }
    }
    #expect(Tensor([0.0]).hashValue == Tensor([-0.0]).hashValue)
    #expect(Tensor([0.5]).hashValue == Tensor([0.5] as [Double]).hashValue)
    let set = Set([Tensor([1.0, 2]), Tensor([1, 2]), Tensor([[1, 2]]), Tensor([1.0, 2]).to("mps"), Tensor([2.0, 1])])
    #expect(set.count == 3 && set.contains(Tensor([2, 1])))
    let table = [Tensor([1, 2]): "a", Tensor([Float.nan]): "b"]
    #expect(table[Tensor([1.0, 2])] == "a" && table[Tensor([Float.nan])] == nil)
  }

  // MARK: Codable

  private func copy(_ x: Tensor) throws -> Tensor { try JSONDecoder().decode(Tensor.self, from: JSONEncoder().encode(x)) }

  @Test func aTensorComesBackBitForBit() throws {
    let patterns: [UInt32] = [0x7FC0_0001, 0xFFAB_CDEF, 0x7F80_0000, 0xFF80_0000, 0x8000_0000, 1, 0x3F80_0001]
    let bits = patterns.map { Float(bitPattern: $0) }
    let back = try copy(Tensor(bits, shape: [7, 1]))
    #expect(back.dtype == .float32 && back.shape == [7, 1])
    #expect(try back.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) } == patterns)
    for dtype in DType.allCases {
      for count in 0..<7 {
        let x = Tensor.arange(count, dtype: .int64).to(dtype)
        let y = try copy(x)
        #expect(y == x && y.dtype == dtype && !y.requiresGrad)
      }
    }
    #expect(try copy(Tensor([[1.0, 2], [3, 4]]).T) == Tensor([[1.0, 3], [2, 4]]))
    #expect(try copy(Tensor(5)).shape == [])
    #expect(try copy(Tensor.zeros([2, 0, 3])).shape == [2, 0, 3])
    #expect(try copy(Tensor([1.0, 2], device: "mps")).device.type == "cpu")
  }

  @Test func aVariableComesBackAsOne() throws {
    struct Model: Codable { var weight: Tensor, bias: Tensor? }
    let model = Model(weight: Tensor([1.0, 2], requiresGrad: true), bias: nil)
    let back = try JSONDecoder().decode(Model.self, from: JSONEncoder().encode(model))
    #expect(back.weight.requiresGrad && back.weight.isLeaf && back.weight.grad == nil && back.bias == nil)
    #expect(back.weight.detach() == Tensor([1.0, 2]))
  }

  @Test func theFormatIsOneThatOthersCanRead() throws {
    let text = #"{"dtype": "float32", "shape": [2], "requiresGrad": false, "elements": "AACAPwAAAEA="}"#
    #expect(try JSONDecoder().decode(Tensor.self, from: Data(text.utf8)) == Tensor([1.0, 2]))
  }

  @Test(arguments: [
    #"{"dtype": "complex64", "shape": [2], "requiresGrad": false, "elements": "AACAPwAAAEA="}"#,
    #"{"dtype": "float32", "shape": [3], "requiresGrad": false, "elements": "AACAPwAAAEA="}"#,
    #"{"dtype": "float32", "shape": [-1, -2], "requiresGrad": false, "elements": "AACAPwAAAEA="}"#,
    #"{"dtype": "float32", "shape": [4611686018427387904, 4], "requiresGrad": false, "elements": ""}"#,
    #"{"dtype": "float32", "shape": [2], "requiresGrad": false, "elements": "AACAPwAAAE="}"#,
    #"{"dtype": "float32", "shape": [2], "requiresGrad": false, "elements": "AACAPwA-AEA="}"#,
    #"{"dtype": "float32", "shape": [1], "requiresGrad": false, "elements": "AA=APw=="}"#,
    #"{"dtype": "int64", "shape": [1], "requiresGrad": true, "elements": "AAAAAAAAAAA="}"#,
    #"{"dtype": "float32", "shape": [2]}"#,
  ])
  func whatIsNoTensorIsADecodingError(_ text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor.self, from: Data(text.utf8)) }
  }

  @Test func whatFailedIsNotWritten() {
    #expect(throws: TensorError.self) { try checked { try JSONEncoder().encode(Tensor([1.0, 2]) + Tensor([1.0, 2, 3])) } }
  }
}

import Fluxion
import Testing

@testable import conformance

/// Operands on two devices: an error that names them, or the right result; never a look at memory that is out of reach.
@Suite struct OperationDeviceTests {
  private static let files = [
    "core-binary", "core-index", "core-linalg", "core-matmul", "core-nn-activation", "core-nn-conv",
    "core-nn-layer", "core-nn-loss",
    "core-reduction", "core-shape", "core-sort", "extended-histogram", "extended-linalg",
    "extended-masked", "extended-misc",
    "extended-special",
  ]
  private static let casesPerOperation = 3

  @Test(arguments: files, ["mps", "reference"])
  func operandsOnTwoDevices(file: String, other: String) throws {
    var seen: [String: Int] = [:]
    for row in Fixture.lines(of: "op-cases/\(file).jsonl") where row["error"] == nil {
      guard let testCase = try? OpCase(row, OpOptions()), let input = try? testCase.input() else {
        continue
      }
      let places = (input.call.arguments + Array(input.call.keywords.values)).reduce(0) {
        $0 + $1.tensorCount
      }
      guard places > 1, seen[testCase.operation, default: 0] < Self.casesPerOperation else {
        continue
      }
      seen[testCase.operation, default: 0] += 1
      guard let expected = try? results(of: testCase, input.call) else { continue }
      for place in 0..<places {
        for isAlone in [true, false] {
          // One operand elsewhere, and all but one.
          guard
            let other = try? testCase.input().call.moving(
              to: other, where: { ($0 == place) == isAlone })
          else { continue }
          let got: [Tensor]
          do { got = try results(of: testCase, other) } catch { continue }
          try #require(got.count == expected.count, "\(testCase.id)")
          for (x, y) in zip(got, expected) {
            #expect(x.shape == y.shape, "\(testCase.id), operand \(place)")
            #expect(
              x.allClose(y, rtol: 1e-4, atol: 1e-5, equalNaN: true),
              "\(testCase.id), operand \(place)")
          }
        }
      }
    }
  }

  private func results(of testCase: OpCase, _ call: Call) throws -> [Tensor] {
    try checked {
      var call = call
      if testCase.isInPlace, let x = call.arguments.first?.tensor {
        call.arguments[0] = .tensor(x.clone())
      }
      let value =
        testCase.isInPlace ? try Operations.performInPlace(call) : try Operations.perform(call)
      return value.flattened.compactMap { $0.tensor?.detach().to("cpu") }
    }
  }

  /// The ten that followed a pointer of another device.
  @Test func indexingOperations() {
    let (x, y) = (Tensor([[1.0, 2], [3, 4]]), Tensor([[1.0, 2], [3, 4]]).to("mps"))
    let (i, j) = (Tensor([[0, 1], [1, 0]]), Tensor([[0, 1], [1, 0]]).to("mps"))
    let (line, other) = (Tensor([0, 1]), Tensor([0, 1]).to("mps"))
    let (mask, masked) = (
      Tensor([[true, false], [true, true]]), Tensor([[true, false], [true, true]]).to("mps")
    )
    let calls: [(String, () -> Tensor)] = [
      ("scatter", { x.scatter(dim: 0, index: j, source: x) }),
      ("scatter", { x.scatter(dim: 0, index: i, source: y) }),
      ("scatter", { x.scatter(dim: 0, index: j, value: 1) }),
      ("scatterAdd", { x.scatterAdd(dim: 0, index: i, source: y) }),
      ("scatterAdd", { x.scatterAdd(dim: 0, index: j, source: x) }),
      ("scatterReduce", { x.scatterReduce(dim: 0, index: i, source: y, reduce: .amax) }),
      ("scatterReduce", { x.scatterReduce(dim: 0, index: j, source: x, reduce: .mean) }),
      ("indexAdd", { x.indexAdd(dim: 0, index: line, source: y) }),
      ("indexAdd", { x.indexAdd(dim: 0, index: other, source: x) }),
      ("indexCopy", { x.indexCopy(dim: 0, index: line, source: y) }),
      ("indexReduce", { x.indexReduce(dim: 0, index: line, source: y, reduce: .prod) }),
      ("indexFill", { x.indexFill(dim: 0, index: other, value: 1) }),
      ("maskedScatter", { x.maskedScatter(mask, y) }),
      ("maskedScatter", { x.maskedScatter(masked, x) }),
      ("put", { x.put(i, y) }), ("put", { x.put(j, x) }), ("take", { x.take(j) }),
      ("gather", { x.gather(dim: 0, index: j) }),
      ("indexSelect", { x.indexSelect(dim: 0, index: other) }),
    ]
    let error = TensorError.runtime(
      "Expected all tensors to be on the same device, but found at least two devices, cpu and mps:0!"
    )
    for (name, call) in calls { #expect(throws: error, "\(name)") { try checked { call() } } }
  }

  @Test func gradientsOfAnotherDevice() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    func assign(_ gradient: Tensor) throws { try checked { x.grad = gradient } }
    #expect(
      throws: TensorError.runtime(
        "attempting to assign a gradient with device type 'mps' to a tensor with device type 'cpu'. Please ensure that the gradient and "
          + "the tensor are on the same device")
    ) { try assign(Tensor([1.0, 2]).to("mps")) }
    #expect(
      throws: TensorError.runtime(
        "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure that the gradient and the tensor are the "
          + "same size")
    ) { try assign(Tensor([1.0, 2, 3])) }
    #expect(throws: TensorError.runtime("can't assign Variable as its own grad")) { try assign(x) }
    #expect(x.grad == nil)
  }
}

extension Value {
  /// How many tensors this is or holds.
  fileprivate var tensorCount: Int {
    switch self {
    case .tensor: 1
    case .list(let values), .tuple(let values): values.reduce(0) { $0 + $1.tensorCount }
    default: 0
    }
  }

  fileprivate func moving(to device: String, _ place: inout Int, where isMoved: (Int) -> Bool)
    -> Value
  {
    switch self {
    case .tensor(let reference):
      defer { place += 1 }
      return isMoved(place) ? .tensor(reference.tensor.to(device)) : self
    case .list(let values):
      return .list(values.map { $0.moving(to: device, &place, where: isMoved) })
    case .tuple(let values):
      return .tuple(values.map { $0.moving(to: device, &place, where: isMoved) })
    default: return self
    }
  }
}

extension Call {
  fileprivate func moving(to device: String, where isMoved: (Int) -> Bool) -> Call {
    var (moved, place) = (self, 0)
    moved.arguments = arguments.map { $0.moving(to: device, &place, where: isMoved) }
    for name in keywords.keys.sorted() {
      moved.keywords[name] = keywords[name]!.moving(to: device, &place, where: isMoved)
    }
    return moved
  }
}

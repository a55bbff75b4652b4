import Autograd
import Devices
import Testing

@Suite struct IndexingTests {
  static let devices: [any Device] = [CPUDevice.shared, ReferenceDevice.shared, AcceleratorDevice.shared]

  static func numbered(_ shape: [Int], on device: any Device, from start: Int = 0) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float(start + $0) }, shape: shape, device: device)
  }

  /// Some layouts of the same values: in order, transposed in memory, and as a part of something larger.
  static func arrangements(_ shape: [Int], on device: any Device) -> [Tensor] {
    let x = numbered(shape, on: device)
    let order = Array((0..<shape.count).reversed())
    var wide = Tensor.zeros(shape.map { $0 * 2 + 1 }, device: device)
    let inner = shape.map { IndexTerm.slice(from: 1, to: 2 * $0 + 1, by: 2) as any TensorIndex }
    wide[indices: inner] = x
    return [x, x.permute(order).contiguous().permute(order), wide[indices: inner]]
  }

  @Test(arguments: 0..<400)
  func randomSubscripts(seed: Int) {
    var random = SplitMix(seed: seed)
    let shape = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...4, using: &random) }
    let terms = IndexModel.Term.random(for: shape, &random)
    let model = IndexModel(terms, of: shape)
    for device in Self.devices {
      for x in Self.arrangements(shape, on: device) {
        let indices = terms.map { $0.index(on: device) }
        check(x, indices, model, "\(terms) of \(shape)")
      }
    }
  }

  private func check(_ value: Tensor, _ indices: [any TensorIndex], _ model: IndexModel, _ comment: Comment) {
    let count = value.count
    // Reading, and its derivative.
    let x = value.requiringGrad()
    let part = x[indices: indices]
    #expect(part.shape == model.shape, comment)
    #expect(part.scalars(as: Int.self) == model.sources, comment)
    let g = Self.numbered(model.shape, on: value.device, from: 1)
    part.backward(gradient: g)
    var expected = [Int](repeating: 0, count: count)
    for (place, source) in model.sources.enumerated() { expected[source] += place + 1 }
    #expect(x.grad?.scalars(as: Int.self) == expected, comment)

    // Assigning a number.
    var filled = value
    filled[indices: indices] = Tensor(-1.0, dtype: .float32, device: value.device)
    let covered = Set(model.sources)
    #expect(filled.scalars(as: Int.self) == (0..<count).map { covered.contains($0) ? -1 : $0 }, comment)
    #expect(value.scalars(as: Int.self) == Array(0..<count), "the original changed: \(comment)")

    // Assigning a tensor, and the derivatives by both. Where a place is named twice, which value stays is not said.
    guard covered.count == model.sources.count else { return }
    let v = Self.numbered(model.shape, on: value.device, from: 100).requiringGrad()
    var y = x * 1
    y[indices: indices] = v
    var values = Array(0..<count)
    for (place, source) in model.sources.enumerated() { values[source] = 100 + place }
    #expect(y.scalars(as: Int.self) == values, comment)
    let h = Self.numbered(value.shape, on: value.device, from: 1)
    let gradients = gradAllowingUnused(of: [y], wrt: [x, v], gradOutputs: [h])
    #expect(
      gradients[0]?.scalars(as: Int.self) == (0..<count).map { covered.contains($0) ? 0 : $0 + 1 }, comment)
    #expect(gradients[1]?.scalars(as: Int.self) == model.sources.map { $0 + 1 }, comment)
  }
}

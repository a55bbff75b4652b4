import Autograd
import Devices
import Testing

@Suite struct MatMulTests {
  static let devices: [any Device] = [CPUDevice.shared, ReferenceDevice.shared, AcceleratorDevice.shared]

  struct Shapes: Sendable, CustomTestStringConvertible {
    let a: [Int]
    let b: [Int]
    init(_ a: [Int], _ b: [Int]) { (self.a, self.b) = (a, b) }
    var testDescription: String { "\(a) by \(b)" }
  }

  static let shapes: [Shapes] = [
    Shapes([3], [3]), Shapes([2, 3], [3]), Shapes([3], [3, 2]), Shapes([2, 3], [3, 4]), Shapes([5, 2, 3], [3]),
    Shapes([3], [5, 3, 2]), Shapes([5, 2, 3], [3, 4]), Shapes([2, 3], [5, 3, 4]), Shapes([5, 2, 3], [5, 3, 4]),
    Shapes([5, 1, 2, 3], [4, 3, 2]), Shapes([1, 2, 3], [5, 3, 2]), Shapes([2, 2, 1, 3], [2, 3, 2]),
    Shapes([0, 3], [3, 2]), Shapes([2, 0], [0, 3]), Shapes([0], [0]), Shapes([3, 0, 2], [2, 2]),
  ]

  /// The definition: rows times columns, with vectors as matrices, over a batch that broadcasts.
  static func product(_ a: [Int], _ b: [Int], of p: [Int], _ q: [Int]) -> (values: [Int], shape: [Int]) {
    let left = p.count == 1 ? [1] + p : p
    let right = q.count == 1 ? q + [1] : q
    let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    let rank = max(left.count, right.count) - 2
    func padded(_ shape: [Int]) -> [Int] { [Int](repeating: 1, count: rank - (shape.count - 2)) + shape.dropLast(2) }
    let (leftBatch, rightBatch) = (padded(left), padded(right))
    let batch = zip(leftBatch, rightBatch).map { $0 == 1 ? $1 : $0 }
    func offset(_ member: Int, _ own: [Int], _ size: Int) -> Int {
      var (rest, place, step) = (member, 0, size)
      for dim in (0..<rank).reversed() {
        place += own[dim] == 1 ? 0 : (rest % batch[dim]) * step
        rest /= batch[dim]
        step *= own[dim]
      }
      return place
    }
    var values: [Int] = []
    for member in 0..<batch.reduce(1, *) {
      let (x, y) = (offset(member, leftBatch, m * k), offset(member, rightBatch, k * n))
      for i in 0..<m {
        for j in 0..<n { values.append((0..<k).reduce(0) { $0 + a[x + i * k + $1] * b[y + $1 * n + j] }) }
      }
    }
    return (values, batch + (p.count > 1 ? [m] : []) + (q.count > 1 ? [n] : []))
  }

  /// The same values in several arrangements in memory.
  static func arrangements(_ values: [Int], _ shape: [Int], _ dtype: DType, _ device: any Device) -> [Tensor] {
    let x = Tensor(values, shape: shape, dtype: dtype, device: device)
    let order = Array((0..<shape.count).reversed())
    var wide = Tensor.zeros(shape.map { $0 * 2 + 1 }, dtype: dtype, device: device)
    let inner = shape.map { IndexTerm.slice(from: 1, to: 2 * $0 + 1, by: 2) as any TensorIndex }
    wide[indices: inner] = x
    return [x, x.permute(order).contiguous().permute(order), wide[indices: inner]]
  }

  @Test(arguments: shapes)
  func values(of shapes: Shapes) {
    let a = (0..<shapes.a.reduce(1, *)).map { $0 % 7 - 3 }
    let b = (0..<shapes.b.reduce(1, *)).map { $0 % 5 - 1 }
    let expected = Self.product(a, b, of: shapes.a, shapes.b)
    for device in Self.devices {
      for dtype in [DType.float32, .float64, .int64, .float16] {
        for x in Self.arrangements(a, shapes.a, dtype, device) {
          for y in Self.arrangements(b, shapes.b, dtype, device) {
            let result = x.matmul(y)
            #expect(result.shape == expected.shape)
            #expect(result.dtype == dtype)
            #expect(result.scalars(as: Int.self) == expected.values)
          }
        }
      }
    }
  }

  @Test func expandedOperands() {
    let row = Tensor([1.0, 2, 3])
    let x = row.expand([4, 3])
    #expect(x.matmul(row) == Tensor.full([4], 14.0))
    #expect(x.t().mm(x) == Tensor([[4.0, 8, 12], [8, 16, 24], [12, 24, 36]]))
    #expect(x.expand([2, 4, 3]).matmul(row.unsqueeze(1)) == Tensor.full([2, 4, 1], 14.0))
  }

  // MARK: Derivatives

  static func random(_ shape: [Int], seed: Int) -> Tensor {
    .randn(shape, dtype: .float64, requiresGrad: true, generator: Generator(seed: seed))
  }

  @Test(arguments: shapes.filter { !($0.a + $0.b).contains(0) })
  func derivatives(of shapes: Shapes) throws {
    let inputs = [Self.random(shapes.a, seed: 1), Self.random(shapes.b, seed: 2)]
    try gradcheck(inputs) { [$0[0].matmul($0[1])] }
    try gradgradcheck(inputs) { [$0[0].matmul($0[1])] }
  }

  /// A product of nothing is zero, and so are the gradients by what was multiplied with nothing.
  @Test func derivativesOfEmptyProducts() {
    let x = Tensor.ones([2, 0], requiresGrad: true)
    let y = Tensor.ones([0, 3], requiresGrad: true)
    let result = x.mm(y)
    #expect(result == Tensor.zeros([2, 3]))
    result.sum().backward()
    #expect(x.grad?.shape == [2, 0] && y.grad?.shape == [0, 3])
  }

  struct Operation: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    let function: @Sendable ([Tensor]) -> Tensor

    init(_ name: String, _ shapes: [Int]..., function: @escaping @Sendable ([Tensor]) -> Tensor) {
      (self.name, self.shapes, self.function) = (name, shapes, function)
    }
    var testDescription: String { name }
  }

  static let operations: [Operation] = [
    Operation("addmm", [2, 4], [2, 3], [3, 4]) { $0[0].addmm($0[1], $0[2], beta: 0.5, alpha: 2) },
    Operation("addmm, broadcast", [4], [2, 3], [3, 4]) { $0[0].addmm($0[1], $0[2]) },
    Operation("addmv", [2], [2, 3], [3]) { $0[0].addmv($0[1], $0[2], beta: 0.5, alpha: 2) },
    Operation("addr", [2, 3], [2], [3]) { $0[0].addr($0[1], $0[2], beta: 0.5, alpha: 2) },
    Operation("addbmm", [2, 4], [5, 2, 3], [5, 3, 4]) { $0[0].addbmm($0[1], $0[2], beta: 0.5, alpha: 2) },
    Operation("baddbmm", [5, 2, 4], [5, 2, 3], [5, 3, 4]) { $0[0].baddbmm($0[1], $0[2], beta: 0.5, alpha: 2) },
    Operation("linear", [2, 3], [4, 3]) { F.linear($0[0], $0[1]) },
    Operation("linear with bias", [2, 3], [4, 3], [4]) { F.linear($0[0], $0[1], bias: $0[2]) },
    Operation("linear of a batch", [5, 2, 3], [4, 3], [4]) { F.linear($0[0], $0[1], bias: $0[2]) },
    Operation("linear of a vector", [3], [4, 3], [4]) { F.linear($0[0], $0[1], bias: $0[2]) },
    Operation("linear to one output", [2, 3], [3]) { F.linear($0[0], $0[1]) },
    Operation("outer", [2], [3]) { $0[0].outer($0[1]) },
    Operation("inner", [2, 3], [4, 3]) { $0[0].inner($0[1]) },
    Operation("vecdot", [2, 3], [2, 3]) { Linalg.vecdot($0[0], $0[1], dim: 0) },
    Operation("tensordot", [2, 3, 4], [4, 3, 5]) { $0[0].tensordot($0[1], dims: [1, 2], [1, 0]) },
    Operation("tensordot, summed partner", [2, 1], [3, 4]) { $0[0].tensordot($0[1], dims: [1], [0]) },
    Operation("kron", [2], [3, 2]) { $0[0].kron($0[1]) },
    Operation("trace", [2, 3]) { $0[0].trace() },
    Operation("cross", [2, 3], [1, 3]) { $0[0].cross($0[1]) },
    Operation("multiDot", [2, 5], [5, 3], [3, 4], [4]) { Linalg.multiDot($0) },
  ]

  @Test(arguments: operations)
  func derivatives(of operation: Operation) throws {
    let inputs = operation.shapes.enumerated().map { Self.random($1, seed: $0) }
    try gradcheck(inputs) { [operation.function($0)] }
    try gradgradcheck(inputs) { [operation.function($0)] }
  }

  // MARK: Sums and contractions

  @Test func sums() {
    let (a, b) = (Tensor([[1.0, 2], [3, 4]]), Tensor([[0.0, 1], [1, 0]]))
    let bias = Tensor([10.0, 20])
    #expect(bias.addmm(a, b) == Tensor([[12.0, 21], [14, 23]]))
    #expect(bias.addmm(a, b, beta: 2, alpha: -1) == Tensor([[18.0, 39], [16, 37]]))
    #expect(bias.addmv(a, bias) == Tensor([60.0, 130]))
    #expect(bias.addr(bias, bias, alpha: 0.1) == Tensor([[20.0, 40], [30, 60]]))
    let batch = stack([a, b])
    #expect(bias.baddbmm(batch, batch) == stack([a.mm(a), b.mm(b)]) + bias)
    #expect(bias.addbmm(batch, batch) == a.mm(a) + b.mm(b) + bias)
    #expect(F.linear(a, b, bias: bias) == Tensor([[12.0, 21], [14, 23]]))
  }

  /// With beta zero, what the product is added to is not read.
  @Test func zeroBeta() {
    let a = Tensor([[1.0, 2], [3, 4]])
    let undefined = Tensor.full([2, 2], Double.nan)
    #expect(undefined.addmm(a, a, beta: 0) == a.mm(a))
    #expect(undefined.addmm(a, a, beta: 0, alpha: 2) == 2 * a.mm(a))
  }

  @Test func contractions() {
    let (u, v) = (Tensor([1.0, 2, 3]), Tensor([4.0, 5, 6]))
    #expect(u.dot(v) == Tensor(32.0))
    #expect(u.outer(v)[2] == Tensor([12.0, 15, 18]))
    #expect(u.cross(v) == Tensor([-3.0, 6, -3]))
    #expect(u.kron(Tensor([1.0, -1])) == Tensor([1.0, -1, 2, -2, 3, -3]))
    #expect(u.inner(Tensor(2.0)) == 2 * u)
    #expect(Tensor([[1, 2, 3], [4, 5, 6]]).trace() == Tensor(6))
    let (x, y) = (Tensor.arange(24).view([2, 3, 4]), Tensor.arange(24).view([3, 4, 2]))
    #expect(x.tensordot(y) == x.reshape([2, 12]).mm(y.reshape([12, 2])))
    #expect(x.tensordot(y, dims: 0).shape == [2, 3, 4, 3, 4, 2])
    let chain = [Self.random([2, 9], seed: 1), Self.random([9, 3], seed: 2), Self.random([3, 4], seed: 3)]
    #expect(Linalg.multiDot(chain).allClose(chain[0].mm(chain[1]).mm(chain[2])))
  }
}

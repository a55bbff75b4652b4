import Fluxion

/// Calls that are large enough for every way in which the library divides work: by rows, by columns, along what is summed.
struct LargeCall: Sendable {
  enum Argument: Sendable {
    /// Numbers of the normal distribution, which a gradient is asked for.
    case normal([Int], DType = .float32)
    /// A symmetric matrix, or a batch of them, with large numbers on the diagonal.
    case positive([Int], DType = .float64)
    /// Positions below a bound.
    case positions([Int], below: Int)
    case int(Int)
    case number(Double)
    case flag(Bool)
    case sizes([Int])
    case text(String)
    case none
  }

  let operation: String
  let arguments: [Argument]
  let keywords: [String: Argument]

  init(_ operation: String, _ arguments: Argument..., keywords: [String: Argument] = [:]) {
    self.operation = operation
    self.arguments = arguments
    self.keywords = keywords
  }

  /// Makes the tensors: the same ones every time.
  func input() throws -> BitsSuite.Input {
    let generator = Generator(seed: 17)
    var leaves: [Tensor] = []
    func value(_ argument: Argument) -> Value {
      func leaf(_ x: Tensor) -> Value {
        leaves.append(x.requiringGrad())
        return .tensor(leaves.last!)
      }
      switch argument {
      case .normal(let shape, let dtype): return leaf(.randn(shape, dtype: dtype, generator: generator))
      case .positive(let shape, let dtype):
        let x = Tensor.randn(shape, dtype: dtype, generator: generator)
        let n = shape[shape.count - 1]
        return leaf(x + x.transpose(-2, -1) + Tensor.eye(n, dtype: dtype) * Double(4 * n))
      case .positions(let shape, let bound): return .tensor(.randint(0, bound, shape, generator: generator))
      case .int(let number): return .int(Int64(number))
      case .number(let number): return .float(number)
      case .flag(let flag): return .bool(flag)
      case .sizes(let sizes): return .list(sizes.map { .int(Int64($0)) })
      case .text(let text): return .string(text)
      case .none: return .none
      }
    }
    let values = arguments.map(value)
    let named = keywords.sorted { $0.key < $1.key }.map { ($0.key, value($0.value)) }
    let call = Call(
      operation: operation, isMethod: true, arguments: values, keywords: Dictionary(uniqueKeysWithValues: named))
    return BitsSuite.Input(call: call, leaves: leaves)
  }

  static let all: [LargeCall] = factorizations + products + windows + reductions + rows + places + elements

  static let factorizations: [LargeCall] = [
    LargeCall("linalg.solve", .normal([300, 300], .float64), .normal([300, 70], .float64)),
    LargeCall("linalg.solve", .normal([2, 300, 300], .float32), .normal([2, 300, 200], .float32)),
    LargeCall("linalg.solve", .normal([260, 260], .float64), .normal([260], .float64)),
    LargeCall("linalg.cholesky", .positive([300, 300])),
    LargeCall("linalg.cholesky", .positive([5, 270, 270], .float32)),
    LargeCall("linalg.lu", .normal([300, 280], .float64)),
    LargeCall("linalg.qr", .normal([300, 200], .float64)),
    LargeCall("linalg.svd", .normal([120, 90], .float64), .flag(false)),
    LargeCall("linalg.eigh", .positive([128, 128])),
    LargeCall("linalg.eigh", .positive([9, 40, 40])),
    LargeCall("linalg.lstsq", .normal([300, 120], .float64), .normal([300, 40], .float64)),
    LargeCall("linalg.inv", .normal([280, 280], .float32)),
    LargeCall("linalg.det", .normal([40, 30, 30], .float64)),
    LargeCall("linalg.solve_triangular", .positive([300, 300]), .normal([300, 150], .float64), keywords: ["upper": .flag(true)]),
  ]

  static let products: [LargeCall] = [
    LargeCall("matmul", .normal([300, 310]), .normal([310, 290])),
    LargeCall("matmul", .normal([257, 129], .float64), .normal([129, 300], .float64)),
    LargeCall("matmul", .normal([700, 650]), .normal([650, 720])),
    LargeCall("matmul", .normal([40, 9000]), .normal([9000, 30])),
    LargeCall("matmul", .normal([700, 900]), .normal([900])),
    LargeCall("matmul", .normal([900], .float64), .normal([900, 700], .float64)),
    LargeCall("matmul", .normal([400_000]), .normal([400_000])),
    LargeCall("matmul", .normal([220, 210], .float16), .normal([210, 200], .float16)),
    LargeCall("bmm", .normal([3, 150, 160]), .normal([3, 160, 170])),
    LargeCall("bmm", .normal([40, 50, 60], .float64), .normal([40, 60, 70], .float64)),
    LargeCall("addmm", .normal([130]), .normal([260, 300]), .normal([300, 130])),
    LargeCall("scaled_dot_product_attention", .normal([2, 3, 200, 32]), .normal([2, 3, 700, 32]), .normal([2, 3, 700, 32])),
    LargeCall(
      "scaled_dot_product_attention", .normal([1, 2, 300, 16]), .normal([1, 2, 300, 16]), .normal([1, 2, 300, 16]),
      keywords: ["is_causal": .flag(true)]),
  ]

  static let windows: [LargeCall] = [
    LargeCall("conv2d", .normal([8, 16, 30, 30]), .normal([24, 16, 3, 3]), .normal([24])),
    LargeCall(
      "conv2d", .normal([2, 8, 13, 11], .float64), .normal([40, 8, 5, 5], .float64), .none, .sizes([2, 2]), .sizes([2, 2])),
    LargeCall("conv2d", .normal([4, 64, 6, 6]), .normal([64, 64, 5, 5]), .none, .sizes([1, 1]), .sizes([2, 2])),
    LargeCall("conv1d", .normal([4, 6, 3000]), .normal([12, 6, 9])),
    LargeCall("conv_transpose2d", .normal([4, 20, 18, 18]), .normal([20, 10, 4, 4]), .none, .sizes([2, 2])),
    LargeCall("max_pool2d", .normal([4, 16, 60, 60]), .sizes([3, 3])),
    LargeCall("avg_pool2d", .normal([4, 16, 60, 60]), .sizes([3, 3])),
    LargeCall("interpolate", .normal([2, 8, 50, 50]), .sizes([120, 77]), .none, .text("bilinear")),
  ]

  static let reductions: [LargeCall] = [
    LargeCall("sum", .normal([700, 701])),
    LargeCall("sum", .normal([700, 701]), .int(0)),
    LargeCall("sum", .normal([700, 701], .float64), .int(1)),
    LargeCall("mean", .normal([90, 80, 70], .bfloat16), .sizes([0, 2])),
    LargeCall("var", .normal([600_000])),
    LargeCall("prod", .normal([300, 2000], .float64), .int(1)),
    LargeCall("amax", .normal([500, 1000]), .int(0)),
    LargeCall("logsumexp", .normal([800, 600]), .int(0)),
    LargeCall("linalg.vector_norm", .normal([500_000])),
    LargeCall("linalg.vector_norm", .normal([700, 700], .float64), .number(3)),
    LargeCall("cumsum", .normal([1000, 400]), .int(0)),
    LargeCall("cumsum", .normal([400_000]), .int(0)),
    LargeCall("logcumsumexp", .normal([300, 900]), .int(1)),
    LargeCall("histc", .normal([300_000]), .int(50)),
  ]

  static let rows: [LargeCall] = [
    LargeCall("softmax", .normal([900, 500]), .int(1)),
    LargeCall("log_softmax", .normal([900, 500], .float64), .int(0)),
    LargeCall("layer_norm", .normal([900, 300]), .sizes([300]), .normal([300]), .normal([300])),
    LargeCall("batch_norm", .normal([16, 20, 30, 30]), .none, .none, .normal([20]), .normal([20]), .flag(true)),
    LargeCall("cross_entropy", .normal([3000, 100]), .positions([3000], below: 100)),
    LargeCall("sort", .normal([400_000])),
    LargeCall("sort", .normal([600, 700]), .int(0)),
    LargeCall("topk", .normal([500, 900]), .int(20)),
    LargeCall("cdist", .normal([400, 20]), .normal([300, 20])),
  ]

  static let places: [LargeCall] = [
    LargeCall("embedding", .positions([20_000], below: 300), .normal([300, 64])),
    LargeCall("scatter_add", .normal([500, 300]), .int(0), .positions([4000, 300], below: 500), .normal([4000, 300])),
    LargeCall("index_add", .normal([700, 200]), .int(0), .positions([9000], below: 700), .normal([9000, 200])),
    LargeCall("gather", .normal([700, 300]), .int(0), .positions([2000, 300], below: 700)),
    LargeCall("bincount", .positions([300_000], below: 1000)),
  ]

  static let elements: [LargeCall] = [
    LargeCall("randn", .sizes([300_001])),
    LargeCall("dropout", .normal([300_001]), .number(0.3)),
    LargeCall("gelu", .normal([300_001])),
    LargeCall("tanh", .normal([300_001], .float64)),
    LargeCall("lgamma", .normal([200_003])),
    LargeCall("erfinv", .normal([200_003], .float64)),
    LargeCall("pow", .normal([500, 601]), .number(2.5)),
    LargeCall("atan2", .normal([500, 601]), .normal([601])),
    LargeCall("sigmoid", .normal([300_001], .bfloat16)),
  ]
}

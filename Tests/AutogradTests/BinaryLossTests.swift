import Autograd
import Devices
import Testing

/// Wrong input in PyTorch's words, and the dtypes of results.
@Suite struct BinaryLossTests {
  private static let float = Tensor([0.2, 0.7, 0.1])
  private static let int = Tensor([1, 0, 1])
  private static let cannotCast = "result type Float can't be cast to the desired output type Long"
  private static let noLogSigmoid = "\"log_sigmoid_cpu\" not implemented for 'Long'"
  private static let twoBooleans =
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead."
  private static let oneBoolean =
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
    + "`logical_not()` operator instead."

  private func expect(_ text: String, _ line: Int = #line, _ body: () -> Tensor) {
    let error = #expect(throws: TensorError.self) { try checked(body) }
    #expect(error?.message == text, "line \(line)")
  }

  @Test func crossEntropy() {
    let (x, n, loss) = (Self.float, Self.int, { F.binaryCrossEntropy($0, $1) } as (Tensor, Tensor) -> Tensor)
    expect("Found dtype Long but expected Float") { loss(x, n) }
    expect("Found dtype Float but expected Double") { loss(x.double(), x) }
    expect("Found dtype Float but expected Bool") { loss(n.bool(), x) }
    expect("\"binary_cross_entropy\" not implemented for 'Long'") { loss(n, n) }
    expect("\"binary_cross_entropy\" not implemented for 'Bool'") { loss(n.bool(), n.bool()) }
    expect(
      "Using a target size (torch.Size([])) that is different to the input size (torch.Size([3])) is deprecated. Please ensure they have the "
        + "same size."
    ) { loss(x, x[0]) }
    expect("all elements of input should be between 0 and 1") { loss(x + 1, x) }
    expect("all elements of target should be between 0 and 1") { loss(x, -x) }
    expect(
      "Attempting to broadcast a dimension of length 2 at -1! Mismatching argument at index 1 had torch.Size([2]); but expected shape should be "
        + "broadcastable to [3]"
    ) { F.binaryCrossEntropy(x, x, weight: x[..<2]) }
    expect("output with shape [3] doesn't match the broadcast shape [2, 3]") { F.binaryCrossEntropy(x, x, weight: .ones([2, 3])) }
    #expect(F.binaryCrossEntropy(x, x, weight: x.double()).dtype == .float32)
  }

  @Test func withLogits() {
    let (x, n, loss) = (Self.float, Self.int, { F.binaryCrossEntropyWithLogits($0, $1) } as (Tensor, Tensor) -> Tensor)
    expect(Self.cannotCast) { loss(x, n) }
    expect(Self.noLogSigmoid) { loss(n, x) }
    expect(Self.noLogSigmoid) { loss(n, n) }
    expect(Self.twoBooleans) { loss(x, n.bool()) }
    expect("Target size (torch.Size([1, 3])) must be the same as input size (torch.Size([3]))") { loss(x, x.unsqueeze(0)) }
    expect("The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0") {
      F.binaryCrossEntropyWithLogits(x, x, weight: x[..<2])
    }
    expect("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
      F.binaryCrossEntropyWithLogits(x, x, posWeight: x[..<2])
    }
    expect("output with shape [3] doesn't match the broadcast shape [2, 3]") {
      F.binaryCrossEntropyWithLogits(x, x, posWeight: .ones([2, 3]))
    }
    expect(Self.oneBoolean) { F.binaryCrossEntropyWithLogits(x, x, posWeight: n.bool()) }
    // The target's dtype.
    #expect(loss(x, x.double()).dtype == .float64 && loss(x.double(), x).dtype == .float32)
    #expect((loss(x.double(), x).item().doubleValue - 0.701907217502594).magnitude < 1e-7)
    #expect(F.binaryCrossEntropyWithLogits(x, x, weight: x.double(), posWeight: x.double()).dtype == .float32)
  }

  @Test func softMargins() {
    let (x, n) = (Self.float, Self.int)
    expect(Self.cannotCast) { F.softMarginLoss(n, x) }
    expect(Self.cannotCast) { F.softMarginLoss(n, n) }
    expect("result type Double can't be cast to the desired output type Long") { F.softMarginLoss(n, x.double()) }
    expect("output with shape [3] doesn't match the broadcast shape [1, 3]") { F.softMarginLoss(x, x.unsqueeze(0)) }
    #expect(F.softMarginLoss(x, x.double()).dtype == .float32 && F.softMarginLoss(x.half(), x).dtype == .float16)
    #expect((F.softMarginLoss(x, n.bool()).item().doubleValue - 0.6452275514602661).magnitude < 1e-6)

    expect(Self.noLogSigmoid) { F.multilabelSoftMarginLoss(n, x) }
    expect(Self.oneBoolean) { F.multilabelSoftMarginLoss(x, n.bool()) }
    expect("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
      F.multilabelSoftMarginLoss(x, x[..<2])
    }
    expect("Dimension specified as -1 but tensor has no dimensions") { F.multilabelSoftMarginLoss(x[0], x[0]) }
    #expect((F.multilabelSoftMarginLoss(x, x.unsqueeze(0)).item().doubleValue - 0.2339690774679184).magnitude < 1e-6)
  }

  @Test func hinges() {
    let (x, n) = (Self.float, Self.int)
    expect(Self.twoBooleans) { F.hingeEmbeddingLoss(n.bool(), x) }
    expect("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
      F.hingeEmbeddingLoss(x, x[..<2])
    }
    #expect(F.hingeEmbeddingLoss(x, x.double()).dtype == .float32 && F.hingeEmbeddingLoss(x.double(), x).dtype == .float64)
    #expect(F.hingeEmbeddingLoss(n, n, reduction: .none).dtype == .int64)
    #expect((F.hingeEmbeddingLoss(x, n).item().doubleValue - 0.4333333671092987).magnitude < 1e-6)
  }

  @Test func neighbours() {
    let x = Self.float
    expect("Not allow zero-dim input tensor.") { x[0].prelu(x) }
    expect("\"prelu_cpu\" not implemented for 'Long'") { Self.int.prelu(Tensor([1])) }
    #expect((-x[0]).prelu(Tensor([0.5])).item().doubleValue == -Double(Float(0.1)))
    for shape in [[2, 0], [2, 0, 3], [0, 0], [2, 0, 0]] {
      expect("Expected number of channels to be greater than 0, got 0") { F.groupNorm(.ones(shape), 2) }
    }
    expect("Expected HxW to be greater than 0, got 0") { F.groupNorm(.ones([2, 4, 0]), 2) }
    #expect(F.groupNorm(.ones([0, 4]), 2).shape == [0, 4])
    // Numbers as C++ prints them: six digits.
    for (q, text) in [
      (1.23456789, "1.23457"), (1e6, "1e+06"), (123456, "123456"), (1_234_567, "1.23457e+06"), (-1e-7, "-1e-07"), (.nan, "nan"),
      (.infinity, "inf"), (2, "2"), (1.000000001, "1"),
    ] as [(Double, String)] {
      expect("quantile() q must be in the range [0, 1] but got \(text)") { x.quantile(q) }
    }
    expect("rtol must be greater than or equal to zero, but got -1.23457e-07") { x.isClose(x, rtol: -1.23456789e-7) }
    expect("linalg.matrix_norm: Order 1.23457e+06 not supported.") { Linalg.matrixNorm(x.unsqueeze(0), 1_234_567) }
  }
}

import Devices
import Fluxion
import Testing

/// Calls that make no sense, and some that do at the edge of what is possible: within `checked` each is an error in PyTorch's words, or a result,
/// and never the end of the program.
@Suite struct TrapTests {
  struct Call: Sendable, CustomTestStringConvertible {
    let name: String
    /// How the message begins; nil where the call is valid.
    let message: String?
    let body: @Sendable () throws -> Void

    init(_ name: String, _ message: String?, _ body: @escaping @Sendable () throws -> Void) {
      (self.name, self.message, self.body) = (name, message, body)
    }

    var testDescription: String { name }
  }

  static let vast = 1 << 40

  static let calls: [Call] = [
    Call("einsum of two dtypes", "expected scalar type Float but found Double") {
      _ = einsum("ij,jk->ik", Tensor.ones([2, 2]), Tensor.ones([2, 2], dtype: .float64))
    },
    Call("einsum of three operands of two dtypes", "expected scalar type Float but found Double") {
      _ = einsum("ij,jk,kl->il", Tensor.ones([2, 2]), Tensor.ones([2, 2], dtype: .float64), Tensor.ones([2, 2]))
    },
    Call("einsum of two devices", "Expected all tensors to be on the same device") {
      _ = einsum("ij,jk->ik", Tensor.ones([2, 2]), Tensor.ones([2, 2]).to("mps"))
    },
    Call("grad of a failed tensor", "The size of tensor a (2) must match the size of tensor b (3)") {
      let x = Tensor.ones([2], requiresGrad: true)
      _ = grad(of: (x + Tensor.ones([3])).sum(), wrt: x)
    },
    Call("vjp of a failed function", "The size of tensor a (2) must match the size of tensor b (3)") {
      _ = vjp(at: Tensor.ones([2])) { ($0 + Tensor.ones([3])).sum() }
    },
    Call("indexPut of a 0-d tensor with a mask", "too many indices for tensor of dimension 0 (got 1)") {
      _ = Tensor(2.0).indexPut([Tensor(true)], Tensor(5.0))
    },
    Call("indexPut with a 0-d mask and an index too many", "too many indices for tensor of dimension 1 (got 2)") {
      _ = Tensor.zeros([3]).indexPut([Tensor(true), Tensor(1)], Tensor(5.0))
    },
    Call("indexPut with a 0-d mask", nil) {
      let x = Tensor.zeros([2, 3], requiresGrad: true)
      let values = Tensor(5.0, requiresGrad: true)
      let all = x.indexPut([Tensor(true)], values)
      #expect(all.scalars(as: Float.self) == [Float](repeating: 5, count: 6))
      all.sum().backward()
      #expect(Double(values.grad!) == 6 && x.grad!.scalars(as: Float.self) == [Float](repeating: 0, count: 6))
      #expect(x.detach().indexPut([Tensor(false)], Tensor(5.0)).scalars(as: Float.self) == [Float](repeating: 0, count: 6))
      #expect(x.detach().indexPut([Tensor(true), Tensor([1])], Tensor(5.0)).scalars(as: Float.self) == [0, 0, 0, 5, 5, 5])
    },
    Call("split into no pieces", nil) {
      #expect(Tensor.zeros([0, 3], requiresGrad: true).split([]).isEmpty)
    },
    Call("split into pieces that do not sum up", "split_with_sizes expects split_sizes to sum exactly to 2") {
      _ = Tensor.zeros([2, 3]).split([])
    },
    Call("histogramdd without coordinates", nil) {
      let (hist, edges) = Tensor.zeros([3, 0]).histogramdd(bins: [Int]())
      #expect(hist.shape == [] && Double(hist) == 0 && edges.isEmpty)
      #expect(Tensor.zeros([3, 0]).histogramdd(bins: [Tensor]()).binEdges.isEmpty)
    },
    Call("histogramdd with more bins than there can be", "number of steps must be non-negative") {
      _ = Tensor.zeros([3, 1]).histogramdd(bins: [.max])
    },
    Call("diagEmbed beyond every size", "Storage size calculation overflowed with sizes=[4611686018427387907, 4611686018427387907]")
    {
      _ = Tensor.zeros([3]).diagEmbed(offset: 1 << 62)
    },
    Call("diagEmbed of nothing beyond every size", "Stride calculation overflowed") {
      _ = Tensor.zeros([0, 3]).diagEmbed(offset: 1 << 62)
    },
    Call("repeatInterleave of nothing", "Stride calculation overflowed") {
      _ = Tensor.zeros([0, vast]).repeatInterleave(vast, dim: 1)
    },
    Call("repeatInterleave of nothing, by a tensor", "Storage size calculation overflowed") {
      _ = Tensor.zeros([0, vast]).repeatInterleave(Tensor([vast]), dim: 1)
    },
    Call("sizes that overflow behind a zero", "Stride calculation overflowed") {
      _ = Tensor.zeros([0, vast, vast]).narrow(dim: 1, start: vast - 1, length: 1)
    },
    Call("expand to sizes that overflow behind a zero", "Stride calculation overflowed") {
      _ = Tensor.zeros([1, 1, 1]).expand([0, vast, vast]).transpose(1, 2)
    },
    Call("asStrided of nothing, anywhere", nil) {
      let x = Tensor.ones([4]).slice(from: 1).asStrided([0], strides: [1], offset: .max)
      #expect(Double(x.sum()) == 0 && x.clone().count == 0)
    },
    Call("asStrided by vast strides that are never taken", nil) {
      let x = Tensor.ones([4]).asStrided([1, 1], strides: [.max, .max])
      #expect(Double(x.diagonal().sum()) == 1)
      #expect(Tensor.ones([4]).asStrided([0, 5], strides: [1, .max]).unsqueeze(1).shape == [0, 1, 5])
    },
    Call("scatterAdd with an empty index of higher rank", nil) {
      let (x, source) = (Tensor.ones([3], requiresGrad: true), Tensor.ones([3], requiresGrad: true))
      x.scatterAdd(dim: 0, index: .zeros([0, 2], dtype: .int64), source: source).sum().backward()
      #expect(x.grad!.scalars(as: Float.self) == [1, 1, 1] && source.grad!.scalars(as: Float.self) == [0, 0, 0])
    },
    Call("gather with an empty index of higher rank", nil) {
      let x = Tensor.ones([3], requiresGrad: true)
      x.gather(dim: 0, index: .zeros([0, 2], dtype: .int64)).sum().backward()
      #expect(x.grad!.scalars(as: Float.self) == [0, 0, 0])
    },
    Call("tril of nothing, wide", nil) { #expect(Tensor.zeros([0, vast]).tril().count == 0) },
    Call("print options of a vast precision", "precision too big") { setPrintOptions(precision: .max) },
    Call("scoped print options of a vast precision", "precision too big") {
      _ = withPrintOptions(precision: .max) { "\(Tensor([1.5]))" }
    },
    Call("print options of a great precision", nil) {
      _ = withPrintOptions(precision: 100_000) { "\(Tensor([1.5]))" }
      _ = withPrintOptions(profile: PrintOptions(precision: .max)) { "\(Tensor([1.5]))" }
    },
    Call("print options of no line width", nil) { _ = withPrintOptions(lineWidth: .min) { "\(Tensor([1.5, 2]))" } },
    Call("an integer as default dtype", "only floating-point types are supported as the default type") {
      #expect(withDefaultDType(.int64) { Tensor([1.5]).dtype } == .float32)
    },
    Call(
      "fold by a kernel whose volume overflows",
      "Expected size of input's dimension 1 to be divisible by the product of kernel_size"
    ) {
      _ = F.fold(Tensor.ones([1, 4, 4]), outputSize: [4, 4], kernelSize: [vast, vast])
    },
    Call("fold into more blocks than there can be", "Given output_size=") {
      let size = 1 << 58
      _ = F.fold(Tensor.ones([1, 1, 4]), outputSize: [size, size], kernelSize: 1)
    },
    Call("ctcLoss of lengths whose sum overflows", "Expected tensor to have size 9223372036854775807 at dimension 0") {
      _ = F.ctcLoss(
        Tensor.zeros([5, 2, 3]), Tensor([1, 2]), inputLengths: Tensor([5, 5]), targetLengths: Tensor([Int.max, Int.max] as [Int]))
    },
    Call("unravelIndex in a shape that overflows", "Storage size calculation overflowed") {
      _ = Tensor([1]).unravelIndex([vast, vast])
    },
  ]

  @Test(arguments: calls)
  func call(_ call: Call) throws {
    if let message = call.message {
      let error = #expect(throws: TensorError.self) { try checked(call.body) }
      #expect(error?.message.hasPrefix(message) ?? false, "\(error?.message ?? "")")
    } else {
      try checked(call.body)
    }
  }

  /// Lists and numbers of what failed, as ordinary code uses them.
  @Test func partsAndNumbersOfFailedValues() {
    let (a, b) = (Tensor([1.0, 2]), Tensor([1.0, 2, 3]))
    func fails(_ body: () -> Void) { #expect(throws: TensorError.self) { try checked { body() } } }
    fails { _ = Array(a + b)[0] }
    fails { _ = (a + b).map { $0.sum() }.first! }
    fails { _ = a.tensorSplit(-1)[1] }
    fails { _ = 10 / Int((a + b).sum()) }
    fails { _ = [Int](repeating: 0, count: Int((a + b).sum()) - 1) }
    fails { for i in 1...Int((a + b).max()) { _ = a[i] } }
  }

  @Test func updatesThatChangeTheVariableThemselves() {
    let w = Tensor([1.0, 2], requiresGrad: true)
    var copy = w
    #expect(throws: TensorError.self) {
      try checked {
        noGrad {
          copy.update { v in
            var same = w
            same += 1
            return v * 2
          }
        }
      }
    }
  }

  /// The numbers that a decision hangs on: where they cannot be read nothing goes on with others.
  @Test func decisionsOnNumbersThatCannotBeRead() throws {
    let device = AcceleratorDevice()
    let degrees = Tensor([4e9, 1e9], dtype: .float64).to(device)
    for position in 0..<6 {
      var options = AcceleratorOptions()
      options.faults = [position: .runtime("a fault")]
      device.options = options
      #expect(throws: TensorError.self) { try checked { Special.legendrePolynomialP(0.25, degrees) } }
    }
    device.options = AcceleratorOptions()
  }

  @Test func aTableChangesAfterAllChecks() {
    var table = Tensor([[3.0, 4], [6, 8]])
    let before = table
    #expect(throws: TensorError.self) {
      try checked {
        F.embeddingBag(Tensor([[0, 1]]), &table, maxNorm: 1, mode: .sum, perSampleWeights: Tensor([1.0, 2, 3]))
      }
    }
    #expect(table == before)
  }

  @Test(arguments: ["cpu", "mps"])
  func sourcesOfLowerRank(device: String) {
    let x = Tensor([[1, 2], [1, -2]]).to(device)
    let (index, source) = (Tensor([1, 1]).to(device), Tensor([0, -2]).to(device))
    #expect(throws: TensorError.runtime("index_add_(): Indexing dim 1 is out of bounds of the source tensor with dim 1")) {
      try checked { x.indexAdd(dim: 1, index: index, source: source, alpha: -1) }
    }
    #expect(throws: TensorError.runtime("index_reduce_(): Indexing dim 1 is out of bounds of the source tensor with dim 1")) {
      try checked { x.indexReduce(dim: 1, index: index, source: source, reduce: .prod) }
    }
  }
}

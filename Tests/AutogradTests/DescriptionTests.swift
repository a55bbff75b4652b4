import Autograd
import Devices
import Testing

@Suite("Tensors as text") struct DescriptionTests {
  @Test func constructionInTheArticle() {
    let c = stride(from: 0.0, to: 5, by: 1).map { $0 * 0.2 }
    #expect(Tensor(4).description == "tensor(4)")
    #expect(FloatTensor(4).fullLike(0).description == "tensor([0., 0., 0., 0.])")
    #expect(FloatTensor(c).description == "tensor([0.0000, 0.2000, 0.4000, 0.6000, 0.8000])")
    #expect(Tensor(c).description == "tensor([0.0000, 0.2000, 0.4000, 0.6000, 0.8000], dtype=torch.float64)")
    #expect(FloatTensor([1, 2, 4]).description == "tensor([1., 2., 4.])")
    #expect(Tensor([1, 3, 5]).to(.float32).to("mps").description == "tensor([1., 3., 5.], device='mps:0')")
    let i = Tensor([[3, 0], [4, 5]], dtype: .float32)
    #expect(i.description == "tensor([[3., 0.],\n        [4., 5.]])")
    #expect(i.matmul(i).description == "tensor([[ 9.,  0.],\n        [32., 25.]])")
    #expect((i * i).description == "tensor([[ 9.,  0.],\n        [16., 25.]])")
  }

  @Test func innerProductInTheArticle() {
    let (x, w) = forkRNG {
      manualSeed(42)
      return (Tensor.rand([4], requiresGrad: true), Tensor.rand([4], requiresGrad: true))
    }
    let y = x.matmul(w)
    let z = y ** 2
    z.backward()
    #expect(x.description == "tensor([0.8823, 0.9150, 0.3829, 0.9593], requires_grad=True)")
    #expect(w.description == "tensor([0.3904, 0.6009, 0.2566, 0.7936], requires_grad=True)")
    #expect(y.description == "tensor(1.7539, grad_fn=<DotBackward0>)")
    #expect(z.description == "tensor(3.0761, grad_fn=<PowBackward0>)")
    #expect("\(w.grad)" == "tensor([3.0948, 3.2096, 1.3430, 3.3650])")
    #expect("\(x.grad)" == "tensor([1.3696, 2.1078, 0.9000, 2.7839])")
  }

  @Test func interpolation() {
    let x = Tensor(3.0, requiresGrad: true)
    #expect("no gradient: \(x.grad)" == "no gradient: nil")
    let y = 3 * x ** 2
    y.backward()
    #expect("\(y) and \(x.grad)" == "27.0 and 18.0", "a 0-d tensor is a bare number")
    #expect("\(Tensor(true)) \(Tensor(-7)) \(Tensor(0.1))" == "True -7 0.10000000149011612")
    #expect("\(Tensor([1, 2]))" == "tensor([1, 2])")
    #expect("\([Tensor(1), Tensor([2.5])])" == "[tensor(1), tensor([2.5000])]")
    #expect(String(describing: y) == "tensor(27., grad_fn=<MulBackward0>)")
    #expect(String(reflecting: y) == y.description)
  }

  @Test func layouts() {
    let x = Tensor.arange(12.0).view([3, 4])
    #expect(x.transpose(0, 1)[1].description == "tensor([1., 5., 9.])")
    #expect(x.flip(1)[0].description == "tensor([3., 2., 1., 0.])")
    #expect(Tensor(2).expand([2, 2]).description == "tensor([[2, 2],\n        [2, 2]])")
    #expect(Tensor.zeros([2, 0], dtype: .int32).description == "tensor([], size=(2, 0), dtype=torch.int32)")
  }

  @Test func options() {
    let x = Tensor([0.123456789, 12.5])
    #expect(withPrintOptions(precision: 2) { x.description } == "tensor([ 0.12, 12.50])")
    #expect(withDefaultDType(.float64) { x.description } == "tensor([ 0.1235, 12.5000], dtype=torch.float32)")
    #expect(x.requiringGrad().description(asParameter: true).hasPrefix("Parameter containing:\ntensor(["))
  }

  /// A summary of a large tensor gathers its corners and leaves the rest on the device.
  @Test(arguments: ["mps", "reference"])
  func otherDevices(_ name: String) throws {
    let device = try device(named: name)
    for x in [Tensor.arange(40_000).view([200, 200]), Tensor.arange(40_000).view([200, 200]).transpose(0, 1).flip(0)] {
      let suffix = ", device='\(device.description)')"
      // A long name of a device goes to a line of its own.
      let text = x.to(device).description.replacing(",\n       device", with: ", device")
      #expect(text == x.description.dropLast() + suffix)
    }
    let part = Tensor.arange(10, device: device)[4..<7]
    #expect(part.description == "tensor([4, 5, 6], device='\(device.description)')")
  }

  @Test func whatIsNotThere() throws {
    var text = ""
    #expect(throws: TensorError.self) {
      try checked { text = Tensor.ones([2]).matmul(.ones([3])).description }
    }
    #expect(text == "tensor(<invalid>)")
  }
}

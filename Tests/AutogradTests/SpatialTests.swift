import Fluxion
import Testing

/// Convolution, pooling and interpolation beyond the golden cases.
@Suite("Spatial operations") struct SpatialTests {
  /// Sizes and steps at the ends of what an integer holds.
  @Test func absurdNumbers() {
    let huge = Int.max / 2
    let x = Tensor.ones([1, 1, 4, 4])
    let w = Tensor.ones([1, 1, 2, 2])
    let calls: [(String, @Sendable () -> Tensor)] = [
      ("conv2d padding", { F.conv2d(x, w, padding: huge) }),
      ("conv2d dilation", { F.conv2d(x, w, dilation: huge) }),
      ("conv2d groups", { F.conv2d(x, w, groups: huge) }),
      ("convTranspose2d stride", { F.convTranspose2d(x, w, stride: huge) }),
      ("convTranspose2d dilation", { F.convTranspose2d(x, w, dilation: huge) }),
      ("convTranspose2d large result", { F.convTranspose2d(x, w, stride: 1 << 31) }),
      ("avgPool2d padding", { F.avgPool2d(x, kernelSize: huge, stride: 1, padding: huge / 2 - 1000) }),
      ("maxPool2d padding", { F.maxPool2d(x, kernelSize: huge / 2, stride: 1, padding: huge / 4 + 1) }),
      ("maxPool2d too many windows", { F.maxPool2d(x, kernelSize: 2, stride: 1, padding: huge) }),
      ("maxPool2d dilation", { F.maxPool2d(x, kernelSize: 3, dilation: huge) }),
      ("adaptiveAvgPool2d", { F.adaptiveAvgPool2d(x, outputSize: huge) }),
      ("adaptiveMaxPool2d", { F.adaptiveMaxPool2d(x, outputSize: [huge, nil]) }),
      ("interpolate size", { F.interpolate(x, size: [1 << 50, 1]) }),
      ("interpolate scale", { F.interpolate(x, scaleFactor: 1e300, mode: .bilinear) }),
      ("interpolate scale nan", { F.interpolate(x, scaleFactor: Double.nan) }),
      ("unfold padding", { F.unfold(x, kernelSize: 2, padding: huge) }),
      ("unfold dilation", { F.unfold(x, kernelSize: 2, dilation: huge) }),
      ("fold", { F.fold(x[0], outputSize: huge, kernelSize: 2) }),
      ("maxUnpool2d", { F.maxUnpool2d(x, Tensor.zeros([1, 1, 4, 4], dtype: .int64), kernelSize: huge) }),
      ("pixelShuffle", { F.pixelShuffle(x, upscaleFactor: huge) }),
      ("pixelUnshuffle", { F.pixelUnshuffle(x, downscaleFactor: huge) }),
      ("fractionalMaxPool2d", { F.fractionalMaxPool2d(x, kernelSize: huge, outputSize: 2) }),
    ]
    for (name, call) in calls { #expect(throws: TensorError.self, "\(name)") { try checked { call() } } }
    // A step that is never taken may have any size.
    #expect(F.conv2d(x, Tensor.ones([1, 1, 4, 4]), stride: Int.max).item().doubleValue == 16)
    #expect(F.conv2d(x, Tensor.ones([1, 1, 1, 1]), dilation: Int.max).shape == [1, 1, 4, 4])
    #expect(F.avgPool2d(x, kernelSize: huge, stride: 1, padding: huge / 2).shape == [1, 1, 4, 4])
    #expect(F.maxPool2d(x, kernelSize: huge, stride: 1, padding: huge / 2).sum().item().doubleValue == 16)
    #expect(F.maxPool2d(x, kernelSize: 1, stride: Int.max, dilation: Int.max).shape == [1, 1, 1, 1])
  }

  @Test(arguments: ["cpu", "mps"]) func positionsThatAreNoNumbers(_ name: String) throws {
    let device = try device(named: name)
    let x = Tensor.ones([1, 1, 3, 3], device: device)
    let numbers: [Double] = [.nan, .infinity, -.infinity, 1e30, -1e30, 0]
    let grid = Tensor(numbers.flatMap { [$0, 0] }, shape: [1, 1, 6, 2], dtype: .float32, device: device)
    for mode in GridSampling.allCases {
      for padding in GridPadding.allCases {
        let result = F.gridSample(x, grid, mode: mode, paddingMode: padding)
        #expect(result.shape == [1, 1, 1, 6] && result[0, 0, 0, 5].item().doubleValue == 1, "\(mode) \(padding)")
      }
    }
    // The neighbours outside, which count nothing, are not looked at.
    let spoilt = Tensor([Float.nan, 1, 1, 1], shape: [1, 1, 2, 2], device: device)
    let corner = Tensor.ones([1, 1, 1, 2], device: device)
    #expect(F.gridSample(spoilt, corner, alignCorners: true).item().doubleValue == 1)
  }

  /// Halves are summed in float32, whatever the length.
  @Test func halvesAreRoundedOnce() {
    let x = Tensor.ones([1, 1, 4096], dtype: .float16)
    #expect(F.conv1d(x, x).item().doubleValue == 4096)
    #expect(F.adaptiveAvgPool1d(x, outputSize: 1).item().doubleValue == 1)
    #expect(F.avgPool1d(x, kernelSize: 4095).sum().item().doubleValue == 1)
  }

  @Test func emptyBatches() {
    let x = Tensor.zeros([0, 2, 5, 5], requiresGrad: true)
    let w = Tensor.ones([3, 2, 3, 3], requiresGrad: true)
    F.maxPool2d(F.conv2d(x, w), kernelSize: 2).sum().backward()
    #expect(x.grad?.shape == [0, 2, 5, 5])
    #expect(w.grad.map { Bool(($0 .== 0).all()) } == true, "the gradient by the weight is zero, not whatever was there")
  }

  @Test func names() {
    let x = Tensor.ones([2, 4, 6, 6], requiresGrad: true)
    let line = Tensor.ones([2, 4, 6], requiresGrad: true)
    let w = Tensor.ones([4, 4, 3, 3])
    let names: [(Tensor, String)] = [
      (F.conv2d(x, w), "ConvolutionBackward0"), (F.conv2d(x, w, padding: .same), "ConvolutionBackward0"),
      (F.conv2d(x[0], w), "SqueezeBackward1"), (F.convTranspose2d(x, w), "ConvolutionBackward0"),
      (F.maxPool2d(x, kernelSize: 2), "MaxPool2DWithIndicesBackward0"), (F.avgPool2d(x, kernelSize: 2), "AvgPool2DBackward0"),
      (F.maxPool1d(line, kernelSize: 2), "SqueezeBackward1"), (F.adaptiveAvgPool2d(x, outputSize: 1), "MeanBackward1"),
      (F.adaptiveAvgPool2d(x, outputSize: [2, nil]), "AdaptiveAvgPool2DBackward0"),
      (F.interpolate(x, scaleFactor: 2), "UpsampleNearest2DBackward0"),
      (F.interpolate(x, size: 3, mode: .bicubic), "UpsampleBicubic2DBackward0"),
      (F.unfold(x, kernelSize: 2), "Im2ColBackward0"), (F.pixelShuffle(x, upscaleFactor: 2), "PixelShuffleBackward0"),
      (F.gridSample(x, .zeros([2, 3, 3, 2])), "GridSampler2DBackward0"),
    ]
    for (tensor, name) in names { #expect(tensor.gradFn?.name == name) }
  }

  /// Third derivatives, which no golden case has: a convolution's are convolutions again.
  @Test func thirdDerivatives() throws {
    let x = Tensor.rand([1, 2, 4], dtype: .float64)
    let w = Tensor.rand([2, 1, 2], dtype: .float64)
    try gradcheck([x.requiringGrad(), w.requiringGrad()]) { inputs in
      let inputs = inputs.map { $0.requiresGrad ? $0 : $0.requiringGrad() }
      let y = F.conv1d(inputs[0], inputs[1], stride: 2, padding: 1, groups: 2).pow(3).sum()
      let first = grad(of: y, wrt: inputs, createGraph: true)
      return grad(of: first[0].pow(2).sum() * first[1].sum(), wrt: inputs, createGraph: true)
    }
  }
}

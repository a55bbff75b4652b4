import Autograd
import Devices
import Testing

/// What the ways of small operands must not change: gradients are computed in their own memory, numbers stay numbers, and layouts are shared.
@Suite struct SmallGraphTests {
  @Test func gradientsThatOthersHoldStay() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let a = x * 3.0
    let b = a * 5.0
    a.retainGrad()
    b.retainGrad()
    let g = Tensor([1.0, 10])
    (b * 7.0).backward(gradient: g)
    #expect(g == Tensor([1.0, 10]))
    #expect(b.grad == Tensor([7.0, 70]) && a.grad == Tensor([35.0, 350]) && x.grad == Tensor([105.0, 1050]))

    nonisolated(unsafe) var seen: [Tensor] = []
    let y = Tensor([1.0, 2], requiresGrad: true)
    let c = y * 2.0
    c.registerHook {
      seen.append($0)
      return nil
    }
    ((c * 3.0) * 4.0).backward(gradient: g)
    #expect(seen == [Tensor([12.0, 120])] && y.grad == Tensor([24.0, 240]))
    let gradients = grad(of: [c * 3.0], wrt: [c, y], gradOutputs: [g], retainGraph: true)
    #expect(gradients == [Tensor([3.0, 30]), Tensor([6.0, 60])])
  }

  /// A sum hands the same gradient to both terms; what one of them becomes is not the other's.
  @Test func sharedGradientsAreValues() {
    let (x, y) = (Tensor([1.0, 2], requiresGrad: true), Tensor([3.0, 4], requiresGrad: true))
    (x + y).backward(gradient: Tensor([1.0, 2]))
    x.grad! += 1
    #expect(x.grad == Tensor([2.0, 3]) && y.grad == Tensor([1.0, 2]))
    ((x * 2.0) + (y * 3.0)).backward(gradient: Tensor([1.0, 2]))
    #expect(x.grad == Tensor([4.0, 7]) && y.grad == Tensor([4.0, 8]))
    let z = Tensor([1.0, 2], requiresGrad: true)
    (z + z).backward(gradient: Tensor([1.0, 2]))
    #expect(z.grad == Tensor([2.0, 4]))
  }

  @Test func keptGraphsRunAgain() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    let y = ((x * x) * 3.0).tanh().sum()
    y.backward(retainGraph: true)
    let once = x.grad!
    x.grad = nil
    y.backward()
    #expect(x.grad == once)
    #expect(throws: TensorError.self) { try checked { y.backward() } }
    // What saved no values runs as often as one likes.
    let z = (x * 3.0 + 1.0).sum()
    z.backward()
    z.backward()
    #expect(x.grad == once + 6)
  }

  /// Two operands that both need gradients, in all ways that their shapes can meet.
  @Test(arguments: [([3], [3]), ([], [3]), ([3], []), ([2, 3], [2, 3]), ([2, 3], [3]), ([1], [4]), ([], []), ([0], [0])])
  func bothOperands(p: [Int], q: [Int]) throws {
    let a = (Tensor.rand(p, dtype: .float64) + 0.5).requiringGrad()
    let b = (Tensor.rand(q, dtype: .float64) + 0.5).requiringGrad()
    for function in [{ $0 * $1 }, { $0 / $1 }, { $0 ** $1 }, { $0 - $1 }] as [@Sendable (Tensor, Tensor) -> Tensor] {
      try gradcheck([a, b]) { [function($0[0], $0[1])] }
      try gradcheck([a, b]) { [(function($0[0], $0[1]) * 2.0).sum() * 3.0] }
    }
  }

  /// A repeated number passes through numbers as one, and becomes memory at the leaf.
  @Test func repeatedGradients() {
    let x = Tensor.ones([4, 5]).requiringGrad()
    (2 * (x * 3.0 + 1)).sum().backward()
    #expect(x.grad == Tensor.full([4, 5], 6.0) && x.grad!.isContiguous)
    x.sum().backward()
    #expect(x.grad == Tensor.full([4, 5], 7.0))
    let y = Tensor.ones([3]).requiringGrad()
    (2 * y ** 3).sum().backward()
    #expect(y.grad == Tensor.full([3], 6.0))
  }

  /// Small and large updates, in memory of their own and in memory that somebody else looks at.
  @Test(arguments: [1, 5, 64, 1000, 3000])
  func updates(count: Int) {
    let adam = ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { x in
      let mean = 0.5 * x[1] + x[3]
      let square = 0.25 * x[2] + x[3] * x[3]
      return [x[0] - x[4] * mean / (square.sqrt() + 1), mean, square]
    }
    let gradient = Tensor.rand([count], dtype: .float64)
    let start = Tensor.rand([count], dtype: .float64)
    for keeps in [false, true] {
      var weight = start.clone().requiringGrad()
      var (mean, square) = (start.zerosLike(), start.zerosLike())
      var (w, m, s) = (start, start.zerosLike(), start.zerosLike())
      var kept: [Tensor] = []
      for _ in 0..<3 {
        let loss = weight * weight
        if keeps { kept += [loss, mean, square] }
        noGrad { adam.update(&weight, &mean, &square, with: gradient, 0.125) }
        m = 0.5 * m + gradient
        s = 0.25 * s + gradient * gradient
        w = w - 0.125 * m / (s.sqrt() + 1)
      }
      #expect(weight.detach().allClose(w) && mean.allClose(m) && square.allClose(s))
      if keeps {
        // The graph has the weight of its time.
        kept[0].sum().backward()
        #expect(weight.grad!.allClose(2 * start) && kept[1] == start.zerosLike())
      }
      noGrad { weight -= 0.5 * gradient }
      #expect(weight.detach().allClose(w - 0.5 * gradient))
    }
  }

  @Test func linearLayersOfAllSizes() {
    for (rows, inputs, outputs) in [(1, 1, 1), (16, 4, 16), (16, 16, 3), (3, 2, 9), (300, 5, 70), (2, 0, 3), (0, 4, 3)] {
      let x = Tensor.rand([rows, inputs], dtype: .float64).requiringGrad()
      let w = Tensor.rand([outputs, inputs], dtype: .float64).requiringGrad()
      let b = Tensor.rand([outputs], dtype: .float64).requiringGrad()
      let g = Tensor.rand([rows, outputs], dtype: .float64)
      let fused = grad(of: [F.linear(x, w, bias: b)], wrt: [x, w, b], gradOutputs: [g])
      let plain = grad(of: [x.matmul(w.t()) + b], wrt: [x, w, b], gradOutputs: [g])
      #expect(F.linear(x, w, bias: b).detach().allClose((x.matmul(w.t()) + b).detach()))
      for (a, b) in zip(fused, plain) { #expect(a.allClose(b)) }
    }
  }
}

import Fluxion
import Testing

@testable import Autograd

/// Elementwise operations on large tensors wait and run in one pass; nobody can tell but by the clock.
@Suite struct FusionTests {
  /// Large enough to wait.
  static let count = 40_000
  private let values = (0..<count).map { Float(($0 &* 7919) % 2000 - 1000) * 0.003 }

  private func isSame(_ a: Tensor, _ b: Tensor) -> Bool { a.scalars(as: Float.self) == b.scalars(as: Float.self) }

  private func chain(_ x: Tensor) -> Tensor {
    let inner = 0.7978845608 * (x + 0.044715 * x ** 3)
    return 0.5 * x * (1 + inner.tanh()) + (x .> 0).logicalNot().to(.float32) * x.exp()
  }

  /// The same in pieces that are too small to wait.
  private func inPieces(_ x: Tensor, _ f: (Tensor) -> Tensor) -> Tensor {
    concatenate(x.split(1000).map { f($0) })
  }

  @Test func valuesAreThoseOfSmallTensors() {
    let x = Tensor(values)
    #expect(isSame(chain(x), inPieces(x, chain)))
  }

  @Test func gradientsAreThoseOfSmallTensors() {
    let x = Tensor(values, requiresGrad: true)
    let g = Tensor(values.reversed())
    chain(x).backward(gradient: g)
    let pieces = zip(Tensor(values).split(1000), g.split(1000)).map { x, g in
      let x = x.requiringGrad()
      chain(x).backward(gradient: g)
      return x.grad!
    }
    #expect(isSame(x.grad!, concatenate(pieces)))
  }

  @Test func secondGradients() {
    let x = Tensor(values, requiresGrad: true)
    let y = (x * x).tanh() * x
    let first = grad(of: y.sum(), wrt: x, createGraph: true)
    (first * first).sum().backward()
    let pieces = Tensor(values).split(1000).map { piece in
      let x = piece.requiringGrad()
      let first = grad(of: ((x * x).tanh() * x).sum(), wrt: x, createGraph: true)
      (first * first).sum().backward()
      return x.grad!
    }
    #expect(isSame(x.grad!, concatenate(pieces)))
  }

  @Test func changesComeAfterWhatWaits() {
    var x = Tensor(values)
    let before = x * 2 + 1
    x += 1
    var y = x * 3
    let kept = y
    y += x
    y[0] = Tensor(Float(5))
    x.fill(0)
    #expect(isSame(before, inPieces(Tensor(values)) { $0 * 2 + 1 }))
    #expect(isSame(kept, inPieces(Tensor(values)) { ($0 + 1) * 3 }))
    #expect(Float(Double(y[0])) == 5)
    #expect(isSame(y[1...], inPieces(Tensor(values)) { ($0 + 1) * 3 + ($0 + 1) }[1...]))
  }

  /// What others wait for is not changed under them, in whatever way it is changed.
  @Test func whatOthersWaitForStaysAsItIs() {
    let step = ElementwiseKernel { x, y in x + y }
    let changes: [(inout Tensor) -> Void] = [
      { $0 += 1 }, { $0[0] = Tensor(Float(5)) }, { $0[1...] *= 2 }, { x in noGrad { step.update(&x, with: 1) } },
      { $0.fill(3) }, { $0.update { $0 * 2 } }, { $0[$0 .> 0] = 7 },
    ]
    for change in changes {
      var x = Tensor(values) + 1
      let y = x * 2
      change(&x)
      #expect(isSame(y, inPieces(Tensor(values)) { ($0 + 1) * 2 }))
      var w = Tensor(values)
      let z = w + 1
      w = z
      let v = z * 2
      change(&w)
      #expect(isSame(v, inPieces(Tensor(values)) { ($0 + 1) * 2 }))
      #expect(isSame(z, inPieces(Tensor(values)) { $0 + 1 }))
    }
  }

  @Test func variablesChangeUnderNobody() {
    var w = Tensor(values, requiresGrad: true)
    let y = w * w
    noGrad { w += 1 }
    #expect(isSame(y.detach(), inPieces(Tensor(values)) { $0 * $0 }))
    y.sum().backward()
    #expect(isSame(w.grad!, inPieces(Tensor(values)) { $0 + $0 }))
  }

  @Test func backwardLeavesNothingToDo() {
    let x = Tensor(values, requiresGrad: true)
    (x * 2 + x).backward(gradient: Tensor(values))
    #expect((x * 2).body.storage.isPending)
    #expect(!x.grad!.body.storage.isPending)
  }

  @Test func errorsAreRaisedWhereTheOperationIsWritten() {
    let flags = Tensor(values) .> 0
    #expect(throws: TensorError.self) {
      try checked {
        let late = flags - flags
        _ = late
      }
    }
  }

  @Test func viewsOfWhatWaits() {
    let x = Tensor(values).reshape([200, 200])
    let y = x * 2 + 1
    let transposed = y.t() + x
    #expect(isSame(transposed[3], inPieces((x * 2 + 1)[0..., 3]) { $0 } + x[3]))
    #expect(isSame(y.flatten()[100..<200], inPieces(Tensor(values)) { $0 * 2 + 1 }[100..<200]))
  }

  @Test func manyTasksWantTheSame() async {
    let x = Tensor(values)
    for _ in 0..<20 {
      let a = x * 2
      let b = a + x
      let c = b * a
      let want = inPieces(x) { ($0 * 2 + $0) * ($0 * 2) }
      let sum = inPieces(x) { ($0 * 2 + $0) * ($0 * 2) + ($0 * 2 + $0) }
      await withTaskGroup(of: Bool.self) { group in
        for task in 0..<8 {
          group.addTask {
            switch task % 4 {
            case 0: a[5].item() == (x[5] * 2).item()
            case 1: isSame(c + b, sum)
            case 2: isSame(c + 0, want)
            default: isSame(b * a, want)
            }
          }
        }
        for await isRight in group { #expect(isRight) }
      }
    }
  }
}

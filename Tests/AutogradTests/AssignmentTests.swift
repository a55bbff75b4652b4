import Devices
import Testing

@testable import Autograd

/// Assignment keeps tensors values, and writes in place what nobody else holds.
@Suite struct AssignmentTests {
  @Test func copiesKeepTheirValues() {
    var x = Tensor([1.0, 2, 3])
    let before = x
    let part = x[1...]
    x[1] = 7
    #expect(before == Tensor([1.0, 2, 3]))
    #expect(part == Tensor([2.0, 3]))
    #expect(x == Tensor([1.0, 7, 3]))
  }

  @Test func memoryOfOnesOwnIsReused() {
    var x = Tensor.zeros([4, 3])
    let address = x.body.storage.handle
    for i in 0..<4 {
      x[i] = Tensor([1.0, 2, 3]) * Double(i)
      x[i, 0] += 1
      x[i] = x[(i + 1) % 4]
      x[.all, [0, 2]] = 5
      x[x .> 3] = 1
    }
    #expect(x.body.storage.handle == address)
  }

  @Test func memoryOfOnesOwnIsReusedWhileRecording() {
    let v = Tensor([1.0, 2, 3], requiresGrad: true)
    var x = Tensor.zeros([4, 3])
    let address = x.body.storage.handle
    for i in 0..<4 { x[i] = v * Double(i) }
    #expect(x.body.storage.handle == address)
    x.sum().backward()
    #expect(v.grad == Tensor([6.0, 6, 6]))
  }

  @Test func whatTheGraphSavedStays() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var y = x.exp()
    let z = y * y
    y[0] = 0
    (z + y).sum().backward()
    let e = Tensor([1.0, 2]).exp()
    #expect(x.grad!.allClose(2 * e * e + Tensor([0.0, 1]) * e))
  }

  @Test func partsThatShareElementsComeApart() {
    var x = Tensor.zeros([1]).expand([3])
    x[0] = 1
    #expect(x == Tensor([1.0, 0, 0]))
    var windows = Tensor([1.0, 2, 3]).unfold(dim: 0, size: 2, step: 1)
    windows[0, 1] = 9
    #expect(windows == Tensor([[1.0, 9], [2, 3]]))
  }

  @Test func variableChangesWithoutRecording() {
    var w = Tensor([1.0, 2, 3], requiresGrad: true)
    let same = w
    let before = w.detach()
    noGrad {
      w[0] = 9
      w[Tensor([1, 2])] = Tensor([4.0, 5])
    }
    #expect(w.isLeaf && w.requiresGrad)
    #expect(same.detach() == Tensor([9.0, 4, 5]))
    #expect(before == Tensor([1.0, 2, 3]))
  }

  @Test func computedTensorKeepsItsPlaceInTheGraphWithoutRecording() {
    let x = Tensor([1.0, 2], requiresGrad: true)
    var y = x * 2
    noGrad { y[0] = 10 }
    #expect(y.gradFn?.name == "MulBackward0")
    #expect(y.detach() == Tensor([10.0, 4]))
  }

  @Test func valuesAreConverted() {
    var i = Tensor([1, 2, 3])
    i[0] = 1.9
    i[1...] = Tensor([2.9, -2.9])
    #expect(i == Tensor([1, 2, -2]))
    var b = Tensor([true, false])
    b[1] = true
    #expect(b == Tensor([true, true]))
  }

  @Test func numbersCanBeRead() {
    let x = Tensor([[1.5, 2], [3, 4]])
    let a = Double(x[0, 0])
    #expect(a == 1.5 && Int(x[..., 1][1]) == 4 && x[0, 1].item() == .double(2))
    #expect(Double(x[1, 0]) > a)
  }

  @Test func partOfItselfIsReadBeforeItIsWritten() {
    var x = Tensor([1.0, 2, 3, 4])
    x[1...] = x[..<3]
    #expect(x == Tensor([1.0, 1, 2, 3]))
  }

  @Test func intoAnotherDevice() {
    var x = Tensor.zeros([3], device: AcceleratorDevice.shared)
    x[0] = Tensor(2.0)
    x[1...] = Tensor([3.0, 4])
    x[[1]] = 5
    #expect(x.cpu() == Tensor([2.0, 5, 4]))
  }

  @Test func derivativeByAnElementThatWasReplaced() {
    let x = Tensor([1.0, 2, 3], requiresGrad: true)
    let v = Tensor(5.0, requiresGrad: true)
    var y = x * 2
    y[1] = v * 3
    (y * Tensor([1.0, 10, 100])).sum().backward()
    #expect(x.grad == Tensor([2.0, 0, 200]))
    #expect(v.grad == Tensor(30.0))
  }

  @Test func rowsOneByOne() {
    let x = Tensor([[1.0, 2], [3, 4]], requiresGrad: true)
    var sum = Tensor(0.0)
    for (i, row) in x.enumerated() { sum += row.sum() * Double(i + 1) }
    sum.backward()
    #expect(x.grad == Tensor([[1.0, 1], [2, 2]]))
    #expect(x.map { Double($0.detach().sum()) } == [3, 7])
  }
}

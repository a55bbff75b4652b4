import Fluxion
import GenericFormulas

// The article, section by section. The tour shows these functions' own lines beside what they print.

/// A section of the article: a function of this file.
struct Section {
  let title: String
  let function: String
  let body: () throws -> Void
}

func article() -> [Section] {
  [
    Section(title: "1. The derivative of 3x² at 3, naively and by autograd", function: "derivative", body: derivative),
    Section(title: "2. Tensors and the dtypes they infer", function: "dtypes", body: dtypes),
    Section(
      title: "3. Only floating point tensors can require gradients", function: "requiringGradients", body: requiringGradients),
    Section(title: "4. The gradient of a sum", function: "gradientOfSum", body: gradientOfSum),
    Section(title: "5. The gradient of a product", function: "gradientOfProduct", body: gradientOfProduct),
    Section(title: "6. The same gradient by hand", function: "gradientByHand", body: gradientByHand),
    Section(title: "7. The inner product of two random tensors", function: "innerProduct", body: innerProduct),
    Section(title: "8. The same by hand, on detached tensors", function: "detached", body: detached),
    Section(title: "9. Which of them are leaves", function: "leaves", body: leaves),
    Section(title: "10. Leaf or not, by the way of making it", function: "moreLeaves", body: moreLeaves),
  ]
}

/// Where this file lies, to show its lines.
let articlePath = #filePath

func f<Number: ScalarOrTensor>(_ x: Number) -> Number { 3 * x ** 2 }

func derivative() {
  let h = 0.001
  let slope = (f(3 + h) - f(3)) / h
  print("naive diff : \((slope * 10).rounded() / 10)")

  let x = Tensor(3.0, requiresGrad: true)
  print(x)
  let y = f(x)
  print(y)
  y.backward()
  print(x.grad!)
  print("torch diff : \(x.grad!)")
}

func dtypes() {
  var a = FloatTensor(4)  // one integer is a size
  a.fill(0)
  print("a=\(a)")
  let b = Tensor(4)
  print("b=\(b.description)")
  let c = (0..<5).map { Double($0) * 0.2 }
  let d = FloatTensor(c)
  print("d=\(d)")
  let e = Tensor(c)
  print("e=\(e)")
  let g = FloatTensor([1, 2, 4])
  print("g=\(g)")
  let h = Tensor([1, 3, 5]).to(.float32).to("cpu")
  print("h=\(h)")
  print(h.to("mps"))
  let i = Tensor([[3, 0], [4, 5]], dtype: .float32)
  print("i=\(i)")
  let j = i.matmul(i)
  print("j=\(j)")
  print(i * i)
}

func requiringGradients() throws {
  do {
    _ = try checked { Tensor(4, requiresGrad: true) }
  } catch let error as TensorError {
    print(error.message)
  }
  print(Tensor(4, dtype: .float32, requiresGrad: true))
  print(Tensor(4.0, requiresGrad: true))
}

func gradientOfSum() {
  let x = Tensor([1.0, 2, 3, 4, 5], requiresGrad: true)
  let y = 2 * x ** 3
  print(y)
  let z = y.sum()
  print(z)
  z.backward()
  print(x.grad!)
}

func gradientOfProduct() {
  let x = Tensor([1.0, 2, 3, 4, 5], requiresGrad: true)
  let y = 2 * x ** 3
  let z = y.prod()
  z.backward()
  print(x)
  print(z)
  print(x.grad!)
}

func gradientByHand() {
  let x = Tensor([1.0, 2, 3, 4, 5], requiresGrad: true)
  (2 * x ** 3).prod().backward()

  let xs = x.detach()
  var g = Tensor.zeros([5])
  for (i, v) in xs.unbind().enumerated() {
    g[i] = 6 * v ** 2 * (2 * xs[xs .!= v] ** 3).prod()
    print(g[i])
  }
  print(g)
  print(g == x.grad! ? "True" : "False")
}

func innerProduct() {
  manualSeed(42)
  let x = Tensor.rand([4], requiresGrad: true)
  let w = Tensor.rand([4], requiresGrad: true)
  let y = x.matmul(w)
  let z = y ** 2
  print("x values: ")
  print(x)
  print("w values: ")
  print(w)
  print(y)
  print("z:")
  print(z)
  z.backward()
  print("w grad values:")
  print(w.grad!)
  print(x.grad!)
}

func detached() {
  manualSeed(42)
  var x = Tensor.rand([4], requiresGrad: true)
  let w = Tensor.rand([4], requiresGrad: true)
  var y = x.matmul(w)
  (y ** 2).backward()

  x = x.detach()
  y = y.detach()
  let m = 2 * y * x
  print("manual grad calculation: \n\(m)")
  print("torch grad calculation: \n\(w.grad!)")
  print(m == w.grad! ? "True" : "False")
  print(x)
}

func leaves() {
  let x = Tensor.rand([4], requiresGrad: true)
  let w = Tensor.rand([4], requiresGrad: true)
  let y = x.matmul(w)
  let z = y ** 2
  print("x is leaf:")
  print(truth(x.isLeaf))
  print("w is leaf:")
  print(truth(w.isLeaf))
  print("y is leaf:")
  print(truth(y.isLeaf))
  print("z is leaf:")
  print(truth(z.isLeaf))
}

func moreLeaves() {
  var a = Tensor.rand([10], requiresGrad: true)
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10], requiresGrad: true).double()
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10]).requiringGrad().double()
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10]).double()
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10]).double().requiringGrad()
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10], device: .accelerator, requiresGrad: true)
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10], requiresGrad: true).to("mps")
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10], requiresGrad: true).to("cpu")
  print("a is leaf \(truth(a.isLeaf))")
  a = Tensor.rand([10], requiresGrad: true).to(.cpu, copy: true)
  print("a is leaf \(truth(a.isLeaf))")
}

/// As Python prints it.
func truth(_ flag: Bool) -> String { flag ? "True" : "False" }

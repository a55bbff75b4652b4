import Fluxion
import Testing

/// An expression with an element of a tensor in it is a tensor, whatever stands beside the element.
@Suite struct InferredTypesTests {
  private let q = Tensor([2.0, 3, 1] as [Double])
  private let m = Tensor([[1.0, 4], [-0.5, 6]] as [[Double]]) * Tensor([1.0, 1] as [Double])
  private let k = 3.0
  private let l = 0.5
  private let f: Float = 2
  private let n = 3
  private let narrow: Int32 = 3
  private let flag = true
  private let absent: Tensor? = nil

  /// Nothing converts to a tensor, so that what this takes is one: the type was settled where the value was named.
  private func expect(_ value: Tensor, _ number: Double, line: Int = #line) {
    #expect(value.rank == 0 && abs(Double(value) - number) < 1e-12, "line \(line): \(value)")
  }

  @Test func expressionsAreTensors1() {
    let v1 = q[0]
    expect(v1, 2)
    let v2 = q[-1]
    expect(v2, 1)
    let v3 = q[0, ...]
    expect(v3, 2)
    let v4 = q[..., 0]
    expect(v4, 2)
    let v5 = m[0, 1]
    expect(v5, 4)
    let v6 = m[..., 1][0]
    expect(v6, 4)
    let v7 = m[0][1]
    expect(v7, 4)
    let v8 = q[indices: [0]]
    expect(v8, 2)
    let v9 = q[0] - l
    expect(v9, 1.5)
    let v10 = l - q[0]
    expect(v10, -1.5)
    let v11 = q[0] + l
    expect(v11, 2.5)
    let v12 = l + q[0]
    expect(v12, 2.5)
    let v13 = q[0] * k
    expect(v13, 6)
    let v14 = k * q[1]
    expect(v14, 9)
    let v15 = q[0] / k
    expect(v15, 0.6666666666666666)
    let v16 = k / q[0]
    expect(v16, 1.5)
    let v17 = q[0] ** k
    expect(v17, 8)
    let v18 = k ** q[0]
    expect(v18, 9)
    let v19 = q[0] ** 2
    expect(v19, 4)
    let v20 = 2 ** q[0]
    expect(v20, 4)
    let v21 = -q[0]
    expect(v21, -2)
    let v22 = -q[0] + k
    expect(v22, 1)
    let v23 = q[0] % k
    expect(v23, 2)
    let v24 = q[0] * 2
    expect(v24, 4)
    let v25 = 2.5 * q[0]
    expect(v25, 5)
    let v26 = 1 - q[0]
    expect(v26, -1)
    let v27 = q[0] - 1.5
    expect(v27, 0.5)
    let v28 = q[0] + q[1]
    expect(v28, 5)
    let v29 = q[0] * q[1] - l
    expect(v29, 5.5)
    let v30 = 0.5 * k * (q[0] - l) ** 2
    expect(v30, 3.375)
  }

  @Test func expressionsAreTensors2() {
    let v1 = 0.5 * k * (q[0] - l) ** 2 - k * q[1]
    expect(v1, -5.625)
    let v2 = k * (q[0] - q[1])
    expect(v2, -3)
    let v3 = (q[1] - q[0]) / (2 * l)
    expect(v3, 1)
    let v4 = ((q[1...] - q[..<(-1)]) / (2 * l)).sum()
    expect(v4, -1)
    let v5 = (q[2...] - 2 * q[.slice(from: 1, to: -1)] + q[..<(-2)]).sum() / l ** 2
    expect(v5, -12)
    let v6 = (q[0] - l) * (q[1] - l)
    expect(v6, 3.75)
    let v7 = (q[0] - l).abs()
    expect(v7, 1.5)
    let v8 = (q[0] - l).pow(2) + k
    expect(v8, 5.25)
    let v9 = (q[0] - q[1]).abs()
    expect(v9, 1)
    let v10 = k * (q[0] - l).exp().log()
    expect(v10, 4.5)
    let v11 = q[0] * f
    expect(v11, 4)
    let v12 = f * q[0]
    expect(v12, 4)
    let v13 = q[0] + f
    expect(v13, 4)
    let v14 = f + q[0]
    expect(v14, 4)
    let v15 = q[0] - f
    expect(v15, 0)
    let v16 = f - q[0]
    expect(v16, 0)
    let v17 = q[0] / f
    expect(v17, 1)
    let v18 = f / q[0]
    expect(v18, 1)
    let v19 = q[0] ** f
    expect(v19, 4)
    let v20 = f ** q[0]
    expect(v20, 4)
    let v21 = q[0] % f
    expect(v21, 0)
    let v22 = 2 * f * q[0] - f
    expect(v22, 6)
    let v23 = q[0] * n
    expect(v23, 6)
    let v24 = n * q[0]
    expect(v24, 6)
    let v25 = n * q[0] / n + k
    expect(v25, 5)
    let v26 = n - q[0]
    expect(v26, 1)
    let v27 = q[0] * Double(n)
    expect(v27, 6)
    let v28 = Double(n) * (q[0] - l)
    expect(v28, 4.5)
    let v29 = Float(n) * (q[0] - f)
    expect(v29, 0)
    let v30 = q[0] * narrow
    expect(v30, 6)
  }

  @Test func expressionsAreTensors3() {
    let v1 = narrow * q[0]
    expect(v1, 6)
    let v2 = flag ? q[0] : q[1]
    expect(v2, 2)
    let v3 = flag ? q[0] - l : q[1] * k
    expect(v3, 1.5)
    let v4 = absent ?? q[0]
    expect(v4, 2)
    let v5 = absent ?? (q[0] - l)
    expect(v5, 1.5)
    let v6 = [q[0], q[1]][0]
    expect(v6, 2)
    let v7 = [q[0] - l, k * q[1]][1]
    expect(v7, 9)
    let v8 = (q[0] - l, 1).0
    expect(v8, 1.5)
    let v9 = [q[0], q[1]].map { $0 * k }[0]
    expect(v9, 6)
    let v10 = [q[0], q[1]].reduce(Tensor(0.0)) { $0 + $1 * k }
    expect(v10, 15)
    let v11 = q.map { $0 * 2.0 }[0]
    expect(v11, 4)
    let v12 = q.map { $0 - l }[1]
    expect(v12, 2.5)
    let v13 = zip(q, q).map { $0 * $1 - l }[0]
    expect(v13, 3.5)
    let v14 = q.enumerated().map { Double($0.offset) * $0.element }[1]
    expect(v14, 3)
    let v15 = q.reduce(Tensor(0.0)) { $0 + $1 * $1 }
    expect(v15, 14)
    let v16 = { q[0] * k }()
    expect(v16, 6)
    let v17 = { (i: Int) in q[i] - l }(0)
    expect(v17, 1.5)
    let v18 = (0..<2).map { q[$0] * k }[1]
    expect(v18, 9)
    let v19 = (0..<2).map { i in 0.5 * k * (q[i] - l) ** 2 }[0]
    expect(v19, 3.375)
    let v20 = q.sum() - k
    expect(v20, 3)
    let v21 = q.mean() * k
    expect(v21, 6)
    let v22 = q.dot(q) - k * q[1]
    expect(v22, 5)
    let v23 = q[0].maximum(q[1]) * k
    expect(v23, 9)
    let v24 = q[q .> l][0] - l
    expect(v24, 1.5)
    let v25 = q[[0, 1]][1] * k
    expect(v25, 9)
    let v26 = (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) / k
    expect(v26, 2.6666666666666665)
    let v27 = m[0, 0] + k * m[1, 1] - l
    expect(v27, 18.5)
  }

  private func energy(_ q: Tensor, _ p: Tensor, _ k: Double, _ l: Double) -> Tensor {
    let spring = 0.5 * k * (q[0] - l) ** 2
    let height = k * q[1]
    return p.dot(p) + spring - height
  }

  /// The numbers that were written beside elements cost them their gradients once.
  @Test func gradientsOfAnEnergy() throws {
    let p = Tensor([0.3, -0.7] as [Double], requiresGrad: true)
    let x = Tensor([1.3, 0.4] as [Double], requiresGrad: true)
    energy(x, p, k, l).backward()
    let step = 1e-5
    for (value, gradient, other) in [(x, x.grad, p), (p, p.grad, x)] {
      let gradient = try #require(gradient)
      for i in 0..<2 {
        var (above, below) = (value.detach(), value.detach())
        above[i] += step
        below[i] -= step
        let both = [above, below].map { moved in
          Double(value.allClose(x) ? energy(moved, other.detach(), k, l) : energy(other.detach(), moved, k, l))
        }
        #expect(abs(Double(gradient[i]) - (both[0] - both[1]) / (2 * step)) < 1e-8)
      }
    }
  }

  @Test func centralDifferencesKeepTheirGradient() {
    let u = Tensor([0.0, 1, 4, 9] as [Double], requiresGrad: true)
    let h = 0.5
    let slopes = (u[2...] - u[..<(-2)]) / (2 * h)
    slopes.sum().backward()
    #expect(u.grad == Tensor([-1.0, -1, 1, 1]))
  }

  @Test func numbersAreAssigned() {
    var x = Tensor.zeros([2, 3], dtype: .float64)
    let (mask, number) = (x .== 0, 2.5)
    x[0] = 1.0
    #expect(x == Tensor([[1.0, 1, 1], [0, 0, 0]]))
    x[1] = 2
    x[0, 0] += 2
    x[..., 1] = -1
    #expect(x == Tensor([[3.0, -1, 1], [2, -1, 2]]))
    x[mask] = 0
    x[1...] = number
    x[0, ...] = Float(number)
    x[0, 0] = n
    x[0, 1] = flag
    x[0, 2] = narrow
    #expect(x == Tensor([[3.0, 1, 3], [2.5, 2.5, 2.5]]))
    x[.all, 0] = 2 * number
    x[.all, [1, 2]] = Double(n) * 0.5
    x[1, 2, ...] = flag ? number : 0
    x[indices: [0, 1]] = x[1, 0].item()
    x[1, 1] = x[0, 0] - 2 * number
    #expect(x == Tensor([[5.0, 5, 1.5], [5, 0, 2.5]]))
    x[0] = .infinity
    x[1, 0] = -Double.infinity
    x[1, 1...] = .nan
    #expect(x[0] == Tensor([Double.infinity, .infinity, .infinity]) && x[1, 0] == Tensor(-Double.infinity))
    #expect(Bool(x[1, 1...].isNaN().all()))
  }

  @Test func partsAreChangedByNumbersOfAnyType() {
    var x = Tensor([1.0, 2, 3])
    x[0] += f
    x[1] -= Double(f)
    x[2] *= narrow
    x[2] /= n
    x += f
    x -= f
    x *= f
    x /= f
    #expect(x == Tensor([3.0, 0, 3]) && x.dtype == .float32)
    #expect((Tensor([1, 2]) * f).dtype == .float32 && (Tensor([1, 2]) * narrow).dtype == .int64)
    #expect(Bool((x .> f).logicalNot()[1]) && Bool((x .<= f)[1]))
  }
}

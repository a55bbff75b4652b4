import Autograd
import Devices
import Testing

/// First and second derivatives against finite differences.
@Suite struct ShapeGradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    let function: @Sendable ([Tensor]) -> [Tensor]

    init(_ name: String, _ shapes: [Int]..., function: @escaping @Sendable ([Tensor]) -> [Tensor]) {
      self.name = name
      self.shapes = shapes
      self.function = function
    }
    var testDescription: String { name }
  }

  static let index = Tensor([[0, 2, 1], [1, 1, 0]])
  static let mask = Tensor([[true, false, true], [false, true, true]])

  static let arrangements: [Case] = [
    Case("reshape of a transpose", [2, 3]) { [$0[0].t().reshape([2, 3])] },
    Case("permute", [2, 3, 2]) { [$0[0].permute([2, 0, 1])] },
    Case("movedim", [2, 3, 2]) { [$0[0].movedim([0, 1], [2, 0])] },
    Case("squeeze", [1, 3, 1]) { [$0[0].squeeze(), $0[0].squeeze(0), $0[0].squeeze([0, 2])] },
    Case("expand", [3, 1]) { [$0[0].expand([2, 3, 4])] },
    Case("diagonal", [3, 4]) { [$0[0].diagonal(offset: 1), $0[0].diag(offset: -1)] },
    Case("diagEmbed", [2, 3]) { [$0[0].diagEmbed(offset: 1, dim1: 0, dim2: 2), $0[0].diagflat()] },
    Case("triangles", [3, 4]) { [$0[0].tril(diagonal: 1), $0[0].triu(diagonal: -1)] },
    Case("flip, roll, rot90", [3, 4]) { [$0[0].flip([0, 1]), $0[0].roll([1, -2], dim: [0, 1]), $0[0].rot90(3)] },
    Case("repeat", [2, 3]) { [$0[0].repeat([2, 1, 3]), $0[0].tile([2])] },
    Case("repeatInterleave", [2, 3]) { [$0[0].repeatInterleave(2), $0[0].repeatInterleave(Tensor([0, 2, 1]), dim: 1)] },
    Case("overlapping windows", [5, 2]) { [$0[0].unfold(dim: 0, size: 3, step: 1), $0[0].unfold(dim: 0, size: 2, step: 2)] },
    Case("asStrided", [3, 3]) { [$0[0].asStrided([2, 3], strides: [1, 2], offset: 1)] },
    Case("asStrided of a transpose", [2, 3]) { [$0[0].t().asStrided([2, 2], strides: [1, 1])] },
    Case("constant padding", [2, 3]) { [$0[0].pad([1, 2, -1, 1], value: 3)] },
    Case("reflected padding", [2, 3, 4]) { [$0[0].pad([3, 1, 2, 1], mode: .reflect)] },
    Case("replicated padding", [2, 3]) { [$0[0].pad([2, -1], mode: .replicate)] },
    Case("circular padding", [2, 3]) { [$0[0].pad([3, 1], mode: .circular)] },
    Case("concatenate", [2, 2], [2, 3]) { [concatenate($0, dim: 1)] },
    Case("stack", [2, 3], [2, 3]) { [stack($0, dim: 1)] },
    Case("split, some pieces unused", [5, 2]) { Array($0[0].split(2).dropFirst()) },
    Case("unbind, some parts unused", [2, 3]) { [$0[0].unbind(dim: 1)[1]] },
    Case("meshgrid", [2], [3]) { meshgrid($0, indexing: .xy) },
  ]

  static let selections: [Case] = [
    Case("basic subscripts", [3, 4]) { [$0[0][1], $0[0][-1, 1...], $0[0][.slice(by: 2), .newAxis, 0]] },
    Case("index tensors", [3, 4]) { [$0[0][Tensor([0, 0, 2])], $0[0][Tensor([0, 2]), Tensor([1, 1])]] },
    Case("index tensors apart", [3, 2, 3]) { [$0[0][index, .all, index]] },
    Case("mask", [2, 3, 2]) { [$0[0][mask], $0[0][mask, 0]] },
    Case("gather", [2, 3]) { [$0[0].gather(dim: 1, index: index)] },
    Case("takeAlongDim", [2, 3]) { [$0[0].takeAlongDim(Tensor([[2], [0]]), dim: 1)] },
    Case("scatter", [2, 3], [2, 3]) {
      [$0[0].scatter(dim: 1, index: Tensor([[0, 2], [1, 0]]), source: $0[1]), $0[0].scatter(dim: 1, index: index, value: 2)]
    },
    Case("scatterAdd", [2, 3], [2, 3]) { [$0[0].scatterAdd(dim: 1, index: index, source: $0[1])] },
    Case("indexSelect", [3, 2]) { [$0[0].indexSelect(dim: 0, index: Tensor([2, 2, 0]))] },
    Case("indexAdd", [3, 2], [2, 2]) { [$0[0].indexAdd(dim: 0, index: Tensor([1, 1]), source: $0[1], alpha: 3)] },
    Case("indexCopy", [3, 2], [2, 2]) { [$0[0].indexCopy(dim: 0, index: Tensor([2, 0]), source: $0[1])] },
    Case("indexFill", [3, 2], []) { [$0[0].indexFill(dim: 0, index: Tensor([2, 0, 2]), value: $0[1])] },
    Case("indexPut", [3, 2], [2]) {
      [$0[0].indexPut([Tensor([2, 0])], $0[1]), $0[0].indexPut([Tensor([2, 2])], $0[1], accumulate: true)]
    },
    Case("take and put", [3, 2], [2]) {
      [$0[0].take(Tensor([5, -6, 5])), $0[0].put(Tensor([4, 1]), $0[1]), $0[0].put(Tensor([1, 1]), $0[1], accumulate: true)]
    },
    Case("maskedSelect, broadcast", [3]) { [$0[0].maskedSelect(mask)] },
    Case("maskedScatter", [2, 3], [5]) { [$0[0].maskedScatter(mask, $0[1])] },
  ]

  static let reductions: [Case] = ScatterReduction.allCases.flatMap { reduction in
    [true, false].map { includeSelf in
      Case("scatterReduce \(reduction) \(includeSelf)", [2, 3], [2, 3]) {
        [$0[0].scatterReduce(dim: 1, index: index, source: $0[1], reduce: reduction, includeSelf: includeSelf)]
      }
    }
  }

  static let assignments: [Case] = [
    assignment("a row", [3, 4], [4]) { $0[1] = $1 },
    assignment("a broadcast number in a slice", [3, 4], []) { $0[0..<2, 1...] = $1 },
    assignment("every second column", [3, 4], [3, 2]) { $0[..., .slice(by: 2)] = $1 },
    assignment("more leading ones than dimensions", [3, 4], [1, 1, 4]) { $0[0] = $1 },
    assignment("all", [3, 4], [4]) { $0[...] = $1 },
    assignment("index tensors", [3, 4], [2, 4]) { $0[Tensor([2, 0])] = $1 },
    assignment("index tensors of a part", [3, 4], [2]) { $0[1, Tensor([3, 0])] = $1 },
    assignment("a mask", [2, 3], [4]) { $0[mask] = $1 },
    assignment("one after the other", [3, 4], [4]) {
      for i in 0..<3 { $0[i] = $1 * Double(i) + $0[(i + 1) % 3] }
    },
    assignment("in place in a part", [3, 4], [4]) { $0[1] *= $1 },
    assignment("numbers", [3, 4], []) {
      $0[0] = 2
      $0[.all, [1, 2]] = 3.5
      $0[$0.detach() .> 3] = 0
      $0[2, 3] = $1
    },
  ]

  private static func assignment(
    _ name: String, _ target: [Int], _ value: [Int], _ change: @escaping @Sendable (inout Tensor, Tensor) -> Void
  ) -> Case {
    Case("assigning \(name)", target, value) {
      var y = $0[0].sin()
      change(&y, $0[1])
      return [y]
    }
  }

  @Test(arguments: arrangements + selections + reductions + assignments)
  func derivatives(_ row: Case) throws {
    var random = SplitMix(seed: 7)
    let inputs = row.shapes.map { shape in
      Tensor((0..<shape.reduce(1, *)).map { _ in Double.random(in: 0.5...2, using: &random) }, shape: shape).requiringGrad()
    }
    // A function that is not linear shows whether the second derivatives are right.
    let function: @Sendable ([Tensor]) -> [Tensor] = { row.function($0).map { $0 * $0 } }
    try gradcheck(inputs, function)
    try gradgradcheck(inputs, function)
  }
}

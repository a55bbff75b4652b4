import Autograd
import Devices
import Foundation
import Testing

/// The names of the derivatives of views, joins, indices and assignments, as `grad-fn-names.jsonl` has them.
@Suite struct ShapeNameTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let op: String
    let name: String
    var testDescription: String { op }
  }

  static let rows: [Row] = JSON.lines(of: "grad-fn-names.jsonl").compactMap { row in
    guard let op = row["op"]?.string, let name = row["grad_fn"]?.string, results[op] != nil else { return nil }
    return Row(op: op, name: name)
  }

  static let x = Tensor((0..<9).map(Float.init), shape: [3, 3]).requiringGrad()
  static let y = Tensor((0..<9).map(Float.init), shape: [3, 3]).requiringGrad()
  static let v = Tensor([1.0, 2, 3], requiresGrad: true)
  static let L = Tensor([0, 2])
  static let mask = x.detach() .> 3

  static let results: [String: @Sendable () -> Tensor] = {
    var table: [String: @Sendable () -> Tensor] = [:]
    table["x.view(9)"] = { x.view([9]) }
    table["x.reshape(9)"] = { x.reshape([9]) }
    table["x.t().reshape(9)"] = { x.t().reshape([9]) }
    table["x.T"] = { x.T }
    table["x.transpose(0,1)"] = { x.transpose(0, 1) }
    table["swapaxes"] = { x.transpose(0, 1) }
    table["permute"] = { x.permute([1, 0]) }
    table["movedim"] = { x.movedim(0, 1) }
    table["squeeze()"] = { x.squeeze() }
    table["squeeze(0)"] = { x.squeeze(0) }
    table["unsqueeze(0)"] = { x.unsqueeze(0) }
    table["expand"] = { v.expand([3, 3]) }
    table["expand_as"] = { v.expandAs(x) }
    table["broadcast_to"] = { v.broadcast(to: [3, 3]) }
    table["repeat"] = { v.repeat([2]) }
    table["tile"] = { v.tile([2]) }
    table["repeat_interleave"] = { v.repeatInterleave(2) }
    table["flatten"] = { x.flatten() }
    table["flatten of non-contiguous"] = { x.t().flatten() }
    table["ravel"] = { x.ravel() }
    table["view_as"] = { x.view(y.shape) }
    table["as_strided"] = { x.asStrided([2, 2], strides: [1, 2]) }
    table["contiguous of transpose"] = { x.t().contiguous() }
    table["narrow"] = { x.narrow(dim: 0, start: 0, length: 2) }
    table["select(0,0)"] = { x.select(dim: 0, index: 0) }
    table["diagonal"] = { x.diagonal() }
    table["diag of matrix"] = { x.diag() }
    table["diag of vector"] = { v.diag() }
    table["unfold"] = { x.unfold(dim: 0, size: 2, step: 1) }
    table["flip"] = { x.flip(0) }
    table["roll"] = { x.roll(1) }
    table["rot90"] = { x.rot90() }
    table["tril"] = { x.tril() }
    table["triu"] = { x.triu() }
    table["meshgrid[0]"] = { meshgrid([v, v])[0] }
    table["F.pad constant"] = { x.pad([1, 1]) }
    table["F.pad reflect"] = { x.unsqueeze(0).unsqueeze(0).pad([1, 1, 1, 1], mode: .reflect) }
    table["F.pad replicate"] = { x.unsqueeze(0).unsqueeze(0).pad([1, 1, 1, 1], mode: .replicate) }
    table["split()[0]"] = { x.split(1)[0] }
    table["chunk()[0]"] = { x.chunk(2)[0] }
    table["unbind()[0]"] = { x.unbind()[0] }
    table["cat"] = { concatenate([x, y]) }
    table["stack"] = { stack([x, y]) }
    table["hstack"] = { hstack([x, y]) }
    table["vstack"] = { vstack([v, v]) }
    table["x[0]"] = { x[0] }
    table["x[0,1]"] = { x[0, 1] }
    table["x[1:]"] = { x[1...] }
    table["x[:, 1]"] = { x[.all, 1] }
    table["x[L]"] = { x[L] }
    table["x[mask]"] = { x[mask] }
    table["x[None]"] = { x[.newAxis] }
    table["x[..., 0]"] = { x[..., 0] }
    table["gather"] = { x.gather(dim: 0, index: Tensor([[0, 1, 2]])) }
    table["index_select"] = { x.indexSelect(dim: 0, index: L) }
    table["masked_select"] = { x.maskedSelect(mask) }
    table["masked_fill"] = { x.maskedFill(mask, 0) }
    table["scatter"] = { x.scatter(dim: 0, index: Tensor([[0, 1, 2]]), value: 1.0) }
    table["scatter_add"] = { x.scatterAdd(dim: 0, index: Tensor([[0, 1, 2]]), source: v.unsqueeze(0)) }
    table["index_add"] = { x.indexAdd(dim: 0, index: Tensor([0, 1, 2]), source: y) }
    table["index_fill"] = { x.indexFill(dim: 0, index: L, value: 1.0) }
    table["index_put"] = { x.indexPut([L], v) }
    table["take"] = { x.take(L) }
    addAssignments(to: &table)
    return table
  }()

  private static func addAssignments(to table: inout [String: @Sendable () -> Tensor]) {
    func assigned(_ change: @escaping @Sendable (inout Tensor) -> Void) -> @Sendable () -> Tensor {
      {
        var c = x.clone()
        change(&c)
        return c
      }
    }
    table["clone()[0] = v"] = assigned { $0[0] = v }
    table["clone()[0] = 0"] = assigned { $0[0] = 0 }
    table["clone()[L] = v"] = assigned { $0[L] = v }
    table["clone()[mask] = 0"] = assigned { $0[mask] = 0 }
    table["base after in-place on row"] = assigned { $0[0] *= 2 }
    table["copy_ into zeros"] = {
      var zeros = Tensor.zeros([3, 3])
      zeros[...] = x
      return zeros
    }
  }

  @Test(arguments: rows)
  func name(_ row: Row) {
    #expect(Self.results[row.op]!().gradFn?.name == row.name)
  }

  @Test func everyRowIsThere() {
    #expect(Self.rows.count == Self.results.count)
  }
}

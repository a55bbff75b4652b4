import Autograd
import Devices

extension OperationTable {
  // MARK: Shapes and indices

  static func addShapes(to table: inout [String: Call]) {
    table["repeat"] = { a in [try a.x().repeat(a.sizes(from: 1))] }
    table["expand"] = { a in [try a.x().expand(a.sizes(from: 1))] }
    table["reshape"] = { a in [try a.x().reshape(a.sizes(from: 1))] }
    table["unfold"] = { a in
      [try a.x().unfold(dim: a.int(1, "dimension")!, size: a.int(2, "size")!, step: a.int(3, "step")!)]
    }
    table["pad"] = { a in
      let mode = PaddingMode(rawValue: a.string(2, "mode") ?? "constant")!
      return [try a.x().pad(a.dims(1, "pad")!.dimensions, mode: mode)]
    }
    table["getitem"] = { a in [try a.x()[a.x(1, "index")]] }
    table["gather"] = { a in [try a.x().gather(dim: a.int(1, "dim")!, index: a.x(2, "index"))] }
    table["index_select"] = { a in [try a.x().indexSelect(dim: a.int(1, "dim")!, index: a.x(2, "index"))] }
    table["take"] = { a in [try a.x().take(a.x(1, "index"))] }
    table["scatter"] = { a in
      [try a.x().scatter(dim: a.int(1, "dim")!, index: a.x(2, "index"), source: a.x(3, "src"))]
    }
    table["scatter_add"] = { a in
      [try a.x().scatterAdd(dim: a.int(1, "dim")!, index: a.x(2, "index"), source: a.x(3, "src"))]
    }
  }
}

extension Arguments {
  /// Sizes given one by one or as a list.
  fileprivate func sizes(from index: Int) -> [Int] {
    if positional.count == index + 1, let list = dims(index, "size") { return list.dimensions }
    return (index..<positional.count).map { int($0, "")! }
  }
}

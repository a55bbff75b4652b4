/// Which elements of a tensor appear, and how they are laid out between brackets.
struct SummaryGrid {
  private let shape: [Int]
  private let edgeItems: Int
  private let isSummary: Bool
  /// Row-major positions of the elements that appear, ascending.
  private(set) var positions: [Int] = []

  init(shape: [Int], options: PrintOptions) {
    self.shape = shape
    edgeItems = max(0, options.edgeItems)
    let isEmpty = shape.contains(0)
    isSummary = !isEmpty && shape.reduce(1, *) > options.threshold
    if !isEmpty { collectPositions(dim: 0, start: 0, count: shape.reduce(1, *)) }
  }

  /// Whether the middle of this dimension is left out.
  private func isElided(_ dim: Int) -> Bool {
    isSummary && shape[dim] - edgeItems > edgeItems
  }

  /// `count` is the number of elements from `start` on that share the indices before `dim`.
  private mutating func collectPositions(dim: Int, start: Int, count: Int) {
    if dim == shape.count {
      positions.append(start)
      return
    }
    let size = shape[dim]
    let inner = count / size
    let head = isElided(dim) ? edgeItems : size
    for index in 0..<head { collectPositions(dim: dim + 1, start: start + index * inner, count: inner) }
    for index in (isElided(dim) ? size - edgeItems : size)..<size {
      collectPositions(dim: dim + 1, start: start + index * inner, count: inner)
    }
  }

  /// The text between `tensor(` and the suffixes. `cells` are the elements at `positions`.
  func text(of cells: FormattedCells, indent: Int, lineWidth: Int) -> String {
    if shape.contains(0) { return "[]" }
    if shape.isEmpty { return cells.padded(0) }
    var next = 0
    return block(0, of: cells, next: &next, indent: indent, lineWidth: lineWidth)
  }

  /// The text of one index prefix of length `dim`, from cell `next` on.
  private func block(_ dim: Int, of cells: FormattedCells, next: inout Int, indent: Int, lineWidth: Int) -> String {
    let isInnermost = dim == shape.count - 1
    var items: [String] = []
    for _ in 0..<(isElided(dim) ? 2 * edgeItems : shape[dim]) {
      if isInnermost {
        items.append(cells.padded(next))
        next += 1
      } else {
        items.append(block(dim + 1, of: cells, next: &next, indent: indent + 1, lineWidth: lineWidth))
      }
    }
    if isElided(dim) { items.insert(isInnermost && edgeItems > 0 ? " ..." : "...", at: edgeItems) }

    let margin = String(repeating: " ", count: indent + 1)
    if !isInnermost {
      let breaks = String(repeating: "\n", count: shape.count - 1 - dim)
      return "[" + items.joined(separator: "," + breaks + margin) + "]"
    }
    let perLine = max(1, (max(lineWidth, 0) - indent) / (cells.width + 2))
    let lines = stride(from: 0, to: items.count, by: perLine).map {
      items[$0..<min($0 + perLine, items.count)].joined(separator: ", ")
    }
    return "[" + lines.joined(separator: ",\n" + margin) + "]"
  }
}

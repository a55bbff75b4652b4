import Devices

// Einstein summation. Every operand is brought into one common order of dimensions, those of the result first and those to be summed after,
// with size one where it has none; then they are multiplied from left to right, and a label is summed as soon as no later operand has it.

/// Sums products of tensors, told by letters for dimensions: `einsum("bij,bjk->bik", x, y)` is a batch of matrix products.
///
/// A letter that the result lacks is summed over, one repeated within an operand takes the diagonal, and `...` stands for any number of
/// dimensions that broadcast. Without an arrow the result has the ellipsis and then the letters that appear once, in alphabetical order.
///
/// Errors: `einsum(): fewer operands were provided than specified in the equation`; `einsum(): subscript j has size 2 for operand 1 which does
/// not broadcast with previously seen size 3`; `einsum(): output subscript k does not appear in the equation for any input operand`; and those
/// of an equation that is none.
public func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

public func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
  attempt(operands) { operands throws(TensorError) in
    guard !operands.isEmpty else {
      throw .value(
        "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    }
    try checkOneDevice(operands)
    let equation = try EinsumEquation(equation, ranks: operands.map(\.rank))
    return try equation.contract(operands)
  }
}

/// An equation whose letters have been given their places in the common order of dimensions.
struct EinsumEquation {
  enum Label: Hashable {
    case letter(UInt8)
    case ellipsis
  }

  let operands: [[Label]]
  /// The most dimensions that any ellipsis covers.
  private var ellipsisRank = 0
  private var ellipsisPlace = 0
  private var places: [Label: Int] = [:]
  /// How many of the common dimensions the result has.
  private(set) var resultRank = 0
  /// The number of common dimensions.
  private(set) var rank = 0

  init(_ text: String, ranks: [Int]) throws(TensorError) {
    let bytes = Array(text.utf8)
    let arrow = bytes.indices.dropLast().first { bytes[$0] == UInt8(ascii: "-") && bytes[$0 + 1] == UInt8(ascii: ">") }
    let left = Array(bytes[..<(arrow ?? bytes.count)])
    operands = try EinsumEquation.operands(left, count: ranks.count)
    let uses = try countLabels(ranks)
    if let arrow {
      try placeResult(bytes, from: arrow + 2, uses)
    } else {
      rank = ellipsisRank
      places[.ellipsis] = 0
      for (label, count) in uses.sorted(by: { $0.key < $1.key }) where count == 1 { place(label) }
    }
    resultRank = rank
    if places[.ellipsis] == nil {
      ellipsisPlace = rank
      rank += ellipsisRank
    }
    for label in uses.keys.sorted() where places[.letter(label)] == nil { place(label) }
  }

  private mutating func place(_ letter: UInt8) {
    places[.letter(letter)] = rank
    rank += 1
  }

  /// The labels of each operand, left of the arrow.
  private static func operands(_ text: [UInt8], count: Int) throws(TensorError) -> [[Label]] {
    var operands: [[Label]] = [[]]
    var index = 0
    while index < text.count {
      defer { index += 1 }
      let current = operands.count - 1
      switch text[index] {
      case UInt8(ascii: " "): break
      case UInt8(ascii: "."):
        guard !operands[current].contains(.ellipsis) else {
          throw .runtime("einsum(): found '.' for operand \(current) for which an ellipsis was already found")
        }
        guard isEllipsis(text, at: index) else {
          throw .runtime("einsum(): found '.' for operand \(current) that is not part of any ellipsis")
        }
        operands[current].append(.ellipsis)
        index += 2
      case UInt8(ascii: ","):
        operands.append([])
        guard operands.count <= count else {
          throw .runtime("einsum(): fewer operands were provided than specified in the equation")
        }
      case let letter: operands[current].append(.letter(try checked(letter, at: index)))
      }
    }
    guard operands.count == count else {
      throw .runtime("einsum(): more operands were provided than specified in the equation")
    }
    return operands
  }

  private static func isEllipsis(_ text: [UInt8], at index: Int) -> Bool {
    text.count >= index + 3 && text[index..<(index + 3)].allSatisfy { $0 == UInt8(ascii: ".") }
  }

  private static func checked(_ letter: UInt8, at index: Int) throws(TensorError) -> UInt8 {
    let isLetter =
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
    guard isLetter else {
      throw .runtime(
        "einsum(): invalid subscript given at index \(index) in the equation string, subscripts must be in [a-zA-Z]")
    }
    return letter
  }

  /// How often each letter appears in the operands.
  private mutating func countLabels(_ ranks: [Int]) throws(TensorError) -> [UInt8: Int] {
    var uses: [UInt8: Int] = [:]
    for (index, labels) in operands.enumerated() {
      var letters = 0
      for case .letter(let letter) in labels {
        uses[letter, default: 0] += 1
        letters += 1
      }
      let hasEllipsis = letters < labels.count
      guard hasEllipsis ? letters <= ranks[index] : letters == ranks[index] else {
        throw .runtime(
          "einsum(): the number of subscripts in the equation (\(letters)\(hasEllipsis ? ") is more than" : ") does not match") the number of "
            + "dimensions (\(ranks[index])) for operand \(index)\(hasEllipsis ? "" : " and no ellipsis was given")")
      }
      if hasEllipsis { ellipsisRank = max(ellipsisRank, ranks[index] - letters) }
    }
    return uses
  }

  /// Right of the arrow.
  private mutating func placeResult(_ text: [UInt8], from start: Int, _ uses: [UInt8: Int]) throws(TensorError) {
    var index = start
    while index < text.count {
      defer { index += 1 }
      switch text[index] {
      case UInt8(ascii: " "): break
      case UInt8(ascii: "."):
        guard places[.ellipsis] == nil else {
          throw .runtime("einsum(): found '.' for output but an ellipsis (...) was already found")
        }
        guard EinsumEquation.isEllipsis(text, at: index) else {
          throw .runtime("einsum(): found '.' for output that is not part of any ellipsis (...)")
        }
        places[.ellipsis] = rank
        ellipsisPlace = rank
        rank += ellipsisRank
        index += 2
      case let byte:
        let letter = try EinsumEquation.checked(byte, at: index)
        let name = Character(UnicodeScalar(letter))
        guard places[.letter(letter)] == nil else {
          throw .runtime("einsum(): output subscript \(name) appears more than once in the output")
        }
        guard uses[letter] != nil else {
          throw .runtime("einsum(): output subscript \(name) does not appear in the equation for any input operand")
        }
        place(letter)
      }
    }
  }
}

// MARK: - The sum

extension EinsumEquation {
  func contract(_ tensors: [Tensor]) throws(TensorError) -> Tensor {
    var sizes = [Int](repeating: 1, count: rank)
    /// How many operands that have not been multiplied yet have a dimension.
    var uses = [Int](repeating: 0, count: rank)
    var aligned: [Tensor] = []
    for (index, tensor) in tensors.enumerated() {
      aligned.append(try align(tensor, operand: index, &sizes, &uses))
    }
    var product = aligned[0]
    let summed = resultRank..<rank
    if aligned.count == 1 { return summed.isEmpty ? product : product.sum(dim: Array(summed)) }
    for next in aligned.dropFirst() {
      var next = next
      // What one of the two alone has, and nobody after them, is summed before they are multiplied.
      var (left, right, both) = ([Int](), [Int](), [Int]())
      for dim in summed {
        switch (product.shape[dim] != 1, next.shape[dim] != 1) {
        case (true, true):
          uses[dim] -= 1
          if uses[dim] == 1 { both.append(dim) }
        case (true, false): if uses[dim] == 1 { left.append(dim) }
        case (false, true): if uses[dim] == 1 { right.append(dim) }
        case (false, false): break
        }
      }
      for dim in left + right + both { uses[dim] = 0 }
      if !left.isEmpty { product = product.sum(dim: left, keepDim: true) }
      if !right.isEmpty { next = next.sum(dim: right, keepDim: true) }
      product = both.isEmpty ? product * next : sumOfProducts(product, next, over: both)
      // Of other dtypes or devices, say.
      guard product.isValid else { return product }
    }
    return summed.isEmpty ? product : product.view(Array(product.shape[..<resultRank]))
  }

  /// The operand with its dimensions in the common order, those that it lacks of size one.
  private func align(
    _ tensor: Tensor, operand: Int, _ sizes: inout [Int], _ uses: inout [Int]
  ) throws(TensorError) -> Tensor {
    var result = tensor
    var order = [Int?](repeating: nil, count: rank)
    var dim = 0
    for label in operands[operand] {
      guard case .letter(let letter) = label else {
        let covered = tensor.rank - (operands[operand].count - 1)
        for place in (ellipsisPlace + ellipsisRank - covered)..<(ellipsisPlace + ellipsisRank) {
          let size = result.shape[dim]
          guard size == 1 || sizes[place] == 1 || sizes[place] == size else {
            throw .runtime(
              "einsum(): dimension \(dim) covered by ellipsis in operand \(operand)has size \(size) which does not broadcast with "
                + "previously seen ellipsis with size \(sizes[place]) for the respective dimension")
          }
          note(size, place, &sizes, &uses)
          order[place] = dim
          dim += 1
        }
        continue
      }
      let place = places[label]!
      let size = result.shape[dim]
      let name = Character(UnicodeScalar(letter))
      if let before = order[place] {
        guard result.shape[before] == size else {
          throw .runtime(
            "einsum(): subscript \(name) is repeated for operand \(operand) but the sizes don't match, \(size) != \(result.shape[before])"
          )
        }
        result = result.diagonal(dim1: before, dim2: dim).movedim(-1, before)
      } else {
        guard size == 1 || sizes[place] == 1 || sizes[place] == size else {
          throw .runtime(
            "einsum(): subscript \(name) has size \(size) for operand \(operand) which does not broadcast with previously seen size "
              + "\(sizes[place])")
        }
        note(size, place, &sizes, &uses)
        order[place] = dim
        dim += 1
      }
    }
    for place in order.indices where order[place] == nil {
      result = result.unsqueeze(dim)
      order[place] = dim
      dim += 1
    }
    return result.permute(order.map { $0! })
  }

  private func note(_ size: Int, _ place: Int, _ sizes: inout [Int], _ uses: inout [Int]) {
    if size == 1 { return }
    sizes[place] = size
    uses[place] += 1
  }
}

/// The sum over some dimensions of the product of two tensors of one rank whose sizes broadcast, with size one where summed: one batched
/// matrix product, of what both have, what the left has, and what the right has.
private func sumOfProducts(_ x: Tensor, _ y: Tensor, over summed: [Int]) -> Tensor {
  var (left, right) = (x, y)
  var (both, lefts, rights) = ([Int](), [Int](), [Int]())
  for dim in 0..<x.rank where !summed.contains(dim) {
    switch (x.shape[dim] != 1, y.shape[dim] != 1) {
    case (true, true): both.append(dim)
    case (true, false): lefts.append(dim)
    case (false, _): rights.append(dim)
    }
  }
  // Where the right's dimensions come first in the result, the product the other way round lies in memory as the result wants it.
  if let last = rights.last, let first = lefts.first, last < first {
    swap(&left, &right)
    swap(&lefts, &rights)
  }
  func count(_ dims: [Int], _ tensor: Tensor) -> Int { dims.reduce(1) { $0 * tensor.shape[$1] } }
  let (batch, rows, inner, columns) = (count(both, left), count(lefts, left), count(summed, left), count(rights, right))
  let a = left.permute(both + lefts + summed + rights).reshape([batch, rows, inner])
  let b = right.permute(both + summed + rights + lefts).reshape([batch, inner, columns])
  let order = both + lefts + summed + rights
  let sizes =
    both.map { left.shape[$0] } + lefts.map { left.shape[$0] } + summed.map { _ in 1 } + rights.map { right.shape[$0] }
  return a.bmm(b).view(sizes).permute(order.inversePermutation)
}

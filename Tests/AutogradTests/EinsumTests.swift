import Autograd
import Devices
import Testing

@Suite struct EinsumTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let equation: String
    let shapes: [[Int]]
    init(_ equation: String, _ shapes: [Int]...) { (self.equation, self.shapes) = (equation, shapes) }
    var testDescription: String { equation }
  }

  static let cases: [Case] = [
    Case("ij,jk->ik", [2, 3], [3, 4]), Case("ij,jk", [2, 3], [3, 4]), Case("bij,bjk->bik", [2, 3, 4], [2, 4, 5]),
    Case("ij->ji", [2, 3]), Case("ij->", [2, 3]), Case("ba", [2, 3]), Case("ii->i", [3, 3]), Case("ii", [3, 3]),
    Case("iij->ji", [3, 3, 2]), Case("i,j->ij", [2], [3]), Case("i,i->i", [3], [3]), Case("i,i", [3], [3]),
    Case("i,ij,j", [2], [2, 3], [3]), Case("ij,kj->ki", [2, 3], [4, 3]), Case("ij,ik,il->jkl", [2, 3], [2, 2], [2, 4]),
    Case("ij,j->i", [2, 1], [3]), Case("ik,kj,ik->j", [2, 3], [3, 2], [2, 3]), Case(" i j -> j i ", [2, 3]),
    Case("bn,anm,bm->ba", [2, 3], [5, 3, 4], [2, 4]), Case("i->", [4]), Case("ij,k->ij", [2, 3], [4]),
  ]

  /// The definition: over all values of all letters, the sum of the products of the elements that they pick.
  static func sum(_ equation: String, _ operands: [Tensor]) -> (values: [Double], shape: [Int]) {
    let sides = equation.filter { $0 != " " }.split(separator: ">").map { $0.filter { $0 != "-" } }
    let inputs = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let all = inputs.flatMap { $0 }
    let implicit = Set(all).filter { letter in all.count { $0 == letter } == 1 }.sorted()
    let output = equation.contains(">") ? Array(sides.count > 1 ? sides[1] : "") : implicit
    var sizes: [Character: Int] = [:]
    for (letters, operand) in zip(inputs, operands) {
      for (letter, size) in zip(letters, operand.shape) { sizes[letter] = max(sizes[letter] ?? 1, size) }
    }
    let letters = sizes.keys.sorted()
    let shape = output.map { sizes[$0]! }
    var values = [Double](repeating: 0, count: shape.reduce(1, *))
    let elements = operands.map { $0.scalars(as: Double.self) }
    for number in 0..<letters.reduce(1, { $0 * sizes[$1]! }) {
      var rest = number
      var index: [Character: Int] = [:]
      for letter in letters {
        index[letter] = rest % sizes[letter]!
        rest /= sizes[letter]!
      }
      let product = zip(zip(inputs, operands), elements).reduce(1.0) { product, entry in
        let ((letters, operand), elements) = entry
        let place = zip(letters, operand.shape).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : index[$1.0]!) }
        return product * elements[place]
      }
      values[output.reduce(0) { $0 * sizes[$1]! + index[$1]! }] += product
    }
    return (values, shape)
  }

  static func operands(_ shapes: [[Int]]) -> [Tensor] {
    shapes.enumerated().map { .randn($1, dtype: .float64, requiresGrad: true, generator: Generator(seed: $0)) }
  }

  @Test(arguments: cases)
  func agreesWithTheDefinition(_ test: Case) throws {
    let operands = Self.operands(test.shapes)
    let result = einsum(test.equation, operands)
    let (values, shape) = Self.sum(test.equation, operands)
    #expect(result.shape == shape)
    #expect(result.allClose(Tensor(values, shape: shape)))
    try gradcheck(operands) { [einsum(test.equation, $0)] }
  }

  @Test func ellipsis() {
    let operands = Self.operands([[2, 1, 3, 4], [5, 4, 2]])
    #expect(einsum("...ij,...jk->...ik", operands).allClose(operands[0].matmul(operands[1])))
    #expect(einsum("...ij,...jk", operands).allClose(operands[0].matmul(operands[1])))
    #expect(einsum("...ij,...jk->ik...", operands).allClose(operands[0].matmul(operands[1]).permute([2, 3, 0, 1])))
    // Not in the result, it is summed.
    #expect(einsum("...ij->ij", operands[0]).allClose(operands[0].sum(dim: [0, 1])))
    #expect(einsum("i...->...i", operands[1]).allClose(operands[1].permute([1, 2, 0])))
  }

  @Test func secondDerivatives() throws {
    try gradgradcheck(Self.operands([[2, 3], [3, 2], [2]])) { [einsum("ij,ji,i->j", $0)] }
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let message: String
    let equation: String
    let shapes: [[Int]]
    init(_ message: String, _ equation: String, _ shapes: [Int]...) {
      (self.message, self.equation, self.shapes) = (message, equation, shapes)
    }
    var testDescription: String { equation }
  }

  @Test(arguments: [
    Mistake("einsum(): fewer operands were provided than specified in the equation", "ij,jk", [2, 3]),
    Mistake("einsum(): more operands were provided than specified in the equation", "ij", [2, 3], [2, 3]),
    Mistake(
      "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 and no ellipsis was "
        + "given", "ijk", [2, 3]),
    Mistake(
      "einsum(): the number of subscripts in the equation (3) is more than the number of dimensions (2) for operand 0", "i...jk",
      [2, 3]),
    Mistake("einsum(): found '.' for operand 0 that is not part of any ellipsis", "i..j", [2, 3]),
    Mistake("einsum(): found '.' for operand 0 for which an ellipsis was already found", "......ij", [2, 3]),
    Mistake("einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]", "i1", [2, 3]),
    Mistake(
      "einsum(): invalid subscript given at index 5 in the equation string, subscripts must be in [a-zA-Z]", "ij->i1", [2, 3]),
    Mistake("einsum(): output subscript k does not appear in the equation for any input operand", "ij->ik", [2, 3]),
    Mistake("einsum(): output subscript i appears more than once in the output", "ij->ii", [2, 3]),
    Mistake("einsum(): found '.' for output that is not part of any ellipsis (...)", "ij->i.", [2, 3]),
    Mistake("einsum(): found '.' for output but an ellipsis (...) was already found", "ij->......i", [2, 3]),
    Mistake("einsum(): subscript i is repeated for operand 0 but the sizes don't match, 3 != 2", "ii->i", [2, 3]),
    Mistake(
      "einsum(): subscript j has size 2 for operand 1 which does not broadcast with previously seen size 3", "ij,jk->ik", [2, 3],
      [2, 3]),
    Mistake(
      "einsum(): dimension 0 covered by ellipsis in operand 1has size 3 which does not broadcast with previously seen ellipsis with size 2 "
        + "for the respective dimension", "...i,...i->i", [2, 3], [3, 3]),
  ])
  func message(of mistake: Mistake) {
    #expect(throws: TensorError.runtime(mistake.message)) {
      try checked { einsum(mistake.equation, mistake.shapes.map { .ones($0) }) }
    }
  }
}

import Fluxion

extension Draw {
  private static let edges = [
    Int.min, Int.max, Int.max - 1, Int.min + 1, 1 << 31, -(1 << 31), (1 << 31) - 1, 1 << 32, 1 << 40, 1 << 60, -(1 << 60), 1 << 62,
    100,
    -100, 65_536,
  ]

  func int(_ name: String) -> Int { noted(name, drawnInt(name.lowercased())) }

  private func drawnInt(_ name: String) -> Int {
    if isWild(6) { return pick(Draw.edges) }
    let rank = scene.shape.count
    if name.hasPrefix("dim") && scene.isTame { return below(Swift.max(rank, 1)) - (chance(3) ? Swift.max(rank, 1) : 0) }
    if name.hasPrefix("dim") || name.hasSuffix("dim") || name == "source" || name == "destination" {
      return below(Swift.max(2 * rank, 2)) - Swift.max(rank, 1)
    }
    if ["groups", "heads", "factor", "steps", "size", "kernel", "stride", "dilation", "classes", "count"].contains(
      where: name.contains)
    {
      return scene.isTame ? pick([1, 1, 2, 3]) : pick([1, 1, 1, 2, 2, 3, 4, 0, -1])
    }
    if scene.isTame { return pick([0, 1, 1, 1, 2, 2, 3]) }
    return pick([0, 0, 1, 1, 1, 2, 2, 3, 4, 5, -1, -1, -2, 7])
  }

  func double(_ name: String) -> Double {
    if isWild(3) {
      return noted(name, pick([.nan, .infinity, -.infinity, -0.0, 1e308, -1e308, 5e-324, 1e20, -1e20, 1e-20, 9.3e18, -1]))
    }
    return noted(name, pick([0, 1, 1, 2, 0.5, 0.1, 1e-5, 0.25, 3, stream.unit(), 4 * stream.unit() - 2]))
  }

  func scalar() -> Scalar {
    switch below(3) {
    case 0: .int(Int64(int("number")))
    case 1: .bool(bool())
    default: .double(double("number"))
    }
  }

  func number() -> any ScalarConvertible {
    switch below(6) {
    case 0: bool()
    case 1, 2: int("number")
    case 3: Float(double("number"))
    case 4: scalar()
    default: double("number")
    }
  }

  func assignable(_ name: String) -> any AssignableNumber {
    switch below(3) {
    case 0: int(name)
    case 1: Float(double(name))
    default: double(name)
    }
  }

  func tensorOrNumber(_ name: String) -> any TensorConvertible {
    switch below(5) {
    case 0: int(name)
    case 1: double(name)
    default: tensor(name)
    }
  }

  // MARK: Lists

  func ints(_ name: String) -> [Int] {
    let lower = name.lowercased()
    let rank = scene.shape.count
    let values: [Int]
    switch scene.isTame ? 1 + below(9) : below(10) {
    case 0: values = (0..<below(4)).map { _ in pick(Draw.edges) }
    case 1: values = []
    case 2 where lower.contains("dim"), 3 where lower.contains("dim"): values = Array(0..<rank)
    case 4 where lower.contains("dim"): values = (0..<rank).map { _ in below(Swift.max(rank, 1)) }
    case _ where lower.contains("dim"): values = (0..<below(3)).map { _ in drawnInt("dim") }
    case 2, 3, 4: values = scene.shape
    case 5: values = scene.shape.map { chance(3) ? 1 : $0 }
    case 6: values = scene.count < 100_000 ? [scene.count] : scene.shape
    case 7: values = [-1] + scene.shape.dropFirst(2)
    default: values = (0..<below(5)).map { _ in pick([0, 1, 1, 2, 2, 3, -1]) }
    }
    return noted(name, values)
  }

  func bytes() -> [UInt8] {
    (0..<pick([0, 1, 5056, 5048, 16, 100])).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
  }

  func dimensions(_ name: String) -> any Dimensions { chance(2) ? int("dim") : ints("dim") }
  func extents(_ name: String) -> any Extents {
    chance(2) ? int("size") : noted("sizes", (0..<pick([1, 2, 2, 3])).map { _ in drawnInt("size") })
  }
  func adaptiveExtents() -> any AdaptiveExtents {
    switch below(3) {
    case 0: return int("size")
    case 1: return noted("sizes", (0..<pick([1, 2, 2, 3])).map { _ in chance(4) ? nil : drawnInt("size") } as [Int?])
    default: return noted("sizes", (0..<pick([1, 2, 2, 3])).map { _ in drawnInt("size") })
    }
  }
  func scaleFactors() -> any ScaleFactors {
    switch below(3) {
    case 0: return int("scale")
    case 1: return double("scale")
    default: return (0..<pick([1, 2, 2, 3])).map { _ in double("scale") }
    }
  }
  func tolerance(_ name: String) -> any Tolerance { chance(2) ? double(name) : tensor(name) }
  func convolutionPadding() -> any ConvolutionPadding {
    switch below(4) {
    case 0: return int("padding")
    case 1: return ConvolutionMargin.same
    case 2: return ConvolutionMargin.valid
    default: return (0..<pick([1, 2, 2, 3])).map { _ in drawnInt("size") }
    }
  }
  func normOrder() -> NormOrder {
    switch below(5) {
    case 0: .fro
    case 1: .nuc
    case 2: .inf
    default: .number(double("order"))
    }
  }

  // MARK: Places

  func range() -> Range<Int> {
    let (a, b) = (int("from"), int("to"))
    return Swift.min(a, b)..<Swift.max(a, b)
  }

  func closedRange() -> ClosedRange<Int> {
    let range = range()
    return range.lowerBound...range.upperBound
  }

  func index() -> any TensorIndex {
    switch below(12) {
    case 0, 1, 2: return int("index")
    case 3: return range()
    case 4: return closedRange()
    case 5: return int("from")...
    case 6: return ..<int("to")
    case 7: return ...int("through")
    case 8: return pick([IndexTerm.all, .ellipsis, .newAxis])
    case 9: return IndexTerm.slice(from: maybe { int("from") }, to: maybe { int("to") }, by: int("step"))
    case 10: return chance(2) ? tensor("mask") : tensor("index")
    default:
      return chance(2) ? list { int("index") } : (list { bool() } as [Bool])
    }
  }

  func literal(_ depth: Int = 0) -> TensorLiteral {
    switch below(depth > 2 ? 3 : 6) {
    case 0: TensorLiteral(integerLiteral: Int64(int("literal")))
    case 1: TensorLiteral(floatLiteral: double("literal"))
    case 2: TensorLiteral(booleanLiteral: bool())
    default: TensorLiteral(list { literal(depth + 1) })
    }
  }

  // MARK: Text

  func string(_ name: String) -> String {
    if name == "equation" {
      func subscripts() -> String {
        let length = chance(3) ? below(4) : scene.shape.count
        let letters = Array("ijklA")
        let start = below(3)
        var text = String((0..<length).map { chance(6) ? pick(letters) : letters[(start + $0) % letters.count] })
        if chance(8) { text += "..." }
        if chance(20) { text.append(pick(Array(".,- >é1"))) }
        return text
      }
      let operands = (0..<pick([1, 2, 2, 2, 3])).map { _ in subscripts() }.joined(separator: ",")
      return noted(name, chance(3) ? operands : operands + "->" + subscripts())
    }
    return noted(
      name,
      pick([
        "cpu", "mps", "mps:0", "reference", "cuda", "", ":", "cpu:", "cpu:99999999999999999999", "mps:-1", "é", "a:b:c", "x\0y",
      ]))
  }

  func printOptions() -> PrintOptions {
    PrintOptions(
      precision: int("precision"), threshold: int("threshold"), edgeItems: int("edgeItems"), lineWidth: int("lineWidth"),
      sciMode: maybe { bool() })
  }
}

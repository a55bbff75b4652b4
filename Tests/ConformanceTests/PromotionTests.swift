import Fluxion
import Testing

@testable import conformance

/// The result dtypes and refusals of `promotion.json`, complex ones left out.
@Suite struct PromotionTests {
  static let tables = Fixture.whole("promotion.json")

  static func names(_ table: String, without others: Set<String>) -> [String] {
    tables[table]!.members!.keys.filter { !others.contains($0) }.sorted()
  }

  /// What an operation gives, in the table's words.
  private func outcome(_ operation: () throws -> [Tensor]) throws -> String {
    do {
      return try checked { try operation()[0] }.dtype.name
    } catch let error as TensorError {
      return "error: " + error.message
    }
  }

  private func ones(_ dtype: DType, _ shape: [Int] = [1]) -> Tensor { .ones(shape, dtype: dtype) }

  private func number(_ kind: String) -> Scalar? {
    switch kind {
    case "bool": .bool(true)
    case "int": .int(1)
    case "float": .double(1)
    default: nil
    }
  }

  /// Compares a table of two keys with what `result` gives for them; nil for a key that is not of our dtypes.
  private func compare(
    _ table: String, _ name: String, _ result: (DType, String) throws -> String?
  ) throws {
    var compared = 0
    for (left, row) in Self.tables[table]![name]!.members! {
      guard let dtype = DType(name: left) else { continue }
      for (right, expected) in row.members! {
        guard let got = try result(dtype, right), let expected = expected.text, !expected.contains("omplex") else { continue }
        #expect(got == expected, "\(name) of \(left) and \(right)")
        compared += 1
      }
    }
    #expect(compared > 20)
  }

  // MARK: Two tensors

  static let pairs = names("binary", without: ["matmul", "dot", "outer", "cat", "stack"])

  @Test(arguments: pairs)
  func binary(_ name: String) throws {
    try compare("binary", name) { left, right in
      guard let right = DType(name: right) else { return nil }
      return try outcome { try call(name, ones(left), ones(right)) }
    }
  }

  @Test(arguments: names("binary_scalar_tensor_right", without: []))
  func zeroDimensionalOnTheRight(_ name: String) throws {
    try compare("binary_scalar_tensor_right", name) { left, right in
      guard let right = DType(name: right) else { return nil }
      return try outcome { try call(name, ones(left), ones(right, [])) }
    }
  }

  private func call(_ name: String, _ x: Tensor, _ y: Tensor) throws -> [Tensor] {
    switch name {
    case "div_floor": [x.div(y, roundingMode: .floor)]
    case "div_trunc": [x.div(y, roundingMode: .trunc)]
    case "where": [Tensor.where(Tensor([true]), x, y)]
    case "lerp": [x.lerp(y, weight: 0.5)]
    case "true_div": [x / y]
    default: try Operations.results(of: name, [x, y])
    }
  }

  // MARK: A tensor and a number

  @Test(arguments: names("binary_python_scalar", without: []))
  func numberOnTheRight(_ name: String) throws {
    try compare("binary_python_scalar", name) { dtype, kind in
      guard let number = number(kind) else { return nil }
      let x = ones(dtype)
      return try outcome {
        switch name {
        case "where": [Tensor.where(Tensor([true]), x, number)]
        case "clamp_min": [x.clamp(min: number)]
        case "masked_fill": [x.maskedFill(Tensor([true]), number)]
        case "full_like": [x.fullLike(number)]
        default: try call(name, x, number)
        }
      }
    }
  }

  /// The operators take Swift's numbers; a boolean on one side is what a 0-d boolean tensor is.
  private func call(_ name: String, _ x: Tensor, _ number: Scalar) throws -> [Tensor] {
    if case .bool = number, !["floor_divide", "remainder", "pow"].contains(name) {
      let y = ones(.bool, [])
      return ["rsub", "rtruediv", "rpow"].contains(name)
        ? try call(name == "rtruediv" ? "true_div" : String(name.dropFirst()), y, x) : try call(name, x, y)
    }
    if name == "bitwise_and", case .double = number { return [x .& Tensor(1.0)] }
    let (left, right) = (Value.tensor(x), Value.scalar(number))
    switch name {
    case "true_div": return try Operations.results(of: "true_divide", [left, right])
    case "rtruediv": return try Operations.results(of: "true_divide", [right, left])
    case "rpow": return try Operations.results(of: "pow", [right, left])
    default: return try Operations.results(of: name, [left, right])
    }
  }

  // MARK: In place

  @Test(arguments: names("inplace", without: []))
  func inPlace(_ name: String) throws {
    try compare("inplace", name) { left, right in
      guard let right = DType(name: right) else { return nil }
      let y = ones(right)
      return try outcome {
        var x = ones(left)
        switch name {
        case "add_": x += y
        case "mul_": x *= y
        case "div_": x /= y
        case "pow_": x.update { $0 ** y }
        case "floor_divide_": x.update { $0.floorDivide(y) }
        case "eq_": x.update { $0 .== y }
        case "copy_": x.copy(from: y)
        case "setitem": x[0] = y[0]
        default: throw Unfit(name)
        }
        return [x]
      }
    }
  }

  @Test(arguments: names("inplace_python_scalar", without: []))
  func inPlaceByNumber(_ name: String) throws {
    try compare("inplace_python_scalar", name) { dtype, kind in
      guard let number = number(kind) else { return nil }
      return try outcome {
        var x = ones(dtype)
        switch (name, number) {
        case ("fill_", _): x.fill(number)
        case ("add_", .bool): x += ones(.bool, [])
        case ("add_", .int(let n)): x += Int(n)
        case ("add_", .double(let n)): x += n
        case ("mul_", .bool): x *= ones(.bool, [])
        case ("mul_", .int(let n)): x *= Int(n)
        case ("mul_", .double(let n)): x *= n
        case ("div_", .bool): x /= ones(.bool, [])
        case ("div_", .int(let n)): x /= Int(n)
        case ("div_", .double(let n)): x /= n
        default: throw Unfit(name)
        }
        return [x]
      }
    }
  }

  // MARK: One tensor

  static let singles = names(
    "unary_and_reductions", without: ["trace2d", "bincount", "cov", "real"])

  @Test(arguments: singles)
  func unaryOrReduction(_ name: String) throws {
    for (left, expected) in Self.tables["unary_and_reductions"]![name]!.members! {
      guard let dtype = DType(name: left) else { continue }
      let got = try outcome {
        let x = ones(dtype)
        let alongFirst = ["cumsum", "cumprod", "softmax0", "log_softmax0", "logsumexp0", "logcumsumexp0"].contains(name)
        let operation = name.hasSuffix("0") && alongFirst ? String(name.dropLast()) : name
        return try Operations.results(of: operation, alongFirst ? [.tensor(x), .int(0)] : [.tensor(x)])
      }
      #expect(got == expected.text, "\(name) of \(left)")
    }
  }
}

import Autograd
import Devices
import Foundation
import Testing

/// A row of `repr.jsonl`: plain data, and the text PyTorch prints for it.
struct PrintingCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Options: Decodable, Sendable {
    var requiresGrad: Bool?
    var gradFn: String?
    var printoptions: [String: PrintingScalar]?
    var defaultDtype: String?
    var view: String?
    var parameter: Bool?
    var meta: Bool?
  }

  var id: String
  var dtype: String
  var shape: [Int]
  var data: PrintingData
  var options: Options?
  var gradFn: String?
  var text: String

  var testDescription: String { "\(id) \(dtype) \(shape)" }

  static let all: [PrintingCase] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/repr.jsonl")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try! String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      try decoder.decode(PrintingCase.self, from: Data($0.utf8))
    }
  }()

  static let supported = all.filter { DType(name: $0.dtype) != nil && $0.options?.meta != true }

  var defaultDType: DType { DType(name: options?.defaultDtype ?? "float32")! }

  var printOptions: PrintOptions {
    let given = options?.printoptions ?? [:]
    let profiles = ["default": PrintOptions.default, "short": .short, "full": .full]
    let profile: PrintOptions? = if case .text(let name) = given["profile"] { profiles[name] } else { nil }
    func integer(_ key: String) -> Int? { given[key].map { $0.double == .infinity ? .max : Int($0.double) } }
    let sciMode: Bool? = if case .bool(let value) = given["sci_mode"] { value } else { nil }
    return withPrintOptions(
      profile: profile ?? .default, precision: integer("precision"), threshold: integer("threshold"),
      edgeItems: integer("edgeitems"), lineWidth: integer("linewidth"), sciMode: sciMode
    ) { PrintOptions.current }
  }
}

// MARK: - The tensor a row is about

struct PrintingTensor {
  var text: TensorText
  var elements: [Scalar]
}

extension PrintingCase {
  func tensor() -> PrintingTensor {
    let dtype = DType(name: dtype)!
    let count = shape.reduce(1, *)
    var tensor = PrintingTensor(
      text: TensorText(
        shape: shape, dtype: dtype, requiresGrad: options?.requiresGrad ?? options?.parameter ?? false, gradFn: gradFn,
        isParameter: options?.parameter ?? false),
      elements: data.values(count: count).map { $0.rounded(to: dtype) })
    if let gradFn = options?.gradFn { tensor.apply(gradFn) }
    if let view = options?.view { tensor.apply(view: view) }
    return tensor
  }
}

extension PrintingTensor {
  /// Makes this the operation's result. Products with one or the identity and views of the same shape change nothing.
  fileprivate mutating func apply(_ operation: String) {
    switch operation {
    case "SumBackward0":
      reduce(text.dtype == .float64 ? sum(elements.map(\.doubleValue)) : Double(sum(elements.map { Float($0) })))
    case "SelectBackward0":
      elements.removeLast(elements.count - elements.count / text.shape.removeFirst())
    case "CrossEntropy":
      let rows = stride(from: 0, to: elements.count, by: text.shape[1]).map { elements[$0..<$0 + text.shape[1]] }
      let losses = rows.map { row in log(row.reduce(0) { $0 + exp($1.doubleValue) }) - row.first!.doubleValue }
      reduce(losses.reduce(0, +) / Double(rows.count))
    default: break
    }
  }

  /// PyTorch keeps four running sums; the last printed digit of a row depends on it.
  private func sum<Number: BinaryFloatingPoint>(_ values: [Number]) -> Number {
    var partial: [Number] = [0, 0, 0, 0]
    for (index, value) in values.enumerated() { partial[index % 4] += value }
    return partial.reduce(0, +)
  }

  private mutating func reduce(_ value: Double) {
    text.shape = []
    elements = [Scalar.double(value).rounded(to: text.dtype)]
  }

  fileprivate mutating func apply(view: String) {
    let last = text.shape.count - 1
    switch view {
    case "transpose":
      let (rows, columns) = (text.shape[0], text.shape[1])
      text.shape = [columns, rows]
      elements = (0..<columns).flatMap { column in (0..<rows).map { elements[$0 * columns + column] } }
    case "step2":
      elements = stride(from: 0, to: elements.count, by: 2).map { elements[$0] }
      text.shape[last] = elements.count
    case "flip": elements.reverse()
    default: Issue.record("no view \(view)")
    }
  }
}

extension Scalar {
  fileprivate func rounded(to dtype: DType) -> Scalar {
    switch dtype {
    case .bool: .bool(boolValue)
    case .uint8, .int8, .int16, .int32, .int64: .int(intValue)
    case .float16: Half(self).scalar
    case .bfloat16: BFloat16(self).scalar
    case .float32: Float(self).scalar
    case .float64: .double(doubleValue)
    }
  }
}

// MARK: - JSON

/// A list of numbers, pairs of them for complex ones, or a formula.
enum PrintingData: Decodable, Sendable {
  struct Formula: Decodable, Sendable {
    var formula: String
    var start, step, value, mod, sub: Double?
    var set: [[PrintingScalar]]?
  }

  case list([PrintingScalar])
  case formula(Formula)
  case complex([[PrintingScalar]])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let list = try? container.decode([PrintingScalar].self) {
      self = .list(list)
    } else if let list = try? container.decode([[PrintingScalar]].self) {
      self = .complex(list)
    } else {
      self = .formula(try container.decode(Formula.self))
    }
  }

  func values(count: Int) -> [Scalar] {
    switch self {
    case .complex: return []
    case .list(let list): return list.map(\.scalar)
    case .formula(let formula):
      var values = (0..<count).map { index in
        let value = formula.value ?? formula.start! + formula.step! * Double(index)
        return formula.mod.map { value.truncatingRemainder(dividingBy: $0) - formula.sub! } ?? value
      }
      for pair in formula.set ?? [] { values[Int(pair[0].double)] = pair[1].double }
      return values.map(Scalar.double)
    }
  }
}

/// A number or boolean, or one of the names for numbers that JSON lacks.
enum PrintingScalar: Decodable, Sendable {
  case bool(Bool), integer(Int64), real(Double), text(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  var scalar: Scalar {
    switch self {
    case .bool(let value): .bool(value)
    case .integer(let value): .int(value)
    case .real(let value): .double(value)
    case .text(let name): .double(Double(name)!)
    }
  }

  var double: Double { scalar.doubleValue }
}

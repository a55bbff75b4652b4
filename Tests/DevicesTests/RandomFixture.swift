import Foundation
import Testing

@testable import Devices

/// The rows of `Tests/Fixtures/rng.jsonl`, recorded from PyTorch 2.15 on an x86-64 CPU with FMA and glibc.
enum RandomFixture {
  /// A result: the bits of all elements, or the ends of a long tensor, and a hash over everything.
  struct Record: Decodable, Sendable {
    var shape: [Int]
    var dtype: String
    var bits: [String]?
    var value: [Value]
    var fnv1a64: String?

    var count: Int { shape.reduce(1, *) }
  }

  /// An integer result; the values of floating ones repeat `bits`.
  enum Value: Decodable, Sendable {
    case integer(Int64)
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .integer(flag ? 1 : 0)
      } else if let integer = try? container.decode(Int64.self) {
        self = .integer(integer)
      } else {
        self = .other
      }
    }
  }

  /// A number, a list or a matrix of them: `mean` and `weights` are sometimes the one, sometimes the other.
  struct Numbers: Decodable, Sendable {
    var values: [Double]
    var rows: Int

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      rows = 1
      if let matrix = try? container.decode([[Double]].self) {
        values = matrix.flatMap { $0 }
        rows = matrix.count
      } else if let list = try? container.decode([Double].self) {
        values = list
      } else {
        values = [try container.decode(Double.self)]
      }
    }
  }

  struct Call: Decodable, Sendable {
    var fn: String
    var size: [Int]?
    var dtype: String?
    var layout: String?
    var mean: Numbers?
    var std: Numbers?
    var from: Double?
    var to: Double?
    var low: Int64?
    var high: Int64?
    var lambd: Double?
    var median: Double?
    var sigma: Double?
    var p: Double?
    var lower: Double?
    var upper: Double?
    var n: Int?
    var num_samples: Int?
    var replacement: Bool?
    var probs: [Double]?
    var rates: [Double]?
    var weights: Numbers?
  }

  /// `get_state()` by its fields.
  struct State: Decodable, Sendable {
    var bytes: Int
    var fnv1a64: String
    var the_initial_seed: UInt64
    var left: Int
    var next: Int
    var state_first4: [UInt32]
    var state_last2: [UInt32]
    var normal_is_valid: Int
    var normal_y: Double
  }

  struct Step: Decodable, Sendable {
    var after: String
    var state: State
  }

  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    var id: String
    var kind: String
    var seed: Int64?
    // Of `calls`.
    var calls: [Call]?
    var out: [Record]?
    // Of `state`.
    var steps: [Step]?
    // Of the short programs.
    var program: [String]?
    var a: Record?
    var b: Record?
    var c: Record?
    var d: Record?
    var u: Record?
    var v: Record?
    var w: Record?
    var x: Record?
    var y: Record?
    var z: Record?

    var generator: MersenneTwister { MersenneTwister(seed: UInt64(bitPattern: seed!)) }

    var testDescription: String { "\(id) seed \(seed ?? 0) \(calls?.map(\.fn).joined(separator: ", ") ?? kind)" }
  }

  /// The rows of a kind. There are no complex dtypes here, so their rows are left out.
  static func rows(_ kind: String) -> [Row] { all.filter { $0.kind == kind } }

  private static let all: [Row] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/rng.jsonl")
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { fatalError("\(url.path()) is missing") }
    struct Kind: Decodable { var kind: String }
    let kinds: Set = ["calls", "state", "save_restore", "independent_generators", "fork_rng", "default_generator_seed"]
    let decoder = JSONDecoder()
    return text.split(separator: "\n").compactMap { line in
      let data = Data(line.utf8)
      do {
        guard kinds.contains(try decoder.decode(Kind.self, from: data).kind) else { return nil }
        let row = try decoder.decode(Row.self, from: data)
        return row.calls?.contains { $0.dtype?.hasPrefix("complex") == true } == true ? nil : row
      } catch { fatalError("\(error) in \(line.prefix(200))") }
    }
  }()
}

// MARK: - Comparing

/// The elements of a result as raw bytes, in row-major order.
struct RandomResult {
  var dtype: DType
  var bytes: [UInt8]

  init<T: Element>(_ values: [T]) {
    dtype = T.dtype
    bytes = values.withUnsafeBytes { Array($0) }
  }

  /// `count` samples of a distribution, as PyTorch fills a contiguous tensor.
  init(
    _ distribution: Distribution, _ dtype: DType, count: Int, from generator: inout MersenneTwister
  ) throws {
    try distribution.validate(for: dtype)
    self.init(dtype, count: count) { memory in
      generator.fill(distribution, dtype: dtype, into: memory, count: count)
    }
  }

  init(_ dtype: DType, count: Int, _ fill: (UnsafeMutableRawPointer) throws -> Void) rethrows {
    self.dtype = dtype
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count * dtype.byteCount, 1), alignment: 16)
    defer { memory.deallocate() }
    try fill(memory)
    bytes = Array(UnsafeRawBufferPointer(start: memory, count: count * dtype.byteCount))
  }

  var count: Int { bytes.count / dtype.byteCount }

  func bits(_ i: Int) -> UInt64 {
    var value: UInt64 = 0
    for byte in bytes[i * dtype.byteCount..<(i + 1) * dtype.byteCount].reversed() { value = value << 8 | UInt64(byte) }
    return value
  }

  func integer(_ i: Int) -> Int64 {
    let shift = Int64(64 - 8 * dtype.byteCount)
    let wide = Int64(bitPattern: bits(i)) << shift
    return dtype == .uint8 || dtype == .bool ? Int64(bits(i)) : wide >> shift
  }

  func values<T>(as type: T.Type) -> [T] { bytes.withUnsafeBytes { Array($0.bindMemory(to: T.self)) } }

  /// The same elements in another order: `order[i]` is the place that element i of the new order comes from.
  func reordered(_ order: [Int]) -> RandomResult {
    var copy = self
    copy.bytes = order.flatMap { bytes[$0 * dtype.byteCount..<($0 + 1) * dtype.byteCount] }
    return copy
  }

  /// The places where this differs from the record, in words; empty where it does not.
  func differences(from record: RandomFixture.Record) -> [String] {
    if dtype.name != record.dtype { return ["dtype \(dtype.name) instead of \(record.dtype)"] }
    if count != record.count { return ["\(count) elements instead of \(record.count)"] }
    var found: [String] = []
    let listed = record.bits?.count ?? record.value.count
    for k in 0..<listed {
      // Long tensors list the first 16 and the last 17.
      let i = listed < count && k >= 16 ? count - listed + k : k
      if let bits = record.bits {
        let expected = UInt64(bits[k], radix: 16)
        if self.bits(i) != expected { found.append("[\(i)] \(String(self.bits(i), radix: 16)) instead of \(bits[k])") }
      } else if case .integer(let expected) = record.value[k], integer(i) != expected {
        found.append("[\(i)] \(integer(i)) instead of \(expected)")
      }
    }
    if let hash = record.fnv1a64, hash != fnv1a64(bytes) { found.append("hash \(fnv1a64(bytes)) instead of \(hash)") }
    return found
  }
}

/// The Fowler–Noll–Vo hash, 64 bits, variant 1a, as the fixtures write it.
func fnv1a64(_ bytes: [UInt8]) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let text = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}

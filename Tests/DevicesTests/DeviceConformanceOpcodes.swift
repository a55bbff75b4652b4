import Foundation
import Testing

@testable import Devices

/// The rows of `Fixtures/opcodes.jsonl`, which `Fixtures/opcodes.py` makes with PyTorch.
struct OpcodeCase: Decodable, Sendable, CustomTestStringConvertible {
  /// A number; JSON has no infinities, NaN or negative zero.
  struct Number: Decodable, Sendable {
    var scalar: Scalar

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        scalar = .bool(flag)
      } else if let integer = try? container.decode(Int64.self) {
        scalar = .int(integer)
      } else if let number = try? container.decode(Double.self) {
        scalar = .double(number)
      } else {
        scalar = .double(Double(try container.decode(String.self))!)
      }
    }
  }

  var opcode: String
  var dtype: String
  var operands: [[Number]]
  var value: [Number]
  var cotangent: [Number]?
  var gradients: [[Number]?]?

  var testDescription: String { "\(opcode) \(dtype)" }

  static let all: [OpcodeCase] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/opcodes.jsonl")
    return try! String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(OpcodeCase.self, from: Data($0.utf8))
    }
  }()
}

extension Opcode {
  /// The opcode of a name.
  init?(named name: String) {
    guard let found = Opcode.allCases.first(where: { "\($0)" == name }) else { return nil }
    self = found
  }

  /// Exact in IEEE arithmetic, or on integers: every device gives the same bits.
  var isExact: Bool {
    switch self {
    case .add, .sub, .mul, .div, .floorDivide, .remainder, .fmod, .neg, .abs, .sign, .reciprocal, .inverseSquare, .minimum,
      .maximum, .fmin, .fmax,
      .copysign, .nextafter, .gcd, .lcm, .floor, .ceil, .round, .trunc, .bitAnd, .bitOr, .bitXor, .bitNot, .shiftLeft, .shiftRight,
      .eq, .ne, .lt, .le, .gt, .ge, .isNaN, .signBit, .select, .sqrt, .relu:
      true
    default: false
    }
  }

  /// Where large numbers cancel, and in the far tails, results of either side are accurate to less than their places.
  var isApproximate: Bool {
    switch self {
    case .erfcx, .ndtri, .polygamma, .zeta, .igamma, .igammac, .besselK0, .besselK1, .scaledBesselK0, .scaledBesselK1, .airyAi,
      .chebyshevT, .chebyshevU, .chebyshevV, .chebyshevW, .hermiteH, .hermiteHe, .laguerreL, .legendreP:
      true
    default: false
    }
  }

  /// Whether two devices' values are as close as their accuracies make sure: one unit in the last place in float32, two in float64,
  /// besides the reference's own error. The logarithm of the gamma function and its derivative are accurate to that relative to
  /// one.
  func agree(_ a: Scalar, _ b: Scalar, _ dtype: DType) -> Bool {
    if isIdentical(a, b) { return true }
    if isExact || dtype.isIntegral { return false }
    let isDouble = dtype == .float64
    switch self {
    case .lgamma, .digamma:
      let unit = isDouble ? 0x1p-52 : dtype == .float32 ? 0x1p-23 : dtype == .float16 ? 0x1p-10 : 0x1p-7
      return (a.doubleValue - b.doubleValue).magnitude <= 8 * unit || distance(a, b, dtype) <= (isDouble ? 8 : 1)
    // By series, and by bisection, which in float64 cannot do better than the error of what it inverts.
    case .i0, .i1, .i0e, .i1e, .erfinv: return distance(a, b, dtype) <= (isDouble ? 24 : 1)
    case _ where isApproximate:
      let (x, y) = (a.doubleValue, b.doubleValue)
      return distance(a, b, dtype) <= 1 || isDouble && (x - y).magnitude <= 1e-10 * Swift.max(y.magnitude, 1e-4)
    default: return distance(a, b, dtype) <= (isDouble ? 3 : 1)
    }
  }

  /// A kernel of this instruction alone. `select` takes the greater of two.
  var testKernel: ElementwiseKernel {
    self == .select ? ElementwiseKernel { x, y in (y .> x).select(x, y) } : .instruction(self)
  }

  /// As `testKernel`, for operands of any size: the recurrence of a polynomial takes as many steps as its degree, so that is cut.
  var kernelForAnyOperands: ElementwiseKernel {
    switch self {
    case .hermiteH, .hermiteHe, .laguerreL, .legendreP: ElementwiseKernel { x, n in x.binary(self, n.minimum(1000)) }
    default: testKernel
    }
  }
}

// MARK: - Running kernels

extension ElementwiseKernel {
  /// The results for operands of one shape, in row-major order in new memory.
  func results(_ inputs: [KernelArgument], shape: [Int], dtype: DType, on device: any Device) throws(TensorError) -> [Operand] {
    var results: [Operand] = []
    for index in outputs.indices {
      let type = outputKind(index) == .boolean ? DType.bool : dtype
      let layout = Layout(shape: shape)
      results.append(
        Operand(storage: try device.allocate(byteCount: layout.count * type.byteCount), layout: layout, dtype: type))
    }
    try device.elementwise(self, dtype: dtype, inputs: inputs, outputs: results)
    return results
  }

  /// The gradients of the inputs in the mask, by the input's index, for given results and gradients of the results.
  func gradients(
    _ inputs: [KernelArgument], results: [Operand], _ cotangents: [KernelArgument], mask: Int, dtype: DType
  ) throws(TensorError) -> [Int: Operand] {
    let pullback = pullback(mask: mask)
    let arguments = pullback.sources.map { source -> KernelArgument in
      switch source {
      case .input(let index): inputs[index]
      case .output(let index): .operand(results[index])
      case .gradient(let index): cotangents[index]
      }
    }
    let gradients = try pullback.kernel.results(arguments, shape: results[0].shape, dtype: dtype, on: results[0].device)
    return Dictionary(uniqueKeysWithValues: zip(pullback.targets, gradients))
  }
}

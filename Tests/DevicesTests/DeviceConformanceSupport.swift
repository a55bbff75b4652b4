import Foundation
import Testing

@testable import Devices

/// SplitMix64: the same cases in every run.
struct TestNumbers: RandomNumberGenerator {
  var state: UInt64
  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func bool() -> Bool { next() & 1 == 0 }
  mutating func int(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
  mutating func double(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &self) }
}

/// The devices that the conformance suite runs over.
enum TestedDevice: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case cpu, accelerator, reference

  var testDescription: String { rawValue }

  /// The device itself; an accelerator of its own for every test, which so meets no errors but its own, with poisoned memory.
  func make() -> any Device {
    switch self {
    case .cpu: return CPUDevice.shared
    case .reference: return ReferenceDevice.shared
    case .accelerator:
      let device = AcceleratorDevice()
      device.options.poisonsMemory = true
      return device
    }
  }

  /// Those that have to agree with the reference device.
  static func others() -> [any Device] { [cpu.make(), accelerator.make()] }
}

// MARK: - Operands

/// What an operand's memory is written in: which layouts a test wants.
enum Form: CaseIterable {
  case contiguous, offset, transposed, sliced, reversed, expanded

  /// Those in which no two elements share a place.
  static let outputs: [Form] = [.contiguous, .offset, .transposed, .sliced, .reversed]
}

extension Operand {
  /// An operand in the reference device's memory, with a pattern in all bytes.
  static func model(_ shape: [Int], _ dtype: DType, _ form: Form = .contiguous, using numbers: inout TestNumbers) -> Operand {
    var order = Array(shape.indices)
    if form == .transposed { order.shuffle(using: &numbers) }
    var strides = [Int](repeating: 0, count: shape.count)
    var step = form == .sliced ? numbers.int(1...3) : 1
    for dim in order.reversed() {
      strides[dim] = step
      step *= max(shape[dim], 1)
      if form == .sliced { step += numbers.int(0...3) }
      if form == .reversed && numbers.bool() { strides[dim] = -strides[dim] }
      if form == .expanded && numbers.bool() { strides[dim] = 0 }
    }
    let extent = Layout(shape: shape, strides: strides, offset: 0).extent
    let before = form == .contiguous || form == .transposed ? 0 : numbers.int(0...5)
    let layout = Layout(shape: shape, strides: strides, offset: before - extent.lowerBound)
    let count = before + extent.count + (form == .contiguous ? 0 : numbers.int(0...5))
    let storage = try! ReferenceDevice.shared.allocate(byteCount: count * dtype.byteCount)
    let pattern: UInt8 = dtype == .bool ? 1 : 0x5A
    storage.handle.initializeMemory(as: UInt8.self, repeating: pattern, count: storage.byteCount)
    return Operand(storage: storage, layout: layout, dtype: dtype)
  }

  /// An operand of given values, repeated as often as there is room.
  static func model(
    _ shape: [Int], _ dtype: DType, _ form: Form = .contiguous, of values: [Scalar], using numbers: inout TestNumbers
  ) -> Operand {
    let operand = model(shape, dtype, form, using: &numbers)
    for i in 0..<operand.count { Elements(operand)[i] = values[i % values.count] }
    return operand
  }

  /// A contiguous operand of given values.
  static func model(_ values: [Scalar], _ dtype: DType, shape: [Int]? = nil) -> Operand {
    var numbers = TestNumbers(seed: 0)
    return model(shape ?? [values.count], dtype, of: values.isEmpty ? [.int(0)] : values, using: &numbers)
  }

  /// The same memory on another device, all bytes of it. There what is true is any byte but zero: a byte counts as its truth everywhere.
  func on(_ device: any Device) throws(TensorError) -> Operand {
    var bytes = [UInt8](repeating: 0, count: storage.byteCount)
    let copy = try device.allocate(byteCount: storage.byteCount)
    do {
      try bytes.withUnsafeMutableBytes { try storage.device.download(storage, to: $0) }
      if dtype == .bool && device !== ReferenceDevice.shared {
        for place in (0..<count).map(layout.storagePosition) where bytes[place] != 0 {
          bytes[place] = UInt8(1 + (place * 101 + 6) % 255)
        }
      }
      try bytes.withUnsafeBytes { try device.upload($0, to: copy) }
    } catch {
      throw error as! TensorError
    }
    return Operand(storage: copy, layout: layout, dtype: dtype)
  }

  /// The elements in row-major order, wherever they are.
  func values() throws(TensorError) -> [Scalar] {
    let elements = Elements(try on(ReferenceDevice.shared))
    return (0..<count).map { elements[$0] }
  }

  /// Whether the bytes that belong to no element are those of another operand of this layout.
  func hasSameGaps(as other: Operand) throws(TensorError) -> Bool {
    let (mine, theirs) = (try on(ReferenceDevice.shared), try other.on(ReferenceDevice.shared))
    var isElement = [Bool](repeating: false, count: storage.byteCount)
    for i in 0..<count {
      let start = layout.storagePosition(i) * dtype.byteCount
      for byte in start..<(start + dtype.byteCount) { isElement[byte] = true }
    }
    return isElement.indices.allSatisfy { byte in
      isElement[byte]
        || mine.storage.handle.load(fromByteOffset: byte, as: UInt8.self)
          == theirs.storage.handle.load(fromByteOffset: byte, as: UInt8.self)
    }
  }
}

// MARK: - Values

extension DType {
  /// Where functions have kinks, poles and ends.
  var specialValues: [Scalar] {
    if self == .bool { return [.bool(false), .bool(true)] }
    if isIntegral {
      let bits = byteCount * 8
      let (low, high): (Int64, Int64) =
        self == .uint8 ? (0, 255) : bits == 64 ? (.min, .max) : (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
      let values = [0, 1, 2, 3, 7, 8, 15, 31, 33, 63, 64, 100, high, high - 1, high / 2] + [-1, -2, -3, -8, low, low + 1, low / 2]
      return values.map { Scalar.int($0).stored(as: self) }
    }
    let ends: [Double] =
      switch self {
      case .float16: [65504, 0x1p-14, 0x1p-24, 0x1.004p0]
      case .bfloat16: [0x1.FEp127, 0x1p-126, 0x1p-133, 0x1.02p0]
      case .float32: [0x1.FFFFFEp127, 0x1p-126, 0x1p-149, 0x1.000002p0]
      default: [0x1.FFFFFFFFFFFFFp1023, 0x1p-1022, 0x1p-1074, 0x1.0000000000001p0]
      }
    let positive = [0, 1, 0.5, 0.75, 2, 2.5, 1.5, 3, 10, 0.001, 20.5, 88, 100, .infinity] + ends
    return (positive + positive.map { -$0 } + [.nan]).map { Scalar.double($0).stored(as: self) }
  }

  /// Mostly numbers of everyday size, some of any size, some special.
  func randomValue(using numbers: inout TestNumbers) -> Scalar {
    switch numbers.int(0...9) {
    case 0: return specialValues.randomElement(using: &numbers)!
    case 1 where isFloatingPoint:
      let exponent = self == .float64 ? 300.0 : self == .float16 ? 4 : 37
      let magnitude = pow(10, numbers.double(-exponent...exponent))
      return Scalar.double(numbers.bool() ? magnitude : -magnitude).stored(as: self)
    case 1: return Scalar.int(Int64(bitPattern: numbers.next())).stored(as: self)
    default:
      return isFloatingPoint
        ? Scalar.double(numbers.double(-4...4)).stored(as: self)
        : self == .bool ? .bool(numbers.bool()) : Scalar.int(Int64(numbers.int(-20...20))).stored(as: self)
    }
  }

  func randomValues(_ count: Int, using numbers: inout TestNumbers) -> [Scalar] {
    (0..<count).map { _ in randomValue(using: &numbers) }
  }

  /// Values whose sums, or products, do not depend on the order: integers wrap, floats are small and whole, or powers of two.
  func exactValues(forProducts isProduct: Bool, _ count: Int, using numbers: inout TestNumbers) -> [Scalar] {
    if isIntegral { return randomValues(count, using: &numbers) }
    if !isProduct { return wholeValues(count, using: &numbers) }
    return (0..<count).map { _ in .double([-2, -1, 1, 1, 1, 0.5].randomElement(using: &numbers)!) }
  }

  /// Small whole numbers, whose sums and products are exact in every dtype and in any order.
  func wholeValues(_ count: Int, using numbers: inout TestNumbers) -> [Scalar] {
    (0..<count).map { _ in Scalar.int(Int64(numbers.int(self == .uint8 ? 0...3 : -3...3))).stored(as: self) }
  }
}

// MARK: - Agreement

/// How far two values of a dtype are apart: the number of steps from one to the next greater number. Zeros of both signs are one;
/// NaN is at no distance from NaN, and far from everything else.
func distance(_ a: Scalar, _ b: Scalar, _ dtype: DType) -> Double {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .infinity }
  let (x, y) = (orderedBits(a, dtype), orderedBits(b, dtype))
  let (steps, overflow) = x.subtractingReportingOverflow(y)
  return overflow ? .infinity : Double(steps).magnitude
}

private func orderedBits(_ value: Scalar, _ dtype: DType) -> Int64 {
  switch dtype {
  case .float16: signed(UInt64(Half(value).bitPattern), bits: 16)
  case .bfloat16: signed(UInt64(BFloat16(value).bitPattern), bits: 16)
  case .float32: signed(UInt64(Float(value).bitPattern), bits: 32)
  case .float64: signed(value.doubleValue.bitPattern, bits: 64)
  default: value.intValue
  }
}

private func signed(_ pattern: UInt64, bits: UInt64) -> Int64 {
  let magnitude = Int64(pattern & ((1 << (bits - 1)) - 1))
  return pattern >> (bits - 1) == 0 ? magnitude : -magnitude
}

/// The same number with the same sign, or NaN both.
func isIdentical(_ a: Scalar, _ b: Scalar) -> Bool {
  if case .double(let x) = a, case .double(let y) = b {
    return x.isNaN && y.isNaN || x == y && x.sign == y.sign
  }
  return a == b
}

/// Records the first element, if any, in which two results differ.
func expectEqual(
  _ got: [Scalar], _ want: [Scalar], _ dtype: DType, ulps: Double = 0, _ context: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard got.count == want.count else {
    Issue.record("\(got.count) results for \(want.count): \(context())", sourceLocation: sourceLocation)
    return
  }
  for (i, (a, b)) in zip(got, want).enumerated() where !isIdentical(a, b) && (ulps == 0 || distance(a, b, dtype) > ulps) {
    Issue.record("element \(i): got \(a), expected \(b) in \(dtype.name): \(context())", sourceLocation: sourceLocation)
    return
  }
}

/// Records how an operand differs from the reference's, if it does: in its elements, or in the bytes between them.
func expectSame(
  _ got: Operand, _ want: Operand, ulps: Double = 0, _ context: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  expectEqual(try got.values(), try want.values(), want.dtype, ulps: ulps, context(), sourceLocation: sourceLocation)
  if try !got.hasSameGaps(as: want) {
    Issue.record("written between the elements: \(context())", sourceLocation: sourceLocation)
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Testing

@testable import Devices

@Suite struct ScanTests {
  let device = CPUDevice.shared

  private func rowDims(_ shape: [Int], _ dim: Int) -> [Int] { shape.indices.filter { $0 != dim } }

  /// The rows along a dimension, in the same order for every operand of a shape.
  private func rows(_ operand: Operand, _ dim: Int) -> [[Scalar]] {
    if operand.layout.rank == 0 { return [operand.scalars] }
    let moved = operand.with(layout: operand.layout.permuted(rowDims(operand.shape, dim) + [dim]))
    let length = operand.shape[dim]
    let scalars = moved.scalars
    return stride(from: 0, to: scalars.count, by: max(length, 1)).map { Array(scalars[$0..<$0 + length]) }
  }

  private func logAddExp(_ a: Double, _ b: Double) -> Double {
    if a.isNaN || b.isNaN { return .nan }
    let high = max(a, b)
    if high.isInfinite { return high }
    return high + log1p(exp(min(a, b) - high))
  }

  private func expected(_ scan: Scan, _ row: [Scalar], isInteger: Bool) -> (values: [Scalar], places: [Int]) {
    var values: [Scalar] = []
    var places: [Int] = []
    var place = 0
    for (index, value) in row.enumerated() {
      guard let last = values.last else {
        values.append(isInteger && scan != .min && scan != .max ? .int(value.intValue) : value)
        places.append(0)
        continue
      }
      switch scan {
      case .sum:
        values.append(
          isInteger ? .int(last.intValue &+ value.intValue) : .double(last.doubleValue + value.doubleValue))
      case .product:
        values.append(
          isInteger ? .int(last.intValue &* value.intValue) : .double(last.doubleValue * value.doubleValue))
      case .logSumExp: values.append(.double(logAddExp(last.doubleValue, value.doubleValue)))
      case .min, .max:
        let further =
          scan == .max ? value.doubleValue >= last.doubleValue : value.doubleValue <= last.doubleValue
        let takes: Bool =
          switch (value, last) {
          case (.int(let a), .int(let b)): scan == .max ? a >= b : a <= b
          default: value.doubleValue.isNaN || further
          }
        if takes { place = index }
        values.append(takes ? value : last)
      }
      places.append(place)
    }
    return (values, places)
  }

  private func resultDType(_ scan: Scan, _ dtype: DType) -> DType {
    (scan == .sum || scan == .product) && dtype.isIntegral ? .int64 : dtype
  }

  @Test(arguments: Scan.allCases, DType.allCases)
  func randomLayouts(scan: Scan, dtype: DType) throws {
    if scan == .logSumExp && dtype.isIntegral { return }
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    let resultDType = resultDType(scan, dtype)
    let tolerance: Double =
      switch dtype {
      case .float16: 4e-3
      case .bfloat16: 3e-2
      case .float32: 3e-7
      default: 1e-13
      }
    for round in 0..<40 {
      let shape = randomShape(rank: round < 39 ? 1...4 : 2...2, size: round < 39 ? 9 : 100, &generator)
      let dim = Int.random(in: 0..<shape.count, using: &generator)
      // Running products of floats lose themselves; their first few are compared.
      let kind: ElementKind = dtype.isFloatingPoint && (scan == .sum || scan == .product) ? .small : .wild
      let input = try Operand.random(shape, dtype, kind, using: &generator)
      let output = try Operand.random(shape, resultDType, repeats: false, using: &generator)
      let wantsPlaces = scan == .min || scan == .max
      let places = try wantsPlaces ? Operand.random(shape, .int64, repeats: false, using: &generator) : nil
      try device.scan(scan, input, dim: dim, to: output, indices: places)
      let resultRows = rows(output, dim)
      let placeRows = places.map { rows($0, dim) }
      for (index, row) in rows(input, dim).enumerated() {
        let (values, rowPlaces) = expected(scan, row, isInteger: dtype.isIntegral)
        let length = scan == .product && dtype.isFloatingPoint ? min(row.count, 4) : row.count
        let agree = zip(resultRows[index], values).prefix(length).allSatisfy {
          $0.matches(Operand.rounded($1, resultDType), tolerance: tolerance)
        }
        #expect(agree, "\(scan) \(dtype) \(input.layout) along \(dim), seed \(seed): \(resultRows[index]), not \(values)")
        if let placeRows { #expect(placeRows[index] == rowPlaces.map { .int(Int64($0)) }, "seed \(seed)") }
        if !agree { return }
      }
    }
  }

  /// Scans of several tiles, along the rows of memory and across them.
  @Test(arguments: Scan.allCases, [[3, 5000], [5000, 3]])
  func longScans(scan: Scan, shape: [Int]) throws {
    var generator = SplitMix(seed: 7)
    let input = try Operand.random(shape, .float64, .small, using: &generator)
    let output = try Operand.make(Layout(shape: shape), .float64)
    let places = try Operand.make(Layout(shape: shape), .int64)
    let dim = shape[0] == 3 ? 1 : 0
    try device.scan(scan, input, dim: dim, to: output, indices: places)
    for (index, row) in rows(input, dim).enumerated() {
      let (values, rowPlaces) = expected(scan, row, isInteger: false)
      #expect(zip(rows(output, dim)[index], values).allSatisfy { $0.matches($1, tolerance: 1e-12) })
      let placesAgree = rows(places, dim)[index] == rowPlaces.map { .int(Int64($0)) }
      #expect(placesAgree || (scan != .min && scan != .max))
    }
  }

  @Test func halvesAreAccumulatedAsFloat32() throws {
    let input = try Operand.make(Layout(shape: [4096]), .float16)
    for i in 0..<4096 { input.write(.double(1), at: i) }
    let output = try Operand.make(Layout(shape: [4096]), .float16)
    try device.scan(.sum, input, dim: 0, to: output, indices: nil)
    #expect(output.scalars.last == .double(4096))
  }

  /// As in PyTorch: in float32 this sum would stop at 2^24.
  @Test func floatsAreAccumulatedAsFloat64() throws {
    let count = (1 << 24) + 8
    let input = try Operand.make(Layout(shape: [count]), .float32)
    input.storage.handle.assumingMemoryBound(to: Float.self).update(repeating: 1, count: count)
    let output = try Operand.make(Layout(shape: [count]), .float32)
    try device.scan(.sum, input, dim: 0, to: output, indices: nil)
    #expect(output.read(at: count - 1) == .double(Double(count)))
  }

  @Test func zeroDimensionsAndNone() throws {
    let input = try Operand.make(.scalar, .float32)
    input.write(.double(3), at: 0)
    let output = try Operand.make(.scalar, .float32)
    let places = try Operand.make(.scalar, .int64)
    try device.scan(.max, input, dim: 0, to: output, indices: places)
    #expect(output.scalars == [.double(3)] && places.scalars == [.int(0)])
    let empty = try Operand.make(Layout(shape: [3, 0]), .float32)
    try device.scan(.sum, empty, dim: 1, to: empty, indices: nil)
  }

  @Test func integersHaveNoLogSumExp() throws {
    let input = try Operand.make(Layout(shape: [2]), .int64)
    #expect(throws: TensorError.self) { try device.scan(.logSumExp, input, dim: 0, to: input, indices: nil) }
  }
}

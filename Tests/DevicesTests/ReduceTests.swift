import Testing

@testable import Devices

@Suite struct ReduceTests {
  let device = CPUDevice.shared

  private func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to dtype: DType) throws -> Operand {
    var shape = input.shape
    for dim in dims { shape[dim] = 1 }
    let output = try Operand.make(Layout(shape: shape), dtype)
    try device.reduce(reduction, input, dims: dims, to: output)
    return output
  }

  private func resultDType(_ reduction: Reduction, _ dtype: DType) -> DType {
    switch reduction {
    case .sum, .product: dtype.isIntegral ? .int64 : dtype
    case .min, .max: dtype
    case .any, .all: .bool
    case .argMin, .argMax: .int64
    }
  }

  /// By definition, one element after another.
  private func expected(_ reduction: Reduction, _ values: [Scalar], _ dtype: DType) -> Scalar {
    let isInteger = dtype.isIntegral
    switch reduction {
    case .sum:
      return isInteger
        ? .int(values.reduce(0) { $0 &+ $1.intValue }) : .double(values.reduce(0) { $0 + $1.doubleValue })
    case .product:
      return isInteger
        ? .int(values.reduce(1) { $0 &* $1.intValue }) : .double(values.reduce(1) { $0 * $1.doubleValue })
    case .any: return .bool(values.contains { $0.boolValue })
    case .all: return .bool(values.allSatisfy { $0.boolValue })
    case .min, .max, .argMin, .argMax:
      var place = 0
      let wantsMax = reduction == .max || reduction == .argMax
      for (index, value) in values.enumerated().dropFirst() {
        let best = values[place]
        if best.doubleValue.isNaN { break }
        if value.doubleValue.isNaN || (wantsMax ? best.precedes(value) : value.precedes(best)) { place = index }
      }
      return reduction == .min || reduction == .max ? values[place] : .int(Int64(place))
    }
  }

  private func check(_ reduction: Reduction, _ input: Operand, dims: [Int], _ comment: Comment) throws {
    let dtype = resultDType(reduction, input.dtype)
    let output = try reduce(reduction, input, dims: dims, to: dtype)
    var groups = [[Scalar]](repeating: [], count: output.count)
    let outputLayout = Layout(shape: output.shape).broadcast(to: input.shape)
    let owners = Operand(storage: output.storage, layout: outputLayout, dtype: dtype).positions
    for (owner, value) in zip(owners, input.scalars) { groups[owner].append(value) }
    let tolerance: Double =
      switch dtype {
      case .float16: 1e-3
      case .bfloat16: 8e-3
      case .float32: 1e-6
      default: 1e-13
      }
    for (result, group) in zip(output.scalars, groups) {
      let value = expected(reduction, group, input.dtype)
      // Where a float16 overflows, infinity is right.
      let wanted = Operand.rounded(value, dtype)
      if !result.matches(wanted, tolerance: tolerance * Double(group.count).squareRoot().rounded(.up)) {
        Issue.record("\(reduction) of \(input.dtype) \(input.layout) over \(dims): \(result), not \(wanted). \(comment)")
        return
      }
    }
  }

  @Test(arguments: Reduction.allCases, DType.allCases)
  func randomLayouts(reduction: Reduction, dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    for round in 0..<25 {
      let size = round % 6 == 0 ? 60 : 9
      let shape = randomShape(rank: 0...(size == 60 ? 2 : 4), size: size, &generator)
      var dims = shape.indices.filter { _ in Bool.random(using: &generator) }
      if reduction == .argMin || reduction == .argMax {
        guard let dim = shape.indices.randomElement(using: &generator) else { continue }
        dims = [dim]
      }
      let kind: ElementKind =
        reduction == .sum || (reduction == .product && dtype.isFloatingPoint) || round % 2 == 0 ? .small : .wild
      try check(reduction, .random(shape, dtype, kind, using: &generator), dims: dims, "seed \(seed)")
    }
  }

  /// Shapes that are cut into blocks.
  @Test(arguments: [Reduction.sum, .max, .argMin], [DType.float32, .int16, .bfloat16])
  func largeShapes(reduction: Reduction, dtype: DType) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SplitMix(seed: seed)
    let cases: [([Int], [Int])] = [
      ([70_001], [0]), ([2, 35_001], [1]), ([35_001, 2], [0]), ([700, 120], [0]), ([20, 30, 60], [1]), ([300, 2, 150], [0, 2]),
      ([2, 200, 2, 180], [1, 3]),
    ]
    for (shape, dims) in cases where dims.count == 1 || reduction != .argMin {
      try check(reduction, .random(shape, dtype, using: &generator), dims: dims, "seed \(seed)")
    }
  }

  /// The place is counted from the first element, not from the block's.
  @Test(arguments: [([100_000], 0), ([2, 70_000], 1), ([70_000, 2], 0)], [DType.float32, .bfloat16])
  func placesInLateBlocks(test: (shape: [Int], dim: Int), dtype: DType) throws {
    let input = try Operand.make(Layout(shape: test.shape), dtype)
    try device.fill(input, with: .int(0))
    let stride = input.layout.strides[test.dim]
    for place in [40_000, 66_000] {
      input.write(.int(-1), at: place * stride)
      input.write(.int(1), at: (place - 1) * stride)
      #expect(try reduce(.argMin, input, dims: [test.dim], to: .int64).scalars[0] == .int(Int64(place)))
      #expect(try reduce(.argMax, input, dims: [test.dim], to: .int64).scalars[0] == .int(Int64(place - 1)))
      input.write(.int(0), at: place * stride)
      input.write(.int(0), at: (place - 1) * stride)
    }
  }

  @Test func outputsOfAnyLayout() throws {
    var generator = SplitMix(seed: 1)
    let input = try Operand.random([7, 5, 6], .float32, using: &generator)
    let dense = try reduce(.sum, input, dims: [1], to: .float32)
    let strided = try Operand.make(Layout(shape: [7, 1, 6], strides: [2, 1, 20], offset: 3), storageCount: 200, .float32)
    try device.reduce(.sum, input, dims: [1], to: strided)
    #expect(strided.scalars == dense.scalars)
  }

  @Test func theOutputsDTypeDecides() throws {
    let input = try Operand.make(Layout(shape: [300]), .uint8)
    for i in 0..<300 { input.write(.int(1), at: i) }
    for (dtype, sum) in [
      (DType.uint8, Scalar.int(44)), (.int8, .int(44)), (.int64, .int(300)), (.float16, .double(300)), (.float32, .double(300)),
      (.bool, .bool(true)),
    ] {
      #expect(try reduce(.sum, input, dims: [0], to: dtype).scalars == [sum])
    }
    #expect(try reduce(.product, input, dims: [0], to: .bool).scalars == [.bool(true)])
  }

  /// Rounding once: in float16 itself the sum would stop at 2048.
  @Test func halvesAreSummedAsFloat32() throws {
    for dtype in [DType.float16, .bfloat16] {
      let input = try Operand.make(Layout(shape: [4096, 2]), dtype)
      for i in 0..<8192 { input.write(.double(1), at: i) }
      #expect(try reduce(.sum, input, dims: [0], to: dtype).scalars == [.double(4096), .double(4096)])
      #expect(try reduce(.sum, input, dims: [0, 1], to: dtype).scalars == [.double(8192)])
    }
  }

  @Test func emptyReductions() throws {
    for dtype in [DType.int64, .float32] {
      let input = try Operand.make(Layout(shape: [2, 0]), dtype)
      let zero = Operand.rounded(.int(0), dtype)
      let one = Operand.rounded(.int(1), dtype)
      #expect(try reduce(.sum, input, dims: [1], to: dtype).scalars == [zero, zero])
      #expect(try reduce(.product, input, dims: [1], to: dtype).scalars == [one, one])
      #expect(try reduce(.any, input, dims: [0, 1], to: .bool).scalars == [.bool(false)])
      #expect(try reduce(.all, input, dims: [0, 1], to: .bool).scalars == [.bool(true)])
      #expect(try reduce(.max, input, dims: [0], to: dtype).count == 0)
    }
    let input = try Operand.make(Layout(shape: [2, 0]), .float32)
    for (reduction, name) in [(Reduction.min, "amin"), (.max, "amax"), (.argMin, "argmin"), (.argMax, "argmax")] {
      #expect(throws: TensorError.index("\(name)(): Expected reduction dim 1 to have non-zero size.")) {
        try reduce(reduction, input, dims: [1], to: reduction == .argMin || reduction == .argMax ? .int64 : .float32)
      }
    }
  }

  @Test func NaNsAreNonzero() throws {
    let input = try Operand.make(Layout(shape: [2]), .float32)
    input.write(.double(.nan), at: 0)
    input.write(.double(0), at: 1)
    #expect(try reduce(.any, input, dims: [0], to: .bool).scalars == [.bool(true)])
    #expect(try reduce(.all, input, dims: [0], to: .bool).scalars == [.bool(false)])
  }
}

// MARK: - Sums to the last bit

@Suite struct SumOrderTests {
  /// Elements that any language makes alike: fractions of a linear congruence.
  private func input(_ shape: [Int], _ dtype: DType) throws -> Operand {
    let input = try Operand.make(Layout(shape: shape), dtype)
    var state: UInt32 = 12345
    for i in 0..<input.count {
      state = state &* 1_664_525 &+ 1_013_904_223
      input.write(.double(Double(state >> 8) / 0x1p24 - 0.25), at: i)
    }
    return input
  }

  /// The bits of PyTorch 2.15's sums, computed with one thread.
  @Test(arguments: PyTorchSums.rows)
  func areThoseOfPyTorch(row: PyTorchSums) throws {
    let input = try input(row.shape, row.dtype)
    var shape = row.shape
    for dim in row.dims { shape[dim] = 1 }
    let output = try Operand.make(Layout(shape: shape), row.dtype)
    try CPUDevice.shared.reduce(row.reduction, input, dims: row.dims, to: output)
    // A fold of the bits of all results.
    var hash: UInt64 = 14_695_981_039_346_656_037
    for value in output.scalars {
      let bits =
        row.dtype == .float32 ? UInt64(Float(value.doubleValue).bitPattern) : value.doubleValue.bitPattern
      hash = (hash ^ bits) &* 1_099_511_628_211
    }
    #expect(hash == row.hash)
  }

  @Test func errorsStaySmall() throws {
    let count = 4_000_000
    let input = try Operand.make(Layout(shape: [count]), .float32)
    input.storage.handle.assumingMemoryBound(to: Float.self).update(repeating: 0.1, count: count)
    let exact = Double(Float(0.1)) * Double(count)
    for shape in [[count], [count / 4, 4], [4, count / 4], [1000, 2, count / 2000]] {
      let operand = input.with(layout: Layout(shape: shape))
      let output = try Operand.make(Layout(shape: shape.map { _ in 1 }), .float32)
      try CPUDevice.shared.reduce(.sum, operand, dims: Array(shape.indices), to: output)
      #expect(abs(output.scalars[0].doubleValue - exact) <= 1e-6 * exact)
    }
  }

  /// Inside a job everything runs on one thread.
  @Test func doNotDependOnThreads() throws {
    for (shape, dims) in [([1_000_000], [0]), ([4, 250_000], [1]), ([10_000, 64], [0]), ([100, 8, 500], [0, 2])] {
      let operand = try input(shape, .float32)
      let layout = Layout(shape: shape.indices.map { dims.contains($0) ? 1 : shape[$0] })
      let shared = try Operand.make(layout, .float32)
      let alone = try Operand.make(layout, .float32)
      try CPUDevice.shared.reduce(.sum, operand, dims: dims, to: shared)
      let done = Lock(0)
      ThreadPool.shared.parallel(count: 2, grain: 1) { range in
        if range.contains(0) {
          try? CPUDevice.shared.reduce(.sum, operand, dims: dims, to: alone)
          done.withLock { $0 += 1 }
        }
      }
      #expect(done.withLock { $0 } == 1)
      let agree = shared.scalars == alone.scalars
      #expect(agree)
    }
  }
}

import Testing

@testable import Devices

/// What is computed late is what would have been computed at once, whoever is still interested in it.
@Suite struct PendingKernelTests {
  /// A block and what its elements are, computed at once.
  private struct Value {
    let late: Operand
    let want: [UInt8]
    let isWhole: Bool
  }

  @Test(arguments: 0..<300)
  func randomGraphs(seed: Int) throws {
    var numbers = SplitMix(seed: UInt64(seed))
    let dtypes: [DType] = [.float32, .float64, .int32, .bool]
    let shape = [[60], [3, 20], [7, 3], [300]].randomElement(using: &numbers)!
    var values: [Value] = try (0..<6).map { index in
      let dtype = index < 4 ? dtypes[index] : dtypes.randomElement(using: &numbers)!
      let operand = try Operand.random(shape, dtype, .wild, using: &numbers)
      return Value(late: operand, want: try bytes(operand), isWhole: false)
    }
    for step in 0..<Int.random(in: 1...60, using: &numbers) {
      let dtype = dtypes.randomElement(using: &numbers)!
      let kernel = Self.kernels.filter { $0.compiled[dtype].missing == nil }.randomElement(using: &numbers)!
      var arguments: [KernelArgument] = []
      for kind in kernel.inputs {
        let type = kind == .boolean ? DType.bool : dtype
        let fitting = values.filter { $0.late.dtype == type }
        if fitting.isEmpty || Int.random(in: 0..<5, using: &numbers) == 0 {
          arguments.append(.scalar(ElementKind.small.draw(type, &numbers)))
        } else {
          arguments.append(.operand(fitting.randomElement(using: &numbers)!.late))
        }
      }
      func outputs() throws -> [Operand] {
        try kernel.outputs.indices.map {
          try Operand.make(Layout(shape: shape), kernel.outputKind($0) == .boolean ? .bool : dtype)
        }
      }
      // At once, from copies of what the arguments are to be.
      let now = try outputs()
      let copies = try arguments.map { (argument) throws -> KernelArgument in
        guard case .operand(let operand) = argument else { return argument }
        return .operand(try copy(of: values.first { $0.late.storage === operand.storage && $0.late.layout == operand.layout }!))
      }
      try CPUDevice.shared.elementwise(kernel, dtype: dtype, inputs: copies, outputs: now)
      let late = try outputs()
      PendingKernel.leave(kernel, dtype: dtype, inputs: arguments, to: late)
      for (late, now) in zip(late, now) { values.append(Value(late: late, want: try bytes(now), isWhole: true)) }
      // Somebody loses interest, somebody looks.
      while values.count > 12 { values.remove(at: Int.random(in: 0..<values.count, using: &numbers)) }
      if step % 7 == 0 {
        let value = values.randomElement(using: &numbers)!
        #expect(try bytes(value.late) == value.want, "seed \(seed), step \(step)")
      }
      if step % 5 == 0, let place = values.indices.filter({ values[$0].isWhole }).randomElement(using: &numbers) {
        // A view of what is late: the first row again and again.
        let value = values[place]
        let view = Layout(shape: shape, strides: [0] + value.late.layout.strides.dropFirst(), offset: 0)
        let want = try bytes(copy(of: value).with(layout: view))
        values.append(Value(late: value.late.with(layout: view), want: want, isWhole: false))
      }
    }
    for (index, value) in values.shuffled(using: &numbers).enumerated() {
      #expect(try bytes(value.late) == value.want, "seed \(seed), value \(index)")
      #expect(!value.late.storage.isPending)
    }
  }

  private static let kernels: [ElementwiseKernel] =
    [Opcode.add, .sub, .mul, .neg, .abs, .maximum, .lt, .eq, .select, .bitNot, .floor, .sqrt].map { .instruction($0) } + [
      ElementwiseKernel { x in x * (x + 1) },
      ElementwiseKernel(inputs: [.value, .value]) { x in [x[0] + x[1], x[0] * x[1], x[0] .< x[1]] },
      ElementwiseKernel(inputs: [.boolean, .value]) { x in [x[0].select(x[1] * 2, x[1]), x[1]] },
    ]

  /// The elements in row-major order, all NaNs as one: a sum's NaN is that of either operand.
  private func bytes(_ operand: Operand) throws -> [UInt8] {
    let target = try Operand.make(Layout(shape: operand.shape), operand.dtype)
    try CPUDevice.shared.copy(operand, to: target)
    if operand.dtype.isFloatingPoint {
      for (index, value) in try target.values().enumerated() where value.isNaN { target.write(.double(.nan), at: index) }
    }
    let count = operand.count * operand.dtype.byteCount
    return withExtendedLifetime(target) { Array(UnsafeRawBufferPointer(start: target.storage.handle, count: count)) }
  }

  private func copy(of value: Value) throws -> Operand {
    let target = try Operand.make(Layout(shape: value.late.shape), value.late.dtype)
    value.want.withUnsafeBytes { target.storage.handle.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    return target
  }

  private func leave(_ opcode: Opcode, _ inputs: Operand...) throws -> Operand {
    let output = try Operand.make(inputs[0].layout, .float32)
    PendingKernel.leave(.instruction(opcode), dtype: .float32, inputs: inputs.map { .operand($0) }, to: [output])
    return output
  }

  private func ones(_ count: Int) throws -> Operand {
    let operand = try Operand.make(Layout(shape: [count]), .float32)
    try CPUDevice.shared.fill(operand, with: .double(1))
    return operand
  }

  @Test func writesWhatIsHeldInOnePass() throws {
    let x = try ones(50)
    let held = try leave(.add, x, x)
    var dropped: Operand? = try leave(.mul, held, x)
    let result = try leave(.sub, dropped!, held)
    let later = try leave(.add, result, x)
    weak let block = dropped!.storage
    dropped = nil
    #expect(block == nil)
    #expect(held.storage.isPending && result.storage.isPending)
    result.storage.compute()
    #expect(!held.storage.isPending && !result.storage.isPending && later.storage.isPending)
    #expect(held.storage.handle.load(as: Float.self) == 2 && later.storage.handle.load(as: Float.self) == 1)
  }

  @Test func releasesOperandsWhenDone() throws {
    var x: Operand? = try ones(50)
    weak let block = x!.storage
    let y = try leave(.add, x!, x!)
    let z = try leave(.mul, y, x!)
    x = nil
    #expect(block != nil)
    z.storage.compute()
    #expect(block == nil)
  }

  /// A chain neither grows without end nor is taken apart by recursion.
  @Test func longChains() throws {
    let x = try ones(10)
    var y = x
    for _ in 0..<100_000 { y = try leave(.add, y, x) }
    #expect(y.storage.handle.load(as: Float.self) == 100_001)
    var doubled = x
    // Every step is read twice by the next.
    for _ in 0..<100 { doubled = try leave(.maximum, doubled, doubled) }
    #expect(doubled.storage.handle.load(as: Float.self) == 1)
  }

  @Test func holdsFewOperands() throws {
    weak var first: Storage?
    var sum = try ones(10)
    for index in 0..<2 * PendingKernel.operandLimit {
      let x = try ones(10)
      if index == 0 { first = x.storage }
      sum = try leave(.add, sum, x)
    }
    #expect(first == nil)
    #expect(sum.storage.isPending)
    #expect(sum.storage.handle.load(as: Float.self) == Float(2 * PendingKernel.operandLimit + 1))
  }

  @Test func aCommandThatOverwritesComesAfterWhatWaits() throws {
    let x = try ones(10)
    let y = try leave(.add, x, x)
    try CPUDevice.shared.elementwise(.instruction(.neg), dtype: .float32, inputs: [.operand(x)], outputs: [y])
    #expect(y.storage.handle.load(as: Float.self) == -1)
  }
}

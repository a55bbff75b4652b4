import CKernels

/// The loops of a kernel, looked up once for every dtype in which it can be computed.
public struct CompiledKernels: Sendable {
  private let byDType: [CompiledKernel]

  init(_ program: KernelBuilder.Program) {
    byDType = DType.allCases.map { CompiledKernel(program, dtype: $0) }
  }

  /// - Parameter dtype: a dtype that computes; halves compute in float32.
  subscript(_ dtype: DType) -> CompiledKernel { byDType[Int(dtype.rawValue)] }
}

/// A kernel's program for one dtype of its values, as the CPU runs it: registers are runs of elements.
final class CompiledKernel: @unchecked Sendable {  // nothing changes after init; loops are code
  struct Step {
    let loop: fx_loop
    let target, a, b, c: Int
  }

  let steps: [Step]
  /// Bytes per element of every register.
  let elementSizes: [Int]
  /// The tile of every register: results share one where no instruction reads both any more, inputs and constants follow with one each.
  let tiles: [Int]
  let tileCount: Int
  /// The last step that reads a register: -1 for none, and one past the steps for what is given as an output.
  let lastUse: [Int]
  /// Bit patterns of the constants, in the dtype of their registers.
  let constants: [UInt64]
  /// The single loop of a program of one instruction that reads its inputs in order, each once, and gives that result.
  let singleLoop: fx_loop?
  /// The opcode that has no loop for this dtype, if any; some opcode where the formula is no kernel at all.
  let missing: Opcode?

  init(_ program: KernelBuilder.Program, dtype: DType) {
    let valueSize = dtype.computeDType.byteCount
    elementSizes = program.kinds.map { $0 == .value ? valueSize : 1 }
    constants = program.constants.enumerated().map { index, value in
      let kind = program.kinds[program.inputs.count + index]
      return bitPattern(of: value, as: kind == .boolean ? .bool : dtype.computeDType)
    }
    var steps: [Step] = []
    var missing: Opcode? = program.failure == nil ? nil : .add
    let first = program.inputs.count + program.constants.count
    for (index, instruction) in program.instructions.enumerated() {
      let type = instruction.kind == .boolean ? .bool : dtype.computeDType
      guard let loop = instruction.opcode.loops[type] else {
        missing = instruction.opcode
        break
      }
      steps.append(Step(loop: loop, target: first + index, a: instruction.a, b: instruction.b, c: instruction.c))
    }
    self.steps = steps
    self.missing = missing
    lastUse = CompiledKernel.lastUse(program, steps)
    (tiles, tileCount) = CompiledKernel.tiles(program, steps, elementSizes, lastUse)
    let isSingle =
      steps.count == 1 && program.outputs == [first] && program.constants.isEmpty
      && program.instructions[0].opcode.arity == program.inputs.count
      && Array([steps[0].a, steps[0].b, steps[0].c].prefix(program.inputs.count)) == Array(program.inputs.indices)
    singleLoop = isSingle && missing == nil ? steps[0].loop : nil
  }

  private static func lastUse(_ program: KernelBuilder.Program, _ steps: [Step]) -> [Int] {
    var lastUse = [Int](repeating: -1, count: program.kinds.count)
    for (index, step) in steps.enumerated() {
      for register in [step.a, step.b, step.c] { lastUse[register] = index }
    }
    for register in program.outputs { lastUse[register] = steps.count }
    return lastUse
  }

  /// Gives every register a tile, results first: those that are in use stay in the first-level cache only where they are few.
  private static func tiles(
    _ program: KernelBuilder.Program, _ steps: [Step], _ elementSizes: [Int], _ lastUse: [Int]
  ) -> (tiles: [Int], count: Int) {
    let first = program.inputs.count + program.constants.count
    var tiles = [Int](repeating: 0, count: program.kinds.count)
    var free: [Int] = []
    var count = 0
    for (index, step) in steps.enumerated() {
      let ending = Set([step.a, step.b, step.c].filter { $0 >= first && lastUse[$0] == index })
      // A result may lie where an operand does: every element is read before it is written. Not where sizes differ.
      let (before, after) = (ending.filter { elementSizes[$0] == elementSizes[step.target] }, ending)
      free += before.map { tiles[$0] }
      if let tile = free.popLast() {
        tiles[step.target] = tile
      } else {
        tiles[step.target] = count
        count += 1
      }
      free += after.subtracting(before).map { tiles[$0] }
    }
    for register in 0..<first { tiles[register] = count + register }
    return (tiles, count + first)
  }
}

extension fx_loops {
  subscript(_ dtype: DType) -> fx_loop? {
    switch dtype {
    case .bool: boolean
    case .uint8: uint8
    case .int8: int8
    case .int16: int16
    case .int32: int32
    case .int64: int64
    case .float32, .float16, .bfloat16: float32
    case .float64: float64
    }
  }
}

/// The bytes of a number in a dtype, in the low end of a word.
func bitPattern(of value: Scalar, as dtype: DType) -> UInt64 {
  switch dtype {
  case .bool: value.boolValue ? 1 : 0
  case .uint8: UInt64(UInt8(value))
  case .int8: UInt64(UInt8(bitPattern: Int8(value)))
  case .int16: UInt64(UInt16(bitPattern: Int16(value)))
  case .int32: UInt64(UInt32(bitPattern: Int32(value)))
  case .int64: UInt64(bitPattern: value.intValue)
  case .float16: UInt64(Half(value).bitPattern)
  case .bfloat16: UInt64(BFloat16(value).bitPattern)
  case .float32: UInt64(Float(value).bitPattern)
  case .float64: value.doubleValue.bitPattern
  }
}

@testable import Devices

/// A random straight-line program with everything that it runs on.
struct RandomProgram: CustomStringConvertible {
  let kernel: ElementwiseKernel
  let dtype: DType
  /// Operands on the reference device.
  let arguments: [KernelArgument]
  let shape: [Int]
  /// The results' memory on the reference device: an operand to write, or the number of the input that is written over.
  let results: [Result]

  enum Result {
    case operand(Operand)
    case input(Int)
  }

  /// Exact instructions alone, in any dtype.
  init(exactUsing numbers: inout TestNumbers) {
    let dtype = DType.allCases.randomElement(using: &numbers)!
    let opcodes = Self.exactOpcodes(of: dtype)
    self.init(dtype, numbers.int(1...12), mixesDTypes: true, using: &numbers) { pool, numbers in
      pool.append(opcodes.randomElement(using: &numbers)!, using: &numbers)
    }
  }

  /// Exact instructions on floats, for gradients.
  init(exactFloatsUsing numbers: inout TestNumbers) {
    let dtype: DType = numbers.bool() ? .float64 : .float32
    let opcodes = Self.exactOpcodes(of: dtype)
    self.init(dtype, numbers.int(1...8), mixesDTypes: false, using: &numbers) { pool, numbers in
      pool.append(opcodes.randomElement(using: &numbers)!, using: &numbers)
    }
  }

  /// Exact instructions on contiguous operands of the program's dtype, which can be run in place of the caller.
  init(directUsing numbers: inout TestNumbers) {
    let dtype = DType.allCases.filter { $0.computeDType == $0 }.randomElement(using: &numbers)!
    let opcodes = Self.exactOpcodes(of: dtype)
    self.init(dtype, numbers.int(1...6), mixesDTypes: false, forms: [.contiguous], using: &numbers) { pool, numbers in
      pool.append(opcodes.randomElement(using: &numbers)!, using: &numbers)
    }
  }

  private static func exactOpcodes(of dtype: DType) -> [Opcode] {
    Opcode.allCases.filter {
      ($0.isExact || dtype.isIntegral) && !($0.isDivision && dtype.isIntegral) && $0 != .select
        && $0.value(.int(1), .int(1), .int(1), in: dtype) != nil
    }
  }

  /// One instruction that is accurate to some places.
  init(_ opcode: Opcode, using numbers: inout TestNumbers) {
    let dtype = [DType.float16, .bfloat16, .float32, .float64].randomElement(using: &numbers)!
    self.init(
      kernel: opcode.kernelForAnyOperands, dtype, shape: Self.shape(using: &numbers), mixesDTypes: true, using: &numbers,
      resultDType: dtype)
  }

  private init(
    _ dtype: DType, _ length: Int, mixesDTypes: Bool, forms: [Form] = Form.allCases, using numbers: inout TestNumbers,
    step: (inout Pool, inout TestNumbers) -> Void
  ) {
    let count = numbers.int(1...4)
    let kinds = (0..<count).map { ElementwiseKernel.Kind.init(rawValue: $0 > 0 && numbers.int(0...5) == 0 ? 1 : 0)! }
    let resultCount = numbers.int(1...3)
    let kernel = ElementwiseKernel(inputs: kinds) { inputs in
      var pool = Pool(inputs: inputs, isBoolean: dtype == .bool)
      for _ in 0..<length { step(&pool, &numbers) }
      // The last result, and any others, inputs and constants among them.
      return [pool.all.last!] + (1..<resultCount).map { _ in pool.all.randomElement(using: &numbers)! }
    }
    self.init(
      kernel: kernel, dtype, shape: Self.shape(using: &numbers), mixesDTypes: mixesDTypes, forms: forms, using: &numbers)
  }

  private init(
    kernel: ElementwiseKernel, _ dtype: DType, shape: [Int], mixesDTypes: Bool, forms: [Form] = Form.allCases,
    using numbers: inout TestNumbers, resultDType: DType? = nil
  ) {
    func other(_ dtype: DType) -> DType {
      mixesDTypes && numbers.int(0...3) == 0 ? DType.allCases.randomElement(using: &numbers)! : dtype
    }
    var arguments: [KernelArgument] = []
    var writable: [Int] = []
    for (index, kind) in kernel.inputs.enumerated() {
      let type = kind == .boolean ? DType.bool : other(dtype)
      if numbers.int(0...4) == 0 {
        let value = type.randomValue(using: &numbers)
        arguments.append(.scalar(dtype.isIntegral && kind == .value ? value.stored(as: .int16) : value))
      } else {
        let form = forms.randomElement(using: &numbers)!
        if form != .expanded { writable.append(index) }
        arguments.append(
          .operand(.model(shape, type, form, of: type.randomValues(40, using: &numbers), using: &numbers)))
      }
    }
    results = kernel.outputs.indices.map { index in
      let own = kernel.outputKind(index) == .boolean ? DType.bool : dtype
      if numbers.int(0...3) == 0,
        let place = writable.firstIndex(where: {
          if case .operand(let operand) = arguments[$0] { operand.dtype == own } else { false }
        })
      {
        return .input(writable.remove(at: place))
      }
      let type = resultDType ?? other(own)
      return .operand(.model(shape, type, forms.filter { $0 != .expanded }.randomElement(using: &numbers)!, using: &numbers))
    }
    self.kernel = kernel
    self.dtype = dtype
    self.arguments = arguments
    self.shape = shape
  }

  private static func shape(using numbers: inout TestNumbers) -> [Int] {
    switch numbers.int(0...99) {
    case 0: [numbers.int(1000...2100)]
    case 1: [numbers.int(1...3), numbers.int(500...1100)]
    default: (0..<numbers.int(0...4)).map { _ in numbers.int(0...20) == 0 ? 0 : numbers.int(1...4) }
    }
  }

  /// Runs the program in copies of its memory.
  func run(on device: any Device) throws(TensorError) -> [Operand] {
    let (arguments, outputs) = try copies(on: device)
    try device.elementwise(kernel, dtype: dtype, inputs: arguments, outputs: outputs)
    return outputs
  }

  /// Runs the program by itself, without a device, in copies of its memory.
  func runDirectly() throws(TensorError) -> [Operand] {
    func address(_ operand: Operand) -> UnsafeMutableRawPointer {
      operand.storage.handle + operand.layout.offset * operand.dtype.byteCount
    }
    let (arguments, outputs) = try copies(on: ReferenceDevice.shared)
    // The kernel is given addresses, which keep nothing alive.
    withExtendedLifetime((arguments, outputs)) {
      let direct = zip(arguments, kernel.inputs).map { argument, kind in
        switch argument {
        case .operand(let operand): DirectArgument(address(operand))
        case .scalar(let value): DirectArgument(value, dtype: kind == .boolean ? .bool : dtype)
        }
      }
      let count = outputs[0].count
      if outputs.count == 1 && direct.count <= 2 {
        kernel.runDirect(
          dtype: dtype, count: count, direct[0], direct.count == 2 ? direct[1] : .unused, to: address(outputs[0]))
      } else {
        direct.withUnsafeBufferPointer { direct in
          outputs.map(address).withUnsafeBufferPointer { outputs in
            kernel.runDirect(dtype: dtype, count: count, arguments: direct, outputs: outputs, isInPlace: true)
          }
        }
      }
    }
    return outputs
  }

  private func copies(on device: any Device) throws(TensorError) -> (arguments: [KernelArgument], outputs: [Operand]) {
    let arguments = try arguments.map { (argument) throws(TensorError) -> KernelArgument in
      guard case .operand(let operand) = argument else { return argument }
      return .operand(try operand.on(device))
    }
    let outputs = try results.map { (result) throws(TensorError) -> Operand in
      switch result {
      case .operand(let operand): return try operand.on(device)
      case .input(let index):
        guard case .operand(let operand) = arguments[index] else { preconditionFailure("a scalar is no place") }
        return operand
      }
    }
    return (arguments, outputs)
  }

  var description: String {
    var lines = ["\(dtype.name) \(shape)"]
    for (index, argument) in arguments.enumerated() {
      switch argument {
      case .operand(let operand):
        lines.append("r\(index) = \(operand.dtype.name) \(operand.layout.strides)+\(operand.layout.offset)")
      case .scalar(let value): lines.append("r\(index) = \(value)")
      }
    }
    for (index, value) in kernel.constants.enumerated() { lines.append("r\(kernel.inputs.count + index) = constant \(value)") }
    for (index, step) in kernel.instructions.enumerated() {
      let operands = [step.a, step.b, step.c].prefix(step.opcode.arity).map { "r\($0)" }
      lines.append("r\(kernel.inputs.count + kernel.constants.count + index) = \(step.opcode)(\(operands.joined(separator: ", ")))")
    }
    for (register, result) in zip(kernel.outputs, results) {
      switch result {
      case .operand(let operand):
        lines.append("r\(register) → \(operand.dtype.name) \(operand.layout.strides)+\(operand.layout.offset)")
      case .input(let index): lines.append("r\(register) → r\(index)")
      }
    }
    return lines.joined(separator: "; ")
  }
}

/// What a program has computed so far.
private struct Pool {
  private let inputs: [Expression]
  private(set) var all: [Expression]
  /// In a boolean kernel numbers are booleans.
  private let isBoolean: Bool

  init(inputs: [Expression], isBoolean: Bool) {
    self.inputs = inputs
    all = inputs
    self.isBoolean = isBoolean
  }

  private func any(_ kind: ElementwiseKernel.Kind, in pool: [Expression], using numbers: inout TestNumbers) -> Expression? {
    pool.filter { $0.kind == kind }.randomElement(using: &numbers)
  }

  private func number(using numbers: inout TestNumbers) -> Expression {
    // The first input is a number.
    numbers.int(0...7) == 0 && !isBoolean
      ? inputs[0].constant([0, -0.0, 1, -1, 2, 3, 0.5].randomElement(using: &numbers)!)
      : any(.value, in: all, using: &numbers)!
  }

  /// Appends the opcode's result for random operands, or a choice, or an operation on booleans.
  mutating func append(_ opcode: Opcode, using numbers: inout TestNumbers) {
    let kind = numbers.int(0...9)
    if kind < 2, let condition = any(.boolean, in: all, using: &numbers) {
      if kind == 0 {
        all.append(condition.select(number(using: &numbers), number(using: &numbers)))
      } else {
        let other = any(.boolean, in: all, using: &numbers)!
        let logical = [Opcode.bitAnd, .bitOr, .bitXor, .bitNot, .eq, .ne, .lt, .ge].randomElement(using: &numbers)!
        all.append(logical == .bitNot ? .!condition : condition.binary(logical, other))
      }
      return
    }
    let x = number(using: &numbers)
    switch opcode {
    // The sign of a NaN that was computed is the processor's choice.
    case .signBit: all.append(any(.value, in: inputs, using: &numbers)!.unary(opcode))
    case .copysign: all.append(x.binary(opcode, any(.value, in: inputs, using: &numbers)!))
    // Constant exponents become roots and reciprocals, which integers do not have.
    case .pow: all.append(x.binary(opcode, any(.value, in: all, using: &numbers)!))
    default: all.append(opcode.arity == 1 ? x.unary(opcode) : x.binary(opcode, number(using: &numbers)))
    }
  }
}

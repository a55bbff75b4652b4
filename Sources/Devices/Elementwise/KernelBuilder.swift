/// Writes a kernel's program: equal instructions are written once, those that change nothing are not written, and what no output
/// reads is dropped at the end.
final class KernelBuilder {
  enum Entry: Hashable {
    case input(Int)
    case constant(Scalar)
    case instruction(Opcode, Int, Int, Int)
  }

  struct Program {
    var inputs: [ElementwiseKernel.Kind] = []
    var constants: [Scalar] = []
    var instructions: [ElementwiseKernel.Instruction] = []
    var outputs: [Int] = []
    var kinds: [ElementwiseKernel.Kind] = []
    /// Why what was written is no kernel.
    var failure: TensorError?

    var divides: Bool { instructions.contains { $0.opcode.isDivision } }
  }

  private(set) var entries: [Entry] = []
  private(set) var kinds: [ElementwiseKernel.Kind] = []
  private var known: [Entry: Int] = [:]
  private var inputKinds: [ElementwiseKernel.Kind] = []
  /// The first mistake of whoever wrote the formula. The kernel tells it when it is called, where an error has somewhere to go.
  private var failure: TensorError?

  func input(_ kind: ElementwiseKernel.Kind) -> Expression {
    inputKinds.append(kind)
    return add(.input(inputKinds.count - 1), kind)
  }

  func constant(_ value: Scalar) -> Expression {
    if case .bool = value { return add(.constant(value), .boolean) }
    // Zeros of both signs are equal, and yet another constant.
    if value == .double(0), value.doubleValue.sign == .minus { return append(.constant(value), .value) }
    return add(.constant(value), .value)
  }

  func emit(_ opcode: Opcode, _ arguments: [Expression]) -> Expression {
    if let mistake = mistake(opcode, arguments) {
      failure = failure ?? .type("\(opcode) in an elementwise kernel: \(mistake)")
      return constant(.double(0))
    }
    let ids = arguments.map(\.id)
    if let simpler = simplified(opcode, ids) { return simpler }
    var a = ids[0]
    var b = ids.count > 1 ? ids[1] : a
    if opcode.isCommutative && b < a { swap(&a, &b) }
    let c = ids.count > 2 ? ids[2] : a
    let kind: ElementwiseKernel.Kind = opcode.isTest ? .boolean : kinds[ids.last!]
    return add(.instruction(opcode, a, b, c), kind)
  }

  private func mistake(_ opcode: Opcode, _ arguments: [Expression]) -> String? {
    guard arguments.count == opcode.arity else { return "it takes \(opcode.arity) values but got \(arguments.count)" }
    guard arguments.allSatisfy({ $0.builder === self }) else { return "a value belongs to another kernel" }
    let values = opcode == .select ? arguments.dropFirst() : arguments[...]
    let last = values.last!.kind
    guard values.allSatisfy({ $0.kind == last }), opcode != .select || arguments[0].kind == .boolean else {
      return "booleans and numbers do not mix; make numbers of booleans with select"
    }
    return nil
  }

  private func add(_ entry: Entry, _ kind: ElementwiseKernel.Kind) -> Expression {
    if let id = known[entry] { return Expression(builder: self, id: id) }
    let result = append(entry, kind)
    known[entry] = result.id
    return result
  }

  private func append(_ entry: Entry, _ kind: ElementwiseKernel.Kind) -> Expression {
    entries.append(entry)
    kinds.append(kind)
    return Expression(builder: self, id: entries.count - 1)
  }

  private func number(_ id: Int) -> Double? {
    if case .constant(let value) = entries[id] { return value.doubleValue }
    return nil
  }

  /// What changes no bit of any result, NaN and signed zeros included, x·1, x/1 and x+x; and small powers, which PyTorch computes
  /// like this too.
  private func simplified(_ opcode: Opcode, _ ids: [Int]) -> Expression? {
    let x = Expression(builder: self, id: ids[0])
    switch opcode {
    case .mul:
      if number(ids[1]) == 1 { return x }
      if number(ids[0]) == 1 { return Expression(builder: self, id: ids[1]) }
    case .add:
      if ids[0] == ids[1] && x.kind == .value { return x * 2 }
    case .div:
      if number(ids[1]) == 1 { return x }
    case .pow:
      switch number(ids[1]) {
      case 1: return x
      case 2: return emit(.mul, [x, x])
      case 3: return emit(.mul, [emit(.mul, [x, x]), x])
      case 0.5: return emit(.sqrt, [x])
      case -0.5: return emit(.rsqrt, [x])
      case -1: return emit(.reciprocal, [x])
      case -2: return emit(.inverseSquare, [x])
      default: return nil
      }
    default: return nil
    }
    return nil
  }

  /// The program of the given outputs. Every input stays, read or not: its place is the caller's.
  func finish(outputs: [Expression]) -> Program {
    if !outputs.allSatisfy({ $0.builder === self }) {
      failure = failure ?? .type("a result of an elementwise kernel belongs to another kernel")
    }
    let outputs = failure == nil ? outputs.map(\.id) : outputs.map { _ in constant(.double(0)).id }
    var needed = [Bool](repeating: false, count: entries.count)
    for id in outputs { needed[id] = true }
    for id in entries.indices.reversed() where needed[id] {
      if case .instruction(_, let a, let b, let c) = entries[id] {
        needed[a] = true
        needed[b] = true
        needed[c] = true
      }
    }
    var program = Program(inputs: inputKinds, failure: failure)
    var place = [Int](repeating: -1, count: entries.count)
    program.kinds = inputKinds
    for (id, entry) in entries.enumerated() {
      if case .input(let index) = entry { place[id] = index }
    }
    for (id, entry) in entries.enumerated() where needed[id] {
      if case .constant(let value) = entry {
        place[id] = program.kinds.count
        program.kinds.append(kinds[id])
        program.constants.append(value)
      }
    }
    for (id, entry) in entries.enumerated() where needed[id] {
      if case .instruction(let opcode, let a, let b, let c) = entry {
        place[id] = program.kinds.count
        program.kinds.append(kinds[id])
        program.instructions.append(
          .init(opcode: opcode, a: place[a], b: place[b], c: place[c], kind: opcode.isTest ? kinds[a] : kinds[id]))
      }
    }
    program.outputs = outputs.map { place[$0] }
    return program
  }
}

extension KernelBuilder {
  /// The kernel of the given outputs with only the inputs that they read, and which those are.
  func pruned(outputs: [Expression]) -> (kernel: ElementwiseKernel, kept: [Int]) {
    let program = finish(outputs: outputs)
    var read = Set(program.outputs)
    for instruction in program.instructions { read.formUnion([instruction.a, instruction.b, instruction.c]) }
    let kept = program.inputs.indices.filter { read.contains($0) }
    let fresh = KernelBuilder()
    var registers = [Expression?](repeating: nil, count: program.inputs.count)
    for index in kept { registers[index] = fresh.input(program.inputs[index]) }
    fresh.write(program.constants, program.instructions, in: &registers)
    return (ElementwiseKernel(fresh, outputs: program.outputs.map { registers[$0]! }), kept)
  }

  /// Writes a kernel's program over the given inputs.
  ///
  /// - Returns: the kernel's results.
  func append(_ kernel: ElementwiseKernel, _ inputs: [Expression]) -> [Expression] {
    var registers: [Expression?] = inputs
    write(kernel.constants, kernel.instructions, in: &registers)
    return kernel.outputs.map { registers[$0]! }
  }

  /// - Parameter registers: the inputs, nil where no instruction reads one; the rest is added.
  private func write(
    _ constants: [Scalar], _ instructions: [ElementwiseKernel.Instruction], in registers: inout [Expression?]
  ) {
    for value in constants { registers.append(constant(value)) }
    for instruction in instructions {
      let operands = [instruction.a, instruction.b, instruction.c].prefix(instruction.opcode.arity)
      registers.append(emit(instruction.opcode, operands.map { registers[$0]! }))
    }
  }
}

/// The derivative of a kernel: another kernel, which reads only what it needs of the inputs, the results and the incoming
/// gradients.
public final class Pullback: Sendable {
  public enum Source: Sendable, Hashable {
    case input(Int)
    case output(Int)
    case gradient(Int)
  }

  /// Computes one gradient for each input in `targets`.
  public let kernel: ElementwiseKernel
  /// What the kernel's inputs are.
  public let sources: [Source]
  /// The inputs whose gradients the kernel's outputs are.
  public let targets: [Int]
  /// An instruction without a derivative that a gradient would have to pass. The kernel is then wrong and must not be run.
  public let undefined: Opcode?

  /// Whether it reads any of the incoming gradients; otherwise all gradients are zero.
  public let readsGradients: Bool

  /// Whether every gradient is that of the result as it comes: the derivative of a sum.
  public let passesGradient: Bool
  /// Whether it has one or two targets and reads the gradient of the first result after at most two other values.
  public let isSimple: Bool
  /// Which it reads of the inputs and results: bit i for input i of the first two, bit 2 for the first result. nil where there are more of them.
  public let fewReads: UInt8?

  init(of kernel: ElementwiseKernel, mask: Int) {
    let builder = KernelBuilder()
    var sources: [Source] = []
    var registers: [Expression] = []
    // Every possible source first; those that nothing reads are dropped below.
    for (index, kind) in kernel.inputs.enumerated() {
      sources.append(.input(index))
      registers.append(builder.input(kind))
    }
    for value in kernel.constants { registers.append(builder.constant(value)) }
    var saved: [Int: Expression] = [:]
    for (index, register) in kernel.outputs.enumerated() {
      sources.append(.output(index))
      saved[register] = builder.input(kernel.kinds[register])
    }
    let first = registers.count
    // A result that is an output is read, not computed again; other intermediate values are.
    for (index, instruction) in kernel.instructions.enumerated() {
      if let output = saved[first + index] {
        registers.append(output)
      } else {
        let arguments = [instruction.a, instruction.b, instruction.c].prefix(instruction.opcode.arity).map { registers[$0] }
        registers.append(builder.emit(instruction.opcode, Array(arguments)))
      }
    }
    // What has reached each register so far. A gradient of zero isn't passed on.
    var gradients = [[GuardedGradient]](repeating: [], count: registers.count)
    for (index, register) in kernel.outputs.enumerated() where kernel.kinds[register] == .value {
      sources.append(.gradient(index))
      gradients[register].append(GuardedGradient(builder.input(.value)))
    }
    // Only what depends on an input in question passes a gradient on.
    let targets = kernel.inputs.indices.filter { mask & (1 << $0) != 0 && kernel.inputs[$0] == .value }
    var depends = registers.indices.map { targets.contains($0) }
    for (index, instruction) in kernel.instructions.enumerated() {
      depends[first + index] =
        kernel.kinds[first + index] == .value && (depends[instruction.a] || depends[instruction.b] || depends[instruction.c])
    }
    var undefined: Opcode?
    for (index, instruction) in kernel.instructions.enumerated().reversed() where depends[first + index] {
      if gradients[first + index].isEmpty { continue }
      let g = GuardedGradient.sum(gradients[first + index])
      let operands = Array([instruction.a, instruction.b, instruction.c].prefix(instruction.opcode.arity))
      guard operands.indices.allSatisfy({ !depends[operands[$0]] || instruction.opcode.isDifferentiable(in: $0) }) else {
        undefined = instruction.opcode
        continue
      }
      let contributions = instruction.opcode.derivative(
        operands.map { registers[$0] }, result: registers[first + index], g.value)
      for (operand, contribution) in zip(operands, contributions) {
        guard let contribution, !contribution.isZero, depends[operand] else { continue }
        gradients[operand].append(GuardedGradient(contribution, after: g.guards))
      }
    }
    let results = targets.map { gradients[$0].isEmpty ? builder.constant(.double(0)) : GuardedGradient.sum(gradients[$0]).chosen }
    let (pruned, kept) = builder.pruned(outputs: results)
    self.kernel = pruned
    self.sources = kept.map { sources[$0] }
    self.targets = targets
    readsGradients = self.sources.contains { if case .gradient = $0 { true } else { false } }
    self.undefined = undefined
    passesGradient =
      undefined == nil && pruned.instructions.isEmpty && self.sources == [.gradient(0)] && pruned.outputs.allSatisfy { $0 == 0 }
    var reads: UInt8? = kernel.inputs.count <= 2 && kernel.outputs.count == 1 ? 0 : nil
    for source in self.sources {
      switch source {
      case .input(let index): reads = reads.map { $0 | 1 << index }
      case .output: reads = reads.map { $0 | 4 }
      case .gradient: break
      }
    }
    fewReads = reads
    isSimple =
      undefined == nil && reads != nil && self.sources.count <= 3 && self.sources.last == .gradient(0) && 1...2 ~= targets.count
      && pruned.inputs.allSatisfy { $0 == .value }
  }
}

import Synchronization

/// One run of an elementwise kernel that was asked for and waits, so that it can be done in one pass with what follows.
///
/// A pending kernel refers to the pending kernels whose results it reads: together they are a graph, older ones below. It refers to the memory
/// of its results weakly. When a result is needed, the kernel and all pending ones below it run as one kernel, which writes what somebody
/// still holds; what nobody holds is never written.
///
/// Nobody can observe the delay, since tensors are values: the elements that a pending kernel reads stay as they are while it holds them.
final class PendingKernel: @unchecked Sendable {
  // Sendable because what changes does so within the lock.

  /// What the elements of a block wait for.
  typealias Result = (kernel: PendingKernel, output: Int)

  enum Input {
    case scalar(Scalar)
    /// Elements that are there.
    case operand(Operand)
    case pending(PendingKernel, output: Int)
  }

  /// A result: where it goes, if anybody still holds the block, and once it has been computed the block.
  struct Output {
    weak var target: Storage?
    let dtype: DType
    var computed: Storage?
  }

  /// Instructions that may wait together. Longer chains gain little more, and a run takes as long as its kernel.
  static let instructionLimit = 96
  /// Blocks that a graph may hold: what waits keeps its operands where its result would have been all.
  static let operandLimit = 12

  /// Rises with every one made: a kernel's inputs have smaller ids than it.
  let id: UInt64
  let kernel: ElementwiseKernel
  /// In which all kernels of a graph compute.
  let dtype: DType
  /// Of all results, and of those of the pending inputs.
  let layout: Layout
  let lock = LockWord()
  /// Within the lock; empty when all results are there.
  var inputs: [Input]
  /// Within the lock.
  var outputs: [Output]
  /// At most so many instructions and operands are in the graph.
  fileprivate let size: Size

  struct Size {
    var instructions: Int
    var operands: Int

    var isWithinLimits: Bool { instructions <= instructionLimit && operands <= operandLimit }

    static func + (a: Size, b: Size) -> Size {
      Size(instructions: a.instructions + b.instructions, operands: a.operands + b.operands)
    }
  }

  private static let lastID = Atomic<UInt64>(0)

  private init(
    _ kernel: ElementwiseKernel, dtype: DType, layout: Layout, inputs: [Input], outputs: [Operand], size: Size
  ) {
    id = PendingKernel.lastID.wrappingAdd(1, ordering: .relaxed).newValue
    self.kernel = kernel
    self.dtype = dtype
    self.layout = layout
    self.inputs = inputs
    self.outputs = outputs.map { Output(target: $0.storage, dtype: $0.dtype, computed: nil) }
    self.size = size
  }

  /// Leaves the outputs to a kernel that runs later.
  ///
  /// - Parameters:
  ///   - dtype: One that computes in itself: a graph computes in one dtype, and rounds nothing on the way.
  ///   - inputs: Operands of the outputs' shape.
  ///   - outputs: Whole blocks of one layout that nobody else knows yet.
  static func leave(_ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], to outputs: [Operand]) {
    let layout = outputs[0].layout
    var joined = zip(inputs, kernel.inputs).map { argument, kind -> Input in
      switch argument {
      case .scalar(let value): return .scalar(value)
      case .operand(let operand):
        guard let (pending, output) = operand.storage.pending, pending.gives(operand, of: kind, in: layout, dtype, output)
        else { return .operand(operand) }
        return .pending(pending, output: output)
      }
    }
    let own = kernel.instructions.count
    var size = joined.reduce(Size(instructions: own, operands: 0)) { $0 + $1.size }
    if !size.isWithinLimits {
      // A graph is no tree: what is reached in two ways was counted twice.
      size = PendingKernel.size(below: joined) + Size(instructions: own, operands: 0)
    }
    if !size.isWithinLimits {
      joined = zip(inputs, joined).map { argument, input in
        if case .operand(let operand) = argument { .operand(operand) } else { input }
      }
      size = joined.reduce(Size(instructions: own, operands: 0)) { $0 + $1.size }
    }
    for case .operand(let operand) in joined { operand.storage.compute() }
    let made = PendingKernel(kernel, dtype: dtype, layout: layout, inputs: joined, outputs: outputs, size: size)
    for (index, output) in outputs.enumerated() { output.storage.wait(for: (made, index)) }
  }

  /// Whether an operand is this kernel's result as it stands, for a kernel of the same shape and dtype.
  private func gives(
    _ operand: Operand, of kind: ElementwiseKernel.Kind, in layout: Layout, _ dtype: DType, _ output: Int
  ) -> Bool {
    self.dtype == dtype && kernel.outputKind(output) == kind && operand.layout == self.layout && layout == self.layout
  }

  /// The size of the graph below, in which everything counts once.
  private static func size(below inputs: [Input]) -> Size {
    var size = Size(instructions: 0, operands: 0)
    var known = Set<ObjectIdentifier>()
    var waiting = inputs
    while let input = waiting.popLast() {
      switch input {
      case .scalar: break
      case .operand(let operand):
        if known.insert(ObjectIdentifier(operand.storage)).inserted { size.operands += 1 }
      case .pending(let kernel, _):
        guard known.insert(ObjectIdentifier(kernel)).inserted else { continue }
        size.instructions += kernel.kernel.instructions.count
        waiting += kernel.lock.withLock { kernel.inputs }
      }
    }
    return size
  }
}

extension PendingKernel.Input {
  fileprivate var size: PendingKernel.Size {
    switch self {
    case .scalar: PendingKernel.Size(instructions: 0, operands: 0)
    case .operand: PendingKernel.Size(instructions: 0, operands: 1)
    case .pending(let kernel, _): kernel.size
    }
  }
}

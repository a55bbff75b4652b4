/// Several kernels as one: which kernels, what feeds which, and what comes out. Two plans are equal where one kernel serves both.
struct FusedPlan: Hashable {
  enum Source {
    case argument(KernelArgument)
    /// A result of the member of this number.
    case member(Int, output: Int)
  }

  /// What the fused kernel reads, each once, in its order.
  private(set) var arguments: [KernelArgument] = []
  private var kinds: [ElementwiseKernel.Kind] = []
  private(set) var members: [ElementwiseKernel] = []
  /// For every member in turn where its inputs come from: the argument of this number, or, below zero, a result.
  private var inputs: [Int] = []
  private var outputs: [Int] = []

  /// Adds a kernel that runs after those that were added before it.
  mutating func add(_ kernel: ElementwiseKernel, _ sources: [Source]) {
    for (source, kind) in zip(sources, kernel.inputs) {
      switch source {
      case .member(let member, let output): inputs.append(FusedPlan.word(member, output))
      case .argument(let argument):
        if let known = arguments.indices.first(where: { arguments[$0].isSame(as: argument) && kinds[$0] == kind }) {
          inputs.append(known)
        } else {
          inputs.append(arguments.count)
          arguments.append(argument)
          kinds.append(kind)
        }
      }
    }
    members.append(kernel)
  }

  mutating func addOutput(_ output: Int, ofMember member: Int) { outputs.append(FusedPlan.word(member, output)) }

  private static func word(_ member: Int, _ output: Int) -> Int { -1 - (member << 8 | output) }

  static func == (a: FusedPlan, b: FusedPlan) -> Bool {
    a.inputs == b.inputs && a.outputs == b.outputs && a.members.elementsEqual(b.members, by: ===)
  }

  func hash(into hasher: inout Hasher) {
    for kernel in members { hasher.combine(ObjectIdentifier(kernel)) }
    hasher.combine(inputs)
    hasher.combine(outputs)
  }

  /// The kernel that does it all.
  func fused() -> ElementwiseKernel {
    let builder = KernelBuilder()
    let arguments = kinds.map { builder.input($0) }
    var results: [[Expression]] = []
    func value(_ word: Int) -> Expression {
      word >= 0 ? arguments[word] : results[(-1 - word) >> 8][(-1 - word) & 0xFF]
    }
    var place = 0
    for kernel in members {
      results.append(builder.append(kernel, inputs[place..<place + kernel.inputs.count].map(value)))
      place += kernel.inputs.count
    }
    return ElementwiseKernel(builder, outputs: outputs.map(value))
  }

  /// Whether it is one kernel as it stands.
  var isSingle: Bool {
    members.count == 1 && inputs == Array(0..<inputs.count)
      && outputs == members[0].outputs.indices.map { FusedPlan.word(0, $0) }
  }

  /// The plan as a key, which holds no memory of tensors.
  var withoutArguments: FusedPlan {
    var copy = self
    copy.arguments = []
    return copy
  }
}

extension KernelArgument {
  fileprivate func isSame(as other: KernelArgument) -> Bool {
    switch (self, other) {
    case (.operand(let a), .operand(let b)): a.storage === b.storage && a.dtype == b.dtype && a.layout == b.layout
    // Zeros of both signs are equal, and yet other numbers.
    case (.scalar(.double(let a)), .scalar(.double(let b))): a.bitPattern == b.bitPattern
    case (.scalar(let a), .scalar(let b)): a == b
    default: false
    }
  }
}

/// The fused kernels of the process: a training loop asks for the same ones at every step.
final class FusedKernels: Sendable {
  static let shared = FusedKernels()

  /// A program makes few; one that makes ever new ones starts over from time to time.
  private static let limit = 1024

  private let known = Lock<[FusedPlan: ElementwiseKernel]>([:])

  func kernel(for plan: FusedPlan) -> ElementwiseKernel {
    if plan.isSingle { return plan.members[0] }
    if let kernel = known.withLock({ $0[plan] }) { return kernel }
    let made = plan.fused()
    known.withLock { known in
      if known.count >= FusedKernels.limit { known = [:] }
      known[plan.withoutArguments] = made
    }
    return made
  }
}

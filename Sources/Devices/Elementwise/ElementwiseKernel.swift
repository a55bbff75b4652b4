/// A short straight-line program over broadcast inputs: one instruction or twenty, one mechanism.
///
/// The program names no dtype. It is computed in the dtype that promotion finds for its inputs; tests give booleans, and `select`
/// reads one. A kernel is made once and kept: it holds what each device compiles from it, and its derivatives.
///
///     let mish = ElementwiseKernel { x in x * x.softplus().tanh() }
public final class ElementwiseKernel: Sendable {
  /// What a register holds: a number of the kernel's dtype, or a boolean.
  public enum Kind: UInt8, Sendable { case value, boolean }

  public struct Instruction: Sendable, Hashable {
    public let opcode: Opcode
    /// Registers: the inputs first, then the constants, then the results of the instructions in order. Unused operands repeat the
    /// first.
    public let a, b, c: Int
    /// A test reads this kind; any other instruction reads and gives it.
    public let kind: Kind
  }

  public let inputs: [Kind]
  public let constants: [Scalar]
  public let instructions: [Instruction]
  /// The registers that are the results.
  public let outputs: [Int]
  /// The kind of every register.
  public let kinds: [Kind]
  /// Why the formula is no kernel: every device refuses to run it, with this error.
  public let failure: TensorError?
  public let compiled: CompiledKernels
  /// The same for small operands.
  let direct: DirectPrograms

  // The pullbacks of one or two inputs are asked for by every recorded operation, so that these take no lock.
  private let ofFirst = LazyReference<Pullback>()
  private let ofSecond = LazyReference<Pullback>()
  private let ofBoth = LazyReference<Pullback>()
  private let ofOthers = Lock<[Int: Pullback]>([:])

  /// Whether an instruction divides.
  let divides: Bool
  private let divisorTest = LazyReference<ZeroDivisors>()

  /// - Parameter builder: a builder in which the outputs were written; what they do not need is dropped.
  init(_ builder: KernelBuilder, outputs: [Expression]) {
    let program = builder.finish(outputs: outputs)
    inputs = program.inputs
    failure = program.failure
    constants = program.constants
    instructions = program.instructions
    self.outputs = program.outputs
    kinds = program.kinds
    divides = program.divides
    compiled = CompiledKernels(program)
    direct = DirectPrograms(compiled, inputCount: program.inputs.count, outputs: program.outputs, divides: divides)
  }

  /// A kernel of any number of inputs and outputs.
  ///
  /// Error, told where the kernel is called: `add in an elementwise kernel: booleans and numbers do not mix; make numbers of booleans with
  /// select`.
  public convenience init(inputs: [Kind], _ body: ([Expression]) -> [Expression]) {
    let builder = KernelBuilder()
    let arguments = inputs.map { builder.input($0) }
    self.init(builder, outputs: body(arguments))
  }

  public convenience init(_ body: (Expression) -> Expression) {
    self.init(inputs: [.value]) { [body($0[0])] }
  }

  public convenience init(_ body: (Expression, Expression) -> Expression) {
    self.init(inputs: [.value, .value]) { [body($0[0], $0[1])] }
  }

  public convenience init(_ body: (Expression, Expression, Expression) -> Expression) {
    self.init(inputs: [.value, .value, .value]) { [body($0[0], $0[1], $0[2])] }
  }

  /// The kernel of one instruction, made once for each opcode.
  public static func instruction(_ opcode: Opcode) -> ElementwiseKernel { singles[Int(opcode.rawValue)] }

  private static let singles: [ElementwiseKernel] = Opcode.allCases.map { opcode in
    let builder = KernelBuilder()
    let arguments = (0..<opcode.arity).map { builder.input(opcode == .select && $0 == 0 ? .boolean : .value) }
    return ElementwiseKernel(builder, outputs: [builder.emit(opcode, arguments)])
  }

  /// The kind of output `index`.
  public func outputKind(_ index: Int) -> Kind { kinds[outputs[index]] }

  /// Where it would divide by zero.
  var zeroDivisors: ZeroDivisors { divisorTest.get { ZeroDivisors(of: self) } }

  /// The kernel of the gradients of the inputs in `mask` (bit i for input i). Derived once for each mask.
  public func pullback(mask: Int) -> Pullback {
    switch mask {
    case 1: ofFirst.get { Pullback(of: self, mask: mask) }
    case 2: ofSecond.get { Pullback(of: self, mask: mask) }
    case 3: ofBoth.get { Pullback(of: self, mask: mask) }
    default:
      ofOthers.withLock { cache in
        if let known = cache[mask] { return known }
        let made = Pullback(of: self, mask: mask)
        cache[mask] = made
        return made
      }
    }
  }
}

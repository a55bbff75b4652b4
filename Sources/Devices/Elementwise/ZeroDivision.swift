#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Integers have no infinity: to divide one by zero is PyTorch's error `ZeroDivisionError`. Devices look at the divisors before they write
// anything, so that an operation in place leaves its target as it was.

/// The kernel that says where a kernel of integers would divide by zero.
final class ZeroDivisors: Sendable {
  let kernel: ElementwiseKernel
  /// Which of the other kernel's inputs it reads.
  let kept: [Int]

  init(of kernel: ElementwiseKernel) {
    let builder = KernelBuilder()
    var registers = kernel.inputs.map { builder.input($0) } + kernel.constants.map { builder.constant($0) }
    var found: Expression?
    for instruction in kernel.instructions {
      let operands = [instruction.a, instruction.b, instruction.c].prefix(instruction.opcode.arity).map { registers[$0] }
      if instruction.opcode.isDivision && instruction.kind == .value {
        let isZero = operands[1] .== 0
        found = found.map { $0 .| isZero } ?? isZero
      }
      registers.append(builder.emit(instruction.opcode, operands))
    }
    (self.kernel, kept) = builder.pruned(outputs: [found ?? builder.constant(.bool(false))])
  }
}

extension ElementwiseKernel {
  /// Whether it can fail for what its operands hold: it divides, and in the dtype that is an error by zero.
  func mayDivideByZero(in dtype: DType) -> Bool { divides && dtype.isIntegral }

  /// - Parameter outputs: those of the kernel, whose shape its inputs have.
  /// - Throws: `ZeroDivisionError`.
  func checkDivisors(
    dtype: DType, inputs: [KernelArgument], outputs: [Operand], on device: CPUDevice
  ) throws(TensorError) {
    guard mayDivideByZero(in: dtype), let shape = outputs.first?.shape, outputs[0].count > 0 else { return }
    let test = zeroDivisors
    let read = test.kept.map { inputs[$0] }
    let isNumber = read.allSatisfy { if case .scalar = $0 { true } else { false } }
    let layout = Layout(shape: isNumber ? [] : shape)
    let result = Operand(storage: try device.allocate(byteCount: layout.count), layout: layout, dtype: .bool)
    try device.elementwise(test.kernel, dtype: dtype, inputs: read, outputs: [result])
    if memchr(result.storage.handle, 1, layout.count) != nil { throw .zeroDivision }
  }
}

extension TensorError {
  static var zeroDivision: TensorError { .runtime("ZeroDivisionError") }
}

import CKernels

/// Kernels on memory that the caller may touch, for small contiguous operands: no description of the operands, no device, no
/// allocation.
///
/// Callers check first that every operand is contiguous, of the kernel's dtype, and at most `limit` elements long.
public struct DirectArgument {
  let address: UnsafeRawPointer?
  let bits: UInt64

  /// The first element of an operand.
  public init(_ address: UnsafeRawPointer) {
    self.address = address
    bits = 0
  }

  public init(_ value: Scalar, dtype: DType) {
    address = nil
    bits = bitPattern(of: value, as: dtype)
  }

  /// One element, repeated as often as the kernel runs.
  public init(repeating address: UnsafeRawPointer, elementSize: Int) {
    self.address = nil
    switch elementSize {
    case 4: bits = UInt64(address.load(as: UInt32.self))
    case 8: bits = address.load(as: UInt64.self)
    case 2: bits = UInt64(address.load(as: UInt16.self))
    default: bits = UInt64(address.load(as: UInt8.self))
    }
  }
}

extension ElementwiseKernel {
  /// Longer runs are worth a thread pool or tiles.
  public static let directLimit = 1024

  /// Whether the kernel has loops for the dtype; otherwise the device says what is missing.
  public func runsDirectly(in dtype: DType) -> Bool { compiled[dtype].missing == nil && dtype.computeDType == dtype }

  /// Runs one instruction on operands in memory.
  public func runDirect(
    dtype: DType, count: Int, output: UnsafeMutableRawPointer, _ a: DirectArgument, _ b: DirectArgument? = nil
  ) {
    let kernel = compiled[dtype]
    if let loop = kernel.singleLoop, let first = a.address {
      if let b {
        if let second = b.address {
          loop(output, first, second, nil, count)
          return
        }
      } else {
        loop(output, first, nil, nil, count)
        return
      }
    }
    if let b {
      withUnsafeTemporaryAllocation(of: DirectArgument.self, capacity: 2) { arguments in
        arguments.initializeElement(at: 0, to: a)
        arguments.initializeElement(at: 1, to: b)
        runDirect(dtype: dtype, count: count, arguments: UnsafeBufferPointer(arguments)) { _ in output }
      }
    } else {
      withUnsafeTemporaryAllocation(of: DirectArgument.self, capacity: 1) { arguments in
        arguments.initializeElement(at: 0, to: a)
        runDirect(dtype: dtype, count: count, arguments: UnsafeBufferPointer(arguments)) { _ in output }
      }
    }
  }

  /// Runs a whole program on operands in memory; `output` gives the address of each result.
  public func runDirect(
    dtype: DType, count: Int, arguments: UnsafeBufferPointer<DirectArgument>, output: (Int) -> UnsafeMutableRawPointer
  ) {
    let kernel = compiled[dtype]
    let registerCount = kernel.elementSizes.count
    let byteCount = registerCount * 8 * (count + 1)
    // Only a size that is known to the compiler comes from the stack.
    if byteCount <= 1024 {
      withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) {
        run(kernel, count: count, arguments: arguments, scratch: $0, output: output)
      }
    } else {
      withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) {
        run(kernel, count: count, arguments: arguments, scratch: $0, output: output)
      }
    }
  }

  /// - Parameter scratch: for each register a pointer, and then eight bytes for each of its elements.
  @inline(__always)
  private func run(
    _ kernel: CompiledKernel, count: Int, arguments: UnsafeBufferPointer<DirectArgument>, scratch: UnsafeMutableRawBufferPointer,
    output: (Int) -> UnsafeMutableRawPointer
  ) {
    let registerCount = kernel.elementSizes.count
    let registers = scratch.baseAddress!.bindMemory(to: UnsafeMutableRawPointer.self, capacity: registerCount)
    for register in 0..<registerCount {
      registers[register] = scratch.baseAddress! + 8 * (registerCount + register * count)
    }
    for (index, argument) in arguments.enumerated() {
      if let address = argument.address {
        registers[index] = UnsafeMutableRawPointer(mutating: address)
      } else {
        withUnsafePointer(to: argument.bits) { fx_fill(registers[index], $0, count, Int32(kernel.elementSizes[index])) }
      }
    }
    for (index, bits) in kernel.constants.enumerated() {
      let register = inputs.count + index
      withUnsafePointer(to: bits) { fx_fill(registers[register], $0, count, Int32(kernel.elementSizes[register])) }
    }
    let firstResult = inputs.count + kernel.constants.count
    for (index, register) in outputs.enumerated() where register >= firstResult {
      registers[register] = output(index)
    }
    for step in kernel.steps {
      step.loop(registers[step.target], registers[step.a], registers[step.b], registers[step.c], count)
    }
    // A result that is an input or a constant, or is given twice, was not computed in its place.
    for (index, register) in outputs.enumerated() {
      let target = output(index)
      if registers[register] != target {
        target.copyMemory(from: registers[register], byteCount: count * kernel.elementSizes[register])
      }
    }
  }
}

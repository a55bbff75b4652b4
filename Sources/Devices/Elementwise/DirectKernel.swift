import CKernels

/// Kernels on memory that the caller may touch, for small contiguous operands: no description of the operands, no device, no allocation.
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
    withUnsafeTemporaryAllocation(byteCount: registerCount * 8 * count, alignment: 64) { scratch in
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: registerCount) { registers in
        for register in 0..<registerCount {
          registers.initializeElement(at: register, to: scratch.baseAddress! + register * 8 * count)
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
  }
}

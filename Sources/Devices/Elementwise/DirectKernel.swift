import CKernels

/// An operand of a kernel that is run on memory which the caller may touch: no description of it, no device, no allocation.
///
/// Callers check first that every operand is contiguous, of the kernel's dtype, and at most `directLimit` elements long.
public struct DirectArgument {
  let value: fx_argument

  /// The first element of an operand.
  public init(_ address: UnsafeRawPointer) { value = fx_argument(address: address, bits: 0) }

  /// In the place of an operand that there is not.
  public static var unused: DirectArgument { DirectArgument(value: fx_argument(address: nil, bits: 0)) }

  private init(value: fx_argument) { self.value = value }

  /// A number for every element.
  public init(_ number: Scalar, dtype: DType) { value = fx_argument(address: nil, bits: bitPattern(of: number, as: dtype)) }

  /// One element, repeated as often as the kernel runs.
  public init(repeating address: UnsafeRawPointer, elementSize: Int) {
    let bits =
      switch elementSize {
      case 4: UInt64(address.load(as: UInt32.self))
      case 8: address.load(as: UInt64.self)
      case 2: UInt64(address.load(as: UInt16.self))
      default: UInt64(address.load(as: UInt8.self))
      }
    value = fx_argument(address: nil, bits: bits)
  }
}

extension ElementwiseKernel {
  /// Longer runs are worth a thread pool or tiles.
  public static let directLimit = 1024

  /// Whether the kernel has loops for the dtype and cannot fail in it; otherwise it's for the device to say what is wrong.
  public func runsDirectly(in dtype: DType) -> Bool { direct.isRunnable(dtype) }

  /// Runs a kernel of up to three operands and two results. A single result may be an operand.
  ///
  /// - Parameter isInPlace: whether one of two results may be an operand.
  public func runDirect(
    dtype: DType, count: Int, _ a: DirectArgument, _ b: DirectArgument = .unused, _ c: DirectArgument = .unused,
    to output: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer? = nil, isInPlace: Bool = false
  ) {
    let arguments = (a.value, b.value, c.value)
    let outputs = (output, second ?? output)
    withUnsafePointer(to: arguments) { arguments in
      withUnsafePointer(to: outputs) { outputs in
        fx_run_program(
          direct[dtype], UnsafeRawPointer(arguments).assumingMemoryBound(to: fx_argument.self),
          UnsafeRawPointer(outputs).assumingMemoryBound(to: UnsafeMutableRawPointer.self), count, isInPlace)
      }
    }
  }

  /// Runs a kernel of any number of operands and results.
  ///
  /// - Parameter isInPlace: whether a result may be one of the operands.
  public func runDirect(
    dtype: DType, count: Int, arguments: UnsafeBufferPointer<DirectArgument>,
    outputs: UnsafeBufferPointer<UnsafeMutableRawPointer>, isInPlace: Bool = false
  ) {
    arguments.withMemoryRebound(to: fx_argument.self) {
      guard let arguments = $0.baseAddress, let outputs = outputs.baseAddress else { return }
      fx_run_program(direct[dtype], arguments, outputs, count, isInPlace)
    }
  }
}

/// A kernel's programs as C runs them, one for each dtype, in memory of their own: to run one counts no reference.
struct DirectPrograms: ~Copyable, @unchecked Sendable {  // nothing changes after init; loops are code
  private let programs: UnsafeMutablePointer<fx_program>
  /// Bit i for raw value i.
  private let runnable: UInt16

  init(_ compiled: CompiledKernels, inputCount: Int, outputs: [Int], divides: Bool) {
    programs = .allocate(capacity: DType.allCases.count)
    var runnable: UInt16 = 0
    for dtype in DType.allCases {
      let kernel = compiled[dtype]
      (programs + Int(dtype.rawValue)).initialize(
        to: fx_program(
          single: kernel.singleLoop,
          steps: stored(
            kernel.steps.map {
              fx_step(loop: $0.loop, target: Int32($0.target), a: Int32($0.a), b: Int32($0.b), c: Int32($0.c))
            }),
          constants: stored(kernel.constants), sizes: stored(kernel.elementSizes.map { UInt8($0) }),
          outputs: stored(outputs.map { Int32($0) }), input_count: Int32(inputCount),
          constant_count: Int32(kernel.constants.count), step_count: Int32(kernel.steps.count), output_count: Int32(outputs.count)))
      // Halves are computed in another dtype than they are stored in; and before integers are divided, somebody has to look at the divisors.
      if kernel.missing == nil && dtype.computeDType == dtype && !(divides && dtype.isIntegral)
        && max(kernel.elementSizes.count, outputs.count) <= fx_register_limit
      {
        runnable |= 1 << dtype.rawValue
      }
    }
    self.runnable = runnable
  }

  deinit {
    for index in DType.allCases.indices {
      let program = programs[index]
      UnsafeMutablePointer(mutating: program.steps)?.deallocate()
      UnsafeMutablePointer(mutating: program.constants)?.deallocate()
      UnsafeMutablePointer(mutating: program.sizes)?.deallocate()
      UnsafeMutablePointer(mutating: program.outputs)?.deallocate()
    }
    programs.deallocate()
  }

  @inline(__always)
  func isRunnable(_ dtype: DType) -> Bool { runnable & (1 << dtype.rawValue) != 0 }

  @inline(__always)
  subscript(_ dtype: DType) -> UnsafePointer<fx_program> { UnsafePointer(programs + Int(dtype.rawValue)) }
}

/// A copy of a list in memory of its own; nil for none.
private func stored<T: BitwiseCopyable>(_ list: [T]) -> UnsafePointer<T>? {
  if list.isEmpty { return nil }
  let memory = UnsafeMutablePointer<T>.allocate(capacity: list.count)
  memory.initialize(from: list, count: list.count)
  return UnsafePointer(memory)
}

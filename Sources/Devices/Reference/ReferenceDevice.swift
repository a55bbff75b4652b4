/// The living definition: plain loops over single elements, in Double or Int64, without C kernels, BLAS or threads.
///
/// Every other device has to agree with it. A result is rounded to its dtype after every instruction, sums and products of floats
/// once at the end. Errors are those of the CPU.
public final class ReferenceDevice: Device {
  public static let shared = ReferenceDevice()

  public init() {}

  public var type: String { "reference" }
  public var capabilities: DeviceCapabilities { DeviceCapabilities() }

  // MARK: Memory

  public func allocate(byteCount: Int) throws(TensorError) -> Storage {
    let bytes = max(byteCount, 1)
    return Storage(
      device: self, handle: try CachingAllocator.shared.allocate(byteCount: bytes), byteCount: bytes, isDirect: false)
  }

  public func deallocate(_ handle: UnsafeMutableRawPointer, byteCount: Int) {
    CachingAllocator.shared.deallocate(handle, byteCount: byteCount)
  }

  /// Sees before a command that its operands are this device's, and that there is memory for the lists it makes: with every element some
  /// numbers, and lists of them.
  func begin(_ operands: [Operand], bytesPerElement: Int = 0) throws(TensorError) {
    var count = 0
    for operand in operands {
      try checkReach(operand.storage)
      count += operand.count
    }
    try HostMemory.check(count: count, stride: bytesPerElement)
  }

  private func checkReach(_ storage: Storage) throws(TensorError) {
    if storage.device !== self { throw .differentDevices(self, storage.device) }
  }

  public func upload(_ bytes: UnsafeRawBufferPointer, to storage: Storage) throws(TensorError) {
    try checkReach(storage)
    guard let source = bytes.baseAddress else { return }
    storage.handle.copyMemory(from: source, byteCount: bytes.count)
  }

  public func download(_ storage: Storage, to bytes: UnsafeMutableRawBufferPointer) throws(TensorError) {
    try checkReach(storage)
    bytes.baseAddress?.copyMemory(from: storage.handle, byteCount: bytes.count)
  }

  public func synchronize() {}

  // MARK: Elementwise

  public func fill(_ output: Operand, with value: Scalar) throws(TensorError) {
    try begin([output])
    let results = Elements(output)
    for i in 0..<results.count { results[i] = value }
  }

  public func copy(_ input: Operand, to output: Operand) throws(TensorError) {
    try begin([input, output])
    let values = Elements(input)
    let results = Elements(output)
    for i in 0..<results.count { results[i] = values[i] }
  }

  public func elementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    let operands = inputs.compactMap { input -> Operand? in
      if case .operand(let operand) = input { return operand }
      return nil
    }
    try begin(operands + outputs)
    func registerDType(_ kind: ElementwiseKernel.Kind) -> DType { kind == .boolean ? .bool : dtype.computeDType }

    if let failure = kernel.failure { throw failure }
    let one = Scalar.int(1)
    for instruction in kernel.instructions
    where instruction.opcode.value(one, one, one, in: registerDType(instruction.kind)) == nil {
      throw .notImplemented("\"\(instruction.opcode)_\(type)\" not implemented for '\(dtype.scalarTypeName)'")
    }
    func registers(of i: Int) -> [Scalar] {
      var registers: [Scalar] = []
      for (kind, argument) in zip(kernel.inputs, inputs) {
        switch argument {
        case .operand(let operand): registers.append(Elements(operand)[i].stored(as: registerDType(kind)))
        case .scalar(let value): registers.append(value.stored(as: registerDType(kind)))
        }
      }
      for constant in kernel.constants {
        registers.append(constant.stored(as: registerDType(kernel.kinds[registers.count])))
      }
      for instruction in kernel.instructions {
        let operands = (registers[instruction.a], registers[instruction.b], registers[instruction.c])
        let value = instruction.opcode.value(operands.0, operands.1, operands.2, in: registerDType(instruction.kind))!
        registers.append(value.stored(as: registerDType(kernel.kinds[registers.count])))
      }
      return registers
    }

    let count = outputs.first?.count ?? 0
    if kernel.mayDivideByZero(in: dtype) {
      let divisors = kernel.instructions.filter { $0.opcode.isDivision && $0.kind == .value }.map(\.b)
      for i in 0..<count {
        let registers = registers(of: i)
        if divisors.contains(where: { registers[$0].intValue == 0 }) { throw .zeroDivision }
      }
    }
    for i in 0..<count {
      let registers = registers(of: i)
      for (output, register) in zip(outputs, kernel.outputs) { Elements(output)[i] = registers[register] }
    }
  }

  // MARK: Random

  public func random(
    _ distribution: Distribution, engine: inout MersenneTwister, to output: Operand
  ) throws(TensorError) {
    try distribution.validate(for: output.dtype)
    try begin([output])
    let row = Operand(
      storage: try allocate(byteCount: output.count * output.dtype.byteCount), layout: Layout(shape: output.shape),
      dtype: output.dtype)
    engine.fill(distribution, dtype: output.dtype, into: row.storage.handle, count: output.count)
    try copy(row, to: output)
  }
}

import Testing

@testable import Devices

/// What every device has to do, opcode by opcode against PyTorch's values, and in general against the reference device.
@Suite struct DeviceConformanceTests {
  // MARK: Memory

  @Test(arguments: TestedDevice.allCases, [0, 1, 7, 1024, 1025, 1 << 20])
  func memoryRoundTrip(tested: TestedDevice, byteCount: Int) throws {
    var numbers = TestNumbers(seed: byteCount)
    let device = tested.make()
    let sent = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    let storage = try device.allocate(byteCount: byteCount)
    #expect(storage.device === device && storage.byteCount >= max(byteCount, 1))
    #expect((storage.directAddress != nil) == (tested == .cpu))
    try sent.withUnsafeBytes { try device.upload($0, to: storage) }
    var received = [UInt8](repeating: 0, count: byteCount)
    try received.withUnsafeMutableBytes { try device.download(storage, to: $0) }
    #expect(received == sent)
    // A part of a block, from its start.
    let part: [UInt8] = [1, 2, 3]
    try part.prefix(byteCount).withUnsafeBytes { try device.upload($0, to: storage) }
    try received.withUnsafeMutableBytes { try device.download(storage, to: UnsafeMutableRawBufferPointer(rebasing: $0.prefix(2))) }
    #expect(received == Array(part.prefix(min(2, byteCount))) + Array(sent.dropFirst(2)))
  }

  @Test(arguments: TestedDevice.allCases)
  func memoryThatDoesNotExist(tested: TestedDevice) {
    let device = tested.make()
    #expect { try device.allocate(byteCount: Int.max / 2) } throws: { ($0 as? TensorError)?.kind == .outOfMemory }
  }

  // MARK: Fill and copy

  @Test(arguments: DType.allCases)
  func fill(dtype: DType) throws {
    var numbers = TestNumbers(seed: 1)
    let devices = TestedDevice.others()
    let values: [Scalar] = [
      .bool(true), .int(0), .int(7), .int(-1), .double(0.1), .double(-2.5), .double(-.infinity), .double(.nan),
    ]
    func check(_ shape: [Int], _ form: Form, _ value: Scalar) throws {
      let want = Operand.model(shape, dtype, form, using: &numbers)
      let got = try devices.map { try want.on($0) }
      try ReferenceDevice.shared.fill(want, with: value)
      for operand in got {
        try operand.device.fill(operand, with: value)
        try expectSame(operand, want, "fill \(form) \(shape) with \(value) on \(operand.device.description)")
      }
    }
    for value in values where dtype.isFloatingPoint || value.category != .floating {
      for form in Form.outputs {
        for shape in [[], [0], [5], [3, 4, 5], [2, 0, 3]] { try check(shape, form, value) }
      }
    }
    // More than one thread takes at a time.
    if dtype == .float32 || dtype == .int8 { for form in [Form.offset, .sliced] { try check([40_000], form, .int(3)) } }
  }

  @Test(arguments: DType.allCases)
  func copy(dtype: DType) throws {
    var numbers = TestNumbers(seed: 2)
    let devices = TestedDevice.others()
    func check(_ shape: [Int], _ form: Form, _ values: [Scalar], to target: DType) throws {
      let input = Operand.model(shape, dtype, form, of: values, using: &numbers)
      let outputForm = Form.outputs.randomElement(using: &numbers)!
      let want = Operand.model(shape, target, outputForm, using: &numbers)
      let got = try devices.map { try want.on($0) }
      try ReferenceDevice.shared.copy(input, to: want)
      for operand in got {
        try operand.device.copy(try input.on(operand.device), to: operand)
        try expectSame(
          operand, want,
          "copy \(dtype.name) \(form) \(shape) to \(target.name) \(outputForm) on \(operand.device.description)")
      }
    }
    for target in DType.allCases {
      let values = dtype.specialValues + dtype.randomValues(60, using: &numbers)
      try check([values.count], .contiguous, values, to: target)
      for form in Form.allCases {
        for shape in [[], [0, 3], [3, 4, 5], [7, 1, 11]] { try check(shape, form, values, to: target) }
      }
    }
    for form in Form.allCases { try check([2, 1500], form, dtype.specialValues, to: .float32) }
  }

  // MARK: Opcodes

  /// PyTorch's own values: exact where the operation is, to the last places where it is a function.
  @Test(arguments: TestedDevice.allCases, OpcodeCase.all)
  func opcodeAsInPyTorch(tested: TestedDevice, row: OpcodeCase) throws {
    let device = tested.make()
    let opcode = try #require(Opcode(named: row.opcode))
    let dtype = try #require(DType(name: row.dtype))
    let kernel = opcode.testKernel
    let resultDType = kernel.outputKind(0) == .boolean ? DType.bool : dtype
    let inputs = try row.operands.map { try Operand.model($0.map(\.scalar), dtype).on(device) }
    let output = try Operand.model(row.value.map { _ in .int(0) }, resultDType).on(device)
    try device.elementwise(kernel, dtype: dtype, inputs: inputs.map { .operand($0) }, outputs: [output])
    for (i, (got, want)) in zip(try output.values(), row.value.map { $0.scalar.stored(as: resultDType) }).enumerated() {
      #expect(
        opcode.agreesWithPyTorch(got, want, dtype),
        "\(opcode)(\(row.operands.map { $0[i].scalar })) is \(got), in PyTorch \(want)")
    }
  }

  /// The derivatives at kinks, poles, ties and ends.
  @Test(arguments: TestedDevice.allCases, OpcodeCase.all.filter { $0.gradients != nil })
  func derivativeAsInPyTorch(tested: TestedDevice, row: OpcodeCase) throws {
    let device = tested.make()
    let opcode = try #require(Opcode(named: row.opcode))
    let kernel = opcode.testKernel
    let inputs = try row.operands.map { KernelArgument.operand(try Operand.model($0.map(\.scalar), .float64).on(device)) }
    let results = try kernel.results(inputs, shape: [row.value.count], dtype: .float64, on: device)
    let cotangent = try Operand.model(try #require(row.cotangent).map(\.scalar), .float64).on(device)
    let gradients = try kernel.gradients(inputs, results: results, [.operand(cotangent)], mask: 3, dtype: .float64)
    for (input, expected) in try #require(row.gradients).enumerated() {
      let expected = try #require(expected)
      for (i, (got, want)) in zip(try gradients[input]!.values(), expected.map(\.scalar)).enumerated() {
        let operands = row.operands.map { $0[i].scalar }
        #expect(
          opcode.derivativeAgreesWithPyTorch(got, want),
          "the derivative of \(opcode)(\(operands)) for operand \(input) is \(got), in PyTorch \(want)")
      }
    }
  }

  /// All dtypes and pairs of special values; and the dtypes that a device lacks are those that the reference lacks.
  @Test(arguments: Opcode.allCases)
  func opcode(opcode: Opcode) throws {
    var numbers = TestNumbers(seed: 3)
    let devices = TestedDevice.others()
    let kernel = opcode.kernelForAnyOperands
    for dtype in DType.allCases {
      let values = dtype.specialValues + dtype.randomValues(10, using: &numbers)
      let some = values.shuffled(using: &numbers).prefix(22)
      var columns =
        opcode.arity == 1
        ? [values + dtype.randomValues(300, using: &numbers)]
        : [some.flatMap { x in some.map { _ in x } }, some.flatMap { _ in some }]
      if opcode.isDivision && dtype.isIntegral { columns[1] = columns[1].map { $0.intValue == 0 ? .int(1) : $0 } }
      let inputs = columns.map { Operand.model($0, dtype) }
      let want = Operand.model(columns[0].map { _ in .int(0) }, kernel.outputKind(0) == .boolean ? .bool : dtype)
      let got = try devices.map { try want.on($0) }
      var isDefined = true
      do {
        try ReferenceDevice.shared.elementwise(kernel, dtype: dtype, inputs: inputs.map { .operand($0) }, outputs: [want])
      } catch {
        #expect(error.kind == .notImplemented)
        isDefined = false
      }
      for output in got {
        let device = output.device
        let sent = try inputs.map { KernelArgument.operand(try $0.on(device)) }
        guard isDefined else {
          let text = "\"\(opcode)_\(device.type)\" not implemented for '\(dtype.scalarTypeName)'"
          #expect(throws: TensorError.notImplemented(text)) {
            try device.elementwise(kernel, dtype: dtype, inputs: sent, outputs: [output])
          }
          continue
        }
        try device.elementwise(kernel, dtype: dtype, inputs: sent, outputs: [output])
        for (i, (a, b)) in zip(try output.values(), try want.values()).enumerated() where !opcode.agree(a, b, dtype) {
          Issue.record("\(opcode)(\(columns.map { $0[i] })) in \(dtype.name): got \(a), reference \(b)")
          break
        }
      }
    }
  }
}

extension Opcode {
  /// Whether PyTorch's value is ours: to the bit where arithmetic is exact, else to as many places as both have right.
  fileprivate func agreesWithPyTorch(_ a: Scalar, _ b: Scalar, _ dtype: DType) -> Bool {
    if isIdentical(a, b) { return true }
    if dtype.isIntegral { return false }
    switch self {
    // C leaves open which of two zeros of different sign is the smaller.
    case .minimum, .maximum, .fmin, .fmax: return distance(a, b, dtype) == 0
    // PyTorch's square root is one of MKL's, which is not always rounded right.
    case .sqrt: return distance(a, b, dtype) <= 1
    case .lgamma, .digamma: return (a.doubleValue - b.doubleValue).magnitude <= 1e-14 || distance(a, b, dtype) <= 16
    case .i0, .i1, .erfinv: return distance(a, b, dtype) <= 64
    case _ where isApproximate:
      return (a.doubleValue - b.doubleValue).magnitude <= 1e-10 * Swift.max(b.doubleValue.magnitude, 1e-4)
    default: return !isExact && distance(a, b, dtype) <= 4
    }
  }

  fileprivate func derivativeAgreesWithPyTorch(_ a: Scalar, _ b: Scalar) -> Bool {
    if isIdentical(a, b) { return true }
    let (x, y) = (a.doubleValue, b.doubleValue)
    switch self {
    // PyTorch's trigamma has ten digits, and some huge number at poles and where the argument has no fraction.
    case .digamma: return y.magnitude > 1e25 || (x - y).magnitude <= 1e-8 * y.magnitude || x.isInfinite && y.magnitude < 100
    // One minus what is close to one.
    case .erfcx: return (x - y).magnitude <= 0x1p-50 || distance(a, b, .float64) <= 64
    case .sigmoid: return (x - y).magnitude <= 0x1p-52
    default: return distance(a, b, .float64) <= 64 || (x - y).magnitude <= 1e-12 * y.magnitude
    }
  }
}

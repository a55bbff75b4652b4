import Testing

@testable import Devices

/// What a kernel's builder writes, and what pullbacks read.
@Suite struct DeviceConformanceKernelTests {
  private func results(of kernel: ElementwiseKernel, _ inputs: [Double]...) throws -> [[Double]] {
    let arguments = inputs.map { KernelArgument.operand(.model($0.map { .double($0) }, .float64)) }
    return try kernel.results(arguments, shape: [inputs[0].count], dtype: .float64, on: ReferenceDevice.shared).map {
      try $0.values().map(\.doubleValue)
    }
  }

  @Test func equalInstructionsAreWrittenOnce() {
    let kernel = ElementwiseKernel(inputs: [.value, .value]) { [($0[0] + $0[1]) * ($0[1] + $0[0]), $0[0] * 3 - 3 * $0[0]] }
    #expect(kernel.instructions.map(\.opcode) == [.add, .mul, .mul, .sub])
    #expect(kernel.constants == [.double(3)])
  }

  @Test func whatNothingReadsIsDropped() {
    let kernel = ElementwiseKernel(inputs: [.value, .value]) { inputs in
      _ = inputs[0].exp() + 7
      return [-inputs[1]]
    }
    #expect(kernel.instructions.map(\.opcode) == [.neg])
    #expect(kernel.inputs.count == 2 && kernel.constants.isEmpty)
  }

  @Test func zerosOfBothSignsAreTwoConstants() throws {
    let kernel = ElementwiseKernel(inputs: [.value]) { x in
      [0.0, -0.0, 0.0].map { x[0].binary(.copysign, x[0].constant($0)) }
    }
    #expect(try results(of: kernel, [1, -2]) == [[1, 2], [-1, -2], [1, 2]])
  }

  @Test func smallPowersAreProductsAndRoots() {
    func opcodes(_ exponent: Double) -> [Opcode] { ElementwiseKernel { $0.pow(exponent) }.instructions.map(\.opcode) }
    #expect(opcodes(1) == [] && opcodes(2) == [.mul] && opcodes(3) == [.mul, .mul] && opcodes(4) == [.pow])
    #expect(
      opcodes(0.5) == [.sqrt] && opcodes(-0.5) == [.rsqrt] && opcodes(-1) == [.reciprocal] && opcodes(-2) == [.inverseSquare])
  }

  /// Results in the memory of operands: nothing is overwritten that is still to be read, or still to be given.
  @Test(arguments: TestedDevice.allCases, [Form.contiguous, .transposed, .sliced])
  func outputsInTheMemoryOfInputs(tested: TestedDevice, form: Form) throws {
    let device = tested.make()
    let shape = [50, 60]
    let kernels: [(ElementwiseKernel, (Double, Double) -> [Double])] = [
      (ElementwiseKernel(inputs: [.value, .value]) { [$0[1], $0[0]] }, { [$1, $0] }),
      (ElementwiseKernel(inputs: [.value, .value]) { [$0[0] + $0[1], $0[0] - $0[1]] }, { [$0 + $1, $0 - $1] }),
      (ElementwiseKernel(inputs: [.value, .value]) { [$0[0] * 2, $0[1] * 3] }, { [$0 * 2, $1 * 3] }),
      (ElementwiseKernel(inputs: [.value, .value]) { [$0[0] * $0[1], $0[1]] }, { [$0 * $1, $1] }),
    ]
    for (kernel, function) in kernels {
      for isCrossed in [false, true] {
        var numbers = TestNumbers(seed: 5)
        let values = (0..<2).map { _ in (0..<3000).map { _ in Double(numbers.int(-100...100)) } }
        let operands = try values.map { values in
          try Operand.model(shape, .float32, form, of: values.map { .double($0) }, using: &numbers).on(device)
        }
        try device.elementwise(
          kernel, dtype: .float32, inputs: operands.map { .operand($0) }, outputs: isCrossed ? operands.reversed() : operands)
        let want = zip(values[0], values[1]).map(function)
        for (index, output) in (isCrossed ? operands.reversed() : operands).enumerated() {
          #expect(try output.values().map(\.doubleValue) == want.map { $0[index] }, "\(index), \(isCrossed)")
        }
      }
    }
  }

  /// One instruction, but not with an operand for each input in their order: no loop can be called on them as they are.
  @Test(arguments: TestedDevice.allCases)
  func operandsInAnyOrder(tested: TestedDevice) throws {
    let device = tested.make()
    let arguments = try [[5.0, 7], [2, 3]].map {
      KernelArgument.operand(try Operand.model($0.map { .double($0) }, .float32).on(device))
    }
    let kernels: [(ElementwiseKernel, [Double])] = [
      (ElementwiseKernel { x, _ in x * x }, [25, 49]), (ElementwiseKernel { _, y in -y }, [-2, -3]),
      (ElementwiseKernel { x, y in y - x }, [-3, -4]), (ElementwiseKernel { x, _ in x }, [5, 7]),
      (ElementwiseKernel { x, _ in x.constant(9) }, [9, 9]),
    ]
    for (kernel, want) in kernels {
      let result = try kernel.results(arguments, shape: [2], dtype: .float32, on: device)[0]
      #expect(try result.values() == want.map { .double($0) })
    }
    let square = try ElementwiseKernel { $0 * $0 }.results([arguments[0]], shape: [2], dtype: .float32, on: device)[0]
    #expect(try square.values() == [.double(25), .double(49)])
  }

  @Test func pullbacksReadOnlyWhatTheyNeed() {
    #expect(ElementwiseKernel.instruction(.exp).pullback(mask: 1).sources == [.output(0), .gradient(0)])
    #expect(ElementwiseKernel.instruction(.log).pullback(mask: 1).sources == [.input(0), .gradient(0)])
    #expect(ElementwiseKernel.instruction(.mul).pullback(mask: 2).sources == [.input(0), .gradient(0)])
    #expect(ElementwiseKernel.instruction(.add).pullback(mask: 3).sources == [.gradient(0)])
    #expect(ElementwiseKernel.instruction(.floor).pullback(mask: 1).sources == [])
    // One for each mask, kept.
    let product = ElementwiseKernel.instruction(.mul)
    #expect(product.pullback(mask: 2) === product.pullback(mask: 2) && product.pullback(mask: 1) !== product.pullback(mask: 2))
    let many = ElementwiseKernel(inputs: [ElementwiseKernel.Kind](repeating: .value, count: 40)) { inputs in
      [inputs.dropFirst().reduce(inputs[0], +)]
    }
    #expect(many.pullback(mask: 1 << 39 | 5).targets == [0, 2, 39])
    #expect(many.pullback(mask: 1 << 39 | 5) === many.pullback(mask: 1 << 39 | 5))
  }

  /// Told where the kernel is called.
  @Test func booleansAndNumbersDoNotMix() throws {
    let x = try Operand.model([.int(1), .int(2)], .float32).on(CPUDevice.shared)
    for kernel in [ElementwiseKernel { x in (x .> 0) + x }, ElementwiseKernel { x in x.select(x, x) }] {
      #expect(throws: TensorError.self) {
        try CPUDevice.shared.elementwise(kernel, dtype: .float32, inputs: [.operand(x)], outputs: [x])
      }
    }
  }
}

import Testing

@testable import Devices

/// Every device runs random programs as the reference device does.
///
/// A failure names its seed. To run that program alone set `only` to it.
@Suite struct RandomProgramTests {
  private static let only: Int? = nil
  private static let count = 10_000
  private static let chunk = 250

  private static let chunks = only.map { [$0..<($0 + 1)] } ?? stride(from: 0, to: count, by: chunk).map { $0..<($0 + chunk) }

  @Test(arguments: chunks)
  func exactPrograms(seeds: Range<Int>) throws {
    let devices = TestedDevice.others()
    for seed in seeds {
      var numbers = TestNumbers(seed: seed)
      let program = RandomProgram(exactUsing: &numbers)
      let want = try program.run(on: ReferenceDevice.shared)
      for device in devices {
        for (index, (got, want)) in zip(try program.run(on: device), want).enumerated() {
          try expectSame(got, want, "result \(index) on \(device.description), seed \(seed): \(program)")
        }
      }
    }
  }

  /// The way of small operands.
  @Test(arguments: stride(from: 0, to: 2000, by: 250).map { $0..<($0 + 250) })
  func directPrograms(seeds: Range<Int>) throws {
    for seed in seeds {
      var numbers = TestNumbers(seed: seed)
      let program = RandomProgram(directUsing: &numbers)
      if program.shape.reduce(1, *) > ElementwiseKernel.directLimit { continue }
      #expect(program.kernel.runsDirectly(in: program.dtype))
      let want = try program.run(on: ReferenceDevice.shared)
      for (index, (got, want)) in zip(try program.runDirectly(), want).enumerated() {
        try expectSame(got, want, "result \(index), seed \(seed): \(program)")
      }
    }
  }

  @Test(arguments: Opcode.allCases.filter { !$0.isExact && $0.loops[.float32] != nil })
  func functions(opcode: Opcode) throws {
    let devices = TestedDevice.others()
    for seed in 0..<30 {
      var numbers = TestNumbers(seed: seed)
      let program = RandomProgram(opcode, using: &numbers)
      let want = try program.run(on: ReferenceDevice.shared)[0]
      let wanted = try want.values()
      for device in devices {
        let got = try program.run(on: device)[0]
        #expect(try got.hasSameGaps(as: want))
        for (a, b) in zip(try got.values(), wanted) where !opcode.agree(a, b, program.dtype) {
          Issue.record("\(a) for \(b) on \(device.description), seed \(seed): \(program)")
          break
        }
      }
    }
  }

  @Test(arguments: stride(from: 0, to: 2000, by: 100).map { $0..<($0 + 100) })
  func pullbacks(seeds: Range<Int>) throws {
    let devices = TestedDevice.others()
    for seed in seeds {
      var numbers = TestNumbers(seed: seed)
      let program = RandomProgram(exactFloatsUsing: &numbers)
      let kernel = program.kernel
      let results = try kernel.results(
        program.arguments, shape: program.shape, dtype: program.dtype, on: ReferenceDevice.shared)
      let cotangents = kernel.outputs.map { _ in
        Operand.model(program.shape, program.dtype, of: program.dtype.randomValues(20, using: &numbers), using: &numbers)
      }
      let mask = numbers.int(1...15)
      let want = try kernel.gradients(
        program.arguments, results: results, cotangents.map { .operand($0) }, mask: mask, dtype: program.dtype)
      for device in devices {
        let arguments = try program.arguments.map { argument -> KernelArgument in
          guard case .operand(let operand) = argument else { return argument }
          return .operand(try operand.on(device))
        }
        let got = try kernel.gradients(
          arguments, results: try results.map { try $0.on(device) }, try cotangents.map { .operand(try $0.on(device)) }, mask: mask,
          dtype: program.dtype)
        #expect(got.keys == want.keys)
        for (input, gradient) in want {
          expectEqual(
            try #require(got[input]).values(), try gradient.values(), program.dtype,
            "gradient \(input) on \(device.description), mask \(mask), seed \(seed): \(program)")
        }
      }
    }
  }
}

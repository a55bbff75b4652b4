import Testing

@testable import Devices

/// Reading, writing and finding by positions: on every device as on the reference device, over operands in every form.
@Suite struct DeviceConformanceIndexingTests {
  /// Positions into the first dimensions of a table, of one shape, some of them negative.
  private func positions(_ table: [Int], _ count: Int, shape: [Int], using numbers: inout TestNumbers) -> [Operand] {
    (0..<count).map { dim in
      let values = (0..<40).map { _ in Scalar.int(Int64(numbers.int(-table[dim]...(table[dim] - 1)))) }
      return .model(shape, .int64, Form.allCases.randomElement(using: &numbers)!, of: values, using: &numbers)
    }
  }

  @Test(arguments: DType.allCases)
  func gather(dtype: DType) throws {
    var numbers = TestNumbers(seed: 15)
    let devices = TestedDevice.others()
    for table in [[5], [3, 4], [2, 3, 5], [4, 1, 3], [6, 30]] {
      for form in Form.allCases {
        let count = numbers.int(1...table.count)
        let shape = [[], [0], [4], [2, 3]].randomElement(using: &numbers)!
        let indices = positions(table, count, shape: shape, using: &numbers)
        let values = dtype.specialValues + dtype.randomValues(50, using: &numbers)
        let input = Operand.model(table, dtype, form, of: values, using: &numbers)
        let want = Operand.model(
          shape + table[count...], dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
        let got = try devices.map { try want.on($0) }
        try ReferenceDevice.shared.gather(input, indices: indices, dimensions: Array(0..<count), to: want)
        for output in got {
          let device = output.device
          try device.gather(
            try input.on(device), indices: try indices.map { try $0.on(device) }, dimensions: Array(0..<count), to: output)
          try expectSame(output, want, "gather from \(dtype.name) \(table) \(form) at \(count) × \(shape) on \(device.description)")
        }
      }
    }
  }

  @Test(arguments: ScatterMode.allCases, DType.allCases)
  func scatter(mode: ScatterMode, dtype: DType) throws {
    var numbers = TestNumbers(seed: 16)
    let devices = TestedDevice.others()
    for table in [[5], [3, 4], [2, 3, 5], [6, 30]] {
      for form in Form.allCases {
        let count = numbers.int(1...table.count)
        let shape = [[], [0], [9], [2, 3]].randomElement(using: &numbers)!
        let indices = positions(table, count, shape: shape, using: &numbers)
        let isArithmetic = mode == .add || mode == .sum || mode == .multiply
        func some(_ count: Int) -> [Scalar] {
          isArithmetic
            ? dtype.exactValues(forProducts: mode == .multiply, count, using: &numbers)
            : dtype.specialValues + dtype.randomValues(count, using: &numbers)
        }
        let source = Operand.model(shape + table[count...], dtype, form, of: some(60), using: &numbers)
        let want = Operand.model(
          table, dtype, Form.outputs.randomElement(using: &numbers)!, of: some(50), using: &numbers)
        let got = try devices.map { try want.on($0) }
        try ReferenceDevice.shared.scatter(mode, source, indices: indices, dimensions: Array(0..<count), to: want)
        for output in got {
          let device = output.device
          try device.scatter(
            mode, try source.on(device), indices: try indices.map { try $0.on(device) }, dimensions: Array(0..<count), to: output)
          try expectSame(
            output, want, ulps: isArithmetic ? 0 : 0.5,
            "scatter \(mode) to \(dtype.name) \(table) \(form) at \(count) × \(shape) on \(device.description)")
        }
      }
    }
  }

  @Test(arguments: TestedDevice.allCases)
  func positionsOutOfBounds(tested: TestedDevice) throws {
    let device = tested.make()
    let table = try Operand.model((0..<6).map { .int($0) }, .float32, shape: [2, 3]).on(device)
    for (first, second, text) in [
      (7, 0, "index 7 is out of bounds for dimension 4 with size 2"),
      (-3, 0, "index -3 is out of bounds for dimension 4 with size 2"),
      (1, 3, "index 3 is out of bounds for dimension 6 with size 3"),
      (0, Int64.min, "index \(Int64.min) is out of bounds for dimension 6 with size 3"),
    ] as [(Int64, Int64, String)] {
      let indices = [
        try Operand.model([.int(0), .int(first)], .int64).on(device),
        try Operand.model([.int(0), .int(second)], .int64).on(device),
      ]
      let list = try Operand.model([.int(10), .int(20)], .float32).on(device)
      #expect {
        try device.gather(table, indices: indices, dimensions: [4, 6], to: list); try device.synchronize()
      } throws: {
        ($0 as? TensorError)?.kind == .index && ($0 as? TensorError)?.message.hasPrefix(text) == true
      }
      let source = try Operand.model([.int(10), .int(20)], .float32).on(device)
      #expect {
        try device.scatter(.set, source, indices: indices, dimensions: [4, 6], to: table.updated)
        try device.synchronize()
      } throws: {
        ($0 as? TensorError)?.kind == .index && ($0 as? TensorError)?.message.hasPrefix(text) == true
      }
      // Nothing was written, not even in the place that exists.
      #expect(try table.values() == (0..<6).map { Scalar.double(Double($0)) })
    }
  }

  @Test(arguments: DType.allCases)
  func nonzero(dtype: DType) throws {
    var numbers = TestNumbers(seed: 17)
    let devices = TestedDevice.others()
    for shape in [[], [0], [1], [7], [3, 5], [0, 3], [3, 0], [2, 3, 4], [40, 9]] {
      for form in Form.allCases {
        let values = dtype.specialValues + [Scalar](repeating: .int(0), count: 30) + dtype.wholeValues(20, using: &numbers)
        let input = Operand.model(shape, dtype, form, of: values.shuffled(using: &numbers), using: &numbers)
        let want = try ReferenceDevice.shared.nonzero(input)
        for device in devices {
          let got = try device.nonzero(try input.on(device))
          #expect(got.storage.device === device && got.dtype == .int64)
          #expect(got.shape == want.shape)
          #expect(try got.values() == want.values(), "nonzero of \(dtype.name) \(shape) \(form) on \(device.description)")
        }
      }
    }
  }
}

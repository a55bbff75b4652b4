import Testing

@testable import Devices

// The greatest elements of windows, and the way back.

extension DeviceConformanceTests {
  /// Fills `want` and `places` on the reference device and copies of them on every other, which have to agree.
  private func check(
    _ input: Operand, _ windows: [WindowPositions], values want: Operand, indices places: Operand, on devices: [any Device],
    ulps: Double, _ what: String
  ) throws {
    let got = try devices.map { (try want.on($0), try places.on($0)) }
    try ReferenceDevice.shared.maxPool(input, windows: windows, values: want, indices: places)
    for (values, indices) in got {
      let device = values.device
      try device.maxPool(input.on(device), windows: windows, values: values, indices: indices)
      try expectSame(values, want, ulps: ulps, "\(what) on \(device.description)")
      try expectSame(indices, places, "\(what) on \(device.description)")
    }
  }

  @Test(arguments: DType.allCases.filter { $0 != .bool })
  func maxPool(dtype: DType) throws {
    var numbers = TestNumbers(seed: 5)
    let devices = TestedDevice.others()
    for _ in 0..<30 {
      let rank = numbers.int(1...3)
      let space = (0..<rank).map { _ in numbers.int(1...7) }
      let lead = (0..<numbers.int(0...2)).map { _ in numbers.int(0...3) }
      let windows = space.map { size in
        let step = numbers.int(1...2)
        let starts = (0..<numbers.int(1...4)).map { _ in numbers.int(0...(size - 1)) }
        return WindowPositions(starts: starts, counts: starts.map { numbers.int(1...((size - $0 + step - 1) / step)) }, step: step)
      }
      let values = dtype.randomValues(lead.reduce(1, *) * space.reduce(1, *) + 1, using: &numbers)
      let input = Operand.model(lead + space, dtype, Form.allCases.randomElement(using: &numbers)!, of: values, using: &numbers)
      let shape = lead + windows.map(\.starts.count)
      let want = Operand.model(shape, dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
      let places = Operand.model(shape, .int64, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
      try check(input, windows, values: want, indices: places, on: devices, ulps: 1, "maxPool of \(input.shape) by \(windows)")
    }
  }

  /// Windows as poolings have them: many along a line, at equal distances but for those that padding cuts.
  @Test(arguments: [DType.float16, .float32, .float64, .int32, .int64])
  func maxPoolOfLines(dtype: DType) throws {
    var numbers = TestNumbers(seed: 7)
    let devices = TestedDevice.others()
    for round in 0..<40 {
      let (kernel, stride, step) = (numbers.int(1...4), numbers.int(1...4), numbers.int(1...2))
      let padding = numbers.int(0...kernel / 2)
      let space = [numbers.int(7...9), numbers.int(7...50)]
      let windows = space.map { size in
        var (starts, counts): ([Int], [Int]) = ([], [])
        for first in Swift.stride(from: -padding, through: size + padding - (kernel - 1) * step - 1, by: stride) {
          let places = (0..<kernel).map { first + $0 * step }.filter { $0 >= 0 && $0 < size }
          if places.isEmpty { continue }
          starts.append(places[0])
          counts.append(places.count)
        }
        return WindowPositions(starts: starts, counts: counts, step: step)
      }
      // Equal elements and several NaN in a window.
      let kinds = dtype.isFloatingPoint && round % 2 == 0 ? [0, 1, 2, .nan] : [0.0, 1, 2]
      let values = (0..<2 * space[0] * space[1]).map { _ in
        Scalar.double(kinds.randomElement(using: &numbers)!).stored(as: dtype)
      }
      let input = Operand.model(values, dtype, shape: [2] + space)
      let shape = [2] + windows.map(\.starts.count)
      let want = Operand.model(shape, dtype, using: &numbers)
      let places = Operand.model(shape, .int64, using: &numbers)
      try check(
        input, windows, values: want, indices: places, on: devices, ulps: 0,
        "maxPool of \(space) by \(kernel) in steps of \(stride), \(step)")
    }
  }

  @Test(arguments: DType.allCases.filter { $0 != .bool })
  func maxPoolGradient(dtype: DType) throws {
    var numbers = TestNumbers(seed: 8)
    let devices = TestedDevice.others()
    for round in 0..<30 {
      let rank = numbers.int(1...3)
      // At last planes enough for several threads.
      let lead = round == 29 ? [300, 3] : (0..<numbers.int(0...2)).map { _ in numbers.int(0...3) }
      let space = (0..<rank).map { _ in numbers.int(1...5) }
      let windows = (0..<rank).map { _ in numbers.int(0...5) }
      let volume = space.reduce(1, *)
      let count = (lead + windows).reduce(1, *)
      let positions = (0..<max(count, 1)).map { _ in Scalar.int(Int64(numbers.int(0...(volume - 1)))) }
      let values = Operand.model(
        lead + windows, dtype, Form.allCases.randomElement(using: &numbers)!, of: dtype.wholeValues(50, using: &numbers),
        using: &numbers)
      let indices = Operand.model(
        lead + windows, .int64, Form.allCases.randomElement(using: &numbers)!, of: positions, using: &numbers)
      let want = Operand.model(lead + space, dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
      let got = try devices.map { try want.on($0) }
      try ReferenceDevice.shared.maxPoolGradient(values, indices: indices, rank: rank, to: want)
      for operand in got {
        let device = operand.device
        try device.maxPoolGradient(values.on(device), indices: indices.on(device), rank: rank, to: operand)
        try expectSame(operand, want, ulps: 0, "gradient of \(windows) windows of \(lead + space) on \(device.description)")
      }
    }
  }

  @Test(arguments: TestedDevice.allCases)
  func positionsOutsideOfPlanes(tested: TestedDevice) throws {
    let device = tested.make()
    for place: Int64 in [-1, 6, .min, .max] {
      let values = try Operand.model([.int(1), .int(1)], .float32, shape: [1, 1, 2]).on(device)
      let indices = try Operand.model([.int(5), .int(place)], .int64, shape: [1, 1, 2]).on(device)
      let output = try Operand.model([Scalar](repeating: .int(0), count: 6), .float32, shape: [1, 2, 3]).on(device)
      let error = #expect(throws: TensorError.self) {
        try device.maxPoolGradient(values, indices: indices, rank: 2, to: output)
        try device.synchronize()
      }
      #expect(error?.message.hasPrefix("index \(place) is out of bounds for dimension 1 with size 6") == true)
    }
  }
}

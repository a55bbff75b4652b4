import Testing

@testable import Devices

// Convolution, pooling and interpolation.

extension DeviceConformanceTests {
  /// A convolution whose sizes fit, with the shapes of its three arrays.
  struct ConvolutionCase {
    let convolution: Convolution
    let input: [Int]
    let weight: [Int]
    let output: [Int]

    init(
      _ batch: Int, channels: Int, filters: Int, groups: Int = 1, input: [Int], kernel: [Int], stride: [Int], padding: [Int],
      dilation: [Int], behind: [Int]
    ) {
      convolution = Convolution(stride: stride, padding: padding, dilation: dilation, groups: groups)
      let sizes = input.indices.map { dim in
        let reach = dilation[dim] * (kernel[dim] - 1) + 1
        return max(0, input[dim] + padding[dim] + behind[dim] - reach) / stride[dim] + 1
      }
      self.input = [batch, groups * channels] + input
      weight = [groups * filters, channels] + kernel
      output = [batch, groups * filters] + sizes
    }

    static func random(_ numbers: inout TestNumbers) -> ConvolutionCase {
      let rank = numbers.int(1...3)
      func each(_ range: ClosedRange<Int>) -> [Int] { (0..<rank).map { _ in numbers.int(range) } }
      return ConvolutionCase(
        numbers.int(0...2), channels: numbers.int(1...3), filters: numbers.int(1...3), groups: numbers.int(1...3),
        input: each(1...6),
        kernel: each(1...3), stride: each(1...3), padding: each(0...2), dilation: each(1...2), behind: each(0...2))
    }
  }

  private func check(
    _ shapes: ConvolutionCase, _ dtype: DType, _ forms: [Form], on devices: [any Device], using numbers: inout TestNumbers
  ) throws {
    for product in Convolution.Product.allCases {
      let (a, b, result) =
        switch product {
        case .output: (shapes.input, shapes.weight, shapes.output)
        case .input: (shapes.output, shapes.weight, shapes.input)
        case .weight: (shapes.input, shapes.output, shapes.weight)
        }
      func operand(_ shape: [Int]) -> Operand {
        let values = dtype.wholeValues(max(shape.reduce(1, *), 1), using: &numbers)
        return .model(shape, dtype, forms.randomElement(using: &numbers)!, of: values, using: &numbers)
      }
      let (left, right) = (operand(a), operand(b))
      let bias = product == .weight || numbers.bool() ? nil : operand([result[1]])
      let form = forms.filter { $0 != .expanded }.randomElement(using: &numbers)!
      let want = Operand.model(result, dtype, form, using: &numbers)
      let got = try devices.map { try want.on($0) }
      try ReferenceDevice.shared.convolution(product, left, right, bias: bias, shapes.convolution, to: want)
      for operand in got {
        let device = operand.device
        try device.convolution(
          product, left.on(device), right.on(device), bias: bias.map { try $0.on(device) }, shapes.convolution, to: operand)
        try expectSame(operand, want, ulps: 1, "\(product) of \(shapes) \(dtype.name) \(form) on \(device.description)")
      }
    }
  }

  @Test(arguments: DType.allCases.filter { $0 != .bool })
  func convolution(dtype: DType) throws {
    var numbers = TestNumbers(seed: Int(dtype.rawValue))
    let devices = TestedDevice.others()
    for _ in 0..<30 { try check(.random(&numbers), dtype, Form.allCases, on: devices, using: &numbers) }
  }

  /// Images that are laid out in several blocks, by several threads.
  @Test func largeConvolutions() throws {
    var numbers = TestNumbers(seed: 3)
    let devices = TestedDevice.others()
    let cases = [
      ConvolutionCase(
        1, channels: 8, filters: 1, input: [1100], kernel: [9], stride: [1], padding: [4], dilation: [1], behind: [4]),
      ConvolutionCase(
        3, channels: 10, filters: 2, input: [5, 9], kernel: [3, 3], stride: [2, 1], padding: [1, 0], dilation: [1, 2],
        behind: [0, 1]),
      // Every window is one element: the image is the matrix.
      ConvolutionCase(
        2, channels: 9, filters: 4, groups: 2, input: [5, 8], kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1],
        behind: [0, 0]),
      ConvolutionCase(
        1, channels: 1, filters: 1, groups: 7, input: [90], kernel: [9], stride: [1], padding: [4], dilation: [1], behind: [4]),
    ]
    for shapes in cases { try check(shapes, .float32, [.contiguous], on: devices, using: &numbers) }
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
      let got = try devices.map { (try want.on($0), try places.on($0)) }
      ReferenceDevice.shared.maxPool(input, windows: windows, values: want, indices: places)
      for (values, indices) in got {
        let device = values.device
        try device.maxPool(input.on(device), windows: windows, values: values, indices: indices)
        let context = "maxPool of \(input.shape) by \(windows) on \(device.description)"
        try expectSame(values, want, ulps: 1, context)
        try expectSame(indices, places, context)
      }
    }
  }

  @Test(arguments: DType.allCases.filter { $0 != .bool })
  func resample(dtype: DType) throws {
    var numbers = TestNumbers(seed: 6)
    let devices = TestedDevice.others()
    for round in 0..<30 {
      // At last more than the threads take at a time.
      var shape = (0..<numbers.int(1...3)).map { _ in numbers.int(round == 29 ? 30...60 : 1...5) }
      let dim = numbers.int(0...(shape.count - 1))
      let (rows, columns) = (numbers.int(1...6), shape[dim])
      let bands = Bands(
        columns: columns,
        rows: (0..<rows).map { _ in
          let start = numbers.int(0...(columns - 1))
          let count = numbers.int(1...(columns - start))
          return (start, (0..<count).map { _ in dtype.isFloatingPoint ? Double(numbers.int(-4...4)) / 2 : 1 })
        })
      let isTransposed = numbers.bool()
      let wide = shape
      shape[dim] = rows
      let (from, to) = isTransposed ? (shape, wide) : (wide, shape)
      let input = Operand.model(
        from, dtype, Form.allCases.randomElement(using: &numbers)!, of: dtype.wholeValues(100, using: &numbers), using: &numbers)
      let want = Operand.model(to, dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
      let got = try devices.map { try want.on($0) }
      ReferenceDevice.shared.resample(input, dim: dim, bands, isTransposed: isTransposed, to: want)
      for operand in got {
        let device = operand.device
        try device.resample(input.on(device), dim: dim, bands, isTransposed: isTransposed, to: operand)
        try expectSame(operand, want, ulps: 1, "resample \(from) along \(dim) to \(to) by \(bands) on \(device.description)")
      }
    }
  }
}

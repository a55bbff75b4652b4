import Testing

@testable import Devices

// Convolution and interpolation.

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
        numbers.int(0...2), channels: numbers.int(1...3), filters: numbers.int(0...7) == 0 ? 19 : numbers.int(1...4),
        groups: numbers.int(1...3), input: each(1...6),
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
      // More taps than are multiplied at a time, and several panels of filters.
      ConvolutionCase(
        2, channels: 70, filters: 37, input: [6], kernel: [9], stride: [1], padding: [4], dilation: [1], behind: [4]),
      // Windows that overlap nowhere are laid out apart, those of a transposed convolution in as many parts as the stride.
      ConvolutionCase(
        2, channels: 3, filters: 5, input: [90, 7], kernel: [3, 2], stride: [1, 5], padding: [3, 1], dilation: [40, 1],
        behind: [0, 3]),
      ConvolutionCase(
        2, channels: 2, filters: 5, groups: 2, input: [41, 9], kernel: [7, 3], stride: [4, 3], padding: [2, 0], dilation: [6, 2],
        behind: [3, 1]),
      // Many images of one position each.
      ConvolutionCase(
        600, channels: 2, filters: 3, input: [3, 2], kernel: [3, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1],
        behind: [0, 0]),
      ConvolutionCase(
        3, channels: 2, filters: 3, input: [6, 7, 19], kernel: [3, 2, 3], stride: [1, 2, 1], padding: [1, 1, 1],
        dilation: [1, 2, 1], behind: [1, 0, 1]),
      // Most of the windows of the input's elements are outside the output.
      ConvolutionCase(
        5, channels: 3, filters: 40, groups: 2, input: [4, 7], kernel: [4, 3], stride: [1, 2], padding: [0, 0], dilation: [1, 2],
        behind: [0, 1]),
      // Lines longer than a block, of planes a power of two apart.
      ConvolutionCase(
        1, channels: 3, filters: 2, input: [2, 1024], kernel: [2, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1],
        behind: [0, 0]),
    ]
    for shapes in cases { try check(shapes, .float32, [.contiguous], on: devices, using: &numbers) }
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
      try ReferenceDevice.shared.resample(input, dim: dim, bands, isTransposed: isTransposed, to: want)
      for operand in got {
        let device = operand.device
        try device.resample(input.on(device), dim: dim, bands, isTransposed: isTransposed, to: operand)
        try expectSame(operand, want, ulps: 1, "resample \(from) along \(dim) to \(to) by \(bands) on \(device.description)")
      }
    }
  }
}

extension ThreadPoolTests {
  /// A sum's parts, and so its rounding, are the same on any number of threads.
  @Test func convolutions() throws {
    var numbers = TestNumbers(seed: 4)
    let shapes = DeviceConformanceTests.ConvolutionCase(
      9, channels: 5, filters: 20, input: [17, 19], kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1],
      behind: [1, 1])
    let before = getNumThreads()
    defer { try? setNumThreads(before) }
    for product in Convolution.Product.allCases {
      let (a, b, result) =
        switch product {
        case .output: (shapes.input, shapes.weight, shapes.output)
        case .input: (shapes.output, shapes.weight, shapes.input)
        case .weight: (shapes.input, shapes.output, shapes.weight)
        }
      let operands = try [a, b].map { shape in
        let values = (0..<shape.reduce(1, *)).map { _ in Scalar.double(numbers.double(-1...1)) }
        return try Operand.model(values, .float32, shape: shape).on(CPUDevice.shared)
      }
      let results = try [1, 2, 5].map { threads in
        try setNumThreads(threads)
        let result = try Operand.model(result, .float32, using: &numbers).on(CPUDevice.shared)
        try CPUDevice.shared.convolution(product, operands[0], operands[1], bias: nil, shapes.convolution, to: result)
        return try result.values()
      }
      #expect(results[0] == results[1] && results[0] == results[2], "\(product)")
    }
  }
}

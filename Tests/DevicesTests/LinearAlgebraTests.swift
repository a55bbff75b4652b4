import Testing

@testable import Devices

/// Every device agrees with the reference device's textbook methods, whatever the operands' layouts, up to signs of vectors.
@Suite struct LinearAlgebraTests {
  /// A command on every device: the outputs of the reference device first.
  private static func results(
    _ operation: LinearAlgebra, _ inputs: [Operand], _ outputs: [Operand]
  ) throws -> [(name: String, outputs: [[Double]])] {
    try ([ReferenceDevice.shared] + TestedDevice.others()).map { device in
      let results = try outputs.map { try $0.on(device) }
      try device.linearAlgebra(operation, inputs: try inputs.map { try $0.on(device) }, outputs: results)
      for (result, before) in zip(results, outputs) where try !result.hasSameGaps(as: before) {
        Issue.record("\(operation) on \(device.type) writes between the elements")
      }
      return (device.type, try results.map { try $0.values().map(\.doubleValue) })
    }
  }

  private static func expectAgreement(
    _ operation: LinearAlgebra, _ inputs: [Operand], _ outputs: [Operand], comparing quantity: ([[Double]]) -> [[Double]] = { $0 }
  ) throws {
    let results = try Self.results(operation, inputs, outputs)
    let tolerance = inputs[0].dtype == .float32 ? 2e-3 : 1e-9
    let want = quantity(results[0].outputs)
    for (name, outputs) in results.dropFirst() {
      for (index, (a, b)) in zip(quantity(outputs), want).enumerated() {
        let isNear = a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
        #expect(isNear, "\(operation) of \(inputs.map(\.shape)) on \(name): output \(index) is \(a), not \(b)")
      }
    }
  }

  /// Matrices by a rule, and memory for results, in layouts drawn anew each time.
  private struct Maker {
    var numbers: TestNumbers
    let dtype: DType
    let batch: [Int]

    mutating func matrix(_ rows: Int, _ columns: Int) -> Operand {
      make([rows, columns]) { numbers in .double(numbers.double(-2...2)) }
    }

    /// Symmetric, and positive if asked for.
    mutating func symmetric(_ n: Int, positive: Bool = false) -> Operand {
      let operand = matrix(n, n)
      let elements = Elements(operand)
      for item in 0..<(n == 0 ? 0 : elements.count / (n * n)) {
        for i in 0..<n {
          for j in 0...i {
            let value = elements[item * n * n + i * n + j].doubleValue + (positive && i == j ? 3 * Double(n) : 0)
            elements[item * n * n + i * n + j] = .double(value)
            elements[item * n * n + j * n + i] = .double(value)
          }
        }
      }
      return operand
    }

    mutating func output(_ shape: [Int], _ dtype: DType? = nil) -> Operand {
      .model(
        batch + shape, dtype ?? self.dtype, dtype == .int32 ? .contiguous : Form.outputs.randomElement(using: &numbers)!,
        using: &numbers)
    }

    mutating func info() -> Operand { output([], .int32) }

    private mutating func make(_ shape: [Int], _ value: (inout TestNumbers) -> Scalar) -> Operand {
      let operand = output(shape)
      for i in 0..<operand.count { Elements(operand)[i] = value(&numbers).stored(as: dtype) }
      return operand
    }
  }

  static let dtypes: [DType] = [.float64, .float32]
  static let batches: [[Int]] = [[], [3], [2, 0], [2, 2]]
  static let sizes = [(1, 1), (4, 4), (5, 3), (3, 5), (0, 2), (2, 0)]

  @Test(arguments: dtypes, batches)
  func squareMatrices(dtype: DType, batch: [Int]) throws {
    for n in [0, 1, 2, 5, 8] {
      var make = Maker(numbers: TestNumbers(seed: n), dtype: dtype, batch: batch)
      for upper in [false, true] {
        try Self.expectAgreement(
          .cholesky(upper: upper), [make.symmetric(n, positive: true)], [make.output([n, n]), make.info()])
        for unit in [false, true] {
          try Self.expectAgreement(
            .triangularSolve(upper: upper, unitriangular: unit), [make.symmetric(n, positive: true), make.matrix(n, 2)],
            [make.output([n, 2])])
        }
        let values = make.output([n])
        try Self.expectAgreement(.symmetricEigen(upper: upper), [make.matrix(n, n)], [values, make.info()])
      }
      for operation in [LinearAlgebra.lu, .ldl] {
        let a = operation == .lu ? make.matrix(n, n) : make.symmetric(n)
        let (factors, pivots) = (make.output([n, n]), make.output([n], .int32))
        try Self.expectAgreement(operation, [a], [factors, pivots, make.info()])
        try ReferenceDevice.shared.linearAlgebra(operation, inputs: [a], outputs: [factors, pivots, make.info()])
        let solutions: [LinearAlgebra] = operation == .lu ? [.luSolve(transposed: false), .luSolve(transposed: true)] : [.ldlSolve]
        for solution in solutions {
          try Self.expectAgreement(solution, [factors, pivots, make.matrix(n, 3)], [make.output([n, 3])])
        }
        if operation == .lu { try Self.expectAgreement(.rowOrder, [pivots], [make.output([n], .int32)]) }
      }
    }
  }

  @Test(arguments: dtypes, batches)
  func anyMatrices(dtype: DType, batch: [Int]) throws {
    for (m, n) in Self.sizes {
      var make = Maker(numbers: TestNumbers(seed: m + 10 * n), dtype: dtype, batch: batch)
      let k = min(m, n)
      try Self.expectAgreement(
        .lu, [make.matrix(m, n)], [make.output([m, n]), make.output([k], .int32), make.info()])
      let (packed, tau) = (make.output([m, n]), make.output([k]))
      let a = make.matrix(m, n)
      try Self.expectAgreement(.reflectors, [a], [packed, tau])
      try ReferenceDevice.shared.linearAlgebra(.reflectors, inputs: [a], outputs: [packed, tau])
      let reflectors = packed.with(
        layout: Layout(shape: batch + [m, k], strides: packed.layout.strides, offset: packed.layout.offset))
      for columns in k...m where k <= m {
        try Self.expectAgreement(.reflectorProduct, [reflectors, tau], [make.output([m, columns])])
      }
      for transposed in [false, true] {
        try Self.expectAgreement(.reflect(transposed: transposed), [reflectors, tau, make.matrix(m, 2)], [make.output([m, 2])])
      }
      try Self.expectAgreement(.singularValues, [make.matrix(m, n)], [make.output([k]), make.info()])
      guard k > 0 else { continue }
      for driver in LeastSquaresDriver.allCases {
        // What a driver does not write is left out.
        try Self.expectAgreement(
          .leastSquares(driver, cutoff: 1e-7), [make.matrix(m, n), make.matrix(m, 2)],
          [make.output([n, 2]), make.info(), make.output([k]), make.info()]
        ) { outputs in
          switch driver {
          case .gels: [outputs[0], outputs[3]]
          case .gelsy: [outputs[0], outputs[1], outputs[3]]
          case .gelsd, .gelss: outputs
          }
        }
      }
    }
  }

  /// The vectors by what they are for: U diag(σ) Vᵀ = A, V diag(λ) Vᵀ = A, and columns of unit length at right angles.
  @Test(arguments: TestedDevice.allCases, sizes)
  func vectors(tested: TestedDevice, size: (Int, Int)) throws {
    let (m, n) = size
    let device = tested.make()
    var make = Maker(numbers: TestNumbers(seed: m + 10 * n), dtype: .float64, batch: [])
    let a = make.matrix(m, n)
    for isFull in [false, true] {
      let k = min(m, n)
      let outputs = [[m, isFull ? m : k], [k], [isFull ? n : k, n]].map { make.output($0) } + [make.info()]
      let results = try outputs.map { try $0.on(device) }
      try device.linearAlgebra(.singularValues, inputs: [try a.on(device)], outputs: results)
      let (u, vt) = (try matrix(results[0]), try matrix(results[2]))
      let s = try results[1].values().map(\.doubleValue)
      var scaled = u.resized(columns: k)
      for i in 0..<m { for j in 0..<k { scaled[i, j] *= s[j] } }
      expectNear(scaled * vt.transposed.resized(columns: k).transposed, try matrix(a), "U diag(σ) Vᵀ")
      expectNear(u.transposed * u, .identity(u.columns), "Uᵀ U")
      expectNear(vt * vt.transposed, .identity(vt.rows), "Vᵀ V")
      #expect(s == s.sorted(by: >) && s.allSatisfy { $0 >= 0 })
    }
    let symmetric = make.symmetric(n)
    let results = try [make.output([n]), make.output([n, n]), make.info()].map { try $0.on(device) }
    try device.linearAlgebra(.symmetricEigen(upper: false), inputs: [try symmetric.on(device)], outputs: results)
    let v = try matrix(results[1])
    var scaled = v
    for (j, value) in try results[0].values().map(\.doubleValue).enumerated() { for i in 0..<n { scaled[i, j] *= value } }
    expectNear(scaled * v.transposed, try matrix(symmetric), "V diag(λ) Vᵀ")
    expectNear(v.transposed * v, .identity(n), "Vᵀ V")
  }

  private func matrix(_ operand: Operand) throws -> ReferenceMatrix {
    ReferenceMatrix(try operand.on(ReferenceDevice.shared), item: 0)
  }

  private func expectNear(_ a: ReferenceMatrix, _ b: ReferenceMatrix, _ what: String) {
    #expect(
      a.rows == b.rows && a.columns == b.columns && zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-10 }, "\(what)")
  }

  // MARK: Where there is no answer

  @Test(arguments: TestedDevice.allCases, [Double.nan, .infinity])
  func notFinite(tested: TestedDevice, value: Double) throws {
    let device = tested.make()
    let numbers = (0..<18).map { Scalar.double($0 == 12 ? value : Double($0 % 5)) }
    let a = try Operand.model(numbers, .float64, shape: [2, 3, 3]).on(device)
    let driver = LinearAlgebra.leastSquares(.gelsd, cutoff: 1e-10)
    let shapes: [(LinearAlgebra, [[Int]])] = [
      (.symmetricEigen(upper: false), [[2, 3], [2, 3, 3]]), (.singularValues, [[2, 3, 3], [2, 3], [2, 3, 3]]),
      (.singularValues, [[2, 3]]), (driver, [[2, 3, 3], [2], [2, 3]]),
    ]
    for (operation, outputs) in shapes {
      var results = try outputs.map { shape in
        try Operand.model([.int(0)], shape == [2] ? .int32 : .float64, shape: shape).on(device)
      }
      results.append(try Operand.model([.int(7)], .int32, shape: [2]).on(device))
      try device.linearAlgebra(operation, inputs: operation == driver ? [a, a] : [a], outputs: results)
      let info = try results[results.count - 1].values().map(\.intValue)
      #expect(info == [0, -1], "\(operation)")
      let first = try results[0].values().map(\.doubleValue)
      #expect(first.prefix(first.count / 2).allSatisfy(\.isFinite) && first.suffix(first.count / 2).allSatisfy(\.isNaN))
    }
  }

  @Test(arguments: TestedDevice.allCases)
  func codes(tested: TestedDevice) throws {
    let device = tested.make()
    // The second leading minor of the second matrix is negative, and the first pivot of the third is not a number.
    let symmetric: [Double] = [2, 1, 1, 2, 1, 2, 2, 1, .nan, 1, 1, 2]
    let a = try Operand.model(symmetric.map { .double($0) }, .float64, shape: [3, 2, 2]).on(device)
    var outputs = try [Operand.model([.int(0)], .float64, shape: [3, 2, 2]), .model([.int(7)], .int32, shape: [3])].map {
      try $0.on(device)
    }
    try device.linearAlgebra(.cholesky(upper: false), inputs: [a], outputs: outputs)
    #expect(try outputs[1].values().map(\.intValue) == [0, 2, 1])
    let singular: [Double] = [1, 2, 2, 4, 0, 1, 0, 3, 1, 2, 3, 4]
    let b = try Operand.model(singular.map { .double($0) }, .float64, shape: [3, 2, 2]).on(device)
    outputs.insert(try Operand.model([.int(0)], .int32, shape: [3, 2]).on(device), at: 1)
    try device.linearAlgebra(.lu, inputs: [b], outputs: outputs)
    #expect(try outputs[2].values().map(\.intValue) == [2, 1, 0])
  }

  @Test(arguments: TestedDevice.allCases)
  func dtypesThatItHasNot(tested: TestedDevice) throws {
    let device = tested.make()
    let a = try Operand.model([.int(1)], .int64, shape: [2, 2]).on(device)
    let info = try Operand.model([.int(1)], .int32, shape: []).on(device)
    #expect(throws: TensorError.notImplemented("\"cholesky_\(device.type)\" not implemented for 'Long'")) {
      try device.linearAlgebra(.cholesky(upper: false), inputs: [a], outputs: [a, info])
    }
  }

  @Test(arguments: TestedDevice.allCases, [0, 3, -1])
  func pivotsOutOfRange(tested: TestedDevice, pivot: Int) throws {
    let device = tested.make()
    let a = try Operand.model([.double(1)], .float64, shape: [2, 2]).on(device)
    let pivots = try Operand.model([.int(1), .int(Int64(pivot))], .int32).on(device)
    #expect(throws: TensorError.self) {
      try device.linearAlgebra(.luSolve(transposed: false), inputs: [a, pivots, a], outputs: [a])
      try device.synchronize()
    }
    #expect(throws: TensorError.self) {
      try device.linearAlgebra(.rowOrder, inputs: [pivots], outputs: [try Operand.model([.int(0)], .int32, shape: [2]).on(device)])
      try device.synchronize()
    }
  }
}

import Testing

@testable import Devices

/// What looks along dimensions, reductions, scans, sorting and products, and random numbers: on every device as on the reference
/// device, over operands in every form.
@Suite struct DeviceConformanceStructureTests {
  private static let shapes = [[], [0], [1], [7], [3, 5], [1, 4], [0, 3], [3, 0], [2, 3, 4], [4, 1, 6], [40, 9], [3, 70]]

  @Test(arguments: Reduction.allCases, DType.allCases)
  func reduce(reduction: Reduction, dtype: DType) throws {
    var numbers = TestNumbers(seed: 10)
    let devices = TestedDevice.others()
    for shape in Self.shapes {
      for form in Form.allCases {
        var dims = shape.indices.filter { _ in numbers.bool() }
        var target = dtype
        switch reduction {
        case .argMin, .argMax:
          dims = shape.isEmpty ? [] : [numbers.int(0...(shape.count - 1))]
          target = .int64
        case .any, .all: target = .bool
        case .sum, .product: if dtype.isIntegral && numbers.bool() { target = .int64 }
        case .min, .max: break
        }
        if (reduction == .argMin || reduction == .argMax) && shape.isEmpty { continue }
        let isExtreme = [.min, .max, .argMin, .argMax].contains(reduction)
        let values =
          reduction == .sum || reduction == .product
          ? dtype.exactValues(forProducts: reduction == .product, 100, using: &numbers)
          : dtype.specialValues + dtype.randomValues(30, using: &numbers) + [.int(0), .int(0)]
        let input = Operand.model(shape, dtype, form, of: values.shuffled(using: &numbers), using: &numbers)
        var kept = shape
        for dim in dims { kept[dim] = 1 }
        let want = Operand.model(kept, target, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
        let got = try devices.map { try want.on($0) }
        let isEmpty = isExtreme && want.count > 0 && dims.contains { shape[$0] == 0 }
        if isEmpty {
          #expect(throws: TensorError.self) { try ReferenceDevice.shared.reduce(reduction, input, dims: dims, to: want) }
        } else {
          try ReferenceDevice.shared.reduce(reduction, input, dims: dims, to: want)
        }
        for output in got {
          let sent = try input.on(output.device)
          if isEmpty {
            #expect {
              try output.device.reduce(reduction, sent, dims: dims, to: output); try output.device.synchronize()
            } throws: {
              ($0 as? TensorError)?.message.contains(
                "Expected reduction dim \(dims.first { shape[$0] == 0 }!) to have non-zero size.") == true
            }
            continue
          }
          try output.device.reduce(reduction, sent, dims: dims, to: output)
          // Zeros of either sign are the same extreme.
          try expectSame(
            output, want, ulps: isExtreme ? 0.5 : 0,
            "\(reduction) of \(dtype.name) \(shape) \(form) over \(dims) to \(target.name) on \(output.device.description)")
        }
      }
    }
  }

  /// A sum's error is a few roundings of the sum of magnitudes, however long it is.
  @Test(arguments: [DType.float16, .bfloat16, .float32, .float64])
  func accuracyOfSums(dtype: DType) throws {
    var numbers = TestNumbers(seed: 11)
    let devices = TestedDevice.others()
    let unit = dtype == .float64 ? 0x1p-53 : dtype == .float32 ? 0x1p-24 : dtype == .float16 ? 0x1p-11 : 0x1p-8
    for (shape, dims) in [([3000], [0]), ([5, 700], [1]), ([700, 5], [0]), ([7, 20, 11], [0, 2])] {
      let values = (0..<1000).map { _ in Scalar.double(numbers.double(-4...4)) }
      for form in Form.allCases {
        let input = Operand.model(shape, dtype, form, of: values, using: &numbers)
        var kept = shape
        for dim in dims { kept[dim] = 1 }
        let want = Operand.model(kept, dtype, using: &numbers)
        let magnitude = Operand.model(kept, .float64, using: &numbers)
        let magnitudes = Operand.model(shape, .float64, using: &numbers)
        for i in 0..<input.count { Elements(magnitudes)[i] = .double(Elements(input)[i].doubleValue.magnitude) }
        try ReferenceDevice.shared.reduce(.sum, input, dims: dims, to: want)
        try ReferenceDevice.shared.reduce(.sum, magnitudes, dims: dims, to: magnitude)
        for device in devices {
          let got = try want.on(device)
          try device.reduce(.sum, try input.on(device), dims: dims, to: got)
          for (i, (a, b)) in zip(try got.values(), try want.values()).enumerated() {
            // One rounding at the end, and those within, which halves make in float32.
            let within = Elements(magnitude)[i].doubleValue * (dtype == .float64 ? 0x1p-53 : 0x1p-24) * 16
            #expect(
              (a.doubleValue - b.doubleValue).magnitude <= within + 2 * unit * b.doubleValue.magnitude,
              "sum of \(dtype.name) \(shape) \(form) over \(dims) on \(device.description): \(a) for \(b)")
          }
        }
      }
    }
  }

  @Test(arguments: Scan.allCases, DType.allCases)
  func scan(scan: Scan, dtype: DType) throws {
    var numbers = TestNumbers(seed: 12)
    let devices = TestedDevice.others()
    let isExtreme = scan == .min || scan == .max
    for shape in Self.shapes where shape != [3, 70] {
      for form in Form.allCases {
        let dim = shape.isEmpty ? 0 : numbers.int(0...(shape.count - 1))
        let target = dtype.isIntegral && (scan == .sum || scan == .product) ? DType.int64 : dtype
        let values =
          isExtreme
          ? dtype.specialValues + dtype.randomValues(30, using: &numbers)
          : scan == .logSumExp
            ? (0..<50).map { _ in .double(numbers.double(-4...4)) }
            : dtype.exactValues(forProducts: scan == .product, 100, using: &numbers)
        let input = Operand.model(shape, dtype, form, of: values.shuffled(using: &numbers), using: &numbers)
        let want = Operand.model(shape, target, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
        let wantIndices = isExtreme ? Operand.model(shape, .int64, .offset, using: &numbers) : nil
        let got = try devices.map { try (want.on($0), wantIndices?.on($0)) }
        let isDefined = scan != .logSumExp || dtype.isFloatingPoint
        if isDefined { try ReferenceDevice.shared.scan(scan, input, dim: dim, to: want, indices: wantIndices) }
        for (output, indices) in got {
          let sent = try input.on(output.device)
          guard isDefined else {
            if shape == [7] {
              #expect {
                try output.device.scan(scan, sent, dim: dim, to: output, indices: nil); try output.device.synchronize()
              } throws: {
                ($0 as? TensorError)?.kind == .notImplemented
              }
            }
            continue
          }
          let context = "\(scan) scan of \(dtype.name) \(shape) \(form) along \(dim) on \(output.device.description)"
          try output.device.scan(scan, sent, dim: dim, to: output, indices: indices)
          try expectSame(output, want, ulps: scan == .logSumExp ? (dtype.byteCount == 2 ? 1 : 64) : 0, context)
          if let indices, let wantIndices { try expectSame(indices, wantIndices, context) }
        }
      }
    }
  }

  @Test(arguments: DType.allCases)
  func sort(dtype: DType) throws {
    var numbers = TestNumbers(seed: 13)
    let devices = TestedDevice.others()
    for shape in Self.shapes + [[2, 300]] where !shape.isEmpty {
      for form in Form.allCases {
        let dim = numbers.int(0...(shape.count - 1))
        let descending = numbers.bool()
        let values = dtype.specialValues + dtype.randomValues(30, using: &numbers) + dtype.wholeValues(60, using: &numbers)
        let input = Operand.model(shape, dtype, form, of: values.shuffled(using: &numbers), using: &numbers)
        let want = (
          Operand.model(shape, dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers),
          Operand.model(shape, .int64, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
        )
        let got = try devices.map { try (want.0.on($0), want.1.on($0)) }
        try ReferenceDevice.shared.sort(input, dim: dim, descending: descending, values: want.0, indices: want.1)
        for output in got {
          let device = output.0.device
          try device.sort(try input.on(device), dim: dim, descending: descending, values: output.0, indices: output.1)
          let context = "sort of \(dtype.name) \(shape) \(form) along \(dim), descending \(descending), on \(device.description)"
          try expectSame(output.0, want.0, context)
          try expectSame(output.1, want.1, context)
        }
      }
    }
  }

  /// The values are those of the sorted row, and stand where the indices say.
  @Test(arguments: TestedDevice.allCases, DType.allCases)
  func select(tested: TestedDevice, dtype: DType) throws {
    let device = tested.make()
    var numbers = TestNumbers(seed: 19)
    for shape in [[1], [7], [3, 5], [2, 3, 4], [40, 9], [2, 300]] {
      for form in Form.allCases {
        let dim = numbers.int(0...(shape.count - 1))
        let values = dtype.specialValues + dtype.randomValues(30, using: &numbers) + dtype.wholeValues(60, using: &numbers)
        let input = Operand.model(shape, dtype, form, of: values.shuffled(using: &numbers), using: &numbers)
        let parts = [
          (OrderedPart.first(descending: false), numbers.int(0...shape[dim])),
          (.first(descending: true), numbers.int(0...shape[dim])),
          (.rank(numbers.int(0...(shape[dim] - 1))), 1),
          (.median(ignoresNaN: false), 1), (.median(ignoresNaN: true), 1),
          (.all, shape[dim]),
        ]
        for (part, count) in parts {
          var kept = shape
          kept[dim] = count
          let values = Operand.model(kept, dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
          let indices = Operand.model(kept, .int64, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
          let got = (try values.on(device), try indices.on(device))
          try device.select(part, of: try input.on(device), dim: dim, values: got.0, indices: got.1)
          let (gotValues, gotIndices) = (try got.0.values(), try got.1.values())
          #expect(try got.0.hasSameGaps(as: values) && got.1.hasSameGaps(as: indices))
          for (row, result) in zip(input.layout.lanes(along: [dim]), Layout(shape: kept).lanes(along: [dim])) {
            let row = row.map { Elements(input)[$0] }
            let sorted = row.sorted { $0.isLessInOrder(than: $1) }
            let context = "\(part) of \(row) on \(tested)"
            let wanted: [Scalar] =
              switch part {
              case .first(descending: false): Array(sorted.prefix(count))
              case .first(descending: true): sorted.suffix(count).reversed()
              case .rank(let rank): [sorted[rank]]
              case .median(let ignoresNaN):
                [sorted.median(ignoresNaN: ignoresNaN)]
              case .all: sorted
              }
            expectEqual(result.map { gotValues[$0] }, wanted, dtype, ulps: 0.5, context)
            let places = result.map { Int(gotIndices[$0].intValue) }
            #expect(Set(places).count == count && places.allSatisfy { row.indices.contains($0) }, "\(context)")
            expectEqual(result.map { gotValues[$0] }, places.map { row[$0] }, dtype, context)
          }
          // Where nobody asks for places the values are the same.
          let alone = try values.on(device)
          try device.select(part, of: try input.on(device), dim: dim, values: alone, indices: nil)
          expectEqual(try alone.values(), gotValues, dtype, ulps: 0.5, "\(part) of \(shape) without places on \(tested)")
        }
      }
    }
  }

  @Test(arguments: DType.allCases)
  func matrixProduct(dtype: DType) throws {
    var numbers = TestNumbers(seed: 14)
    let devices = TestedDevice.others()
    let sizes = [
      (1, 1, 1, 1), (1, 2, 3, 4), (3, 5, 2, 7), (2, 1, 9, 1), (1, 16, 16, 16), (2, 0, 3, 4), (2, 3, 0, 4), (0, 2, 2, 2),
      (1, 33, 20, 35),
    ]
    for (batch, m, k, n) in sizes {
      for form in Form.allCases {
        let a = Operand.model(
          [batch, m, k], dtype, form, of: dtype.exactValues(forProducts: false, 97, using: &numbers), using: &numbers)
        let b = Operand.model(
          [batch, k, n], dtype, Form.allCases.randomElement(using: &numbers)!,
          of: dtype.exactValues(forProducts: false, 89, using: &numbers),
          using: &numbers)
        let want = Operand.model([batch, m, n], dtype, Form.outputs.randomElement(using: &numbers)!, using: &numbers)
        let shape = [nil, [n], [m, n], [batch, m, n], [m, 1]].randomElement(using: &numbers)!
        let addend = shape.map {
          Operand.model(
            $0, dtype, Form.allCases.randomElement(using: &numbers)!,
            of: dtype.exactValues(forProducts: false, 83, using: &numbers), using: &numbers)
        }
        let got = try devices.map { try want.on($0) }
        if dtype == .bool {
          #expect { try ReferenceDevice.shared.matrixProduct(a, b, to: want) } throws: {
            ($0 as? TensorError)?.kind == .notImplemented
          }
        } else {
          try ReferenceDevice.shared.matrixProduct(a, b, plus: addend, to: want)
        }
        for output in got {
          let device = output.device
          let (left, right) = (try a.on(device), try b.on(device))
          if dtype == .bool {
            #expect {
              try device.matrixProduct(left, right, to: output); try device.synchronize()
            } throws: {
              ($0 as? TensorError)?.kind == .notImplemented
            }
            continue
          }
          try device.matrixProduct(left, right, plus: try addend.map { try $0.on(device) }, to: output)
          try expectSame(
            output, want,
            "product of \(dtype.name) \([batch, m, k, n]) \(form) and \(addend?.shape ?? []) on \(device.description)")
        }
      }
    }
  }

  // MARK: Random

  @Test(arguments: DType.allCases)
  func random(dtype: DType) throws {
    var numbers = TestNumbers(seed: 18)
    let devices = TestedDevice.others()
    let distributions: [Distribution] = [
      .uniform(low: -1, high: 3), .normal(mean: 1, std: 2), .logNormal(mean: 0, std: 0.5), .cauchy(median: 0, sigma: 1),
      .exponential(rate: 2), .geometric(p: 0.3), .bernoulli(p: 0.6), .integers(low: 0, high: 2), .anyInteger,
    ]
    for distribution in distributions {
      for form in Form.outputs {
        for shape in [[], [0], [15], [3, 20], [650]] {
          let want = Operand.model(shape, dtype, form, using: &numbers)
          let got = try devices.map { try want.on($0) }
          var engine = MersenneTwister(seed: 42)
          var expectedError: TensorError?
          do {
            try ReferenceDevice.shared.random(distribution, engine: &engine, to: want)
          } catch {
            expectedError = error
          }
          for output in got {
            var own = MersenneTwister(seed: 42)
            let context = "\(distribution) in \(dtype.name) \(form) \(shape) on \(output.device.description)"
            var thrown: TensorError?
            do {
              try output.device.random(distribution, engine: &own, to: output)
            } catch {
              thrown = error
            }
            #expect(thrown == expectedError, "\(context)")
            if thrown == nil { try expectSame(output, want, context) }
            #expect(own == engine, "the engine after \(context)")
          }
        }
      }
    }
  }
}

extension [Scalar] {
  /// Of elements in order.
  fileprivate func median(ignoresNaN: Bool) -> Scalar {
    let numbers = prefix { !$0.isNaN }.count
    if numbers < count && !ignoresNaN { return self[numbers] }
    return self[Swift.max(numbers - 1, 0) / 2]
  }
}

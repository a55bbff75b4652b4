import ArgumentParser
import Fluxion

/// The same bits whatever the number of threads: results and gradients of single operations.
///
/// The inputs of a case are enlarged where the operation takes them so, and jobs are cut as finely as there are threads to take them: what depends on
/// where a job is cut shows.
struct BitsSuite: Suite {
  let name = "bits"
  let summary = "the same results and gradients, bit for bit, on any number of threads"
  var threads = [1, 2, 3, 5, 8]

  func check(_ row: JSON) throws -> Outcome {
    guard row["error"] == nil else { throw Skip("an error") }
    let testCase = try OpCase(row, OpOptions())
    guard let form = EnlargedForm.allCases.first(where: { form in (try? run { try form.call(of: testCase) }) != nil }) else {
      throw Skip("\(testCase.operation) refuses its arguments")
    }
    return try compare { try form.call(of: testCase) }
  }

  // MARK: Runs

  /// A call, and those of its tensors that gradients are asked for.
  struct Input {
    var call: Call
    var isInPlace = false
    var leaves: [Tensor]
  }

  /// Runs what is made anew for every number of threads.
  func compare(_ input: () throws -> Input) throws -> Outcome {
    let before = getNumThreads()
    defer { try? setNumThreads(before) }
    var expected: [Tensor?] = []
    for (index, count) in threads.enumerated() {
      try setNumThreads(count)
      let results = try run(input)
      if index == 0 {
        expected = results
        continue
      }
      for (place, (a, b)) in zip(expected, results).enumerated() {
        if let difference = Self.difference(a, b) {
          return .failed(
            expected: "result \(place) on \(threads[0]) threads", got: "\(difference) on \(count) threads")
        }
      }
    }
    return .passed
  }

  /// The results of a call, and their gradients.
  private func run(_ input: () throws -> Input) throws -> [Tensor?] {
    try checked {
      manualSeed(5)
      let input = try input()
      let value = try input.isInPlace ? Operations.performInPlace(input.call) : Operations.perform(input.call)
      let outputs = value.flattened.compactMap(\.tensor)
      for output in outputs { output.evaluate() }
      let roots = outputs.filter(\.requiresGrad)
      if roots.isEmpty || input.leaves.isEmpty { return outputs }
      return outputs
        + gradAllowingUnused(of: roots, wrt: input.leaves, gradOutputs: roots.map { Self.numbers($0.shape, $0.dtype) })
    }
  }

  /// Numbers between 1/8 and 2, all of them exact.
  static func numbers(_ shape: [Int], _ dtype: DType) -> Tensor {
    let count = shape.reduce(1, *)
    return ((Tensor.arange(count).remainder(16).double() + 1) / 8).to(dtype).reshape(shape)
  }

  // MARK: Comparison

  /// Nil where two results have the same bits. Every NaN counts as the same.
  private static func difference(_ a: Tensor?, _ b: Tensor?) -> String? {
    guard let a, let b else { return (a == nil) == (b == nil) ? nil : "one of them" }
    guard a.shape == b.shape, a.dtype == b.dtype else { return "\(b.dtype) \(b.shape)" }
    let (x, y) = (a.detach(), b.detach())
    var isSame = x .== y
    if x.isFloatingPoint {
      isSame = isSame.logicalAnd(x.signBit() .== y.signBit()).logicalOr(x.isNaN().logicalAnd(y.isNaN()))
    }
    if isSame.all().item().boolValue { return nil }
    let others = isSame.logicalNot().flatten().nonzero().flatten()
    let place = others[0].item().intValue
    let values = (x.flatten()[Int(place)].item(), y.flatten()[Int(place)].item())
    return "\(others.count) of \(x.count) elements are others; at \(place) \(values.1) for \(values.0)"
  }
}

/// How the inputs of a case are made larger. The first that the operation takes is the one.
enum EnlargedForm: CaseIterable {
  /// The first dimension of the tensors of most dimensions is repeated.
  case rows
  /// The first dimension of every tensor is repeated.
  case allRows
  /// Every tensor is repeated in a dimension before all others.
  case batch
  /// As they are.
  case original

  /// So many elements the largest tensor has about.
  private static let count = 3000
  /// Operations whose results grow with a power of their inputs.
  private static let growing: Set = [
    "block_diag", "cartesian_prod", "combinations", "diag_embed", "einsum", "ger", "kron", "meshgrid", "outer", "tensordot",
    "vander",
  ]

  func call(of testCase: OpCase) throws -> BitsSuite.Input {
    let input = try testCase.input()
    if self == .original || Self.growing.contains(testCase.tableName) {
      if self != .original { throw Skip("results that grow faster than their inputs") }
      return BitsSuite.Input(call: input.call, isInPlace: testCase.isInPlace, leaves: input.leaves)
    }
    let arguments = input.call.arguments + input.call.keywords.values
    let tensors = arguments.flatMap(\.tensors)
    let rank = tensors.map(\.rank).max() ?? 0
    guard let largest = tensors.map(\.count).max(), largest > 0, rank > 0 else { throw Skip("no elements") }
    let size = tensors.first { $0.rank == rank }!.shape[0]
    let times = max(1, Self.count / largest)
    var leaves: [Tensor] = []
    func enlarged(_ x: Tensor) -> Tensor {
      var y = x.detach()
      switch self {
      case .rows where x.rank == rank && x.shape[0] == size, .allRows where x.rank > 0:
        y = concatenate([Tensor](repeating: y, count: times))
      case .batch: y = stack([Tensor](repeating: y, count: times))
      default: break
      }
      if x.requiresGrad {
        y = y.requiringGrad()
        leaves.append(y)
      }
      return y
    }
    var call = input.call
    call.arguments = call.arguments.map { $0.mapTensors(enlarged) }
    for (name, value) in call.keywords.sorted(by: { $0.key < $1.key }) { call.keywords[name] = value.mapTensors(enlarged) }
    if testCase.isInPlace, let x = call.arguments.first?.tensor { call.arguments[0] = .tensor(x.clone()) }
    return BitsSuite.Input(call: call, isInPlace: testCase.isInPlace, leaves: leaves)
  }
}

extension Value {
  fileprivate var tensors: [Tensor] {
    tensor.map { [$0] } ?? elements.map { $0.flatMap(\.tensors) } ?? []
  }

  fileprivate func mapTensors(_ transform: (Tensor) -> Tensor) -> Value {
    switch self {
    case .tensor(let reference): .tensor(transform(reference.tensor))
    case .list(let values): .list(values.map { $0.mapTensors(transform) })
    case .tuple(let values): .tuple(values.map { $0.mapTensors(transform) })
    default: self
    }
  }
}

/// The options as they stand on the command line.
struct BitsArguments: ParsableArguments {
  @Option(help: "The numbers of threads that results are compared for.")
  var threads = "1,2,3,5,8"

  func validate() throws {
    guard let counts, counts.count > 1, counts.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("There are no two numbers of threads in '\(threads)'.")
    }
  }

  /// Nil for what are no numbers.
  var counts: [Int]? {
    let counts = threads.split(separator: ",").map { Int($0) }
    return counts.contains(nil) ? nil : counts.compactMap { $0 }
  }
}

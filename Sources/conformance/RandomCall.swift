import Fluxion

/// A call of a random function: `fn`, and its arguments by PyTorch's names.
struct RandomCall {
  let function: String
  private let arguments: JSON
  private let body: @Sendable (RandomCall) throws -> Tensor

  init(_ call: JSON) throws {
    function = try call.member("fn").asString()
    arguments = call
    guard let body = RandomCall.functions[function] else { throw Skip("function \(function) is not there") }
    self.body = body
  }

  func run() throws -> Tensor { try body(self) }

  // MARK: Arguments

  private func number(_ name: String) throws -> Double { try arguments.member(name).asDouble() }
  private func integer(_ name: String) throws -> Int { try arguments.member(name).asInt() }
  private func size() throws -> [Int] { try arguments.member("size").asShape() }
  private func dtype() throws -> DType? { try arguments["dtype"]?.asDType() }
  private func tensor(_ name: String) throws -> Tensor { try Tensor(arguments.member(name), dtype: dtype() ?? .float32) }

  /// What an in-place function is called on: see `layout`.
  private func target() throws -> Tensor {
    let (size, dtype) = (try size(), try dtype())
    switch arguments["layout"]?.text {
    case nil: return .empty(size, dtype: dtype)
    case "transposed": return .empty(size.reversed(), dtype: dtype).permute(size.indices.reversed())
    case "strided2":
      guard let last = size.last else { throw FormatError("a 0-d tensor has no strides") }
      return .empty(size.dropLast() + [2 * last], dtype: dtype).slice(dim: -1, by: 2)
    case let layout?: throw FormatError("no layout \(layout)")
    }
  }

  private func filled(_ fill: (inout Tensor) throws -> Void) throws -> Tensor {
    var tensor = try target()
    try fill(&tensor)
    return tensor
  }

  private func constant(_ value: Double) throws -> Tensor { .full(try size(), value, dtype: try dtype()) }

  // MARK: Functions

  private static let functions: [String: @Sendable (RandomCall) throws -> Tensor] = [
    "rand": { call in .rand(try call.size(), dtype: try call.dtype()) },
    "randn": { call in .randn(try call.size(), dtype: try call.dtype()) },
    "randint": { call in
      .randint(
        try call.arguments["low"]?.asInt() ?? 0, try call.integer("high"), try call.size(), dtype: try call.dtype() ?? .int64)
    },
    "randperm": { call in .randperm(try call.integer("n"), dtype: try call.dtype() ?? .int64) },
    "normal": { call in
      switch (try call.arguments.member("mean"), try call.arguments.member("std")) {
      case (.array, .array): .normal(mean: try call.tensor("mean"), std: try call.tensor("std"))
      case (.array, let std): .normal(mean: try call.tensor("mean"), std: try std.asDouble())
      case (let mean, .array): .normal(mean: try mean.asDouble(), std: try call.tensor("std"))
      case (let mean, let std):
        .normal(mean: try mean.asDouble(), std: try std.asDouble(), try call.size(), dtype: try call.dtype())
      }
    },
    "bernoulli": { call in try call.tensor("probs").bernoulli() },
    "poisson": { call in try call.tensor("rates").poisson() },
    "multinomial": { call in
      try call.tensor("weights").multinomial(
        numSamples: try call.integer("num_samples"), replacement: call.arguments["replacement"]?.flag ?? false)
    },
    "uniform_": { call in
      try call.filled { $0.fillUniform(from: try call.number("from"), to: try call.number("to")) }
    },
    "normal_": { call in
      try call.filled { $0.fillNormal(mean: try call.number("mean"), std: try call.number("std")) }
    },
    "log_normal_": { call in
      try call.filled { $0.fillLogNormal(mean: try call.number("mean"), std: try call.number("std")) }
    },
    "cauchy_": { call in
      try call.filled { $0.fillCauchy(median: try call.number("median"), sigma: try call.number("sigma")) }
    },
    "exponential_": { call in try call.filled { $0.fillExponential(lambd: try call.number("lambd")) } },
    "geometric_": { call in try call.filled { $0.fillGeometric(try call.number("p")) } },
    "bernoulli_": { call in
      try call.filled { tensor in
        if let probabilities = call.arguments["probs"] {
          tensor.fillBernoulli(try Tensor(probabilities, dtype: tensor.isFloatingPoint ? tensor.dtype : .float32))
        } else {
          tensor.fillBernoulli(try call.number("p"))
        }
      }
    },
    "random_": { call in
      try call.filled { tensor in
        switch (try call.arguments["from"]?.asInt(), try call.arguments["to"]?.asInt()) {
        case (nil, nil): tensor.fillRandom()
        case (nil, let to?): tensor.fillRandom(to: to)
        case (let from?, let to): tensor.fillRandom(from: from, to: to)
        }
      }
    },
    "dropout": { call in try call.constant(1).dropout(p: try call.number("p")) },
    "dropout2d": { call in try call.constant(1).dropout2d(p: try call.number("p")) },
    "alpha_dropout": { call in try call.constant(1).alphaDropout(p: try call.number("p"), training: true) },
    "feature_alpha_dropout": { call in try call.constant(1).featureAlphaDropout(p: try call.number("p"), training: true) },
    "rrelu": { call in
      try call.constant(-1).rrelu(lower: try call.number("lower"), upper: try call.number("upper"), training: true)
    },
  ]
}

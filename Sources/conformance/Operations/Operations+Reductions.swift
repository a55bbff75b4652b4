import Fluxion

extension Operations {
  static let reductions: [String: Operation] = [
    "all": { .tensor(try $0.receiver.all(dim: $0.dims(1), keepDim: $0.keepDim(2))) },
    "amax": { .tensor(try $0.receiver.amax(dim: $0.dims(1), keepDim: $0.keepDim(2))) },
    "amin": { .tensor(try $0.receiver.amin(dim: $0.dims(1), keepDim: $0.keepDim(2))) },
    "aminmax": { call in
      let (low, high) = try call.receiver.aminmax(dim: call.int(-1, "dim"), keepDim: call.keepDim(-1))
      return .tensors([low, high])
    },
    "any": { .tensor(try $0.receiver.any(dim: $0.dims(1), keepDim: $0.keepDim(2))) },
    "argmax": { .tensor(try $0.receiver.argmax(dim: $0.int(1, "dim"), keepDim: $0.keepDim(2))) },
    "argmin": { .tensor(try $0.receiver.argmin(dim: $0.int(1, "dim"), keepDim: $0.keepDim(2))) },
    "corrcoef": unary(Tensor.corrcoef),
    "cov": { call in
      .tensor(
        try call.receiver.cov(
          correction: call.int(1, "correction") ?? 1, fweights: call.optionalTensor(2, "fweights"),
          aweights: call.optionalTensor(3, "aweights")))
    },
    "count_nonzero": { .tensor(try $0.receiver.countNonzero(dim: $0.dims(1))) },
    "cdist": { .tensor(try $0.receiver.cdist($0.tensor(1, "x2"), p: $0.double(2, "p") ?? 2)) },
    "cumprod": { .tensor(try $0.receiver.cumprod(dim: $0.dim(1), dtype: $0.dtype(2))) },
    "cumulative_trapezoid": { call in
      let dim = try call.int(-1, "dim") ?? -1
      if let x = try call.optionalTensor(1, "x") { return .tensor(try call.receiver.cumulativeTrapezoid(x: x, dim: dim)) }
      return .tensor(try call.receiver.cumulativeTrapezoid(dx: call.scalar(-1, "dx") ?? .int(1), dim: dim))
    },
    "gradient": { call in
      .tensors(
        try call.receiver.gradient(
          spacing: call.spacing, dim: call.dims(-1), edgeOrder: call.int(-1, "edge_order") ?? 1))
    },
    "trapezoid": trapezoid,
    "trapz": trapezoid,
    "cumsum": { .tensor(try $0.receiver.cumsum(dim: $0.dim(1), dtype: $0.dtype(2))) },
    "diff": { call in
      .tensor(
        try call.receiver.diff(
          n: call.int(1, "n") ?? 1, dim: call.int(2, "dim") ?? -1, prepend: call.optionalTensor(3, "prepend"),
          append: call.optionalTensor(4, "append")))
    },
    "dist": { .tensor(try $0.receiver.dist($0.tensor(1, "other"), p: $0.double(2, "p") ?? 2)) },
    "logcumsumexp": { .tensor(try $0.receiver.logcumsumexp(dim: $0.dim(1))) },
    "logsumexp": { call in
      let dims = try call.required(call.ints(1, "dim"), "dim")
      return .tensor(try call.receiver.logSumExp(dim: dims, keepDim: call.keepDim(2)))
    },
    "max": { try extreme($0, whole: Tensor.max, pair: Tensor.maximum, along: Tensor.max) },
    "mean": { .tensor(try $0.receiver.mean(dim: $0.dims(1), keepDim: $0.keepDim(2), dtype: $0.dtype(3))) },
    "min": { try extreme($0, whole: Tensor.min, pair: Tensor.minimum, along: Tensor.min) },
    "nanmean": { .tensor(try $0.receiver.nanmean(dim: $0.dims(1), keepDim: $0.keepDim(2), dtype: $0.dtype(3))) },
    "nansum": { .tensor(try $0.receiver.nansum(dim: $0.dims(1), keepDim: $0.keepDim(2), dtype: $0.dtype(3))) },
    "norm": { call in
      if case .string("nuc")? = call[1, "p"] {
        return .tensor(
          try Linalg.norm(call.receiver, .nuc, dim: call.dims(2), keepDim: call.keepDim(3), dtype: call.dtype(4)))
      }
      let p = try call[1, "p"]?.scalar.map { _ in try call.double(1, "p") ?? 2 } ?? 2
      return .tensor(
        try call.receiver.norm(p, dim: call.dims(2), keepDim: call.keepDim(3), dtype: call.dtype(4)))
    },
    "prod": { call in
      guard let dim = try call.int(1, "dim") else { return .tensor(try call.receiver.prod(dtype: call.dtype(-1))) }
      return .tensor(try call.receiver.prod(dim: dim, keepDim: call.keepDim(2), dtype: call.dtype(3)))
    },
    "renorm": { call in
      .tensor(
        try call.receiver.renorm(
          p: call.required(call.double(1, "p"), "p"), dim: call.dim(2),
          maxNorm: call.required(call.double(3, "maxnorm"), "maxnorm")))
    },
    "std": { .tensor(try $0.receiver.std(dim: $0.spreadDims, correction: $0.correction, keepDim: $0.keepDim(3))) },
    "std_mean": { call in
      let (std, mean) = try call.receiver.stdMean(
        dim: call.spreadDims, correction: call.correction, keepDim: call.keepDim(3))
      return .tensors([std, mean])
    },
    "sum": { .tensor(try $0.receiver.sum(dim: $0.dims(1), keepDim: $0.keepDim(2), dtype: $0.dtype(3))) },
    "var": { .tensor(try $0.receiver.var(dim: $0.spreadDims, correction: $0.correction, keepDim: $0.keepDim(3))) },
    "var_mean": { call in
      let (variance, mean) = try call.receiver.varMean(
        dim: call.spreadDims, correction: call.correction, keepDim: call.keepDim(3))
      return .tensors([variance, mean])
    },
  ]

  private static let trapezoid: Operation = { call in
    let dim = try call.int(-1, "dim") ?? -1
    if let x = try call.optionalTensor(1, "x") { return .tensor(try call.receiver.trapezoid(x: x, dim: dim)) }
    return .tensor(try call.receiver.trapezoid(dx: call.scalar(-1, "dx") ?? .int(1), dim: dim))
  }

  /// `max` and `min`: of a whole tensor, of two tensors, or along a dimension.
  private static func extreme(
    _ call: Call, whole: (Tensor) -> () -> Tensor, pair: (Tensor) -> (Tensor) -> Tensor,
    along: (Tensor) -> (Int, Bool) -> (values: Tensor, indices: Tensor)
  ) throws -> Value {
    let x = try call.receiver
    if let y = call[1, "other"]?.tensor { return .tensor(pair(x)(y)) }
    guard let dim = try call.int(1, "dim") else { return .tensor(whole(x)()) }
    let (values, indices) = along(x)(dim, try call.keepDim(2))
    return .tensors([values, indices])
  }
}

extension Call {
  fileprivate var spacing: SampleSpacing {
    get throws {
      guard let value = given(-1, "spacing") else { return .uniform(1) }
      if let number = value.scalar { return .uniform(number) }
      let list = try required(value.elements, "spacing")
      let tensors = list.compactMap(\.tensor)
      if tensors.count == list.count { return .coordinates(tensors) }
      return .distances(try list.map { try required($0.scalar, "spacing") })
    }
  }

  func keepDim(_ index: Int) throws -> Bool { try bool(index, "keepdim") ?? false }

  func dim(_ index: Int) throws -> Int { try required(int(index, "dim"), "dim") }

  /// The dimensions of `std` and its like, the first argument of which may be `unbiased`.
  fileprivate var spreadDims: (any Dimensions)? {
    get throws {
      if case .bool? = self[1, "dim"] { return nil }
      return try dims(1)
    }
  }

  fileprivate var correction: Double {
    get throws {
      if let correction = try double(-1, "correction") { return correction }
      if case .bool(let unbiased)? = self[1, "unbiased"] { return unbiased ? 1 : 0 }
      return try bool(2, "unbiased") ?? true ? 1 : 0
    }
  }
}

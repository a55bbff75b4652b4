import Autograd
import Devices

extension OperationTable {
  // MARK: Activations

  static func addActivations(to table: inout [String: Call]) {
    table["relu"] = { a in [try a.x().relu()] }
    table["relu6"] = { a in [try a.x().relu6()] }
    table["selu"] = { a in [try a.x().selu()] }
    table["silu"] = { a in [try a.x().silu()] }
    table["mish"] = { a in [try a.x().mish()] }
    table["softsign"] = { a in [try a.x().softsign()] }
    table["tanhshrink"] = { a in [try a.x().tanhshrink()] }
    table["logsigmoid"] = { a in [try a.x().logSigmoid()] }
    table["hardsigmoid"] = { a in [try a.x().hardsigmoid()] }
    table["hardswish"] = { a in [try a.x().hardswish()] }
    table["leaky_relu"] = { a in [try a.x().leakyRelu(negativeSlope: a.double(1, "negative_slope") ?? 0.01)] }
    table["elu"] = { a in [try a.x().elu(alpha: a.double(1, "alpha") ?? 1)] }
    table["celu"] = { a in [try a.x().celu(alpha: a.double(1, "alpha") ?? 1)] }
    table["gelu"] = { a in [try a.x().gelu(approximate: a.string(1, "approximate") == "tanh" ? .tanh : .none)] }
    table["softplus"] = { a in
      [try a.x().softplus(beta: a.double(1, "beta") ?? 1, threshold: a.double(2, "threshold") ?? 20)]
    }
    table["hardtanh"] = { a in [try a.x().hardtanh(min: a.double(1, "min_val") ?? -1, max: a.double(2, "max_val") ?? 1)] }
    table["hardshrink"] = { a in [try a.x().hardshrink(lambda: a.double(1, "lambd") ?? 0.5)] }
    table["softshrink"] = { a in [try a.x().softshrink(lambda: a.double(1, "lambd") ?? 0.5)] }
    table["threshold"] = { a in [try a.x().threshold(a.double(1, "threshold")!, a.double(2, "value")!)] }
    table["prelu"] = { a in [try a.x().prelu(a.x(1, "weight"))] }
    table["glu"] = { a in [try a.x().glu(dim: a.int(1, "dim") ?? -1)] }
    table["softmax"] = { a in [try a.x().softmax(dim: a.int(1, "dim")!, dtype: a.dtype(2))] }
    table["log_softmax"] = { a in [try a.x().logSoftmax(dim: a.int(1, "dim")!, dtype: a.dtype(2))] }
    table["softmin"] = { a in [try a.x().softmin(dim: a.int(1, "dim")!, dtype: a.dtype())] }
  }

  // MARK: Choices

  static func addSelections(to table: inout [String: Call]) {
    table["where"] = { a in
      switch (a.value(1, "input"), a.value(2, "other")) {
      case (.tensor(let x), .tensor(let y)): [Tensor.where(try a.x(), x, y)]
      case (.tensor(let x), .scalar(let y)): [Tensor.where(try a.x(), x, y)]
      case (.scalar(let x), .tensor(let y)): [Tensor.where(try a.x(), x, y)]
      case (.scalar(let x), .scalar(let y)): [Tensor.where(try a.x(), x, y)]
      default: throw Unsupported(description: "where")
      }
    }
    table["clamp"] = { a in
      if a.tensor(1, "min") == nil && a.tensor(2, "max") == nil {
        return [try a.x().clamp(min: a.scalar(1, "min"), max: a.scalar(2, "max"))]
      }
      return [try a.x().clamp(min: a.tensor(1, "min"), max: a.tensor(2, "max"))]
    }
    table["clamp_min"] = { a in
      [try a.scalar(1, "min").map { try a.x().clamp(min: $0) } ?? a.x().clamp(min: a.x(1, "min"))]
    }
    table["clamp_max"] = { a in
      [try a.scalar(1, "max").map { try a.x().clamp(max: $0) } ?? a.x().clamp(max: a.x(1, "max"))]
    }
    table["masked_fill"] = { a in
      if let value = a.scalar(2, "value") { return [try a.x().maskedFill(a.x(1, "mask"), value)] }
      return [try a.x().maskedFill(a.x(1, "mask"), a.x(2, "value"))]
    }
  }

  // MARK: Reductions

  static func addReductions(to table: inout [String: Call]) {
    table["sum"] = { a in [try a.x().sum(dim: a.dims(1), keepDim: a.bool(2, "keepdim"), dtype: a.dtype())] }
    table["nansum"] = { a in [try a.x().nansum(dim: a.dims(1), keepDim: a.bool(2, "keepdim"), dtype: a.dtype())] }
    table["mean"] = { a in [try a.x().mean(dim: a.dims(1), keepDim: a.bool(2, "keepdim"), dtype: a.dtype())] }
    table["nanmean"] = { a in [try a.x().nanmean(dim: a.dims(1), keepDim: a.bool(2, "keepdim"), dtype: a.dtype())] }
    table["any"] = { a in [try a.x().any(dim: a.dims(1), keepDim: a.bool(2, "keepdim"))] }
    table["all"] = { a in [try a.x().all(dim: a.dims(1), keepDim: a.bool(2, "keepdim"))] }
    table["count_nonzero"] = { a in [try a.x().countNonzero(dim: a.dims(1))] }
    table["amax"] = { a in [try a.x().amax(dim: a.dims(1), keepDim: a.bool(2, "keepdim"))] }
    table["amin"] = { a in [try a.x().amin(dim: a.dims(1), keepDim: a.bool(2, "keepdim"))] }
    table["argmax"] = { a in [try a.x().argmax(dim: a.int(1, "dim"), keepDim: a.bool(2, "keepdim"))] }
    table["argmin"] = { a in [try a.x().argmin(dim: a.int(1, "dim"), keepDim: a.bool(2, "keepdim"))] }
    table["aminmax"] = { a in
      let (least, greatest) = try a.x().aminmax(dim: a.int(1, "dim"), keepDim: a.bool(2, "keepdim"))
      return [least, greatest]
    }
    table["logsumexp"] = { a in [try a.x().logSumExp(dim: a.dims(1)!, keepDim: a.bool(2, "keepdim"))] }
    table["var"] = { a in [try a.x().var(dim: a.spreadDims, correction: a.correction, keepDim: a.bool(.max, "keepdim"))] }
    table["std"] = { a in [try a.x().std(dim: a.spreadDims, correction: a.correction, keepDim: a.bool(.max, "keepdim"))] }
    table["var_mean"] = { a in
      let (variance, mean) = try a.x().varMean(dim: a.spreadDims, correction: a.correction, keepDim: a.bool(.max, "keepdim"))
      return [variance, mean]
    }
    table["std_mean"] = { a in
      let (std, mean) = try a.x().stdMean(dim: a.spreadDims, correction: a.correction, keepDim: a.bool(.max, "keepdim"))
      return [std, mean]
    }
  }

  static func addNorms(to table: inout [String: Call]) {
    table["prod"] = { a in
      guard let dim = a.int(1, "dim") else { return [try a.x().prod(dtype: a.dtype())] }
      return [try a.x().prod(dim: dim, keepDim: a.bool(2, "keepdim"), dtype: a.dtype())]
    }
    table["cumsum"] = { a in [try a.x().cumsum(dim: a.int(1, "dim")!, dtype: a.dtype())] }
    table["cumprod"] = { a in [try a.x().cumprod(dim: a.int(1, "dim")!, dtype: a.dtype())] }
    table["logcumsumexp"] = { a in [try a.x().logcumsumexp(dim: a.int(1, "dim")!)] }
    table["cummax"] = { a in list(try a.x().cummax(dim: a.int(1, "dim")!)) }
    table["cummin"] = { a in list(try a.x().cummin(dim: a.int(1, "dim")!)) }
    table["norm"] = { a in
      if a.has(1, "p") && a.double(1, "p") == nil { throw Unsupported(description: "norm by name") }
      return [try a.x().norm(a.double(1, "p") ?? 2, dim: a.dims(2), keepDim: a.bool(3, "keepdim"), dtype: a.dtype(4))]
    }
    table["linalg.vector_norm"] = { a in
      [try a.x().norm(a.double(1, "ord") ?? 2, dim: a.dims(2), keepDim: a.bool(3, "keepdim"), dtype: a.dtype())]
    }
    table["dist"] = { a in [try a.x().dist(a.x(1, "other"), p: a.double(2, "p") ?? 2)] }
    table["cdist"] = { a in [try a.x().cdist(a.x(1, "x2"), p: a.double(2, "p") ?? 2)] }
    table["diff"] = { a in
      if a.has(3, "prepend") || a.has(4, "append") { throw Unsupported(description: "diff of joined tensors") }
      return [try a.x().diff(n: a.int(1, "n") ?? 1, dim: a.int(2, "dim") ?? -1)]
    }
    table["unique"] = { a in
      let (values, inverse, counts) = try a.x().unique()
      return [values, inverse, counts]
    }
    table["unique_consecutive"] = { a in
      let (values, inverse, counts) = try a.x().uniqueConsecutive()
      return [values, inverse, counts]
    }
    table["renorm"] = { a in [try a.x().renorm(p: a.double(1, "p")!, dim: a.int(2, "dim")!, maxNorm: a.double(3, "maxnorm")!)] }
  }

  // MARK: Order

  static func addOrders(to table: inout [String: Call]) {
    table["max"] = { a in
      if let other = a.tensor(1, "other") { return [try a.x().maximum(other)] }
      guard let dim = a.int(1, "dim") else { return [try a.x().max()] }
      return list(try a.x().max(dim: dim, keepDim: a.bool(2, "keepdim")))
    }
    table["min"] = { a in
      if let other = a.tensor(1, "other") { return [try a.x().minimum(other)] }
      guard let dim = a.int(1, "dim") else { return [try a.x().min()] }
      return list(try a.x().min(dim: dim, keepDim: a.bool(2, "keepdim")))
    }
    table["median"] = { a in
      guard let dim = a.int(1, "dim") else { return [try a.x().median()] }
      return list(try a.x().median(dim: dim, keepDim: a.bool(2, "keepdim")))
    }
    table["nanmedian"] = { a in
      guard let dim = a.int(1, "dim") else { return [try a.x().nanmedian()] }
      return list(try a.x().nanmedian(dim: dim, keepDim: a.bool(2, "keepdim")))
    }
    table["mode"] = { a in list(try a.x().mode(dim: a.int(1, "dim") ?? -1, keepDim: a.bool(2, "keepdim"))) }
    table["kthvalue"] = { a in
      list(try a.x().kthvalue(a.int(1, "k")!, dim: a.int(2, "dim") ?? -1, keepDim: a.bool(3, "keepdim")))
    }
    table["topk"] = { a in
      let largest = a.scalar(3, "largest")?.boolValue ?? true
      return list(try a.x().topk(a.int(1, "k")!, dim: a.int(2, "dim") ?? -1, largest: largest))
    }
    table["sort"] = { a in
      list(try a.x().sort(dim: a.int(1, "dim") ?? -1, descending: a.bool(2, "descending"), stable: a.bool(.max, "stable")))
    }
    table["argsort"] = { a in
      [try a.x().argsort(dim: a.int(1, "dim") ?? -1, descending: a.bool(2, "descending"), stable: a.bool(.max, "stable"))]
    }
    table["quantile"] = { a in
      if let q = a.double(1, "q") { return [try a.x().quantile(q, dim: a.int(2, "dim"), keepDim: a.bool(3, "keepdim"))] }
      return [try a.x().quantile(a.x(1, "q"), dim: a.int(2, "dim"), keepDim: a.bool(3, "keepdim"))]
    }
    table["nanquantile"] = { a in
      if let q = a.double(1, "q") { return [try a.x().nanquantile(q, dim: a.int(2, "dim"), keepDim: a.bool(3, "keepdim"))] }
      return [try a.x().nanquantile(a.x(1, "q"), dim: a.int(2, "dim"), keepDim: a.bool(3, "keepdim"))]
    }
  }

  /// The results of an operation that also says where they stood.
  fileprivate static func list(_ pair: (values: Tensor, indices: Tensor)) -> [Tensor] { [pair.values, pair.indices] }
}

extension Arguments {
  /// `std(True)`: the only positional argument may be `unbiased`.
  fileprivate var spreadDims: (any Dimensions)? {
    if case .scalar(.bool)? = value(1, "dim") { return nil }
    return dims(1)
  }

  fileprivate var correction: Double {
    if case .scalar(.bool(let isUnbiased))? = value(1, "unbiased") { return isUnbiased ? 1 : 0 }
    if let isUnbiased = scalar(.max, "unbiased")?.boolValue { return isUnbiased ? 1 : 0 }
    return double(.max, "correction") ?? 1
  }
}

import Fluxion

extension Operations {
  /// Sorting, order statistics, and reading and writing by index.
  static let order: [String: Operation] = [
    "argsort": { call in
      .tensor(
        try call.receiver.argsort(dim: call.int(1, "dim") ?? -1, descending: call.bool(2, "descending") ?? false))
    },
    "cummax": { try pair($0.receiver.cummax(dim: $0.dim(1))) },
    "cummin": { try pair($0.receiver.cummin(dim: $0.dim(1))) },
    "gather": { .tensor(try $0.receiver.gather(dim: $0.dim(1), index: $0.tensor(2, "index"))) },
    "index_select": { .tensor(try $0.receiver.indexSelect(dim: $0.dim(1), index: $0.tensor(2, "index"))) },
    "kthvalue": { call in
      let k = try call.required(call.int(1, "k"), "k")
      return try pair(call.receiver.kthvalue(k, dim: call.int(2, "dim") ?? -1, keepDim: call.keepDim(3)))
    },
    "index_reduce": { call in
      .tensor(
        try call.receiver.indexReduce(
          dim: call.dim(1), index: call.tensor(2, "index"), source: call.tensor(3, "source"), reduce: call.scatterReduction,
          includeSelf: call.bool(-1, "include_self") ?? true))
    },
    "masked_select": { .tensor(try $0.receiver.maskedSelect($0.tensor(1, "mask"))) },
    "median": { call in
      guard let dim = try call.int(1, "dim") else { return .tensor(try call.receiver.median()) }
      return try pair(call.receiver.median(dim: dim, keepDim: call.keepDim(2)))
    },
    "msort": unary(Tensor.msort),
    "nanmedian": { call in
      guard let dim = try call.int(1, "dim") else { return .tensor(try call.receiver.nanmedian()) }
      return try pair(call.receiver.nanmedian(dim: dim, keepDim: call.keepDim(2)))
    },
    "mode": { try pair($0.receiver.mode(dim: $0.int(1, "dim") ?? -1, keepDim: $0.keepDim(2))) },
    "pad": { call in
      let padding = try call.required(call.ints(1, "pad"), "pad")
      var mode = PaddingMode.constant
      if case .string(let name)? = call[2, "mode"] {
        switch name {
        case "constant": mode = .constant
        case "reflect": mode = .reflect
        case "replicate": mode = .replicate
        case "circular": mode = .circular
        default: throw Skip("padding \(name)")
        }
      }
      return .tensor(try call.receiver.pad(padding, mode: mode, value: call.double(3, "value")))
    },
    "nanquantile": { call in
      let (dim, keepDim, kind) = (try call.int(2, "dim"), try call.keepDim(3), try call.quantileInterpolation)
      if let q = call[1, "q"]?.tensor {
        return .tensor(try call.receiver.nanquantile(q, dim: dim, keepDim: keepDim, interpolation: kind))
      }
      let q = try call.required(call.double(1, "q"), "q")
      return .tensor(try call.receiver.nanquantile(q, dim: dim, keepDim: keepDim, interpolation: kind))
    },
    "quantile": { call in
      let (dim, keepDim, kind) = (try call.int(2, "dim"), try call.keepDim(3), try call.quantileInterpolation)
      if let q = call[1, "q"]?.tensor {
        return .tensor(try call.receiver.quantile(q, dim: dim, keepDim: keepDim, interpolation: kind))
      }
      let q = try call.required(call.double(1, "q"), "q")
      return .tensor(try call.receiver.quantile(q, dim: dim, keepDim: keepDim, interpolation: kind))
    },
    "scatter": { call in
      let (x, dim, index) = (try call.receiver, try call.dim(1), try call.tensor(2, "index"))
      let mode = try call.scatterMode
      if let source = (call[3, "src"] ?? call[-1, "value"])?.tensor {
        return .tensor(x.scatter(dim: dim, index: index, source: source, combining: mode))
      }
      let value = try call.required(call.double(3, "value"), "value")
      return .tensor(x.scatter(dim: dim, index: index, value: value, combining: mode))
    },
    "scatter_add": { call in
      .tensor(
        try call.receiver.scatterAdd(dim: call.dim(1), index: call.tensor(2, "index"), source: call.tensor(3, "src")))
    },
    "scatter_reduce": { call in
      .tensor(
        try call.receiver.scatterReduce(
          dim: call.dim(1), index: call.tensor(2, "index"), source: call.tensor(3, "src"), reduce: call.scatterReduction,
          includeSelf: call.bool(-1, "include_self") ?? true))
    },
    "sort": { call in
      try pair(
        call.receiver.sort(
          dim: call.int(1, "dim") ?? -1, descending: call.bool(2, "descending") ?? false,
          stable: call.bool(-1, "stable") ?? false))
    },
    "take": { .tensor(try $0.receiver.take($0.tensor(1, "index"))) },
    "topk": { call in
      let k = try call.required(call.int(1, "k"), "k")
      return try pair(call.receiver.topk(k, dim: call.int(2, "dim") ?? -1, largest: call.bool(3, "largest") ?? true))
    },
    "unique": { call in
      // The second argument says whether the result is to be sorted, which it always is.
      try distinct(call, call.receiver.unique(dim: call.int(4, "dim")), inverse: 2, counts: 3)
    },
    "unique_consecutive": { call in
      try distinct(call, call.receiver.uniqueConsecutive(dim: call.int(3, "dim")), inverse: 1, counts: 2)
    },
    "unfold": { call in
      .tensor(
        try call.receiver.unfold(
          dim: call.dim(1), size: call.required(call.int(2, "size"), "size"), step: call.required(call.int(3, "step"), "step")))
    },
  ]

  /// Of the three results those that are asked for.
  private static func distinct(
    _ call: Call, _ results: (values: Tensor, inverse: Tensor, counts: Tensor), inverse: Int, counts: Int
  ) throws -> Value {
    var asked = [results.values]
    if try call.bool(inverse, "return_inverse") ?? false { asked.append(results.inverse) }
    if try call.bool(counts, "return_counts") ?? false { asked.append(results.counts) }
    return asked.count == 1 ? .tensor(asked[0]) : .tensors(asked)
  }

  private static func pair(_ results: (values: Tensor, indices: Tensor)) -> Value {
    .tensors([results.values, results.indices])
  }
}

extension Call {
  fileprivate var scatterReduction: ScatterReduction {
    get throws { try required(string(4, "reduce").flatMap(ScatterReduction.init), "reduce") }
  }

  fileprivate var quantileInterpolation: QuantileInterpolation {
    get throws {
      switch try string(-1, "interpolation") ?? "linear" {
      case "linear": return .linear
      case "lower": return .lower
      case "higher": return .higher
      case "midpoint": return .midpoint
      case "nearest": return .nearest
      case let name: throw Unfit("interpolation \(name)")
      }
    }
  }

  /// How `scatter` combines what it writes with what is there.
  fileprivate var scatterMode: ScatterMode {
    get throws {
      switch try string(-1, "reduce") {
      case nil: return .set
      case "add"?: return .add
      case "multiply"?: return .multiply
      case let name?: throw Skip("scatter by \(name)")
      }
    }
  }
}

import Fluxion

extension Operations {
  static let histograms: [String: Operation] = [
    "bincount": { call in
      .tensor(
        try call.receiver.bincount(
          weights: call.optionalTensor(1, "weights"), minLength: call.int(2, "minlength") ?? 0))
    },
    "histc": { call in
      .tensor(
        try call.receiver.histc(
          bins: call.int(1, "bins") ?? 100, min: call.double(2, "min") ?? 0, max: call.double(3, "max") ?? 0))
    },
    "histogram": { call in
      let (weight, density) = (try call.optionalTensor(-1, "weight"), try call.bool(-1, "density") ?? false)
      if let edges = call[1, "bins"]?.tensor {
        return .pair(try call.receiver.histogram(bins: edges, weight: weight, density: density))
      }
      let range = try call.doubles(-1, "range").map { ($0[0], $0[1]) }
      return .pair(
        try call.receiver.histogram(
          bins: call.required(call.int(1, "bins"), "bins"), range: range, weight: weight, density: density))
    },
    "histogramdd": { call in
      let (weight, density) = (try call.optionalTensor(-1, "weight"), try call.bool(-1, "density") ?? false)
      let hist: Tensor
      let edges: [Tensor]
      if call[1, "bins"]?.elements?.first?.tensor != nil {
        (hist, edges) = try call.receiver.histogramdd(bins: call.tensors(1, "bins"), weight: weight, density: density)
      } else {
        (hist, edges) = try call.receiver.histogramdd(
          bins: call.required(call.ints(1, "bins"), "bins"), range: call.doubles(-1, "range"), weight: weight, density: density)
      }
      return .tuple([.tensor(hist), .tensors(edges)])
    },
    "nonzero_static": { call in
      .tensor(
        try call.receiver.nonzeroStatic(
          size: call.required(call.int(-1, "size"), "size"), fillValue: call.int(-1, "fill_value") ?? -1))
    },
  ]
}

extension Value {
  fileprivate static func pair(_ values: (Tensor, Tensor)) -> Value { .tensors([values.0, values.1]) }
}

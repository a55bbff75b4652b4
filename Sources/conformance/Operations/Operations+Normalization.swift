import Fluxion

extension Operations {
  static let normalization: [String: Operation] = [
    "batch_norm": { call in
      let x = try call.receiver
      let (weight, bias, eps) = (try call.optionalTensor(3, "weight"), try call.optionalTensor(4, "bias"), try call.eps(7))
      guard let (mean, variance) = try call.running(1) else {
        guard try call.bool(5, "training") ?? false else { throw Unfit("batch_norm without statistics") }
        return .tensor(F.batchNorm(x, weight: weight, bias: bias, eps: eps))
      }
      return .tensor(
        F.batchNorm(
          x, &mean.tensor, &variance.tensor, weight: weight, bias: bias, training: try call.bool(5, "training") ?? false,
          momentum: try call.double(6, "momentum") ?? 0.1, eps: eps))
    },
    "group_norm": { call in
      .tensor(
        F.groupNorm(
          try call.receiver, try call.required(call.int(1, "num_groups"), "num_groups"),
          weight: try call.optionalTensor(2, "weight"),
          bias: try call.optionalTensor(3, "bias"), eps: try call.eps(4)))
    },
    "instance_norm": { call in
      let x = try call.receiver
      let (weight, bias, eps) = (try call.optionalTensor(3, "weight"), try call.optionalTensor(4, "bias"), try call.eps(7))
      guard let (mean, variance) = try call.running(1) else {
        guard try call.bool(5, "use_input_stats") ?? true else { throw Unfit("instance_norm without statistics") }
        return .tensor(F.instanceNorm(x, weight: weight, bias: bias, eps: eps))
      }
      return .tensor(
        F.instanceNorm(
          x, &mean.tensor, &variance.tensor, weight: weight, bias: bias, useInputStats: try call.bool(5, "use_input_stats") ?? true,
          momentum: try call.double(6, "momentum") ?? 0.1, eps: eps))
    },
    "layer_norm": { call in
      .tensor(
        F.layerNorm(
          try call.receiver, try call.normalizedShape, weight: try call.optionalTensor(2, "weight"),
          bias: try call.optionalTensor(3, "bias"), eps: try call.eps(4)))
    },
    "native_batch_norm": { call in
      let x = try call.receiver
      let (weight, bias, eps) = (try call.optionalTensor(1, "weight"), try call.optionalTensor(2, "bias"), try call.eps(7))
      guard let (mean, variance) = try call.running(3) else {
        return results(F.nativeBatchNorm(x, weight: weight, bias: bias, eps: eps))
      }
      return results(
        F.nativeBatchNorm(
          x, &mean.tensor, &variance.tensor, weight: weight, bias: bias, training: try call.bool(5, "training") ?? false,
          momentum: try call.double(6, "momentum") ?? 0.1, eps: eps))
    },
    "native_group_norm": { call in
      // The sizes in between are those of the input.
      results(
        F.nativeGroupNorm(
          try call.receiver, try call.required(call.int(6, "group"), "group"), weight: try call.optionalTensor(1, "weight"),
          bias: try call.optionalTensor(2, "bias"), eps: try call.eps(7)))
    },
    "native_layer_norm": { call in
      results(
        F.nativeLayerNorm(
          try call.receiver, try call.normalizedShape, weight: try call.optionalTensor(2, "weight"),
          bias: try call.optionalTensor(3, "bias"), eps: try call.eps(4)))
    },
    "normalize": { call in
      .tensor(
        F.normalize(
          try call.receiver, p: try call.double(1, "p") ?? 2, dim: try call.ints(2, "dim") ?? [1],
          eps: try call.double(3, "eps") ?? 1e-12))
    },
    "rms_norm": { call in
      .tensor(
        F.rmsNorm(
          try call.receiver, try call.normalizedShape, weight: try call.optionalTensor(2, "weight"), eps: try call.double(3, "eps"))
      )
    },
  ]

  private static func results(_ normalized: Normalized) -> Value {
    .tensors([normalized.output, normalized.mean, normalized.rstd])
  }
}

extension Call {
  fileprivate func eps(_ index: Int) throws -> Double { try double(index, "eps") ?? 1e-5 }

  fileprivate var normalizedShape: [Int] {
    get throws { try required(ints(1, "normalized_shape"), "normalized_shape") }
  }

  /// Running statistics, which the call changes; nil where they are None.
  fileprivate func running(_ index: Int) throws -> (mean: Reference, variance: Reference)? {
    switch (given(index, "running_mean"), given(index + 1, "running_var")) {
    case (.tensor(let mean)?, .tensor(let variance)?): return (mean, variance)
    case (nil, nil): return nil
    default: throw Unfit("one of two running statistics")
    }
  }
}

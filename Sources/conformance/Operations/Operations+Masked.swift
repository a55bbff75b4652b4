import Fluxion

extension Operations {
  static let masked: [String: Operation] = [
    "masked.sum": reduction { Masked.sum($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.prod": reduction { Masked.prod($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.amax": reduction { Masked.amax($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.amin": reduction { Masked.amin($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.mean": reduction { Masked.mean($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.logsumexp": reduction { Masked.logSumExp($0, dim: $1, keepDim: $2, dtype: $3, mask: $4) },
    "masked.argmax": { call in
      .tensor(
        Masked.argmax(
          try call.receiver, dim: try call.int(1, "dim"), keepDim: try call.keepDim, dtype: try call.dtype(-1), mask: try call.mask)
      )
    },
    "masked.argmin": { call in
      .tensor(
        Masked.argmin(
          try call.receiver, dim: try call.int(1, "dim"), keepDim: try call.keepDim, dtype: try call.dtype(-1), mask: try call.mask)
      )
    },
    "masked.median": { call in
      .tensor(
        Masked.median(
          try call.receiver, dim: try call.int(1, "dim") ?? -1, keepDim: try call.keepDim, dtype: try call.dtype(-1),
          mask: try call.mask))
    },
    "masked.norm": { call in
      .tensor(
        Masked.norm(
          try call.receiver, ord: try call.double(1, "ord") ?? 2, dim: try call.dims(2), keepDim: try call.keepDim,
          dtype: try call.dtype(-1), mask: try call.mask))
    },
    "masked.var": { call in
      .tensor(
        Masked.var(
          try call.receiver, dim: try call.dims(1), correction: try call.correction, keepDim: try call.keepDim,
          dtype: try call.dtype(-1), mask: try call.mask))
    },
    "masked.std": { call in
      .tensor(
        Masked.std(
          try call.receiver, dim: try call.dims(1), correction: try call.correction, keepDim: try call.keepDim,
          dtype: try call.dtype(-1), mask: try call.mask))
    },
    "masked.cumsum": along { Masked.cumsum($0, dim: $1, dtype: $2, mask: $3) },
    "masked.cumprod": along { Masked.cumprod($0, dim: $1, dtype: $2, mask: $3) },
    "masked.softmax": along { Masked.softmax($0, dim: $1, dtype: $2, mask: $3) },
    "masked.log_softmax": along { Masked.logSoftmax($0, dim: $1, dtype: $2, mask: $3) },
    "masked.softmin": along { Masked.softmin($0, dim: $1, dtype: $2, mask: $3) },
    "masked.normalize": { call in
      .tensor(
        Masked.normalize(
          try call.receiver, ord: try call.required(call.double(1, "ord"), "ord"),
          dim: try call.required(call.int(2, "dim"), "dim"),
          eps: try call.double(-1, "eps") ?? 1e-12, dtype: try call.dtype(-1), mask: try call.mask))
    },
    "masked.logaddexp": { call in
      .tensor(
        Masked.logaddexp(
          try call.receiver, try call.tensor(1, "other"), dtype: try call.dtype(-1),
          inputMask: try call.optionalTensor(-1, "input_mask"), otherMask: try call.optionalTensor(-1, "other_mask")))
    },
  ]

  private static func reduction(
    _ operation: @escaping @Sendable (Tensor, (any Dimensions)?, Bool, DType?, Tensor?) -> Tensor
  ) -> Operation {
    { .tensor(operation(try $0.receiver, try $0.dims(1), try $0.keepDim, try $0.dtype(-1), try $0.mask)) }
  }

  /// What goes along one dimension and keeps the shape.
  private static func along(_ operation: @escaping @Sendable (Tensor, Int, DType?, Tensor?) -> Tensor) -> Operation {
    { .tensor(operation(try $0.receiver, try $0.required($0.int(1, "dim"), "dim"), try $0.dtype(-1), try $0.mask)) }
  }
}

extension Call {
  fileprivate var mask: Tensor? { get throws { try optionalTensor(-1, "mask") } }
  fileprivate var keepDim: Bool { get throws { try bool(-1, "keepdim") ?? false } }

  /// What is taken off the count: one, unless a number or `unbiased` says otherwise.
  fileprivate var correction: Double {
    get throws { try double(-1, "correction") ?? (try bool(2, "unbiased") ?? true ? 1 : 0) }
  }
}

import Fluxion

extension Operations {
  static let creation: [String: Operation] = [
    "arange": { call in
      // A single bound is the end.
      let bounds = [try call.scalar(0, "start"), try call.scalar(1, "end")].compactMap { $0 }
      let end = try call.required(bounds.last, "end")
      let start = bounds.count > 1 ? bounds[0] : .int(0)
      let step = try call.scalar(2, "step") ?? .int(1)
      let (dtype, requiresGrad) = (try call.dtype(-1), try call.requiresGrad)
      guard [start, end, step].contains(where: { $0.category == .floating }) else {
        return .tensor(
          .arange(
            Int(start.intValue), Int(end.intValue), step: Int(step.intValue), dtype: dtype, device: try call.device,
            requiresGrad: requiresGrad))
      }
      return .tensor(
        .arange(
          start.doubleValue, end.doubleValue, step: step.doubleValue, dtype: dtype, device: try call.device,
          requiresGrad: requiresGrad))
    },
    "as_tensor": { call in
      let data = try call.required(call[0, "data"], "data")
      return data.tensor == nil ? .tensor(try tensor(call)) : data
    },
    "empty_like": { .tensor(try $0.receiver.emptyLike(dtype: $0.dtype(-1), requiresGrad: $0.requiresGrad)) },
    "eye": { call in
      .tensor(
        .eye(
          try call.required(call.int(0, "n"), "n"), try call.int(1, "m"), dtype: try call.dtype(-1),
          requiresGrad: try call.requiresGrad))
    },
    "full": { call in
      .tensor(
        .full(
          try call.required(call.ints(0, "size"), "size"), try call.required(call.scalar(1, "fill_value"), "fill_value"),
          dtype: try call.dtype(-1), device: try call.device, requiresGrad: try call.requiresGrad))
    },
    "full_like": { call in
      .tensor(
        try call.receiver.fullLike(
          call.required(call.scalar(1, "fill_value"), "fill_value"), dtype: call.dtype(-1), requiresGrad: call.requiresGrad))
    },
    "linspace": { call in
      .tensor(
        .linspace(
          try call.required(call.double(0, "start"), "start"), try call.required(call.double(1, "end"), "end"),
          steps: try call.required(call.int(2, "steps"), "steps"), dtype: try call.dtype(-1),
          requiresGrad: try call.requiresGrad))
    },
    "logspace": { call in
      .tensor(
        .logspace(
          try call.required(call.double(0, "start"), "start"), try call.required(call.double(1, "end"), "end"),
          steps: try call.required(call.int(2, "steps"), "steps"), base: try call.double(3, "base") ?? 10,
          dtype: try call.dtype(-1), requiresGrad: try call.requiresGrad))
    },
    "new_empty": { .tensor(try $0.receiver.newEmpty($0.sizes(1, "size"), dtype: $0.dtype(-1))) },
    "new_full": { call in
      .tensor(
        try call.receiver.newFull(
          call.required(call.ints(1, "size"), "size"), call.required(call.scalar(2, "fill_value"), "fill_value"),
          dtype: call.dtype(-1)))
    },
    "scalar_tensor": { call in
      .tensor(
        .scalarTensor(
          try call.required(call.scalar(0, "s"), "s"), dtype: try call.dtype(-1), requiresGrad: try call.requiresGrad))
    },
    "tril_indices": { call in
      .tensor(
        .trilIndices(
          try call.required(call.int(0, "row"), "row"), try call.required(call.int(1, "col"), "col"),
          offset: try call.int(2, "offset") ?? 0, dtype: try call.dtype(-1) ?? .int64))
    },
    "triu_indices": { call in
      .tensor(
        .triuIndices(
          try call.required(call.int(0, "row"), "row"), try call.required(call.int(1, "col"), "col"),
          offset: try call.int(2, "offset") ?? 0, dtype: try call.dtype(-1) ?? .int64))
    },
    "new_ones": { .tensor(try $0.receiver.newOnes($0.sizes(1, "size"), dtype: $0.dtype(-1))) },
    "new_zeros": { .tensor(try $0.receiver.newZeros($0.sizes(1, "size"), dtype: $0.dtype(-1))) },
    "nn.Parameter": { call in
      .tensor(try call.receiver.detach().requiringGrad(call.bool(1, "requires_grad") ?? true))
    },
    "ones": { call in
      .tensor(
        .ones(
          try call.sizes(0, "size"), dtype: try call.dtype(-1), device: try call.device, requiresGrad: try call.requiresGrad))
    },
    "ones_like": { .tensor(try $0.receiver.onesLike(dtype: $0.dtype(-1), requiresGrad: $0.requiresGrad)) },
    "rand": { call in
      .tensor(.rand(try call.sizes(0, "size"), dtype: try call.dtype(-1), requiresGrad: try call.requiresGrad))
    },
    "randn": { call in
      .tensor(.randn(try call.sizes(0, "size"), dtype: try call.dtype(-1), requiresGrad: try call.requiresGrad))
    },
    "tensor": { call in
      if let x = call[0, "data"]?.tensor {
        return .tensor(Tensor(x, dtype: try call.dtype(-1), requiresGrad: try call.requiresGrad))
      }
      return .tensor(try tensor(call))
    },
    "zeros": { call in
      .tensor(
        .zeros(
          try call.sizes(0, "size"), dtype: try call.dtype(-1), device: try call.device, requiresGrad: try call.requiresGrad))
    },
    "zeros_like": { .tensor(try $0.receiver.zerosLike(dtype: $0.dtype(-1), requiresGrad: $0.requiresGrad)) },
  ]

  /// A tensor of nested lists, as a literal in Swift would make it.
  private static func tensor(_ call: Call) throws -> Tensor {
    Tensor(
      try literal(call.required(call[0, "data"], "data"), call), dtype: try call.dtype(1), device: try call.device,
      requiresGrad: try call.requiresGrad)
  }

  private static func literal(_ value: Value, _ call: Call) throws -> TensorLiteral {
    switch value {
    case .bool(let value): return TensorLiteral(booleanLiteral: value)
    case .int(let value): return TensorLiteral(integerLiteral: value)
    case .float(let value): return TensorLiteral(floatLiteral: value)
    case .list(let values): return TensorLiteral(try values.map { try literal($0, call) })
    default: throw Skip("a tensor of \(value)")
    }
  }
}

extension Call {
  var requiresGrad: Bool { get throws { try bool(-1, "requires_grad") ?? false } }

  var device: any Device {
    get throws {
      guard let name = try string(-1, "device") else { return .cpu }
      return try Devices.device(named: name)
    }
  }
}

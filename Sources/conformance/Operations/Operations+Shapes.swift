import Fluxion

extension Operations {
  static let shapes: [String: Operation] = [
    "atleast_1d": unary(Tensor.atLeast1D),
    "atleast_2d": unary(Tensor.atLeast2D),
    "atleast_3d": unary(Tensor.atLeast3D),
    "broadcast_to": { .tensor(try $0.receiver.broadcast(to: $0.sizes(1, "size"))) },
    "cat": { .tensor(concatenate(try $0.tensors(0, "tensors"), dim: try $0.int(1, "dim") ?? 0)) },
    "chunk": { call in
      .tensors(try call.receiver.chunk(call.required(call.int(1, "chunks"), "chunks"), dim: call.int(2, "dim") ?? 0))
    },
    "column_stack": { .tensor(columnStack(try $0.tensors(0, "tensors"))) },
    "diagonal": { call in
      .tensor(
        try call.receiver.diagonal(
          offset: call.int(1, "offset") ?? 0, dim1: call.int(2, "dim1") ?? 0, dim2: call.int(3, "dim2") ?? 1))
    },
    "dstack": { .tensor(dstack(try $0.tensors(0, "tensors"))) },
    "expand": { .tensor(try $0.receiver.expand($0.sizes(1, "size"))) },
    "expand_as": binary(Tensor.expandAs),
    "flatten": { call in
      .tensor(try call.receiver.flatten(startDim: call.int(1, "start_dim") ?? 0, endDim: call.int(2, "end_dim") ?? -1))
    },
    "hstack": { .tensor(hstack(try $0.tensors(0, "tensors"))) },
    "movedim": { call in
      .tensor(
        try call.receiver.movedim(
          call.required(call.ints(1, "source"), "source"), call.required(call.ints(2, "destination"), "destination")))
    },
    "narrow": { call in
      .tensor(
        try call.receiver.narrow(
          dim: call.dim(1), start: call.required(call.int(2, "start"), "start"),
          length: call.required(call.int(3, "length"), "length")))
    },
    "permute": { .tensor(try $0.receiver.permute($0.sizes(1, "dims"))) },
    "ravel": unary(Tensor.ravel),
    "reshape": { .tensor(try $0.receiver.reshape($0.sizes(1, "shape"))) },
    "select": { call in
      .tensor(try call.receiver.select(dim: call.dim(1), index: call.required(call.int(2, "index"), "index")))
    },
    "split": { call in
      let dim = try call.int(2, "dim") ?? 0
      guard let size = call[1, "split_size_or_sections"]?.scalar else {
        return .tensors(
          try call.receiver.split(
            call.required(call.ints(1, "split_size_or_sections"), "split_size_or_sections"), dim: dim))
      }
      return .tensors(try call.receiver.split(Int(size.intValue), dim: dim))
    },
    "squeeze": { call in
      guard let dims = call.given(1, "dim") else { return .tensor(try call.receiver.squeeze()) }
      guard dims.scalar != nil else { return .tensor(try call.receiver.squeeze(call.ints(1, "dim") ?? [])) }
      return .tensor(try call.receiver.squeeze(call.dim(1)))
    },
    "stack": { .tensor(stack(try $0.tensors(0, "tensors"), dim: try $0.int(1, "dim") ?? 0)) },
    "t": unary(Tensor.t),
    "tensor_split": { call in
      let dim = try call.int(2, "dim") ?? 0
      if let sections = call[1, "indices_or_sections"]?.scalar {
        return .tensors(try call.receiver.tensorSplit(Int(sections.intValue), dim: dim))
      }
      let indices = try call.required(call.ints(1, "indices_or_sections"), "indices_or_sections")
      return .tensors(try call.receiver.tensorSplit(at: indices, dim: dim))
    },
    "transpose": { call in
      .tensor(
        try call.receiver.transpose(
          call.required(call.int(1, "dim0"), "dim0"), call.required(call.int(2, "dim1"), "dim1")))
    },
    "unbind": { .tensors(try $0.receiver.unbind(dim: $0.int(1, "dim") ?? 0)) },
    "unflatten": { call in
      .tensor(try call.receiver.unflatten(dim: call.dim(1), call.required(call.ints(2, "sizes"), "sizes")))
    },
    "unsqueeze": { .tensor(try $0.receiver.unsqueeze($0.dim(1))) },
    "view": { call in
      if let dtype = try? call.dtype(1) { throw Skip("a view of the bits as \(dtype)") }
      return .tensor(try call.receiver.view(call.sizes(1, "size")))
    },
    "vstack": { .tensor(vstack(try $0.tensors(0, "tensors"))) },
  ]

  static let indexing: [String: Operation] = [
    "getitem": { call in
      // Of the results of an operation, one of them.
      if let values = call[0, "input"]?.elements {
        let index = Int(try call.required(call.scalar(1, "index"), "index").intValue)
        guard values.indices.contains(index) else { throw FormatError("no result \(index) of \(values.count)") }
        return values[index]
      }
      return .tensor(try call.receiver[indices: try call.indices(1)])
    },
    "setitem": { call in
      let x = try call.reference
      let indices = try call.indices(1)
      if let value = call[2, "value"]?.tensor {
        x.tensor[indices: indices] = value
      } else {
        let number = try call.required(call.scalar(2, "value"), "value")
        x.tensor[indices: indices] = Tensor.full([], number, dtype: x.tensor.dtype, device: x.tensor.device)
      }
      return call.arguments[0]
    },
    "masked_fill": { call in
      let (x, mask) = (try call.receiver, try call.tensor(1, "mask"))
      if let value = call[2, "value"]?.tensor { return .tensor(x.maskedFill(mask, value)) }
      return .tensor(x.maskedFill(mask, try call.required(call.scalar(2, "value"), "value")))
    },
    "where": { call in
      let condition = try call.tensor(0, "condition")
      switch (call[1, "input"], call[2, "other"]) {
      case (.tensor(let x)?, .tensor(let y)?): return .tensor(Tensor.where(condition, x.tensor, y.tensor))
      case (.tensor(let x)?, let y?):
        return .tensor(Tensor.where(condition, x.tensor, try call.required(y.scalar, "other")))
      case (let x?, .tensor(let y)?):
        return .tensor(Tensor.where(condition, try call.required(x.scalar, "input"), y.tensor))
      case (let x?, let y?):
        return .tensor(
          Tensor.where(condition, try call.required(x.scalar, "input"), try call.required(y.scalar, "other")))
      default: throw Skip("operation where with one argument is not there yet")
      }
    },
  ]
}

extension Call {
  /// What stands between the brackets.
  fileprivate func indices(_ index: Int) throws -> [any TensorIndex] {
    let value = try required(self[index, "index"], "index")
    return try (value.elements ?? [value]).map { try term($0) }
  }

  private func term(_ value: Value) throws -> any TensorIndex {
    switch value {
    case .int(let position): return Int(position)
    case .slice(let start, let end, let step): return IndexTerm.slice(from: start, to: end, by: step ?? 1)
    case .none: return IndexTerm.newAxis
    case .ellipsis: return IndexTerm.ellipsis
    case .tensor(let reference): return reference.tensor
    case .list(let values):
      let numbers = values.compactMap(\.scalar)
      guard numbers.count == values.count else { throw Skip("an index of nested lists") }
      return numbers.first?.category == .boolean ? numbers.map(\.boolValue) : numbers.map { Int($0.intValue) }
    default: throw Skip("the index \(value)")
    }
  }
}

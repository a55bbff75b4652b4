import Fluxion

extension Operations {
  static let shapes: [String: Operation] = [
    "T": { .tensor(try $0.receiver.T) },
    "as_strided": { call in
      let (size, stride, offset) = try call.strided(from: 1)
      return .tensor(try call.receiver.asStrided(size, strides: stride, offset: offset))
    },
    "as_strided_scatter": { call in
      let (size, stride, offset) = try call.strided(from: 2)
      return .tensor(try call.receiver.asStridedScatter(call.tensor(1, "src"), size, strides: stride, offset: offset))
    },
    "atleast_1d": each(Tensor.atLeast1D),
    "atleast_2d": each(Tensor.atLeast2D),
    "atleast_3d": each(Tensor.atLeast3D),
    "block_diag": { .tensor(blockDiag(try $0.variadicTensors(from: 0))) },
    "broadcast_shapes": { call in
      let shapes = try call.arguments.indices.map { try call.required(call.ints($0, "shape"), "shape") }
      return .list(try broadcastShapes(shapes).map { .int(Int64($0)) })
    },
    "broadcast_tensors": { .tensors(broadcastTensors(try $0.variadicTensors(from: 0))) },
    "broadcast_to": { .tensor(try $0.receiver.broadcast(to: $0.sizes(1, "size"))) },
    "cartesian_prod": { .tensor(cartesianProd(try $0.variadicTensors(from: 0))) },
    "cat": { .tensor(concatenate(try $0.tensors(0, "tensors"), dim: try $0.int(1, "dim") ?? 0)) },
    "chunk": chunk,
    "column_stack": { .tensor(columnStack(try $0.tensors(0, "tensors"))) },
    "combinations": { call in
      .tensor(
        try call.receiver.combinations(
          call.int(1, "r") ?? 2, withReplacement: call.bool(2, "with_replacement") ?? false))
    },
    "diagonal": { call in
      .tensor(
        try call.receiver.diagonal(
          offset: call.int(1, "offset") ?? 0, dim1: call.int(2, "dim1") ?? 0, dim2: call.int(3, "dim2") ?? 1))
    },
    "diagonal_scatter": { call in
      .tensor(
        try call.receiver.diagonalScatter(
          call.tensor(1, "src"), offset: call.int(2, "offset") ?? 0, dim1: call.int(3, "dim1") ?? 0,
          dim2: call.int(4, "dim2") ?? 1))
    },
    "dsplit": sections(Tensor.dsplit, Tensor.dsplit(at:)),
    "dstack": { .tensor(dstack(try $0.tensors(0, "tensors"))) },
    "expand": { .tensor(try $0.receiver.expand($0.sizes(1, "size"))) },
    "expand_as": binary(Tensor.expandAs),
    "flatten": { call in
      .tensor(try call.receiver.flatten(startDim: call.int(1, "start_dim") ?? 0, endDim: call.int(2, "end_dim") ?? -1))
    },
    "hsplit": sections(Tensor.hsplit, Tensor.hsplit(at:)),
    "hstack": { .tensor(hstack(try $0.tensors(0, "tensors"))) },
    "mT": { .tensor(try $0.receiver.mT) },
    "meshgrid": { call in
      switch try call.string(-1, "indexing") ?? "ij" {
      case "ij": return .tensors(meshgrid(try call.variadicTensors(from: 0)))
      case "xy": return .tensors(meshgrid(try call.variadicTensors(from: 0), indexing: .xy))
      case let name: throw Unfit("a grid indexed by \(name)")
      }
    },
    "movedim": { call in
      .tensor(
        try call.receiver.movedim(
          call.required(call.ints(1, "source"), "source"), call.required(call.ints(2, "destination"), "destination")))
    },
    "narrow": { call in
      if let start = call[2, "start"]?.tensor {
        return .tensor(
          try call.receiver.narrow(dim: call.dim(1), start: start, length: call.required(call.int(3, "length"), "length")))
      }
      return .tensor(
        try call.receiver.narrow(
          dim: call.dim(1), start: call.required(call.int(2, "start"), "start"),
          length: call.required(call.int(3, "length"), "length")))
    },
    "permute": { .tensor(try $0.receiver.permute($0.sizes(1, "dims"))) },
    "ravel": unary(Tensor.ravel),
    "reshape_as": binary(Tensor.reshapeAs),
    "reshape": { .tensor(try $0.receiver.reshape($0.sizes(1, "shape"))) },
    "select": { call in
      .tensor(try call.receiver.select(dim: call.dim(1), index: call.required(call.int(2, "index"), "index")))
    },
    "select_scatter": { call in
      .tensor(
        try call.receiver.selectScatter(
          call.tensor(1, "src"), dim: call.required(call.int(2, "dim"), "dim"),
          index: call.required(call.int(3, "index"), "index")))
    },
    "slice": { call in
      .tensor(
        try call.receiver.slice(
          dim: call.int(1, "dim") ?? 0, from: call.int(2, "start"), to: call.int(3, "end"), by: call.int(4, "step") ?? 1))
    },
    "slice_scatter": { call in
      .tensor(
        try call.receiver.sliceScatter(
          call.tensor(1, "src"), dim: call.int(2, "dim") ?? 0, from: call.int(3, "start"), to: call.int(4, "end"),
          by: call.int(5, "step") ?? 1))
    },
    "split_with_sizes": { call in
      .tensors(
        try call.receiver.split(call.required(call.ints(1, "split_sizes"), "split_sizes"), dim: call.int(2, "dim") ?? 0))
    },
    "split": split,
    "squeeze": { call in
      guard let dims = call.given(1, "dim") else { return .tensor(try call.receiver.squeeze()) }
      guard dims.scalar != nil else { return .tensor(try call.receiver.squeeze(call.ints(1, "dim") ?? [])) }
      return .tensor(try call.receiver.squeeze(call.dim(1)))
    },
    "sum_to_size": { .tensor(try $0.receiver.sum(to: $0.sizes(1, "size"))) },
    "stack": { .tensor(stack(try $0.tensors(0, "tensors"), dim: try $0.int(1, "dim") ?? 0)) },
    "t": unary(Tensor.t),
    "tensor_split": { call in
      let dim = try call.int(2, "dim") ?? 0
      if let places = (call[1, "indices_or_sections"] ?? call[-1, "tensor_indices_or_sections"])?.tensor {
        return .tensors(try call.receiver.tensorSplit(places, dim: dim))
      }
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
    "unravel_index": { .tensors(try $0.receiver.unravelIndex($0.required($0.ints(1, "shape"), "shape"))) },
    // Values share nothing, and all splitting is safe.
    "unsafe_chunk": chunk,
    "unsafe_split": split,
    "unbind": { .tensors(try $0.receiver.unbind(dim: $0.int(1, "dim") ?? 0)) },
    "unflatten": { call in
      .tensor(try call.receiver.unflatten(dim: call.dim(1), call.required(call.ints(2, "sizes"), "sizes")))
    },
    "unsqueeze": { .tensor(try $0.receiver.unsqueeze($0.dim(1))) },
    "view": { call in
      if let dtype = try? call.dtype(1) { throw Skip("a view of the bits as \(dtype)") }
      return .tensor(try call.receiver.view(call.sizes(1, "size")))
    },
    "view_as": binary(Tensor.viewAs),
    "vsplit": sections(Tensor.vsplit, Tensor.vsplit(at:)),
    "vstack": { .tensor(vstack(try $0.tensors(0, "tensors"))) },
    // What changes a shape in place is an assignment.
    "as_strided_": assigned("as_strided"),
    "squeeze_": assigned("squeeze"),
    "t_": assigned("t"),
    "transpose_": assigned("transpose"),
    "unsqueeze_": assigned("unsqueeze"),
  ]

  private static let chunk: Operation = { call in
    .tensors(try call.receiver.chunk(call.required(call.int(1, "chunks"), "chunks"), dim: call.int(2, "dim") ?? 0))
  }

  private static let split: Operation = { call in
    let dim = try call.int(2, "dim") ?? 0
    guard let size = call[1, "split_size_or_sections"]?.scalar ?? call[-1, "split_size"]?.scalar else {
      return .tensors(
        try call.receiver.split(
          call.required(call.ints(1, "split_size_or_sections"), "split_size_or_sections"), dim: dim))
    }
    return .tensors(try call.receiver.split(Int(size.intValue), dim: dim))
  }

  /// An operation of one tensor, or of each of several.
  private static func each(_ operation: @escaping @Sendable (Tensor) -> () -> Tensor) -> Operation {
    { call in
      if call.arguments.count == 1, let x = call.arguments[0].tensor { return .tensor(operation(x)()) }
      return .tensors(try call.variadicTensors(from: 0).map { operation($0)() })
    }
  }

  private static func sections(
    _ even: @escaping @Sendable (Tensor) -> (Int) -> [Tensor], _ at: @escaping @Sendable (Tensor) -> ([Int]) -> [Tensor]
  ) -> Operation {
    { call in
      let x = try call.receiver
      guard let count = call[1, "indices_or_sections"]?.scalar else {
        return .tensors(at(x)(try call.required(call.ints(1, "indices_or_sections"), "indices_or_sections")))
      }
      return .tensors(even(x)(Int(count.intValue)))
    }
  }

  private static func assigned(_ operation: String) -> Operation {
    { call in
      var function = call
      function.operation = operation
      let reference = try call.reference
      guard let result = try perform(function).tensor else { throw Unfit("operation \(operation) of no tensor") }
      reference.tensor = result
      return call.arguments[0]
    }
  }

  static let indexing: [String: Operation] = [
    "argwhere": unary(Tensor.argwhere),
    "bucketize": { call in
      .tensor(
        try call.tensor(0, "input").bucketize(
          call.tensor(1, "boundaries"), outInt32: call.bool(-1, "out_int32") ?? false, right: call.bool(-1, "right") ?? false))
    },
    "index_put": { call in
      let indices = try call.required(call[1, "indices"]?.elements, "indices")
      return .tensor(
        try call.receiver.indexPut(
          indices.map(\.tensor), call.tensor(2, "values"), accumulate: call.bool(3, "accumulate") ?? false))
    },
    "isin": { call in
      let (unique, invert) = (try call.bool(-1, "assume_unique") ?? false, try call.bool(-1, "invert") ?? false)
      let x = try call.tensor(0, "elements")
      if let y = (call[1, "test_elements"] ?? call[-1, "test_element"])?.tensor {
        return .tensor(x.isIn(y, assumeUnique: unique, invert: invert))
      }
      return .tensor(
        x.isIn(try call.required(call.scalar(1, "test_element"), "test_element"), assumeUnique: unique, invert: invert))
    },
    "put": { call in
      .tensor(
        try call.receiver.put(
          call.tensor(1, "index"), call.tensor(2, "source"), accumulate: call.bool(3, "accumulate") ?? false))
    },
    "searchsorted": { call in
      var side = try call.bool(-1, "right") ?? false ? SearchSide.right : .left
      if let name = try call.string(-1, "side") { side = try call.required(SearchSide(rawValue: name), "side") }
      let (x, sorter) = (try call.tensor(0, "sorted_sequence"), try call.optionalTensor(-1, "sorter"))
      let outInt32 = try call.bool(-1, "out_int32") ?? false
      if let values = call[1, "input"]?.tensor {
        return .tensor(x.searchsorted(values, outInt32: outInt32, side: side, sorter: sorter))
      }
      let value = try call.required(call.scalar(1, "self"), "self")
      return .tensor(x.searchsorted(value, outInt32: outInt32, side: side, sorter: sorter))
    },
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
      default: return .tensors(Tensor.where(condition))
      }
    },
  ]
}

extension Call {
  /// Size, strides and offset of `as_strided`.
  fileprivate func strided(from index: Int) throws -> (size: [Int], stride: [Int], offset: Int) {
    (
      try required(ints(index, "size"), "size"), try required(ints(index + 1, "stride"), "stride"),
      try int(index + 2, "storage_offset") ?? 0
    )
  }

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

import Fluxion

extension Operations {
  /// Repetition, reversal, triangles and diagonals; writing by index.
  static let rearranging: [String: Operation] = [
    "diag": { .tensor(try $0.receiver.diag(offset: $0.int(1, "diagonal") ?? 0)) },
    "diag_embed": { call in
      .tensor(
        try call.receiver.diagEmbed(
          offset: call.int(1, "offset") ?? 0, dim1: call.int(2, "dim1") ?? -2, dim2: call.int(3, "dim2") ?? -1))
    },
    "diagflat": { .tensor(try $0.receiver.diagflat(offset: $0.int(1, "offset") ?? 0)) },
    "flip": { call in
      let dims = try call.sizes(1, "dims")
      return .tensor(try call.receiver.flip(call.required(call[1, "dims"] == nil ? nil : dims, "dims")))
    },
    "fliplr": unary(Tensor.fliplr),
    "flipud": unary(Tensor.flipud),
    "repeat": { .tensor(try $0.receiver.repeat($0.sizes(1, "repeats"))) },
    "repeat_interleave": { call in
      let dim = try call.int(2, "dim")
      if let counts = call[1, "repeats"]?.tensor { return .tensor(try call.receiver.repeatInterleave(counts, dim: dim)) }
      return .tensor(try call.receiver.repeatInterleave(call.required(call.int(1, "repeats"), "repeats"), dim: dim))
    },
    "roll": { call in
      .tensor(
        try call.receiver.roll(call.required(call.ints(1, "shifts"), "shifts"), dim: call.ints(2, "dims") ?? []))
    },
    "rot90": { .tensor(try $0.receiver.rot90($0.int(1, "k") ?? 1, dims: $0.ints(2, "dims") ?? [0, 1])) },
    "tile": { .tensor(try $0.receiver.tile($0.sizes(1, "dims"))) },
    "tril": { .tensor(try $0.receiver.tril(diagonal: $0.int(1, "diagonal") ?? 0)) },
    "triu": { .tensor(try $0.receiver.triu(diagonal: $0.int(1, "diagonal") ?? 0)) },

    "glu": { .tensor(try $0.receiver.glu(dim: $0.int(1, "dim") ?? -1)) },
    "prelu": { .tensor(try $0.receiver.prelu($0.tensor(1, "weight"))) },

    "index_add": { call in
      .tensor(
        try call.receiver.indexAdd(
          dim: call.dim(1), index: call.tensor(2, "index"), source: call.tensor(3, "source"),
          alpha: call.scalar(-1, "alpha") ?? .int(1)))
    },
    "index_copy": { call in
      .tensor(
        try call.receiver.indexCopy(dim: call.dim(1), index: call.tensor(2, "index"), source: call.tensor(3, "source")))
    },
    "index_fill": { call in
      let (x, dim, index) = (try call.receiver, try call.dim(1), try call.tensor(2, "index"))
      if let value = call[3, "value"]?.tensor { return .tensor(x.indexFill(dim: dim, index: index, value: value)) }
      return .tensor(x.indexFill(dim: dim, index: index, value: try call.required(call.scalar(3, "value"), "value")))
    },
    "masked_scatter": { .tensor(try $0.receiver.maskedScatter($0.tensor(1, "mask"), $0.tensor(2, "source"))) },
    "nonzero": { call in
      try call.bool(1, "as_tuple") ?? false
        ? .tensors(Tensor.where(call.receiver)) : .tensor(call.receiver.nonzero())
    },
    "take_along_dim": { .tensor(try $0.receiver.takeAlongDim($0.tensor(1, "indices"), dim: $0.int(2, "dim"))) },
  ]
}

import Fluxion

extension Operations {
  static let products: [String: Operation] = [
    "addbmm": sumOfProduct { $0.addbmm($1, $2, beta: $3, alpha: $4) },
    "addmm": sumOfProduct { $0.addmm($1, $2, beta: $3, alpha: $4) },
    "addmv": sumOfProduct { $0.addmv($1, $2, beta: $3, alpha: $4) },
    "addr": sumOfProduct { $0.addr($1, $2, beta: $3, alpha: $4) },
    "baddbmm": sumOfProduct { $0.baddbmm($1, $2, beta: $3, alpha: $4) },
    "bilinear": { call in
      .tensor(
        F.bilinear(
          try call.tensor(0, "input1"), try call.tensor(1, "input2"), try call.tensor(2, "weight"),
          bias: try call.optionalTensor(3, "bias")))
    },
    "bmm": binary(Tensor.bmm),
    "cross": { .tensor(try $0.receiver.cross($0.tensor(1, "other"), dim: $0.crossDim)) },
    "dot": binary(Tensor.dot),
    "einsum": { call in
      .tensor(einsum(try call.required(call.string(0, "equation"), "equation"), try call.variadicTensors(from: 1)))
    },
    "inner": binary(Tensor.inner),
    "kron": binary(Tensor.kron),
    "linear": { call in
      .tensor(F.linear(try call.receiver, try call.tensor(1, "weight"), bias: try call.optionalTensor(2, "bias")))
    },
    "matmul": binary(Tensor.matmul),
    "mm": binary(Tensor.mm),
    "mv": binary(Tensor.mv),
    "outer": binary(Tensor.outer),
    "tensordot": { call in
      let (x, y) = (try call.receiver, try call.tensor(1, "other"))
      guard let pairs = call[2, "dims"]?.elements, pairs.count == 2 else {
        return .tensor(x.tensordot(y, dims: try call.int(2, "dims") ?? 2))
      }
      let dims = try pairs.map { try Call(operation: call.operation, arguments: [$0]).ints(0, "dims") ?? [] }
      return .tensor(x.tensordot(y, dims: dims[0], dims[1]))
    },
    "vdot": binary(Tensor.vdot),
    "trace": unary(Tensor.trace),
  ]

  private static func sumOfProduct(
    _ operation: @escaping @Sendable (Tensor, Tensor, Tensor, Scalar, Scalar) -> Tensor
  ) -> Operation {
    { call in
      .tensor(
        operation(
          try call.receiver, try call.tensor(1, "first factor"), try call.tensor(2, "second factor"),
          try call.scalar(-1, "beta") ?? .int(1), try call.scalar(-1, "alpha") ?? .int(1)))
    }
  }
}

extension Call {
  /// Without a dimension, `torch.cross` takes the first of length 3.
  fileprivate var crossDim: Int {
    get throws {
      if let dim = try int(2, "dim") { return dim }
      guard let first = try receiver.shape.firstIndex(of: 3) else {
        throw TensorError.runtime("no dimension of size 3 in input")
      }
      return first
    }
  }
}

import Fluxion

extension Operations {
  /// What belongs to a tensor as such: its dtype and device, its value in Python's terms, its place in the graph.
  static let tensors: [String: Operation] = [
    "bfloat16": unary(Tensor.bfloat16),
    "bool": { call in
      // `x.bool()` and `bool(x)` have one name.
      call.isMethod ? .tensor(try call.receiver.bool()) : .bool(Bool(try call.receiver))
    },
    "byte": unary(Tensor.byte),
    "char": unary(Tensor.char),
    "clone": unary(Tensor.clone),
    "contiguous": unary(Tensor.contiguous),
    "copy_": { call in
      try call.reference.tensor.copy(from: try call.tensor(1, "src"))
      return call.arguments[0]
    },
    "cpu": unary(Tensor.cpu),
    "detach": unary(Tensor.detach),
    "detach_": { call in
      let x = try call.reference
      x.tensor = x.tensor.detach()
      return call.arguments[0]
    },
    "double": unary(Tensor.double),
    "fill": { call in
      if let value = call[1, "value"]?.tensor { return .tensor(try call.receiver.filled(value)) }
      return .tensor(try call.receiver.filled(call.required(call.scalar(1, "value"), "value")))
    },
    "fill_": { call in
      let x = try call.reference
      if let value = call[1, "value"]?.tensor {
        x.tensor.fill(value)
      } else {
        x.tensor.fill(try call.required(call.scalar(1, "value"), "value"))
      }
      return call.arguments[0]
    },
    "float": { call in call.isMethod ? .tensor(try call.receiver.float()) : .float(Double(try call.receiver)) },
    "half": unary(Tensor.half),
    "int": unary(Tensor.int),
    "is_inference": { .bool(try $0.receiver.isInference) },
    "item": { .scalar(try $0.receiver.item()) },
    "long": unary(Tensor.long),
    "short": unary(Tensor.short),
    "tolist": { call in
      let x = try call.receiver
      return .nested(x)
    },
    "to": { call in
      let x = try call.receiver
      let copy = try call.bool(-1, "copy") ?? false
      switch call[1, "dtype"] {
      case .dtype(let dtype)?: return .tensor(x.to(dtype, copy: copy))
      case .string(let device)?: return .tensor(x.to(device, copy: copy))
      case .tensor(let other)?: return .tensor(x.to(other.tensor.dtype, copy: copy))
      default: throw Skip("operation to with \(call.arguments)")
      }
    },
    "type_as": { .tensor(try $0.receiver.typeAs($0.tensor(1, "other"))) },
    "zero_": { call in
      try call.reference.tensor.zero()
      return call.arguments[0]
    },

    "autograd.backward": { call in
      let gradients = call.given(1, "grad_tensors")?.elements?.map(\.tensor)
      backward(
        of: try call.tensors(0, "tensors"), gradients: gradients, retainGraph: try call.bool(2, "retain_graph"),
        createGraph: try call.bool(3, "create_graph") ?? false, inputs: try call.optionalTensors(-1, "inputs"))
      return .none
    },
    "autograd.grad": { call in
      let (outputs, inputs) = (try call.tensors(0, "outputs"), try call.tensors(1, "inputs"))
      let gradOutputs = try call.optionalTensors(2, "grad_outputs")
      let retainGraph = try call.bool(3, "retain_graph")
      let createGraph = try call.bool(4, "create_graph") ?? false
      let materializes = try call.bool(-1, "materialize_grads") ?? false
      guard try call.bool(-1, "allow_unused") ?? false, !materializes else {
        return .tensors(
          grad(
            of: outputs, wrt: inputs, gradOutputs: gradOutputs, retainGraph: retainGraph, createGraph: createGraph,
            materializeGrads: materializes))
      }
      return .tuple(
        gradAllowingUnused(
          of: outputs, wrt: inputs, gradOutputs: gradOutputs, retainGraph: retainGraph, createGraph: createGraph
        ).map { .optional($0) })
    },
    "backward": { call in
      try call.receiver.backward(
        gradient: try call.optionalTensor(1, "gradient"), retainGraph: try call.bool(2, "retain_graph"),
        createGraph: try call.bool(3, "create_graph") ?? false, inputs: try call.optionalTensors(4, "inputs"))
      return .none
    },
    "fname": { .optionalName(try $0.receiver.gradFn) },
    "nextnames": { call in .list(try call.receiver.gradFn?.nextFunctions.map { .optionalName($0) } ?? []) },
    "requires_grad_": { call in
      let x = try call.reference
      let changed = x.tensor.requiringGrad(try call.bool(1, "requires_grad") ?? true)
      if changed.isValid { x.tensor = changed }
      return call.arguments[0]
    },
    "retain_grad": { call in
      try call.receiver.retainGrad()
      return .none
    },

    // Whether tensors share memory is nothing that values show, nor is how often they were changed.
    "_is_view": { _ in throw Unobservable() },
    "same_storage": { _ in throw Unobservable() },
    "ver": { _ in throw Unobservable() },
  ]
}

extension Value {
  fileprivate static func optionalName(_ node: Node?) -> Value { node.map { .string($0.name) } ?? .none }
}

extension Call {
  fileprivate func optionalTensors(_ index: Int, _ name: String) throws -> [Tensor]? {
    given(index, name) == nil ? nil : try tensors(index, name)
  }
}

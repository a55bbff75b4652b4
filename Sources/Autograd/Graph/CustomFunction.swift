import Devices

// Functions whose derivative the user writes.

/// A function of tensors with a derivative of its own.
///
///     struct Cube: DifferentiableFunction {
///       func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor] {
///         context.saved = inputs
///         return [inputs[0] ** 3]
///       }
///       func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?] {
///         [3 * context.saved[0] ** 2 * gradients[0]]
///       }
///     }
///     let y = Cube()(x)    // grad_fn=<CubeBackward>
///
/// Arguments that are no tensors are properties of the type: `Scale(factor: 5)(x)`.
public protocol DifferentiableFunction: Sendable {
  /// Computes the results. Nothing in here is recorded.
  func forward(_ inputs: [Tensor], _ context: inout FunctionContext) -> [Tensor]

  /// Computes the gradients of the inputs, nil for one that has none. Operations in here are recorded where the gradients are to be
  /// differentiated again.
  ///
  /// A gradient must have its input's shape, or one that broadcasting made of it.
  func backward(_ gradients: ResultGradients, _ context: FunctionContext) -> [Tensor?]

  /// Whether the gradients cannot be differentiated again; doing so is then an error.
  var isOnceDifferentiable: Bool { get }
}

extension DifferentiableFunction {
  public var isOnceDifferentiable: Bool { false }
}

/// What `forward` leaves for `backward`.
public struct FunctionContext: Sendable {
  /// Whether each input needs a gradient; those of the others need not be computed.
  public let needsInputGrad: [Bool]
  /// Inputs, results or other tensors that `backward` reads. It finds inputs and results with their place in the graph, so that gradients that
  /// are computed from them can be differentiated again.
  public var saved: [Tensor] = []
  /// Anything else that `backward` reads.
  public var extra: (any Sendable)?
  /// The results, by index, through which no gradient flows. Those of integer or boolean dtype need not be named.
  public var nonDifferentiable: Set<Int> = []

  init(needsInputGrad: [Bool]) { self.needsInputGrad = needsInputGrad }
}

/// The gradients of a function's results.
public struct ResultGradients: Sendable {
  let gradients: [Tensor?]
  let results: Results
  let device: any Device

  public var count: Int { gradients.count }

  /// The gradient of a result, zeros where nothing used the result.
  public subscript(_ index: Int) -> Tensor {
    ifUsed(index) ?? .zeros(results.shape(index), dtype: results.dtype(index), device: device)
  }

  /// The gradient of a result, nil where nothing used the result.
  public func ifUsed(_ index: Int) -> Tensor? {
    guard gradients.indices.contains(index) else {
      return .failure(.index("gradient \(index) of a function with \(gradients.count) results"))
    }
    return gradients[index]
  }
}

// MARK: - Calling one

extension DifferentiableFunction {
  /// The function's only, or first, result.
  public func callAsFunction(_ inputs: Tensor...) -> Tensor {
    apply(inputs).first ?? .failure(noResult)
  }

  private var noResult: TensorError { .type("\(Self.self) gave no result") }

  /// All results of the function.
  public func apply(_ inputs: Tensor...) -> [Tensor] { apply(inputs) }

  /// All results of the function.
  ///
  /// Errors in a backward pass: `function CubeBackward returned an incorrect number of gradients (expected 1, got 2)`; `Function CubeBackward
  /// returned an invalid gradient at index 0 - got [5] but expected shape compatible with [2]`.
  public func apply(_ inputs: [Tensor]) -> [Tensor] {
    let frozen = inputs.map(\.frozen)
    let isRecording = GradientMode.isEnabled && frozen.contains(where: \.requiresGrad)
    var context = FunctionContext(needsInputGrad: frozen.map { isRecording && $0.requiresGrad })
    let results = noGrad { forward(frozen, &context) }
    if let failed = (frozen + results).first(where: { !$0.isValid }) {
      failed.reportUse()
      return results.map { _ in failed }
    }
    guard isRecording, !results.isEmpty else { return results }
    let call = FunctionCall(function: self, context, inputs: frozen, results: results)
    let node = Node(
      call.name, edges: Edges(frozen.map(\.body)), results: Results(results),
      pullback: .general(saves: true) { (gradients, node) throws(TensorError) in
        try call.inputGradients(gradients, node)
      })
    let attached = Tensor.attached(results, to: node)
    return results.indices.map { context.nonDifferentiable.contains($0) ? results[$0] : attached[$0] }
  }

  /// Replaces a tensor by the function's first result, as an operation in place: the tensor then has this function as its `gradFn`.
  ///
  /// Error: `a leaf Variable that requires grad has been used in an in-place operation.` outside `noGrad`.
  public func update(_ x: inout Tensor, _ others: Tensor...) {
    do throws(TensorError) {
      func result() throws(TensorError) -> Tensor {
        guard let result = apply([x] + others).first else { throw noResult }
        return try result.valid()
      }
      guard let variable = x.body.node?.variable else {
        x.become(try result())
        return
      }
      guard !GradientMode.isEnabled else {
        throw .runtime("a leaf Variable that requires grad has been used in an in-place operation.")
      }
      let result = try result()
      try checkInPlace(of: result.shape, result.dtype, in: x.shape, x.dtype)
      let value = try x.keepingValue(in: result.to(x.dtype).valid().frozen, isShared: true).operand
      try variable.update { (state) throws(TensorError) in state.value = value }
    } catch {
      Tensor.report(error)
    }
  }
}

/// One recorded call of a function.
private struct FunctionCall<Function: DifferentiableFunction>: Sendable {
  let function: Function
  let name: String
  private let context: FunctionContext
  /// For each saved tensor, which result it is. A result is kept outside the graph, or its node would hold itself.
  private let savedResults: [Int?]
  private let results: Results
  private let device: any Device

  init(function: Function, _ context: FunctionContext, inputs: [Tensor], results: [Tensor]) {
    self.function = function
    name = "\(Function.self)Backward"
    savedResults = context.saved.map { tensor in
      if tensor.requiresGrad { return nil }
      return results.firstIndex { $0.body === tensor.body && $0.isFloatingPoint }
        .flatMap { context.nonDifferentiable.contains($0) ? nil : $0 }
    }
    self.context = context
    self.results = Results(results)
    device = results[0].device
  }

  func inputGradients(_ gradients: [Tensor?], _ node: Node) throws(TensorError) -> [Tensor?] {
    var context = context
    for case (let index, let result?) in savedResults.enumerated() {
      let value = context.saved[index].body
      context.saved[index] = Tensor(
        TensorBody(
          storage: value.storage, layout: value.layout, dtype: value.dtype, node: node, outputIndex: result, flags: value.flags))
    }
    let incoming = ResultGradients(gradients: gradients, results: results, device: device)
    var computed: [Tensor?]
    if function.isOnceDifferentiable {
      computed = noGrad { function.backward(incoming, context) }
      if GradientMode.isEnabled && gradients.contains(where: { $0?.requiresGrad ?? false }) {
        computed = computed.map { $0?.differentiableOnce(gradients.compactMap { $0 }) }
      }
    } else {
      computed = function.backward(incoming, context)
    }
    let expected = node.edges.count
    while computed.count > expected, case .some(nil) = computed.last { computed.removeLast() }
    guard computed.count == expected else {
      throw .runtime(
        "function \(name) returned an incorrect number of gradients (expected \(expected), got \(computed.count))")
    }
    return computed
  }
}

extension Tensor {
  /// This gradient, so that differentiating it again by what it was computed from is an error.
  fileprivate func differentiableOnce(_ sources: [Tensor]) -> Tensor {
    recorded(
      "Error", edges: Edges(sources.map(\.body)),
      .general(saves: false) { (_, _) throws(TensorError) in
        throw .runtime("trying to differentiate twice a function that was marked with @once_differentiable")
      })
  }
}

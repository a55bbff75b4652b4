import Devices

/// An array of numbers of one dtype, in any number of dimensions, on one device, that can record how it was computed.
///
/// A tensor is a value: copies never see each other's changes. The one exception is a leaf that requires gradients, a *variable*: its copies
/// share its value and its `grad`.
public struct Tensor: Sendable {
  var body: TensorBody

  init(_ body: TensorBody) { self.body = body }
}

/// What a tensor refers to. Only a `mutating` operation that has shown to be the only holder changes one; all else is set once. `FailedBody` alone
/// inherits from it, and overrides nothing.
class TensorBody: @unchecked Sendable {
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// The value is that of the variable `node`, whatever it is now; otherwise it is the one stored here.
    static let live = Flags(rawValue: 1)
    /// Made in inference mode.
    static let inference = Flags(rawValue: 2)
    /// What a failed operation gives within `checked`.
    static let invalid = Flags(rawValue: 4)
  }

  @exclusivity(unchecked) final var storage: Storage
  final let layout: Layout
  final let dtype: DType
  final let flags: Flags
  final let outputIndex: Int32
  /// The operation that made it, or the variable it is; nil outside any graph.
  final let node: Node?

  init(
    storage: Storage, layout: Layout, dtype: DType, node: Node? = nil, outputIndex: Int = 0, flags: Flags = []
  ) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    self.node = node
    self.outputIndex = Int32(truncatingIfNeeded: outputIndex)
    self.flags = flags
  }

  /// The value at this moment: of a variable a snapshot, which later updates of the variable do not touch.
  @inline(__always)
  final var frozen: TensorBody { flags.contains(.live) ? snapshot() : self }

  /// `frozen` without its place in the graph where it is a variable: for those who read the edge from the variable itself.
  @inline(__always)
  final var value: TensorBody { flags.contains(.live) ? node!.variable!.snapshot : self }

  private final func snapshot() -> TensorBody {
    let value = node!.variable!.snapshot
    return TensorBody(storage: value.storage, layout: value.layout, dtype: value.dtype, node: node)
  }

  final var operand: Operand { Operand(storage: storage, layout: layout, dtype: dtype) }

  /// The same value outside any graph.
  final func detached(flags: Flags = []) -> TensorBody {
    node == nil && self.flags == flags ? self : TensorBody(storage: storage, layout: layout, dtype: dtype, flags: flags)
  }
}

extension Tensor {
  /// A tensor over memory that nobody else writes.
  package init(_ operand: Operand) {
    self.init(
      TensorBody(
        storage: operand.storage, layout: operand.layout, dtype: operand.dtype,
        flags: GradientMode.isInference ? .inference : []))
  }

  /// The operation's own copy of its operand: see `TensorBody.frozen`.
  var frozen: Tensor { Tensor(body.frozen) }

  /// The value for a device. Freeze first.
  var operand: Operand { body.operand }

  var layout: Layout { body.layout }
}

// MARK: - What it is

extension Tensor {
  public var shape: [Int] { looked.layout.shape }
  /// The size of one dimension; negative ones count from the back.
  public func size(_ dim: Int) -> Int {
    do { return shape.isEmpty ? 1 : shape[try wrapDimension(dim, rank: rank)] } catch {
      _ = Tensor.failure(error)
      return 1
    }
  }
  /// The number of dimensions.
  public var rank: Int { looked.layout.rank }
  /// The number of elements.
  public var count: Int { looked.layout.count }
  public var dtype: DType { body.dtype }
  public var device: any Device { body.storage.device }
  /// Whether the elements lie in row-major order without gaps.
  public var isContiguous: Bool { body.layout.isContiguous }
  public var isFloatingPoint: Bool { dtype.isFloatingPoint }

  /// The body, for one who asks for its shape: that of a failed value is made up.
  @inline(__always)
  private var looked: TensorBody {
    if !isValid { reportUse() }
    return body
  }

  /// Made in inference mode: it cannot take part in a recorded computation.
  public var isInference: Bool { body.flags.contains(.inference) }
}

// MARK: - Its place in the graph

extension Tensor {
  /// Whether operations on this tensor are recorded. Setting it makes a leaf a variable, or a variable a plain tensor.
  ///
  /// Errors: an integer or boolean tensor cannot require gradients; the flag of a computed tensor cannot be taken away.
  public var requiresGrad: Bool {
    get { body.node != nil }
    set {
      guard isValid else {
        reportUse()
        return
      }
      if newValue == requiresGrad { return }
      if !newValue {
        guard isLeaf else {
          _ = Tensor.failure(
            .runtime(
              "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph "
                + "that doesn't require differentiation use var_no_grad = var.detach()."))
          return
        }
        self = detach()
        return
      }
      guard !isInference || GradientMode.isInference else {
        _ = Tensor.failure(
          .runtime("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."))
        return
      }
      guard isFloatingPoint else {
        _ = Tensor.failure(.runtime("only Tensors of floating point and complex dtype can require gradients"))
        return
      }
      self = variable()
    }
  }

  /// This value as a variable of its own.
  func variable() -> Tensor {
    let value = body.frozen.detached()
    let node = Node(variable: Variable(value))
    return node.asTensor
  }

  /// The same value, requiring gradients: for a leaf made on the way, `Tensor.rand([10]).double().requiringGrad()`.
  ///
  /// Errors: only tensors of floating point dtype can require gradients.
  public func requiringGrad(_ flag: Bool = true) -> Tensor {
    var copy = self
    guard isValid else { return passedOn }
    if flag && !isFloatingPoint {
      return .failure(.runtime("only Tensors of floating point dtype can require gradients"))
    }
    copy.requiresGrad = flag
    return copy
  }

  /// Whether no recorded operation made this tensor.
  public var isLeaf: Bool { body.node.map { $0.variable != nil } ?? true }

  /// The recorded operation that made this tensor.
  public var gradFn: Node? { body.node.flatMap { $0.variable == nil ? $0 : nil } }

  /// Which result of `gradFn` it is.
  public var outputIndex: Int { Int(body.outputIndex) }

  /// The same values outside the graph.
  public func detach() -> Tensor {
    guard isValid else { return passedOn }
    let value = body.frozen
    return Tensor(value.detached(flags: value.flags.subtracting(.live)))
  }
}

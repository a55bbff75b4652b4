import CKernels
import Devices
import Synchronization

/// One recorded operation, or a variable: where gradients flow.
///
/// A node is made once and never changes what it computes. Ids rise, so a node's inputs have smaller ids than the node; backward takes the
/// highest id first and finds its gradient complete.
public final class Node: @unchecked Sendable {
  // What is not constant changes within the lock alone, except that `deinit` takes it apart. What the lock excludes needs no further check of
  // exclusive access.

  /// Rises with every node made.
  public let id: UInt64
  /// PyTorch's name of the operation's derivative, such as `MulBackward0`.
  public let name: String
  /// The variable, if this is a leaf.
  let variable: Variable?
  /// Where the gradients of the inputs go.
  let edges: HeldEdges
  /// Shape and dtype of every result, which its gradient must have.
  let results: Results
  /// The derivative of an elementwise operation. The commonest one, so it lies in the node itself.
  let kernel: Pullback?
  /// In which `kernel` is computed.
  let dtype: DType
  /// Whether it saved values of tensors, which go with the first backward pass unless the graph is kept.
  private let savesValues: Bool

  private let lock = LockWord()
  @exclusivity(unchecked) private var isReleased = false
  /// What `kernel` reads. Constant where no values are saved.
  @exclusivity(unchecked) private var saved: SavedOperands
  /// The derivative of another operation; nil once released.
  @exclusivity(unchecked) private var pullback: NodePullback?
  @exclusivity(unchecked) private var hookList: HookList?
  /// Whether there ever were any hooks, so that the others need no lock to see that there are none.
  private let hasHooks = Atomic<Bool>(false)

  private final class HookList {
    var hooks = NodeHooks()
  }

  private static let lastID = Atomic<UInt64>(0)

  private static var nextID: UInt64 {
    @inline(__always) get { lastID.wrappingAdd(1, ordering: .relaxed).newValue }
  }

  init(_ name: String, edges: Edges, results: Results, pullback: NodePullback) {
    id = Node.nextID
    self.name = name
    self.edges = HeldEdges(edges)
    self.results = results
    variable = nil
    if case .kernel(let elementwise) = pullback {
      kernel = elementwise.pullback
      dtype = elementwise.dtype
      saved = elementwise.saved
      savesValues = elementwise.saved.hasTensors
      self.pullback = nil
    } else {
      kernel = nil
      dtype = results.dtype(0)
      saved = SavedOperands()
      savesValues = pullback.savesValues
      self.pullback = pullback
    }
  }

  /// An elementwise operation.
  ///
  /// - Parameters:
  ///   - x, y: Its tensors, by input.
  ///   - inputs: How many inputs there are, with those that are no tensors.
  ///   - layout, dtype: Of the result.
  @inline(__always)
  init(
    _ name: String, _ x: TensorBody?, _ y: TensorBody?, inputs: Int, layout: Layout, dtype: DType, kernel: Pullback,
    saved: consuming SavedOperands
  ) {
    id = Node.nextID
    self.name = name
    edges = HeldEdges(x, y, count: inputs)
    results = Results(layout, dtype)
    variable = nil
    self.kernel = kernel
    self.dtype = dtype
    savesValues = saved.hasTensors
    self.saved = saved
    pullback = nil
  }

  /// The leaf of a variable.
  init(variable: Variable) {
    id = Node.nextID
    name = "AccumulateGrad"
    edges = HeldEdges()
    let value = variable.value
    results = Results(value.layout, value.dtype)
    self.variable = variable
    kernel = nil
    dtype = value.dtype
    savesValues = false
    saved = SavedOperands()
    pullback = nil
  }

  // MARK: State

  /// What the elementwise derivative reads, or nil once that has been released.
  ///
  /// - Parameter releases: takes it away, if there are values of tensors in it; what has none may run again.
  @inline(__always)
  func enterKernel(releases: Bool) -> SavedOperands? {
    if !savesValues { return saved }
    lock.lock()
    defer { lock.unlock() }
    if isReleased { return nil }
    guard releases else { return saved }
    isReleased = true
    return saved.take()
  }

  /// How gradients pass, or nil once that has been released.
  ///
  /// - Parameter releases: as for `enterKernel`.
  func enter(releases: Bool) -> NodePullback? {
    if let kernel {
      return enterKernel(releases: releases).map { .kernel(KernelPullback(kernel, dtype: dtype, saved: $0)) }
    }
    lock.lock()
    defer { lock.unlock() }
    return releases && savesValues ? pullback.take() : pullback
  }

  /// The hooks, if there ever were any.
  var hooks: NodeHooks? {
    @inline(__always) get { hasHooks.load(ordering: .acquiring) ? withHooks { $0 } : nil }
  }

  func withHooks<Result: Sendable>(_ body: (inout NodeHooks) -> Result) -> Result {
    lock.lock()
    defer { lock.unlock() }
    let list = hookList ?? HookList()
    hookList = list
    hasHooks.store(true, ordering: .releasing)
    return body(&list.hooks)
  }

  // MARK: Release without recursion

  /// Nested releases beyond this depth wait for the outermost: a chain of a million nodes must not use a million stack frames.
  private static let releaseDepthLimit = 64

  private struct Remains {
    let edges: HeldEdges
    let saved: SavedOperands
    let pullback: NodePullback?
    let hooks: HookList?
  }

  private final class Waiting {
    var remains: [Remains] = []
  }

  deinit {
    if variable != nil { return }
    let thread = fx_release()
    if thread.pointee.depth >= Node.releaseDepthLimit {
      let waiting: Waiting
      if let known = thread.pointee.waiting {
        waiting = Unmanaged<Waiting>.fromOpaque(known).takeUnretainedValue()
      } else {
        waiting = Waiting()
        thread.pointee.waiting = Unmanaged.passRetained(waiting).toOpaque()
      }
      waiting.remains.append(Remains(edges: edges, saved: saved.take(), pullback: pullback.take(), hooks: hookList.take()))
      return
    }
    thread.pointee.depth += 1
    edges.release()
    saved.clear()
    pullback = nil
    hookList = nil
    thread.pointee.depth -= 1
    if thread.pointee.depth == 0, let known = thread.pointee.waiting {
      let waiting = Unmanaged<Waiting>.fromOpaque(known).takeUnretainedValue()
      thread.pointee.depth = 1
      while let remains = waiting.remains.popLast() { remains.edges.release() }
      thread.pointee.depth = 0
      thread.pointee.waiting = nil
      Unmanaged<Waiting>.fromOpaque(known).release()
    }
  }
}

// MARK: - Its parts

/// Where the gradient of an input goes: to a result of another node.
struct Edge {
  let node: Node
  let output: Int32
}

/// The edges of a node to be, by input; nil for an input that needs no gradient.
struct Edges {
  fileprivate let list: [Edge?]

  init(_ bodies: TensorBody?...) { self.init(bodies) }

  init(_ bodies: [TensorBody?]) {
    list = bodies.map { body in
      guard let body, let node = body.node else { return nil }
      return Edge(node: node, output: body.outputIndex)
    }
  }

  /// Bit i is set where input i needs a gradient.
  var mask: Int { list.indices.reduce(0) { list[$1] == nil ? $0 : $0 | 1 << $1 } }
}

/// The edges of a node, which keeps the nodes that they lead to alive until it releases them, in its own way. To read them counts no reference.
struct HeldEdges {
  struct Edge {
    let target: Unmanaged<Node>
    let output: Int32

    var node: Node { target.takeUnretainedValue() }

    @inline(__always)
    fileprivate init?(_ body: TensorBody?) {
      guard let body, let node = body.node else { return nil }
      target = .passRetained(node)
      output = body.outputIndex
    }

    fileprivate init(_ edge: Autograd.Edge) {
      target = .passRetained(edge.node)
      output = edge.output
    }
  }

  private let first: Edge?
  private let second: Edge?
  /// The edges from the third on, in memory of their own.
  private let more: UnsafeMutablePointer<Edge?>?
  let count: Int

  fileprivate init() {
    self.init(nil, nil, count: 0)
  }

  @inline(__always)
  fileprivate init(_ x: TensorBody?, _ y: TensorBody?, count: Int) {
    first = Edge(x)
    second = Edge(y)
    more = nil
    self.count = count
  }

  fileprivate init(_ edges: Edges) {
    let list = edges.list
    count = list.count
    first = count > 0 ? list[0].map { Edge($0) } : nil
    second = count > 1 ? list[1].map { Edge($0) } : nil
    more = count > 2 ? .allocate(capacity: count - 2) : nil
    for index in list.indices.dropFirst(2) { (more! + index - 2).initialize(to: list[index].map { Edge($0) }) }
  }

  subscript(_ index: Int) -> Edge? {
    @inline(__always) get {
      switch index {
      case 0: first
      case 1: second
      default: index < count ? more![index - 2] : nil
      }
    }
  }

  @inline(__always)
  fileprivate func release() {
    if let first { first.target.release() }
    if let second { second.target.release() }
    if let more {
      for index in 0..<(count - 2) { more[index]?.target.release() }
      more.deallocate()
    }
  }
}

/// Shape and dtype of a node's results. The first needs no array.
struct Results {
  let first: (layout: Layout, dtype: DType)
  private let more: [(layout: Layout, dtype: DType)]?

  @inline(__always)
  init(_ layout: Layout, _ dtype: DType) {
    first = (layout, dtype)
    more = nil
  }

  init(_ list: [Tensor]) {
    first = (list[0].layout, list[0].dtype)
    more = list.count > 1 ? list.dropFirst().map { ($0.layout, $0.dtype) } : nil
  }

  var count: Int { 1 + (more?.count ?? 0) }
  func shape(_ index: Int) -> [Int] { index == 0 ? first.layout.shape : more![index - 1].layout.shape }
  func dtype(_ index: Int) -> DType { index == 0 ? first.dtype : more![index - 1].dtype }
}

/// Operands and results that the derivative of an elementwise operation reads, in its order. The first two need no array.
struct SavedOperands: Sendable {
  private(set) var first: ElementwiseArgument?
  private(set) var second: ElementwiseArgument?
  private var more: [ElementwiseArgument]?

  @inline(__always)
  init() {}

  @inline(__always)
  mutating func append(_ argument: ElementwiseArgument) {
    if first == nil {
      first = argument
    } else if second == nil {
      second = argument
    } else {
      more = (more ?? []) + [argument]
    }
  }

  subscript(_ index: Int) -> ElementwiseArgument {
    switch index {
    case 0: first!
    case 1: second!
    default: more![index - 2]
    }
  }

  @inline(__always)
  var hasTensors: Bool {
    if case .tensor = first { return true }
    if case .tensor = second { return true }
    return more != nil
  }

  /// Whether a tensor among them was made in inference mode.
  var hasInference: Bool {
    ([first, second] + (more ?? [])).contains {
      if case .tensor(let body) = $0 { body.flags.contains(.inference) } else { false }
    }
  }

  @inline(__always)
  mutating func clear() {
    first = nil
    second = nil
    more = nil
  }

  @inline(__always)
  mutating func take() -> SavedOperands {
    let all = self
    clear()
    return all
  }
}

/// How gradients of the results become gradients of the inputs.
indirect enum NodePullback: Sendable {
  /// The derivative of an elementwise kernel.
  case kernel(KernelPullback)
  /// One formula for each input, of a single result.
  case formulas([(@Sendable (Tensor) -> Tensor)?], saves: Bool)
  /// One input and one result, which the formula reads.
  case ofResult(TensorBody, @Sendable (_ g: Tensor, _ result: Tensor) -> Tensor)
  /// Any number of results and inputs. An error is the operation's own.
  case general(saves: Bool, @Sendable ([Tensor?], Node) throws(TensorError) -> [Tensor?])
  /// PyTorch has no derivative.
  case notImplemented(operation: String)

  var savesValues: Bool {
    switch self {
    case .kernel(let pullback): pullback.saved.hasTensors
    case .formulas(_, let saves), .general(let saves, _): saves
    case .ofResult: true
    case .notImplemented: false
    }
  }
}

// MARK: - For users

extension Node {
  /// The nodes that the gradients of the inputs go to, nil where an input needs none.
  public var nextFunctions: [Node?] { (0..<edges.count).map { edges[$0]?.node } }

  /// Calls `hook` after this node ran in a backward pass. What it returns takes the place of the gradients of the inputs.
  ///
  /// A hook that captures this node, or a tensor that was computed by it, keeps both in memory until it is removed.
  @discardableResult
  public func registerHook(
    _ hook: @escaping @Sendable (_ gradInputs: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?]?
  ) -> HookHandle {
    let id = withHooks { $0.node.add(hook) }
    return HookHandle { [weak self] in _ = self?.withHooks { $0.node.remove(id) } }
  }
}

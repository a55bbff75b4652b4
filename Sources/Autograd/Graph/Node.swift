import CKernels
import Devices
import Synchronization

/// One recorded operation, or a variable: where gradients flow.
///
/// A node is made once and never changes what it computes. Ids rise, so a node's inputs have smaller ids than the node; backward takes the
/// highest id first and finds its gradient complete.
public final class Node: @unchecked Sendable {
  // The edges and the pullback are set once; `deinit` alone takes them apart. Everything else that changes is within the lock.

  /// Rises with every node made.
  public let id: UInt64
  /// PyTorch's name of the operation's derivative, such as `MulBackward0`.
  public let name: String
  /// The variable, if this is a leaf.
  let variable: Variable?
  private(set) var edges: Edges
  /// Shape and dtype of every result, which its gradient must have.
  let results: Results

  private let lock = LockWord()
  /// nil once released. Within the lock.
  private var pullback: NodePullback?
  /// Within the lock.
  private var hooks: NodeHooks?

  private static let lastID = Atomic<UInt64>(0)

  init(_ name: String, edges: Edges, results: Results, pullback: NodePullback) {
    id = Node.lastID.wrappingAdd(1, ordering: .relaxed).newValue
    self.name = name
    self.edges = edges
    self.results = results
    variable = nil
    self.pullback = pullback
  }

  /// The leaf of a variable.
  init(variable: Variable) {
    id = Node.lastID.wrappingAdd(1, ordering: .relaxed).newValue
    name = "AccumulateGrad"
    edges = Edges()
    let value = variable.value
    results = Results(value.layout.shape, value.dtype)
    self.variable = variable
    pullback = nil
  }

  // MARK: State

  /// What a backward pass needs of the node: its pullback, nil once released, and its hooks.
  ///
  /// - Parameter releases: takes the pullback away if it saved values; one that saved none may run again.
  func enter(releases: Bool) -> (pullback: NodePullback?, hooks: NodeHooks?) {
    lock.withLock {
      if releases, pullback?.savesValues ?? false { return (pullback.take(), hooks) }
      return (pullback, hooks)
    }
  }

  func withHooks<Result: Sendable>(_ body: (inout NodeHooks) -> Result) -> Result {
    lock.withLock {
      var changed = hooks ?? NodeHooks()
      defer { hooks = changed }
      return body(&changed)
    }
  }

  // MARK: Release without recursion

  /// Nested releases beyond this depth wait for the outermost: a chain of a million nodes must not use a million stack frames.
  private static let releaseDepthLimit = 64

  private struct Remains {
    let edges: Edges
    let pullback: NodePullback?
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
      waiting.remains.append(Remains(edges: edges, pullback: pullback.take()))
      edges = Edges()
      return
    }
    thread.pointee.depth += 1
    edges = Edges()
    pullback = nil
    thread.pointee.depth -= 1
    if thread.pointee.depth == 0, let known = thread.pointee.waiting {
      let waiting = Unmanaged<Waiting>.fromOpaque(known).takeUnretainedValue()
      thread.pointee.depth = 1
      while waiting.remains.popLast() != nil {}
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

/// The edges of a node by input; nil for an input that needs no gradient. The first two need no array.
struct Edges {
  private var first: Edge?
  private var second: Edge?
  private var more: [Edge?] = []
  private(set) var count = 0

  init() {}

  init(_ x: TensorBody?, _ y: TensorBody? = nil, count: Int = 1) {
    first = x.flatMap(Edges.edge)
    second = y.flatMap(Edges.edge)
    self.count = count
  }

  init(_ list: [TensorBody?]) {
    count = list.count
    if count > 0 { first = list[0].flatMap(Edges.edge) }
    if count > 1 { second = list[1].flatMap(Edges.edge) }
    if count > 2 { more = list[2...].map { $0.flatMap(Edges.edge) } }
  }

  private static func edge(_ body: TensorBody) -> Edge? { body.node.map { Edge(node: $0, output: body.outputIndex) } }

  subscript(_ index: Int) -> Edge? {
    switch index {
    case 0: first
    case 1: second
    default: index - 2 < more.count ? more[index - 2] : nil
    }
  }

  /// Bit i is set where input i needs a gradient.
  var mask: Int {
    var mask = 0
    for index in 0..<count where self[index] != nil { mask |= 1 << index }
    return mask
  }
}

/// Shape and dtype of a node's results. The first needs no array.
struct Results {
  private let shape: [Int]
  private let dtype: DType
  private let more: [(shape: [Int], dtype: DType)]

  init(_ shape: [Int], _ dtype: DType) {
    self.shape = shape
    self.dtype = dtype
    more = []
  }

  init(_ list: [Tensor]) {
    shape = list[0].shape
    dtype = list[0].dtype
    more = list.dropFirst().map { ($0.shape, $0.dtype) }
  }

  var count: Int { 1 + more.count }
  func shape(_ index: Int) -> [Int] { index == 0 ? shape : more[index - 1].shape }
  func dtype(_ index: Int) -> DType { index == 0 ? dtype : more[index - 1].dtype }
}

/// How gradients of the results become gradients of the inputs.
enum NodePullback: Sendable {
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
    case .kernel(let pullback): pullback.savesValues
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
  @discardableResult
  public func registerHook(
    _ hook: @escaping @Sendable (_ gradInputs: [Tensor?], _ gradOutputs: [Tensor?]) -> [Tensor?]?
  ) -> HookHandle {
    let id = withHooks { $0.node.add(hook) }
    return HookHandle { self.withHooks { $0.node.remove(id) } }
  }
}

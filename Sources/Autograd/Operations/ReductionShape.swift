import Devices

/// Which dimensions an operation goes along: one or several, negative ones counted from the back.
///
///     x.sum(dim: 0)
///     x.sum(dim: [0, -1])
public protocol Dimensions: Sendable {
  var dimensions: [Int] { get }
}

extension Int: Dimensions {
  public var dimensions: [Int] { [self] }
}

extension [Int]: Dimensions {
  public var dimensions: [Int] { self }
}

/// What a reduction goes over, and the shapes before and after.
struct ReductionShape: Sendable {
  /// The input's shape.
  let full: [Int]
  /// The dimensions that are reduced, in order.
  let dims: [Int]
  /// The result as the device writes it: with size one in the place of every reduced dimension.
  let keptLayout: Layout
  /// The result as it is handed out, in the same memory.
  let resultLayout: Layout
  /// How many elements each result is made of.
  let count: Int

  var kept: [Int] { keptLayout.shape }
  var result: [Int] { resultLayout.shape }

  /// - Parameter dim: nil or an empty list for all dimensions.
  /// - Throws: PyTorch's texts where a dimension does not exist or appears twice.
  init(of shape: [Int], dim: (any Dimensions)?, keepDim: Bool) throws(TensorError) {
    guard shape.count <= 64 else { throw .runtime("only tensors with up to 64 dims are supported") }
    full = shape
    let listed = dim?.dimensions ?? []
    if listed.isEmpty {
      let known = shape.count < ReductionShape.wholes.count ? ReductionShape.wholes[shape.count] : ReductionShape.whole(shape.count)
      dims = known.dims
      keptLayout = known.kept
      resultLayout = keepDim ? known.kept : .scalar
      count = shape.reduce(1, *)
      return
    }
    var isReduced = [Bool](repeating: false, count: max(shape.count, 1))
    for dim in listed {
      let wrapped = try wrapDimension(dim, rank: shape.count)
      guard !isReduced[wrapped] else { throw .runtime("dim \(wrapped) appears multiple times in the list of dims") }
      isReduced[wrapped] = true
    }
    dims = shape.indices.filter { isReduced[$0] }
    keptLayout = Layout(shape: shape.indices.map { isReduced[$0] ? 1 : shape[$0] })
    resultLayout = keepDim ? keptLayout : Layout(shape: shape.indices.filter { !isReduced[$0] }.map { shape[$0] })
    count = dims.reduce(1) { $0 * shape[$1] }
  }

  /// All dimensions of a rank, and what is left of them. Those of the usual ranks are made once: to reduce a small tensor takes less time than
  /// to make them.
  private static let wholes = (0..<8).map(whole)
  private static func whole(_ rank: Int) -> (dims: [Int], kept: Layout) {
    (Array(0..<rank), Layout(shape: [Int](repeating: 1, count: rank)))
  }

  /// - Throws: PyTorch's texts for a reduction that has no value for no elements.
  func checkNotEmpty(_ operation: String, isWhole: Bool) throws(TensorError) {
    if isWhole {
      guard count != 0 else {
        throw .runtime(
          "\(operation)(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
        )
      }
      return
    }
    for dim in dims where full[dim] == 0 {
      throw .index("\(operation)(): Expected reduction dim \(dim) to have non-zero size.")
    }
  }
}

extension Tensor {
  /// A bare reduction. Freeze first.
  func reduced(_ reduction: Reduction, _ shape: ReductionShape, dtype: DType) throws(TensorError) -> Tensor {
    let storage = try device.allocate(byteCount: shape.keptLayout.count * dtype.byteCount)
    try device.reduce(
      reduction, operand, dims: shape.dims, to: Operand(storage: storage, layout: shape.keptLayout, dtype: dtype))
    return Tensor(Operand(storage: storage, layout: shape.resultLayout, dtype: dtype))
  }

  /// A reduction's result, repeated along what was reduced: in the input's shape again.
  func expand(from shape: ReductionShape) -> Tensor {
    attempt(self) { x throws(TensorError) in
      let layout =
        x.layout.rank == 0 && x.layout.offset == 0
        ? Layout(repeatedIn: shape.full) : x.layout.viewed(as: shape.kept)!.broadcast(to: shape.full)
      let result = x.bareView(layout)
      // The formula is an object, which is not made in vain.
      guard Tensor.isRecording(x.body) else { return result }
      return result.differentiable("ExpandBackward0", x, saves: false) { g in
        g.sum(dim: shape.dims, keepDim: shape.result.count == shape.full.count)
      }
    }
  }

  /// A reduction's result with the reduced dimensions back, of size one.
  func unreduced(from shape: ReductionShape) -> Tensor {
    if shape.result.count == shape.kept.count { return self }
    return attempt(self) { x throws(TensorError) in
      Tensor(x.operand.with(layout: x.layout.viewed(as: shape.kept)!))
        .differentiable("ViewBackward0", x, saves: false) { g in g.sum(dim: shape.dims) }
    }
  }
}

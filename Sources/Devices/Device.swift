/// What computes: it owns memory and runs commands on it.
///
/// Operands carry their layout and dtype, so one requirement serves all of them. Commands run in the order they are given, and may be
/// asynchronous: their results are there after `synchronize()` or `download`. A command's operands live on this device. A device that
/// cannot do something throws an error that names the operation and the device; it never falls back to another.
public protocol Device: AnyObject, Sendable {
  /// PyTorch's device type: `cpu`, `mps`.
  var type: String { get }
  var capabilities: DeviceCapabilities { get }

  // MARK: Memory

  /// Uninitialised memory of at least one byte.
  func allocate(byteCount: Int) throws(TensorError) -> Storage
  /// Called by `Storage` alone, with what `allocate` made.
  func deallocate(_ handle: UnsafeMutableRawPointer, byteCount: Int)
  /// Copies host bytes to the start of a block. The host may reuse its bytes on return.
  func upload(_ bytes: UnsafeRawBufferPointer, to storage: Storage) throws(TensorError)
  /// Waits for all commands so far, then copies from the start of a block.
  func download(_ storage: Storage, to bytes: UnsafeMutableRawBufferPointer) throws(TensorError)
  /// Waits for all commands so far, and throws the first error among them that nobody has heard of.
  func synchronize() throws(TensorError)
  /// Says that `new`, a whole block that earlier commands have written and that nobody else holds, takes the place of `old` as a value that
  /// somebody holds. Where one of the commands fails later, `new` gets the elements of `old`: see `Operand.isUpdate`. The default does
  /// nothing, for devices whose commands are done when they return.
  func keepValue(of old: Operand, in new: Operand) throws(TensorError)

  // MARK: Elementwise

  func fill(_ output: Operand, with value: Scalar) throws(TensorError)
  /// Copies between layouts of one shape, converting the dtype where it differs.
  func copy(_ input: Operand, to output: Operand) throws(TensorError)
  /// Runs a kernel over inputs that are already broadcast to the outputs' shape. Values are computed in `dtype`; inputs are converted to it
  /// as they are read and outputs from it as they are written. An output may be one of the inputs, with its layout and dtype; otherwise
  /// outputs overlap nothing.
  func elementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]) throws(TensorError)

  /// The same for outputs that are whole blocks nobody has seen yet, and inputs whose elements stay as they are while somebody holds them. The
  /// device may leave it until the results are needed, and do it in one pass with what follows. The default does it now.
  func deferredElementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]) throws(TensorError)

  // MARK: Along dimensions

  /// Reduces `dims` of the input. The output has the input's rank, with size one where reduced.
  /// A position (`argMin`, `argMax`: exactly one dimension) is written as int64.
  func reduce(_ reduction: Reduction, _ input: Operand, dims: [Int], to output: Operand) throws(TensorError)
  /// Running reduction along `dim`; `indices` receives the positions of running extremes (int64).
  func scan(_ scan: Scan, _ input: Operand, dim: Int, to output: Operand, indices: Operand?) throws(TensorError)
  /// Sorts along `dim`, NaN greater than everything; `indices` (int64) receives where each value stood. Always stable.
  func sort(_ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand) throws(TensorError)
  /// A part of what a sort along `dim` gives, as much as there is room for in the outputs. Which of several equal elements come out, and in
  /// what order, is up to the device. Without `indices` nobody asks where they stood. The default sorts everything.
  func select(_ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?) throws(TensorError)

  /// Runs an operation on every row of a matrix; see `RowOperation` for the operands. The default body is made of the commands above.
  func rows(_ operation: RowOperation, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError)

  // MARK: Products

  /// output = a · b + addend for matrices of shape [m, k] and [k, n], or batches of them, [batch, m, k] and [batch, k, n], of one dtype. In the
  /// place of a matrix without a batch, a vector on the left is a row and one on the right a column; the output then lacks the dimension. See
  /// `ProductSizes`. The addend, if there is one, is of the same dtype and broadcasts to the output; halves are rounded once.
  func matrixProduct(_ a: Operand, _ b: Operand, plus addend: Operand?, to output: Operand) throws(TensorError)

  /// Attention or its gradients; see `Attention` for the operands. The default body is made of the commands above.
  func attention(_ attention: Attention, _ inputs: [Operand], to outputs: [Operand]) throws(TensorError)

  // MARK: Linear algebra

  /// A factorization of matrices, or what is solved with one: what the operands are and what comes out is said at each operation.
  func linearAlgebra(_ operation: LinearAlgebra, inputs: [Operand], outputs: [Operand]) throws(TensorError)

  // MARK: Windows

  /// One of a convolution's three arrays of the other two, named in the order of `Convolution.Product`: input and weight, output and weight, or
  /// input and output. `bias`, one number for each channel of the result, is added to it; a weight has none.
  func convolution(
    _ product: Convolution.Product, _ a: Operand, _ b: Operand, bias: Operand?, _ convolution: Convolution, to output: Operand
  ) throws(TensorError)
  /// The greatest of every window, and its position in row-major order among the spatial dimensions (int64), which are those that have
  /// windows: the last ones. Every window has an element at least. The first of equal elements, and the last NaN.
  func maxPool(_ input: Operand, windows: [WindowPositions], values: Operand, indices: Operand) throws(TensorError)
  /// The reverse of `maxPool`: zeros, with every value added at its position among the last `rank` dimensions of the output. The dimensions
  /// before those are the same in all operands; positions are int64 and none is negative.
  /// - Throws: `index I is out of bounds for dimension D with size N`, where D is the first of the `rank` and N the size of them together.
  func maxPoolGradient(_ values: Operand, indices: Operand, rank: Int, to output: Operand) throws(TensorError)
  /// Weighted sums along `dim`, the rows of `bands`: a sparse matrix applied along a dimension. Transposed, it takes what lies along the rows
  /// back to the input's places. Integers have weights of one.
  func resample(_ input: Operand, dim: Int, _ bands: Bands, isTransposed: Bool, to output: Operand) throws(TensorError)

  // MARK: Indexing

  /// output[s..., r...] = input[indices[0][s...], ..., indices[k-1][s...], r...]: the first k dimensions of the input are indexed by k int64
  /// operands of one shape s. Negative positions count from the back.
  /// - Throws: `index I is out of bounds for dimension D with size N`, where D is `dimension` of the position in the caller's numbering.
  func gather(_ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError)
  /// The reverse: writes or combines `source[s..., r...]` into the output's indexed places.
  func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand) throws(TensorError)
  /// The positions of the elements that are not zero, in row-major order: an int64 operand of shape [count, rank]. Waits.
  func nonzero(_ input: Operand) throws(TensorError) -> Operand

  // MARK: Random

  /// Fills the output with draws in row-major order, advancing the engine. Waits.
  func random(_ distribution: Distribution, engine: inout MersenneTwister, to output: Operand) throws(TensorError)
}

extension Device {
  public func matrixProduct(_ a: Operand, _ b: Operand, to output: Operand) throws(TensorError) {
    try matrixProduct(a, b, plus: nil, to: output)
  }
}

/// A part of a row in order.
public enum OrderedPart: Sendable, Hashable {
  /// From the least on, or from the greatest.
  case first(descending: Bool)
  /// The one that so many precede in ascending order.
  case rank(Int)
  /// The one in the middle, of an even number the lower one: of what is not NaN, or the first NaN if there is any. Of nothing but NaN one of
  /// them.
  case median(ignoresNaN: Bool)
  /// All of it, from the least on.
  case all
}

extension Device {
  public func keepValue(of old: Operand, in new: Operand) {}

  public func deferredElementwise(
    _ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
  ) throws(TensorError) {
    try elementwise(kernel, dtype: dtype, inputs: inputs, outputs: outputs)
  }

  public func select(
    _ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?
  ) throws(TensorError) {
    func whole(_ dtype: DType) throws(TensorError) -> Operand {
      Operand(storage: try allocate(byteCount: input.count * dtype.byteCount), layout: Layout(shape: input.shape), dtype: dtype)
    }
    let (sorted, places) = (try whole(input.dtype), try whole(.int64))
    let (start, descending) =
      switch part {
      case .first(let descending): (0, descending)
      case .rank(let rank): (rank, false)
      case .all, .median: (0, false)
      }
    try sort(input, dim: dim, descending: descending, values: sorted, indices: places)
    let targets = [(sorted, values)] + (indices.map { [(places, $0)] } ?? [])
    if case .median(let ignoresNaN) = part { return try pickMedians(sorted, dim, ignoresNaN: ignoresNaN, targets) }
    for (all, target) in targets {
      let strides = all.layout.strides
      try copy(all.with(layout: Layout(shape: target.shape, strides: strides, offset: start * strides[dim])), to: target)
    }
  }
}

extension Device {
  /// Picks the medians of rows in order, and what stands at the same places in other operands of this shape. All are contiguous.
  fileprivate func pickMedians(
    _ sorted: Operand, _ dim: Int, ignoresNaN: Bool, _ targets: [(all: Operand, target: Operand)]
  ) throws(TensorError) {
    func made(_ shape: [Int], _ dtype: DType) throws(TensorError) -> Operand {
      let layout = Layout(shape: shape)
      return Operand(storage: try allocate(byteCount: layout.count * dtype.byteCount), layout: layout, dtype: dtype)
    }
    let size = sorted.shape[dim]
    var kept = sorted.shape
    kept[dim] = 1
    let (isNumber, numbers, middle) = (try made(sorted.shape, .bool), try made(kept, .int64), try made(kept, .int64))
    try elementwise(KernelOfMedians.isNumber, dtype: sorted.dtype, inputs: [.operand(sorted)], outputs: [isNumber])
    try reduce(.sum, isNumber, dims: [dim], to: numbers)
    try elementwise(
      ignoresNaN ? KernelOfMedians.amongNumbers : KernelOfMedians.orFirstNaN, dtype: .int64,
      inputs: [.operand(numbers)] + (ignoresNaN ? [] : [.scalar(.int(Int64(size)))]), outputs: [middle])
    // As blocks of rows of lanes: a place is one of each.
    let outer = sorted.shape.prefix(dim).reduce(1, *)
    let inner = sorted.shape.dropFirst(dim + 1).reduce(1, *)
    func line(_ count: Int, _ strides: [Int]) throws(TensorError) -> Operand {
      let operand = try made([count], .int64)
      let numbers = (0..<Int64(count)).map { $0 }
      do { try numbers.withUnsafeBytes { try upload($0, to: operand.storage) } } catch { throw error as! TensorError }
      return operand.with(layout: Layout(shape: [outer, inner], strides: strides, offset: 0))
    }
    let places = [try line(outer, [1, 0]), middle.with(layout: Layout(shape: [outer, inner])), try line(inner, [0, 1])]
    for (all, target) in targets {
      let picked = try made(kept, all.dtype)
      try gather(
        all.with(layout: Layout(shape: [outer, size, inner])), indices: places, dimensions: [0, 1, 2],
        to: picked.with(layout: Layout(shape: [outer, inner])))
      try copy(picked, to: target)
    }
  }
}

private enum KernelOfMedians {
  static let isNumber = ElementwiseKernel { x in x .== x }
  private static func half(_ x: Expression) -> Expression { x.callInstruction(.shiftRight, x.constant(1)) }
  // The NaN are last: the first of them stands after the numbers.
  static let amongNumbers = ElementwiseKernel { numbers in half((numbers - 1).maximum(0)) }
  static let orFirstNaN = ElementwiseKernel { numbers, size in
    (numbers .== size).select(half(size - 1), numbers)
  }
}

/// What a device has: asked before a command is given, so that absence is a value.
public struct DeviceCapabilities: Sendable, Hashable {
  public var dtypes: Set<DType>

  public init(dtypes: Set<DType> = Set(DType.allCases)) { self.dtypes = dtypes }
}

/// One argument of a kernel.
public enum KernelArgument: Sendable {
  case operand(Operand)
  case scalar(Scalar)
}

public enum Reduction: String, Sendable, CaseIterable {
  case sum, product, min, max, any, all, argMin, argMax
}

public enum Scan: String, Sendable, CaseIterable {
  case sum, product, min, max, logSumExp
}

public enum ScatterMode: String, Sendable, CaseIterable {
  case set, add, multiply, min, max
  /// As `add` to zeros: the output's old elements count for nothing, and where no position leads there is zero.
  case sum
}

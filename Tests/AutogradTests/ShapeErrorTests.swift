import Autograd
import Devices
import Testing

/// Wrong input: PyTorch's words, and nothing has changed.
@Suite struct ShapeErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let kind: TensorError.Kind
    let body: @Sendable () -> Void

    init(_ message: String, _ kind: TensorError.Kind = .runtime, _ body: @escaping @Sendable () -> Void) {
      self.message = message
      self.kind = kind
      self.body = body
    }
    var testDescription: String { message }
  }

  static let x = Tensor((0..<24).map(Float.init), shape: [2, 3, 4])
  static let m = x[0]
  static let v = x[0, 0]
  static let s = x[0, 0, 0]
  static let I = Tensor([0, 1])

  static let shapes: [Case] = [
    Case("shape '[5]' is invalid for input of size 24") { _ = x.view([5]) },
    Case("only one dimension can be inferred") { _ = x.reshape([-1, -1]) },
    Case("invalid shape dimension -2 at index 0 of shape [-2, 3]") { _ = x.view([-2, 3]) },
    Case(
      "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be any value and is ambiguous"
    ) { _ = Tensor.zeros([0]).view([-1, 0]) },
    Case(
      "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use "
        + ".reshape(...) instead."
    ) { _ = x.transpose(0, 1).view([24]) },
    Case("flatten() has invalid args: start_dim cannot come after end_dim") { _ = x.flatten(startDim: 1, endDim: 0) },
    Case("unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1 (3) in the input tensor") {
      _ = x.unflatten(dim: 1, [2, 2])
    },
    Case("Dimension out of range (expected to be in range of [-3, 2], but got 5)", .index) { _ = x.squeeze(5) },
    Case("dim 0 appears multiple times in the list of dims") { _ = x.squeeze([0, 0]) },
    Case("Dimension out of range (expected to be in range of [-4, 3], but got 4)", .index) { _ = x.unsqueeze(4) },
    Case("t() expects a tensor with <= 2 dimensions, but self is 3D") { _ = x.t() },
    Case("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.") { _ = v.mT },
    Case("permute(): duplicate dims are not allowed.") { _ = x.permute([0, 0, 1]) },
    Case("movedim: repeated dim in `source` ([0, 0])") { _ = x.movedim([0, 0], [1, 0]) },
    Case(
      "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 0.  Target sizes: [3, 3, 4].  Tensor "
        + "sizes: [2, 3, 4]"
    ) { _ = x.expand([3, 3, 4]) },
    Case("The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0") {
      _ = x.expand([-1, 2, 3, 4])
    },
    Case("select(): index 2 out of range for tensor of size [2, 3, 4] at dimension 0", .index) {
      _ = x.select(dim: 0, index: 2)
    },
    Case("start (1) + length (2) exceeds dimension size (2).") { _ = x.narrow(dim: 0, start: 1, length: 2) },
    Case("diagonal dimensions cannot be identical 1, 1") { _ = x.diagonal(dim1: 1, dim2: 1) },
    Case("diag(): Supports 1D or 2D tensors. Got 3D") { _ = x.diag() },
    Case("tril: input tensor must have at least 2 dimensions") { _ = v.tril() },
    Case("maximum size for tensor at dimension 1 is 3 but size is 4") { _ = x.unfold(dim: 1, size: 4, step: 1) },
    Case(
      "setStorage: sizes [20, 20], strides [1, 2], storage offset 0, and itemsize 4 requiring a storage size of 232 are out of bounds for "
        + "storage of size 96"
    ) { _ = x.asStrided([20, 20], strides: [1, 2]) },
    Case("shifts and dimensions must align. shifts: 2, dims:1") { _ = x.roll([1, 2], dim: 0) },
    Case("expected rotation dims to be different, but got dim0 = 0 and dim1 = -3") { _ = x.rot90(dims: [0, -3]) },
    Case("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor") { _ = x.repeat([2]) },
    Case("Trying to create tensor with negative dimension -2: [-2, 3, 4]") { _ = x.repeat([-1, 1, 1]) },
    Case("Padding length must be divisible by 2") { _ = x.pad([1, 1, 1]) },
    Case(
      "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding (4, 1) at dimension 1 of input "
        + "[3, 4]"
    ) { _ = m.pad([4, 1], mode: .reflect) },
    Case("meshgrid expects all tensors to have the same dtype") { _ = meshgrid([v, v.double()]) },
  ]

  static let joins: [Case] = [
    Case("torch.cat(): expected a non-empty list of Tensors", .value) { _ = concatenate([]) },
    Case("Tensors must have same number of dimensions: got 3 and 2") { _ = concatenate([x, m]) },
    Case("zero-dimensional tensor (at position 0) cannot be concatenated") { _ = concatenate([s, s]) },
    Case("Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for tensor number 1 in the list.") {
      _ = concatenate([x, x[.all, ..<2]])
    },
    Case("stack expects each tensor to be equal size, but got [2, 3, 4] at entry 0 and [3, 4] at entry 1") {
      _ = stack([x, m])
    },
    Case("split_size can only be 0 if dimension size is 0, but got dimension size of 2") { _ = x.split(0) },
    Case(
      "split_with_sizes expects split_sizes to sum exactly to 3 (input tensor's size at dimension 1), but got split_sizes=[1, 1]"
    ) { _ = x.split([1, 1], dim: 1) },
    Case("chunk expects `chunks` to be greater than 0, got: 0") { _ = x.chunk(0) },
    Case("Dimension specified as 0 but tensor has no dimensions", .index) { _ = s.unbind() },
    Case("iteration over a 0-d tensor", .type) { for _ in s {} },
  ]

  static let indices: [Case] = [
    Case("index 5 is out of bounds for dimension 0 with size 2", .index) { _ = x[5] },
    Case("index 5 is out of bounds for dimension 1 with size 3", .index) { _ = x[0, 5] },
    Case("too many indices for tensor of dimension 3", .index) { _ = x[0, 0, 0, 0] },
    Case(
      "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
      .index
    ) { _ = s[0] },
    Case("step must be greater than zero", .value) { _ = x[.slice(by: -1)] },
    Case("index 7 is out of bounds for dimension 0 with size 3", .index) { _ = x[.all, Tensor([7])] },
    Case("index -3 is out of bounds for dimension 0 with size 2", .index) { _ = x[Tensor([-3])] },
    Case("tensors used as indices must be long, int, byte or bool tensors", .index) { _ = x[Tensor([0.0, 1])] },
    Case("The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at index 0", .index) {
      _ = x[Tensor([true, false, true])]
    },
    Case("shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]", .index) {
      _ = x[I, Tensor([0, 1, 2])]
    },
    Case("index is out of bounds for dimension with size 0", .index) { _ = Tensor.zeros([0, 2])[I] },
    Case("gather(): Expected dtype int32/int64 for index") { _ = m.gather(dim: 0, index: Tensor.ones([1, 1])) },
    Case("Index tensor must have the same number of dimensions as input tensor") { _ = x.gather(dim: 0, index: I) },
    Case("index -1 is out of bounds for dimension 0 with size 4") { _ = v.gather(dim: 0, index: Tensor([0, -1])) },
    Case("scatter(): Expected self.dtype to be equal to src.dtype") { _ = v.scatter(dim: 0, index: I, source: I) },
    Case("INDICES element is out of DATA bounds, id=5 axis_dim=3") { _ = x.indexSelect(dim: 1, index: Tensor([5])) },
    Case("index_add_(): Number of indices (1) should be equal to source.size(dim): (2), for dim: 0") {
      _ = x.indexAdd(dim: 0, index: Tensor([0]), source: x)
    },
    Case("index_copy_(): index 5 is out of bounds for dimension 0 with size 2", .index) {
      _ = x.indexCopy(dim: 0, index: Tensor([0, 5]), source: x)
    },
    Case("out of range: tried to access index 30 on a tensor of 24 elements.", .index) { _ = x.take(Tensor([0, 30])) },
    Case("masked_select: expected BoolTensor for mask") { _ = x.maskedSelect(x.to(.int64)) },
    Case("Number of elements of source < number of ones in mask") { _ = x.maskedScatter(x .>= 0, v) },
  ]

  static let assignments: [Case] = [
    Case("too many indices for tensor of dimension 1", .index) { assign { $0[0, 0] = 1 } },
    Case("index 3 is out of bounds for dimension 0 with size 3", .index) { assign { $0[3] = Tensor(1) } },
    Case(
      "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0.  Target sizes: [2].  Tensor sizes: "
        + "[3]"
    ) { assign { $0[0..<2] = Tensor.ones([3]) } },
    Case("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2]") {
      assign { $0[I] = Tensor.ones([3]) }
    },
    Case("Index put requires the source and destination dtypes match, got Float for the destination and Double for the source.") {
      assign { $0[I] = Tensor([1.0, 2], dtype: .float64) }
    },
    Case("index 9 is out of bounds for dimension 0 with size 3", .index) { assign { $0[[0, 9]] = 5 } },
    Case("a view of a leaf Variable that requires grad is being used in an in-place operation.") {
      assign(requiresGrad: true) { $0[0] = 5.0 }
    },
    Case("a leaf Variable that requires grad is being used in an in-place operation.") {
      assign(requiresGrad: true) { $0[I] = 5.0 }
    },
    Case(
      "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing "
        + "inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
    ) {
      var x = inferenceMode { Tensor.ones([3]) }
      x[0] = 1
    },
  ]

  /// After an error the tensor is as it was.
  private static func assign(requiresGrad: Bool = false, _ change: (inout Tensor) -> Void) {
    var x = Tensor([1.0, 2, 3], requiresGrad: requiresGrad)
    change(&x)
    #expect(x.isValid && x.scalars(as: Int.self) == [1, 2, 3])
  }

  @Test(arguments: shapes + joins + indices + assignments)
  func text(_ row: Case) {
    let error = #expect(throws: TensorError.self) { try checked { row.body() } }
    #expect(error?.message == row.message)
    #expect(error?.kind == row.kind)
  }
}

/// Sizes beyond all reason are errors, or harmless.
@Suite struct ExtremeArgumentTests {
  static let extremes = [Int.min, Int.min + 1, -(1 << 40), 1 << 40, 1 << 62, Int.max]

  /// Views of any size cost nothing; what is computed from them would.
  @Test func shapesTooLargeTogether() {
    let (long, tall) = (Tensor([1.0]).expand([1 << 40]), Tensor([1.0]).expand([1 << 40, 1]))
    for operation in [{ long + tall }, { Tensor.where(long .> 0, 0, tall) }] as [() -> Tensor] {
      #expect(throws: TensorError.self) { try checked { operation() } }
    }
    #expect(throws: TensorError.runtime("Storage size calculation overflowed with sizes=[1099511627776, 1099511627776]")) {
      try checked { long + tall }
    }
  }

  @Test(arguments: extremes)
  func nothingTraps(_ n: Int) {
    let x = ShapeErrorTests.x
    let m = x[0]
    let attempts: [() -> Tensor] = [
      { x.view([n, -1]) }, { x.reshape([n, n]) }, { x.expand([n, 2, 3, 4]) }, { x.unflatten(dim: 0, [n, 2]) },
      { Tensor.zeros([0]).view([n, n, 0]) }, { x.flatten(startDim: n) }, { x.transpose(n, 0) }, { x.permute([n, 0, 1]) },
      { x.squeeze(n) }, { x.unsqueeze(n) }, { x.movedim(n, 0) }, { x.select(dim: 0, index: n) }, { x.select(dim: n, index: 0) },
      { x.narrow(dim: 0, start: n, length: 1) }, { x.narrow(dim: 0, start: 0, length: n) }, { x.slice(from: n, to: n, by: n) },
      { x.diagonal(offset: n) }, { m.diag(offset: n) }, { m[0].diag(offset: n) }, { m.tril(diagonal: n) },
      { x.unfold(dim: 0, size: n, step: 1) }, { x.unfold(dim: 0, size: 1, step: n) },
      { x.asStrided([2, 2], strides: [n, n]) }, { x.asStrided([n, 2], strides: [1, 1]) },
      { x.asStrided([2], strides: [1], offset: n) }, { x.roll(n) }, { x.roll(n, dim: 0) }, { x.flip(n) }, { x.rot90(n) },
      { x.repeat([n, n, n]) }, { x.tile([n]) }, { x.repeatInterleave(n) }, { x.repeatInterleave(Tensor([n, n]), dim: 0) },
      { x.pad([n, n]) }, { x.pad([n, 1], mode: .replicate) }, { x.pad([n, 1], mode: .circular) },
      { x.pad([n, 1], mode: .reflect) },
      { x[n] }, { x[0, n] }, { x[.slice(from: n, to: n, by: n)] }, { x[.slice(to: n)] }, { x[.slice(by: n)] },
      { x[Tensor([n])] }, { x.take(Tensor([n])) }, { x.gather(dim: n, index: Tensor([[[0]]])) },
      { m.gather(dim: 0, index: Tensor([[n]])) }, { m.scatter(dim: 0, index: Tensor([[n]]), value: 1) },
      { m.indexSelect(dim: 0, index: Tensor([n])) }, { m.takeAlongDim(Tensor([[n]]), dim: 0) },
      { x.split(n)[0] }, { x.split([n, n])[0] }, { x.chunk(n)[0] }, { x.tensorSplit(n)[0] }, { x.tensorSplit(at: [n])[0] },
      { concatenate([x], dim: n) }, { stack([x], dim: n) },
      { x.hsplit(n)[0] }, { x.vsplit(at: [n])[0] }, { x.selectScatter(m, dim: 0, index: n) },
      { x.sliceScatter(x, from: n, to: n, by: n) }, { m.diagonalScatter(m[0], offset: n) },
      { x.asStridedScatter(x, [n, 2], strides: [n, 1]) }, { m[0].combinations(n) },
      { m[0].combinations(n, withReplacement: true) }, { m[0].combinations(3).combinations(n) },
      { Tensor([n, 1]).unravelIndex([n, n]).first ?? x }, { x.sum(to: [n]) }, { x.trapezoid(dim: n) },
      { x.gradient(dim: n, edgeOrder: n).first ?? x }, { m.cov(correction: n) }, { x.unique(dim: n).values },
      { m.diff(n: n, dim: 0) }, { x.narrow(dim: 0, start: Tensor(n), length: n) }, { m.tensorSplit(Tensor([n]))[0] },
    ]
    for body in attempts { _ = try? checked { body() } }
    for change in [{ $0[n] = 1 }, { $0[.slice(from: n, by: n)] = 1 }, { $0[[n]] = 1 }] as [(inout Tensor) -> Void] {
      var y = x
      _ = try? checked { change(&y) }
      #expect(y.shape == x.shape)
    }
  }
}

import Autograd
import Devices
import Testing

/// Products that do not fit, in PyTorch's words; and the names of their derivatives.
@Suite struct MatMulErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let kind: TensorError.Kind
    let body: @Sendable () -> Tensor

    init(_ message: String, _ kind: TensorError.Kind = .runtime, _ body: @escaping @Sendable () -> Tensor) {
      (self.message, self.kind, self.body) = (message, kind, body)
    }
    var testDescription: String { message }
  }

  private static func ones(_ shape: Int..., dtype: DType = .float32) -> Tensor { .ones(shape, dtype: dtype) }

  static let products: [Case] = [
    Case("mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)") { ones(2, 3).matmul(ones(2, 3)) },
    Case("mm: mat1 and mat2 shapes cannot be multiplied (1x3 and 2x3)") { ones(3).matmul(ones(2, 3)) },
    Case("mm: mat1 and mat2 shapes cannot be multiplied (6x4 and 3x3)") { ones(2, 3, 4).matmul(ones(3, 3)) },
    Case("mm: self must be a matrix, got 1-D tensor") { ones(2).mm(ones(2, 2)) },
    Case("mm: mat2 must be a matrix, got 3-D tensor") { ones(2, 2).mm(ones(2, 2, 2)) },
    Case("size mismatch, got input (2), mat (2x3), vec (2)") { ones(2, 3).matmul(ones(2)) },
    Case("size mismatch, got input (6), mat (6x4), vec (3)") { ones(2, 3, 4).matmul(ones(3)) },
    Case("vector + matrix @ vector expected, got 1, 2, 2") { ones(2, 2).mv(ones(2, 2)) },
    Case(
      "inconsistent tensor size, expected tensor [3] and src [2] to have the same number of elements, but got 3 and 2 elements respectively"
    ) { ones(3).matmul(ones(2)) },
    Case("1D tensors expected, but got 2D and 1D tensors") { ones(2, 2).dot(ones(2)) },
    Case("Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 3].") {
      ones(2, 3, 4).matmul(ones(2, 3, 4))
    },
    Case("Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [3, 4].") {
      ones(2, 3, 4).bmm(ones(3, 4, 4))
    },
    Case("Expected size for first two dimensions of batch2 tensor to be: [2, 3] but got: [2, 2].") {
      ones(3).matmul(ones(2, 2, 4))
    },
    Case("The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
      ones(2, 3, 4).matmul(ones(3, 4, 5))
    },
    Case("batch1 must be a 3D tensor") { ones(2, 3).bmm(ones(2, 3)) },
    Case("both arguments to matmul need to be at least 1D, but they are 0D and 1D") { Tensor(1.0).matmul(ones(2)) },
    Case("expected m1 and m2 to have the same dtype, but got: float != double") {
      ones(2, 2).matmul(ones(2, 2, dtype: .float64))
    },
    Case("dot : expected both vectors to have same dtype, but found Float and Double") {
      ones(2).matmul(ones(2, dtype: .float64))
    },
    Case("addmv input tensors must have the same dtype, but got Double, Float, and Double") {
      ones(2, 2).matmul(ones(2, dtype: .float64))
    },
    Case("expected scalar type Float but found Double") { ones(2, 2, 2).bmm(ones(2, 2, 2, dtype: .float64)) },
    Case("\"addmm_impl_cpu_\" not implemented for 'Bool'", .notImplemented) {
      ones(2, 2, dtype: .bool).mm(ones(2, 2, dtype: .bool))
    },
    Case("\"bmm\" not implemented for 'Bool'", .notImplemented) {
      ones(2, 2, 2, dtype: .bool).bmm(ones(2, 2, 2, dtype: .bool))
    },
  ]

  static let sums: [Case] = [
    Case("addmm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)") { ones(2, 2).addmm(ones(2, 3), ones(2, 3)) },
    Case(
      "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 1.  Target sizes: [2, 2].  Tensor "
        + "sizes: [3, 3]"
    ) { ones(3, 3).addmm(ones(2, 3), ones(3, 2)) },
    Case("self and mat2 must have the same dtype, but got Double and Float") {
      ones(2, 2, dtype: .float64).addmm(ones(2, 2), ones(2, 2))
    },
    Case("mat1 and mat2 must have the same dtype, but got Double and Float") {
      ones(2, 2).addmm(ones(2, 2, dtype: .float64), ones(2, 2))
    },
    Case("size mismatch, got input (3), mat (2x3), vec (3)") { ones(3).addmv(ones(2, 3), ones(3)) },
    Case("Input dtypes must be the same, got: input double, batch1: float, batch2: float") {
      ones(2, 3, 4, dtype: .float64).baddbmm(ones(2, 3, 4), ones(2, 4, 4))
    },
    Case("batch1 and batch2 must have same number of batches, got 2 and 3") {
      ones(3, 4).addbmm(ones(2, 3, 4), ones(3, 4, 4))
    },
    Case("Incompatible matrix sizes for bmm (3x4 and 5x4)") { ones(3, 4).addbmm(ones(2, 3, 4), ones(2, 5, 4)) },
    Case("addr: Expected 1-D argument vec1, but got 2-D") { ones(3, 5).addr(ones(2, 2), ones(2)) },
    Case("For integral input tensors, argument beta must not be a floating point number.") {
      ones(1, dtype: .int64).addr(ones(1, dtype: .int64), ones(1, dtype: .int64), beta: 0.5)
    },
    Case("mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)") { F.linear(ones(2, 3), ones(4, 5)) },
    Case("addmm: mat1 and mat2 shapes cannot be multiplied (4x3 and 5x4)") {
      F.linear(ones(2, 2, 3), ones(4, 5), bias: ones(4))
    },
    Case("both arguments to linear need to be at least 1D, but they are 0D and 2D") { F.linear(Tensor(1.0), ones(2, 2)) },
  ]

  static let contractions: [Case] = [
    Case("outer: Expected 1-D argument self, but got 2-D") { ones(2, 2).outer(ones(2)) },
    Case("inner() the last dimension must match on both input tensors but got shapes [2, 3] and [2, 2]") {
      ones(2, 3).inner(ones(2, 2))
    },
    Case("contracted dimensions need to match, but first has size 3 in dim -1 and second has size 2 in dim 0") {
      ones(2, 3).tensordot(ones(2, 3), dims: 1)
    },
    Case("tensordot expects dims < ndim_a or ndim_b, but got dims=3") { ones(2, 3).tensordot(ones(2, 3), dims: 3) },
    Case("both dimension lists should have same length") { ones(2, 3).tensordot(ones(2, 3), dims: [0, 1], [1]) },
    Case("dim 0 appears multiple times in the list of dims") { ones(2, 3).tensordot(ones(2, 3), dims: [0, 0], [0, 0]) },
    Case("both inputs should have same dtype") { ones(2, 3).tensordot(ones(2, 3, dtype: .float64)) },
    Case("trace: expected a matrix, but got tensor with dim 1") { ones(2).trace() },
    Case("linalg.cross: inputs dimension 0 must have length 3. Got 2 and 2") { ones(2, 3).cross(ones(2, 3), dim: 0) },
    Case("linalg.cross: inputs must have the same number of dimensions.") { ones(2, 3).cross(ones(3)) },
    Case("multi_dot(): expected at least 2 tensors but got 1") { Linalg.multiDot([ones(2, 3)]) },
    Case("multi_dot(): tensors 1 and 2 with shapes [3, 3] and [4, 2] cannot be multiplied") {
      Linalg.multiDot([ones(2, 3), ones(3, 3), ones(4, 2)])
    },
  ]

  @Test(arguments: products + sums + contractions)
  func message(of test: Case) {
    #expect(throws: TensorError(test.kind, test.message)) { try checked(test.body) }
  }

  // MARK: Names

  static let x = Tensor.ones([3, 3], requiresGrad: true)
  static let y = Tensor.ones([3, 3], requiresGrad: true)
  static let v = Tensor.ones([3], requiresGrad: true)
  static let w = Tensor.ones([3], requiresGrad: true)
  static let b = Tensor.ones([2, 3, 3], requiresGrad: true)

  static let results: [String: @Sendable () -> Tensor] = [
    "x @ y": { x.matmul(y) }, "v @ w": { v.matmul(w) }, "x @ v": { x.matmul(v) }, "v @ x": { v.matmul(x) },
    "b @ b": { b.matmul(b) }, "b @ x": { b.matmul(x) }, "bmm(b, b)": { b.bmm(b) }, "mm(x, y)": { x.mm(y) },
    "mv(x, v)": { x.mv(v) }, "dot(v, w)": { v.dot(w) }, "outer(v, w)": { v.outer(w) },
    "addmm(x, x, y)": { x.addmm(x, y) }, "baddbmm": { b.baddbmm(b, b) },
    "einsum ij,jk->ik": { einsum("ij,jk->ik", x, y) }, "linear(x, y, v)": { F.linear(x, y, bias: v) },
    "linear(x, y)": { F.linear(x, y) }, "linear on 3-D with bias": { F.linear(b, x, bias: v) },
    "linear on 3-D without bias": { F.linear(b, x) }, "linear(v, x, w)": { F.linear(v, x, bias: w) },
    "trace": { x.trace() }, "cross": { x.cross(y) }, "kron": { x.kron(y) }, "tensordot": { x.tensordot(y, dims: 1) },
  ]

  @Test(arguments: results.keys.sorted())
  func name(of operation: String) throws {
    let row = try #require(JSON.lines(of: "grad-fn-names.jsonl").first { $0["op"]?.string == operation })
    #expect(Self.results[operation]?().gradFn?.name == row["grad_fn"]?.string)
  }
}

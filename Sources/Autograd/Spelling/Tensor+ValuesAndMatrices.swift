import Devices

// What PyTorch's tensors know of themselves, by PyTorch's names, and what is in `Linalg` here.

extension Tensor {
  @available(*, unavailable, message: "use `x.count`")
  public var numel: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, message: "use `x.count`")
  public var nelement: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, renamed: "rank")
  public var ndim: Int { 0 }
  @available(*, unavailable, message: "use `x.rank`")
  public var dim: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, message: "use `x.rank`")
  public var ndimension: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, message: "use `x.shape`")
  public func size() -> [Int] { fatalError() }
  @available(*, unavailable, message: "use `x.dtype.byteCount`")
  public var element_size: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, message: "use `x.dtype.byteCount`")
  public var itemsize: Misspelled<Int> { Misspelled() }
  @available(*, unavailable, message: "use `x.isContiguous`")
  public var is_contiguous: Misspelled<Bool> { Misspelled() }
  @available(*, unavailable, message: "use `x.isFloatingPoint`")
  public var is_floating_point: Misspelled<Bool> { Misspelled() }
  @available(*, unavailable, message: "use `x.scalars(as: Float.self)`")
  public var tolist: Misspelled<[Double]> { Misspelled() }
  @available(*, unavailable, message: "use `x.scalars(as: Float.self)`")
  public var toList: Misspelled<[Double]> { Misspelled() }
  @available(*, unavailable, message: "use `x.scalars(as: Float.self)`, or `x.withUnsafeBytes { ... }`")
  public var numpy: Misspelled<[Double]> { Misspelled() }
  @available(*, unavailable, message: "use `x.scalars(as: Float.self)`")
  public func scalars() -> [Double] { [] }
  @available(*, unavailable, message: "use `Double(x)`; `x.item()` is a number of the tensor's own kind")
  @_disfavoredOverload
  public func item() -> Double { 0 }
  @available(*, unavailable, message: "use `Float(x)`; `x.item()` is a number of the tensor's own kind")
  @_disfavoredOverload
  public func item() -> Float { 0 }
  @available(*, unavailable, message: "use `Int(x)`; `x.item()` is a number of the tensor's own kind")
  @_disfavoredOverload
  public func item() -> Int { 0 }
  @available(*, unavailable, message: "use `x.withUnsafeBytes { ... }`")
  public var data_ptr: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.detach()`, and `noGrad { ... }` to change a variable")
  public var data: Tensor {
    get { self }
    set {}
  }
  @available(*, unavailable, message: "use `x = x.detach()`")
  public var detach_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.clone()`")
  public var clone_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "there is no CUDA device here; use `x.to(\"mps\")` for the accelerator")
  public var cuda: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.to(\"mps\")`")
  public var mps: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "requiresGrad")
  public var requires_grad: Bool {
    get { false }
    set {}
  }
  @available(*, unavailable, message: "use `x.requiresGrad = true`, or `x.requiringGrad()` for a tensor made on the way")
  public var requires_grad_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "gradFn")
  public var grad_fn: Node? { nil }
  @available(*, unavailable, renamed: "isLeaf")
  public var is_leaf: Bool { false }
  @available(*, unavailable, message: "use `x.grad = nil`")
  public var zero_grad: Misspelled<Void> { Misspelled() }
  @available(*, unavailable, renamed: "maximum(_:)")
  public func max(_ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "minimum(_:)")
  public func min(_ other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `Tensor.where(condition, x, other)`")
  public func `where`(_ condition: Tensor, _ other: any TensorConvertible) -> Tensor { fatalError() }
}

extension Tensor {
  @available(*, unavailable, message: "use `Linalg.det(x)`")
  public var det: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.logdet(x)`")
  public var logdet: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.slogdet(x)`")
  public var slogdet: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.inv(x)`")
  public var inverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.inv(x)`")
  public var inv: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.pinv(x)`")
  public var pinverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.cholesky(x)`")
  public var cholesky: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.choleskySolve(b, x)`")
  public var cholesky_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.choleskyInverse(x)`")
  public var cholesky_inverse: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.qr(x)`")
  public var qr: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.luFactor(x)`")
  public var lu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.luSolve(lu, pivots, b)`")
  public var lu_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.geqrf(x)`")
  public var geqrf: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.ormqr(x, tau, b)`")
  public var ormqr: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.solve(x, b)`")
  public var solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.triangularSolve(b, x)`")
  public var triangular_solve: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.matrixExp(x)`")
  public var matrix_exp: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.matrixPower(x, n)`")
  public var matrix_power: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `Linalg.tensorinv(x)`")
  public var tensorinv: Misspelled<Tensor> { Misspelled() }
}

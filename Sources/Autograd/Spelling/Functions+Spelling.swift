import Devices

// Functions of `torch` by PyTorch's names, and calls of methods as functions.

// MARK: - In PyTorch's names

@available(*, unavailable, renamed: "concatenate")
public var cat: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "concatenate")
public var concat: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "blockDiag")
public var block_diag: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "columnStack")
public var column_stack: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "cartesianProd")
public var cartesian_prod: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "broadcastTensors")
public var broadcast_tensors: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "broadcastShapes")
public var broadcast_shapes: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "resultType")
public var result_type: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "manualSeed")
public var manual_seed: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, renamed: "setPrintOptions")
public var set_printoptions: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor([[1.0, 2], [3, 4]])`")
public var tensor: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.zeros([2, 3])`")
public var zeros: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.ones([2, 3])`")
public var ones: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.empty([2, 3])`")
public var empty: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.full([2, 3], 7)`")
public var full: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.rand([2, 3])`")
public var rand: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.randn([2, 3])`")
public var randn: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.randint(0, 10, [2, 3])`")
public var randint: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.randperm(10)`")
public var randperm: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.arange(0, 10, step: 2)`")
public var arange: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.linspace(0, 1, steps: 5)`")
public var linspace: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.logspace(0, 2, steps: 5)`")
public var logspace: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor.eye(3)`")
public var eye: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `Tensor(values, shape: [2, 3])`")
public var from_numpy: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.zerosLike()`")
public var zeros_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.onesLike()`")
public var ones_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.fullLike(7)`")
public var full_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.emptyLike()`")
public var empty_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.randLike()`")
public var rand_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.randnLike()`")
public var randn_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.randintLike(0, 10)`")
public var randint_like: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.matmul(y)`")
public var matmul: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.bmm(y)`")
public var bmm: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.mm(y)`")
public var mm: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.softmax(dim: 1)`")
public var softmax: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.logSoftmax(dim: 1)`")
public var log_softmax: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.logSoftmax(dim: 1)`")
public var logSoftmax: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.relu()`")
public var relu: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.sigmoid()`")
public var sigmoid: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.gelu()`")
public var gelu: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.silu()`")
public var silu: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.softplus()`")
public var softplus: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.clamp(min: 0, max: 1)`")
public var clamp: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.argmax(dim: 1)`")
public var argmax: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.argmin(dim: 1)`")
public var argmin: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.mean()`")
public var mean: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.unsqueeze(0)`")
public var unsqueeze: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.maskedFill(mask, 0)`")
public var masked_fill: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.count`")
public var numel: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.allClose(y)`")
public var allclose: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.topk(k)`")
public var topk: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `x.logSumExp(dim: 1)`")
public var logsumexp: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `DefaultDType.set(.float64)`")
public var set_default_dtype: Misspelled<Tensor> { Misspelled() }

// MARK: - Of numbers elsewhere, methods of tensors

@available(*, unavailable, renamed: "Tensor.abs(self:)")
public func abs(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.acos(self:)")
public func acos(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.acosh(self:)")
public func acosh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.asin(self:)")
public func asin(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.asinh(self:)")
public func asinh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.atan(self:)")
public func atan(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.atanh(self:)")
public func atanh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.ceil(self:)")
public func ceil(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.cos(self:)")
public func cos(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.cosh(self:)")
public func cosh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.erf(self:)")
public func erf(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.erfc(self:)")
public func erfc(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.exp(self:)")
public func exp(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.exp2(self:)")
public func exp2(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.expm1(self:)")
public func expm1(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.floor(self:)")
public func floor(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.lgamma(self:)")
public func lgamma(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.log(self:)")
public func log(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.log10(self:)")
public func log10(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.log1p(self:)")
public func log1p(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.log2(self:)")
public func log2(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.round(self:)")
public func round(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.sin(self:)")
public func sin(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.sinh(self:)")
public func sinh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.sqrt(self:)")
public func sqrt(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.tan(self:)")
public func tan(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.tanh(self:)")
public func tanh(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.trunc(self:)")
public func trunc(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.atan2(self:_:)")
public func atan2(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.hypot(self:_:)")
public func hypot(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.fmax(self:_:)")
public func fmax(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.fmin(self:_:)")
public func fmin(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, renamed: "Tensor.fmod(self:_:)")
public func fmod(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x ** y`")
public func pow(_ x: Tensor, _ exponent: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.maximum(y)`")
public func max(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.minimum(y)`")
public func min(_ x: Tensor, _ y: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x ** y`")
public func pow(_ x: Tensor, _ exponent: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.maximum(y)`, or `x.clamp(min: 0)` for a number")
public func max(_ x: Tensor, _ y: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.minimum(y)`, or `x.clamp(max: 0)` for a number")
public func min(_ x: Tensor, _ y: Int) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x ** y`")
public func pow(_ x: Tensor, _ exponent: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.maximum(y)`, or `x.clamp(min: 0)` for a number")
public func max(_ x: Tensor, _ y: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.minimum(y)`, or `x.clamp(max: 0)` for a number")
public func min(_ x: Tensor, _ y: Double) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.sum()`")
public func sum(_ x: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `tensors.sum()`")
public func sum(_ tensors: [Tensor]) -> Tensor { fatalError() }
@available(*, unavailable, message: "use `x.shape[0]`, or `x.count` for the number of elements")
public func len(_ x: Tensor) -> Int { fatalError() }
@available(*, unavailable, renamed: "Tensor.isNaN(self:)")
public func isnan(_ x: Tensor) -> Tensor { fatalError() }

// MARK: - Modes

@available(*, unavailable, renamed: "noGrad(_:)")
public func no_grad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError() }
@available(*, unavailable, renamed: "enableGrad(_:)")
public func enable_grad<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError() }
@available(*, unavailable, renamed: "inferenceMode(_:)")
public func inference_mode<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError() }
@available(*, unavailable, message: "use `withGrad(enabled: false) { ... }`")
public func set_grad_enabled(_ enabled: Bool) { fatalError() }
@available(*, unavailable, renamed: "forkRNG(_:)")
public func fork_rng<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError() }
@available(*, unavailable, renamed: "detectAnomaly(_:)")
public func detect_anomaly<Result>(_ body: () throws -> Result) rethrows -> Result { fatalError() }

// MARK: - Namespaces

@available(
  *, unavailable,
  message:
    "what PyTorch has in `torch` is a method of a tensor (`x.relu()`), a static method of `Tensor` (`Tensor.zeros([2, 3])`), a function (`concatenate([x, y])`), or in `F`, `Linalg` and `Special`; dtypes are cases (`.float32`)"
)
public var torch: Misspelled<Tensor> { Misspelled() }
@available(
  *, unavailable,
  message: "there are no modules; the functions of `nn.functional` are in `F`, and activations are methods (`x.relu()`)"
)
public var nn: Misspelled<Tensor> { Misspelled() }
@available(
  *, unavailable, message: "there are no optimisers; step by hand: `noGrad { for var p in parameters { p -= rate * p.grad! } }`"
)
public var optim: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "`torch.linalg` is `Linalg`")
public var linalg: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "what `torch.special` has alone is in `Special`; the rest are methods (`x.erf()`)")
public var special: Misspelled<Tensor> { Misspelled() }
@available(*, unavailable, message: "use `grad(of: y, wrt: x)`, `y.backward()`, `jacobian(at: x) { ... }`")
public var autograd: Misspelled<Tensor> { Misspelled() }

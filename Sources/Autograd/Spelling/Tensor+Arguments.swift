import Devices

// Calls as PyTorch takes them, of methods whose names are the same here.

extension Tensor {
  @available(*, unavailable, renamed: "sum(dim:)")
  public func sum(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "sum(dim:keepDim:)")
  public func sum(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "sum(dim:keepDim:)")
  public func sum(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "sum(dim:)")
  public func sum(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "mean(dim:)")
  public func mean(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "mean(dim:keepDim:)")
  public func mean(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "mean(dim:keepDim:)")
  public func mean(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "mean(dim:)")
  public func mean(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amax(dim:)")
  public func amax(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amax(dim:keepDim:)")
  public func amax(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amax(dim:keepDim:)")
  public func amax(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amax(dim:)")
  public func amax(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amin(dim:)")
  public func amin(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amin(dim:keepDim:)")
  public func amin(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amin(dim:keepDim:)")
  public func amin(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "amin(dim:)")
  public func amin(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "all(dim:)")
  public func all(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "all(dim:keepDim:)")
  public func all(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "all(dim:keepDim:)")
  public func all(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "all(dim:)")
  public func all(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "any(dim:)")
  public func any(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "any(dim:keepDim:)")
  public func any(_ dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "any(dim:keepDim:)")
  public func any(dim: any Dimensions, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "any(dim:)")
  public func any(axis: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "max(dim:)")
  public func max(_ dim: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "max(dim:keepDim:)")
  public func max(_ dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "max(dim:keepDim:)")
  public func max(dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "min(dim:)")
  public func min(_ dim: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "min(dim:keepDim:)")
  public func min(_ dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "min(dim:keepDim:)")
  public func min(dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "median(dim:)")
  public func median(_ dim: Int) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "median(dim:keepDim:)")
  public func median(_ dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "median(dim:keepDim:)")
  public func median(dim: Int, keepdim: Bool) -> (values: Tensor, indices: Tensor) { fatalError() }
  @available(*, unavailable, renamed: "prod(dim:)")
  public func prod(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "prod(dim:keepDim:)")
  public func prod(dim: Int, keepdim: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "std(dim:)")
  public func std(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, message: "`correction: 1` is unbiased, `correction: 0` is not")
  public func std(dim: (any Dimensions)? = nil, unbiased: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "var(dim:)")
  public func `var`(_ dim: any Dimensions) -> Tensor { fatalError() }
  @available(*, unavailable, message: "`correction: 1` is unbiased, `correction: 0` is not")
  public func `var`(dim: (any Dimensions)? = nil, unbiased: Bool) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "cumsum(dim:)")
  public func cumsum(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "cumprod(dim:)")
  public func cumprod(_ dim: Int) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "clamp(min:max:)")
  public func clamp(_ min: any ScalarConvertible, _ max: any ScalarConvertible) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x + y`")
  public func add(_ other: any TensorConvertible) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x - y`")
  public func sub(_ other: any TensorConvertible) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `x / y`")
  public func div(_ other: any TensorConvertible) -> Tensor { fatalError() }
  @available(*, unavailable, message: "sizes are a list: `x.view([2, 3])`")
  public func view(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "sizes are a list: `x.reshape([2, 3])`")
  public func reshape(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "sizes are a list: `x.permute([2, 3])`")
  public func permute(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "sizes are a list: `x.expand([2, 3])`")
  public func expand(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "sizes are a list: `x.tile([2, 3])`")
  public func tile(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "counts are a list: `x.repeat([2, 3])`")
  public func `repeat`(_ counts: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `x.newZeros([2, 3])`")
  public func newZeros(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `x.newOnes([2, 3])`")
  public func newOnes(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `x.newEmpty([2, 3])`")
  public func newEmpty(_ sizes: Int...) -> Tensor { fatalError() }
}

extension Tensor {
  @available(*, unavailable, message: "a shape is a list: `Tensor.zeros([3, 4])`")
  public static func zeros(_ sizes: Int..., dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false)
    -> Tensor
  { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `Tensor.ones([3, 4])`")
  public static func ones(_ sizes: Int..., dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false)
    -> Tensor
  { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `Tensor.empty([3, 4])`")
  public static func empty(_ sizes: Int..., dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false)
    -> Tensor
  { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `Tensor.rand([3, 4])`")
  public static func rand(_ sizes: Int..., dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false)
    -> Tensor
  { fatalError() }
  @available(*, unavailable, message: "a shape is a list: `Tensor.randn([3, 4])`")
  public static func randn(_ sizes: Int..., dtype: DType? = nil, device: any DeviceConvertible = .cpu, requiresGrad: Bool = false)
    -> Tensor
  { fatalError() }
  @available(*, unavailable, renamed: "arange(_:_:step:)")
  public static func arange(_ start: Int, _ end: Int, _ step: Int) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "arange(_:_:step:)")
  public static func arange(_ start: Double, _ end: Double, _ step: Double) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "uniform(low:high:_:)")
  public static func uniform(_ low: Double, _ high: Double, _ shape: [Int]) -> Tensor { fatalError() }
  @available(*, unavailable, renamed: "uniform(low:high:_:)")
  public static func uniform(from low: Double, to high: Double, _ shape: [Int]) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use `Tensor(values, shape: [2, 3])`")
  public static var from_numpy: Misspelled<Tensor> { Misspelled() }
}

extension Tensor {
  @available(*, unavailable, message: "a shape is a list: `Tensor.empty([2, 3])`")
  public init(_ size: Int, _ other: Int, _ more: Int...) { fatalError() }
  @available(*, unavailable, renamed: "init(_:requiresGrad:)")
  public init(_ values: Any, requires_grad: Bool) { fatalError() }
}

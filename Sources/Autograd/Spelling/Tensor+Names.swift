import Devices

// Methods of PyTorch's tensors by PyTorch's names: the compiler answers with the right ones.

extension Tensor {
  @available(*, unavailable, renamed: "fullLike")
  public var full_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "newFull")
  public var new_full: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "newOnes")
  public var new_ones: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "newZeros")
  public var new_zeros: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "newEmpty")
  public var new_empty: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "onesLike")
  public var ones_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "zerosLike")
  public var zeros_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "emptyLike")
  public var empty_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "randLike")
  public var rand_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "randnLike")
  public var randn_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "randintLike")
  public var randint_like: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "floatPower")
  public var float_power: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "floorDivide")
  public var floor_divide: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "allClose")
  public var allclose: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isClose")
  public var isclose: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isFinite")
  public var isfinite: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isIn")
  public var isin: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isInf")
  public var isinf: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isNaN")
  public var isnan: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isNegInf")
  public var isneginf: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isPosInf")
  public var isposinf: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "isReal")
  public var isreal: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "signBit")
  public var signbit: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logicalAnd")
  public var logical_and: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logicalNot")
  public var logical_not: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logicalOr")
  public var logical_or: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logicalXor")
  public var logical_xor: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "conjPhysical")
  public var conj_physical: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "nanToNum")
  public var nan_to_num: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "countNonzero")
  public var count_nonzero: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "cumulativeTrapezoid")
  public var cumulative_trapezoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logSumExp")
  public var logsumexp: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "stdMean")
  public var std_mean: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "varMean")
  public var var_mean: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "uniqueConsecutive")
  public var unique_consecutive: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "asStrided")
  public var as_strided: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atLeast1D")
  public var atleast_1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atLeast2D")
  public var atleast_2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atLeast3D")
  public var atleast_3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "expandAs")
  public var expand_as: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "reshapeAs")
  public var reshape_as: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "viewAs")
  public var view_as: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "typeAs")
  public var type_as: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "diagEmbed")
  public var diag_embed: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "repeatInterleave")
  public var repeat_interleave: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "tensorSplit")
  public var tensor_split: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "asStridedScatter")
  public var as_strided_scatter: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "diagonalScatter")
  public var diagonal_scatter: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexAdd")
  public var index_add: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexCopy")
  public var index_copy: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexFill")
  public var index_fill: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexPut")
  public var index_put: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexReduce")
  public var index_reduce: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "indexSelect")
  public var index_select: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maskedFill")
  public var masked_fill: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maskedScatter")
  public var masked_scatter: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maskedSelect")
  public var masked_select: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "nonzeroStatic")
  public var nonzero_static: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "scatterAdd")
  public var scatter_add: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "scatterReduce")
  public var scatter_reduce: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "selectScatter")
  public var select_scatter: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "sliceScatter")
  public var slice_scatter: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "takeAlongDim")
  public var take_along_dim: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "unravelIndex")
  public var unravel_index: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logSoftmax")
  public var log_softmax: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "alphaDropout")
  public var alpha_dropout: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "featureAlphaDropout")
  public var feature_alpha_dropout: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "leakyRelu")
  public var leaky_relu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logSigmoid")
  public var log_sigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "logSigmoid")
  public var logsigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "trapezoid")
  public var trapz: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "split")
  public var split_with_sizes: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "clamp")
  public var clip: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "abs")
  public var absolute: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "acos")
  public var arccos: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "acosh")
  public var arccosh: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "asin")
  public var arcsin: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "asinh")
  public var arcsinh: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atan")
  public var arctan: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atan2")
  public var arctan2: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "atanh")
  public var arctanh: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "trunc")
  public var fix: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "movedim")
  public var moveaxis: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "transpose")
  public var swapaxes: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "transpose")
  public var swapdims: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.broadcast(to: [2, 3])`")
  public var broadcast_to: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.sum(to: [2, 1])`")
  public var sum_to_size: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.clamp(min: 0)`")
  public var clamp_min: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.clamp(max: 1)`")
  public var clamp_max: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "registerHook")
  public var register_hook: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "retainGrad")
  public var retain_grad: Misspelled<Void> { Misspelled() }
  @available(*, unavailable, message: "use `x.to(.float64)`")
  public var type: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x * y`")
  public var mul: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x * y`")
  public var multiply: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x - y`")
  public var subtract: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x / y`")
  public var divide: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x / y`")
  public var true_divide: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `-x`")
  public var neg: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `-x`")
  public var negative: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .== y`")
  public var eq: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .!= y`")
  public var ne: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .< y`")
  public var lt: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .<= y`")
  public var le: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .> y`")
  public var gt: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .>= y`")
  public var ge: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .> y`")
  public var greater: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .< y`")
  public var less: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x == y`, one boolean; `x .== y` compares the elements")
  public var equal: Misspelled<Bool> { Misspelled() }
  @available(*, unavailable, message: "use `x .& y`")
  public var bitwise_and: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .| y`")
  public var bitwise_or: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x .^ y`")
  public var bitwise_xor: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `.!x`")
  public var bitwise_not: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x << y`")
  public var bitwise_left_shift: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x >> y`")
  public var bitwise_right_shift: Misspelled<Tensor> { Misspelled() }
}

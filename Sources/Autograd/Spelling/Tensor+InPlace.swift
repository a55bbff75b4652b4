import Devices

// PyTorch's methods that change a tensor in place.

extension Tensor {
  @available(*, unavailable, message: "use `x += y`")
  public var add_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x -= y`")
  public var sub_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x *= y`")
  public var mul_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x /= y`")
  public var div_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fill(0)`")
  public var fill_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.zero()`, or `x.grad = nil` for a gradient")
  public var zero_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.copy(from: y)`")
  public var copy_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillUniform(from: 0, to: 1)`")
  public var uniform_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillNormal(mean: 0, std: 1)`")
  public var normal_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillBernoulli(0.5)`")
  public var bernoulli_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillRandom(from: 0, to: 10)`")
  public var random_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillExponential()`")
  public var exponential_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillCauchy()`")
  public var cauchy_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillGeometric(0.5)`")
  public var geometric_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.fillLogNormal()`")
  public var log_normal_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.addcmul(y, z) }`")
  public var addcmul_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.addcdiv(y, z) }`")
  public var addcdiv_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.lerp(y, weight: 0.1) }`")
  public var lerp_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.clamp(min: 0, max: 1) }`")
  public var clamp_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.clamp(min: 0, max: 1) }`")
  public var clip_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.relu() }`")
  public var relu_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.sigmoid() }`")
  public var sigmoid_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.tanh() }`")
  public var tanh_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.exp() }`")
  public var exp_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.log() }`")
  public var log_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.sqrt() }`")
  public var sqrt_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.abs() }`")
  public var abs_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { -$0 }`")
  public var neg_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.pow(2) }`")
  public var pow_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.round() }`")
  public var round_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.floor() }`")
  public var floor_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.maskedFill(mask, 0) }`")
  public var masked_fill_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.indexAdd(dim: 0, index: i, source: y) }`")
  public var index_add_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.indexFill(dim: 0, index: i, value: 0) }`")
  public var index_fill_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.indexCopy(dim: 0, index: i, source: y) }`")
  public var index_copy_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.scatter(dim: 0, index: i, source: y) }`")
  public var scatter_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.update { $0.scatterAdd(dim: 0, index: i, source: y) }`")
  public var scatter_add_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x = x.unsqueeze(0)`")
  public var unsqueeze_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x = x.squeeze()`")
  public var squeeze_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x = x.t()`")
  public var t_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x = x.transpose(0, 1)`")
  public var transpose_: Misspelled<Tensor> { Misspelled() }
}

extension Tensor? {
  @available(*, unavailable, message: "use `x.grad = nil`")
  public var zero_: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.grad!`")
  public var data: Misspelled<Tensor> { Misspelled() }
}

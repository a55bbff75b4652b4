import Foundation
import Fluxion

// What is typed from memory of PyTorch. Every line that ends in a comment is an error, and the compiler's answer has the comment's text in it.

func names(_ x: Tensor, _ y: Tensor, _ mask: Tensor, _ index: Tensor, _ a: Tensor, _ b: Tensor) {
  var x = x
  _ = cat([x, y])  // concatenate
  _ = cat([x, y], dim: 1)  // concatenate
  _ = torch.cat([x, y], 1)  // `concatenate([x, y])`
  _ = torch.tensor([1.0, 2])  // `Tensor`
  _ = torch.nn.functional.relu(x)  // `x.relu()`
  _ = torch.float32  // dtypes are cases (`.float32`)
  _ = Tensor.zeros([2], dtype: torch.float64)  // dtypes are cases (`.float32`)
  _ = x.dtype == torch.float64  // dtypes are cases (`.float32`)
  _ = nn.Linear(3, 4)  // no modules
  _ = optim.SGD([x], lr: 0.1)  // no optimisers
  _ = linalg.solve(a, b)  // `Linalg`
  _ = F.relu(x)  // use `x.relu()`
  _ = F.softmax(x, dim: 1)  // use `x.softmax(dim: 1)`
  _ = F.log_softmax(x, dim: -1)  // use `x.logSoftmax(dim: 1)`
  _ = F.leaky_relu(x, 0.01)  // use `x.leakyRelu()`
  _ = F.gelu(x)  // use `x.gelu()`
  _ = F.sigmoid(x)  // use `x.sigmoid()`
  _ = F.dropout(x, p: 0.5)  // use `x.dropout(p: 0.5)`
  _ = F.pad(x, [1, 1])  // use `x.pad([1, 1])`
  _ = F.mse_loss(x, y)  // 'mse_loss' has been renamed to 'mseLoss'
  _ = F.cross_entropy(x, y)  // 'crossEntropy'
  _ = F.nll_loss(x, y)  // 'nllLoss'
  _ = F.binary_cross_entropy_with_logits(x, y)  // 'binaryCrossEntropyWithLogits'
  _ = F.max_pool2d(x, 2)  // 'maxPool2d'
  _ = F.layer_norm(x, [3])  // 'layerNorm'
  _ = F.scaled_dot_product_attention(x, y, y)  // 'scaledDotProductAttention'
  _ = F.one_hot(index, 10)  // 'oneHot'
  let n: Int = x.numel()  // use `x.count`
  _ = x.ndim  // 'rank'
  _ = x.dim()  // use `x.rank`
  _ = x.size()  // use `x.shape`
  _ = x.size()[0] + n  // use `x.shape`
  _ = x.tolist()  // use `x.scalars(as: Float.self)`
  _ = x.numpy()  // use `x.scalars(as: Float.self)`
  _ = x.scalars()  // use `x.scalars(as: Float.self)`
  let total: Double = x.item()  // use `Double(x)`
  _ = total + x.sum().item()  // use `Double(x)`
  _ = x.sum().item() + 1  // (x)`
  _ = x.data  // use `x.detach()`
  _ = x.cuda()  // there is no CUDA device here
  _ = x.type(DType.float64)  // use `x.to(.float64)`
  _ = x.type_as(y)  // 'typeAs'
  _ = x.to(.float)  // 'float32'
  _ = Tensor.zeros([2], dtype: .double)  // 'float64'
  _ = Tensor.zeros([2], device: .mps)  // 'accelerator'
  _ = Tensor.zeros([2], device: .cuda)  // there is no CUDA device here
  _ = a.det()  // use `Linalg.det(x)`
  _ = a.inverse()  // use `Linalg.inv(x)`
  _ = a.cholesky()  // use `Linalg.cholesky(x)`
  _ = Linalg.matrix_norm(a)  // 'matrixNorm'
  _ = Linalg.lu_factor(a)  // 'luFactor'
  _ = Linalg.vector_norm(x, 2)  // 'vectorNorm'
  _ = Special.log_ndtr(x)  // 'logNdtr'
  _ = Special.erf(x)  // use `x.erf()`
  _ = Masked.log_softmax(x, dim: 1, mask: mask)  // 'logSoftmax'
  _ = SignalWindows.general_cosine(5, a: [0.5, 0.5])  // 'generalCosine'
  _ = x.isnan()  // 'isNaN'
  _ = x.isnan().any()  // 'isNaN'
  _ = x.isfinite()  // 'isFinite'
  _ = x.masked_fill(mask, 7)  // 'masked_fill' has been renamed to 'maskedFill'
  _ = x.masked_fill(mask: mask, value: -Double.infinity).softmax(dim: 1)  // 'maskedFill'
  _ = x.masked_select(mask)  // 'maskedSelect'
  _ = x.index_select(0, index)  // 'indexSelect'
  _ = x.index_add(0, index, y)  // 'indexAdd'
  _ = x.scatter_add(0, index, y)  // 'scatterAdd'
  _ = x.zeros_like()  // 'zerosLike'
  _ = zeros_like(x)  // use `x.zerosLike()`
  _ = x.new_zeros([2])  // 'newZeros'
  _ = x.repeat_interleave(2)  // 'repeatInterleave'
  _ = x.broadcast_to([2, 3])  // use `x.broadcast(to: [2, 3])`
  _ = x.expand_as(y)  // 'expandAs'
  _ = x.logsumexp(dim: 1)  // 'logSumExp'
  _ = x.log_softmax(1)  // 'logSoftmax'
  _ = x.nan_to_num()  // 'nanToNum'
  _ = x.count_nonzero()  // 'countNonzero'
  _ = x.clip(0, 1)  // 'clamp'
  _ = x.clamp_min(0)  // use `x.clamp(min: 0)`
  _ = x.floor_divide(2)  // 'floorDivide'
  _ = x.logical_not()  // 'logicalNot'
  _ = x.mul(y)  // use `x * y`
  _ = x.add(y)  // use `x + y`
  _ = x.sub(1)  // use `x - y`
  _ = x.div(2.0)  // use `x / y`
  _ = x.eq(y)  // use `x .== y`
  _ = x.gt(0)  // use `x .> y`
  x.requires_grad = true  // 'requiresGrad'
  _ = x.requires_grad_()  // use `x.requiresGrad = true`
  _ = x.grad_fn  // 'gradFn'
  _ = x.is_leaf  // 'isLeaf'
  x.retain_grad()  // 'retainGrad'
  x.grad.zero_()  // use `x.grad = nil`
  x.grad!.zero_()  // `x.grad = nil` for a gradient
  x.zero_()  // use `x.zero()`
  x.add_(y)  // use `x += y`
  x.clamp_(0, 1)  // use `x.update { $0.clamp(min: 0, max: 1) }`
  x.fill_(0)  // use `x.fill(0)`
  x.copy_(y)  // use `x.copy(from: y)`
  x.uniform_(-1, 1)  // use `x.fillUniform(from: 0, to: 1)`
  x.normal_()  // use `x.fillNormal(mean: 0, std: 1)`
}

func calls(_ x: Tensor, _ y: Tensor, _ mask: Tensor) {
  _ = x.sum(1)  // 'sum(dim:)'
  _ = x.sum([0, 1])  // 'sum(dim:)'
  _ = x.sum(1, keepdim: true)  // 'sum(dim:keepDim:)'
  _ = x.sum(dim: 1, keepdim: true)  // 'sum(dim:keepDim:)'
  _ = x.sum(axis: 0)  // 'sum(dim:)'
  _ = x.mean(0)  // 'mean(dim:)'
  _ = x.std(0)  // 'std(dim:)'
  _ = x.std(dim: 0, unbiased: false)  // `correction: 0`
  _ = x.all(1)  // 'all(dim:)'
  _ = x.max(1)  // 'max(dim:)'
  let (values, _) = x.max(1)  // 'max(dim:)'
  _ = x.max(1).values + values  // 'max(dim:)'
  _ = x.max(y)  // 'maximum(_:)'
  _ = x.argmax(1)  // dim
  _ = x.softmax(1)  // dim
  _ = x.cumsum(0)  // 'cumsum(dim:)'
  _ = x.clamp(0, 1)  // 'clamp(min:max:)'
  _ = x.view(2, 3)  // sizes are a list: `x.view([2, 3])`
  _ = x.view(-1)  // sizes are a list: `x.view([2, 3])`
  _ = x.reshape(2, 3)  // sizes are a list: `x.reshape([2, 3])`
  _ = x.permute(0, 2, 1)  // sizes are a list: `x.permute([2, 3])`
  _ = x.expand(2, 3)  // sizes are a list: `x.expand([2, 3])`
  _ = x.repeat(2, 3)  // counts are a list: `x.repeat([2, 3])`
  _ = x.where(mask, y)  // use `Tensor.where(condition, x, other)`
  _ = Tensor.zeros(2, 3)  // a shape is a list: `Tensor.zeros([3, 4])`
  _ = Tensor.ones(2, 3, dtype: .float64)  // a shape is a list: `Tensor.ones([3, 4])`
  _ = Tensor.randn(3, 4)  // a shape is a list: `Tensor.randn([3, 4])`
  _ = Tensor.rand(5)  // a shape is a list: `Tensor.rand([3, 4])`
  _ = Tensor(2, 3)  // a shape is a list: `Tensor.empty([2, 3])`
  _ = Tensor([1.0], requires_grad: true)  // 'init(_:requiresGrad:)'
  _ = Tensor.arange(0, 10, 2)  // 'arange(_:_:step:)'
  _ = Tensor.arange(0, 1, 0.1)  // 'arange(_:_:step:)'
  _ = Tensor.uniform(-1, 1, [3])  // 'uniform(low:high:_:)'
}

func functions(_ x: Tensor, _ y: Tensor) {
  _ = tensor([1.0, 2])  // use `Tensor([[1.0, 2], [3, 4]])`
  _ = randn(3, 4)  // use `Tensor.randn([2, 3])`
  _ = zeros(2, 3)  // use `Tensor.zeros([2, 3])`
  _ = ones([2, 3])  // use `Tensor.ones([2, 3])`
  _ = arange(10)  // use `Tensor.arange(0, 10, step: 2)`
  _ = linspace(0, 1, 5)  // use `Tensor.linspace(0, 1, steps: 5)`
  _ = eye(3)  // use `Tensor.eye(3)`
  manual_seed(42)  // 'manualSeed'
  no_grad { _ = x * y }  // 'noGrad(_:)'
  _ = matmul(x, y)  // use `x.matmul(y)`
  _ = relu(x)  // use `x.relu()`
  _ = softmax(x, dim: 1)  // use `x.softmax(dim: 1)`
  _ = exp(x)  // 'exp' has been replaced by instance method 'Tensor.exp()'
  _ = sqrt(x)  // 'Tensor.sqrt()'
  _ = abs(x)  // 'Tensor.abs()'
  _ = sin(x) + cos(y)  // 'Tensor.sin()'
  _ = pow(x, 2)  // use `x ** y`
  _ = max(x, y)  // use `x.maximum(y)`
  _ = min(x, 0)  // use `x.minimum(y)`
  _ = sum([x, y])  // use `tensors.sum()`
  _ = len(x)  // use `x.shape[0]`
  _ = mean(x)  // use `x.mean()`
  _ = isnan(x)  // 'Tensor.isNaN()'
}

func operators(_ x: Tensor, _ y: Tensor) {
  if x.sum() > 0 {}  // use `x .> y`
  if x > y {}  // use `x .> y`
  while (x - y).abs().max() >= 1e-6 {}  // use `x .>= y`
  if 0 < x {}  // use `x .< y`
  _ = (x <= 0.5)  // use `x .<= y`
  if x == 0 {}  // use `x .== y`
  if x.sum() != 0.5 {}  // use `x .!= y`
  _ = (x == y).sum()  // use `x .== y`
  let equal: Tensor = x == 0  // use `x .== y`
  _ = (x .> 0) & equal  // use `x .& y`
  _ = (x .> 0) | equal  // use `x .| y`
  _ = !equal  // use `.!x`
  _ = ~equal  // use `.!x`
}

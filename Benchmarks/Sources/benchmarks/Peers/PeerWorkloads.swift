import Fluxion

/// The workloads of PyTorch, JAX and MLX under the same names, with the same shapes and the same mathematics.
func peerWorkloads() -> [WorkloadRecipe] {
  [
    peer("scalar_chain_200") {
      {
        let x = Tensor(3.0, requiresGrad: true)
        var y = x
        for _ in 0..<100 { y = y * 1.01 + 0.5 }
        y.backward()
      }
    },
    peer("mlp_adam_b128") {
      var parameters = linearLayers([784, 256, 128, 10])
      var optimizer = Adam(parameters, learningRate: 1e-3)
      let x = Tensor.rand([128, 784])
      let y = Tensor.randint(0, 10, [128])
      return {
        trainingStep(&parameters) {
          F.crossEntropy(perceptron(x, $0) { $0.relu() }, y)
        } update: {
          optimizer.update(&$0)
        }
      }
    },
    peer("mlp_tiny_b16") {
      var parameters = linearLayers([4, 16, 3])
      let optimizer = SGD(learningRate: 1e-2)
      let x = Tensor.rand([16, 4])
      let y = Tensor.randint(0, 3, [16])
      return {
        trainingStep(&parameters) {
          F.crossEntropy(perceptron(x, $0) { $0.tanh() }, y)
        } update: {
          optimizer.update(&$0)
        }
      }
    },
    peer("cnn_lenet_b64") {
      var parameters = convolutionalLayers()
      var optimizer = Momentum(parameters, learningRate: 1e-2, momentum: 0.9)
      let x = Tensor.rand([64, 1, 28, 28])
      let y = Tensor.randint(0, 10, [64])
      return {
        trainingStep(&parameters) {
          F.crossEntropy(convolutionalNetwork(x, $0), y)
        } update: {
          optimizer.update(&$0)
        }
      }
    },
    peer("transformer_block_b8_t128_d256") {
      let block = TransformerBlock(width: 256, heads: 4)
      var parameters = block.parameters()
      var optimizer = Adam(parameters, learningRate: 1e-3, weightDecay: 1e-2)
      let x = Tensor.rand([8, 128, 256])
      return {
        trainingStep(&parameters) {
          block(x, $0).square().mean()
        } update: {
          optimizer.update(&$0)
        }
      }
    },
    gradient("gelu_chain_1m", [1_000_000], cotangent: { .ones([1_000_000]) }) { x in
      0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * x ** 3)).tanh())
    },
    gradient("softmax_4096x1024", [4096, 1024]) { $0.softmax(dim: -1) },
    peer("layernorm_4096x768") {
      let x = Tensor.rand([4096, 768]).requiringGrad()
      let (weight, bias) = (Tensor.ones([768], requiresGrad: true), Tensor.zeros([768], requiresGrad: true))
      let g = Tensor.rand([4096, 768])
      return {
        x.grad = nil
        F.layerNorm(x, [768], weight: weight, bias: bias).backward(gradient: g)
      }
    },
    peer("add_10m") {
      let (a, b) = (Tensor.rand([10_000_000]), Tensor.rand([10_000_000]))
      return { (a + b).evaluate() }
    },
    peer("exp_1m") {
      let a = Tensor.rand([1_000_000])
      return { a.exp().evaluate() }
    },
    peer("sum_dim0_4096x1024") {
      let a = Tensor.rand([4096, 1024])
      return { _ = a.sum(dim: 0) }
    },
    peer("transpose_copy_2048") {
      let a = Tensor.rand([2048, 2048])
      return { _ = a.t().contiguous() }
    },
    peer("matmul_1024") {
      let (a, b) = (Tensor.rand([1024, 1024]), Tensor.rand([1024, 1024]))
      return { _ = a.matmul(b) }
    },
    peer("bmm_64x128") {
      let (a, b) = (Tensor.rand([64, 128, 128]), Tensor.rand([64, 128, 128]))
      return { _ = a.matmul(b) }
    },
    peer("cholesky_logdet_grad_512") {
      let a = Tensor.rand([512, 512], dtype: .float64)
      let s = (a.matmul(a.t()) + 512 * Tensor.eye(512, dtype: .float64)).requiringGrad()
      return {
        s.grad = nil
        (2 * Linalg.cholesky(s).diagonal().log().sum()).backward()
      }
    },
    peer("solve_512") {
      let a = Tensor.rand([512, 512], dtype: .float64) + 512 * Tensor.eye(512, dtype: .float64)
      let b = Tensor.rand([512, 64], dtype: .float64)
      return { _ = Linalg.solve(a, b) }
    },
    peer("embedding_bag_train") {
      let weight = Tensor.randn([10_000, 128]).requiringGrad()
      let i = Tensor.randint(0, 10_000, [4096])
      let g = Tensor.rand([4096, 128])
      return {
        weight.grad = nil
        F.embedding(i, weight).backward(gradient: g)
      }
    },
    peer("randn_1m") { { _ = Tensor.randn([1_000_000]) } },
    peer("sort_1m") {
      let a = Tensor.rand([1_000_000])
      return { _ = a.sort() }
    },
  ]
}

private func peer(_ name: String, _ make: @escaping () -> () -> Void) -> WorkloadRecipe {
  WorkloadRecipe(name: name) { Workload(name: name, work: 1, unit: .calls, library: make()) }
}

/// A function of one tensor, and its gradient for a given one of the result.
private func gradient(
  _ name: String, _ shape: [Int], cotangent: (() -> Tensor)? = nil, _ function: @escaping (Tensor) -> Tensor
) -> WorkloadRecipe {
  peer(name) {
    let x = Tensor.rand(shape).requiringGrad()
    let g = cotangent?() ?? .rand(shape)
    return {
      x.grad = nil
      function(x).backward(gradient: g)
    }
  }
}

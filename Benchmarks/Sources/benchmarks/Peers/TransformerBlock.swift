import Fluxion

/// Causal self-attention and a perceptron, each behind a layer norm and beside a shortcut.
struct TransformerBlock {
  let width: Int
  let heads: Int

  /// Weights and biases: layer norm, queries with keys and values, output, layer norm, perceptron.
  func parameters() -> [Tensor] {
    let norm = [Tensor.ones([width], requiresGrad: true), .zeros([width], requiresGrad: true)]
    func linear(_ inputs: Int, _ outputs: Int) -> [Tensor] { linearLayers([inputs, outputs]) }
    let secondNorm = [Tensor.ones([width], requiresGrad: true), .zeros([width], requiresGrad: true)]
    return norm + linear(width, 3 * width) + linear(width, width) + secondNorm + linear(width, 4 * width) + linear(4 * width, width)
  }

  func callAsFunction(_ x: Tensor, _ p: [Tensor]) -> Tensor {
    let (batch, time) = (x.size(0), x.size(1))
    let parts = F.linear(F.layerNorm(x, [width], weight: p[0], bias: p[1]), p[2], bias: p[3])
      .view([batch, time, 3, heads, width / heads]).permute([2, 0, 3, 1, 4]).unbind()
    let attention = F.scaledDotProductAttention(parts[0], parts[1], parts[2], isCausal: true)
    let x = x + F.linear(attention.transpose(1, 2).reshape([batch, time, width]), p[4], bias: p[5])
    let hidden = F.linear(F.layerNorm(x, [width], weight: p[6], bias: p[7]), p[8], bias: p[9]).gelu()
    return x + F.linear(hidden, p[10], bias: p[11])
  }
}

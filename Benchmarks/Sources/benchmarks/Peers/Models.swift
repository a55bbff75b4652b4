import Fluxion

/// A layer's weights as PyTorch's modules draw them at first: uniform within ±1/√inputs.
func uniform(_ shape: [Int], inputs: Int) -> Tensor {
  let bound = 1 / Double(inputs).squareRoot()
  return ((2 * Tensor.rand(shape) - 1) * bound).requiringGrad()
}

/// The parameters of linear layers of these widths: weight and bias of each.
func linearLayers(_ widths: [Int]) -> [Tensor] {
  zip(widths, widths.dropFirst()).flatMap { inputs, outputs in
    [uniform([outputs, inputs], inputs: inputs), uniform([outputs], inputs: inputs)]
  }
}

/// Linear layers with an activation between them.
func perceptron(_ x: Tensor, _ parameters: [Tensor], _ activation: (Tensor) -> Tensor) -> Tensor {
  var x = x
  for layer in stride(from: 0, to: parameters.count, by: 2) {
    x = F.linear(x, parameters[layer], bias: parameters[layer + 1])
    if layer + 2 < parameters.count { x = activation(x) }
  }
  return x
}

/// A step of training: gradients anew, then the optimiser.
func trainingStep(_ parameters: inout [Tensor], loss: ([Tensor]) -> Tensor, update: (inout [Tensor]) -> Void) {
  for index in parameters.indices { parameters[index].grad = nil }
  loss(parameters).backward()
  update(&parameters)
}

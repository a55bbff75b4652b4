import Fluxion

/// The parameters of two convolutions and a linear layer.
func convolutionalLayers() -> [Tensor] {
  [
    uniform([16, 1, 5, 5], inputs: 25), uniform([16], inputs: 25), uniform([32, 16, 5, 5], inputs: 400), uniform([32], inputs: 400),
    uniform([10, 32 * 49], inputs: 32 * 49), uniform([10], inputs: 32 * 49),
  ]
}

/// Two convolutions, each with the rectifier and a pooling by two, and a linear layer.
func convolutionalNetwork(_ x: Tensor, _ parameters: [Tensor]) -> Tensor {
  var x = x
  for layer in [0, 2] {
    x = F.conv2d(x, parameters[layer], bias: parameters[layer + 1], padding: 2).relu()
    x = F.maxPool2d(x, kernelSize: 2)
  }
  return F.linear(x.flatten(startDim: 1), parameters[4], bias: parameters[5])
}

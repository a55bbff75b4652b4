/// The operations of neural networks that take weights, targets, windows or several inputs, as PyTorch has them in `torch.nn.functional`:
///
///     let hidden = F.linear(x, weight, bias: bias).relu()
///     let loss = F.crossEntropy(hidden, target)
///
/// Activations, softmax, dropout and padding, which take a tensor and at most some numbers, are methods of `Tensor`.
public enum F {}

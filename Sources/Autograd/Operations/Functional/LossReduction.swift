import Devices

/// What becomes of the losses of single samples.
public enum LossReduction: Sendable {
  case none, mean, sum
}

extension LossReduction {
  func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .none: losses
    case .mean: losses.mean()
    case .sum: losses.sum()
    }
  }

  /// The weighted mean divides by what the weights sum up to.
  func callAsFunction(_ losses: Tensor, weight: Tensor) -> Tensor {
    switch self {
    case .none: losses * weight
    case .mean: (losses * weight).sum() / weight.sum()
    case .sum: (losses * weight).sum()
    }
  }
}

extension Tensor {
  /// The same value under the name of the operation that all the steps so far make up.
  func recorded(as name: String) -> Tensor {
    attempt(self) { x throws(TensorError) in x.detach().differentiable(name, x, saves: false) { g in g } }
  }
}

extension Tensor? {
  /// - Throws: PyTorch's text for an argument of whose gradient a formula knows nothing.
  func checkConstant(_ argument: String, of function: String) throws(TensorError) {
    guard let self, self.requiresGrad, GradientMode.isEnabled else { return }
    throw .runtime(
      "The function '\(function)' is not differentiable with respect to argument '\(argument)'. This input cannot have "
        + "requires_grad True.")
  }
}

extension Operation {
  /// An elementwise loss of an input, a target and `parameters` numbers or weights.
  ///
  /// - Parameter kernel: what PyTorch's error calls it where input and target are integers.
  static func loss(
    _ name: String, _ gradName: String, kernel: String, parameters: Int = 0, _ body: ([Expression]) -> Expression
  ) -> ElementwiseOperation {
    ElementwiseOperation(
      name, gradName, ElementwiseKernel(inputs: [ElementwiseKernel.Kind](repeating: .value, count: 2 + parameters)) { [body($0)] },
      check: DTypeCheck { _, operands in
        guard operands[0].isIntegral && operands[1].isIntegral else { return nil }
        return .lacking(kernel, operands[0].promoted(with: operands[1]))
      })
  }
}

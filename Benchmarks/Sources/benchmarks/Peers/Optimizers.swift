import Fluxion

// Steps of optimisers as elementwise kernels: one pass over a parameter, its gradient and the optimiser's state.

/// Plain stochastic gradient descent.
struct SGD {
  private static let step = ElementwiseKernel { parameter, gradient, rate in parameter - rate * gradient }
  let learningRate: Double

  func update(_ parameters: inout [Tensor]) {
    noGrad {
      for index in parameters.indices {
        guard let gradient = parameters[index].grad else { continue }
        Self.step.update(&parameters[index], with: gradient, learningRate)
      }
    }
  }
}

/// Stochastic gradient descent with momentum: v = μ v + g, p = p - η v.
struct Momentum {
  private static let step = ElementwiseKernel(inputs: [.value, .value, .value, .value, .value]) { x in
    let velocity = x[4] * x[1] + x[2]
    return [x[0] - x[3] * velocity, velocity]
  }
  let learningRate: Double
  let momentum: Double
  private var velocities: [Tensor]

  init(_ parameters: [Tensor], learningRate: Double, momentum: Double) {
    self.learningRate = learningRate
    self.momentum = momentum
    velocities = parameters.map { $0.detach().zerosLike() }
  }

  mutating func update(_ parameters: inout [Tensor]) {
    noGrad {
      for index in parameters.indices {
        guard let gradient = parameters[index].grad else { continue }
        Self.step.update(&parameters[index], &velocities[index], with: gradient, learningRate, momentum)
      }
    }
  }
}

/// Adam (Kingma and Ba, 2015), with the weight decay of AdamW (Loshchilov and Hutter, 2019), which is zero for Adam.
struct Adam {
  private static let step = ElementwiseKernel(inputs: [ElementwiseKernel.Kind](repeating: .value, count: 7)) { x in
    let mean = 0.9 * x[1] + 0.1 * x[3]
    let square = 0.999 * x[2] + 0.001 * x[3] * x[3]
    return [x[6] * x[0] - x[4] * mean / (square.sqrt() * x[5] + 1e-8), mean, square]
  }
  let learningRate: Double
  let weightDecay: Double
  private var means: [Tensor]
  private var squares: [Tensor]
  private var count = 0.0

  init(_ parameters: [Tensor], learningRate: Double, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    means = parameters.map { $0.detach().zerosLike() }
    squares = means
  }

  mutating func update(_ parameters: inout [Tensor]) {
    count += 1
    let rate = learningRate / Double(1 - 0.9 ** count)
    let scale = Double(1 - 0.999 ** count) ** -0.5
    let kept = 1 - learningRate * weightDecay
    noGrad {
      for index in parameters.indices {
        guard let gradient = parameters[index].grad else { continue }
        Self.step.update(&parameters[index], &means[index], &squares[index], with: gradient, rate, scale, kept)
      }
    }
  }
}

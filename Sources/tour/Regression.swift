import Fluxion

/// Fits a line through Hubble's measurements by gradient descent: how fast nebulae recede by how far they are.
func regression(steps: Int = 2000, report: (Int, Double) -> Void) -> (slope: Double, intercept: Double) {
  let distance = Tensor(Hubble.nebulae.map(\.distance))
  let velocity = Tensor(Hubble.nebulae.map(\.velocity))
  var slope = Tensor(0.0, dtype: .float64, requiresGrad: true)
  var intercept = Tensor(0.0, dtype: .float64, requiresGrad: true)
  for step in 1...steps {
    let error = slope * distance + intercept - velocity
    let loss = (error ** 2).mean()
    slope.grad = nil
    intercept.grad = nil
    loss.backward()
    noGrad {
      slope -= 0.1 * slope.grad!
      intercept -= 0.1 * intercept.grad!
    }
    report(step, Double(loss))
  }
  return (Double(slope), Double(intercept))
}

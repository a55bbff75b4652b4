/// The best time of one call, in seconds: several batches, so that a disturbance spoils one of them only.
///
/// - Parameter minimum: how long to go on at least.
func best(minimum: Double = 0.3, _ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  func seconds(_ count: Int) -> Double {
    let duration = clock.measure { for _ in 0..<count { body() } }
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
  _ = seconds(3)
  let once = max(seconds(1), 1e-9)
  let batch = max(1, Int(0.01 / once))
  var best = Double.infinity
  var spent = 0.0
  var rounds = 0
  while spent < minimum || rounds < 3 {
    let time = seconds(batch)
    best = min(best, time / Double(batch))
    spent += time
    rounds += 1
  }
  return best
}

import Fluxion
import Foundation

/// Runs the article that the library began with, section by section, and then fits a line to real measurements.
@main
struct Tour {
  static func main() throws {
    for section in article() {
      heading(section.title)
      for line in try section.sourceLines() { Swift.print(line.isEmpty ? "" : "    \(line)") }
      Swift.print()
      for line in try printed(by: section.body) { Swift.print(line) }
    }

    heading("A line through Hubble's nebulae, by gradient descent")
    Swift.print("24 nebulae, Proceedings of the National Academy of Sciences 15 (1929), table 1\n")
    let steps = 2000
    let line = regression(steps: steps) { step, loss in
      if step % 100 == 0 { progress(step, of: steps, loss: loss) }
    }
    Swift.print()
    Swift.print(String(format: "velocity = %.1f km/s per Mpc · distance %+.1f km/s", line.slope, line.intercept))
  }

  private static func heading(_ title: String) {
    Swift.print("\n\(title)\n\(String(repeating: "─", count: title.count))")
  }

  /// One line, written again and again on a terminal; the last state alone where the output is kept.
  private static func progress(_ step: Int, of steps: Int, loss: Double) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    guard isTerminal || step == steps else { return }
    let width = 30
    let done = width * step / steps
    let bar = String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
    Swift.print(
      "\(isTerminal ? "\r" : "")\(bar) step \(step) of \(steps), root mean square error \(String(format: "%.1f", loss.squareRoot())) km/s",
      terminator: "")
    fflush(nil)
  }
}

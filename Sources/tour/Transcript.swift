/// What a section prints, on the terminal and kept for whoever asks.
enum Transcript {
  final class Lines {
    var all: [String] = []
  }

  @TaskLocal static var current: UncheckedLines?

  /// One task writes and then reads.
  struct UncheckedLines: @unchecked Sendable {
    let lines = Lines()
  }
}

/// In this module `print` also keeps what it prints.
func print(_ item: Any, terminator: String = "\n") {
  let text = "\(item)"
  if let kept = Transcript.current {
    kept.lines.all += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  } else {
    Swift.print(text, terminator: terminator)
  }
}

/// What `body` prints, by lines.
func printed(by body: () throws -> Void) rethrows -> [String] {
  let kept = Transcript.UncheckedLines()
  try Transcript.$current.withValue(kept, operation: body)
  return kept.lines.all
}

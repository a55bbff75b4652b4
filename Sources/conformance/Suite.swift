import Fluxion

/// The meaning of one format of golden data.
protocol Suite: Sendable {
  /// As on the command line.
  var name: String { get }
  /// What the rows are about, in a few words.
  var summary: String { get }

  /// Checks one row. It runs within `checked`; an error thrown, or recorded by the library, is a failure.
  func check(_ row: JSON) throws -> Outcome

  /// Whether the row is one of those asked for.
  func isSelected(_ row: JSON) -> Bool
}

extension Suite {
  func isSelected(_ row: JSON) -> Bool { true }
}

enum Outcome {
  case passed
  case failed(expected: String, got: String)
  /// An error as expected, in other words than PyTorch's.
  case otherMessage(expected: String, got: String)
  /// Why the row cannot be run: what the library does not have.
  case skipped(String)

  /// A comparison of texts.
  static func compare(_ got: String, to expected: String, _ what: String = "") -> Outcome {
    if got == expected { return .passed }
    let label = what.isEmpty ? "" : what + " "
    return .failed(expected: label + expected.quoted, got: got.quoted)
  }
}

/// A row that does not follow its format.
struct FormatError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Thrown from inside a check to end it with a skip.
struct Skip: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Thrown for arguments that the library's types refuse.
struct Unfit: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Thrown from inside a check to end it with a failure.
struct Mismatch: Error {
  let expected: String
  let got: String
}

extension String {
  /// On one line, in quotation marks.
  var quoted: String { debugDescription }
}

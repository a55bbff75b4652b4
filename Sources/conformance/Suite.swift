import Fluxion

/// The meaning of one format of golden data.
protocol Suite: Sendable {
  /// As on the command line.
  var name: String { get }
  /// What the rows are about, in a few words.
  var summary: String { get }

  /// Checks one row. It runs within `checked`; an error thrown, or recorded by the library, is a failure.
  func check(_ row: JSON) throws -> Outcome
}

enum Outcome {
  case passed
  case failed(expected: String, got: String)
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

/// Thrown from inside a check to end it with a failure.
struct Mismatch: Error {
  let expected: String
  let got: String
}

/// Counts outcomes and prints failures as they come.
struct Tally {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped: [String: Int] = [:]

  mutating func count(_ suite: any Suite, line: [UInt8], id place: String) {
    var id = place
    let outcome: Outcome
    do {
      let row = try JSON(parsing: line)
      id = row["id"]?.text ?? place
      outcome = try checked { try suite.check(row) }
    } catch let skip as Skip {
      outcome = .skipped(skip.reason)
    } catch let mismatch as Mismatch {
      outcome = .failed(expected: mismatch.expected, got: mismatch.got)
    } catch {
      outcome = .failed(expected: "no error", got: "\(error)".quoted)
    }
    switch outcome {
    case .passed: passed += 1
    case .skipped(let reason): skipped[reason, default: 0] += 1
    case .failed(let expected, let got):
      failed += 1
      print("FAIL \(id) expected \(expected) got \(got)")
    }
  }

  func printSummary() {
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) { print("skipped \(count): \(reason)") }
    print("\(passed) passed, \(failed) failed, \(skipped.values.reduce(0, +)) skipped")
  }
}

extension String {
  /// On one line, in quotation marks.
  var quoted: String { debugDescription }
}

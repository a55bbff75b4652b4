import Fluxion

/// Counts outcomes and prints failures as they come.
struct Tally {
  private(set) var total = Count()
  /// By tier, and by family: the file that the row stands in.
  private var groups: [String: Count] = [:]
  private(set) var skipped: [String: Int] = [:]
  private var otherMessages = 0

  struct Count {
    var passed = 0
    var failed = 0
    var skipped = 0

    var summary: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }
  }

  mutating func count(_ suite: any Suite, line: [UInt8], id place: String, family: String) {
    do {
      let row = try JSON(parsing: line)
      guard suite.isSelected(row) else { return }
      count(id: row["id"]?.text ?? place, tier: row["tier"]?.text, family: family) { try suite.check(row) }
    } catch {
      count(id: place, family: family) { throw error }
    }
  }

  /// Counts what a check says; it runs within `checked`.
  mutating func count(id: String, tier: String? = nil, family: String = "", _ check: () throws -> Outcome) {
    let outcome: Outcome
    do { outcome = try checked(check) } catch let skip as Skip {
      outcome = .skipped(skip.reason)
    } catch let unfit as Unfit {
      outcome = .skipped(unfit.reason)
    } catch let mismatch as Mismatch {
      outcome = .failed(expected: mismatch.expected, got: mismatch.got)
    } catch {
      outcome = .failed(expected: "no error", got: "\(error)".quoted)
    }
    func add(_ count: WritableKeyPath<Count, Int>) {
      total[keyPath: count] += 1
      if let tier {
        groups["tier \(tier)", default: Count()][keyPath: count] += 1
        groups["family \(family)", default: Count()][keyPath: count] += 1
      }
    }
    switch outcome {
    case .passed: add(\.passed)
    case .skipped(let reason):
      add(\.skipped)
      skipped[reason, default: 0] += 1
    case .failed(let expected, let got):
      add(\.failed)
      print("FAIL \(id) expected \(expected) got \(got)")
    case .otherMessage(let expected, let got):
      add(\.passed)
      otherMessages += 1
      print("MESSAGE \(id) expected \(expected.quoted) got \(got.quoted)")
    }
  }

  func printSummary() {
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) { print("skipped \(count): \(reason)") }
    for (group, count) in groups.sorted(by: { $0.key < $1.key }) { print("\(group): \(count.summary)") }
    if otherMessages > 0 { print("\(otherMessages) of the passed raise an error in other words than PyTorch's") }
    print(total.summary)
  }
}

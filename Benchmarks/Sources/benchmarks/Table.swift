/// The readable form: a row a workload, times and how many times faster the library is.
enum Table {
  static func printHeader(_ title: String) {
    print()
    print(title)
    print(
      pad("", 20), pad("naive", 10), pad("direct", 10), pad("split", 10), pad("library", 10), pad("rate", 16),
      pad("vs naive", 10), pad("vs direct", 10), pad("vs split", 10))
  }

  static func printRow(_ workload: Workload) {
    // The slow ones first, so that they do not cool or heat what is compared closely.
    let naive = workload.naive.map { best(minimum: 0.05, $0) }
    let direct = workload.direct.map { best($0) }
    let split = workload.split.map { best($0) }
    let library = best(workload.library)
    let rate = workload.work / library * (workload.unit == .calls ? 1e-6 : 1e-9)
    print(
      pad(workload.name, 20, left: true), time(naive), time(direct), time(split), time(library),
      pad("\(rounded(rate)) \(workload.unit.rawValue)", 16), ratio(naive, library), ratio(direct, library),
      ratio(split, library))
  }

  private static func time(_ seconds: Double?) -> String {
    guard let seconds else { return pad("-", 10) }
    let (scale, unit) = seconds < 1e-6 ? (1e9, "ns") : seconds < 1e-3 ? (1e6, "µs") : (1e3, "ms")
    return pad("\(rounded(seconds * scale)) \(unit)", 10)
  }

  private static func ratio(_ other: Double?, _ library: Double) -> String {
    pad(other.map { "\(rounded($0 / library)) ×" } ?? "-", 10)
  }

  /// Three significant digits.
  private static func rounded(_ value: Double) -> String {
    if value >= 100 { return "\(Int(value.rounded()))" }
    if value >= 10 { return "\((value * 10).rounded() / 10)" }
    return "\((value * 100).rounded() / 100)"
  }

  private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
  }
}

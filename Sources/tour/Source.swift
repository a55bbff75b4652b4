import Foundation

extension Section {
  /// The lines of the section's function as they stand in the source, without its frame.
  func sourceLines() throws -> [String] {
    let source = try String(contentsOfFile: articlePath, encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let start = lines.firstIndex(where: { $0.hasPrefix("func \(function)(") }) else { return [] }
    let body = lines[(start + 1)...].prefix { $0 != "}" }.map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : $0 }
    // A function that the section calls comes first.
    let called = lines.filter { line in
      line.hasPrefix("func f<") && body.contains { $0.contains(" f(") || $0.contains("(f(") }
    }
    return called + body
  }
}

import Foundation
import Testing

@testable import tour

/// The tour prints what the article says, word for word.
@Suite struct TourTests {
  /// The code spans of each numbered section of the fixture: what PyTorch printed, among the inputs.
  private static let spans: [[String]] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/article.md")
    let text = (try? String(contentsOf: path.standardizedFileURL, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "\n## ").dropFirst().map { section in
      section.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }
  }()

  /// How many lines each section prints.
  private static let lineCounts = [5, 13, 3, 3, 3, 7, 10, 6, 8, 9]

  @Test(arguments: 0..<10)
  func printsWhatTheArticleSays(section: Int) throws {
    let lines = try printed(by: article()[section].body)
    #expect(lines.count == Self.lineCounts[section])
    let allowed = Set(Self.spans[section] + Self.composed(section))
    for line in lines { #expect(allowed.contains(line), "section \(section + 1) prints \(line)") }
  }

  /// Lines that the article describes in words: a text and a value in two columns.
  private static func composed(_ section: Int) -> [String] {
    switch section {
    case 1: ["tensor([1., 3., 5.], device='mps:0')"]
    case 9: ["a is leaf True", "a is leaf False"]
    default: []
    }
  }

  @Test func leavesInOrder() throws {
    let lines = try printed(by: article()[9].body)
    let flags = [true, false, false, true, true, true, false, true, false]
    #expect(lines == flags.map { "a is leaf \($0 ? "True" : "False")" })
  }

  @Test func showsItsOwnLines() throws {
    for section in article() { #expect(try !section.sourceLines().isEmpty) }
    #expect(try article()[0].sourceLines().first == "func f<Number: ScalarOrTensor>(_ x: Number) -> Number { 3 * x ** 2 }")
  }

  /// The least squares line by its closed form.
  @Test func descentFindsTheLine() {
    let n = Double(Hubble.nebulae.count)
    let meanDistance = Hubble.nebulae.map(\.distance).reduce(0, +) / n
    let meanVelocity = Hubble.nebulae.map(\.velocity).reduce(0, +) / n
    let covariance = Hubble.nebulae.map { ($0.distance - meanDistance) * ($0.velocity - meanVelocity) }.reduce(0, +)
    let variance = Hubble.nebulae.map { ($0.distance - meanDistance) * ($0.distance - meanDistance) }.reduce(0, +)
    let line = regression { _, _ in }
    #expect(abs(line.slope - covariance / variance) < 1e-6)
    #expect(abs(line.intercept - (meanVelocity - covariance / variance * meanDistance)) < 1e-6)
  }
}

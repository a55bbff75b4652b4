import Foundation
import Testing

/// What the compiler answers to what is typed from memory of PyTorch: `Fixtures/spelling`, against the modules of this build.
@Suite("Spelling") struct SpellingTests {
  /// A line that has an answer ends in a comment that must be part of it.
  @Test func aNameOfPyTorchIsAnsweredByTheRightOne() throws {
    let source = try Compiler.source("wrong.swift")
    let answers = try Compiler.errors(in: "wrong.swift")
    var expected = 0
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let found = answers[index + 1] ?? []
      if !line.hasPrefix("//"), let mark = line.firstRange(of: "  // ") {
        let wanted = line[mark.upperBound...]
        expected += 1
        #expect(found.contains { $0.contains(wanted) }, "\(line): \(found)")
      } else {
        #expect(found == [], "\(line)")
      }
    }
    #expect(expected > 150)
  }

  @Test func namesOfTheUsersOwnAndRightFormulasCompile() throws {
    #expect(try Compiler.errors(in: "right.swift") == [:])
  }
}

/// The Swift compiler's checks of a file that imports the library.
private enum Compiler {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
  private static let folder = root.appending(path: "Tests/Fixtures/spelling")

  static func source(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }

  /// The errors by the line that they are about.
  static func errors(in name: String) throws -> [Int: [String]] {
    let build = try #require(buildFolder, "the folder of this build has no Fluxion.swiftmodule")
    let headers = output(of: ["pkg-config", "--cflags", "openblas"]).text.split(whereSeparator: \.isWhitespace)
    let maps = [build.appending(path: "CKernels.build/module.modulemap"), root.appending(path: "Sources/CBLAS/module.modulemap")]
    let clang = maps.map { "-fmodule-map-file=\($0.path)" } + headers.map(String.init)
    let file = folder.appending(path: name).path
    let answer = output(
      of: ["swiftc", "-typecheck", "-swift-version", "6", "-I", build.path, "-I", build.appending(path: "Modules").path]
        + clang.flatMap { ["-Xcc", $0] } + [file])
    var errors: [Int: [String]] = [:]
    for match in answer.text.matches(of: /(?m)^(.+\.swift):(\d+):\d+: error: (.*)$/) where match.1.hasSuffix("/" + name) {
      errors[try #require(Int(match.2)), default: []].append(String(match.3))
    }
    #expect((answer.status == 0) == errors.isEmpty, "\(answer.text)")
    return errors
  }

  /// Where the modules of the running tests lie: above their executable, or in the package.
  private static var buildFolder: URL? {
    let starts = CommandLine.arguments + Bundle.allBundles.map(\.bundlePath) + [Bundle.main.executablePath ?? ""]
    var folders: [URL] = []
    for start in starts where start.contains("/") {
      var folder = URL(filePath: start).standardized
      while folder.path.count > 1 {
        folders.append(folder)
        folder.deleteLastPathComponent()
      }
    }
    folders.append(root.appending(path: ".build/debug"))
    return folders.first { folder in
      ["Modules/Fluxion.swiftmodule", "Fluxion.swiftmodule"].contains { name in
        FileManager.default.fileExists(atPath: folder.appending(path: name).path)
      }
    }
  }

  private static func output(of command: [String]) -> (status: Int32, text: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = pipe
    process.standardError = pipe
    do { try process.run() } catch { return (-1, "\(error)") }
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}

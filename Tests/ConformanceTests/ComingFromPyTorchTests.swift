import Foundation
import Testing

@testable import conformance

/// The tables of docs/coming-from-pytorch.md against PyTorch's database of operations, the runner's rows and the library's declarations.
@Suite("Coming from PyTorch") struct ComingFromPyTorchTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

  private struct Row {
    let names: [String]
    let expressions: [String]
    let isAbsent: Bool
  }

  /// - Parameter heading: of the chapter whose tables are read; all of the page if nil.
  private func rows(of heading: String? = nil) throws -> [Row] {
    let page = try String(contentsOf: Self.root.appending(path: "docs/coming-from-pytorch.md"), encoding: .utf8)
    var chapter = ""
    var rows: [Row] = []
    for line in page.split(separator: "\n") {
      if line.hasPrefix("## ") { chapter = String(line.dropFirst(3)) }
      guard line.hasPrefix("| `"), !chapter.isEmpty, heading == nil || heading == chapter else { continue }
      let cells = line.replacing("\\|", with: "¦").split(separator: "|").map { String($0.replacing("¦", with: "|")) }
      try #require(cells.count == 2, "\(line)")
      rows.append(Row(names: code(cells[0]), expressions: code(cells[1]), isAbsent: cells[1].contains("not there")))
    }
    return rows
  }

  private func code(_ text: String) -> [String] { text.matches(of: /`([^`]+)`/).map { String($0.1) } }

  private func hasRow(_ operation: String) throws -> Bool {
    let row = #"{"id": "", "op": "\#(operation)", "tier": "", "variant": "", "args": []}"#
    let name = try OpCase(JSON(parsing: Array(row.utf8)), OpOptions()).tableName
    return Operations.all[name] != nil || Operations.all[name + "_"] != nil
  }

  @Test func operationsAreThoseOfTheDatabase() throws {
    let database = try String(contentsOf: Self.root.appending(path: "Tests/Fixtures/op-cases/ops.tsv"), encoding: .utf8)
    let operations = database.split(separator: "\n").dropFirst().map { $0.split(separator: "\t").map(String.init) }
    let wanted = Set(operations.filter { $0[1] != "complex" }.map { $0[0] })
    let table = try rows(of: "Operations")
    let listed = table.flatMap(\.names)
    #expect(Set(listed).count == listed.count, "an operation is listed twice")
    #expect(Set(listed).symmetricDifference(wanted).sorted() == [])
    for row in table {
      for name in row.names { #expect(try hasRow(name) != row.isAbsent, "\(name)") }
    }
  }

  @Test func everyNameIsDeclared() throws {
    let declared = try Declarations(under: ["Sources/Autograd", "Sources/Devices"].map { Self.root.appending(path: $0) })
    let rows = try rows()
    #expect(rows.count > 500)
    for row in rows {
      #expect(row.isAbsent || !row.expressions.isEmpty, "\(row.names)")
      for expression in row.expressions { #expect(declared.missing(from: expression) == [], "\(expression)") }
    }
  }

  @Test func aNameThatIsNotDeclaredIsFound() throws {
    let declared = try Declarations(under: [Self.root.appending(path: "Sources/Autograd")])
    #expect(declared.missing(from: "x.reluu(dim: 1)") == ["reluu"])
    #expect(declared.missing(from: "Linalg.solv(a, b)") == ["solv"])
    #expect(declared.missing(from: "Linal.solve(a, b)") == ["Linal"])
    #expect(declared.missing(from: "x.TT") == ["TT"])
    #expect(declared.missing(from: "x.masked_fill(mask, 7)") == ["masked_fill"])
    #expect(declared.missing(from: "x .<> y") == [".<>"])
    #expect(declared.missing(from: "x .!= y") == [])
  }
}

/// What the library makes public, by a search of its text.
private struct Declarations {
  private var names: Set<String> = []
  private var operators: Set<String> = []

  init(under folders: [URL]) throws {
    for folder in folders {
      let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        // What is declared there is PyTorch's spelling, for the compiler to answer with the library's.
        guard file.pathExtension == "swift", !file.path.contains("/Spelling/") else { continue }
        let text = try String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: /public (?:[a-z()]+ )*?(?:func|var|let|enum|struct|class|protocol|subscript) ?`?(\w+)/) {
          names.insert(String(match.1))
        }
        for match in text.matches(of: /\bcase (\w+)\(/) { names.insert(String(match.1)) }
        for match in text.matches(of: /public (?:[a-z]+ )+func ([^\s\w(]+) ?\(/) { operators.insert(String(match.1)) }
        if text.contains("public subscript(") { operators.insert("[") }
      }
    }
    // Their initialisers from a tensor are found by the type.
    names.formUnion(["Bool", "Double", "Float", "Int"])
  }

  /// The functions, namespaces, properties and operators of an expression that are nowhere declared.
  func missing(from expression: String) -> [String] {
    let plain = expression.replacing(/"[^"]*"/, with: "\"\"")
    let called = plain.matches(of: /(\w+)(?:\(| \{)/).map { String($0.1) }
    let namespaces = plain.matches(of: /(?:^|[^.\w])([A-Z]\w*)/).map { String($0.1) }
    let properties = plain.matches(of: /\w\.(\w+)$/).map { String($0.1) }
    var missing = (called + namespaces + properties).filter { !names.contains($0) && $0 != "in" }
    // An operator stands between two operands, or before one.
    for match in plain.matches(of: /(?:^|\w )([-+*\/%.&|^<>=!]+)(?= ?\w)/) where match.1 != "=" && match.1 != "&" {
      if !operators.contains(String(match.1)) { missing.append(String(match.1)) }
    }
    if plain.contains(/^\w\[/) && !operators.contains("[") { missing.append("[") }
    return missing
  }
}

import Testing

@testable import conformance

@Suite("JSON") struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

  @Test func numbersKeepTheirKind() throws {
    #expect(try parse("1") == .integer(1))
    #expect(try parse("1.0") == .number(1))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("18446744073709551615") == .unsigned(.max))
    #expect(try parse("1e3") == .number(1000))
    #expect(try parse(#""-0.0""#).double?.sign == .minus)
    #expect(try parse(#""nan""#).double?.isNaN == true)
  }

  @Test func nesting() throws {
    let value = try parse(#" {"a": [1, {"b": null}], "c": "x\n\"\u00e9\ud83d\ude00", "d": {}, "e": [], "f": true} "#)
    #expect(value["a"]?.list == [.integer(1), .object(["b": .null])])
    #expect(value["c"]?.text == "x\n\"é😀")
    #expect(value["d"]?.members?.isEmpty == true && value["e"]?.list?.isEmpty == true && value["f"]?.flag == true)
    #expect(value["missing"] == nil)
  }

  @Test(arguments: [
    "", "{", "[1,", "[1 2]", #"{"a" 1}"#, #"{1: 2}"#, "nul", "1 2", #""abc"#, #""\x""#, "-", "[1,]",
    String(repeating: "[", count: 100_000),
  ])
  func whatIsNoJSON(_ text: String) {
    #expect(throws: FormatError.self) { try parse(text) }
  }
}

import Fluxion
import Foundation
import Testing

@testable import conformance

/// The golden data.
enum Fixture {
  static func lines(of file: String) -> [JSON] {
    do { return try content(file).split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) } } catch {
      Issue.record("\(file): \(error)")
      return []
    }
  }

  static func whole(_ file: String) -> JSON {
    do { return try JSON(parsing: Array(content(file))) } catch {
      Issue.record("\(file): \(error)")
      return .null
    }
  }

  private static func content(_ file: String) throws -> Data {
    try Data(contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/\(file)"))
  }
}

extension Operations {
  /// The results of an operation by PyTorch's name.
  static func results(of name: String, _ arguments: [Value]) throws -> [Tensor] {
    try perform(Call(operation: name, isMethod: true, arguments: arguments)).flattened.compactMap(\.tensor)
  }

  static func results(of name: String, _ operands: [Tensor]) throws -> [Tensor] {
    try results(of: name, operands.map { .tensor($0) })
  }
}

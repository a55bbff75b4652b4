#if canImport(Runtime)
  import Runtime
#endif

/// A line of the user's program that led here.
struct Caller: CustomStringConvertible {
  let function: String
  let file: String?
  let line: Int

  /// `at main.swift:12 in energy(_:_:)`. Without debug information the function's name is all there is.
  var description: String {
    guard let file, line > 0 else { return "in \(function)" }
    return "at \(file):\(line) in \(function)"
  }

  /// The functions that are being run and are neither this library's nor Swift's own, the innermost first; none where the system cannot tell.
  static func all() -> [Caller] {
    #if canImport(Runtime)
      guard #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) else { return [] }
      guard let trace = try? Backtrace.capture(limit: 128), let symbols = trace.symbolicated() else { return [] }
      return symbols.frames.compactMap { frame in
        guard let symbol = frame.symbol, isForeign(symbol.rawName) else { return nil }
        let place = symbol.sourceLocation
        let file = place.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
        return Caller(function: symbol.name, file: file, line: place?.line ?? 0)
      }
    #else
      return []
    #endif
  }

  /// The modules whose functions are passed over.
  private static let ownModules: Set<String> = ["Autograd", "CBLAS", "CKernels", "Devices", "Fluxion"]

  /// Whether a symbol is a Swift function of another module.
  static func isForeign(_ symbol: String) -> Bool {
    if symbol == "main" { return true }
    guard let module = module(of: symbol) else { return false }
    return !ownModules.contains(module)
  }

  /// The module that a Swift function belongs to, from its mangled name; nil for Swift's own and for what is not Swift.
  ///
  /// The name begins with the module, or, in an extension, with the path of the extended type and then the module and an E:
  /// `$s4main6energyyS2dF`, `$s8Autograd6TensorV4mainE6energySdyF`, `$sSd4mainE6energySdyF`.
  static func module(of symbol: String) -> String? {
    guard let start = ["$s", "_$s", "$S", "_$S"].first(where: symbol.hasPrefix) else { return nil }
    var rest = Substring(symbol).dropFirst(start.count)
    var module: String?
    if rest.first == "S" {
      // A type that has an abbreviation.
      rest = rest.dropFirst(rest.dropFirst().first == "c" ? 3 : 2)
    } else if rest.first == "s" {
      rest = rest.dropFirst()
    } else {
      module = identifier(&rest)
      if module == nil { return nil }
    }
    while true {
      guard let name = identifier(&rest), let kind = rest.first else { return module }
      switch kind {
      case "C", "O", "P", "V", "a": rest = rest.dropFirst()
      case "E": return name
      default: return module
      }
    }
  }

  /// Takes a length and so many characters.
  private static func identifier(_ text: inout Substring) -> String? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.hasPrefix("0"), let count = Int(digits), count <= text.utf8.count - digits.utf8.count else { return nil }
    text = text.dropFirst(digits.count)
    let name = text.prefix(count)
    text = text.dropFirst(count)
    return String(name)
  }
}

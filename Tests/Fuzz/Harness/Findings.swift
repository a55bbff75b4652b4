#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a call did that no call should do, a line each for the parent to read: kind, declaration, number of the call and message.
enum Findings {
  static func tell(_ kind: String, _ declaration: String, _ number: UInt64, _ message: String) {
    let flat = message.map { $0 == "\n" || $0 == "\t" ? " " : $0 }
    write("finding\t\(kind)\t\(declaration)\t\(number)\t\(String(flat))\n", to: 1)
  }
}

/// Writes at once: what follows may end the process.
func write(_ text: String, to file: Int32) {
  var text = text
  text.withUTF8 { bytes in _ = write(file, bytes.baseAddress, bytes.count) }
}

func say(_ text: String) { write(text + "\n", to: 1) }

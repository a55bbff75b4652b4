#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A page that the parent process reads: what is being called now, and how often each declaration was called and succeeded.
///
/// It outlives the process that wrote it, whatever ended that one.
final class Progress {
  enum Phase: UInt64 { case drawing = 0, calling, reading, judging, backward, cleaning }
  enum Word: Int { case call, declaration, step, phase, isHuge, calls, beat }

  static let header = 16

  private let words: UnsafeMutablePointer<UInt64>

  init(path: String?, declarations: Int) {
    let count = Progress.header + 2 * declarations
    if let path {
      let file = open(path, O_RDWR | O_CREAT, 0o600)
      ftruncate(file, off_t(count * 8))
      let memory = mmap(nil, count * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)!
      words = memory.bindMemory(to: UInt64.self, capacity: count)
      close(file)
    } else {
      words = .allocate(capacity: count)
      words.initialize(repeating: 0, count: count)
    }
  }

  subscript(word: Word) -> UInt64 {
    get { words[word.rawValue] }
    set { words[word.rawValue] = newValue }
  }

  func enter(_ phase: Phase) {
    self[.phase] = phase.rawValue
    self[.beat] &+= 1
  }

  func count(_ declaration: Int, succeeded: Bool) {
    self[.calls] &+= 1
    words[Progress.header + 2 * declaration] &+= 1
    if succeeded { words[Progress.header + 2 * declaration + 1] &+= 1 }
  }
}

import Fluxion

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the parent asks for: `--seed 1 --from 0 --to 100 --progress FILE --memory 3072 --only TEXT --talk --list --sanitized`.
struct Options {
  var seed: UInt64 = 1
  var from: UInt64 = 0
  var to: UInt64 = 1
  var progress: String?
  var memory = 0
  var only: String?
  var isTalking = false
  var isList = false
  var isSanitized = false

  init(_ arguments: [String]) {
    var rest = arguments.dropFirst()[...]
    while let name = rest.popFirst() {
      switch name {
      case "--talk": isTalking = true
      case "--list": isList = true
      case "--sanitized": isSanitized = true
      case "--seed": seed = UInt64(rest.popFirst()!)!
      case "--from": from = UInt64(rest.popFirst()!)!
      case "--to": to = UInt64(rest.popFirst()!)!
      case "--memory": memory = Int(rest.popFirst()!)!
      case "--progress": progress = rest.popFirst()
      case "--only": only = rest.popFirst()
      default: fatalError("unknown option \(name)")
      }
    }
  }
}

let options = Options(CommandLine.arguments)
let calls = allCalls()
if options.isList {
  for call in calls { print(call.title) }
  exit(0)
}
let wanted = options.only.map { $0.split(separator: ",").map(String.init) }
let choice = calls.indices.filter { index in wanted.map { $0.contains(where: calls[index].title.contains) } ?? true }
guard !choice.isEmpty else {
  print("no declaration contains \(options.only ?? "")")
  exit(2)
}
if options.isSanitized {
  // Memory that is kept for reuse is memory that a sanitizer cannot watch.
  Program.cacheLimit = 0
  CachingAllocator.shared.cacheLimit = 0
} else {
  Signals.install()
}
if options.memory > 0 {
  var limit = rlimit(rlim_cur: rlim_t(options.memory) << 20, rlim_max: rlim_t(options.memory) << 20)
  #if canImport(Glibc)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  #else
    setrlimit(RLIMIT_AS, &limit)
  #endif
}
var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
#if canImport(Glibc)
  setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
#else
  setrlimit(RLIMIT_CORE, &noCore)
#endif
_ = (Program.threads, Program.cacheLimit)
let progress = Progress(path: options.progress, declarations: calls.count)
for number in options.from..<options.to {
  if options.isTalking { say("call \(number)") }
  Program(
    number: number, seed: options.seed, calls: calls, choice: choice, progress: progress, isTalking: options.isTalking
  ).run()
}
// The last work of the accelerator is done; nothing waits for threads.
exit(0)

import Dispatch
import Fluxion

/// One public declaration.
struct Call {
  let title: String
  let function: (Draw) throws -> Void

  init(_ title: String, _ function: @escaping (Draw) throws -> Void) {
    self.title = title
    self.function = function
  }
}

/// A few calls, each of which may read what those before it gave, and the gradients of what comes out.
struct Program {
  let number: UInt64
  let seed: UInt64
  let calls: [Call]
  /// The calls to choose from, by their positions.
  let choice: [Int]
  let progress: Progress
  let isTalking: Bool

  func run() {
    var stream = Stream(seed, number)
    let scene = Scene(&stream)
    let length = stream.chance(3) ? 2 + stream.below(5) : 1
    let isThreaded = stream.chance(50)
    progress[.call] = number
    progress[.isHuge] = scene.isHuge ? 1 : 0
    manualSeed(seed)
    prepare(scene, &stream)
    defer { clean(scene) }
    if isThreaded { return runThreads(scene, stream, length) }
    let draw = Draw(stream, scene, progress, isTalking: isTalking)
    for step in 0..<length {
      progress[.step] = UInt64(step)
      runStep(draw)
    }
  }

  /// The same program by several threads, on tensors that they share.
  private func runThreads(_ scene: Scene, _ stream: Stream, _ length: Int) {
    let first = Draw(stream, scene, progress, isTalking: isTalking)
    first.title("    by three threads")
    for _ in 0..<3 { first.pool.append(first.tensor("shared")) }
    first.begin()
    let shared = first.pool
    DispatchQueue.concurrentPerform(iterations: 3) { thread in
      let draw = Draw(Stream(seed ^ UInt64(thread + 1), number), scene, progress, isTalking: isTalking)
      draw.pool = shared
      for _ in 0..<length { runStep(draw) }
    }
  }

  private func runStep(_ draw: Draw) {
    let declaration = choice[draw.below(choice.count)]
    let call = calls[declaration]
    // A step for every element.
    if draw.scene.count > 1000, ["gradcheck", "jacobian", "hessian"].contains(where: call.title.contains) { return }
    progress[.declaration] = UInt64(declaration)
    progress.enter(.drawing)
    draw.title("  \(call.title)")
    draw.results = []
    draw.targets = []
    draw.hasFailedOperand = false
    var failure: (any Error)?
    do { try checked { try call.function(draw) } } catch { failure = error }
    draw.title("    -> \(failure.map { "\($0)" } ?? "\(draw.results.count) tensors")")
    progress.enter(.reading)
    if failure == nil { read(draw) }
    progress.enter(.judging)
    judge(draw, call, failure)
    progress.count(declaration, succeeded: failure == nil)
    let sound = draw.results.filter(\.isValid)
    if failure == nil && draw.chance(3) {
      progress.enter(.backward)
      differentiate(sound, draw, call)
    }
    draw.pool += sound.filter { $0.count < 100_000 }.prefix(3)
    if draw.pool.count > 8 { draw.pool.removeFirst(draw.pool.count - 8) }
  }

  /// Looks at all results, as whoever asked for them would.
  private func read(_ draw: Draw) {
    let isThorough = draw.chance(3)
    // An error here is one of the device, told to the first who reads.
    _ = try? checked {
      if PrintOptions.current != .default { _ = draw.tensor("printed").description }
      for tensor in draw.results where tensor.isValid {
        tensor.evaluate()
        guard isThorough else { continue }
        _ = tensor.description
        if tensor.count <= 4096 { _ = tensor.scalars(as: Double.self) }
      }
    }
  }

  private func judge(_ draw: Draw, _ call: Call, _ failure: (any Error)?) {
    if let failure {
      if !(failure is TensorError || failure is DrawnError) {
        Findings.tell("error of another type", call.title, number, "\(type(of: failure)): \(failure)")
      }
      for target in draw.targets {
        guard let before = target.before, let after = target.after else { continue }
        if !after.isValid {
          Findings.tell("target invalid after an error", call.title, number, "\(target.name): \(failure)")
        } else if !draw.scene.hasFaults, let now = Snapshot(after), now != before {
          Findings.tell("target changed by a failed call", call.title, number, "\(target.name): \(failure)")
        }
      }
      return
    }
    for tensor in draw.results {
      if !tensor.isValid {
        let kind = draw.hasFailedOperand ? "failed operand passed on in silence" : "invalid result without an error"
        Findings.tell(kind, call.title, number, "")
      } else if tensor.shape.contains(where: { $0 < 0 }) {
        Findings.tell("negative size", call.title, number, "\(tensor.shape)")
      }
    }
    for target in draw.targets where target.before != nil {
      if let after = target.after, !after.isValid {
        let kind = draw.hasFailedOperand ? "target invalid by a failed operand, in silence" : "invalid target without an error"
        Findings.tell(kind, call.title, number, target.name)
      }
    }
  }

  /// Gradients of first and sometimes second order.
  private func differentiate(_ results: [Tensor], _ draw: Draw, _ call: Call) {
    let roots = results.filter { $0.requiresGrad && $0.isFloatingPoint && $0.count < 100_000 }.prefix(3)
    guard !roots.isEmpty else { return }
    let leaves = draw.leaves.suffix(4).filter { $0.isValid && $0.requiresGrad }
    let order = draw.below(4)
    draw.title("    gradients, \(order == 0 ? "second order" : "first order")")
    var gradients: [Tensor?] = []
    let failure: (any Error)?
    do {
      try checked {
        let sum = roots.map { $0.sum().double() }.reduce(Tensor(0.0, dtype: .float64), { $0 + $1.to($0.device) })
        if order == 0 && !leaves.isEmpty {
          gradients = gradAllowingUnused(of: [sum], wrt: Array(leaves), createGraph: true)
          let next = gradients.compactMap { $0 }.filter(\.requiresGrad).map { $0.sum().double() }
          if !next.isEmpty { backward(of: next) }
        } else {
          sum.backward()
          gradients = leaves.map(\.grad)
        }
        for gradient in gradients { gradient?.evaluate() }
      }
      failure = nil
    } catch { failure = error }
    draw.title("    -> \(failure.map { "\($0)" } ?? "done")")
    if failure == nil && gradients.contains(where: { $0?.isValid == false }) {
      Findings.tell("invalid gradient without an error", call.title, number, "")
    }
  }

  // MARK: What all share

  private func prepare(_ scene: Scene, _ stream: inout Stream) {
    guard scene.device === AcceleratorDevice.shared else { return }
    var options = AcceleratorOptions()
    options.poisonsMemory = stream.chance(3)
    if stream.chance(20) { options.delaySeed = stream.next() }
    if scene.hasFaults { options.faults[stream.below(10)] = .runtime("a drawn fault") }
    AcceleratorDevice.shared.options = options
  }

  private func clean(_ scene: Scene) {
    progress.enter(.cleaning)
    try? AcceleratorDevice.shared.synchronize()
    if scene.device === AcceleratorDevice.shared { AcceleratorDevice.shared.options = AcceleratorOptions() }
    setPrintOptions(profile: .default)
    try? DefaultDType.set(.float32)
    try? setNumThreads(Program.threads)
    CachingAllocator.shared.cacheLimit = Program.cacheLimit
  }

  /// What was set when the process started. Read before the first call.
  static let threads = getNumThreads()
  nonisolated(unsafe) static var cacheLimit = CachingAllocator.shared.cacheLimit
}

// A pending kernel and those below it, run as one.
//
// Every kernel of a graph is locked while it runs, newest first: whoever wants a result of it meanwhile waits, and as all lock in one order
// nobody waits in a circle.

extension PendingKernel {
  /// Computes a result, and with it all results in the graph below whose blocks somebody holds.
  func run(for output: Int) {
    if runAlone(for: output) { return }
    var pass = Pass()
    pass.collect(below: self, output)
    if !pass.members.isEmpty { pass.run() }
    pass.end()
  }

  /// Without a plan, where nothing below has to run with it.
  private func runAlone(for output: Int) -> Bool {
    lock.lock()
    var arguments: [KernelArgument] = []
    arguments.reserveCapacity(inputs.count)
    var targets: [Operand] = []
    if outputs[output].computed == nil {
      for input in inputs {
        switch input {
        case .scalar(let value): arguments.append(.scalar(value))
        case .operand(let operand): arguments.append(.operand(operand))
        case .pending:
          lock.unlock()
          return false
        }
      }
      for index in outputs.indices {
        guard let storage = outputs[index].target else {
          lock.unlock()
          return false
        }
        targets.append(Operand(storage: storage, layout: layout, dtype: outputs[index].dtype))
      }
      CPUElementwise.run(kernel, dtype: dtype, inputs: arguments, outputs: targets)
      inputs = []
      for index in outputs.indices { outputs[index].computed = targets[index].storage }
    }
    let producers = targets.map { $0.storage.arrive() }
    lock.unlock()
    withExtendedLifetime((arguments, producers)) {}
    return true
  }

  /// What one run works on.
  private struct Pass {
    /// The kernels to be run, locked, newest first.
    private(set) var members: [PendingKernel] = []
    /// Results that are there already.
    private var found: [(kernel: PendingKernel, outputs: [Output])] = []
    /// What the kernels and the blocks held: released when no lock is held.
    private var released: (inputs: [[Input]], producers: [Result?]) = ([], [])

    /// Locks the kernels that have to run.
    mutating func collect(below root: PendingKernel, _ output: Int) {
      // Sorted by id, with a bit for each result that is needed.
      var waiting: [(kernel: PendingKernel, needed: Int)] = [(root, 1 << output)]
      while let (kernel, needed) = waiting.popLast() {
        kernel.lock.lock()
        let outputs = kernel.outputs
        if outputs.indices.allSatisfy({ needed & (1 << $0) == 0 || outputs[$0].computed != nil }) {
          kernel.lock.unlock()
          found.append((kernel, outputs))
          continue
        }
        members.append(kernel)
        for case .pending(let below, let output) in kernel.inputs {
          var place = waiting.endIndex
          while place > 0, waiting[place - 1].kernel.id > below.id { place -= 1 }
          if place > 0, waiting[place - 1].kernel === below {
            waiting[place - 1].needed |= 1 << output
          } else {
            waiting.insert((below, 1 << output), at: place)
          }
        }
      }
    }

    mutating func run() {
      var plan = FusedPlan()
      var targets: [Operand] = []
      for kernel in members.reversed() { plan.add(kernel.kernel, kernel.inputs.map(source)) }
      for (index, kernel) in members.reversed().enumerated() {
        for output in kernel.outputs.indices where kernel.outputs[output].computed == nil {
          guard let storage = kernel.outputs[output].target else { continue }
          targets.append(Operand(storage: storage, layout: kernel.layout, dtype: kernel.outputs[output].dtype))
          plan.addOutput(output, ofMember: index)
          kernel.outputs[output].computed = storage
        }
      }
      CPUElementwise.run(
        FusedKernels.shared.kernel(for: plan), dtype: members[0].dtype, inputs: plan.arguments, outputs: targets)
      for target in targets { released.producers.append(target.storage.arrive()) }
      for kernel in members where kernel.outputs.allSatisfy({ $0.computed != nil }) {
        released.inputs.append(kernel.inputs)
        kernel.inputs = []
      }
    }

    private func source(of input: Input) -> FusedPlan.Source {
      switch input {
      case .scalar(let value): return .argument(.scalar(value))
      case .operand(let operand): return .argument(.operand(operand))
      case .pending(let kernel, let output):
        if let index = members.firstIndex(where: { $0 === kernel }) { return .member(members.count - 1 - index, output: output) }
        let result = found.first { $0.kernel === kernel }!.outputs[output]
        return .argument(.operand(Operand(storage: result.computed!, layout: kernel.layout, dtype: result.dtype)))
      }
    }

    mutating func end() {
      for kernel in members { kernel.lock.unlock() }
      members = []
      found = []
      released = ([], [])
    }
  }
}
